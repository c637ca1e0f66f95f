"""Records of no known format, read by the names that people give to such fields (`formats.names`).

A field of its own canonical name comes first. A record may wrap a list of others, lie in an object of its own, and hold
its replies.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from detector.errors import SkipReason
from detector.ingest.decode import ABSENT, FIELDS
from detector.ingest.formats.calendar import join_time
from detector.ingest.formats.format import Format, unless_error, walk
from detector.ingest.formats.hosts import platform_at
from detector.ingest.formats.names import Plan, author_meaning, fold, plan_of
from detector.ingest.formats.paths import Getter, Record, Source
from detector.ingest.markup import visible

_AROUND = " around"
"""Where a record keeps what is known of it from what it was found in: no field of an export is called so."""

_PLAN = " plan"
"""Where a record that was taken apart keeps what its names mean: every field asks for it."""

_PLAIN_ADDRESSES = frozenset(("url", "link", "lien", "enlace", "链接", "連結"))
_NOTHING = (None, "")
_NOBODY = (*_NOTHING, 0, "0", "root", "null", "None")
_TROUBLE = ("error", "errors")
_MAX_DEPTH = 6
_MARKUP = re.compile(r"(?i)</(?:p|a|b|i|em|strong|div|span)>|<br ?/?>|<(?:img|a|p|div|span)(?: [a-z-]+=| ?/?>)")
_NO_NAME = re.compile(r"://|^\s*[\[{]")
_TRUE = (True, 1, "1", "true", "True", "TRUE", "yes", "Yes")


def _plan(record: Record) -> Plan:
    plan: Plan | None = record.get(_PLAN)
    return plan or plan_of(tuple(record))


def _said(value: Any) -> Any:  # noqa: ANN401
    """Return a value without the object that a database's export puts around it: ``{"$oid": "..."}``."""
    if isinstance(value, dict) and len(value) == 1:
        name, inner = next(iter(value.items()))
        return _said(inner) if name.startswith("$") else value
    return value


def _values(record: Record, name: str) -> Iterator[Any]:
    """Yield what a record says of a field, the most telling first."""
    plan = _plan(record)
    keys = plan.keys.get(name, ())
    yield from (record[key] for key in keys if key == name)
    for holder in plan.authors:
        if isinstance(author := record[holder], dict):
            yield from (value for _, value in sorted(_of_author(author, name), key=lambda found: found[0]))
    yield from (record[key] for key in keys if key != name)


def _of_author(author: Record, name: str) -> list[tuple[int, Any]]:
    found = ((author_meaning(key), value) for key, value in author.items())
    return [(meaning[0], value) for meaning, value in found if meaning and meaning[1] == name]


def _first(record: Record, name: str) -> Any:  # noqa: ANN401
    """Return the first plain value of a field."""
    plan = _plan(record)
    if name not in plan.keys and not plan.authors:
        return None
    values = (_said(value) for value in _values(record, name))
    return next((value for value in values if value not in _NOTHING and not isinstance(value, (dict, list))), None)


def _getter(name: str) -> Getter:
    return lambda record: _first(record, name)


def _id_in(record: Record, name: str) -> Any:  # noqa: ANN401
    """Return an id, which may lie in an object: that of the post, of the comment replied to."""
    plan = _plan(record)
    if name not in plan.keys and not plan.authors:
        return None
    for value in map(_said, _values(record, name)):
        found = _said(value.get("id")) if isinstance(value, dict) else value
        if not isinstance(found, (bool, dict, list)) and found not in (_NOTHING if name == "id" else _NOBODY):
            return found
    return None


def _text(record: Record) -> Any:  # noqa: ANN401
    keys = _plan(record).keys.get("text", ())
    if not keys:
        return ABSENT
    written = [value for key in keys if isinstance(value := record[key], str)]
    text = next(filter(None, written), "" if written else record[keys[0]])
    if not isinstance(text, str):
        return text
    return visible(text) if _MARKUP.search(text) else html.unescape(text)


def _plain_author(record: Record) -> str | None:
    """Return the author where this is a word or number and no object; an address or an object as text is none."""
    found = (record[key] for key in _plan(record).authors if isinstance(record[key], (str, int)))
    return next(
        (str(one) for one in found if one and not isinstance(one, bool) and not _NO_NAME.search(str(one))), None
    )


def _author_id(record: Record) -> Any:  # noqa: ANN401
    found = _id_in(record, "author_id")
    plain = _plain_author(record) if found is None else None
    return plain if plain and plain.isdecimal() else found


def _handle(record: Record) -> Any:  # noqa: ANN401
    """Return the handle; with spaces it is a name."""
    found = _first(record, "author_handle")
    if found is not None:
        return None if " " in str(found).strip() else found
    plain = _plain_author(record)
    if not plain or " " in plain or plain.isdecimal():
        return None
    return plain if plain.startswith("@") or _first(record, "author_name") is not None else None


def _name(record: Record) -> Any:  # noqa: ANN401
    found = _first(record, "author_name")
    if found is not None:
        return found
    handle, plain = _first(record, "author_handle"), _plain_author(record)
    if plain and not plain.isdecimal() and not plain.startswith("@"):
        return plain
    return handle if " " in str(handle or "").strip() else None


def _created_at(record: Record) -> Any:  # noqa: ANN401
    """Return the time; a day and its hour may stand in columns of their own."""
    values = [value for value in map(_said, _values(record, "created_at")) if value not in _NOTHING]
    times = [value for value in values if not isinstance(value, (bool, dict, list))]
    return join_time(times, is_day_first=_plan(record).is_day_first)


def _parent(record: Record) -> Any:  # noqa: ANN401
    found = _id_in(record, "parent_id")
    if found is None:
        return record.get(_AROUND, {}).get("parent_id")
    return None if str(found).startswith("@") else found


def _target(record: Record) -> Any:  # noqa: ANN401
    replied = _id_in(record, "parent_id")
    return replied if str(replied).startswith("@") else _first(record, "target")


def _conversation(record: Record) -> Any:  # noqa: ANN401
    found = _id_in(record, "conversation_id")
    return found if found is not None else record.get(_AROUND, {}).get("conversation_id")


def _platform(record: Record) -> Any:  # noqa: ANN401
    named = _first(record, "platform") or record.get(_AROUND, {}).get("platform")
    # A plain "link" may be what the comment shares: it says nothing of where the comment is.
    addresses = (record[key] for key in _plan(record).keys.get("url", ()) if fold(key) not in _PLAIN_ADDRESSES)
    places = (_conversation(record), *addresses, _first(record, "id"))
    return named or next(filter(None, map(platform_at, places)), None)


def _url(record: Record) -> Any:  # noqa: ANN401
    """Return the address of a comment; beside an empty text it is not known to be of something shared."""
    return _first(record, "url") if _text(record) or "url" in record else None


def _likes(record: Record) -> Any:  # noqa: ANN401
    """Return the likes: a fraction is a score of something else, and yes or no is the reader's own."""
    found = _first(record, "like_count")
    return None if isinstance(found, (bool, float)) or str(found).startswith(("0.", "-0.")) else found


def has_text(record: Record) -> bool:
    """Tell whether a record has a field that is usually its text."""
    return any(isinstance(record[key], str) for key in _plan(record).keys.get("text", ()))


def is_comment(record: Record) -> bool:
    """Tell whether a record has a text and an id, as an answer around others has not, whose "message" is "OK"."""
    return has_text(record) and _first(record, "id") is not None


def is_canonical(record: Record) -> bool:
    """Tell whether canonical names say all that a record says of its text, author, time and place."""
    return _plan(record).is_canonical


_IsRecord = Callable[[Record], bool]


def is_misspelt(record: Record) -> bool:
    """Tell whether a record has no other fields than canonical ones, whose names are written otherwise or damaged."""
    return _plan(record).is_misspelt


def unfold(record: Record, is_record: _IsRecord = has_text) -> Iterable[Record]:
    """Take a page or a record with replies apart; `is_record` tells a record from a page."""
    tops = _parts(record, {}, is_record, 0)
    found = walk(tops, lambda above: _replies(above, is_record))
    return ({**part, _PLAN: _plan(part)} for part in found)


def _items(record: Record, around: dict[str, Any], is_record: _IsRecord, depth: int = 0) -> list[Record]:
    """Return the records of a page, the record that another wraps, or this."""
    if depth == _MAX_DEPTH or (is_record(record) and not _is_of_service(record)):
        return [_told(record, around)]
    around = around | _known(record)
    plan = _plan(record)
    lists = [key for key in plan.lists if isinstance(record[key], list)]
    for key in (*plan.keys.get("text", ()), *plan.lists, *record):
        value = None if key in _TROUBLE else record[key]
        if isinstance(value, dict) and is_record(value) and not _are_records(record, is_record):
            return [_told({**record, **value}, around)]
        about = _of_post(record, around) if key in plan.replies else {}
        found = _parts(value, around | about, is_record, depth + 1)
        if any(map(is_record, found)):
            return found
    return _parts(record[lists[0]], around, is_record, _MAX_DEPTH) if lists else [_told(record, around)]


def _parts(value: object, around: dict[str, Any], is_record: _IsRecord, depth: int) -> list[Record]:
    if isinstance(value, dict):
        parts = list(value.values()) if _are_records(value, is_record) else [value]
    else:
        parts = value if isinstance(value, list) else []
    return [found for part in parts if isinstance(part, dict) for found in _items(part, around, is_record, depth)]


def _are_records(value: Record, is_record: _IsRecord) -> bool:
    """Tell whether an object stands for a list, its keys being ids."""
    return len(value) > 1 and all(isinstance(part, dict) and is_record(part) for part in value.values())


def _of_post(record: Record, around: dict[str, Any]) -> dict[str, Any]:
    """Return what comments learn from a post without a text that holds them."""
    post = None if "conversation_id" in around else _id_in(record, "id") or _first(record, "url")
    return {"conversation_id": post} if post else {}


def _known(record: Record) -> dict[str, Any]:
    """Return what a page says of all that is on it."""
    known = {"conversation_id": _conversation(record), "platform": _first(record, "platform")}
    return {name: value for name, value in known.items() if value is not None}


def _told(record: Record, around: dict[str, Any]) -> Record:
    return {**record, _AROUND: around} if around else record


def _replies(record: Record, is_record: _IsRecord) -> Iterable[Record]:
    for name in _plan(record).replies:
        held = record[name]
        if isinstance(held, dict):
            held = next((inner for inner in held.values() if isinstance(inner, list)), None)
        if isinstance(held, list):
            above = _id_in(record, "id")
            around = {"conversation_id": above, **record.get(_AROUND, {}), **_known(record), "parent_id": above}
            replies = (reply for reply in held if isinstance(reply, dict))
            return [part for reply in replies for part in _items(reply, around, is_record, _MAX_DEPTH - 1)]
    return ()


def _fate(record: Record) -> SkipReason | None:
    """Skip reposts, and what a service says of its own trouble in place of a record."""
    plan = _plan(record)
    if any(record[key] in _TRUE for key in plan.flags["repost"]):
        return SkipReason.REPOST
    return SkipReason.NOT_A_COMMENT if _is_of_service(record) else unless_error(record)


def _is_of_service(record: Record) -> bool:
    """Tell whether a record is a service's own, with a code and a message to whoever asked, and perhaps a page."""
    plan = _plan(record)
    return bool(plan.flags["trouble"]) and not plan.authors and plan.keys.keys() <= {"text", "platform", "url"}


_FIELDS: dict[str, Source] = {
    **{name: _getter(name) for name in FIELDS},
    "id": lambda record: _id_in(record, "id"),
    "platform": _platform,
    "text": _text,
    "created_at": _created_at,
    "author_id": _author_id,
    "author_handle": _handle,
    "author_name": _name,
    "target": _target,
    "parent_id": _parent,
    "conversation_id": _conversation,
    "url": _url,
    "like_count": _likes,
}

GENERIC = Format("generic", "records of no known format", (), _FIELDS, unfold=unfold, fate=_fate)
