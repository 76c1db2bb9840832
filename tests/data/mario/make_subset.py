"""Copies some of the Mario recordings into this folder (see README.md).

Run once by whoever has the recordings: ``python tests/data/mario/make_subset.py FOLDER``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

#: Hand-made and random levels; slices of published levels and what is made of them stay out.
PREFIXES = ("h_", "n_rand", "r_")
#: Random mixes that are kept.
MIXES = 5
#: Most tapes per level.
TAPES = 4


def kept_levels(levels: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in levels if name.startswith(PREFIXES)]
    mixes = [name for name in names if name.startswith("r_")][MIXES:]
    return {name: levels[name] for name in names if name not in mixes}


def kept_ranges(offset: np.ndarray, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the kept items, and their new offsets."""
    rows = [np.arange(offset[i], offset[i + 1]) for i in kept]
    return np.concatenate(rows), np.cumsum([0, *map(len, rows)])


def cut_traces(traces: dict[str, np.ndarray], kept: np.ndarray) -> dict[str, np.ndarray]:
    rows, row_offset = kept_ranges(traces["row_offset"], kept)
    sprites, sprite_offset = kept_ranges(traces["sprite_offset"], rows)
    events, event_offset = kept_ranges(traces["event_offset"], kept)
    cut = {"row_offset": row_offset, "sprite_offset": sprite_offset, "event_offset": event_offset}
    for name, array in traces.items():
        if name in cut:
            continue
        by_kind = {"row": rows, "sprite": sprites, "event": events}
        cut[name] = array[by_kind.get(name.split("_")[0], kept)]
    return cut


def write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")


def main(source: Path) -> None:
    target = Path(__file__).parent
    levels = kept_levels(json.loads((source / "levels.json").read_text())["levels"])
    write_json(target / "levels.json", {"levels": levels})
    with np.load(source / "engine_traces.npz") as file:
        traces = dict(file)
    kept = np.concatenate(
        [np.flatnonzero(traces["level_name"] == name)[-TAPES:] for name in levels]
    )
    np.savez_compressed(target / "engine_traces.npz", **cut_traces(traces, kept))
    metrics = json.loads((source / "engine_metrics.json").read_text())["traces"]
    write_json(target / "engine_metrics.json", {"traces": [metrics[i] for i in kept]})
    budgets = json.loads((source / "astar_budget.json").read_text())["budgets"]
    games = {
        budget: {name: game for name, game in played.items() if name in levels}
        for budget, played in budgets.items()
    }
    write_json(target / "astar_budget.json", {"budgets": games})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
