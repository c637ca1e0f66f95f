"""Addresses that texts carry: what a campaign shares, and hardly anybody else, ties its texts together."""

import polars as pl

from detector.evidence.traffic import Codes

_CARRYING_SHARE = 1 / 3
_LINK_SHARE = 0.1
# What is added to an address to follow its readers; everything else in a query may name the thing shared.
_TRACKING = r"(?i)([?&])(?:utm_\w+|fbclid|gclid|igshid|igsh|mc_\w+|si|feature|ref|ref_\w+|share_\w+|s|t)=[^&#]*"
_URL = r"(?i)(?:https?://)?(?:www\.|m\.)?([^\s<>\"'\p{Han}，。！？()]+)"


def find_links(comments: pl.DataFrame) -> pl.DataFrame:
    """List the addresses that comments hold, without scheme, `www.`, tracking and fragment: `row`, `link`."""
    return (
        comments.lazy()
        .select("row", link=pl.col("text").str.extract_all(r"(?i)https?://[^\s<>\"'\p{Han}，。！？()]+"), url="url")
        .filter((pl.col("link").list.len() > 0) | pl.col("url").is_not_null())
        .with_columns(link=pl.concat_list(pl.col("link"), pl.col("url")))
        .select("row", "link")
        .explode("link", empty_as_null=False)
        .drop_nulls()
        .with_columns(
            pl.col("link")
            .str.replace(_URL, "$1")
            .str.replace(r"#.*$", "")
            .str.replace_all(_TRACKING, "$1")
            .str.strip_chars_end("/.,;:!?&")
        )
        .unique()
        .sort("row", "link")
        .collect()
    )


def find_objects(comments: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """List the addresses and hashtags that comments hold: `row`, `object`."""
    tags = (
        comments.lazy()
        .select("row", object=pl.col("text").str.extract_all(r"[#＃][\p{L}\p{N}_]{2,}"))
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
