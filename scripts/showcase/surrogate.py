"""Draws what metrics.csv says about a run's surrogate: is it worth it, and is it right?

python scripts/showcase/surrogate.py RUN_DIR OUTPUT.png
"""

from __future__ import annotations

import sys
from pathlib import Path

import dsage_mpi as dm
from dsage_mpi.report.figures import style


def main() -> None:
    """Writes the picture."""
    run_dir, output = map(Path, sys.argv[1:3])
    rows = dm.open_run(run_dir).metrics()
    with style.figure(output, 9.6, 3.0) as figure:
        left, right = figure.subplots(1, 2)
        left.set_title("yield: new or better cells per evaluation", weight="normal")
        left.plot(rows.evaluations, rows["yield"], color=style.RED)
        left.set_ylim(0, 1)
        right.set_title("error of the path length, in steps", weight="normal")
        lines = {
            "agent_path_length_constant_mae": ("always the mean", style.MUTED),
            "agent_path_length_mae": ("the network", style.BLUE),
        }
        for column, (label, colour) in lines.items():
            right.plot(rows.evaluations, rows[column], color=colour, label=label)
        right.set_ylim(0)
        right.legend()
        for axes in (left, right):
            axes.set_xlim(0)
            axes.set_xlabel("evaluations")
            axes.grid(True, axis="y")
            style.thousands(axes.xaxis)
    print(output, f"{output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
