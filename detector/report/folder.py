"""A folder that appears whole or not at all, held by one run at a time.

The new files are written into a hidden sibling folder, made durable, and take their place with one rename. With
`force` the old and the new folder are exchanged in one step (Linux); foreign files are hard-linked into the new one
first. A lock beside the folder dies with its process, so a killed run blocks nobody, and the next run clears what it
left.
"""

import ctypes
import errno
import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from detector.errors import OutputBusy, OutputError

FOREIGN_MAX = 10_000
"""A folder with more entries that are not ours was hardly meant as an output folder."""
_RENAME_EXCHANGE = 2
_AT_FDCWD = -100


@dataclass(frozen=True)
class Claim:
    """The right to write one output folder, held until the `with` block of `claim` ends."""

    out: Path
    part: Path
    """Where the new folder grows."""
    aside: Path
    """Where the old folder waits on file systems that cannot exchange two folders in one step."""

    def publish(self, fill: Callable[[Path], None], ours: Collection[str]) -> None:
        """Let `fill` write files into an empty folder, then put that folder in place.

        Parameters
        ----------
        fill
            Writes durable files into the folder that it is given.
        ours
            Names that belong to us; everything else in an existing folder is kept.

        Raises
        ------
        OutputError
            The files cannot be written; the folder is as it was before.
        """
        try:
            with _plainly(self.out):
                self.part.mkdir(mode=0o700)
                fill(self.part)
                if self.out.exists():
                    _keep_foreign(self.out, self.part, ours)
                sync_folder(self.part)
                self._place()
        finally:
            with suppress(OSError):
                self.recover()

    def _place(self) -> None:
        if not self.out.exists():
            self.part.rename(self.out)
        elif not _exchange(self.part, self.out):
            self.out.rename(self.aside)
            try:
                self.part.rename(self.out)
            except BaseException:
                self.aside.rename(self.out)
                raise
        sync_folder(self.out.parent)

    def recover(self) -> None:
        """Clear what a run left; an old folder that it had put aside comes back if nothing took its place."""
        if self.aside.exists() and not self.out.exists():
            self.aside.rename(self.out)
        shutil.rmtree(self.aside, ignore_errors=True)
        shutil.rmtree(self.part, ignore_errors=True)


@contextmanager
def claim(out: Path, *, force: bool) -> Iterator[Claim]:
    """Hold an output folder: nobody else can write it until the block ends.

    Parameters
    ----------
    out
        The folder to write. Its parent must exist.
    force
        Whether a result that is already there may be replaced.

    Raises
    ------
    OutputError
        The folder cannot be written, or exists and `force` is false.
    OutputBusy
        Another process holds the folder.
    """
    with _plainly(out):
        path = Path(os.path.abspath(out))
        if not path.parent.is_dir():
            raise OutputError(f"{out}: the folder {path.parent} does not exist; create it first")
        path = path.parent.resolve() / path.name
        stem = f".detector-{hashlib.blake2b(os.fsencode(path.name), digest_size=6).hexdigest()}"
        claimed = Claim(path, path.with_name(f"{stem}.part"), path.with_name(f"{stem}.old"))
        lock = _lock(out, path.with_name(f"{stem}.lock"))
    try:
        with _plainly(out):
            claimed.recover()
            _check_target(out, path, force=force)
        yield claimed
    finally:
        # Unlinked while still held: whoever opened the old file sees that it is no longer the one on disk.
        path.with_name(f"{stem}.lock").unlink(missing_ok=True)
        os.close(lock)


def check_writable(out: Path, force: bool) -> None:
    """Raise at once what `claim` would raise: call it before reading input.

    Raises
    ------
    OutputError
        The folder cannot be written, or exists and `force` is false.
    OutputBusy
        Another process holds the folder.
    """
    with claim(out, force=force):
        pass


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable, where the file system can."""
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _check_target(out: Path, path: Path, *, force: bool) -> None:
    if path.is_symlink():
        raise OutputError(f"{out}: is a symbolic link; name the folder itself")
    # lstat, not exists(): a name that is too long must fail here and not at the end of the run.
    try:
        path.lstat()
    except FileNotFoundError:
        return
    if not path.is_dir():
        raise OutputError(f"{out}: is a file; choose another name for the output folder")
    if not force:
        raise OutputError(f"{out}: exists already; choose another name, or replace the result in it with --force")
    here = Path.cwd()
    if path in (here, *here.parents, Path.home()) or path.is_mount():
        raise OutputError(f"{out}: cannot be replaced in one step; choose a new folder inside it")


def _lock(out: Path, path: Path) -> int:
    """Open and lock the file at `path`; the kernel frees the lock when the process ends, however it ends."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.exists(path) and os.path.samestat(os.fstat(handle), os.stat(path)):
                os.truncate(handle, 0)
                os.write(handle, f"process {os.getpid()}".encode())
                return handle
        except BlockingIOError:
            holder = os.read(handle, 40).decode(errors="replace") or "another process"
            os.close(handle)
            raise OutputBusy(f"{out}: {holder} is writing this folder; wait for it, or choose another name") from None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _keep_foreign(old: Path, new: Path, ours: Collection[str]) -> None:
    """Link every entry of `old` that is not ours into `new`."""
    n_entries = 0

    def ignore(folder: str, names: list[str]) -> set[str]:
        nonlocal n_entries
        n_entries += len(names)
        if n_entries > FOREIGN_MAX:
            raise OutputError(f"{old}: holds over {FOREIGN_MAX:,} other files; choose a folder of its own")
        return set(ours) if Path(folder) == old else set()

    shutil.copytree(old, new, symlinks=True, ignore=ignore, copy_function=_link, dirs_exist_ok=True)
    new.chmod(0o700)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        # File systems without hard links.
        shutil.copy2(source, target, follow_symlinks=False)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step; false where the system cannot."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
        return False
    raise OSError(code, os.strerror(code))


@contextmanager
def _plainly(out: Path) -> Iterator[None]:
    """Say in one line what the system refused."""
    try:
        yield
    except OSError as error:
        why = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "the disk quota is used up",
            errno.EFBIG: "a file would be larger than this system allows",
            errno.EACCES: "no permission to write here",
            errno.EPERM: "no permission to write here",
            errno.EROFS: "the file system is read-only",
            errno.ENAMETOOLONG: "the name is too long",
        }.get(error.errno or 0, error.strerror or str(error))
        raise OutputError(f"{out}: {why}; nothing was written") from error
