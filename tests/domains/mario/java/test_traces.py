"""The engine against recorded games on fixed tapes, tick by tick and bit by bit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.domains.mario.java import programs, recordings
from tests.domains.mario.java.recordings import METRICS

LEVELS = sorted(set(recordings.traces()["level_name"].tolist()))
ACTION = 11  # column of row_int


@dataclass
class Games:
    """States, other sprites and events of all traces; floats by their bits."""

    row_offset: NDArray[np.int64]
    rows: NDArray[np.int32]
    sprite_offset: NDArray[np.int64]
    sprites: NDArray[np.int32]
    event_offset: NDArray[np.int64]
    events: NDArray[np.int32]

    def of_trace(self, trace: int) -> dict[str, NDArray[np.int32]]:
        first, end = self.row_offset[trace : trace + 2]
        sprites = self.sprite_offset[first : end + 1]
        return {
            "rows": self.rows[first:end],
            "sprites per row": np.diff(sprites),
            "sprites": self.sprites[sprites[0] : sprites[-1]],
            "events": self.events[self.event_offset[trace] : self.event_offset[trace + 1]],
        }


def _bits(floats: NDArray[np.float32]) -> NDArray[np.int32]:
    """Bits as Output.java writes them: a NaN's sign and payload depend on the processor."""
    bits = floats.astype(np.float32).view(np.int32)
    return np.where(np.isnan(floats), recordings.float_bits(np.nan), bits)


@pytest.fixture(scope="module")
def recorded() -> Games:
    t = recordings.traces()
    sprite_int = np.stack([t["sprite_type"], t["sprite_facing"]], axis=1).astype(np.int32)
    return Games(
        t["row_offset"],
        np.hstack([t["row_int"], _bits(t["row_float"])]),
        t["sprite_offset"],
        np.hstack([sprite_int, _bits(t["sprite_float"])]),
        t["event_offset"],
        np.hstack([t["event_int"], _bits(t["event_float"])]),
    )


def _input() -> bytes:
    t = recordings.traces()
    parts = [programs.java_int(len(t["trace_name"]))]
    for trace, level in enumerate(t["level_name"]):
        rows = slice(t["row_offset"][trace] + 1, t["row_offset"][trace + 1])
        tape = t["row_int"][rows, ACTION].astype(np.uint8).tobytes()
        parts += [
            programs.java_text(recordings.levels()[level]["text"]),
            programs.java_int(int(t["start_state"][trace])),
            programs.java_int(len(tape)),
            tape,
        ]
    return b"".join(parts)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return programs.run("PlayTraces", _input(), tmp_path_factory.mktemp("traces"))


@pytest.fixture(scope="module")
def played(output: Path) -> Games:
    def joined(kind: str, ints: int, floats: int) -> NDArray[np.int32]:
        return np.hstack(
            [
                programs.ints(output, f"{kind}_int", ints),
                programs.ints(output, f"{kind}_float", floats),
            ]
        )

    def offset(kind: str) -> NDArray[np.int64]:
        return programs.offsets(programs.ints(output, f"{kind}_count"))

    return Games(
        offset("row"),
        joined("row", 14, 7),
        offset("sprite"),
        joined("sprite", 2, 4),
        offset("event"),
        joined("event", 4, 2),
    )


@pytest.mark.parametrize("level", LEVELS)
def test_states_and_events(level: str, played: Games, recorded: Games) -> None:
    for trace in np.flatnonzero(recordings.traces()["level_name"] == level):
        name = recordings.traces()["trace_name"][trace]
        ours, theirs = played.of_trace(trace), recorded.of_trace(trace)
        for what in theirs:
            np.testing.assert_array_equal(ours[what], theirs[what], f"{what} of {name}")


@pytest.mark.parametrize("level", LEVELS)
def test_metrics(level: str, output: Path) -> None:
    played = programs.ints(output, "metrics", len(METRICS))
    for ours, trace in zip(played, recordings.trace_metrics(), strict=True):
        if trace["level"] != level:
            continue
        theirs = recordings.metric_values(trace["metrics"])
        wrong = {
            name: (a, b)
            for name, a, b in zip(METRICS, ours.tolist(), theirs, strict=True)
            if a != b
        }
        assert not wrong, trace["trace"]


def test_the_recordings_hold_what_matters() -> None:
    """A subset that lost its rare events would prove little."""
    codes = recordings.traces()["event_int"][:, 1]
    assert set(codes.tolist()) == set(range(1, 13))
    types = set(recordings.traces()["sprite_type"].tolist())
    assert {2, 4, 6, 8, 10, 12, 13, 14, 16} <= types
