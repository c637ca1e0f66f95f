"""Settings: every fault told at once, nothing unknown let through, and one digest for one meaning."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detector.config import Config, JudgeConfig, TextConfig
from detector.errors import ConfigError

FIELDS = [(section.name, key.name) for section in fields(Config) for key in fields(getattr(Config(), section.name))]


def from_toml(tmp_path, text):
    path = tmp_path / "settings.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    return Config.from_toml(path)


def changed(section, key):
    """Return the settings with this one field at another lawful value."""
    part = getattr(Config(), section)
    value = getattr(part, key)
    other = (*value, type(value[0])(7) if value else "x") if isinstance(value, tuple) else value * 2 or 5
    other = value / 2 if isinstance(value, float) else "unfitted" if isinstance(value, str) else other
    return replace(Config(), **{section: replace(part, **{key: other})})


def test_all_values_out_of_range_are_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        from_toml(
            tmp_path,
            "[text]\nsimilarity_min = 1.5\ncohesion_slack = nan\n[ingest]\nmax_depth = 0\n"
            "[evidence]\nmin_cluster_accounts = 1\n[judge]\naccount_copy_share_min = -0.1\n"
            "weights = 'guess'\n",
        )
    faults = str(caught.value)
    assert "\n" not in faults
    for name in ("text.similarity_min", "text.cohesion_slack", "ingest.max_depth", "evidence.min_cluster_accounts",
                 "judge.account_copy_share_min", "judge.weights must be fitted or unfitted, not 'guess'"):  # fmt: skip
        assert name in faults
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[text]\nn_permutations = 66\nsimilarity_min = 2.0\n", ("n_permutations", "similarity_min")),
        ("[text]\nnonesuch = 1\nsimilarity_min = 2.0\n", ("nonesuch", "similarity_min")),
        ("[text]\nseed = 'x'\n[judge]\nallow_texts = 5\n", ("seed", "allow_texts")),
    ],
    ids=["bands", "unknown", "types"],
)
def test_faults_of_every_sort_are_told_at_once(tmp_path, text, names):
    with pytest.raises(ConfigError) as caught:
        from_toml(tmp_path, text)
    assert all(name in str(caught.value) for name in names)


def test_all_unknown_keys_are_told_at_once(tmp_path):
    with pytest.raises(ConfigError) as caught:
        from_toml(tmp_path, "[text]\nshingles = 5\n[judging]\nx = 1\n[judge]\nallow = []\n")
    assert str(caught.value) == "unknown settings: text.shingles, judging, judge.allow"


@pytest.mark.parametrize(
    "text", ["text = 5", "[text]\nseed = '1'", "[text]\nseed = 1.5", "[text", "\udcff", "[judge]\nallow_texts = [1]"]
)
def test_what_is_no_settings_file_is_told_in_one_line(tmp_path, text):
    with pytest.raises(ConfigError) as caught:
        from_toml(tmp_path, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("assignment", ["seed=1", "text.seed", "text.nonesuch=1", "text=1", "text.seed=one", "=", "."])
def test_an_assignment_that_sets_nothing_is_refused(assignment):
    with pytest.raises(ConfigError):
        Config().with_settings([assignment])


def test_assignments_are_toml_or_bare_words_and_the_last_one_holds():
    config = Config().with_settings(
        ["text.seed=5", "text.seed = 6", "judge.allow_texts=['a = b']", "evidence.synchrony_windows_s=[1, 2]"]
    )
    assert config.text == TextConfig(seed=6)
    assert config.judge == JudgeConfig(allow_texts=("a = b",))
    assert config.evidence.synchrony_windows_s == (1, 2)
    assert config.ingest == Config().ingest


@pytest.mark.parametrize(
    "assignment",
    [
        "text.seed=-1",
        "evidence.seed=-1",
        f"text.seed={2**32}",
        f"text.max_text_chars={2**63}",
        f"text.shingle_chars={2**31}",
        f"text.n_permutations={2**31}",
        f"evidence.period_days={2**31}",
        f"evidence.burst_bins_min={2**63}",
    ],
)
def test_values_that_no_scan_can_run_with_are_refused(assignment):
    with pytest.raises(ConfigError):
        Config().with_settings([assignment])


@pytest.mark.parametrize(("section", "key"), FIELDS)
def test_the_digest_changes_with_every_field_and_the_file_keeps_every_field(tmp_path, section, key):
    config = changed(section, key)
    assert config != Config()
    assert config.digest() != Config().digest()
    again = from_toml(tmp_path, config.to_toml())
    assert again == config
    assert again.digest() == config.digest()
    assert Config.from_dict(config.to_dict()) == config


def test_no_two_fields_share_a_digest():
    assert len({changed(*field).digest() for field in FIELDS}) == len(FIELDS) > 25


def test_an_allowed_text_with_a_delete_character_survives_the_file(tmp_path):
    config = Config(judge=JudgeConfig(allow_texts=("a\x7fb",)))
    assert from_toml(tmp_path, config.to_toml()) == config


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x7f"), max_size=8), max_size=3),
    st.floats(0, 1),
)
def test_any_lawful_settings_survive_the_file(tmp_path_factory, texts, share):
    config = Config(judge=JudgeConfig(share, tuple(texts)))
    again = from_toml(tmp_path_factory.getbasetemp(), config.to_toml())
    assert again == config
    assert again.digest() == config.digest()
