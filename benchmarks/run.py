"""Measure speed, memory and what is found: `python -m benchmarks.run [--full] [SCENARIO …]`, see `benchmarks.speed`.

Scenarios named, or all that fit into ten minutes, are measured anew; what was measured before of the others is kept.
"""

import argparse
import dataclasses
import json
import signal
import sys
from pathlib import Path

from benchmarks.publish import RESULTS, machine, publish, save
from benchmarks.speed import tables
from benchmarks.speed.outcome import Effort, Outcome
from benchmarks.speed.scenarios import SCENARIOS, Scenario

_FULL = Effort(full=True, repeats=5, limit_s=3600.0)


def main(arguments: list[str]) -> None:
    """Run scenarios, and write what came out as JSON and as tables."""
    # Ended from outside, it ends the scan that it waits for, as on Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__)
    ids = [scenario.id for scenario in SCENARIOS]
    parser.add_argument("ids", nargs="*", metavar="SCENARIO", help=f"of {', '.join(ids)}")
    parser.add_argument("--full", action="store_true", help="all scenarios, the slow ones whole")
    parser.add_argument("--json", type=Path, help="write the JSON here, and no tables")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.ids) - set(ids):
        parser.error(f"no scenario {', '.join(sorted(unknown))}")
    kept = asked.json or RESULTS / "speed.json"
    known = json.loads(kept.read_text(encoding="utf-8"))["scenarios"] if kept.exists() else {}
    for scenario in SCENARIOS:
        if scenario.id in asked.ids or (not asked.ids and (asked.full or not scenario.only_full)):
            known[scenario.id] = _record(scenario, scenario.measure(_FULL if asked.full else Effort()))
            _tell(scenario.id, known[scenario.id])
            results = {"scenarios": {name: known[name] for name in ids if name in known}}
            if asked.json:
                asked.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            else:
                _publish(results["scenarios"])


def _record(scenario: Scenario, outcome: Outcome) -> dict[str, object]:
    return {
        "question": scenario.question,
        "table": scenario.table,
        "machine": machine(peers=True),
        "workloads": outcome.workloads,
        "rows": outcome.rows,
        "goals": [{**dataclasses.asdict(goal), "met": goal.met} for goal in outcome.goals],
    }


def _publish(scenarios: dict[str, dict[str, object]]) -> None:
    save("speed", {"scenarios": scenarios})
    for name, write in tables.TABLES.items():
        publish(name, write({key: found for key, found in scenarios.items() if found["table"] == name}))
    publish("goals", tables.goals(scenarios))


def _tell(name: str, record: dict[str, object]) -> None:
    one = {name: record}
    print(tables.TABLES[str(record["table"])](one) + tables.goals(one), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
