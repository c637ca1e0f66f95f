"""A twin of the canonical address: one address at a time, by urllib.parse."""

import re
from urllib.parse import urlsplit

TRACKING = re.compile(
    r"(utm_\w+|fbclid|gclid|igshid|igsh|mc_\w+|si|feature|ref|ref_\w+|share_\w+)", re.IGNORECASE | re.ASCII
)


def canonical(address):
    """Name the thing that an address leads to."""
    parts = urlsplit(address if re.match("https?://", address, re.IGNORECASE) else f"http://{address}")
    host = parts.netloc.rpartition("@")[2].partition(":")[0].lower()
    host = re.sub(r"^(www|m|mobile)\.", "", host)
    path = parts.path.rstrip("/")
    kept = sorted(pair for pair in parts.query.split("&") if pair and not TRACKING.fullmatch(pair.partition("=")[0]))
    given = [pair.partition("=")[::2] for pair in kept]
    steps = path.split("/")[1:]
    if host in ("youtube.com", "music.youtube.com", "youtube-nocookie.com", "youtu.be"):
        codes = [value for name, value in given if name == "v"]
        if len(steps) == 1 or (len(steps) == 2 and steps[0] in ("shorts", "embed", "live", "v")):
            codes.append(steps[-1])
        for code in codes:
            if re.fullmatch(r"[A-Za-z0-9_-]{11}", code):
                return f"youtube {code}"
    if host in ("bilibili.com", "b23.tv"):
        for step in steps:
            if re.fullmatch(r"BV[0-9A-Za-z]{10}", step):
                return f"bilibili {step}"
    numbers = [value for name, value in given if name in ("v", "vid", "video", "videoid", "video_id", "video_")]
    numbers += [re.sub(r"\.html?$", "", step) for step in reversed(steps)]
    for number in numbers:
        if re.fullmatch(r"[0-9]{11,}", number):
            return f"number {number}"
    return host + path + ("?" + "&".join(kept) if kept else "")
