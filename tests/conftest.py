"""Frames for the tests of the wings: COMMENTS made from dicts, and the folder of the slow twins made importable."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import polars as pl
import pytest
from hypothesis import settings

from detector.ingest.read import read_comments

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

CommentsOf = Callable[[Iterable[Mapping[str, Any] | str]], pl.DataFrame]


@pytest.fixture(scope="session")
def comments_of() -> CommentsOf:
    """Build a COMMENTS frame from records, or from bare texts by as many authors."""

    def build(records):
        dicts = [{"text": r, "id": f"{i:07d}", "author_id": f"a{i}"} if isinstance(r, str) else r
                 for i, r in enumerate(records)]  # fmt: skip
        return read_comments(dicts).comments

    return build
