"""Meta's own research tools: the Content Library, and CrowdTangle before it.

Both leave as tables that have gone through R, pandas or a spreadsheet: missing cells may say so in words, ids may have
become numbers.
"""

import re
from collections.abc import Iterable

from detector.ingest.formats import facebook_address as address
from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.lists import objects
from detector.ingest.formats.nested import where
from detector.ingest.formats.paths import Getter, Record, Source, compile_source

_MISSING = frozenset({"NA", "N/A", "NaN", "nan", "None", "null", "NULL", "<NA>"})
_POINT_ZERO = re.compile(r"(\d+)\.0")
_MAX_EXACT = 2**53


def _cell(source: Source) -> Getter:
    """Return a getter that knows the words for a missing cell."""
    sources = (source,) if isinstance(source, str) or callable(source) else source
    getters = [compile_source(each) for each in sources]

    def get(record: Record) -> object:
        for getter in getters:
            value = getter(record)
            if value is not None and value != "" and not (isinstance(value, str) and value.strip() in _MISSING):
                return value
        return None

    return get


def _id(source: Source) -> Getter:
    """Return a getter of ids that mends those a table of numbers has written as ``1001.0``.

    Where a number of that size is no longer exact it is none: several accounts would become one.
    """
    get = _cell(source)

    def mended(record: Record) -> object:
        value = get(record)
        found = _POINT_ZERO.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return value
        return found[1] if int(found[1]) <= _MAX_EXACT else None

    return mended


def _page_or_row(root: Record) -> Iterable[Record]:
    data = root.get("data")
    if isinstance(data, dict):
        data = data.get("data")
    return objects(data) if isinstance(data, list) else (root,)


_library_text = _cell(("text", "caption"))


def _of_owner(part: str) -> Source:
    return tuple(f"{owner}{mark}{part}" for mark in "._" for owner in ("owner", "post_owner", "producer"))


_owner_kind = _cell(_of_owner("type"))


def _public(get: Getter) -> Getter:
    """Return a getter that keeps silent about owners whom the library calls private."""
    return lambda record: None if str(_owner_kind(record)).lower() == "private" else get(record)


def _platform(record: Record) -> object:
    """Tell the platform by what only its records have: the library does not name it."""
    named = _get_platform(record)
    if named is not None:
        return named
    if any(get(record) is not None for get in _only_on_threads):
        return "threads"
    is_instagram = "caption" in record or str(_owner_kind(record)).lower() in _KINDS_ON_INSTAGRAM
    return "instagram" if is_instagram else "facebook"


_get_platform = _cell(("platform", "product"))
_only_on_threads = [
    compile_source(path)
    for path in ("is_quote_post", "statistics.repost_count", "statistics.reposts", "statistics.quotes")
]
_KINDS_ON_INSTAGRAM = ("business", "creator", "media_creator", "personal")


def _surface(record: Record) -> object:
    """Return where a post was made to, if that is not its owner's own page."""
    place = _get_place(record)
    if place is not None and place == _get_owner_id(record):
        return None
    name = _get_place_name(record)
    return None if name in (None, _get_owner_handle(record), _get_owner_name(record)) else name


_get_place, _get_place_name = _id("surface.id"), _cell(("surface.username", "surface.name"))
_get_owner_id = _id(_of_owner("id"))
_get_owner_handle, _get_owner_name = _cell(_of_owner("username")), _cell(_of_owner("name"))


def _library_url(record: Record) -> object:
    """Return the shared link; one beside no words is a share if it is a post, and a preview if it is a comment."""
    is_silent = "post_id" in record and _library_text(record) is None
    return None if is_silent else _library_link(record)


_library_link = _cell(("link_attachment.link", "link_attachment.url", "link_url"))


_get_parent, _get_thread = _id(("parent_comment_id", "parent_id")), _id("post_id")

_LIBRARY = Format(
    name="meta-content-library",
    title="Meta Content Library: comments and posts, tables or answers of the API",
    shapes=(
        Shape(needs=("id", "text", "creation_time"), any_of=("owner.id", "owner.type", "owner.name", "owner")),
        Shape(needs=("id", "creation_time"), any_of=("post_owner.id", "post_owner.type", "post_owner", "producer_id")),
        Shape(needs=("id", "creation_time"), any_of=("surface.id", "surface.type", "mcl_url", "shared_post_id")),
        Shape(needs=("id", "text", "creation_time", "post_id")),
        Shape(needs=("id", "creation_time"), any_of=("statistics.reaction_count", "statistics.top_level_reply_count")),
        Shape(needs=("data.0.id", "data.0.creation_time")),
        Shape(needs=("data.0.id", "data.0.creation_time", "data.0.text", "data.0.statistics")),
    ),
    unfold=_page_or_row,
    fields={
        "id": _id("id"),
        "platform": _platform,
        "text": _library_text,
        "created_at": _cell("creation_time"),
        "author_id": _public(_get_owner_id),
        "author_handle": _public(_get_owner_handle),
        "author_name": _public(_get_owner_name),
        "author_verified": _cell(_of_owner("verified")),
        "target": _surface,
        "parent_id": lambda record: None if _get_parent(record) == _get_thread(record) else _get_parent(record),
        "conversation_id": _get_thread,
        "repost_of": where(lambda record: _library_text(record) is None, _id("shared_post_id")),
        "url": _library_url,
        "lang": _cell("lang"),
        "like_count": _cell(
            (
                "statistics.like_count",
                "statistics.reaction_count",
                "statistics.reactions",
                "statistics.likes",
                "statistics_like_count",
                "statistics_reaction_count",
            )
        ),
    },
    notes=(
        "Private commenters have no name and no id: their comments are read, and are nobody's.",
        "Ids that a spreadsheet has rounded are left out; the library can be asked to write them as text.",
    ),
)


def _is_group(record: Record) -> bool:
    return "Group Name" in record or str(_get_account_type(record)).lower() in ("facebook_group", "group")


_get_account_type = compile_source(("account.accountType", "account_type", "account_account_type"))


def _of_page(source: Source) -> Getter:
    """Return a getter of what is known of an author: nothing in groups, where only the group is named."""
    get = _id(source)
    return lambda record: None if _is_group(record) else get(record)


def _group(record: Record) -> object:
    return _get_group(record) if _is_group(record) else None


_get_group = _cell(("User Name", "Group Name", "account.handle", "account_handle", "account.name", "account_name"))


def _tangle_posts(root: Record) -> Iterable[Record]:
    result = root.get("result")
    posts = result.get("posts") if isinstance(result, dict) else None
    return objects(posts) if isinstance(posts, list) else (root,)


def _tangle_platform(record: Record) -> object:
    is_instagram = "Account" in record or "instagram.com" in str(_post_url(record))
    return _get_tangle_platform(record) or ("instagram" if is_instagram else "facebook")


_get_tangle_platform = _cell(("platform", "Platform", "account.platform", "account_platform"))
_post_url = _cell(("URL", "postUrl", "post_url"))
_tangle_text = _cell(("Message", "message"))
_tangle_words = _cell(("Description", "description"))


def _tangle_message(record: Record) -> object:
    # Captions of Instagram are called descriptions; on Facebook these come from the page that a link leads to.
    text = _tangle_text(record)
    return _tangle_words(record) if text is None and _tangle_platform(record) in ("instagram", "Instagram") else text


def _tangle_id(record: Record) -> object:
    given = _get_tangle_id(record)
    if given is not None:
        return given
    url = _post_url(record)
    code = _SHORT_CODE.search(str(url))
    return code[1] if code else address.post(url)


_get_tangle_id = _id(("platformId", "platform_id", "ct_id", "id"))
_SHORT_CODE = re.compile(r"instagram\.com/(?:p|reel|tv)/([\w-]+)")


def _tangle_moment(record: Record) -> object:
    moment, day, clock = _get_moment(record), _get_day(record), _get_clock(record)
    return moment if moment is not None or day is None else f"{day} {clock or ''}".strip()


_get_moment = _cell(("Post Created", "Created", "datetime", "date", "Date"))
_get_day, _get_clock = _cell("Post Created Date"), _cell("Post Created Time")


def _tangle_url(record: Record) -> object:
    """Return the link that a post shares, else its own address if it says anything."""
    links = (get(record) for get in _get_links)
    shared = next((link for link in links if link is not None and not _OWN.match(str(link))), None)
    return shared if shared is not None or _tangle_message(record) is None else _post_url(record)


_get_links = [_cell(name) for name in ("Final Link", "Link", "expandedLinks.0.expanded", "link")]
_OWN = re.compile(r"https?://(?:[\w-]+\.)*(?:facebook|fb|instagram)\.com/")

_TANGLE = Format(
    name="crowdtangle",
    title="CrowdTangle: posts of pages, groups and Instagram accounts (tables, answers of the API, minet)",
    shapes=(
        Shape(needs=("Page Name", "Facebook Id", "Message"), any_of=("Post Created", "Created", "URL")),
        Shape(needs=("Group Name", "Facebook Id", "Message"), any_of=("Post Created", "Created", "URL")),
        Shape(needs=("Account", "User Name", "Description"), any_of=("Followers at Posting", "Total Interactions")),
        Shape(needs=("Post Created", "Total Interactions"), any_of=("Page Name", "Group Name", "Account", "Message")),
        Shape(needs=("platformId", "postUrl", "account", "date")),
        Shape(needs=("status", "result.posts.0.platformId", "result.posts.0.account")),
        Shape(needs=("ct_id", "post_url", "account_name"), any_of=("message", "description")),
    ),
    unfold=_tangle_posts,
    fields={
        "id": _tangle_id,
        "platform": _tangle_platform,
        "text": _tangle_message,
        "created_at": _tangle_moment,
        "author_id": _of_page(("Facebook Id", "account.platformId", "account_platform_id", "account.id")),
        "author_handle": _of_page(("User Name", "account.handle", "account_handle")),
        "author_name": _of_page(("Page Name", "Account", "account.name", "account_name")),
        "author_created_at": _of_page(("Page Created", "account.pageCreatedDate", "account_page_created_date")),
        "author_followers": _of_page(
            ("Followers at Posting", "Likes at Posting", "subscriberCount", "account_subscriber_count")
        ),
        "author_verified": _of_page(("account.verified", "account_verified")),
        "target": _group,
        "url": _tangle_url,
        "like_count": _cell(
            ("Likes", "statistics.actual.likeCount", "statistics.actual.favoriteCount", "actual_like_count")
        ),
    },
    notes=(
        "Times without a zone are taken as UTC; the tables name Eastern time themselves.",
        "Posts in groups have no author: CrowdTangle names only the group.",
    ),
)

FORMATS = (_LIBRARY, _TANGLE)
