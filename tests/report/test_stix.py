"""The STIX bundle: lawful by the library of OASIS, true to the findings, and never an accusation."""

import json
import re
from uuid import UUID

import polars as pl
import pytest

from detector.report.disarm import ACROSS_PLATFORMS, BY_SIGNAL
from detector.report.stix import OBSERVABLES, write_stix

TYPES = {"identity", "user-account", "grouping", "observed-data", "note", "attack-pattern", "relationship"}
"""The only ones that may occur: no threat actor, intrusion set, campaign, location, malware or opinion."""


@pytest.fixture
def written(tmp_path):
    """Write a bundle and return its objects."""

    def write(frames, run):
        path = tmp_path / "findings.stix.json"
        path.unlink(missing_ok=True)
        write_stix(frames, run, path)
        return json.loads(path.read_bytes())["objects"]

    return write


def of(objects, kind):
    return [found for found in objects if found["type"] == kind]


def refs(found):
    """Return every id that an object refers to."""
    named = [value for key, value in found.items() if key.endswith("_ref")]
    return named + [ref for key, value in found.items() if key.endswith("_refs") for ref in value]


def test_the_library_of_oasis_reads_it_and_makes_the_same_ids(build, hostile, hostile_text, tmp_path):
    stix2 = pytest.importorskip("stix2", reason="stix2 is not installed: the bundle is not validated")
    for number, (frames, run) in enumerate((build(40), hostile(hostile_text))):
        write_stix(frames, run, tmp_path / f"{number}.json")
        bundle = stix2.parse((tmp_path / f"{number}.json").read_text(encoding="utf-8"), version="2.1")
        accounts = [found for found in bundle.objects if found.type == "user-account"]
        assert accounts
        for account in accounts:
            given = {key: account[key] for key in ("account_type", "user_id", "account_login") if key in account}
            assert stix2.v21.UserAccount(**given).id == account.id


def test_only_lawful_kinds_with_ids_of_their_own_that_all_resolve(build, written):
    objects = written(*build(40))
    ids = [found["id"] for found in objects]
    assert len(set(ids)) == len(ids)
    assert len({found.split("--")[1] for found in ids}) == len(ids)
    for found in objects:
        assert found["type"] in TYPES
        assert found["spec_version"] == "2.1"
        kind, uuid = found["id"].split("--")
        assert (kind, str(UUID(uuid)), UUID(uuid).version) == (found["type"], uuid, 5)
        assert set(refs(found)) <= set(ids)
    assert UUID("00abedb4-aa42-466c-9c01-fed23315a9b7") == OBSERVABLES


def test_a_flagged_campaign_is_a_grouping_of_its_flagged_accounts(build, written):
    frames, run = build(40)
    objects = written(frames, run)
    [grouping] = of(objects, "grouping")
    assert grouping["context"] == "suspicious-activity"
    assert grouping["name"] == "Campaign c00000000000a"
    assert grouping["confidence"] == 85
    assert grouping["created"] == grouping["modified"] == "2023-09-03T12:00:00.000Z"
    accounts = {found["user_id"]: found for found in of(objects, "user-account")}
    assert set(accounts) == {f"0{a:05d}" for a in range(40)}
    assert accounts["000000"]["account_type"] == "twitter"
    assert accounts["000000"]["account_login"] == "citizen00000000"
    assert accounts["000000"]["display_name"] == "Citizen"
    assert accounts["000000"]["account_created"] == "2023-08-18T09:00:00.000Z"
    [observed] = of(objects, "observed-data")
    assert observed["number_observed"] == 120
    assert (observed["first_observed"], observed["last_observed"]) == (
        *("2023-08-30T09:00:00.000Z", "2023-08-30T23:01:57.000Z"),
    )
    assert {found["id"] for found in accounts.values()} <= set(grouping["object_refs"])
    [link] = [found for found in of(objects, "relationship") if found["source_ref"].startswith("user-account")]
    assert link["description"] == "Both posted near copies of 3 texts; chance gives 0.01."


def test_the_note_holds_every_reason_for_and_against_and_the_caution(build, written):
    frames, run = build(40)
    [note] = of(written(frames, run), "note")
    supporting, opposing = note["content"].split("Evidence against:")
    told = frames["evidence"].filter(pl.col("subject_id") == "c00000000000a")
    for row in told.iter_rows(named=True):
        assert row["sentence"] in (opposing if row["kind"] == "against" else supporting)
    assert "What else it could be" in supporting
    assert "A person must decide." in opposing
    assert "nothing here says who is behind a campaign" in opposing


def test_who_is_not_flagged_is_not_in_it(build, written):
    frames, run = build(40)
    spared = pl.col("account").is_in(["x:000000", "x:000001"])
    role = pl.when(pl.col("account") == "x:000000").then(pl.lit("source")).otherwise("role")
    flagged = pl.col("flagged") & (pl.col("account") != "x:000001")
    frames["accounts"] = frames["accounts"].with_columns(role=role, flagged=flagged)
    ids = {found["user_id"] for found in of(written(frames, run), "user-account")}
    assert ids == set(frames["accounts"].filter("flagged", ~spared)["author_id"])
    low = frames["campaigns"].with_columns(tier=pl.lit("low"))
    assert {found["type"] for found in written(frames | {"campaigns": low}, run)} == {"identity"}


def test_nothing_found_is_a_bundle_of_the_identity_alone(empty, written):
    assert [found["type"] for found in written(*empty)] == ["identity"]


def test_techniques_are_those_that_the_evidence_observed_with_the_version(build, written):
    frames, run = build(40)
    objects = written(frames, run)
    [reference] = {json.dumps(found["external_references"]) for found in of(objects, "attack-pattern")
                   if found["name"] == "Bulk Created Asset"}  # fmt: skip
    [reference] = json.loads(reference)
    assert (reference["source_name"], reference["external_id"]) == ("DISARM", "T0150.008")
    assert "framework_version 1.7" in reference["description"]
    names = {found["name"] for found in of(objects, "attack-pattern")}
    assert names == {"Use Copypasta", "Bulk Created Asset"}
    for found in of(objects, "attack-pattern"):
        [why] = [link for link in of(objects, "relationship") if link["target_ref"] == found["id"]]
        assert why["relationship_type"] == "related-to"
        assert any(why["description"] == sentence for sentence in frames["evidence"]["sentence"])


def test_a_signal_that_speaks_against_is_no_technique(build, written):
    frames, run = build(40)
    weight = pl.when(pl.col("signal") == "creation_batch").then(-1.0).otherwise("weight")
    frames["evidence"] = frames["evidence"].with_columns(weight=weight)
    assert {found["name"] for found in of(written(frames, run), "attack-pattern")} == {"Use Copypasta"}


def test_several_platforms_are_named(build, written):
    frames, run = build(5)
    platform = pl.when(pl.col("account") == "x:000000").then(pl.lit("facebook")).otherwise("platform")
    frames["accounts"] = frames["accounts"].with_columns(platform=platform)
    objects = written(frames, run)
    [pattern] = [found for found in of(objects, "attack-pattern") if found["name"] == ACROSS_PLATFORMS.name]
    [why] = [link["description"] for link in of(objects, "relationship") if link["target_ref"] == pattern["id"]]
    assert why == "Its accounts stand on 2 platforms: facebook, x."


def test_no_technique_reads_like_an_intent_or_a_network():
    ids = {technique.id for technique in (*BY_SIGNAL.values(), ACROSS_PLATFORMS)}
    assert not ids & {"T0049", "T0049.004", "T0049.005", "T0116.001", "T0146.007", "T0048", "T0135.001"}


def test_nothing_in_it_names_an_author_or_a_country(build, written):
    text = json.dumps(written(*build(40))).lower()
    for word in ("threat-actor", "intrusion-set", "attributed-to", "country", "location", "spamoflauge", "opinion",
                 '"campaign--', "bot ", "bots"):  # fmt: skip
        assert word not in text


def test_accounts_known_by_name_only_stay_apart(build, written):
    frames, run = build(5)
    nothing = pl.lit(None, pl.String)
    frames["accounts"] = frames["accounts"].with_columns(author_id=nothing, author_handle=nothing)
    accounts = of(written(frames, run), "user-account")
    assert len(accounts) == 5
    assert all("user_id" not in found and found["display_name"] == "Citizen" for found in accounts)


def test_without_times_nothing_is_said_of_when(build, written):
    frames, run = build(5)
    unknown = pl.lit(None, pl.Datetime("us", "UTC"))
    frames["comments"] = frames["comments"].with_columns(created_at=unknown)
    frames["accounts"] = frames["accounts"].with_columns(created_at=unknown)
    objects = written(frames, run | {"span": {"start": None, "end": None}})
    assert not of(objects, "observed-data")
    assert all("account_created" not in found for found in of(objects, "user-account"))
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", found["created"]) for found in objects
               if "created" in found)  # fmt: skip


def test_five_thousand_accounts(build, written):
    objects = written(*build(5_000))
    assert len(of(objects, "user-account")) == 5_000
    assert len(of(objects, "grouping")[0]["object_refs"]) > 5_000


def test_the_file_is_ascii_and_equal_input_gives_equal_bytes(hostile, hostile_text, tmp_path):
    frames, run = hostile(hostile_text)
    for name in "ab":
        write_stix(frames, run | {"version": "0.1\ud800"}, tmp_path / name)
    content = (tmp_path / "a").read_bytes()
    assert content == (tmp_path / "b").read_bytes()
    assert content.isascii()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", content)


def test_prose_does_not_act_and_ids_stay_whole(hostile, hostile_text, written):
    frames, run = hostile(hostile_text)
    objects = written(frames, run)
    for found in of(objects, "note") + of(objects, "grouping") + of(objects, "relationship"):
        prose = found.get("content", "") + found.get("description", "")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", prose)
        assert "http" not in prose.lower()
    assert {found["account_login"] for found in of(objects, "user-account")} == {hostile_text}
