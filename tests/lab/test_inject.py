import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.errors import InputError
from detector.ingest.read import read_comments
from detector.lab.inject import inject
from detector.lab.simulate import simulate
from detector.pipeline import scan
from detector.schema import COMMENTS

SEEDS = Path(__file__).parents[2] / "seeds"
START = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


def record(i, hours, author, **fields):
    at = (START + dt.timedelta(hours=hours)).isoformat()
    return {"id": str(i), "platform": "x", "text": f"Word {i}", "created_at": at, "author_id": author, **fields}


def comments(records):
    return read_comments(list(records)).comments


def dump(n=100, step_h=2.4, **fields):
    """Ten days of different people, under two posts of unequal traffic."""
    return comments(
        record(i, i * step_h, f"p{i}", target="x:MP-009" if i % 3 else "x:MP-004", **fields) for i in range(n)
    )


def flood(n=40, step_h=1.0, **fields):
    """Forty comments of ten accounts, two years later."""
    return comments(
        record(i, 17_520 + i * step_h, f"c{i % 10}", target="x:MP-001" if i % 4 else "x:MP-002", **fields)
        for i in range(n)
    )


def placed(injected):
    return read_comments(injected.comments.filter(pl.col("id").str.starts_with("injected-"))).comments


def test_the_dump_itself_comes_out_as_it_was():
    organic = dump(lang="en", author_followers=7, like_count=1)
    again = read_comments(inject(organic, flood()).comments).comments
    again = again.filter(~pl.col("id").str.starts_with("injected-"))
    names = [name for name in COMMENTS.columns if name not in ("row", "source_file", "source_line")]
    assert again.select(names).equals(organic.select(names))


def test_the_campaign_moves_as_one_block_of_whole_days_and_its_accounts_with_it():
    campaign = flood(author_created_at="2026-01-01T10:00:00Z")
    injected = inject(dump(author_created_at="2020-02-02T03:04:05Z"), campaign)
    found = placed(injected)
    by = dt.timedelta(days=injected.shift_days)
    assert injected.shift_days == round(injected.shift_days) < -700
    assert found["created_at"].sort().to_list() == [at + by for at in campaign["created_at"].sort()]
    assert set(found["author_created_at"]) == {dt.datetime(2026, 1, 1, 10, tzinfo=dt.UTC) + by}
    assert found["created_at"].min() >= START
    assert found["created_at"].max() <= START + dt.timedelta(hours=240)
    assert injected.n_outside == 0


def test_comments_from_years_ago_do_not_draw_the_campaign_into_empty_times():
    old = [record(f"old{i}", -20_000 + i, f"o{i}") for i in range(3)]
    organic = pl.concat([dump(), comments(old)]).with_columns(row=pl.int_range(103, dtype=pl.UInt32))
    for seed in range(10):
        assert placed(inject(organic, flood(), seed=seed))["created_at"].min() >= START


@given(st.lists(st.integers(0, 2_000), min_size=2, max_size=40))
def test_a_longer_campaign_is_cropped_to_its_busiest_stretch_and_keeps_its_gaps(hours):
    organic = dump(20, 1.0)
    campaign = comments(record(i, 9_000 + hour, f"c{i}") for i, hour in enumerate(hours))
    injected = inject(organic, campaign)
    found = placed(injected)
    assert found.height == injected.n_accounts == len(hours) - injected.n_outside > 0
    gaps = {row["id"]: row["created_at"] for row in campaign.iter_rows(named=True)}
    shifts = {row["created_at"] - gaps[row["id"].removeprefix("injected-")] for row in found.iter_rows(named=True)}
    assert shifts == {dt.timedelta(days=injected.shift_days)}
    # A dump of 18 hours (the span leaves out a twentieth): no stretch of that length holds more.
    assert found.height == max(sum(start <= hour <= start + 18 for hour in hours) for start in hours)


def test_what_a_dump_does_not_carry_betrays_nobody():
    full = {
        "author_handle": "someone", "author_name": "Someone", "author_created_at": "2020-01-01T00:00:00Z",
        "author_followers": 3, "author_following": 4, "author_posts": 5, "author_verified": False, "lang": "en",
        "target_group": "g", "parent_id": "9", "conversation_id": "9", "url": "https://example.org/a", "like_count": 2,
    }  # fmt: skip
    bare, rich = placed(inject(dump(), flood(**full))), placed(inject(dump(**full), flood(**full)))
    for name in full:
        assert bare[name].null_count() == bare.height, name
        assert rich[name].null_count() == 0 or name in ("parent_id", "conversation_id"), name
    # A thread can only be joined once it is there.
    assert rich["conversation_id"].null_count() < rich.height
    assert set(bare["platform"]) == {"x"}


def test_platforms_and_fields_are_those_of_the_dump():
    on_facebook = [{**record(i, i, f"f{i}"), "platform": "facebook"} for i in range(20)]
    on_x = [record(100 + i, i, f"x{i}", author_followers=1) for i in range(40)]
    theirs = [
        {**record(i, i, f"c{i}", author_followers=5), "platform": ("wechat", "facebook")[i % 2]} for i in range(8)
    ]
    found = placed(inject(comments(on_facebook + on_x), comments(theirs)))
    assert sorted(found["platform"]) == ["facebook"] * 4 + ["x"] * 4
    assert set(found.filter(pl.col("platform") == "x")["author_followers"]) == {5}
    assert set(found.filter(pl.col("platform") == "facebook")["author_followers"]) == {None}


def test_targets_follow_the_rank_of_traffic_and_only_invented_names_are_rewritten():
    named = flood().with_columns(text=pl.col("target").str.replace("x:MP-", "@MP_") + pl.lit(" resign, MP-001"))
    found = placed(inject(dump(), named))
    # MP-009 has most comments in the dump, MP-001 in the campaign.
    assert set(found.select("target", "text").unique().rows()) == {
        ("x:MP-009", "@MP_009 resign, MP-009"),
        ("x:MP-004", "@MP_004 resign, MP-009"),
    }
    people = comments(record(i, i, f"p{i}", target=f"x:person{i % 2}") for i in range(50))
    found = placed(inject(people, named))
    assert set(found["target"]) == {"x:person0", "x:person1"}
    assert set(found["text"]) == set(named["text"])


def test_targets_are_as_rare_as_in_the_dump():
    organic = comments(record(i, i, f"p{i}", **({"target": "x:MP-009"} if i % 4 == 0 else {})) for i in range(200))
    found = placed(inject(organic, flood(400, 0.2)))
    assert 60 < found["target"].is_not_null().sum() < 140
    assert placed(inject(comments(record(i, i, f"p{i}") for i in range(50)), flood()))["target"].null_count() == 40


@pytest.mark.parametrize(
    ("shape", "precision"), [("%Y-%m-%d", "day"), ("%Y-%m-%dT%H:%MZ", "min"), ("%Y-%m-%dT%H:%M:%SZ", "s")]
)
def test_times_are_as_precise_as_in_the_dump(shape, precision):
    coarse = [{**row, "created_at": (START + dt.timedelta(hours=i)).strftime(shape)} for i, row in
              enumerate(record(i, 0, f"p{i}") for i in range(100))]  # fmt: skip
    found = placed(inject(comments(coarse), flood(8, 0.371)))
    assert set(found["created_at_precision"]) == {precision}


def test_coarse_times_are_spread_over_their_unit():
    by_minute = comments({**record(i, 0, f"c{i}"), "created_at": "2024-05-03T10:07Z"} for i in range(200))
    found = placed(inject(dump(1_000, 0.2405), by_minute))
    seconds = found["created_at"].dt.second()
    assert seconds.n_unique() > 40
    assert found["created_at"].dt.truncate("1m").n_unique() == 1


def test_accounts_are_drawn_whole_and_a_larger_draw_holds_the_smaller():
    organic, campaign = dump(), flood()
    drawn = {n: set(placed(inject(organic, campaign, n_accounts=n, seed=4))["author_id"]) for n in (3, 6, 99)}
    assert [len(drawn[n]) for n in (3, 6, 99)] == [3, 6, 10]
    assert drawn[3] < drawn[6] < drawn[99]
    assert placed(inject(organic, campaign, n_accounts=3)).height == 12
    assert drawn[3] != set(placed(inject(organic, campaign, n_accounts=3, seed=5))["author_id"])


def test_truth_names_every_comment_once_and_keeps_what_is_not_to_be_scored():
    organic, campaign = dump(), flood()
    own = organic.select("id", label=pl.when(pl.col("row") == 0).then(None).otherwise(0))
    theirs = campaign.select("id", label=pl.when(pl.col("account") == "x:c1").then(0).otherwise(1))
    injected = inject(organic, campaign, organic_truth=own, campaign_truth=theirs)
    assert injected.truth["id"].n_unique() == injected.truth.height == injected.comments.height == 136
    assert set(injected.truth["id"]) == set(injected.comments["id"])
    assert dict(injected.truth["label"].value_counts().rows()) == {None: 1, 0: 99, 1: 36}
    assert injected.n_accounts == 9
    assert set(injected.truth["account"]) == set(read_comments(injected.comments).comments["account"])


def test_equal_arguments_give_equal_dumps_whatever_the_order():
    organic, campaign = dump(), flood()
    one, other = inject(organic, campaign, n_accounts=5), inject(organic, campaign, n_accounts=5)
    assert one.comments.equals(other.comments)
    turned = inject(organic.reverse(), campaign.reverse(), n_accounts=5)
    assert turned.comments.equals(one.comments)


def test_dumps_without_times_and_empty_ones():
    timeless = comments({"id": str(i), "text": f"Word {i}", "author_id": f"p{i}"} for i in range(9))
    found = placed(inject(timeless, flood()))
    assert found.height == 40
    assert found["created_at"].null_count() == 40
    with pytest.raises(InputError, match="no comment"):
        inject(COMMENTS.empty(), flood())
    with pytest.raises(InputError, match="label 1"):
        inject(dump(), flood(), campaign_truth=flood().select("id", label=pl.lit(0)))


def test_a_flood_is_still_found_where_it_was_placed():
    quiet, wave = simulate(SEEDS / "0019-quiet.toml", 0.1), simulate(SEEDS / "0001-mp-reply-flood-2023.toml", 0.03)
    organic, campaign = (read_comments(generated.comments).comments for generated in (quiet, wave))
    injected = inject(organic, campaign, organic_truth=quiet.truth, campaign_truth=wave.truth)
    labels = injected.truth.group_by("account").agg(pl.col("label").max())
    judged = scan(injected.comments).accounts.join(labels, on="account", how="left")
    assert judged.filter(pl.col("label") == 1)["flagged"].mean() > 0.5
    assert not judged.filter(pl.col("label") == 0)["flagged"].any()
