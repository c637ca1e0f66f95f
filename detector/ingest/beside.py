"""Work on what a source gives while more of it is read."""

import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Piece = TypeVar("Piece")
Made = TypeVar("Made")

_THREADS = 2


def beside(work: Callable[[Piece], Made], pieces: Iterable[Piece]) -> Iterator[tuple[Piece, Made]]:
    """Yield each piece with what becomes of it, in order, while threads work on the next ones.

    Pieces are drawn in the caller's thread, which alone Ctrl-C reaches, and no more than a few ahead.

    Examples
    --------
    >>> list(beside(str, [1, 2]))
    [(1, '1'), (2, '2')]
    """
    pool = ThreadPoolExecutor(_THREADS)
    under_way: deque[tuple[Piece, Future[Made]]] = deque()
    is_left = threading.Event()

    def hand_on(made: Future[Made]) -> None:
        if not is_left.is_set():
            _hand_on(made)

    try:
        for piece in pieces:
            under_way.append((piece, pool.submit(work, piece)))
            under_way[-1][1].add_done_callback(hand_on)
            while under_way and (len(under_way) > _THREADS or under_way[0][1].done()):
                first, made = under_way.popleft()
                yield first, made.result()
        while under_way:
            first, made = under_way.popleft()
            yield first, made.result()
    finally:
        is_left.set()
        pool.shutdown(wait=False, cancel_futures=True)


def _hand_on(made: Future[Made]) -> None:
    """Press Ctrl-C again where Polars took it for its own: the caller may be waiting for a pipe, and would not hear."""
    if not made.cancelled() and isinstance(made.exception(), KeyboardInterrupt):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
