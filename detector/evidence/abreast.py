"""Two pieces of work at a time: numpy and polars let other threads go on while they compute."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def both(one: Callable[[], A], other: Callable[[], B]) -> tuple[A, B]:
    """Call two functions side by side and return what they return."""
    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(other)
        return one(), waiting.result()


def ahead(work: Callable[[A], B], items: Iterable[A]) -> Iterator[B]:
    """Return work(item) of each item in order; up to two more are worked on while one is in use."""
    with ThreadPoolExecutor(2) as pool:
        waiting: deque[Future[B]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > 2:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
