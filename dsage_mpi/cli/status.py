"""``status``: one table of runs, for people who watch them from outside."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from dsage_mpi.cli.console import EXIT_CODES, Parser, count_text, describe
from dsage_mpi.cli.run_selection import find_runs
from dsage_mpi.core import exit_codes
from dsage_mpi.core.durations import seconds_text
from dsage_mpi.core.printable import table_cell
from dsage_mpi.core.terminal import complain, live_width
from dsage_mpi.core.text_table import text_table
from dsage_mpi.rundir.lock import is_held
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.rundir.status import DONE, FAILED, STARTING, STOPPED, load_status
from dsage_mpi.study.folder import STUDY_FILE, has_begun, is_study, run_name

EPILOG = f"""examples:
  python -m dsage_mpi status runs/*
  watch -n 10 python -m dsage_mpi status runs/dsage_seeds-*
  python -m dsage_mpi status runs/maze_small             all runs of a study, those to come too

state: what the run does (train, inner, evaluate, with the part that is done), or done, stopped
(goes on with --restart), failed, or dead: killed without a word; it goes on with --restart too.

{EXIT_CODES}
"""
_HEADINGS = ("run", "state", "evaluations", "QD-score", "per s", "left", "last checkpoint", "job")
#: Columns of numbers.
_NUMBERS = frozenset({2, 3, 4, 5})
_ENDED = (DONE, FAILED, STOPPED)
#: Of one cell: names of runs are longest.
_MOST_CHARACTERS = 60


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``status``."""
    describe(
        parser,
        "Shows how far runs are, one line each, from what they write about themselves.",
        EPILOG,
    )
    parser.add_argument("runs", metavar="RUN_DIR", type=Path, nargs="+", help="run directories")


def main(arguments: argparse.Namespace) -> int:
    """Prints the table; returns the exit code."""
    studies = [path for path in arguments.runs if is_study(path)]
    runs, code = find_runs(arguments.runs)
    now, rows = time.time(), []
    for _, directory in runs:
        try:
            rows.append(row(directory, now))
        except OSError as error:
            complain(f"cannot read {directory.status}: {error.strerror or error}")
            code = exit_codes.BAD_INPUT
    rows += [line for study in studies for line in _waiting(study)]
    if rows:
        code = exit_codes.DONE if studies and not runs else code
        cells = [tuple(table_cell(text, _MOST_CHARACTERS) for text in row) for row in rows]
        width = live_width(sys.stdout)
        print(text_table(cells, headings=_HEADINGS, right=_NUMBERS, width=width))
    return code


def row(directory: RunDirectory, now: float) -> tuple[str, ...]:
    """What the table says about one run.

    Args:
        directory: The run.
        now: Seconds since the epoch.

    Raises:
        OSError: Its status cannot be read.
    """
    facts = load_status(directory.status)
    name = _name(directory.path.resolve())
    if not facts:
        return (name, "no status", *["-"] * (len(_HEADINGS) - 2))
    state = state_text(facts, is_held(directory))
    done, total = evaluations(facts), int(facts.get("max_evaluations", 0))
    rate = pace(facts)
    left = (total - done) / rate if rate and facts.get("state") not in _ENDED else None
    return (
        name,
        state,
        f"{count_text(done)}/{count_text(total)}",
        f"{facts['qd_score']:.6g}" if "qd_score" in facts else "-",
        f"{rate:.3g}" if rate else "-",
        "-" if left is None or state == "dead" else seconds_text(left),
        _checkpoint_text(facts, now),
        str(facts.get("job_id") or "-"),
    )


def _name(path: Path) -> str:
    """Of a run; of one in a study's folder, its row as well."""
    return f"{path.parent.name}/{path.name}" if is_study(path.parent.parent) else path.name


def _waiting(study: Path) -> list[tuple[str, ...]]:
    """Lines of the runs of a study that have not begun."""
    from dsage_mpi.config.errors import ConfigError
    from dsage_mpi.study.settings import read_settings

    try:
        settings = read_settings(study / STUDY_FILE)
    except ConfigError as error:
        complain(error)
        return []
    planned = [study / row / run_name(seed) for seed in settings.seeds for row in settings.rows]
    return [
        (f"{run.parent.name}/{run.name}", "waiting", *["-"] * (len(_HEADINGS) - 2))
        for run in planned
        if not has_begun(run)
    ]


def state_text(facts: dict[str, Any], held: bool) -> str:
    """State or phase of a run; ``held`` says whether a program works in its directory."""
    state = str(facts.get("state", "?"))
    if state in _ENDED:
        return state
    if not held:
        return "dead"
    if state == STARTING or "phase" not in facts:
        return STARTING
    share = 100 * int(facts.get("phase_done", 0)) // max(1, int(facts.get("phase_total", 1)))
    return f"{facts['phase']} {share} %"


def evaluations(facts: dict[str, Any]) -> int:
    """Real evaluations so far, those of a batch that is going on included."""
    running = facts.get("phase") == "evaluate" and facts.get("state") not in _ENDED
    batch = int(facts.get("phase_done", 0)) if running else 0
    total = int(facts.get("max_evaluations", 0))
    return min(int(facts.get("evaluations", 0)) + batch, total)


def pace(facts: dict[str, Any]) -> float | None:
    """Evaluations per second since this start, or None while there is nothing to tell."""
    seconds = facts.get("updated", 0.0) - facts.get("search_began", float("inf"))
    done = evaluations(facts) - int(facts.get("first_evaluation", 0))
    return done / seconds if seconds > 0 and done > 0 else None


def _checkpoint_text(facts: dict[str, Any], now: float) -> str:
    if "checkpoint" not in facts:
        return "-"
    age = seconds_text(max(0.0, now - facts.get("checkpoint_time", now)))
    return f"{Path(str(facts['checkpoint'])).stem}, {age} ago"
