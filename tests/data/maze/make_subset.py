"""Copies the maze recordings into this folder, without most of the LSTM states (see README.md).

Run once by whoever has the recordings: ``python tests/data/maze/make_subset.py FOLDER``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

STATES_OF = 10  # levels whose LSTM states are kept


def main(source: Path) -> None:
    target = Path(__file__).parent
    for name in ("levels", "tapes", "evaltapes", "stats", "agent"):
        with np.load(source / f"{name}.npz") as file:
            arrays = dict(file)
        for field in ("greedy_h", "greedy_c"):
            if field in arrays:
                arrays[field] = arrays[field][:STATES_OF]
        np.savez_compressed(target / f"{name}.npz", **arrays)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
