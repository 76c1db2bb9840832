"""``ranks.csv``: what every simulating rank did, and a table of it that stays short."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dsage_mpi.core.csv_files import write_csv
from dsage_mpi.core.text_table import text_table

#: Up to so many ranks are listed one by one.
_LISTED = 8

#: Of the table.
_HEADINGS = ("rank", "host", "tasks", "failed", "busy s", "idle s", "idle")
_HEADER = ("rank", "host", "tasks", "failures", "busy_s", "idle_s")


class RankUsage(Protocol):
    """What is known of one simulating rank (``farm.RankStats`` is one)."""

    @property
    def rank(self) -> int:
        """Its number."""
        ...

    @property
    def host(self) -> str:
        """Its machine."""
        ...

    @property
    def tasks(self) -> int:
        """Tasks that it ran, failed ones included."""
        ...

    @property
    def failures(self) -> int:
        """Tasks that failed."""
        ...

    @property
    def busy_seconds(self) -> float:
        """Time spent on tasks."""
        ...

    @property
    def idle_seconds(self) -> float:
        """The rest of the time."""
        ...


@dataclass(frozen=True)
class RankRow:
    """One line of ``ranks.csv``; see :class:`RankUsage`."""

    rank: int
    host: str
    tasks: int
    failures: int
    busy_seconds: float
    idle_seconds: float


def write_ranks(path: Path, ranks: Sequence[RankUsage]) -> None:
    """Replaces ``ranks.csv`` by the counts of this start of the program."""
    rows = (
        [
            entry.rank,
            entry.host,
            entry.tasks,
            entry.failures,
            f"{entry.busy_seconds:.3f}",
            f"{entry.idle_seconds:.3f}",
        ]
        for entry in ranks
    )
    write_csv(path, _HEADER, rows)


def read_ranks(path: Path) -> list[RankRow]:
    """Lines of ``ranks.csv``; none if it is missing or not readable as such."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                RankRow(
                    int(line["rank"]),
                    line["host"],
                    int(line["tasks"]),
                    int(line["failures"]),
                    float(line["busy_s"]),
                    float(line["idle_s"]),
                )
                for line in csv.DictReader(file)
            ]
    except (OSError, KeyError, ValueError, TypeError):
        return []


def rank_table(ranks: Sequence[RankUsage]) -> list[str]:
    """Lines of text: every rank of a few, or totals and extremes of many."""
    if not ranks:
        return []
    if len(ranks) <= _LISTED:
        rows = [
            (
                *(str(entry.rank), entry.host, str(entry.tasks), str(entry.failures)),
                *(
                    f"{entry.busy_seconds:.1f}",
                    f"{entry.idle_seconds:.1f}",
                    f"{_idle(entry):.0f} %",
                ),
            )
            for entry in ranks
        ]
        return text_table(rows, headings=_HEADINGS, right={0, 2, 3, 4, 5, 6}).splitlines()
    busy = sum(entry.busy_seconds for entry in ranks)
    time = busy + sum(entry.idle_seconds for entry in ranks)
    least, most = min(ranks, key=_idle), max(ranks, key=_idle)
    few, many = min(ranks, key=_tasks), max(ranks, key=_tasks)
    failed = [entry for entry in ranks if entry.failures]
    lines = [
        f"{len(ranks)} simulating ranks on {len({entry.host for entry in ranks})} host(s)",
        f"idle     {100 * (1 - busy / time) if time else 0:.0f} % "
        f"(rank {least.rank}: {_idle(least):.0f} %, rank {most.rank}: {_idle(most):.0f} %)",
        f"tasks    {sum(entry.tasks for entry in ranks)} "
        f"(rank {few.rank}: {few.tasks}, rank {many.rank}: {many.tasks})",
    ]
    if failed:
        worst = max(failed, key=_failures)
        lines.append(
            f"failed   {sum(entry.failures for entry in failed)} on {len(failed)} rank(s) "
            f"(rank {worst.rank}: {worst.failures})"
        )
    return lines


def _idle(entry: RankUsage) -> float:
    """Idle share in percent."""
    total = entry.busy_seconds + entry.idle_seconds
    return 100 * entry.idle_seconds / total if total > 0 else 0.0


def _tasks(entry: RankUsage) -> int:
    return entry.tasks


def _failures(entry: RankUsage) -> int:
    return entry.failures
