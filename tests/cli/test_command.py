"""The command as people call it: its files, its words, its exit codes."""

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import click
import msgspec
import polars as pl
import pytest
from click.testing import CliRunner

from detector.cli import main
from detector.config import Config
from detector.ingest.compressed import zstd

DETECTOR = Path(sys.executable).with_name("detector")
RECIPE = Path(__file__).parents[2] / "seeds/0012-crypto-botnet.toml"
FOLDER = {
    "comments.parquet", "accounts.parquet", "clusters.parquet", "campaigns.parquet", "evidence.parquet",
    "links.parquet", "bursts.parquet", "rejects.jsonl", "run.json", "report.html",
}  # fmt: skip


def detector(*arguments, code=0, **options):
    """Run the command; it must end with this exit code, and never in a traceback."""
    done = subprocess.run([DETECTOR, *arguments], capture_output=True, text=True, timeout=100, **options)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == code, done.stderr
    return done


def inside(*arguments, code=0):
    """Run the command inside this process, which saves the start, where the process itself is not what is tested."""
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == code, done.stderr
    return done


def told_in_one_line(done):
    """Return what was said, where it is one line for people and nothing else."""
    assert done.stdout == ""
    assert re.fullmatch(r"detector: [^\n]+\n", done.stderr), done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with generated comments, their truth, and a few lines to scan in no time."""
    place = tmp_path_factory.mktemp("cli")
    done = detector("simulate", RECIPE, "--scale", "0.15", "-o", place / "dump.jsonl")
    assert done.stdout == ""
    assert re.fullmatch(r"2,\d\d\d comments in .+dump\.jsonl\n", done.stderr)
    lines = (place / "dump.jsonl").read_bytes().splitlines(keepends=True)
    (place / "few.jsonl").write_bytes(b"".join(lines[:40]))
    return place


@pytest.fixture(scope="module")
def scanned(place):
    """The dump scanned: (folder, what the command printed)."""
    return place / "out", detector("scan", place / "dump.jsonl", "-o", place / "out")


@pytest.fixture
def out(scanned, tmp_path):
    """The scanned folder, to be changed at will."""
    return Path(shutil.copytree(scanned[0], tmp_path / "copy"))


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def contents_but_sources(folder):
    """The files, but for the names of what was read and the lines in it."""
    files = content(folder)
    run = json.loads(files.pop("run.json"))
    del run["sources"], files["report.html"], files["rejects.jsonl"]
    return files, run


def test_a_scan_writes_the_folder_and_tells_the_findings_on_stderr_alone(scanned):
    folder, done = scanned
    assert {path.name for path in folder.iterdir()} == FOLDER
    assert os.listdir(folder.parent).count("out") == 1
    assert not [name for name in os.listdir(folder.parent) if name.startswith(".")]
    assert done.stdout == ""
    run = json.loads((folder / "run.json").read_text())
    campaigns = pl.read_parquet(folder / "campaigns.parquet")
    assert campaigns.filter(pl.col("tier").is_in(["medium", "high"])).height == 1
    [campaign] = campaigns.head(1).to_dicts()
    for words in (
        f"{run['counts']['records_read']:,} records",
        f"{run['counts']['accepted']:,} comments accepted, none refused",
        f"{run['counts']['accounts']:,} accounts",
        f"{run['counts']['clusters']:,} families",
        campaign["campaign_id"],
        f"{campaign['n_accounts']:,} accounts, {campaign['n_comments']:,} comments, {campaign['n_targets']:,} targets",
        "MiB of memory",
        str(folder / "report.html"),
    ):
        assert words in done.stderr
    told = done.stderr.partition(campaign["campaign_id"])[2]
    assert len(re.findall(r"^ +\+ ", told, re.MULTILINE)) == 2


def test_quiet_says_nothing(place, tmp_path):
    done = inside("scan", place / "few.jsonl", "-o", tmp_path / "out", "--quiet")
    assert done.stdout == done.stderr == ""
    assert (tmp_path / "out" / "report.html").is_file()


def test_a_pipe_and_compressed_files_together_give_what_one_file_gives(place, scanned, tmp_path):
    lines = (place / "dump.jsonl").read_bytes().splitlines(keepends=True)
    (tmp_path / "first.jsonl").write_bytes(b"".join(lines[:700]))
    (tmp_path / "second.jsonl.gz").write_bytes(gzip.compress(b"".join(lines[700:1_400])))
    (tmp_path / "third.jsonl.zst").write_bytes(zstd.compress(b"".join(lines[1_400:])))
    with open(tmp_path / "first.jsonl") as pipe:
        rest = (tmp_path / "second.jsonl.gz", tmp_path / "third.jsonl.zst")
        detector("scan", "-", *rest, "-o", tmp_path / "out", "-q", stdin=pipe)
    sources = json.loads((tmp_path / "out/run.json").read_text())["sources"]
    assert sources == ["<stdin>", "second.jsonl.gz", "third.jsonl.zst"]
    assert contents_but_sources(tmp_path / "out") == contents_but_sources(scanned[0])


def test_an_existing_folder_is_refused_before_anything_is_read(tmp_path):
    (tmp_path / "out").mkdir()
    done = detector("scan", tmp_path / "missing.jsonl", "-o", tmp_path / "out", code=4)
    assert "exists already" in told_in_one_line(done)
    assert os.listdir(tmp_path / "out") == []


def test_force_replaces_our_files_and_leaves_foreign_ones(place, out):
    before = content(out)
    (out / "notes.txt").write_text("mine")
    inside("scan", place / "few.jsonl", "-o", out, "--force", "-q")
    after = content(out)
    assert after.pop("notes.txt") == b"mine"
    assert after.keys() == before.keys()
    assert json.loads(after["run.json"])["counts"]["records_read"] == 40
    assert after["comments.parquet"] != before["comments.parquet"]


def test_a_missing_input_is_told_in_one_line_and_leaves_nothing(tmp_path):
    done = detector("scan", tmp_path / "missing.jsonl", "-o", tmp_path / "out", code=1)
    assert "missing.jsonl: no such file" in told_in_one_line(done)
    assert os.listdir(tmp_path) == []


def test_nothing_to_judge_is_a_failure_and_leaves_nothing(tmp_path):
    (tmp_path / "empty.jsonl").write_text('{"text": ""}\n\n{"text": "a"')
    done = detector("scan", tmp_path / "empty.jsonl", "-o", tmp_path / "out", code=1)
    assert "no comment to judge among 3 records" in told_in_one_line(done)
    assert os.listdir(tmp_path) == ["empty.jsonl"]


def test_too_many_rejects_end_in_3_with_the_folder_written_and_the_warning_first(place, tmp_path):
    (tmp_path / "bad.jsonl").write_bytes((place / "few.jsonl").read_bytes() + b"no json\n" * 21)
    done = inside("scan", tmp_path / "bad.jsonl", "-o", tmp_path / "out", code=3)
    assert done.stderr.startswith("Warning: 21 of 61 records were refused (21 invalid json)")
    assert {path.name for path in (tmp_path / "out").iterdir()} == FOLDER
    rejects = [json.loads(line) for line in (tmp_path / "out/rejects.jsonl").read_text().splitlines()]
    assert [reject["line"] for reject in rejects] == list(range(41, 62))
    assert json.loads((tmp_path / "out/run.json").read_text())["too_many_rejects"] is True


@pytest.mark.parametrize(
    "arguments",
    [
        ("scan",),
        ("scan", "few.jsonl"),
        ("scan", "few.jsonl", "-o", "out", "--colour"),
        ("scan", "few.jsonl", "-o", "out", "--set", "text.nonesuch=1"),
        ("scan", "few.jsonl", "-o", "out", "--set", "text.similarity_min=2"),
        ("scan", "few.jsonl", "-o", "out", "--set", "seed"),
        ("scan", "few.jsonl", "-o", "out", "--config", "missing.toml"),
        ("watch",),
        ("config", "--set", "ingest.max_depth=deep"),
    ],
    ids=" ".join,
)
def test_what_the_command_does_not_know_is_a_usage_error(place, arguments):
    done = detector(*arguments, code=2, cwd=place)
    assert done.stdout == ""
    assert done.stderr.startswith(("Usage: detector", "detector: "))
    assert [name for name in os.listdir(place) if name.startswith(".")] == []


def test_settings_come_from_a_file_and_from_the_command_line_and_are_written_down(place, tmp_path):
    printed = inside("config", "--set", "text.similarity_min=0.7").stdout
    assert tomllib.loads(printed)["text"]["similarity_min"] == 0.7
    (tmp_path / "settings.toml").write_text(printed)
    again = inside("config", "--config", tmp_path / "settings.toml")
    assert again.stdout == printed
    assert again.stderr == ""
    changes = ("--config", tmp_path / "settings.toml", "--set", 'judge.allow_texts=["a slogan"]', "--set",
               "evidence.seed=5")  # fmt: skip
    inside("scan", place / "few.jsonl", "-o", tmp_path / "out", "-q", *changes)
    run = json.loads((tmp_path / "out/run.json").read_text())
    expected = Config().with_settings(["text.similarity_min=0.7", 'judge.allow_texts=["a slogan"]', "evidence.seed=5"])
    assert Config.from_dict(run["settings"]) == expected
    assert run["settings_digest"] == expected.digest()


def test_innocent_texts_come_from_a_file(place, tmp_path):
    (tmp_path / "innocent.txt").write_text("a slogan\n\nanother\n", encoding="utf-8")
    inside("scan", place / "few.jsonl", "-o", tmp_path / "out", "-q", "--allow", tmp_path / "innocent.txt")
    run = json.loads((tmp_path / "out/run.json").read_text())
    assert run["settings"]["judge"]["allow_texts"] == ["a slogan", "another"]


def test_explain_knows_comments_accounts_clusters_and_campaigns(scanned):
    folder, _ = scanned
    comment = pl.read_parquet(folder / "comments.parquet").filter("flagged").row(0, named=True)
    for kind, subject in (
        ("Comment", f"{comment['platform']}:{comment['id']}"),
        ("Account", comment["account"]),
        ("Cluster", comment["cluster_id"]),
        ("Campaign", comment["campaign_id"]),
    ):
        done = inside("explain", folder, subject)
        assert done.stderr == ""
        assert done.stdout.startswith(f"{kind} {subject}")
        assert "Evidence for" in done.stdout
        assert "Evidence against" in done.stdout
    done = detector("explain", folder, "nobody", code=1)
    assert "nobody: no comment, account, cluster or campaign has this id" in told_in_one_line(done)


def test_a_folder_that_is_no_result_is_refused_in_one_line(tmp_path):
    assert "not a result" in told_in_one_line(detector("report", tmp_path, code=1))


def test_a_damaged_run_json_is_told_in_one_line(out):
    (out / "run.json").write_text("{}")
    told_in_one_line(detector("report", out, code=1))


def test_report_writes_the_same_page_again(out):
    before = content(out)
    (out / "report.html").write_text("overwritten")
    done = inside("report", out)
    assert done.stdout == f"{out / 'report.html'}\n"
    assert done.stderr == ""
    assert content(out) == before


def test_evaluate_prints_and_writes_the_figures(place, out):
    done = inside("evaluate", out, "--truth", place / "dump.truth.jsonl")
    assert done.stderr == ""
    figures = json.loads((out / "evaluation.json").read_text())
    truth = {}
    for line in (place / "dump.truth.jsonl").read_bytes().splitlines():
        row = msgspec.json.decode(line)
        truth[row["platform"], row["id"]] = row["label"]
    comments = pl.read_parquet(out / "comments.parquet")
    flagged = set(comments.filter("flagged").select("platform", "id").rows())
    positive = {key for key, label in truth.items() if label == 1}
    assert figures["comments"]["recall"] == pytest.approx(len(flagged & positive) / len(positive))
    assert figures["comments"]["precision"] == pytest.approx(len(flagged & positive) / len(flagged))
    assert f"{figures['accounts']['recall']:.4f}" in done.stdout
    assert "D7 (comments, label 1)" in done.stdout


@pytest.mark.parametrize("scale", ["inf", "1e12"])
def test_a_scale_that_cannot_be_played_is_refused(tmp_path, scale):
    inside("simulate", RECIPE, "-o", tmp_path / "dump.jsonl", "--scale", scale, code=2)


@pytest.mark.parametrize("scale", ["0", "-1", "nan", "much"])
def test_a_scale_that_is_no_size_is_refused(tmp_path, scale):
    inside("simulate", RECIPE, "-o", tmp_path / "dump.jsonl", "--scale", scale, code=2)
    assert os.listdir(tmp_path) == []


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "detector", "config"], capture_output=True, text=True, check=True)
    assert done.stdout == Config().to_toml()
    usage = subprocess.run([sys.executable, "-m", "detector", "--help"], capture_output=True, text=True, check=True)
    assert "detector [OPTIONS] COMMAND" in usage.stdout


def test_the_installed_command_is_ours():
    [entry] = entry_points(group="console_scripts", name="detector")
    assert entry.load() is main


def test_help_loads_no_heavy_library():
    code = (
        "import sys\nfrom detector.cli import main\n"
        "try:\n    main([*sys.argv[1:], '--help'])\nexcept SystemExit as end:\n    assert end.code == 0\n"
        "assert not {'polars', 'numpy', 'scipy', 'sklearn', 'jinja2', 'matplotlib'} & set(sys.modules)"
    )
    for command in ("", "scan", "evaluate"):
        done = subprocess.run([sys.executable, "-c", code, *command.split()], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Usage: ")


@pytest.mark.parametrize("command", [[], *[[name] for name in main.commands]], ids=" ".join)
def test_every_command_and_every_option_has_help(command):
    group = main.commands[command[0]] if command else main
    assert all(option.help for option in group.params if isinstance(option, click.Option))
    done = inside(*command, "-h")
    assert max(map(len, done.output.splitlines())) <= 100


# --- where output goes ---------------------------------------------------------------------------------------------


def shell(line, **variables):
    """Run a line of bash in which $detector is the command."""
    environment = os.environ | {"detector": str(DETECTOR)} | {key: str(value) for key, value in variables.items()}
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=100, env=environment)


def test_a_reader_that_leaves_early_causes_no_complaint(scanned):
    folder, _ = scanned
    campaign = pl.read_parquet(folder / "campaigns.parquet")["campaign_id"][0]
    for line in (
        '"$detector" config | head -1',
        '"$detector" --help | head -1',
        '"$detector" explain "$folder" "$campaign" | head -1',
    ):
        done = shell(f"set -o pipefail; {line}", folder=folder, campaign=campaign)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count("\n") == 1
    # Nobody listens from the beginning.
    assert shell('"$detector" explain "$folder" "$campaign" | true', folder=folder, campaign=campaign).stderr == ""


def test_a_closed_stdout_or_stdin_does_no_harm(scanned, tmp_path):
    folder, _ = scanned
    done = shell('"$detector" scan "$few" -o "$out" -q >&- <&-', few=folder.parent / "few.jsonl", out=tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "out/run.json").is_file()
    done = shell('"$detector" scan - -o "$out" <&-', out=tmp_path / "none")
    assert (done.returncode, done.stderr) == (1, "detector: standard input is closed\n")
    assert not (tmp_path / "none").exists()


def test_a_closed_stderr_does_no_harm(place, tmp_path):
    done = shell('"$detector" scan "$few" -o "$out" 2>&-', few=place / "few.jsonl", out=tmp_path / "out")
    assert done.returncode == 0
    assert (tmp_path / "out/run.json").is_file()


def test_a_full_disk_behind_stdout_is_told_in_one_line():
    done = shell('"$detector" config >/dev/full')
    assert done.returncode == 4
    assert re.fullmatch(r"detector: [^\n]+\n", done.stderr)


def test_a_scan_with_little_memory_finds_the_same(scanned, place, tmp_path):
    detector("scan", "-q", place / "dump.jsonl", "-o", tmp_path / "out", "--memory-limit", "303MiB")
    assert content(tmp_path / "out") == content(scanned[0])


@pytest.mark.parametrize(
    ("limit", "code", "words"), [("1MiB", 1, "need at least 0.3 GiB of memory"), ("plenty", 2, "write it like 6GiB")]
)
def test_a_scan_that_cannot_fit_says_so_before_it_starts(place, tmp_path, limit, code, words):
    done = detector("scan", place / "few.jsonl", "-o", tmp_path / "out", "--memory-limit", limit, code=code)
    assert words in told_in_one_line(done)
    assert list(tmp_path.iterdir()) == []
