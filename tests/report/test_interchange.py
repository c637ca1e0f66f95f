"""The tables for other tools: what is given, that it is safe, and that our own reader and the toolkit's take it."""

import csv
import sqlite3

import polars as pl
import pytest

from detector.ingest.read import read_comments
from detector.report.interchange import write_coortweet, write_qut

WRITERS = {"coortweet": write_coortweet, "qut": write_qut}
HEADS = {
    "coortweet": ["object_id", "account_id", "content_id", "timestamp_share"],
    "qut": ["message_id", "user_id", "username", "repost_id", "reply_id", "message", "timestamp", "urls"],
}


@pytest.fixture
def written(tmp_path):
    """Write a table and return its path."""

    def write(name, frames, run):
        path = tmp_path / f"{name}.csv"
        path.unlink(missing_ok=True)
        WRITERS[name](frames, run, path)
        return path

    return write


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def in_clusters(frames):
    return frames["comments"].filter(pl.col("cluster_id").is_not_null())


def with_addresses(frames, address):
    """Make the third cluster of each campaign one of an address."""

    def swap(column):
        return pl.when(pl.col(column).str.ends_with("2")).then(
            pl.lit("u") + pl.col(column).str.slice(1)).otherwise(column)  # fmt: skip

    clusters = frames["clusters"].with_columns(cluster_id=swap("cluster_id"))
    is_address = pl.col("cluster_id").str.starts_with("u")
    excerpt = pl.when(is_address).then(pl.lit(address)).otherwise("excerpt")
    return frames | {
        "clusters": clusters.with_columns(excerpt=excerpt),
        "comments": frames["comments"].with_columns(cluster_id=swap("cluster_id")),
    }


def test_coortweet_holds_who_shared_which_cluster_when(build, written):
    frames, run = build(5)
    head, *rows = rows_of(written("coortweet", frames, run))
    assert head == HEADS["coortweet"]
    expected = [
        [row["cluster_id"], row["account"], f"x:{row['id']}", str(int(row["created_at"].timestamp()))]
        for row in in_clusters(frames).iter_rows(named=True)
    ]
    assert rows == expected


def test_qut_holds_what_a_result_still_knows(build, written):
    frames, run = build(5)
    head, *rows = rows_of(written("qut", frames, run))
    assert head == HEADS["qut"]
    handles = dict(frames["accounts"].select("account", "author_handle").iter_rows())
    expected = [
        [f"x:{row['id']}", row["account"], handles[row["account"]], "", "", row["excerpt"],
         str(int(row["created_at"].timestamp())), ""]
        for row in in_clusters(frames).iter_rows(named=True)
    ]  # fmt: skip
    assert rows == expected


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_our_own_reader_takes_it_back(build, written, name):
    frames, run = build(5)
    found = read_comments(written(name, frames, run))
    assert list(found.formats) == [name]
    given = in_clusters(frames).sort("id")
    comments = found.comments.sort("id")
    assert comments.height == given.height == 30
    assert comments["author_id"].to_list() == given["account"].to_list()
    assert comments["created_at"].to_list() == given["created_at"].to_list()
    if name == "qut":
        assert comments["text"].to_list() == given["excerpt"].to_list()
        assert comments["id"].to_list() == [f"x:{name}" for name in given["id"]]
    else:
        assert comments["repost_of"].to_list() == given["cluster_id"].to_list()


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_addresses_stand_as_addresses_where_they_are_whole(build, written, name):
    frames, run = build(5)
    column = HEADS[name].index("urls" if name == "qut" else "object_id")
    whole = "https://example.org/watch?v=1"
    _, *rows = rows_of(written(name, with_addresses(frames, whole), run))
    assert sum(row[column] == whole for row in rows) == 10
    found = read_comments(written(name, with_addresses(frames, whole), run))
    assert found.comments["url"].drop_nulls().to_list() == [whole] * 10
    for cut in (whole + "x" * 131, "https://example.org/a b"):
        _, *rows = rows_of(written(name, with_addresses(frames, cut[:160]), run))
        assert not any("http" in row[column] for row in rows)


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_comments_without_author_time_or_cluster_cannot_be_given(build, written, name):
    frames, run = build(5)
    number = pl.int_range(pl.len())
    frames["comments"] = frames["comments"].with_columns(
        account=pl.when(number != 0).then("account"), created_at=pl.when(number != 1).then("created_at")
    )
    assert len(rows_of(written(name, frames, run))) == 1 + 28


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_no_cell_is_a_formula_or_acts(hostile, hostile_text, written, name):
    frames, run = hostile(hostile_text)
    for frame, column in (("comments", "account"), ("comments", "id"), ("accounts", "account")):
        frames[frame] = frames[frame].with_columns((pl.lit(hostile_text[:5000]) + pl.col(column)).alias(column))
    head, *rows = rows_of(written(name, frames, run))
    assert len(rows) == in_clusters(frames).height
    for row in rows:
        assert len(row) == len(head)
        for cell in row:
            assert not cell.lstrip().startswith(tuple("=+-@\t\r\n−＝＋－＠"))
            assert cell.isprintable() or not any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 or c in "\u202e\u2028\u2029"
                                                 for c in cell)  # fmt: skip
    assert len({row[head.index("account_id" if name == "coortweet" else "user_id")] for row in rows}) == 12


def test_a_text_that_starts_like_a_formula_is_quoted_and_only_that(build, written):
    frames, run = build(5)
    frames["comments"] = frames["comments"].with_columns(excerpt=pl.lit("@MP_004 =1+1"))
    texts = {row[5] for row in rows_of(written("qut", frames, run))[1:]}
    assert texts == {"'@MP_004 =1+1"}


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_nothing_found_is_a_table_without_rows(empty, written, name):
    assert rows_of(written(name, *empty)) == [HEADS[name]]


@pytest.mark.parametrize("name", sorted(WRITERS))
def test_equal_input_gives_equal_bytes(build, written, name):
    frames, run = build(40)
    first = written(name, frames, run).read_bytes()
    assert written(name, frames, run).read_bytes() == first
    assert b"\r" not in first
    assert written(name, *build(5_000)).read_bytes().count(b"\n") == 30_001


def test_the_toolkit_finds_the_same_accounts_together(build, written, tmp_path):
    toolkit = "coordination_network_toolkit"
    reason = "the coordination network toolkit (group bench) is not installed: qut.csv is not read with it"
    preprocess = pytest.importorskip(f"{toolkit}.preprocess", reason=reason, exc_type=ImportError)
    compute = pytest.importorskip(f"{toolkit}.compute_networks", reason=reason, exc_type=ImportError)
    frames, run = build(5)
    database = str(tmp_path / "toolkit.db")
    preprocess.preprocess_csv_files(database, [str(written("qut", frames, run))])
    compute.compute_co_tweet_network(database, 60, min_edge_weight=2, n_threads=1)
    with sqlite3.connect(database) as connection:
        pairs = set(connection.execute("select user_1, user_2 from co_tweet_network where user_1 < user_2"))
    found = {tuple(sorted(pair)) for pair in pairs}
    members = [sorted(f"x:{c}{a:05d}" for a in range(5)) for c in "01"]
    assert found == {(one, other) for names in members for one in names for other in names if one < other}
