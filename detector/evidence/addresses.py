"""Addresses that texts carry: what a campaign shares, and hardly anybody else, ties its texts together."""

import polars as pl

from detector.evidence.traffic import Codes
from detector.platforms import HOSTS

_CARRYING_SHARE = 1 / 3
_LINK_SHARE = 0.1
_END = r"[^\s<>\"'\p{Han}，。！？()]+"
_WRITTEN = rf"(?i)(?:https?://|\bwww\.|\byoutu\.be/){_END}"
# What is added to an address to follow its readers; everything else in a query may name the thing shared.
_TRACKING = r"(?i)^(?:utm_\w+|fbclid|gclid|igshid|igsh|mc_\w+|si|feature|ref|ref_\w+|share_\w+)(?:=|$)"
_PER_COMMENT = 200
"""Addresses, and hashtags, looked at in one comment: megabytes full of them must not cost more than all others."""
_YOUTUBE = ("youtube.com", "music.youtube.com", "youtube-nocookie.com", "youtu.be")


# An address on the platform of a comment, given beside its text, is mostly the comment's own.
_HOMES = {name: rf"(?:^|\.)(?:{'|'.join(map(pl.escape_regex, hosts))})$" for name, hosts in HOSTS.items()}


def find_links(comments: pl.DataFrame) -> pl.DataFrame:
    """List the addresses that comments hold: `row`, `link` (canonical), `written`.

    Beside a text, the field `url` mostly is the address of the comment: everybody who comments under one video would
    share it. It counts if it leads away from a platform that is known.
    """
    held = (
        comments.lazy()
        .select("row", written=pl.col("text").str.extract_all(_WRITTEN).list.head(_PER_COMMENT), url=_shared())
        .filter((pl.col("written").list.len() > 0) | pl.col("url").is_not_null())
        .with_columns(written=pl.concat_list(pl.col("written"), pl.col("url")))
        .select("row", "written")
        .explode("written", empty_as_null=False)
        .drop_nulls()
        .with_columns(pl.col("written").str.strip_chars_end(".,;:!?&/"))
        .collect()
    )
    known = held.select(pl.col("written").unique()).with_columns(link=canonical_address(pl.col("written")))
    return (
        held.join(known.filter(pl.col("link") != ""), on="written")
        .group_by("row", "link")
        .agg(pl.col("written").min())
        .sort("row", "link")
    )


def _shared() -> pl.Expr:
    """Return the address in `url` where it is that of something shared."""
    host = pl.col("url").str.extract(r"(?i)^(?:https?://)?(?:[^/?@]*@)?([^/?:#]*)").str.to_lowercase()
    home = pl.col("platform").replace_strict(_HOMES, default=None)
    leads_away = home.is_not_null() & ~host.str.contains(home)
    return pl.when((pl.col("text") == "") | leads_away).then(pl.col("url"))


def canonical_address(address: pl.Expr) -> pl.Expr:
    """Name the thing that an address leads to, whichever way it is written.

    Scheme, `www.`, `m.`, port, fragment and tracking go; the rest of the query is sorted. Where the address holds the
    number of a post or video (eleven digits or more, long enough to be nobody else's), or a video's code on YouTube or
    Bilibili, that alone is the name: sites show one video under several shapes and mirrors of an address.
    """
    bare = address.str.replace(r"(?i)^https?://", "").str.replace(r"#.*$", "")
    host = bare.str.extract(r"^(?:[^/?@]*@)?([^/?:]*)").str.to_lowercase().str.replace(r"^(?:www|m|mobile)\.", "")
    path = bare.str.extract(r"^[^/?]*([^?]*)").str.strip_chars_end("/")
    kept = bare.str.extract(r"\?(.*)$").str.split("&").list.eval(
        pl.element().filter(~pl.element().str.contains(_TRACKING) & (pl.element() != "")).sort()
    )  # fmt: skip
    query = kept.list.join("&").fill_null("")
    video = query.str.extract(r"(?:^|&)v=([\w-]{11})(?:&|$)")
    short = path.str.extract(r"^/(?:(?:shorts|embed|live|v)/)?([\w-]{11})$")
    number = pl.coalesce(
        query.str.extract(r"(?:^|&)v(?:ideo_?)?(?:id)?=(\d{11,})(?:&|$)"),
        path.str.extract(r"^.*/(\d{11,})(?:\.html?)?(?:/.*)?$"),
    )
    bilibili = path.str.extract(r"/(BV[0-9A-Za-z]{10})(?:/|$)")
    written = pl.concat_str(host, path, pl.when(query != "").then(pl.format("?{}", query)).otherwise(pl.lit("")))
    return pl.coalesce(
        pl.when(host.is_in(_YOUTUBE)).then(pl.format("youtube {}", pl.coalesce(video, short))),
        pl.when(host.is_in(("bilibili.com", "b23.tv"))).then(pl.format("bilibili {}", bilibili)),
        pl.format("number {}", number),
        written,
        pl.lit(""),
    )


def find_objects(comments: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """List the addresses and hashtags that comments hold: `row`, `object`."""
    tags = (
        comments.lazy()
        .select("row", object=pl.col("text").str.extract_all(r"[#＃][\p{L}\p{N}_]{2,}").list.head(_PER_COMMENT))
        .explode("object", empty_as_null=False)
        .drop_nulls()
        .with_columns(pl.col("object").str.to_lowercase().str.replace("＃", "#"))
        .unique()
        .collect()
    )
    return pl.concat([links.select("row", object="link"), tags]).sort("row", "object")


def carry_links(links: pl.DataFrame, rows: Codes, clusters: Codes) -> pl.DataFrame:
    """Find the addresses that clusters carry and that hardly anybody else does.

    Parameters
    ----------
    links
        From `find_links`.
    rows, clusters
        (m,) comments of clusters.

    Returns
    -------
    DataFrame
        `cluster`, `link`: a third of the cluster's comments, and at least two, hold such addresses; this one stands
        in a tenth of its comments or more.

    Notes
    -----
    An address counts if three or more comments hold it and four fifths of these lie in the clusters given: what
    everybody shares joins nothing. A campaign often deals several addresses out over its texts, so that no single
    one is frequent in a small cluster.
    """
    member = pl.DataFrame({"row": rows, "cluster": clusters}, schema={"row": pl.UInt32, "cluster": pl.Int64})
    spread = links.group_by("link").agg(everywhere=pl.len())
    inside = (
        links.join(member, on="row")
        .join(spread, on="link")
        .filter((pl.col("everywhere") >= 3) & (pl.len().over("link") >= 0.8 * pl.col("everywhere")))
        .join(member.group_by("cluster").agg(size=pl.len()), on="cluster")
        .with_columns(carrying=pl.col("row").n_unique().over("cluster"))
        .filter((pl.col("carrying") >= 2) & (pl.col("carrying") >= _CARRYING_SHARE * pl.col("size")))
    )
    return (
        inside.group_by("cluster", "link")
        .agg(n=pl.len(), size=pl.col("size").first())
        .filter(pl.col("n") >= _LINK_SHARE * pl.col("size"))
        .select("cluster", "link")
        .sort("cluster", "link")
    )
