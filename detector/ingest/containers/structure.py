"""Where values of JSON begin and end, without reading them: brackets and commas outside strings, with their depth.

Found by whole arrays, not byte by byte. What is no JSON is survived: a line feed ends a string, as none may hold one,
so that a missing quote spoils no more than its line; a closing bracket to which none was opened is passed over.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

QUOTE, COMMA, LINE_FEED, BACKSLASH = b'",\n\\'
OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT = b"[]{}"

_IS_MARK = bytes(byte in b'",\n[]{}' for byte in range(256))
_IS_OPENING = np.array([byte in b"[{" for byte in range(256)])
_STEP = np.array([(byte in b"[{") - (byte in b"]}") for byte in range(256)], dtype=np.int8)


@dataclass(frozen=True)
class Marks:
    """Brackets and commas outside strings: positions in a chunk, the bytes, and the depth after each, 0 outside all."""

    positions: npt.NDArray[np.int64]
    kinds: npt.NDArray[np.uint8]
    depths: npt.NDArray[np.int32]

    @property
    def are_openings(self) -> npt.NDArray[np.bool_]:
        """Tell which are ``[`` or ``{``."""
        found: npt.NDArray[np.bool_] = _IS_OPENING.take(self.kinds)
        return found

    def where(self, mask: npt.NDArray[np.bool_] | slice) -> "Marks":
        """Return some of them."""
        return Marks(self.positions[mask], self.kinds[mask], self.depths[mask])


class Scanner:
    """Finds marks chunk by chunk, cut anywhere.

    Parameters
    ----------
    depth
        How deep the first byte lies.
    """

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._is_in_string = False
        self._is_escaped = False

    def feed(self, chunk: bytes) -> Marks:
        """Return the marks of the next chunk."""
        data = np.frombuffer(chunk, dtype=np.uint8)
        positions = np.flatnonzero(np.frombuffer(chunk.translate(_IS_MARK), dtype=np.bool_))
        kinds = data[positions]
        if self._is_escaped or b"\\" in chunk:
            is_escaped = self._escaped(data)[positions] & (kinds != LINE_FEED)
            positions, kinds = positions[~is_escaped], kinds[~is_escaped]
        is_outside = self._outside_strings(kinds)
        return self._with_depths(positions[is_outside], kinds[is_outside])

    def _escaped(self, data: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        """Tell which bytes stand behind a backslash that is not itself escaped."""
        found = np.zeros(len(data) + 1, dtype=np.bool_)
        found[0] = self._is_escaped
        slashes = np.flatnonzero(data == BACKSLASH)
        if len(slashes):
            order = np.arange(len(slashes))
            begins_run = np.diff(slashes, prepend=-2) != 1
            in_run = order - np.maximum.accumulate(np.where(begins_run, order, 0))
            if self._is_escaped and slashes[0] == 0:
                in_run[slashes == order] += 1
            found[slashes[in_run % 2 == 0] + 1] = True
        if len(data):
            self._is_escaped = bool(found[-1])
        return found[:-1]

    def _outside_strings(self, kinds: npt.NDArray[np.uint8]) -> npt.NDArray[np.bool_]:
        if not len(kinds):
            return np.zeros(0, dtype=np.bool_)
        is_quote, is_feed = kinds == QUOTE, kinds == LINE_FEED
        n_quotes = np.cumsum(is_quote, dtype=np.int32)
        n_quotes += self._is_in_string
        is_inside = (n_quotes & 1).astype(np.bool_)
        if (is_inside & is_feed).any():  # only where a quote is missing
            n_quotes -= np.maximum.accumulate(np.where(is_feed, n_quotes, 0))
            is_inside = (n_quotes & 1).astype(np.bool_)
        self._is_in_string = bool(is_inside[-1])
        is_outside: npt.NDArray[np.bool_] = ~(is_inside | is_quote | is_feed)
        return is_outside

    def _with_depths(self, positions: npt.NDArray[np.int64], kinds: npt.NDArray[np.uint8]) -> Marks:
        depths = np.cumsum(_STEP.take(kinds), dtype=np.int32)
        depths += self._depth
        is_stray = None
        if len(depths) and depths.min() < 0:
            lowest = np.minimum.accumulate(np.minimum(depths, 0))
            depths -= lowest
            is_stray = np.diff(lowest, prepend=0) < 0
        if len(depths):
            self._depth = int(depths[-1])
        marks = Marks(positions, kinds, depths)
        return marks if is_stray is None else marks.where(~is_stray)
