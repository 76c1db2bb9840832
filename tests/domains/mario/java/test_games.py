"""The planner against recorded games: every action and every node count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.domains.mario.java import programs, recordings
from tests.domains.mario.java.recordings import METRICS

GAMES = sorted(recordings.games())


@dataclass
class Played:
    tape: str
    nodes: list[int]
    metrics: list[int]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, int], Played]:
    parts = [programs.java_int(len(GAMES))]
    for level, budget in GAMES:
        recorded = recordings.levels()[level]
        parts += [
            programs.java_text(recorded["text"]),
            programs.java_int(recorded["agent_start_state"]),
            programs.java_int(budget),
        ]
    folder = tmp_path_factory.mktemp("games")
    programs.run("PlayGames", b"".join(parts), folder)
    metrics = programs.ints(folder, "metrics", len(METRICS))
    tape, nodes = programs.ints(folder, "tape"), programs.ints(folder, "nodes")
    offset = programs.offsets(metrics[:, METRICS.index("n_agent_events")])
    return {
        game: Played(
            "".join(chr(65 + mask) for mask in tape[offset[n] : offset[n + 1]]),
            nodes[offset[n] : offset[n + 1]].tolist(),
            metrics[n].tolist(),
        )
        for n, game in enumerate(GAMES)
    }


@pytest.mark.parametrize("game", GAMES, ids=lambda game: f"{game[0]}-{game[1]}")
def test_decisions_and_node_counts(game: tuple[str, int], played: dict[Any, Played]) -> None:
    recorded = recordings.games()[game]
    assert played[game].tape == recorded["tape"]
    assert played[game].nodes == recorded["nodes"]
    assert sum(played[game].nodes) == recorded["nodes_total"]
    assert max(played[game].nodes, default=0) == recorded["nodes_max"]
    theirs = recordings.metric_values(recorded["metrics"])
    assert dict(zip(METRICS, played[game].metrics, strict=True)) == dict(
        zip(METRICS, theirs, strict=True)
    )
