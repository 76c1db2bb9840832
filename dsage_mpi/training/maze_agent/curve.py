"""A picture of the agent's learning curve."""

from __future__ import annotations

import csv
from pathlib import Path

from dsage_mpi.core.atomic_files import atomic_write


def draw_curve(csv_path: Path, png_path: Path) -> None:
    """Draws training and validation success rates over the agent's steps."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with csv_path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    figure = Figure(figsize=(7.0, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    millions = [int(row["steps"]) / 1e6 for row in rows]
    axes.plot(
        millions, [float(row["success_fresh"] or "nan") for row in rows],
        color="0.7", linewidth=0.8, label="training, fresh levels",
    )  # fmt: skip
    tested = [row for row in rows if row["validation"]]
    for column in rows[0] if rows else ():
        if column.startswith("validation"):
            density = column.removeprefix("validation").removeprefix("_")
            axes.plot(
                [int(row["steps"]) / 1e6 for row in tested],
                [float(row[column]) for row in tested],
                marker="o", markersize=3, linewidth=1.0 if density else 2.5,
                label=f"validation, walls {density}" if density else "validation, all",
            )  # fmt: skip
    axes.set_xlabel("agent steps (millions)")
    axes.set_ylabel("success rate")
    axes.set_ylim(0.0, 1.02)
    axes.grid(alpha=0.3)
    if rows:
        axes.legend(fontsize="small", loc="lower right")
    with atomic_write(png_path) as file:
        figure.savefig(file, format="png", dpi=120)
