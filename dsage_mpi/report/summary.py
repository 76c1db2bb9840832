"""The text that a run ends with, and that ``inspect`` shows."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from dsage_mpi.core.text_table import text_table
from dsage_mpi.report.ranks import RankUsage, rank_table
from dsage_mpi.rundir.run_directory import RunDirectory

#: Characters of the longest name of an entry, indented.
_NAMES_WIDTH = 15

Rows = Sequence[Mapping[str, Any]]

_PHASES = (
    ("train_s", "training"),
    ("inner_s", "inner loop"),
    ("evaluate_s", "simulating"),
    ("checkpoint_s", "checkpoints"),
)


def run_summary(
    run_dir: RunDirectory,
    rows: Rows,
    *,
    title: str = "",
    max_evaluations: int | None = None,
    cells: int | None = None,
    ranks: Sequence[RankUsage] = (),
) -> str:
    """Describes a run in about a screen of text.

    Args:
        run_dir: Where the run lives; its files are listed as far as they exist.
        rows: Rows of the metrics, of all starts.
        title: First line, e.g. ``dsage on maze, seed 1``.
        max_evaluations: The budget.
        cells: Cells of the archive.
        ranks: Who simulated.
    """
    lines = [title] if title else []
    if rows:
        entries = [*_results(rows, max_evaluations, cells), *_times(rows)]
        named = [(f"  {name}", text) for name, text in entries]
        lines += text_table(named, widths=(_NAMES_WIDTH, None)).splitlines()
    else:
        lines.append("  no outer iteration finished yet")
    table = rank_table(ranks)
    if table:
        lines += ["", *(f"  {line}" for line in table)]
    files = _files(run_dir)
    if files:
        lines += ["", f"Results in {run_dir.path}{os.sep}", *(f"  {line}" for line in files)]
    return "\n".join(lines)


def _results(rows: Rows, max_evaluations: int | None, cells: int | None) -> list[tuple[str, str]]:
    last = rows[-1]
    budget = f" of {_count(max_evaluations)}" if max_evaluations is not None else ""
    failures = last.get("failures") or 0
    failed = f" ({_count(failures)} failed, see failures.jsonl)" if failures else ""
    of_cells = f" of {_count(cells)}" if cells is not None else ""
    lines = [
        ("evaluations", f"{_count(last['evaluations'])}{budget}{failed}"),
        ("iterations", _count(last["iteration"])),
        ("QD-score", f"{last['qd_score']:.2f}"),
        (
            "coverage",
            f"{100 * last['coverage']:.2f} % ({_count(last['archive_size'])}{of_cells} cells)",
        ),
    ]
    if last.get("objective_best") is not None and last.get("objective_mean") is not None:
        best, mean = last["objective_best"], last["objective_mean"]
        lines.append(("objective", f"best {best:.4g}, mean {mean:.4g}"))
    if clipped := _clipped(rows):
        lines.append(("clipped", clipped))
    errors = [
        _error(name.removesuffix("_mae"), last)
        for name, value in last.items()
        if name.endswith("_mae") and not name.endswith("_constant_mae") and value is not None
    ]
    if errors:
        lines.append(("surrogate MAE", ", ".join(errors)))
    return lines


def _clipped(rows: Rows) -> str:
    """``jumps: 12 above the archive's range``; empty if nothing was."""
    sums = {
        (name.removesuffix(f"_{side}"), side): sum(row.get(name) or 0 for row in rows)
        for name in rows[-1]
        for side in ("below", "above")
        if name.endswith(f"_{side}")
    }
    found = [
        f"{_count(count)} evaluations with {what.replace('_', ' ')} {side} the range"
        for (what, side), count in sums.items()
        if count
    ]
    return ", ".join(found)


def _error(what: str, row: Mapping[str, Any]) -> str:
    """``jumps 3.2 (mean so far: 4.1)``."""
    constant = row.get(f"{what}_constant_mae")
    beside = "" if constant is None else f" (mean so far: {constant:.3g})"
    return f"{what.replace('_', ' ')} {row[f'{what}_mae']:.3g}{beside}"


def _times(rows: Rows) -> list[tuple[str, str]]:
    """The time of all outer iterations, whichever start of the program they ran in.

    Not that of this start: the same run would have another wall time wherever one looks.
    """
    total = sum(row.get("total_s") or 0.0 for row in rows)
    phases = [(label, sum(row.get(name) or 0.0 for row in rows)) for name, label in _PHASES]
    shares = ", ".join(f"{label} {100 * s / total:.0f} %" for label, s in phases if total and s)
    lines = [("wall time", f"{duration(total)}, all starts, to the last iteration")]
    if shares:
        lines.append(("spent on", shares))
    return lines


def _files(run_dir: RunDirectory) -> list[str]:
    """What is there, most interesting first."""
    named = [
        *((path, "") for path in sorted(run_dir.figures.glob("*.png"))),
        (run_dir.archive_csv, "every elite's numbers"),
        (run_dir.archive_npz, "every elite with its level and solution"),
        (run_dir.metrics, "one row per outer iteration"),
        (run_dir.failures, "failed evaluations with tracebacks"),
        (run_dir.log, "log"),
    ]
    found = [(path.relative_to(run_dir.path), what) for path, what in named if path.is_file()]
    checkpoints = len(list(run_dir.checkpoints.glob("*.h5"))) if run_dir.checkpoints.is_dir() else 0
    entries = [(str(name), what) for name, what in found]
    if checkpoints:
        entries.append((run_dir.checkpoints.name + os.sep, f"{checkpoints} checkpoint(s)"))
    return text_table(entries).splitlines() if entries else []


def duration(seconds: float) -> str:
    """``12.3 s``, ``3 min 42 s`` or ``5 h 07 min``."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _count(number: int) -> str:
    """12 500 rather than 12500."""
    return f"{number:,}".replace(",", " ")
