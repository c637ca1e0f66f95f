"""Work on a few threads, with results in order: numpy and Polars let others go on while they compute."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")
Other = TypeVar("Other")

# numpy and polars let go of the interpreter only inside large steps: more threads than this wait for each other.
_THREADS = 2
_AHEAD = 2 * _THREADS


def in_order(work: Callable[[Item], Found], items: Iterable[Item]) -> Iterator[Found]:
    """Apply `work` to items, a few at a time; at most `_AHEAD` results wait to be taken."""
    if (os.cpu_count() or 1) < _THREADS:
        yield from map(work, items)
        return
    waiting: deque[Future[Found]] = deque()
    with ThreadPoolExecutor(_THREADS) as threads:
        for item in items:
            waiting.append(threads.submit(work, item))
            if len(waiting) >= _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def both(one: Callable[[], Found], other: Callable[[], Other]) -> tuple[Found, Other]:
    """Call two functions side by side and return what they return."""
    with ThreadPoolExecutor(1) as beside:
        waiting = beside.submit(other)
        return one(), waiting.result()
