"""The platform that an address is on."""

import re

from detector.platforms import HOSTS

_HOSTS = {host: name for name, hosts in HOSTS.items() for host in hosts}
_HOST = re.compile(r"(?i)\s*(?:https?:)?(?://)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?=[/:?#]|\s*$)")


def platform_at(address: object) -> str | None:
    """Return the platform of an address.

    Examples
    --------
    >>> platform_at("https://m.weibo.cn/detail/1"), platform_at("https://e.org/?u=https://x.com/a"), platform_at(None)
    ('weibo', None, None)
    """
    if isinstance(address, str) and address.startswith("at://"):
        return "bluesky"
    match = _HOST.match(address) if isinstance(address, str) else None
    if not match:
        return None
    parts = match[1].lower().split(".")
    return next((_HOSTS[host] for n in (2, 3) if (host := ".".join(parts[-n:])) in _HOSTS), None)
