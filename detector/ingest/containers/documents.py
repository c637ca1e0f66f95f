"""JSON documents to their items: elements of a list, values one after the other, pages of what wraps a long list.

Nothing is read here but what surrounds such a list: items are cut out as they stand, and judged by the decoder. A list
and values that follow one another are never held whole.
"""

from collections.abc import Iterator

from detector.config import IngestConfig
from detector.ingest.containers.cutter import Cutter
from detector.ingest.containers.items import Items
from detector.ingest.containers.pages import PagedObject
from detector.ingest.lines import Fault
from detector.ingest.streams import ByteStream


def read_items(stream: ByteStream, config: IngestConfig) -> Iterator[Items | Fault]:
    """Cut a stream of JSON documents into items.

    Parameters
    ----------
    stream
        The source: a list, an object that wraps one, or several of either, one after the other; a beginning like
        ``window.YTD.tweets.part0 =`` is passed over.
    config
        How long an item may be.

    Yields
    ------
    Items or Fault
        In the order of the source. A large object comes as pages: itself, again and again, with a part of its list.
        What cannot be cut out is a `Fault`: an item too long, a torn end, what is no JSON between documents.
    """

    def wrap(offset: int, number: int, is_large: bool) -> PagedObject:
        return PagedObject(config.max_line_bytes, offset, number, is_large=is_large)

    cutter = Cutter(config.max_line_bytes, wrap)
    for chunk in stream.chunks():
        yield from cutter.feed(chunk)
    yield from cutter.finish(stream.fault)
