"""Many places of an array at once."""

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def expand(start: Codes, end: Codes) -> Codes:
    """Return the indices start[0] … end[0] - 1, start[1] … end[1] - 1, and so on, one after the other."""
    sizes = end - start
    before = np.cumsum(sizes) - sizes
    indices: Codes = np.repeat(start - before, sizes) + np.arange(int(sizes.sum()))
    return indices


def mark(which: Codes, n: int) -> Flags:
    """Return (n,) flags, set at `which`."""
    marked = np.zeros(n, dtype=np.bool_)
    marked[which] = True
    return marked


class Shelves:
    """Items grouped by a code: those of many codes are taken out in one go, each code's in ascending order."""

    def __init__(self, codes: npt.NDArray[np.integer], n_codes: int) -> None:
        # One sort of packed keys is several times faster than a stable sort of codes.
        packed = np.sort(codes.astype(np.int64) << 32 | np.arange(len(codes)))
        self.items = (packed & 0xFFFFFFFF).astype(np.uint32)
        self.starts = np.append(0, np.cumsum(np.bincount(codes, minlength=n_codes)))

    def take(self, codes: Codes) -> Codes:
        """Return the items of these codes, in their order."""
        return self.items[expand(self.starts[codes], self.starts[codes + 1])].astype(np.int64)
