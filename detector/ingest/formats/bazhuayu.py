"""Tables with Chinese headers, as Bazhuayu (Octoparse) and the like write them.

Whoever sets up the collector names the columns, so each field has several usual names, the more telling first.
"""

import re
from functools import lru_cache

from detector.ingest.formats.format import Format, Shape
from detector.ingest.formats.hosts import platform_at
from detector.ingest.formats.paths import Record, compile_source

_TEXTS = (
    "评论内容",
    "评论正文",
    "评论文本",
    "评论文字",
    "回复内容",
    "微博内容",
    "微博正文",
    "博文内容",
    "正文",
    "内容",
    "评论",
)
_NAMES = (
    *("评论者昵称", "评论人昵称", "评论用户昵称", "评论者用户名", "评论者", "评论人", "评论用户", "评论作者"),
    *(
        "用户昵称",
        "昵称",
        "用户名",
        "用户名称",
        "用户",
        "网名",
        "博主昵称",
        "博主",
        "微博昵称",
        "作者",
        "发布者",
        "发布人",
    ),
)
_USER_IDS = ("评论者ID", "评论人ID", "用户ID", "用户id", "用户Id", "用户编号", "UID", "uid", "博主ID")
_USER_LINKS = (
    *(
        "评论者主页",
        "评论者链接",
        "评论人主页",
        "用户主页",
        "用户链接",
        "用户主页链接",
        "用户地址",
        "个人主页",
        "主页链接",
        "昵称链接",
        "作者链接",
        "作者主页",
    ),
    *("主页地址", "博主主页", "博主链接"),
)
_TIMES = (
    "评论时间",
    "评论日期",
    "回复时间",
    "发布时间",
    "发表时间",
    "发布日期",
    "评论发布时间",
    "创建时间",
    "时间",
    "日期",
)
_CAPTURES = ("采集时间", "抓取时间", "爬取时间", "当前时间", "入库时间", "数据采集时间")
_PARENTS = ("上级评论ID", "父评论ID", "父级评论ID", "被回复评论ID", "回复评论ID", "根评论ID", "一级评论ID")
_POSTS = ("微博ID", "微博id", "笔记ID", "视频ID", "文章ID", "帖子ID", "作品ID", "动态ID", "内容ID", "问题ID")
_POST_LINKS = (
    *(
        "微博链接",
        "微博地址",
        "博文链接",
        "笔记链接",
        "视频链接",
        "文章链接",
        "帖子链接",
        "作品链接",
        "文章URL",
        "原文链接",
        "标题链接",
        "新闻链接",
    ),
    *("页面网址", "页面链接", "页面地址", "来源网址", "网址", "链接", "URL", "url"),
)
_LIKES = ("评论点赞数", "评论点赞量", "点赞数", "点赞数量", "点赞量", "点赞次数", "点赞", "赞数", "获赞数", "赞")
_FOLLOWERS = ("评论者粉丝数", "用户粉丝数", "博主粉丝数", "粉丝数", "粉丝数量", "粉丝量", "粉丝")

_WORDS = (
    *(("微博", "weibo"), ("小红书", "rednote"), ("笔记", "rednote"), ("抖音", "douyin")),
    *(("B站", "bilibili"), ("弹幕", "bilibili"), ("快手", "kuaishou"), ("知乎", "zhihu"), ("贴吧", "tieba")),
)

_ID_IN_LINK = re.compile(
    r"weibo\.c(?:om|n)/(?:u/)?(\d{5,})|space\.bilibili\.com/(\d+)|/user/(?:profile/)?([\w-]{5,})|/people/([\w-]+)"
)
# "发布于 23-10-10 20:19 来自北京"
_BEFORE_TIME = re.compile(r"(?:发布|编辑|评论)于\s*")
_AFTER_TIME = re.compile(r"(?s)(?:来自|发布于|编辑于|IP属地|已编辑|·|\|).*")
_SHORT_YEAR = re.compile(r"^(\d\d)([-/.]\d\d?[-/.]\d\d?(?!\d))")
_QUERY = re.compile(r"[?#].*$")

_written_text = compile_source(_TEXTS)
_name = compile_source(_NAMES)
_written_time = compile_source(_TIMES)
_written_likes = compile_source(_LIKES)
_written_user_id = compile_source(_USER_IDS)
_user_link = compile_source(_USER_LINKS)
_post_link = compile_source(_POST_LINKS)
_written_parent = compile_source(_PARENTS)


def _text(record: Record) -> object:
    """Return the text without the author's name and the colon that some pages write before it."""
    written = _written_text(record)
    if not isinstance(written, str) or "：" not in written:
        return written
    before, _, text = written.partition("：")
    return text if before.strip() in ("", _name(record)) else written


def _created_at(record: Record) -> object:
    """Return the time without what pages write around it, and with a year of four digits."""
    written = _written_time(record)
    if not isinstance(written, str):
        return written
    written = written.strip()
    before = _BEFORE_TIME.match(written)
    return _SHORT_YEAR.sub(r"20\1\2", _AFTER_TIME.sub("", written[before.end() if before else 0 :]).strip())


def _likes(record: Record) -> object:
    """Return the likes; where there are none, pages show the word for liking instead."""
    written = _written_likes(record)
    return None if isinstance(written, str) and not re.search(r"\d", written) else written


def _parent(record: Record) -> object:
    parent = _written_parent(record)
    return None if parent in ("0", 0) else parent


def _author_id(record: Record) -> object:
    written = _written_user_id(record)
    if written is not None:
        return written
    match = _ID_IN_LINK.search(str(_user_link(record) or ""))
    return next(filter(None, match.groups())) if match else None


def _post(record: Record) -> str | None:
    """Return the address of the page, on Weibo without what differs from visit to visit."""
    link = _post_link(record)
    if not isinstance(link, str):
        return None
    return _QUERY.sub("", link) if "weibo.c" in link else link


def _platform(record: Record) -> str | None:
    links = [link for link in (_post_link(record), _user_link(record)) if isinstance(link, str) and "://" in link]
    return next(filter(None, map(platform_at, links)), None) or _platform_of(tuple(record), is_elsewhere=bool(links))


@lru_cache(maxsize=64)
def _platform_of(columns: tuple[str, ...], *, is_elsewhere: bool) -> str | None:
    """Tell the platform by the words in the names of columns; Weibo is what most tables without addresses are about."""
    names = " ".join(map(str, columns))
    return next((name for word, name in _WORDS if word in names), None if is_elsewhere else "weibo")


FORMATS = (
    Format(
        name="bazhuayu",
        title="Tables with Chinese headers (Bazhuayu and the like)",
        shapes=tuple(Shape((text,), any_of=(*_NAMES, *_TIMES)) for text in _TEXTS),
        fields={
            "platform": ("平台", "来源平台", "所属平台", "平台名称", _platform),
            "id": ("评论ID", "评论id", "评论编号"),
            "text": _text,
            "created_at": _created_at,
            "collected_at": _CAPTURES,
            "author_id": _author_id,
            "author_name": _name,
            "author_followers": _FOLLOWERS,
            "author_following": ("用户关注数", "博主关注数", "关注数"),
            "author_posts": ("微博数", "发博数", "微博数量"),
            "target": ("被回复用户", "被回复人", "被回复者", "回复对象"),
            "parent_id": _parent,
            "conversation_id": (*_POSTS, _post),
            "like_count": _likes,
        },
        notes=(
            "The platform is told by the addresses and the names of columns; where there are none, it is Weibo.",
            "Dates without a year are read only where the table says when it was collected.",
            "Times without a zone are usually Beijing's (UTC+8).",
        ),
    ),
)
