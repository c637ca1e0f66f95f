"""A small result made by hand: two campaigns, their accounts, comments and evidence; hostile on request."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from detector.schema import (
    BURSTS,
    CAMPAIGNS,
    CLUSTERS,
    EVIDENCE,
    LINKS,
    REJECTS,
    SCORED_ACCOUNTS,
    SCORED_COMMENTS,
    Schema,
)

START = datetime(2023, 8, 30, 9, tzinfo=UTC)
KEYS = {
    "comments": SCORED_COMMENTS,
    "accounts": SCORED_ACCOUNTS,
    "clusters": CLUSTERS,
    "campaigns": CAMPAIGNS,
    "evidence": EVIDENCE,
    "links": LINKS,
    "bursts": BURSTS,
    "rejects": REJECTS,
}

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style></svg></table></details><h1>gone",
    "\x1b[31mred\x1b]0;title\x07\x9b2J",
    "abc\u202egnp.exe\u2066\u2069\u200b",
    "two\nlines\r\n\u2028and\u2029more\x85",
    "nul\x00\ufffd",
    "javascript:alert(1) https://evil.example/?a=b&c=d",
    "{{ 7*7 }}{% raw %}&lt;b&gt;&#x3c;",
    "]]>--><!--",
    "e" + "\u0301" * 5000,
    "汉" * 20000,
    "=cmd|' /C calc'!A0",
)
TEXTS = (
    "The member for Riverside has sold the harbour to strangers, ask him who paid for the house!",
    "Le député a vendu le port à des inconnus, demandez-lui qui a payé la maison !",
    "议员把港口卖给了陌生人，问问他是谁付的房子的钱！",
)
SENTENCES = (
    ("copying", "copying", 18.0, "40 accounts posted near copies of 3 texts, under 12 targets."),
    ("synchrony", "coordination", 11.5, "9 of 10 copies came within 60 seconds of another; chance gives 0.4."),
    ("creation_batch", "inauthenticity", 9.25, "31 of 40 accounts were created within 48 hours; chance gives 2."),
    ("public_wording", "against", -3.0, "8 older accounts posted the same words."),
)


def frame(schema: Schema, rows: list[dict]) -> pl.DataFrame:
    """Fill what a row leaves out with null."""
    return pl.DataFrame([dict.fromkeys(schema.columns) | row for row in rows], schema=schema.dtypes(), orient="row")


def make_frames(n_accounts: int = 40, n_ordinary: int = 60, word=lambda text: text) -> dict[str, pl.DataFrame]:
    """Build the frames; `word` is applied to every text that a stranger could have written."""
    campaigns, clusters, evidence, comments, accounts, bursts, links = [], [], [], [], [], [], []
    for c, (campaign, tier) in enumerate((("c00000000000a", "high"), ("c00000000000b", "low"))):
        begin = START + timedelta(days=2 * c)
        campaigns.append(
            {"campaign_id": campaign, "tier": tier, "coordination_tier": tier, "label": "coordinated copying",
             "inauthenticity_tier": tier if c == 0 else "not judged", "n_accounts": n_accounts, "n_targets": 12,
             "n_comments": 3 * n_accounts, "n_clusters": 3, "languages": [word("en"), "fr", "zh"], "start": begin,
             "end": begin + timedelta(days=1), "score": 0.93 - 0.6 * c, "excerpt": word(TEXTS[0])}
        )  # fmt: skip
        for k, text in enumerate(TEXTS):
            clusters.append(
                {"cluster_id": f"t{c}{k:011x}", "campaign_id": campaign, "n_comments": n_accounts, "n_texts": 2,
                 "n_accounts": n_accounts, "n_targets": 12, "language": word("en"), "start": begin,
                 "end": begin + timedelta(days=1), "information_bits": 120.0, "score": 0.9, "tier": tier,
                 "coordination_tier": tier, "inauthenticity_tier": tier, "excerpt": word(text)}
            )  # fmt: skip
            evidence.append({"subject_kind": "cluster", "subject_id": f"t{c}{k:011x}", "signal": "synchrony",
                             "kind": "coordination", "weight": 6.0,
                             "sentence": word("Copies came in one minute.")})  # fmt: skip
        for signal, kind, weight, sentence in SENTENCES[: 4 - 2 * c]:
            evidence.append({"subject_kind": "campaign", "subject_id": campaign, "signal": signal, "kind": kind,
                             "observed": 9.0, "expected": 0.4, "p": 0.001, "q": 0.002, "weight": weight,
                             "sentence": word(sentence)})  # fmt: skip
        for a in range(n_accounts):
            name = f"x:{c}{a:05d}"
            accounts.append(
                {"account": name, "author_id": f"{c}{a:05d}", "author_handle": word(f"citizen{a:08d}"),
                 "author_name": word("Citizen"), "platform": "x", "n_comments": 3, "n_campaign_comments": 3,
                 "campaign_id": campaign, "role": "member", "score": 0.9 - 0.6 * c, "tier": tier, "flagged": c == 0,
                 "created_at": begin - timedelta(days=12, minutes=7 * a), "n_targets": 3, "n_clusters": 3,
                 "copy_share": 1.0}
            )  # fmt: skip
            for k, text in enumerate(TEXTS):
                at = begin + timedelta(hours=7 * k, seconds=3 * a)
                comments.append(
                    {"id": f"{c}{a:05d}{k}", "platform": "x", "author_id": f"{c}{a:05d}", "account": name,
                     "created_at": at, "target": word(f"x:mp{a % 12}"), "lang": word("en"), "role": "member",
                     "cluster_id": f"t{c}{k:011x}", "campaign_id": campaign, "similarity": 0.9 + 0.001 * (a % 90),
                     "score": 0.9, "tier": tier, "flagged": c == 0, "excerpt": word(text)}
                )  # fmt: skip
        bursts.append({"subject_kind": "cluster", "subject_id": f"t{c}{0:011x}", "start": begin,
                       "end": begin + timedelta(hours=1), "observed": n_accounts, "expected": 0.2,
                       "surprise_bits": 80.0})  # fmt: skip
        links.append({"account_a": f"x:{c}00000", "account_b": f"x:{c}00001", "n_shared_clusters": 3,
                      "expected": 0.01, "p": 1e-6, "q": 1e-4, "median_gap_s": 3.0})  # fmt: skip
    for a in range(n_ordinary):
        name = f"x:9{a:05d}"
        accounts.append({"account": name, "author_id": f"9{a:05d}", "author_handle": word(f"person{a}"),
                         "platform": "x", "n_comments": 1, "n_campaign_comments": 0, "score": 0.0,
                         "tier": "none", "flagged": False,
                         "created_at": START - timedelta(days=37 * a % 5000 + 40)})  # fmt: skip
        comments.append({"id": f"9{a:05d}0", "platform": "x", "account": name, "target": word(f"x:mp{a % 12}"),
                         "created_at": START + timedelta(hours=(a * 17) % 100, minutes=(a * 31) % 60),
                         "score": 0.0, "tier": "none", "flagged": False})  # fmt: skip
    rejects = [{"source": word("dump.jsonl"), "line": 7, "offset": 900, "length": 12, "reason": "invalid_json",
                "detail": word("unexpected end"), "excerpt": word("{oops")}]  # fmt: skip
    rows = {"comments": comments, "accounts": accounts, "clusters": clusters, "campaigns": campaigns,
            "evidence": evidence, "links": links, "bursts": bursts, "rejects": rejects}  # fmt: skip
    return {name: frame(schema, rows[name]) for name, schema in KEYS.items()}


def make_run(word=lambda text: text, **changes) -> dict:
    """Build run.json."""
    run = {
        "version": "0.1.0",
        "sources": [word("dump.jsonl")],
        "settings": {"text": {"shingle_chars": 5}, "judge": {"allow_texts": [word("a petition")]}},
        "settings_digest": "0123456789abcdef",
        "counts": {
            "records_read": 310, "accepted": 300, "skipped": 8, "rejected": 1, "blank": 1, "repaired": 2,
            "skipped_by_reason": {"repeated": 5, "repost": 3}, "rejected_by_reason": {"invalid_json": 1},
            "unreadable_by_field": {"created_at": 4}, "accounts": 140, "clusters": 6,
            "campaigns": {"low": 1, "medium": 0, "high": 1}, "flagged_accounts": 40, "flagged_comments": 120,
        },
        "span": {"start": "2023-08-30T09:00:00Z", "end": "2023-09-03T12:00:00Z"},
        "too_many_rejects": False,
        "signals": {
            "available": [{"signal": "synchrony", "title": "Copies close together in time"}],
            "abstained": [
                {"signal": "dormancy", "why": word("the dump holds no earlier activity"), "needs": "author_posts"}
            ],
        },
        "negative_control": {
            "comments": 300, "of_comments": 300, "kinds": [
                {"name": name, "title": title, "campaigns_flagged": 0, "campaigns_low": 0, "comments_flagged": 0,
                 "comments_low": 0}
                for name, title in (("times", "times shuffled"), ("authors", "authors dealt anew"))
            ],
        },
    }  # fmt: skip
    return run | changes


def make_empty() -> tuple[dict[str, pl.DataFrame], dict]:
    """Build the result of a scan that found nothing."""
    run = make_run()
    run["counts"] |= {"campaigns": {"low": 0, "medium": 0, "high": 0}, "clusters": 0, "flagged_accounts": 0,
                      "flagged_comments": 0}  # fmt: skip
    run["span"] = {"start": None, "end": None}
    run["negative_control"] = None
    return {name: schema.empty() for name, schema in KEYS.items()}, run


@pytest.fixture
def frames():
    return make_frames()


@pytest.fixture
def run():
    return make_run()


@pytest.fixture
def empty():
    return make_empty()


@pytest.fixture
def build():
    """Build a result of another size or with other words: (frames, run)."""
    return lambda n_accounts=40, n_ordinary=60, word=lambda text: text: (
        make_frames(n_accounts, n_ordinary, word),
        make_run(word),
    )


@pytest.fixture
def hostile():
    """Build a result in which one of the hostile strings stands in every text field."""
    return lambda text: (make_frames(6, 6, lambda _: text), make_run(lambda _: text))


@pytest.fixture(params=HOSTILE, ids=lambda text: ascii(text[:12]))
def hostile_text(request):
    return request.param
