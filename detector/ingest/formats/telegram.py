"""Telegram: what its Desktop program exports, and messages saved through its API with Telethon (so does 4CAT).

Messages are numbered in each chat anew, so the number of the chat goes before theirs. A forwarded message is somebody
else's text passed on: a repost.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from detector.errors import SkipReason
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import lists_at
from detector.ingest.formats.paths import Record, compile_source

_messages = lists_at("messages")
_chats = lists_at("chats.list", "left_chats.list")
_chat_id = compile_source("_chat.id")
_chat_type = compile_source("_chat.type")


def _unfold(root: Record) -> Iterable[Record]:
    if "messages" not in root and "chats" not in root and "left_chats" not in root:
        return (root,)
    return _of_chats([root, *_chats(root)])


def _of_chats(chats: Iterable[Any]) -> Iterator[Any]:
    for chat in chats:
        for message in _messages(chat):
            yield {**message, "_chat": chat} if isinstance(message, dict) else message


def _fate(message: Record) -> SkipReason | None:
    if message.get("type", "message") != "message":
        return SkipReason.NOT_A_COMMENT
    # Null where the forwarded account is gone: the key alone tells.
    is_forwarded = "forwarded_from" in message or "forwarded_from_id" in message
    return SkipReason.REPOST if is_forwarded else None


def _text(message: Record) -> str:
    text = message.get("text") or message.get("text_entities") or ""
    if isinstance(text, str):
        return text
    # Links, names and emphasis are parts of their own.
    return "".join(part if isinstance(part, str) else part.get("text") or "" for part in text)


def _in_chat(chat: Any, number: Any) -> str | None:  # noqa: ANN401
    """Return the id of a message: ``1234567/89``."""
    if number is None:
        return None
    return str(number) if chat is None else f"{chat}/{number}"


def _id(message: Record) -> str | None:
    return _in_chat(_chat_id(message), message.get("id"))


def _parent(message: Record) -> str | None:
    elsewhere = str(message.get("reply_to_peer_id") or "").lstrip("abcdefghijklmnopqrstuvwxyz")
    return _in_chat(elsewhere or _chat_id(message), message.get("reply_to_message_id"))


def _url(message: Record) -> str | None:
    is_public = str(_chat_type(message)).startswith("public_")
    return f"https://t.me/c/{_id(message)}" if is_public and _text(message) else None


_DESKTOP = Format(
    name="telegram-desktop",
    title="Telegram Desktop export (result.json)",
    shapes=(
        Shape(("messages", "type", "id", "name")),
        Shape(("messages", "messages.0.type", "messages.0.date", "messages.0.id"), lacks=("messages.0.message",)),
        Shape(("chats.list",), any_of=("chats.about", "about", "personal_information", "left_chats", "contacts")),
        Shape(("left_chats.list", "left_chats.about")),
        Shape(("id", "type", "date", "text", "from_id"), any_of=("from", "date_unixtime")),
        Shape(("id", "type", "date", "action", "actor_id")),
    ),
    fields={
        "id": _id,
        "platform": "const:telegram",
        "text": _text,
        # `date` is the clock of whoever made the export.
        "created_at": ("date_unixtime", "date"),
        "author_id": "from_id",
        "author_name": "from",
        "parent_id": _parent,
        "conversation_id": "_chat.id",
        "url": _url,
    },
    unfold=_unfold,
    fate=_fate,
    notes=(
        "Exports from before 2021 have times without a zone, and numbers of accounts without the word 'user'.",
        "Telegram Desktop names accounts by number and display name: there are no handles.",
    ),
)


_people = lists_at("users", "chats")
_MARKED = re.compile(r"-100(?=\d{9})")
_PEERS = ("user_id", "channel_id", "chat_id", "id")


def _peer(value: Any) -> Any:  # noqa: ANN401
    """Return the number of an account or chat, which may be written as an object; without the mark of a channel."""
    if isinstance(value, dict):
        value = next((value[name] for name in _PEERS if value.get(name) is not None), None)
    return value if value is None else _MARKED.sub("", str(value))


def _unfold_page(root: Record) -> Iterable[Record]:
    if "messages" not in root:
        return (root,)
    people = {str(one.get("id")): one for one in _people(root) if isinstance(one, dict)}
    return [_known(message, people) if isinstance(message, dict) else message for message in _messages(root)]


def _known(message: Record, people: Mapping[str, Any]) -> Record:
    """Put an author and a chat that a page lists beside its messages into one of these."""
    author = people.get(_peer(message.get("from_id")) or "")
    chat = people.get(_peer(message.get("peer_id")) or "")
    return {"_sender": author, "_chat": chat, **message}


def _fate_of_message(message: Record) -> SkipReason | None:
    if message.get("action") or "message" not in message:
        return SkipReason.NOT_A_COMMENT
    return SkipReason.REPOST if message.get("fwd_from") else None


_first_name = compile_source(("_sender.first_name", "_sender.title"))
_last_name = compile_source("_sender.last_name")
_chat_name = compile_source(("_chat.username", "_chat.usernames.0.username"))
_replied = compile_source(("reply_to.reply_to_msg_id", "reply_to_msg_id"))


def _place(message: Record) -> str | None:
    places = (_peer(message.get(name)) for name in ("peer_id", "to_id", "chat_id", "_chat"))
    return next((place for place in places if place is not None), None)


def _author(message: Record) -> str | None:
    author = _peer(message.get("from_id"))
    for name in ("_sender", "sender_id"):
        author = author if author is not None else _peer(message.get(name))
    # What a channel posts is its own.
    return _place(message) if author is None and message.get("post") else author


def _name(message: Record) -> str | None:
    return " ".join(part for part in (_first_name(message), _last_name(message)) if part) or None


def _id_of_message(message: Record) -> str | None:
    return _in_chat(_place(message), message.get("id"))


def _parent_of_message(message: Record) -> str | None:
    elsewhere = message.get("reply_to")
    place = _peer(elsewhere.get("reply_to_peer_id")) if isinstance(elsewhere, dict) else None
    return _in_chat(place if place is not None else _place(message), _replied(message))


def _url_of_message(message: Record) -> str | None:
    name = _chat_name(message)
    return f"https://t.me/{name}/{message.get('id')}" if name and message.get("message") else None


_TELETHON = Format(
    name="telethon",
    title="Telegram messages saved with Telethon or 4CAT",
    shapes=(
        Shape(("message", "date", "id", "peer_id")),
        Shape(("message", "date", "id", "to_id"), any_of=("fwd_from", "reply_to_msg_id", "from_id")),
        Shape(("message", "date", "id"), any_of=("_sender", "_chat", "fwd_from")),
        Shape(("action", "date", "id", "peer_id")),
        Shape(("messages", "users", "chats")),
        Shape(("messages.0.message", "messages.0.date", "messages.0.id", "messages.0.peer_id")),
    ),
    fields={
        "id": _id_of_message,
        "platform": "const:telegram",
        "text": "message",
        "created_at": "date",
        "author_id": _author,
        "author_handle": ("_sender.username", "_sender.usernames.0.username"),
        "author_name": _name,
        "author_verified": "_sender.verified",
        "target": _chat_name,
        "parent_id": _parent_of_message,
        "conversation_id": _place,
        "url": _url_of_message,
    },
    unfold=_unfold_page,
    fate=_fate_of_message,
)

FORMATS = (_DESKTOP, _TELETHON)
