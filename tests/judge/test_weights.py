import hashlib
from dataclasses import replace
from importlib.resources import files

import msgspec
import polars as pl
import pytest

from detector.judge.explain_accounts import account_facts, weigh_accounts
from detector.judge.weigh import SIGNALS, unfitted
from detector.judge.weights import FITTED, UNFITTED, SignalWeight, Weights, load_weights, read_weights

FILE = (files("detector.judge") / "weights.json").read_bytes()


def test_the_file_is_readable_and_named_by_its_digest():
    weights = load_weights(FITTED)
    assert weights.digest == hashlib.blake2b(FILE, digest_size=8).hexdigest()
    assert weights.to_run() == {"name": "fitted", "digest": weights.digest}
    assert load_weights(UNFITTED).to_run() == {"name": "unfitted", "digest": None}
    assert b"\n  " in FILE
    tree = msgspec.json.decode(FILE)
    assert tree["data"]["digest"]
    assert {"numpy", "scikit-learn"} <= tree["made_with"].keys()


def test_no_weight_has_the_wrong_sign_or_exceeds_its_bound():
    weights = load_weights(FITTED)
    assert weights.signals.keys() <= SIGNALS.keys()
    for name, weight in weights.signals.items():
        assert 0 <= weight.per_bit <= 1, name
        assert weight.cap == SIGNALS[name].cap_bits, name
        assert weight.against <= 0, name
        # Only what has a sentence against can weigh against.
        assert weight.against == 0 or unfitted(SIGNALS[name]).against < 0, name
    kinds = {fact.signal: fact.kind for fact in account_facts()}
    for name, weight in weights.accounts.items():
        assert (weight <= 0) if kinds[name] == "against" else (weight >= 0), name


def test_what_protects_people_is_never_weakened():
    weights = load_weights(FITTED)
    for fact in account_facts():
        if fact.signal in ("own_words", "source", "no_sign"):
            assert weights.of_account(fact.signal, fact.unfitted) <= fact.unfitted < 0


def test_a_signal_that_is_not_in_the_file_keeps_the_unfitted_rule():
    plain = SignalWeight(1.0, 7.0, -2.0)
    for weights in (load_weights(FITTED), load_weights(UNFITTED)):
        assert weights.of_signal("yet to come", plain) is plain
        assert weights.of_account("yet to come", 4.0) == 4.0


def test_the_file_is_what_weighs():
    tree = msgspec.json.decode(FILE)
    tree["candidate"]["signals"]["company"]["per_bit"] = 0.125
    tree["account"]["stated"]["source"] = -9.5
    weights = read_weights(msgspec.json.encode(tree))
    assert weights.of_signal("company", unfitted(SIGNALS["company"])).per_bit == 0.125
    assert weights.of_account("source", -8.0) == -9.5
    assert weights.digest != load_weights(FITTED).digest


@pytest.mark.parametrize("sign", ["company", "disguise"])
def test_the_bits_of_an_account_are_the_sum_of_its_facts(sign):
    row = {
        "campaign_id": "c0", "campaign_bits": 30.0, "n_comments": 4, "n_campaign_comments": 3, "n_texts": 3,
        "n_copies": 3, "n_objects": 0, "role": "member", "signs": [sign], "copy_share_min": 0.25, "created_at": None,
        "age_at_first_comment_days": 900.0,
    }  # fmt: skip
    weights = Weights("by hand", accounts={"campaign": 0.5, "copying": 0.25, "established": -0.75, sign: 3.0})
    frame = pl.DataFrame([row], schema_overrides={"created_at": pl.Datetime("us", "UTC")})
    assert weigh_accounts(frame, weights)["bits"][0] == 0.5 * 4 + 0.25 * 2 - 0.75 + 3.0
    bare = replace(weights, accounts={})
    assert weigh_accounts(frame, bare)["bits"][0] == 4 + 2 - 0.5 + 4.0
