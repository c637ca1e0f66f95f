"""Where platforms are on the web."""

HOSTS: dict[str, tuple[str, ...]] = {
    "x": ("x.com", "twitter.com", "twimg.com"),
    "facebook": ("facebook.com", "fb.com", "fb.watch"),
    "instagram": ("instagram.com", "cdninstagram.com"),
    "threads": ("threads.net", "threads.com"),
    "youtube": ("youtube.com", "youtu.be"),
    "tiktok": ("tiktok.com", "tiktokcdn.com"),
    "reddit": ("reddit.com", "redd.it"),
    "bluesky": ("bsky.app", "bsky.social"),
    "truthsocial": ("truthsocial.com",),
    "telegram": ("t.me", "telegram.org"),
    "vk": ("vk.com", "vkontakte.ru"),
    "weibo": ("weibo.com", "weibo.cn"),
    "wechat": ("weixin.qq.com",),
    "rednote": ("xiaohongshu.com", "xhslink.com", "rednote.com"),
    "douyin": ("douyin.com", "iesdouyin.com"),
    "bilibili": ("bilibili.com", "b23.tv"),
    "kuaishou": ("kuaishou.com", "chenzhongtech.com"),
    "zhihu": ("zhihu.com",),
    "tieba": ("tieba.baidu.com",),
}
"""Of each platform in `schema.PLATFORMS` that is in one place, its hosts; those below them belong to it too."""
