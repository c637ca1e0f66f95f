"""Frames for the tests of the wings: COMMENTS made from dicts, and the folder of the slow twins made importable."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl
import pytest

from detector.ingest.read import read_comments

CommentsOf = Callable[[Iterable[Mapping[str, Any] | str]], pl.DataFrame]


@pytest.fixture(scope="session")
def comments_of() -> CommentsOf:
    """Build a COMMENTS frame from records, or from bare texts by as many authors."""

    def build(records):
        dicts = [{"text": r, "id": f"{i:07d}", "author_id": f"a{i}"} if isinstance(r, str) else r
                 for i, r in enumerate(records)]  # fmt: skip
        return read_comments(dicts).comments

    return build
