"""``diff``: the first item in which two checkpoints differ, or all of them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.cli.console import Parser, describe, exit_codes_help
from dsage_mpi.core import exit_codes
from dsage_mpi.core.terminal import complain
from dsage_mpi.core.text_table import text_table

if TYPE_CHECKING:
    from dsage_mpi.core.state import Tree
    from dsage_mpi.run.load_run import Stored

#: Column of metrics.csv -> what it is called, of two runs with other settings.
_SCORES = {
    "evaluations": "evaluations",
    "failures": "failures",
    "qd_score": "QD-score",
    "coverage": "coverage",
    "archive_size": "elites",
    "objective_best": "best objective",
}

EPILOG = """examples:
  python -m dsage_mpi diff runs/maze-0001 runs/maze-0002
  python -m dsage_mpi diff old.h5 new.h5 --all
"""
_CODES = exit_codes_help(
    "the same",
    "different; one line each: where, the two values. Of runs with other settings, the keys and\n"
    "     then the scores, if not --all",
    "one of them cannot be read",
)


def configure(parser: Parser) -> None:
    """Adds description and arguments of ``diff``."""
    describe(
        parser,
        "Compares two checkpoints bit by bit. What may differ between equal runs is "
        "left out without --all: times, machine, ranks, texts of failures, and settings that "
        "change no result.",
        f"{EPILOG}\n{_CODES}",
    )
    for name in ("first", "second"):
        parser.add_argument(
            name,
            metavar="RUN_DIR|CHECKPOINT",
            type=Path,
            help="a run directory (its newest valid checkpoint is used) or a checkpoint",
        )
    parser.add_argument("--all", action="store_true", help="list all differences, of everything")


def main(arguments: argparse.Namespace) -> int:
    """Prints what differs; returns the exit code."""
    from dsage_mpi.checkpoint.compare import differences
    from dsage_mpi.core.state import CheckpointError
    from dsage_mpi.run.load_run import find_stored
    from dsage_mpi.rundir.run_directory import RunDirectoryError

    try:
        ones = find_stored(arguments.first), find_stored(arguments.second)
        first, second = (_contents(stored, arguments.all) for stored in ones)
    except (CheckpointError, RunDirectoryError) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    lines = _settings(*ones, arguments.all)
    found = bool(lines)
    print("".join(f"{line}\n" for line in lines), end="")
    if found and not arguments.all:
        return exit_codes.FAILED  # other settings, other results: the first item tells nothing
    for difference in differences(first, second):
        print(difference)
        found = True
        if not arguments.all:
            break
    return exit_codes.FAILED if found else exit_codes.DONE


def _settings(first: Stored, second: Stored, everything: bool) -> list[str]:
    """The keys in which two runs differ, and then their scores; nothing if they are one run."""
    from dsage_mpi.config.load import NEUTRAL_KEYS, ConfigError
    from dsage_mpi.config.restart import differences
    from dsage_mpi.config.toml_writer import toml_value

    try:
        found = differences(first.load_config(), second.load_config())
    except ConfigError:
        return []  # of another version: the items are compared all the same
    left_out = () if everything else NEUTRAL_KEYS
    keys = [
        f"{key}: " + " != ".join("unset" if v is None else toml_value(v) for v in (old, new))
        for key, old, new in found
        if key.split(".")[0] not in left_out
    ]
    return [*keys, *_scores(first, second)] if keys else []


def _scores(first: Stored, second: Stored) -> list[str]:
    """What came of either, one line for each of the numbers that a summary begins with."""
    rows = [stored.rows()[-1:] for stored in (first, second)]
    scores = []
    for name, title in _SCORES.items():
        values = [row[0].get(name) if row else None for row in rows]
        one, other = ("none" if v is None else f"{v:.6g}" for v in values)
        scores.append((f"  {title}", one, "=" if one == other else "!=", other))
    return text_table(scores, right={1}).splitlines()


def _contents(stored: Stored, everything: bool) -> Tree:
    """A checkpoint with its root attributes, without what may differ between equal runs."""
    from dsage_mpi.checkpoint.hdf5 import read_attributes
    from dsage_mpi.rundir.metric_columns import TIMING_COLUMNS

    tree: Tree = {"(attributes)": read_attributes(stored.checkpoint), **stored.tree}
    if everything:
        return tree
    columns = tree["metrics"]["columns"]
    return {
        **{name: part for name, part in tree.items() if name not in ("config", "versions")},
        # What the configuration means for the result is in its hash.
        "(attributes)": {
            name: tree["(attributes)"][name]
            for name in ("config_hash", "evaluations", "format", "iteration", "schema", "seed")
            if name in tree["(attributes)"]
        },
        "failures": {"evaluation": tree["failures"]["evaluation"]},
        "metrics": {
            "columns": {n: column for n, column in columns.items() if n not in TIMING_COLUMNS}
        },
    }
