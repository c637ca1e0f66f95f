"""Run the command on generated comments of every kind, and write what it found to `benchmarks/results/`."""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.publish import ROOT, machine, publish, save

COMMAND = [sys.executable, "-m", "detector"]


@dataclass(frozen=True)
class Scenario:
    """A measurement with a permanent id."""

    id: str
    question: str
    recipe: str
    scale: float = 1.0


SCENARIOS = (
    Scenario("A-0.05", "reply flood, 100 accounts", "0001-mp-reply-flood-2023.toml", 0.05),
    Scenario("A-1.0", "reply flood, 2,000 accounts", "0001-mp-reply-flood-2023.toml", 1.0),
    Scenario("B", "article amplification (never above medium)", "0002-wechat-articles-2023.toml"),
    Scenario("B2", "article amplification, second variant", "0003-wechat-articles-2025.toml"),
    Scenario("B3", "article amplification, two spikes", "0004-wechat-two-spikes-2025.toml"),
    Scenario("C", "paraphrased slow drip", "0005-slow-drip-2025.toml"),
    Scenario("D1", "form letter (organic)", "0006-form-letter.toml"),
    Scenario("D2", "diaspora surge (organic)", "0007-diaspora-surge.toml"),
    Scenario("D3", "holiday greetings (organic)", "0008-holiday-greetings.toml"),
    Scenario("D4", "headline quotes (organic)", "0009-headline-quotes.toml"),
    Scenario("D5", "fans (organic)", "0010-fans.toml"),
    Scenario("D6", "returning voters (organic)", "0011-returning-voters.toml"),
    Scenario("D7", "crypto botnet", "0012-crypto-botnet.toml"),
    Scenario("D8", "an innocent comment copied by a campaign", "0013-joe-job.toml"),
    Scenario("evasions", "every disguise", "0018-evasions.toml"),
    Scenario("quiet", "nobody coordinates", "0019-quiet.toml"),
)


def main() -> None:
    """Run every scenario; write JSON and a Markdown table, the table also into the README."""
    rows = [_measure(scenario) for scenario in SCENARIOS]
    save("accuracy", {"machine": machine(), "rows": rows})
    publish("accuracy", _table(rows))


def _measure(scenario: Scenario) -> dict[str, object]:
    """Generate, scan in a process of its own, and compare with the truth."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "comments.jsonl", Path(folder) / "result"
        truth = _generate(scenario, source)
        seconds, peak_mib = _run([*COMMAND, "scan", "--quiet", str(source), "-o", str(out)])
        run = json.loads((out / "run.json").read_text())
        row: dict[str, object] = {
            "id": scenario.id,
            "question": scenario.question,
            "comments": run["counts"]["accepted"],
            "seconds": round(seconds, 1),
            "peak_mib": round(peak_mib),
            "campaigns": run["counts"]["campaigns"],
            "control_found": sum(kind["campaigns_flagged"] for kind in run["negative_control"]["kinds"]),
        }
        _run([*COMMAND, "evaluate", str(out), "--truth", str(truth)])
        row["evaluation"] = json.loads((out / "evaluation.json").read_text())
    print(f"{scenario.id:14} {row['comments']:>9,} comments {row['seconds']:>6} s {row['peak_mib']:>6} MiB", flush=True)
    return row


def _generate(scenario: Scenario, source: Path) -> Path:
    recipe = ROOT / "seeds" / scenario.recipe
    _run([*COMMAND, "simulate", str(recipe), "-o", str(source), "--scale", str(scenario.scale)])
    return source.with_suffix(".truth.jsonl")


def _run(command: list[str]) -> tuple[float, float]:
    """Run a command to its end; return seconds and the peak of its resident memory in MiB."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit code {process.returncode}")
    return time.monotonic() - started, usage.ru_maxrss / 1024


def _table(rows: list[dict[str, object]]) -> str:
    lines = ["| scenario | comments | seconds | peak MiB | campaigns high / medium / low | comment recall | "
             "comment precision | accounts flagged wrongly |", "|---|---|---|---|---|---|---|---|"]  # fmt: skip
    return "\n".join([*lines, *(_line(row) for row in rows)]) + "\n"


def _line(row: dict[str, object]) -> str:
    campaigns = row["campaigns"]
    assert isinstance(campaigns, dict)
    tiers = " / ".join(str(campaigns[tier]) for tier in ("high", "medium", "low"))
    cells = [
        f"{row['id']}: {row['question']}",
        f"{row['comments']:,}",
        f"{row['seconds']}",
        f"{row['peak_mib']}",
        tiers,
    ]
    cells += _figures(row.get("evaluation"))
    return f"| {' | '.join(cells)} |"


def _figures(evaluation: object) -> tuple[str, str, str]:
    if not isinstance(evaluation, dict):
        return "", "", ""
    comments = evaluation["comments"]
    organic = [share for share in evaluation["by_kind"] if share["level"] == "account" and share["label"] == 0]
    wrong = sum(share["flagged"] for share in organic), sum(share["n"] for share in organic)
    return _share(comments["recall"]), _share(comments["precision"]), f"{wrong[0]:,} of {wrong[1]:,}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    main()
