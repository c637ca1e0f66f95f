"""Every frame that crosses a door: its columns, their types, units and meaning, and its lawful empty form."""

from dataclasses import dataclass

import polars as pl

from detector.errors import SchemaError

TIME = pl.Datetime("us", "UTC")

PLATFORMS = (
    *("x", "facebook", "instagram", "threads", "youtube", "tiktok", "reddit", "bluesky", "mastodon", "truthsocial"),
    *("telegram", "vk", "weibo", "wechat", "rednote", "douyin", "bilibili", "kuaishou", "zhihu", "tieba", "other"),
)
PRECISIONS = ("us", "s", "min", "hour", "day", "month", "year")
TIERS = ("none", "low", "medium", "high")


@dataclass(frozen=True)
class Column:
    """A column: its type and what a value means."""

    dtype: pl.DataType
    meaning: str


@dataclass(frozen=True)
class Schema:
    """A named frame."""

    name: str
    row: str
    columns: dict[str, Column]

    def dtypes(self) -> pl.Schema:
        """Return the Polars schema."""
        return pl.Schema({name: column.dtype for name, column in self.columns.items()})

    def empty(self) -> pl.DataFrame:
        """Return the frame with no rows."""
        return pl.DataFrame(schema=self.dtypes())

    def check(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return `frame` if it has exactly these columns, in this order.

        Raises
        ------
        SchemaError
            A column is missing, surplus, misplaced or of another type.
        """
        if frame.schema != self.dtypes():
            theirs, ours = dict(frame.schema), dict(self.dtypes())
            odd = sorted(name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name))
            raise SchemaError(f"{self.name}: columns differ from the schema: {', '.join(odd) or 'order'}")
        return frame


def _columns(**columns: tuple[pl.DataType | type[pl.DataType], str]) -> dict[str, Column]:
    return {name: Column(dtype if isinstance(dtype, pl.DataType) else dtype(), meaning)
            for name, (dtype, meaning) in columns.items()}  # fmt: skip


COMMENTS = Schema(
    "COMMENTS",
    "an accepted comment, ordered by time (unknown last), platform and id",
    _columns(
        row=(pl.UInt32, "position in this frame, from 0"),
        id=(pl.String, "id on its platform; made from the content where the export has none"),
        platform=(pl.String, "one of `PLATFORMS`"),
        text=(pl.String, "what a reader sees; empty for a record that only shares a link"),
        created_at=(TIME, "when it was posted"),
        created_at_precision=(pl.String, "one of `PRECISIONS`; null without a time"),
        account=(pl.String, "platform and author id, else handle, else name; null where the author is unknown"),
        author_id=(pl.String, "the platform's id of the author"),
        author_handle=(pl.String, "handle without @"),
        author_name=(pl.String, "display name"),
        author_created_at=(TIME, "when the account was created"),
        author_followers=(pl.Int64, "followers, count"),
        author_following=(pl.Int64, "accounts followed, count"),
        author_posts=(pl.Int64, "posts ever, count"),
        author_verified=(pl.Boolean, "verified by the platform"),
        target=(pl.String, "`platform:name` of whom or what the comment addresses"),
        target_group=(pl.String, "party, region or other group of the target"),
        parent_id=(pl.String, "id of the comment or post replied to"),
        conversation_id=(pl.String, "id of the thread"),
        repost_of=(pl.String, "id of a shared post, for a record without text"),
        url=(pl.String, "address of the shared object, or of the comment"),
        lang=(pl.String, "language as the export gives it"),
        like_count=(pl.Int64, "likes, count"),
        source_file=(pl.String, "name of the source"),
        source_line=(pl.UInt64, "line in the source, from 1"),
    ),
)

REJECTS = Schema(
    "REJECTS",
    "a refused line",
    _columns(
        source=(pl.String, "name of the source"),
        line=(pl.UInt64, "line, from 1"),
        offset=(pl.UInt64, "first byte of the line in the decompressed source, from 0"),
        length=(pl.UInt64, "bytes, without the line break"),
        reason=(pl.String, "one of `RejectReason`"),
        detail=(pl.String, "what the parser said"),
        excerpt=(pl.String, "the first characters, escaped, at most 80"),
    ),
)

MARKS = Schema(
    "MARKS",
    "an accepted comment as the text wing sees it, ordered by row",
    _columns(
        row=(pl.UInt32, "row in COMMENTS"),
        text_key=(pl.UInt64, "key of its canonical text"),
        n_invisible=(pl.UInt16, "invisible or direction-changing characters between or around letters"),
        n_homoglyphs=(pl.UInt16, "letters of a foreign script inside a word, that look like the script's own"),
        invisible_key=(pl.UInt64, "key of which invisible characters stand between which; null: none"),
        homoglyph_key=(pl.UInt64, "key of which look-alike letters stand between which; null: none"),
        tail_key=(pl.UInt64, "key of the pattern of letters and digits of a random-looking last word; null: none"),
        is_cut=(pl.Boolean, "longer than `max_text_chars`"),
    ),
)

TEXTS = Schema(
    "TEXTS",
    "a distinct canonical text, ordered by text_key",
    _columns(
        text_key=(pl.UInt64, "key of the canonical text"),
        canonical=(pl.String, "the text as compared: folded, masked; null for a text that stands alone"),
        n_chars=(pl.UInt32, "characters of the canonical text"),
        n_shingles=(pl.UInt32, "shingles, repeats counted"),
        script=(pl.String, "latin, han, cyrillic, arabic, other or none: the script of most letters"),
        information_bits=(
            pl.Float64,
            "how much the text says, by its length, script and repetition; null for a text that stands alone",
        ),
        n_comments=(pl.UInt32, "comments with this canonical text"),
    ),
)

MEMBERS = Schema(
    "MEMBERS",
    "membership of a comment in a cluster of near copies, ordered by cluster_id and row",
    _columns(
        row=(pl.UInt32, "row in COMMENTS"),
        cluster_id=(pl.String, "`t` and 12 hexadecimal digits, from the smallest text key"),
        text_key=(pl.UInt64, "key of the canonical text"),
        similarity=(pl.Float64, "Jaccard similarity to the cluster's medoid, 0-1"),
    ),
)

ACCOUNTS = Schema(
    "ACCOUNTS",
    "an account, ordered by account; a feature is null where the export does not carry it",
    _columns(
        account=(pl.String, "as in COMMENTS"),
        platform=(pl.String, "one of `PLATFORMS`"),
        author_id=(pl.String, "the platform's id of the author"),
        author_handle=(pl.String, "handle, the last seen"),
        author_name=(pl.String, "display name, the last seen"),
        created_at=(TIME, "when the account was created"),
        n_comments=(pl.UInt32, "comments in this dump"),
        n_targets=(pl.UInt32, "distinct targets"),
        n_clusters=(pl.UInt32, "distinct clusters of near copies with other accounts"),
        copy_share=(pl.Float64, "share of its comments that are near copies of another account's, 0-1"),
        age_at_first_comment_days=(pl.Float64, "age of the account at its first comment here, days"),
        handle_shape=(pl.String, "name_8digits, random_15, lower_digits, other; null without a handle"),
        followers=(pl.Int64, "followers, the largest seen"),
    ),
)

BURSTS = Schema(
    "BURSTS",
    "an interval in which a target or a cluster drew more comments than its own baseline allows",
    _columns(
        subject_kind=(pl.String, "target or cluster"),
        subject_id=(pl.String, "target or cluster_id"),
        start=(TIME, "first instant"),
        end=(TIME, "instant after the last"),
        observed=(pl.UInt32, "comments"),
        expected=(pl.Float64, "comments by the baseline"),
        surprise_bits=(pl.Float64, "-log2 of the chance of so many"),
    ),
)

LINKS = Schema(
    "LINKS",
    "a validated pair of accounts, account_a < account_b",
    _columns(
        account_a=(pl.String, "account"),
        account_b=(pl.String, "account"),
        n_shared_clusters=(pl.UInt32, "clusters that both belong to"),
        expected=(pl.Float64, "shared clusters by chance"),
        p=(pl.Float64, "chance of so many, 0-1"),
        q=(pl.Float64, "false discovery rate over all pairs of accounts, 0-1"),
        median_gap_s=(pl.Float64, "median time between their copies, seconds; null without times"),
    ),
)

TESTS = Schema(
    "TESTS",
    "one measured fact about one cluster or candidate campaign, before it is judged",
    _columns(
        subject_kind=(pl.String, "cluster or campaign"),
        subject_id=(pl.String, "its id"),
        signal=(pl.String, "name of the signal"),
        observed=(pl.Float64, "what was seen"),
        expected=(pl.Float64, "what chance gives"),
        p=(pl.Float64, "chance of so much, 0-1; null: not testable; with `observed`: chance could give all there is"),
        q=(pl.Float64, "false discovery rate over the subjects tested for this signal, 0-1"),
        detail=(pl.Float64, "second number of the sentence, such as a window in seconds"),
    ),
)

CANDIDATES = Schema(
    "CANDIDATES",
    "a comment in a cluster that says enough to be judged, ordered by campaign_id, cluster_id and row",
    _columns(
        row=(pl.UInt32, "row in COMMENTS"),
        cluster_id=(pl.String, "cluster; for a comment outside those, the object that it carries"),
        campaign_id=(pl.String, "candidate campaign: `c` and the digits of its oldest cluster"),
        account=(pl.String, "account; null where unknown"),
        is_first=(pl.Boolean, "the first copy in its cluster"),
        n_clusters=(pl.UInt32, "clusters of the candidate that the account stands in"),
    ),
)

OBJECTS = Schema(
    "OBJECTS",
    "an address that accounts spread together, ordered by cluster_id",
    _columns(
        cluster_id=(pl.String, "`u` and 12 hexadecimal digits, from the canonical address"),
        address=(pl.String, "the address as it is most often written"),
    ),
)

TIES = Schema(
    "TIES",
    "a comment outside a candidate campaign that carries an address of its own, ordered by row and campaign_id",
    _columns(
        row=(pl.UInt32, "row in COMMENTS"),
        campaign_id=(pl.String, "candidate campaign whose clusters carry the address, and hardly anybody else"),
        account=(pl.String, "account; null where unknown"),
    ),
)

GROWTH = Schema(
    "GROWTH",
    "an account outside a candidate that is tied to its core, by campaign_id and account",
    _columns(
        campaign_id=(pl.String, "candidate campaign"),
        account=(pl.String, "account, none of the candidate's"),
        ties=(pl.List(pl.String), "created, waves, content, wording: what ties it to the core"),
        chance=(pl.Float64, "chance of these ties together, 0-1"),
        q=(
            pl.Float64,
            "false discovery rate, 0-1: accounts that chance ties as closely, over those seen",
        ),
        n_found=(pl.UInt32, "accounts found for the candidate"),
        expected=(pl.Float64, "accounts that chance ties to it as closely as those"),
        rows=(pl.List(pl.UInt32), "rows in COMMENTS that make the ties"),
    ),
)

SIGNS = Schema(
    "SIGNS",
    "an account that carries a sign in its own right, ordered by campaign_id, account and sign",
    _columns(
        campaign_id=(pl.String, "candidate campaign"),
        account=(pl.String, "account"),
        sign=(pl.String, "company, linked_accounts, creation_batch, dormancy, duplicate_profiles or disguise"),
    ),
)

EVIDENCE = Schema(
    "EVIDENCE",
    "one measured fact about one subject, strongest first within a subject",
    _columns(
        subject_kind=(pl.String, "comment, account, cluster or campaign"),
        subject_id=(pl.String, "its id"),
        signal=(pl.String, "name of the signal"),
        kind=(pl.String, "copying, coordination, inauthenticity or against"),
        observed=(pl.Float64, "what was seen"),
        expected=(pl.Float64, "what chance gives"),
        p=(pl.Float64, "chance of so much, 0-1; null: not testable or not a test"),
        q=(pl.Float64, "false discovery rate, 0-1"),
        weight=(pl.Float64, "bits for (positive) or against (negative); 0: could not be tested"),
        sentence=(pl.String, "the fact in words"),
    ),
)

SCORED_COMMENTS = Schema(
    "comments.parquet",
    "an accepted comment, judged",
    _columns(
        id=(pl.String, "comment id"),
        platform=(pl.String, "platform"),
        author_id=(pl.String, "author id; null where unknown"),
        account=(pl.String, "account, as in accounts.parquet"),
        created_at=(TIME, "when it was posted"),
        target=(pl.String, "whom or what it addresses"),
        lang=(pl.String, "language as the export gives it"),
        cluster_id=(
            pl.String,
            "cluster of near copies, or else the campaign's address that it carries; null outside any",
        ),
        campaign_id=(pl.String, "campaign; null outside any"),
        role=(pl.String, "member, grown (tied to the campaign otherwise), source (copied first) or null"),
        similarity=(pl.Float64, "similarity to the cluster's medoid, 0-1"),
        score=(pl.Float64, "evidence of inauthentic coordination, 0-1, higher = more"),
        tier=(pl.String, "none, low, medium or high"),
        flagged=(pl.Boolean, "tier is medium or high"),
        excerpt=(pl.String, "the first 160 characters, for comments in a cluster"),
    ),
)

SCORED_ACCOUNTS = Schema(
    "accounts.parquet",
    "an account, judged",
    {
        "account": ACCOUNTS.columns["account"],
        "author_id": ACCOUNTS.columns["author_id"],
        "author_handle": ACCOUNTS.columns["author_handle"],
        "author_name": ACCOUNTS.columns["author_name"],
        "platform": ACCOUNTS.columns["platform"],
        "n_comments": ACCOUNTS.columns["n_comments"],
        **_columns(
            n_campaign_comments=(pl.UInt32, "comments in its campaign"),
            campaign_id=(pl.String, "campaign; null outside any"),
            role=(pl.String, "member, grown (by other ties than copies), source or null"),
            score=(pl.Float64, "evidence of inauthentic coordination, 0-1, higher = more"),
            tier=(pl.String, "none, low, medium or high"),
            flagged=(pl.Boolean, "tier is medium or high"),
        ),
        **{
            name: column
            for name, column in ACCOUNTS.columns.items()
            if name not in {"account", "author_id", "author_handle", "author_name", "platform", "n_comments"}
        },
    },
)

CLUSTERS = Schema(
    "clusters.parquet",
    "a cluster of near copies by two or more accounts, or of three or more comments; or an address of a campaign",
    _columns(
        cluster_id=(pl.String, "`t` and 12 hexadecimal digits; `u` and 12 for an address"),
        campaign_id=(pl.String, "campaign; null outside any"),
        n_comments=(pl.UInt32, "comments"),
        n_accounts=(pl.UInt32, "distinct known accounts"),
        n_targets=(pl.UInt32, "distinct targets"),
        n_texts=(pl.UInt32, "distinct canonical texts"),
        language=(pl.String, "most frequent language or script"),
        start=(TIME, "first comment"),
        end=(TIME, "last comment"),
        information_bits=(pl.Float64, "how much the text says, by its length, script and repetition"),
        score=(pl.Float64, "evidence of inauthentic coordination, 0-1, higher = more"),
        tier=(pl.String, "none, low, medium or high"),
        coordination_tier=(pl.String, "none, low, medium or high"),
        inauthenticity_tier=(pl.String, "none, low, medium, high or not judged"),
        excerpt=(pl.String, "the medoid text, or the address, as written, at most 160 characters"),
    ),
)

CAMPAIGNS = Schema(
    "campaigns.parquet",
    "a campaign, highest tier and score first",
    _columns(
        campaign_id=(pl.String, "`c` and 12 hexadecimal digits, from its oldest cluster"),
        tier=(pl.String, "low, medium or high"),
        coordination_tier=(pl.String, "none, low, medium or high"),
        inauthenticity_tier=(pl.String, "none, low, medium, high or not judged"),
        label=(pl.String, "the finding in plain words"),
        n_accounts=(pl.UInt32, "distinct known accounts"),
        n_comments=(pl.UInt32, "comments"),
        n_targets=(pl.UInt32, "distinct targets"),
        n_clusters=(pl.UInt32, "text families, and addresses spread in other words"),
        languages=(pl.List(pl.String), "languages or scripts, most frequent first"),
        start=(TIME, "first comment"),
        end=(TIME, "last comment"),
        score=(pl.Float64, "evidence of inauthentic coordination, 0-1, higher = more"),
        excerpt=(pl.String, "a typical text as written, at most 160 characters"),
    ),
)

PUBLISHED = (SCORED_COMMENTS, SCORED_ACCOUNTS, CLUSTERS, CAMPAIGNS, EVIDENCE, LINKS, BURSTS, REJECTS)
"""The frames that a scan writes."""
