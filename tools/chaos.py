"""Runs chaos: `python -m tools.chaos --runs 1000`, or one run again with `--seed N`.

Exit status 0 only if every promise held in every run and every fault, crash point and state was hit at least once.
Runs are shared out to `--jobs` processes, each with a database of its own. Every tenth run (seeds that end in 9) has
real worker processes. `--mutation NAME` puts a deliberate bug in, which must be caught.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import django

LONG = 500
"""From so many runs on, all that is expected must have been hit: shorter ones may miss the rare."""


@dataclass
class Report:
    """What came of some runs."""

    hits: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)
    runs: int = 0
    is_stopped: bool = False

    def add(self, other: "Report") -> None:
        """Take the runs of another report in as well."""
        self.hits += other.hits
        self.failed += other.failed
        self.runs += other.runs
        self.is_stopped |= other.is_stopped


def main() -> int:
    """Run, print a histogram and every seed that failed, and say so with the exit status."""
    # Also where a shell started it in the background, or something stops it: what was found until then is told.
    for asked_to_stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(asked_to_stop, signal.default_int_handler)
    asked = _arguments()
    seeds = _seeds(asked)
    if asked.report is None:
        print(f"seeds {seeds[0]} to {seeds[-1]}; any of them again: make chaos SEED=n", flush=True)
    started = time.monotonic()
    is_shared = asked.report is None and asked.mutation is None and min(asked.jobs, len(seeds)) > 1
    report = _in_jobs(asked, seeds) if is_shared else _here(asked, seeds)
    if asked.report is not None:
        asked.report.write_text(json.dumps(vars(report)))
        return 0
    if asked.mutation is not None:
        return _tell_of_mutation(asked.mutation, report)
    missed = _histogram(report.hits, with_processes=_real(seeds, asked)) if asked.seed is None else []
    seconds = time.monotonic() - started
    print(f"{report.runs} runs in {seconds:.0f} s, {len(report.failed)} failed: {sorted(report.failed)}")
    if report.is_stopped:
        print(f"stopped before all {len(seeds)} had run")
    is_long = len(seeds) >= LONG
    return 1 if report.failed or report.is_stopped or (missed and is_long) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=int(os.environ.get("RUNS") or 1000))
    parser.add_argument("--seed", type=int, default=int(os.environ["SEED"]) if os.environ.get("SEED") else None)
    parser.add_argument("--first-seed", type=int, default=None)
    parser.add_argument("--jobs", type=int, default=int(os.environ.get("JOBS") or 2))
    parser.add_argument("--mutation", default=None)
    parser.add_argument("--in-process-only", action="store_true", help="Leave out the runs with real processes.")
    parser.add_argument("--report", type=Path, default=None, help=argparse.SUPPRESS)
    return parser.parse_args()


def _seeds(asked: argparse.Namespace) -> range:
    if asked.seed is not None:
        return range(asked.seed, asked.seed + 1)
    first = int(time.time()) % 1_000_000 if asked.first_seed is None else asked.first_seed
    return range(first, first + asked.runs)


def _is_real(seed: int, asked: argparse.Namespace) -> bool:
    """Whether the run of a seed has real processes: always the same for a seed, so that it can be run again."""
    return seed % 10 == 9 and not asked.in_process_only and asked.mutation is None


def _real(seeds: Sequence[int], asked: argparse.Namespace) -> bool:
    return any(_is_real(seed, asked) for seed in seeds)


# --- Several at once --------------------------------------------------------------------------------------------------


def shares(seeds: range, jobs: int) -> list[range]:
    """Share seeds out, each once, in as many equal parts as there are jobs."""
    bounds = [len(seeds) * number // jobs for number in range(jobs + 1)]
    return [seeds[start:end] for start, end in pairwise(bounds) if end > start]


def _in_jobs(asked: argparse.Namespace, seeds: range) -> Report:
    """Run the seeds in several processes. Ctrl-C reaches them too: each says at which seed it stopped."""
    whole = Report()
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
        jobs = [
            (part, Path(folder) / f"{part[0]}.json", _begin(asked, part, Path(folder) / f"{part[0]}.json"))
            for part in shares(seeds, asked.jobs)
        ]
        for part, path, job in jobs:
            _wait(job, [other for _, _, other in jobs])
            if path.exists():
                given = json.loads(path.read_text())
                whole.add(Report(**{**given, "hits": Counter(given["hits"])}))
            else:
                print(f"the process for seeds {part[0]} to {part[-1]} ended with status {job.returncode}")
                whole.is_stopped = True
    return whole


def _begin(asked: argparse.Namespace, part: range, report: Path) -> "subprocess.Popen[bytes]":
    options = ["--first-seed", str(part[0]), "--runs", str(len(part)), "--report", str(report)]
    options += ["--in-process-only"] if asked.in_process_only else []
    without_seed = {name: value for name, value in os.environ.items() if name not in {"SEED", "RUNS"}}
    return subprocess.Popen([sys.executable, "-m", "tools.chaos", *options], env=without_seed)  # noqa: S603 - ourselves


def _wait(job: "subprocess.Popen[bytes]", all_of_them: Sequence["subprocess.Popen[bytes]"]) -> None:
    """Wait for a job; told to stop, tell them all (from a terminal they know already), and wait for what they say."""
    while True:
        try:
            job.wait()
        except KeyboardInterrupt:
            for one in all_of_them:
                one.terminate()
            continue
        return


# --- One after the other ----------------------------------------------------------------------------------------------


def _here(asked: argparse.Namespace, seeds: range) -> Report:
    """Run the seeds in this process, in a database made for them."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    os.environ.setdefault("CLUBLEDGER_LOG_LEVEL", "CRITICAL")
    django.setup()
    from django.db import connection
    from django.test.utils import setup_test_environment

    from tests.chaos import mutations

    setup_test_environment()
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    report = Report()
    try:
        with mutations.applied(asked.mutation):
            for seed in seeds:
                _one(asked, seed, report)
                if report.runs % 25 == 0:
                    print(f"{report.runs} of {len(seeds)} runs from seed {seeds[0]} on are done", flush=True)
                if report.is_stopped or (asked.mutation is not None and report.failed):
                    break
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    return report


def _one(asked: argparse.Namespace, seed: int, report: Report) -> None:
    from tests.chaos import processes
    from tests.chaos.run import run

    try:
        report.hits += processes.run(seed) if _is_real(seed, asked) else run(seed)
    except KeyboardInterrupt:
        print(f"stopped in the run of seed {seed}", flush=True)
        report.is_stopped = True
        return
    except BaseException as broken:
        report.failed.append(seed)
        print(f"seed {seed}: {type(broken).__name__}: {broken}", flush=True)
        if len(report.failed) == 1 and asked.mutation is None:  # The others' are had with SEED=n.
            traceback.print_exc()
    report.runs += 1


# --- Telling ----------------------------------------------------------------------------------------------------------


def _tell_of_mutation(name: str, report: Report) -> int:
    if report.failed:
        print(f"mutation {name} was caught after {report.runs} runs")
        return 0
    print(f"mutation {name} was not caught in {report.runs} runs")
    return 1


def _histogram(hits: Counter[str], *, with_processes: bool) -> list[str]:
    """Print how often everything was hit, and give what never was."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.chaos.coverage import everything

    for what, count in sorted(hits.items()):
        print(f"{count:8d}  {what}")
    missed = [what for what in everything(with_processes=with_processes) if not hits[what]]
    for what in missed:
        print(f"   never  {what}")
    return missed


if __name__ == "__main__":
    sys.exit(main())
