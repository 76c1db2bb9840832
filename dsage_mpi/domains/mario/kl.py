"""How unlike the tiles of a level are to those of two original levels (mario.md section 12)."""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.domains.mario.tiles import TILES

#: Tiles in columns 16 to 71 of two original levels, by the engine's characters. Those that our 17
#: symbols lack (1, R, U) never match, so that no level comes nearer than they allow.
REFERENCES: dict[str, dict[str, int]] = {
    "level1": {"-": 750, "X": 108, "t": 26, "g": 4, "!": 3, "S": 3, "1": 1, "@": 1},
    "level3": {
        **{"-": 688, "|": 136, "%": 51, "o": 12, "S": 4, "g": 2},
        **{"R": 1, "U": 1, "r": 1},
    },
}
_SYMBOLS = TILES + "1RU"
_EPSILON = 1e-6
#: Of logarithms, before they are rounded to a float's 16.
_DIGITS = Context(prec=30)


def divergence(levels: NDArray[np.int8], reference: str) -> NDArray[np.float64]:
    """Mean of both Kullback-Leibler divergences between tile histograms.

    Symbols that neither the level nor the reference has are left out; to all others a millionth
    of a tile is added, so that none is impossible. (The published formula divides by totals that
    cancel when the shares are made to sum to 1: levels and references have 896 tiles each.)

    Args:
        levels: (n, H, W) tile indices.
        reference: Key of ``REFERENCES``.

    Returns:
        (n,) in nats.
    """
    counts = np.stack([(levels == k).sum(axis=(1, 2)) for k in range(len(_SYMBOLS))], axis=1)
    known = np.array([REFERENCES[reference].get(symbol, 0) for symbol in _SYMBOLS])
    present = (counts > 0) | (known > 0)
    p, q = _shares(counts, present), _shares(np.broadcast_to(known, counts.shape), present)
    # The logarithm's argument is 1 where a symbol is left out, and its shares are 0.
    ratio = _logarithm(np.where(present, p, 1.0) / np.where(present, q, 1.0))
    return np.asarray(0.5 * ((p - q) * ratio).sum(axis=1))


def _shares(counts: NDArray[np.int64], present: NDArray[np.bool_]) -> NDArray[np.float64]:
    raised = np.where(present, counts + _EPSILON, 0.0)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _logarithm(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Natural logarithm with the same bits on every host.

    NumPy's own is another function where there is AVX-512: one in some hundred results is another
    float, and a run that goes on on another kind of node would not be what it was.
    """
    distinct, position = np.unique(values, return_inverse=True)
    logarithms = np.array([_one_logarithm(value) for value in distinct.tolist()])
    return np.asarray(logarithms[position].reshape(values.shape))


@lru_cache(maxsize=2**17)
def _one_logarithm(value: float) -> float:
    return float(Decimal(value).ln(_DIGITS))
