"""Enemies, items and the agent, all of our own design: bitmaps ((h, w, 4) uint8, RGBA)."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]


#: Letters of the bitmaps below.
_PALETTE: dict[str, Colour] = {
    "k": (38, 38, 46),  # outline
    "w": (252, 250, 244),  # white
    "e": (236, 226, 208),  # light
    "a": (148, 96, 62),  # walker
    "c": (214, 178, 138),
    "b": (84, 60, 48),  # feet
    "p": (118, 84, 150),  # urchin
    "s": (72, 50, 98),
    "g": (70, 152, 96),  # green beetle
    "h": (44, 108, 70),
    "r": (204, 84, 66),  # red beetle
    "q": (150, 54, 48),
    "y": (240, 196, 88),  # skin, gold
    "o": (224, 144, 52),
    "t": (40, 116, 150),  # jacket
    "u": (26, 74, 102),
    "m": (212, 70, 84),  # cap
    "d": (96, 104, 116),  # iron
    "f": (58, 64, 74),
}

_WALKER = """
................
.....aaaaaa.....
...aaaaaaaaaa...
..aaaaaaaaaaaa..
..awwaaaaaawwa..
.aawkkaaaakkwaa.
.aawwkaaaakwwaa.
.aaaaaaaaaaaaaa.
..aaaaakkaaaaa..
...cccccccccc...
....cccccccc....
...bbb....bbb...
..bbbb....bbbb..
"""
_URCHIN = """
.......ss.......
..s...sss...s...
..ss..spps..ss..
...sspppppps....
.s..pppppppp..s.
.ssppppppppppss.
..pppwwppwwppp..
.ppppwkppkwpppp.
sppppppppppppppp
.pppppppppppppp.
..pppppppppppp..
...bbb....bbb...
"""
_BEETLE = """
...........yyy..
..........yyyyy.
..........ywkyy.
.....hhh..ywkyy.
...hhggghhyyyyy.
..hgghggghhyyyo.
.hggggghggghyy..
.hghggggghghyy..
hgggghggggghyy..
hgghgggghgghyy..
.hggggghgggeyy..
.hhgghgghhheey..
..hhhhhhhheeyy..
...eeeeeeeeyy...
....yyy..yyy....
....oyo..oyo....
...oooo..oooo...
"""
_SHELL = """
.....hhhhhh.....
...hhgggggghh...
..hggghgghgggh..
.hgghgggggghggh.
.hggggghhgggggh.
hggghggggggghggh
.hhhhhhhhhhhhhh.
..eeeeeeeeeeee..
...eeeeeeeeee...
"""
_BULLET = """
...ffffffffff...
.ffdddddddddff..
fddddddddwwddff.
fdddddddwwkddddf
fdddddddwkkddddf
fddddddddwwddddf
fddddddddddddmmf
.ffdddddddddff..
...ffffffffff...
"""
_MUSHROOM = """
.....mmmmmm.....
...mmmmmmmmmm...
..mmwwmmmmwwmm..
.mmwwwwmmwwwwmm.
.mmwwwwmmwwwwmm.
mmmmwwmmmmwwmmmm
mmmmmmmmmmmmmmmm
...eeeeeeeeee...
...eekeeeekee...
...eekeeeekee...
....eeeeeeee....
"""
_FLOWER = """
.....oooooo.....
...ooyyyyyyoo...
..oyywwwwwwyyo..
..oywwkwwkwwyo..
..oyywwwwwwyyo..
...ooyyyyyyoo...
.....oooooo.....
.......gg.......
..ggg..gg..ggg..
...gggggggggg...
.....gggggg.....
"""
_FIREBALL = """
..oooo..
.oyyyyo.
oyywwyyo
oywwwwyo
oywwwwyo
oyywwyyo
.oyyyyo.
..oooo..
"""
_SMALL = """
....tttttt..
...tttttttt.
...uuuuuuuu.
...yyyywkyy.
...yyyywkyy.
....yyyyyy..
..mmmmmmmm..
.mmttttttt..
.m.tttttty..
...tttttt...
...uuuuuu...
...bb..bb...
...bbb.bbb..
"""
_LARGE = """
....tttttt....
...tttttttt...
..tttttttttt..
..uuuuuuuuuu..
..yyyyywkyyy..
..yyyyywkyyy..
..yyyyyyyyyy..
...yyyyyyyy...
.mmmmmmmmmm...
mmmmmmmmmmm...
m.tttttttttt..
m.ttttttttttt.
..ttttttttyty.
..tttttttttty.
..tttttttttt..
..tttttttttt..
..uuuuuuuuuu..
..uuuuuuuuuu..
..uuuu..uuuu..
..uuu....uuu..
..uuu....uuu..
..bbb....bbb..
..bbbb...bbbb.
"""
_WING = """
..ww..
.wwww.
wwwwww
ewwwww
.eewww
...eew
"""

#: Sprite type of the engine (mario.md section 7) -> bitmap and letters to exchange.
_SPRITES: dict[int, tuple[str, str]] = {
    2: (_WALKER, ""),
    4: (_BEETLE, "grhq"),
    6: (_BEETLE, ""),
    8: (_URCHIN, ""),
    10: (_BULLET, ""),
    11: (_FLOWER, "ompoym"),
    12: (_MUSHROOM, ""),
    13: (_FLOWER, ""),
    14: (_SHELL, ""),
    15: (_MUSHROOM, "mg"),
    16: (_FIREBALL, ""),
}
_WINGED = frozenset({3, 5, 7, 9})


@cache
def sprite(code: int, facing: int = 1) -> Picture:
    """A sprite of the engine's type ``code``, looking to the right unless ``facing`` < 0."""
    winged = code in _WINGED
    text, exchanged = _SPRITES.get(code - winged, (_FIREBALL, ""))
    return _turned(
        _with_wing(bitmap(text, exchanged)) if winged else bitmap(text, exchanged), facing
    )


@cache
def player(mode: int, facing: int = 1) -> Picture:
    """The agent: small (0), large (1), with fire (2)."""
    return _turned(bitmap(_LARGE if mode else _SMALL, "tmuq" if mode == 2 else ""), facing)


def bitmap(text: str, exchanged: str = "") -> Picture:
    """A picture of rows of letters; ``"grhq"`` paints g as r and h as q."""
    swap = dict(zip(exchanged[::2], exchanged[1::2], strict=True))
    rows = text.strip("\n").split("\n")
    picture = np.zeros((len(rows), max(map(len, rows)), 4), np.uint8)
    for y, row in enumerate(rows):
        for x, letter in enumerate(row):
            if letter != ".":
                picture[y, x] = (*_PALETTE[swap.get(letter, letter)], 255)
    return picture


def _with_wing(picture: Picture) -> Picture:
    winged = np.pad(picture, ((0, 0), (3, 0), (0, 0)))
    wing = bitmap(_WING)
    area = winged[3:9, 0:6]
    area[wing[..., 3] > 0] = wing[wing[..., 3] > 0]
    return winged


def _turned(picture: Picture, facing: int) -> Picture:
    return picture[:, ::-1] if facing < 0 else picture
