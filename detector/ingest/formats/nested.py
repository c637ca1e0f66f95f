"""Comments that lie inside posts and other comments: each comes out by itself and knows what it lay in."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from detector.ingest.formats.format import walk
from detector.ingest.formats.lists import objects
from detector.ingest.formats.paths import Getter, Record, Source, compile_source

AROUND = "_around"
"""Where a record that was taken out of others keeps what they say of it: `_around.parent`, `_around.post`, ..."""

_MAX_STEPS = 16
_MENTION = re.compile(r"\.?@\w")


def parts(record: Record | None, name: str) -> list[Any]:
    """Return the list under a name; an empty one where there is none, or something else, or no record."""
    value = record.get(name) if isinstance(record, dict) else None
    return value if isinstance(value, list) else []


def within(part: Record, **around: object) -> Record:
    """Return a shallow copy of a record that also holds what surrounds it; what is no record stays as it is."""
    return {**part, **around} if isinstance(part, dict) else part


def edges(connection: object) -> list[Record]:
    """Return the nodes of a GraphQL connection."""
    found = connection.get("edges") if isinstance(connection, dict) else None
    return [node if isinstance(node := edge.get("node", edge), dict) else {} for edge in objects(found)]


def unwrapped(root: Record) -> Record:
    """Take a record out of Zeeschuimer's envelope; when it was captured is then where 4CAT keeps it too."""
    inside, captured = root.get("data"), root.get("timestamp_collected")
    if captured is None or not isinstance(inside, dict):
        return root
    return {**inside, "__import_meta": {"timestamp_collected": captured}}


def unnested(
    comments: Iterable[Record],
    replies: Callable[[Record], Iterable[Record]],
    known: Callable[[Record], dict[str, Any]],
    around: dict[str, Any],
) -> Iterator[Record]:
    """Yield comments and the replies below them.

    Parameters
    ----------
    comments
        Those on top.
    replies
        The replies that a comment holds.
    known
        What these learn from it, beside what it has learned itself.
    around
        What all of them are told, of their post and its page.

    Yields
    ------
    Record
        Shallow copies with `AROUND`.
    """

    def below(comment: Record) -> Iterable[Record]:
        held = list(replies(comment))
        told = {**comment[AROUND], **known(comment)} if held else {}
        return [{**reply, AROUND: told} for reply in held]

    return walk(({**comment, AROUND: around} for comment in comments), below)


def where(text: Source, value: Source) -> Getter:
    """Return a getter of a value that only counts beside a text.

    The address of a comment would otherwise make a sticker, which has no text, a shared link.
    """
    get_text, get_value = compile_source(text), compile_source(value)
    return lambda record: get_value(record) if get_text(record) else None


def unless_mention(text: Source, others: Source) -> Getter:
    """Return a getter of whom a comment addresses where it does not begin with a mention, which comes first.

    Mentions themselves are found later, alike for all formats.
    """
    get_text, get_others = compile_source(text), compile_source(others)
    return lambda record: None if _MENTION.match(str(get_text(record))) else get_others(record)


def unflattened(row: Record) -> Record:
    """Return a row whose columns are called ``comments/0/text`` as the object that it was written from.

    Apify's tables are like this. Empty cells are left out.
    """
    if not any("/" in name for name in row):
        return row
    tree: dict[str, Any] = {}
    for name, cell in row.items():
        if cell is None or cell == "":
            continue
        *path, last = name.split("/", _MAX_STEPS)
        holder = tree
        for step in path:
            holder = holder.setdefault(step, {})
        holder[last] = cell
    return {name: _with_lists(value) for name, value in tree.items()}


def _with_lists(value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, dict):
        return value
    found = {name: _with_lists(item) for name, item in value.items()}
    if all(name.isdecimal() for name in found):
        return [found[name] for name in sorted(found, key=int)]
    return found
