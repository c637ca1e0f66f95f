"""WeChat: comments on articles of official accounts, which name their authors but give no id of them."""

from collections.abc import Iterator
from typing import Any

from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import objects
from detector.ingest.formats.paths import Record, compile_source
from detector.ingest.formats.shown import shown

_LISTS = ("elected_comment", "friend_comment", "my_comment")
_REPLIES = ("reply.reply_list", "reply_new.reply_list", "reply.elected_reply", "reply_list.reply_list")
_ARTICLE = "_article"
_ABOVE = "_above"

_article = compile_source(
    (
        *("article_id", "aid", "appmsgid", "msgid", "comment_id", "article.id", "article.aid"),
        *("article_url", "content_url", "article.url", "url", "link"),
    )
)
_comment_id = compile_source(("content_id", "user_comment_id"))
_reply_id = compile_source(("reply_id", "id"))
_replies = [compile_source(path) for path in _REPLIES]


def _take_apart(root: Record) -> Iterator[Record]:
    """Yield the comments of an article's page, each with the replies to it."""
    held = next((inner for name in ("comments", "comment", "data") if isinstance(inner := root.get(name), dict)), root)
    page: Record = held if "elected_comment" in held else root
    article = _article(page) or _article(root)
    comments = [comment for name in _LISTS for comment in objects(page.get(name))]
    for comment in comments if "elected_comment" in page else [root]:
        yield {_ARTICLE: article, **comment}
        # The same replies may stand in an older and a newer list: the first that has any counts.
        replies = next(filter(None, (objects(get(comment)) for get in _replies)), [])
        yield from ({_ARTICLE: article, _ABOVE: _comment_id(comment), **reply} for reply in replies)


def _id(comment: Record) -> Any:  # noqa: ANN401
    """Return the id; replies are numbered below their comment only."""
    if _ABOVE not in comment:
        return _comment_id(comment)
    above, number = comment[_ABOVE], _reply_id(comment)
    return None if above is None or number is None else f"{above}.{number}"


FORMATS = (
    Format(
        name="wechat",
        title="WeChat: comments on articles",
        shapes=(
            Shape(("elected_comment",)),
            Shape(("comments.elected_comment",)),
            Shape(("comment.elected_comment",)),
            Shape(("data.elected_comment",)),
            Shape(("content_id", "nick_name", "content")),
        ),
        fields={
            "platform": "const:wechat",
            "id": _id,
            "text": shown("content"),
            "created_at": "create_time",
            "author_id": "openid",
            "author_name": "nick_name",
            "target": "to_nick_name",
            "parent_id": _ABOVE,
            "conversation_id": _ARTICLE,
            "like_count": ("like_num", "reply_like_num"),
        },
        unfold=_take_apart,
        notes=("WeChat gives no ids of authors: accounts are told apart by their names, which need not be unique.",),
    ),
)
