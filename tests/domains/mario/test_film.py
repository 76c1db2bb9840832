from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains import build_domain
from dsage_mpi.domains.mario.draw import draw_level
from dsage_mpi.domains.mario.film import MarioFilm
from dsage_mpi.domains.mario.records import LOSE
from dsage_mpi.domains.mario.settings import MarioSettings
from tests.domains.mario import levels

#: Frames that show the end, besides the last tick's own.
LAST = 24


def domain():
    settings = MarioSettings(name="mario", rollouts=2, simulator={"heap_mb": 64})
    return build_domain(settings, ("sky_tiles", "jumps"))


@pytest.fixture(scope="module")
def film():
    """A goomba on flat ground, jumped over or stomped."""
    level = levels.flat()
    levels.put(level, 13, 25, "g")
    made = domain()
    return level, made.film(made.level_task(level), 1)


def test_still_has_the_path(film):
    level, shown = film
    changed = (shown.still() != draw_level(level)).any(axis=2)
    assert changed.any(axis=0)[16:860].mean() > 0.95
    assert not changed[:60].any()


def test_frames_of_the_whole_level(film):
    _, shown = film
    frames = list(shown.frames(whole=True))
    assert {frame.shape for frame in frames} == {(256, 896, 3)}
    # The agent and the enemy move: little changes from frame to frame, but nearly always something.
    played = frames[: len(frames) - LAST]
    changes = [(a != b).any(axis=2).mean() for a, b in pairwise(played)]
    assert max(changes) < 0.01
    assert np.mean(np.array(changes) > 0) > 0.9
    for frame in frames[-LAST:]:
        np.testing.assert_array_equal(frame, frames[-1])


def test_the_camera_follows_the_agent(film):
    _, shown = film
    whole, near = list(shown.frames(whole=True)), list(shown.frames(whole=False))
    assert {frame.shape for frame in near} == {(256, 256, 3)}
    assert len(near) == len(whole) > 89
    np.testing.assert_array_equal(near[0], whole[0][:, :256])
    np.testing.assert_array_equal(near[-1], whole[-1][:, -256:])


def replay(**changes):
    """Three ticks in which the agent stands still, and one sprite in the second."""
    return {
        "x": np.full(3, 100, np.float32),
        "y": np.full(3, 223, np.float32),
        "mode": np.zeros(3, np.int32),
        "status": np.zeros(3, np.int32),
        "camera_x": np.zeros(3, np.int32),
        "tiles": np.zeros((3, 16, 56), np.int32),
        "sprite_offset": np.array([0, 0, 1, 1]),
        "sprite_type": np.array([2]),
        "sprite_facing": np.array([-1]),
        "sprite_x": np.array([200], np.float32),
        "sprite_y": np.array([223], np.float32),
        **changes,
    }


def frames(**changes):
    return list(MarioFilm(levels.flat(), replay(**changes)).frames(whole=True))


def test_sprites_are_where_the_engine_says():
    first, second, third = frames()[:3]
    np.testing.assert_array_equal(first, third)
    rows, cols = np.nonzero((first != second).any(axis=2))
    assert 192 <= cols.min() <= cols.max() <= 207
    assert (rows.max(), rows.min()) == (223, 212)


@pytest.mark.parametrize("code", [*range(2, 17)])
def test_every_sprite_of_the_engine_looks_different(code):
    seen = {
        other: frames(sprite_type=np.array([other]))[1][200:224, 190:212].tobytes()
        for other in range(2, 17)
    }
    assert sum(picture == seen[code] for picture in seen.values()) == 1


def test_tiles_change_during_a_game():
    tiles = np.zeros((3, 16, 56), np.int32)
    tiles[0, 9, 20], tiles[1:, 9, 20] = 11, 14  # a question block that is used up
    shown = frames(tiles=tiles, sprite_offset=np.zeros(4, int))
    changed = (shown[0] != shown[1]).any(axis=2)
    assert changed[144:160, 320:336].mean() > 0.5
    assert changed.sum() == changed[144:160, 320:336].sum()


def test_hidden_blocks_are_hidden():
    tiles = np.zeros((3, 16, 56), np.int32)
    tiles[:, 9, 20:22] = 48, 49
    np.testing.assert_array_equal(frames(tiles=tiles)[0], frames()[0])


def test_the_agent_grows_turns_and_falls():
    small = frames()[0]
    assert (frames(mode=np.ones(3, np.int32))[0] != small).any()
    assert (frames(mode=np.full(3, 2, np.int32))[0] != small).any()
    left = frames(x=np.array([100, 99, 100], np.float32))
    assert (left[1][:, 90:108] != left[0][:, 91:109]).any()
    assert (frames(status=np.array([0, 0, LOSE]))[2] != small).any()


def test_a_game_without_any_tick():
    nothing = {name: array[:0] for name, array in replay().items()}
    shown = MarioFilm(levels.flat(), nothing)
    np.testing.assert_array_equal(shown.still(), draw_level(levels.flat()))
    assert list(shown.frames(whole=False)) == []


def test_a_jar_of_ones_own_has_a_path_but_no_film():
    own = {name: replay()[name] for name in ("x", "y", "mode", "status")}
    shown = MarioFilm(levels.flat(), own)
    assert shown.still().shape == (256, 896, 3)
    with pytest.raises(DomainError, match="no film"):
        next(shown.frames(whole=False))


def test_a_rollout_that_does_not_exist_is_refused():
    made = domain()
    with pytest.raises(DomainError, match="no rollout 2: an evaluation has 2, numbered from 0"):
        made.film(made.level_task(levels.flat()), 2)
