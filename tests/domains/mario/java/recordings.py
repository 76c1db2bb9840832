"""The recordings of the original: all of them where they are at hand, else tests/data/mario."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_REPOSITORY = Path(__file__).parents[4]
_BESIDE = _REPOSITORY.parent / "shared" / "golden" / "mario"
FOLDER = _BESIDE if _BESIDE.is_dir() else _REPOSITORY / "tests" / "data" / "mario"

_STATUS = {"RUNNING": 0, "WIN": 1, "LOSE": 2, "TIME_OUT": 3}
_BEFORE_TYPES = (
    "status",
    "n_agent_events",
    "completion",
    "remaining_time",
    "mario_mode",
    "kills_total",
    "kills_fire",
    "kills_stomp",
    "kills_shell",
    "kills_fall",
)
_AFTER_TYPES = (
    "hurts",
    "bump_question",
    "bump_brick",
    "jumps",
    "max_x_jump",
    "max_air_time",
    "lives",
    "coins",
    "mushrooms",
    "fireflowers",
    "destroyed_bricks",
    "n_game_events",
)
#: Names of what Output.java writes of a result.
METRICS = (*_BEFORE_TYPES, *(f"kills of type {t}" for t in range(2, 17)), *_AFTER_TYPES)
_FLOATS = ("completion", "max_x_jump")


@functools.cache
def levels() -> dict[str, dict[str, Any]]:
    return _read("levels.json")["levels"]


@functools.cache
def traces() -> dict[str, NDArray[Any]]:
    with np.load(FOLDER / "engine_traces.npz") as file:
        return dict(file)


@functools.cache
def trace_metrics() -> list[dict[str, Any]]:
    return _read("engine_metrics.json")["traces"]


@functools.cache
def games() -> dict[tuple[str, int], dict[str, Any]]:
    """Games of the agent by level and node budget."""
    budgets = _read("astar_budget.json")["budgets"]
    return {
        (level, int(budget)): game
        for budget, played in budgets.items()
        for level, game in played.items()
    }


def metric_values(metrics: dict[str, Any]) -> list[int]:
    """Recorded metrics in the order of ``METRICS``; floats by their bits, NaN as one NaN."""
    values = metrics | {"status": _STATUS[metrics["status"]]}
    for name in _FLOATS:
        values[name] = float_bits(np.nan if metrics[name] is None else metrics[name])
    ordered = [values[name] for name in _BEFORE_TYPES] + metrics["kills_by_type"]
    return ordered + [values[name] for name in _AFTER_TYPES]


def float_bits(value: float) -> int:
    canonical = np.float32(np.nan) if np.isnan(value) else np.float32(value)
    return int(canonical.view(np.int32))


def _read(name: str) -> Any:
    return json.loads((FOLDER / name).read_text())
