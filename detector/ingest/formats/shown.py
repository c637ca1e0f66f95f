"""A text that a format writes as HTML."""

from typing import Any

from detector.ingest.formats.paths import Getter, Record, Source, compile_source
from detector.ingest.markup import visible


def shown(source: Source) -> Getter:
    """Return the getter of a text as a reader sees it; what is no text stays as it is, to be judged later."""
    get = compile_source(source)

    def read(record: Record) -> Any:  # noqa: ANN401
        value = get(record)
        return visible(value) if isinstance(value, str) else value

    return read
