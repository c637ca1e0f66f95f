"""The promises about people, on whole scans of small generated dumps."""

import random
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from twins.writing import han, sentence

from detector.config import Config, JudgeConfig
from detector.errors import InputError
from detector.pipeline import scan
from detector.schema import BURSTS, CAMPAIGNS, CLUSTERS, EVIDENCE, LINKS, REJECTS, SCORED_ACCOUNTS, SCORED_COMMENTS

START = datetime(2024, 3, 4, tzinfo=UTC)
MINUTE, HOUR, DAY = 1, 60, 1_440
TARGETS = ("x:harbour_news", "x:elm_ward", "x:mayor_office", "x:river_trust")
BANDS = {"none": (0, 0.2), "low": (0.2, 0.5), "medium": (0.5, 0.8), "high": (0.8, 1.0)}
PROFILE = ("author_created_at", "author_followers", "author_following", "author_posts")
ZWSP = "\u200b"


class Dump:
    """Records under construction: people of all ages who write their own words, and what a test adds to them."""

    def __init__(self, seed=1, people=150, comments=500, targets=TARGETS, days=14):
        self.dice = random.Random(seed)
        self.records = []
        self.people = {}
        for _ in range(comments):
            self.add(f"p{self.dice.randrange(people)}", sentence(self.dice, self.dice.randint(6, 25)),
                     self.dice.uniform(0, days * DAY), self.dice.choice(targets))  # fmt: skip

    def person(self, account, **fields):
        """Describe an account once; fields given here hold."""
        if account not in self.people:
            age = timedelta(days=self.dice.uniform(200, 4_000))
            self.people[account] = {
                "author_id": account, "author_handle": f"{account}_writes", "author_name": f"Person {account}",
                "author_created_at": (START - age).isoformat(), "author_followers": self.dice.randrange(2_000),
                "author_following": self.dice.randrange(900), "author_posts": self.dice.randrange(9_000),
            }  # fmt: skip
        self.people[account] |= fields
        return self.people[account]

    def add(self, account, text, minutes, target=TARGETS[0], **fields):
        who = self.person(account) if account else {}
        self.records.append({
            "id": f"{len(self.records):06d}", "platform": "x", "text": text, "target": target, "lang": "en", **who,
            "created_at": (START + timedelta(minutes=minutes)).isoformat(),
        } | fields)  # fmt: skip
        return self

    def wave(self, accounts, text, at, width=5 * MINUTE, targets=TARGETS[:1], **fields):
        """Let each account post the text once, within `width` minutes."""
        for account in accounts:
            self.add(account, text(account) if callable(text) else text, at + self.dice.uniform(0, width),
                     self.dice.choice(targets), **fields)  # fmt: skip
        return self

    def ring(self, size=12, texts=4, name="r", batch=True):
        """Add a ring as it is documented: accounts of one day, together on several texts in waves, days apart."""
        accounts = [f"{name}{k}" for k in range(size)]
        for account in accounts:
            if batch:
                born = START - timedelta(days=400, hours=self.dice.uniform(0, 20))
                self.person(account, author_created_at=born.isoformat())
        for text in range(texts):
            self.wave(accounts, sentence(self.dice, 22), (1 + 2 * text) * DAY + 300, targets=TARGETS)
        return accounts

    def scan(self, config=None):
        return scan(self.records, config)


def flagged(result):
    return set(result.accounts.filter("flagged")["author_id"])


def tiers(result):
    return Counter(result.campaigns["tier"].to_list())


@pytest.fixture(scope="module")
def everything():
    """Scan a dump with a ring, a form letter, a slogan and ordinary people."""
    dump = Dump(comments=800)
    ring = dump.ring()
    dump.wave([f"letter{k}" for k in range(30)], sentence(dump.dice, 30), 3 * DAY, 20, TARGETS)
    dump.wave([f"p{k}" for k in range(40)], "save our river now please", 6 * DAY, DAY, TARGETS)
    return dump, ring, dump.scan()


# --- what is found -------------------------------------------------------------------------------------------------


def test_a_ring_is_flagged_whole_and_nobody_else(everything):
    _, ring, result = everything
    assert tiers(result) == {"high": 1, "low": 1}
    assert flagged(result) == set(ring)
    texts = result.comments.filter("flagged")
    assert texts.height == 48
    assert set(texts["author_id"]) == set(ring)


def test_flagged_means_medium_or_high_and_scores_lie_in_the_band_of_their_tier(everything):
    result = everything[2]
    for frame in (result.comments, result.accounts, result.campaigns):
        assert frame["tier"].n_unique() >= 2
        for tier, score in frame.select("tier", "score").iter_rows():
            assert BANDS[tier][0] <= score < BANDS[tier][1]
    for frame in (result.comments, result.accounts):
        assert frame["flagged"].to_list() == frame["tier"].is_in(["medium", "high"]).to_list()
    assert not set(result.comments.filter("flagged")["account"]) - set(result.accounts.filter("flagged")["account"])


FORBIDDEN = re.compile(
    r"\b(bots?|fake|troll\w*|spammer\w*|foreign|propaganda|china|chinese|russian?|iran\w*|canad\w*|american?|france|french|"
    r"nationality|country|government|state-?(backed|sponsored)|paid)\b",
    re.IGNORECASE,
)


def test_sentences_never_say_bot_or_fake_or_name_a_country(everything):
    dump = Dump(2)
    dump.ring(batch=False)
    words = "we ask the council to stop this bridge for good"
    dump.wave([f"z{k}" for k in range(20)], lambda _: disguised(words, dump), 2 * DAY, lang="zh")
    sentences = [s for result in (everything[2], dump.scan()) for s in result.evidence["sentence"]]
    assert len(sentences) > 50
    assert not [s for s in sentences if FORBIDDEN.search(s)]
    labels = [label for result in (everything[2], dump.scan()) for label in result.campaigns["label"]]
    assert not [label for label in labels if FORBIDDEN.search(label)]


def test_every_campaign_and_every_account_in_one_has_sentences(everything):
    result = everything[2]
    told = set(result.evidence.select("subject_kind", "subject_id").iter_rows())
    assert {("campaign", name) for name in result.campaigns["campaign_id"]} <= told
    inside = result.accounts.filter(pl.col("campaign_id").is_not_null())
    assert {("account", name) for name in inside["account"]} <= told
    assert result.evidence["sentence"].null_count() == 0


def disguised(text, dump):
    at = dump.dice.randrange(1, len(text) - 1)
    return text[:at] + ZWSP + text[at:]


# --- copying alone -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [0.2, 10 * MINUTE, 2 * DAY], ids=["12 seconds", "10 minutes", "2 days"])
@pytest.mark.parametrize("targets", [TARGETS[:1], TARGETS], ids=["one target", "all targets"])
def test_copying_alone_however_fast_is_never_above_low(width, targets):
    dump = Dump(3)
    dump.wave([f"c{k}" for k in range(60)], sentence(dump.dice, 30), 4 * DAY, width, targets)
    result = dump.scan()
    assert tiers(result) in ({"low": 1}, {})
    assert not flagged(result)
    assert not result.comments["flagged"].any()


def test_fast_copying_is_reported_as_low():
    dump = Dump(3, comments=2_500)
    dump.wave([f"c{k}" for k in range(60)], sentence(dump.dice, 30), 4 * DAY, 2)
    campaigns = dump.scan().campaigns
    assert campaigns.select("tier", "n_accounts", "n_comments").rows() == [("low", 60, 60)]


@pytest.mark.parametrize("young_share", [0.5, 0.3, 0.15, 0.0])
def test_nobody_is_flagged_for_handle_youth_language_and_time_of_day_together(young_share):
    dump = Dump(4)

    def young():
        return {"author_created_at": (START - timedelta(days=dump.dice.uniform(1, 85))).isoformat()}

    newcomers = {account: young() for account in dump.people if dump.dice.random() < young_share}
    for record in dump.records:
        record |= newcomers.get(record["author_id"], {})
    for k in range(40):
        handle = f"Jennifer{dump.dice.randrange(10**7, 10**8)}"
        dump.person(
            f"y{k}", author_handle=handle, author_name="Jennifer", author_followers=0, author_posts=1, **young()
        )
    text = han(dump.dice, 60)
    for day in range(5):  # office hours of another continent
        group = [f"y{k}" for k in range(day * 8, day * 8 + 8)]
        dump.wave(group, text, day * DAY + 1 * HOUR, 8 * HOUR, TARGETS, lang="zh")
    result = dump.scan()
    assert result.clusters["n_accounts"].max() == 40
    assert not flagged(result)
    assert set(tiers(result)) <= {"low"}


def test_a_letter_in_several_parts_posted_in_one_sitting_is_copying():
    dump = Dump(5, people=1_500, comments=3_000, targets=TARGETS[:1])
    parts = [sentence(dump.dice, 25) for _ in range(5)]
    for k in range(30):
        at = 5 * DAY + dump.dice.uniform(0, 6 * HOUR)
        for i, part in enumerate(parts):
            dump.add(f"s{k}", part, at + i * 0.5)
    result = dump.scan()
    assert result.clusters["n_accounts"].max() == 30
    assert not flagged(result)


def test_a_chant_in_a_live_chat_flags_nobody():
    dump = Dump(6, comments=200)
    chants = [sentence(dump.dice, 12) for _ in range(4)]
    for i in range(1_500):
        fan = dump.dice.randrange(25)
        words = chants[i // 15 % 4] if i % 3 == 0 else sentence(dump.dice, 8)
        dump.add(
            f"fan{fan}" if i % 3 == 0 else f"v{i}", words, 3 * DAY + i * 2 / 60, "youtube:match", platform="youtube"
        )
    result = dump.scan()
    assert result.clusters["n_accounts"].max() >= 20
    assert not flagged(result)


def test_short_greetings_of_many_weigh_nothing():
    dump = Dump(7)
    for phrase in ("happy new year", "thank you", "so true", "lol"):
        dump.wave([f"g{k}" for k in range(40)], phrase, dump.dice.uniform(0, 10 * DAY), 5)
    result = dump.scan()
    assert result.campaigns.is_empty()
    assert not flagged(result)


def test_one_account_that_repeats_itself_is_no_campaign():
    dump = Dump(8)
    for k in range(50):
        dump.add("loud", "read my long letter about the bridge and the river and the mayor", k * 200, TARGETS[k % 4])
    result = dump.scan()
    assert result.campaigns.is_empty()
    assert not flagged(result)


def test_two_accounts_are_no_campaign():
    dump = Dump(9)
    dump.ring(size=2, texts=6)
    result = dump.scan()
    assert result.campaigns.is_empty()
    assert not flagged(result)


def shared_headline(dump, own):
    headline = "council votes to close the old bridge" + ZWSP + " after a long night of debate"
    return [(f"h{k}", own.format(k, headline)) for k in range(25)]


@pytest.mark.parametrize("own", ["@friend{} {}", "{1} https://t.example/{0}"])
def test_people_who_share_a_headline_with_an_invisible_character_in_it_are_not_flagged(own):
    dump = Dump(10)
    for account, text in shared_headline(dump, own):
        dump.add(account, text, dump.dice.uniform(0, 10 * DAY), dump.dice.choice(TARGETS))
    assert not flagged(dump.scan())


def test_people_who_sign_a_form_letter_with_their_postcode_are_not_flagged():
    dump = Dump(11)
    for k in range(40):
        code = "".join(dump.dice.choice("ABCEGHJKLMNPRSTVXY") + str(dump.dice.randrange(10)) for _ in range(3))
        dump.add(f"w{k}", f"please keep the old bridge open to all of us this winter yours {code}",
                 dump.dice.uniform(0, 10 * DAY), dump.dice.choice(TARGETS))  # fmt: skip
    assert not flagged(dump.scan())


def test_a_ring_does_not_hide_its_waves_behind_one_text_posted_slowly():
    dump = Dump(19)
    ring = dump.ring(texts=6, batch=False)
    slow = sentence(dump.dice, 22)
    before = dump.scan()
    for k in range(4):
        dump.add(ring[k], slow, (0.5 + 3.2 * k) * DAY, TARGETS[k])
    after = dump.scan()
    assert flagged(before) == set(ring)
    assert after.clusters["n_accounts"].sort().to_list()[0] == 4
    assert flagged(after) == set(ring)


def test_a_ring_is_found_whole_amid_a_crowd():
    dump = Dump(52, people=1_500, comments=2_000)
    ring = dump.ring(batch=False)
    for wave, target in ((wave, target) for wave in range(4) for target in TARGETS):
        for _ in range(45):
            at = (1 + 2 * wave) * DAY + 300 + dump.dice.uniform(-12, 18)
            dump.add(f"p{dump.dice.randrange(1_500)}", sentence(dump.dice, dump.dice.randint(6, 25)), at, target)
    assert flagged(dump.scan()) == set(ring)


# --- bystanders ----------------------------------------------------------------------------------------------------


def copied_from(dump, accounts, author, n_texts, at=2 * DAY):
    """Let the ring copy what an author wrote hours before."""
    for text in range(n_texts):
        words = sentence(dump.dice, 22)
        dump.add(author, words, at + 2 * text * DAY - 5 * HOUR)
        dump.wave(accounts, words, at + 2 * text * DAY)


def test_who_wrote_first_what_a_ring_copied_is_a_source_and_not_flagged():
    dump = Dump(12)
    ring = dump.ring()
    copied_from(dump, ring, "witness", 1)
    result = dump.scan()
    witness = result.accounts.row(by_predicate=pl.col("author_id") == "witness", named=True)
    assert (witness["role"], witness["tier"], witness["flagged"]) == ("source", "none", False)
    assert witness["score"] <= 0.05
    assert flagged(result) == set(ring)
    comment = result.comments.row(by_predicate=pl.col("author_id") == "witness", named=True)
    assert not comment["flagged"]


@pytest.mark.parametrize("n_texts", [2, 4])
def test_who_was_copied_again_and_again_is_still_a_source(n_texts):
    dump = Dump(13)
    ring = dump.ring()
    copied_from(dump, ring, "witness", n_texts)
    assert flagged(dump.scan()) == set(ring)


def test_a_leader_who_always_writes_first_is_of_the_ring_if_created_with_it():
    dump = Dump(31)
    ring = dump.ring()
    dump.person("leader", author_created_at=dump.people[ring[0]]["author_created_at"])
    copied_from(dump, ring, "leader", 3)
    assert flagged(dump.scan()) == {*ring, "leader"}


def test_an_established_account_with_one_copy_among_its_own_comments_is_not_flagged():
    dump = Dump(14)
    ring = dump.ring()
    copy = dump.records[-1]["text"]
    dump.person("neighbour", author_created_at="2012-05-01")
    for k in range(20):
        dump.add("neighbour", sentence(dump.dice), k * 900, TARGETS[k % 4])
    dump.add("neighbour", copy, 9 * DAY)
    result = dump.scan()
    assert flagged(result) == set(ring)
    sentences = result.evidence.filter(pl.col("subject_id") == "x:neighbour")["signal"].to_list()
    assert "own_words" in sentences


def test_who_copies_plainly_what_a_few_disguise_is_not_flagged():
    dump = Dump(20)
    words = "we ask the council to keep the old bridge open to all of us this winter and to hear its people"
    disguisers = [f"d{k}" for k in range(10)]
    dump.wave(disguisers, lambda _: disguised(words, dump), 3 * DAY, 6 * DAY, TARGETS)
    dump.wave([f"plain{k}" for k in range(25)], words, 3 * DAY, 6 * DAY, TARGETS)
    result = dump.scan()
    assert tiers(result) == {"medium": 1}
    assert flagged(result) == set(disguisers)


def test_unknown_authors_are_never_one_account():
    dump = Dump(15)
    texts = [sentence(dump.dice, 22) for _ in range(4)]
    for i, text in enumerate(texts):
        dump.wave([None] * 15, text, (1 + 2 * i) * DAY)
    result = dump.scan()
    unknown = result.comments.filter(pl.col("account").is_null())
    assert unknown.height == 60
    assert not unknown["flagged"].any()
    assert result.campaigns.is_empty()
    assert not flagged(result)


def test_a_text_declared_innocent_caps_its_campaign_at_low():
    dump = Dump(16)
    dump.ring()
    before = dump.scan()
    wording = dump.records[-1]["text"].upper()[5:60]
    after = dump.scan(Config(judge=JudgeConfig(allow_texts=(wording,))))
    assert tiers(before) == {"high": 1}
    assert tiers(after) == {"low": 1}
    assert not flagged(after)
    assert not after.comments["flagged"].any()


# --- missing fields ------------------------------------------------------------------------------------------------


def without(dump, *names):
    return scan([{key: value for key, value in record.items() if key not in names} for record in dump.records])


def test_without_account_fields_nothing_goes_above_medium(everything):
    dump, ring, _ = everything
    result = without(dump, *PROFILE)
    assert tiers(result) == {"medium": 1, "low": 1}
    assert flagged(result) == set(ring)


FIELDS = (
    *("author_created_at", "author_followers", "author_following", "author_posts", "author_handle", "author_name"),
    *("author_id", "created_at", "target", "lang", "platform", "id"),
)


@pytest.fixture(scope="module")
def mixed():
    """Scan a dump of rings, letters, quotes and a hot thread, of which only the rings deserve a flag."""
    dump = Dump(17, comments=700)
    dump.ring()
    dump.ring(size=8, texts=3, name="q", batch=False)
    dump.wave([f"letter{k}" for k in range(30)], sentence(dump.dice, 30), 3 * DAY, 3 * HOUR, TARGETS)
    # A thread that everybody reads for a day, in which the same people repeat several slogans.
    slogans = [sentence(dump.dice, 12) for _ in range(6)]
    for _ in range(400):
        own = dump.dice.random() < 0.5
        words = sentence(dump.dice, 10) if own else dump.dice.choice(slogans)
        dump.add(f"hot{dump.dice.randrange(40)}", words, 8 * DAY + dump.dice.uniform(0, 8 * HOUR), "x:hot_thread")
    return dump, dump.scan()


def test_a_hot_thread_and_a_form_letter_flag_nobody(mixed):
    _, result = mixed
    assert {account[0] for account in flagged(result)} <= {"r", "q"}
    assert {f"r{k}" for k in range(12)} <= flagged(result)


@pytest.mark.parametrize("name", FIELDS)
def test_a_missing_field_never_flags_anybody(mixed, name):
    dump, whole = mixed
    result = without(dump, name)
    key = "account" if name == "id" else "id"
    before = set(whole.comments.filter("flagged")[key])
    after = set(result.comments.filter("flagged")[key])
    assert before
    assert after <= before


@pytest.mark.parametrize(
    "names", [PROFILE, ("author_id", "author_handle"), ("author_id", "author_handle", "author_name")]
)
def test_several_missing_fields_never_flag_anybody(mixed, names):
    dump, whole = mixed
    after = without(dump, *names)
    assert set(after.comments.filter("flagged")["id"]) <= set(whole.comments.filter("flagged")["id"])


def test_without_any_author_nobody_is_flagged(mixed):
    result = without(mixed[0], "author_id", "author_handle", "author_name")
    assert result.accounts.is_empty()
    assert not result.comments["flagged"].any()


def test_a_live_chat_without_targets_flags_nobody():
    dump = Dump(6, comments=600)
    chants = [sentence(dump.dice, 12) for _ in range(4)]
    for i in range(1_500):
        fan = dump.dice.randrange(25)
        words = chants[i // 15 % 4] if i % 3 == 0 else sentence(dump.dice, 8)
        at = (3 + i // 500) * DAY + i % 500 * 2 / 60
        dump.add(f"fan{fan}" if i % 3 == 0 else f"v{i}", words, at, "x:match")
    assert not flagged(dump.scan())
    assert not flagged(without(dump, "target"))


def test_a_comment_is_not_flagged_for_its_author_being_gone():
    dump = Dump(12)
    ring = dump.ring()
    copied_from(dump, ring, "witness", 1)
    here = [i for i, record in enumerate(dump.records) if record.get("author_id") == "witness"]
    for i in here:
        dump.records[i] = {k: v for k, v in dump.records[i].items() if not k.startswith("author")}
    result = dump.scan()
    assert flagged(result) == set(ring)
    ids = [dump.records[i]["id"] for i in here]
    assert not result.comments.filter(pl.col("id").is_in(ids))["flagged"].any()


def test_what_cannot_be_tested_is_listed_and_weighs_nothing(mixed):
    dump, whole = mixed
    bare = without(dump, "created_at", "author_created_at", "author_handle", "author_name")
    abstained = {item["signal"] for item in bare.run["signals"]["abstained"]}
    assert abstained == {
        *("synchrony", "bursts", "creation_batch", "young_accounts", "handle_shape", "same_name"),
        *("dormancy", "silent_accounts", "duplicate_profiles"),
    }
    assert not set(bare.evidence["signal"]) & abstained
    assert "synchrony" in set(whole.evidence["signal"])
    assert bare.bursts.is_empty()


# --- steadiness ----------------------------------------------------------------------------------------------------


def test_campaigns_keep_their_ids_and_tiers_when_unrelated_comments_come(everything):
    dump, ring, before = everything
    more = Dump(18, people=300, comments=800, targets=("x:far_away", "x:farther"))
    for record in more.records:
        record |= {"id": "u" + record["id"], "author_id": "u" + record["author_id"]}
    after = scan(dump.records + more.records)
    columns = ["campaign_id", "tier", "coordination_tier", "n_accounts", "n_comments", "start", "end"]
    assert after.campaigns.select(columns).equals(before.campaigns.select(columns))
    assert flagged(after) == set(ring)


def test_ids_and_tiers_are_stable_when_targets_of_ordinary_names_come(everything):
    """Names of targets are masked in texts; one that is a word of everybody's must not rename what holds it."""
    dump, ring, before = everything
    ordinary = ["save", "river", "please", dump.records[-1]["text"].split()[0]]
    ordinary += sorted({word for record in dump.records[800:850] for word in record["text"].split()})[:60]
    dice = random.Random(30)
    more = [{"id": f"v{i}", "platform": "reddit", "author_id": f"v{i}", "target": f"reddit:{name}", "lang": "en",
             "text": sentence(dice, 12), "created_at": (START + timedelta(minutes=37 * i)).isoformat()}
            for i, name in enumerate(ordinary)]  # fmt: skip
    after = scan(dump.records + more)
    columns = ["campaign_id", "tier", "coordination_tier", "n_accounts", "n_comments", "start", "end"]
    assert after.campaigns.select(columns).equals(before.campaigns.select(columns))
    assert after.clusters["cluster_id"].to_list() == before.clusters["cluster_id"].to_list()
    assert flagged(after) == set(ring)


def test_the_order_of_records_changes_nothing(everything):
    dump, _, before = everything
    for seed in (1, 2):
        records = list(dump.records)
        random.Random(seed).shuffle(records)
        after = scan(records)
        for name, frame in before.frames.items():
            assert after.frames[name].equals(frame), name
        assert after.run["counts"] == before.run["counts"]


LAWFUL = {
    "comments": SCORED_COMMENTS, "accounts": SCORED_ACCOUNTS, "clusters": CLUSTERS, "campaigns": CAMPAIGNS,
    "evidence": EVIDENCE, "links": LINKS, "bursts": BURSTS, "rejects": REJECTS,
}  # fmt: skip


@pytest.mark.parametrize(
    "records",
    [
        [{"text": "hello"}],
        [{"text": "👍"}, {"text": "👍"}, {"text": "…"}],
        [{"text": "", "url": "https://example.org/a"}] * 3,
        [{"text": "the same long words again and again by nobody in particular"}] * 5,
        [{"text": "the same long words again and again", "author_id": "a", "id": str(i)} for i in range(5)],
        [{"text": "t", "created_at": None, "author_id": None}, {"text": "u", "target": "x:t"}],
    ],
    ids=["one comment", "emoji", "links only", "no authors", "one author", "nulls"],
)
def test_next_to_nothing_gives_lawful_frames_without_findings(records):
    result = scan(records)
    for name, schema in LAWFUL.items():
        schema.check(result.frames[name])
    assert result.comments.height == result.run["counts"]["accepted"] > 0
    assert result.campaigns.is_empty()
    assert not result.comments["flagged"].any()


def test_nothing_to_judge_is_an_error_and_not_a_finding():
    with pytest.raises(InputError, match="no comment to judge"):
        scan([{"text": ""}])


def test_the_negative_control_finds_nothing(everything, mixed):
    for result in (everything[2], mixed[1]):
        for kind in result.run["negative_control"]["kinds"]:
            assert kind["campaigns_flagged"] == 0
