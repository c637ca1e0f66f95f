"""How much may come of a source when it is decompressed."""

import math

from detector.errors import InputError

BOMB_BYTES = 2**30
"""However much smaller a source is stored, so much is always read of it: equal comments do shrink a hundredfold."""

BOMB_RATIO = 200
"""Beyond `BOMB_BYTES`, a source that grows by more than this was made to fill memories."""


class Allowance:
    """How much a source may grow when it is decompressed: one for all members of an archive.

    Parameters
    ----------
    name
        Of the source.
    max_bytes
        More than this is read of no source.
    """

    def __init__(self, name: str, max_bytes: float = math.inf) -> None:
        self._name = name
        self._max_bytes = max_bytes
        self._taken = 0

    def take(self, n_bytes: int, stored: float) -> None:
        """Account for decompressed bytes, after so many of the source as it is stored.

        Raises
        ------
        InputError
            They are too many.
        """
        self._taken += n_bytes
        if self._taken > self._max_bytes:
            raise InputError(
                f"{self._name} is longer than {self._max_bytes} bytes when decompressed: "
                "split it, or raise ingest.max_input_bytes"
            )
        if self._taken > BOMB_BYTES and self._taken > BOMB_RATIO * stored:
            raise InputError(
                f"{self._name} grows to more than {BOMB_RATIO} times its size when decompressed, as no export does: "
                "decompress it yourself if you trust it"
            )
