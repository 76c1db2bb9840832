"""Draws an archive of mazes with six of them around it.

python scripts/showcase/archive.py RUN_DIR OUTPUT.png
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.patches import ConnectionPatch
from mazes import typical_rollout

from dsage_mpi.api.scenes import elite_scene, elites_of
from dsage_mpi.domains import build_domain
from dsage_mpi.report.figures import style
from dsage_mpi.run.load_run import find_stored

#: Where around the map each maze is, and where in the occupied part of it, from 0 to 1.
_PLACES = {
    (0, 0): (0.20, 0.86),
    (0, 1): (0.10, 0.55),
    (0, 2): (0.08, 0.08),
    (4, 0): (0.75, 0.86),
    (4, 1): (0.80, 0.38),
    (4, 2): (0.90, 0.02),
}
_MARGIN = 16  # walls and steps that the map shows beyond the elites


def nearest(measures: Any, at: tuple[float, float]) -> int:
    """The elite that is nearest to a place in the occupied part of measure space."""
    low, high = measures.min(axis=0), measures.max(axis=0)
    return int((((measures - low) / (high - low) - at) ** 2).sum(axis=1).argmin())


def draw_map(axes: Any, table: Any) -> Any:
    """The cells, coloured by the evaluation that found their elites."""
    grid = np.full(tuple(table.dims), np.nan)
    grid[np.unravel_index(table.index, tuple(table.dims))] = table.evaluation
    (left, bottom), (right, top) = table.lower_bounds, table.upper_bounds
    axes.set_xlabel("walls")
    axes.annotate(
        "\u2191 steps that the agent walks", (-0.08, 1.015), xycoords="axes fraction", va="bottom"
    )
    image = axes.imshow(
        grid.T,
        origin="lower",
        extent=(left, right, bottom, top),
        aspect="auto",
        interpolation="nearest",
        cmap=matplotlib.colormaps["viridis"].with_extremes(bad=style.EMPTY),
    )
    walls = table.measures[:, 0]
    axes.set_xlim(walls.min() - _MARGIN, walls.max() + _MARGIN)
    return image


def put_maze(figure: Any, panel: Any, axes: Any, scene: Any, measures: Any) -> None:
    """Draws one maze with the agent's way, and a line to its cell."""
    walls, steps = measures
    panel.imshow(scene.film(typical_rollout(scene)).still())
    panel.set_axis_off()
    caption = f"{walls:.0f} walls, {steps:.0f} steps"
    panel.set_title(caption, fontsize=8, loc="center", weight="normal", pad=3)
    side = 1 if panel.get_subplotspec().colspan.start == 0 else 0
    ends: Any = ((side, 0.5), (walls, steps), panel.transAxes, axes.transData)
    look: Any = {"color": style.RED, "linewidth": 1.0, "zorder": 5}
    figure.add_artist(ConnectionPatch(*ends, axesA=panel, axesB=axes, **look))
    axes.plot(walls, steps, "o", markersize=5, color=style.RED, markeredgecolor="white", zorder=6)


def main() -> None:
    """Writes the picture."""
    run_dir, output = map(Path, sys.argv[1:3])
    stored = find_stored(run_dir)
    config = stored.load_config()
    domain = build_domain(config.domain, config.archive.measures)
    table = elites_of(stored, config)
    with style.figure(output, 9.6, 5.6) as figure:
        grid = figure.add_gridspec(3, 5, width_ratios=(1.25, 1, 1, 1, 1.25))
        axes = figure.add_subplot(grid[:, 1:4])
        bar = figure.colorbar(draw_map(axes, table), ax=axes, location="top", aspect=40, pad=0.06)
        bar.set_label(f"{len(table)} mazes; colour: the evaluation that found it")
        bar.outline.set_visible(False)
        style.thousands(bar.ax.xaxis)
        for (column, line), at in _PLACES.items():
            row = nearest(table.measures, at)
            scene = elite_scene(stored, config, domain, table, row)
            panel = figure.add_subplot(grid[line, column])
            put_maze(figure, panel, axes, scene, table.measures[row])
    print(output, f"{output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
