"""A rollout as pictures: what the engine showed, tick by tick."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import Array, DomainError
from dsage_mpi.domains.mario.draw import Image, draw_kinds, draw_level, draw_path, put
from dsage_mpi.domains.mario.pictures.blocks import Kind
from dsage_mpi.domains.mario.pictures.sprites import player, sprite
from dsage_mpi.domains.mario.records import HEIGHT, LOSE, WIDTH

#: Width of the camera's window in pixels.
WINDOW = 256
#: A tick takes 30 ms of the game's clock (mario.md section 3.3).
TICK_SECONDS = 0.03
#: Ticks for which a film's end is shown.
_LAST_TICKS = 25

_LOOKS = {
    Kind.GROUND: (1,),
    Kind.STONE: (2,),
    Kind.CANNON: (3, 4, 5),
    Kind.BRICK: (6, 7, 50, 51),
    Kind.POWER_BLOCK: (8,),
    Kind.COIN_BLOCK: (11,),
    Kind.USED_BLOCK: (14,),
    Kind.COIN: (15,),
    Kind.PIPE: (18, 19, 20, 21, 52, 53, 54),
    Kind.POLE_TOP: (39,),
    Kind.POLE: (40,),
    Kind.PLATFORM: (43, 44, 45, 46),
    Kind.BACKDROP: (47,),
}
#: Tile id of the engine (mario.md section 2.2) -> what it looks like.
_KIND_OF_ID = np.full(256, Kind.NOTHING)
for _kind, _ids in _LOOKS.items():
    _KIND_OF_ID[list(_ids)] = _kind


class MarioFilm:
    """A game that can be looked at.

    Args:
        level: (16, 56) tile indices.
        replay: What happened in it (``jvm.MarioJvm.replay``).
    """

    frame_seconds = TICK_SECONDS

    def __init__(self, level: NDArray[np.int8], replay: Mapping[str, Array]) -> None:
        self._level, self._replay = level, replay
        steps = np.sign(np.diff(replay["x"], prepend=replay["x"][:1]))
        moved = np.where(steps != 0, np.arange(len(steps)), 0)
        self._facing = steps[np.maximum.accumulate(moved)]

    def still(self) -> Image:
        """The level as it was in the beginning, with the agent's path: (256, 896, 3) uint8."""
        image = draw_level(self._level)
        replay = self._replay
        draw_path(image, replay["x"].astype(np.float64), replay["y"].astype(np.float64))
        if len(replay["x"]):
            self._put_player(image, len(replay["x"]) - 1)
        return image

    def frames(self, whole: bool) -> Iterator[Image]:
        """One picture per tick: (256, 896, 3) uint8, or (256, 256, 3) that follows the camera."""
        if "tiles" not in self._replay:
            raise DomainError(
                "a jar of your own does not say where its sprites are, so there is no film of its "
                "games; choose a name that ends in .png for the level with the agent's path"
            )
        tiles = np.asarray(self._replay["tiles"]).reshape(-1, HEIGHT, WIDTH)
        background: Image = np.empty(0, np.uint8)
        shown = None
        for tick in range(len(self._replay["x"])):
            if shown is None or not np.array_equal(tiles[tick], shown):
                shown = tiles[tick]
                background = draw_kinds(_KIND_OF_ID[shown])
            image = self._frame(background.copy(), tick)
            left = 0 if whole else int(self._replay["camera_x"][tick])
            image = image if whole else image[:, left : left + WINDOW]
            for _ in range(_LAST_TICKS if tick == len(self._replay["x"]) - 1 else 1):
                yield image

    def _frame(self, image: Image, tick: int) -> Image:
        replay = self._replay
        # The list begins with what came last; what came first is drawn in front.
        for number in range(replay["sprite_offset"][tick], replay["sprite_offset"][tick + 1]):
            code = int(replay["sprite_type"][number])
            if code > 0:  # the agent has a negative one
                picture = sprite(code, int(replay["sprite_facing"][number]))
                put(
                    image,
                    picture,
                    float(replay["sprite_x"][number]),
                    float(replay["sprite_y"][number]),
                )
        self._put_player(image, tick)
        return image

    def _put_player(self, image: Image, tick: int) -> None:
        replay = self._replay
        picture = player(int(replay["mode"][tick]), int(self._facing[tick]))
        if replay["status"][tick] == LOSE:
            picture = picture[::-1]  # upside down
        bottom = min(float(replay["y"][tick]), float(image.shape[0] + 4))
        put(image, picture, float(replay["x"][tick]), bottom)
