import json
import math

import polars as pl
import pytest

from detector.errors import InputError
from detector.lab.evaluate import evaluate, read_truth

TRUTH = {
    "platform": pl.String, "id": pl.String, "author_id": pl.String, "label": pl.Int8, "label_kind": pl.String,
    "lang": pl.String,
}  # fmt: skip


def truth(*rows):
    return pl.DataFrame(list(rows), schema=TRUTH, orient="row")


def judged(key, *rows):
    schema = {"platform": pl.String, key: pl.String, "score": pl.Float64, "flagged": pl.Boolean}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def simple():
    known = truth(
        ("x", "1", "a", 1, "A", "en"),
        ("x", "2", "a", None, "A-history", "bn"),
        ("x", "3", "b", 1, "A", "fr"),
        ("x", "4", "c", 0, "A-background", "en"),
        ("x", "5", "d", 0, "D2", "zh"),
        ("x", "6", None, 0, "D2", "zh"),
    )
    comments = judged(
        "id", ("x", "1", 0.9, True), ("x", "2", 0.9, True), ("x", "3", 0.4, False), ("x", "4", 0.5, True),
        ("x", "5", 0.1, False),
    )  # fmt: skip
    accounts = judged("author_id", ("x", "a", 0.9, True), ("x", "b", 0.8, True), ("x", "c", 0.3, False))
    return comments, accounts, known


def test_figures_by_hand():
    result = evaluate(*simple())
    assert (result.comments.n, result.comments.n_positive, result.comments.n_not_scanned) == (5, 2, 1)
    assert result.comments.precision == 1 / 2  # flagged and labelled: 1, 4
    assert result.comments.recall == 1 / 2
    assert result.comments.f1 == 1 / 2
    # Scores 0.9+ 0.5- 0.4+ 0.1- 0.0-: average precision (1/1 + 2/3) / 2; five of six pairs in order.
    assert result.comments.average_precision == pytest.approx((1 + 2 / 3) / 2)
    assert result.comments.roc_auc == pytest.approx(5 / 6)
    assert result.comments.recall_at_fpr_0_01 == 1 / 2


def test_accounts_take_the_highest_label_of_their_comments():
    result = evaluate(*simple())
    # a and b are 1, c and d are 0; d is unknown to the scan; the comment without an author makes no account.
    assert (result.accounts.n, result.accounts.n_positive, result.accounts.n_not_scanned) == (4, 2, 1)
    assert result.accounts.precision == result.accounts.recall == result.accounts.roc_auc == 1.0


def test_an_account_with_unscored_comments_only_has_no_label():
    comments, accounts, _ = simple()
    result = evaluate(comments, accounts, truth(("x", "2", "a", None, "A-history", "bn")))
    assert result.accounts.n == result.comments.n == 0
    assert result.by_kind[0].label is None
    assert result.by_kind[0].flagged == 1


def test_flagged_share_by_kind_has_a_wilson_interval():
    result = evaluate(*simple())
    share = {(one.level, one.group): one for one in result.by_kind}["comment", "D2"]
    assert (share.n, share.flagged, share.share) == (2, 0, 0.0)
    z2 = 1.959964**2
    assert share.low == 0.0
    assert share.high == pytest.approx(z2 / (2 + z2))


def test_flagged_share_by_language_keeps_labels_apart():
    result = evaluate(*simple())
    shares = {(one.level, one.group, one.label): (one.n, one.flagged) for one in result.by_language}
    assert shares["comment", "en", 1] == (1, 1)
    assert shares["comment", "en", 0] == (1, 1)
    assert shares["comment", "zh", 0] == (2, 0)
    assert ("comment", "bn", None) not in shares


@pytest.mark.filterwarnings("error")
def test_one_class_leaves_figures_undefined():
    comments, accounts, _ = simple()
    result = evaluate(comments, accounts, truth(("x", "5", "d", 0, "D2", "zh")))
    assert result.comments.recall is None
    assert result.comments.roc_auc is None
    assert result.comments.average_precision is None
    assert result.comments.recall_at_fpr_0_001 is None
    assert result.comments.precision is None  # nothing flagged
    assert "-" in result.to_text()


def test_empty_scan_counts_everything_as_missed():
    _, _, known = simple()
    result = evaluate(judged("id"), judged("author_id"), known)
    assert result.comments.n_not_scanned == 5
    assert result.comments.recall == 0.0
    assert result.comments.roc_auc == 0.5


def test_same_id_on_two_platforms_is_two_comments():
    known = truth(("x", "1", "a", 1, "A", "en"), ("facebook", "1", "a", 0, "D1", "en"))
    result = evaluate(judged("id", ("x", "1", 1.0, True)), judged("author_id", ("x", "a", 1.0, True)), known)
    assert result.comments.precision == result.comments.recall == 1.0
    assert result.accounts.n == 2


def test_a_null_score_counts_as_zero():
    known = truth(("x", "1", "a", 1, "A", "en"), ("x", "2", "b", 0, "D", "en"))
    result = evaluate(judged("id", ("x", "1", None, None), ("x", "2", 0.2, False)), judged("author_id"), known)
    assert result.comments.roc_auc == 0.0


def test_recall_at_a_false_positive_rate_with_many_negatives():
    negatives = [("x", f"n{i}", f"n{i}", 0, "bg", "en") for i in range(1000)]
    positives = [("x", f"p{i}", f"p{i}", 1, "A", "en") for i in range(10)]
    scores = [("x", f"n{i}", 0.9 if i < 5 else 0.0, False) for i in range(1000)]
    scores += [("x", f"p{i}", 1.0 if i < 4 else 0.8, True) for i in range(10)]
    result = evaluate(judged("id", *scores), judged("author_id"), truth(*negatives, *positives))
    assert result.comments.recall_at_fpr_0_001 == pytest.approx(0.4)
    assert result.comments.recall_at_fpr_0_01 == pytest.approx(1.0)


def test_read_truth_takes_a_labelled_dump(tmp_path):
    path = tmp_path / "dump.jsonl"
    rows = [
        {"id": 7, "label": 1, "platform": "twitter", "author_id": 12, "text": "hello", "lang": None},
        {"id": "8", "label": 0},
        {"id": "9"},
        {"id": "8", "label": 1},
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows) + "\n\n")
    known = read_truth(path)
    assert known["id"].to_list() == ["7", "8", "9"]
    assert known["label"].to_list() == [1, 0, None]
    assert known["platform"].to_list() == ["x", None, None]
    assert known["author_id"].to_list() == ["12", None, None]


def test_truth_without_platform_is_matched_by_id():
    known = truth((None, "1", None, 1, None, None), (None, "2", None, 0, None, None))
    comments = judged("id", ("youtube", "1", 0.9, True), ("youtube", "2", 0.1, False))
    assert evaluate(comments, judged("author_id"), known).comments.f1 == 1.0


@pytest.mark.parametrize(
    ("content", "says"),
    [("", "no lines"), ("{", "line 1"), ('{"label": 1}', "no id"), ('{"id": "1", "label": 3}', "label must be")],
)
def test_broken_truth_is_refused_in_one_line(tmp_path, content, says):
    path = tmp_path / "truth.jsonl"
    path.write_text(content)
    with pytest.raises(InputError, match=says) as caught:
        read_truth(path)
    assert "\n" not in str(caught.value)


def test_missing_truth_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_truth(tmp_path / "none.jsonl")


def test_output_is_plain_json_and_an_aligned_table():
    result = evaluate(*simple())
    again = json.loads(json.dumps(result.to_dict()))
    assert again["comments"]["n"] == 5
    assert not any(isinstance(value, float) and math.isnan(value) for value in again["comments"].values())
    table = result.to_text().splitlines()
    head = table[: table.index("")]
    assert len({len(line) for line in head}) == 1
    assert any("D2" in line and "0.00%" in line for line in table)
