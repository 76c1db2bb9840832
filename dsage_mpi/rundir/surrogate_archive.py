"""``surrogate_archive.npz``: the surrogate's archive of the newest outer iteration.

    iteration    ()        from 0
    cell         (s,)      int64, row-major over the archive's dims
    objective    (s,)      float64, predicted
    measures     (s, k)    float64, predicted
    evaluation   (s,)      int64, number of the evaluation that simulates it; -1 if it is not chosen

It is written anew, atomically, whenever solutions have been chosen; reports alone read it.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.outer.searched import Searched

NAME = "surrogate_archive.npz"


def write_surrogate_archive(run_dir: Path, searched: Searched, first: int) -> None:
    """Replaces the file.

    Args:
        run_dir: The run directory.
        searched: What the archive held.
        first: Number of the evaluation of the first solution that was proposed.

    Raises:
        OSError: It cannot be written; what was there stays.
    """
    with atomic_write(run_dir / NAME, durable=False) as file:
        np.savez(
            file,
            iteration=np.int64(searched.iteration),
            cell=searched.cell,
            objective=searched.objective,
            measures=searched.measures,
            evaluation=np.where(searched.place < 0, -1, searched.place + first),
        )


def read_surrogate_archive(run_dir: Path) -> Searched | None:
    """What the file holds, with numbers of evaluations as ``place``; None if it cannot be read."""
    try:
        # Opened here, for NumPy would leave a damaged file open.
        with (run_dir / NAME).open("rb") as file, np.load(file, allow_pickle=False) as held:
            found = Searched(
                int(held["iteration"]),
                held["cell"],
                held["objective"],
                held["measures"],
                held["evaluation"],
            )
    except (OSError, ValueError, KeyError, EOFError, TypeError, zipfile.BadZipFile):
        return None
    counts = {len(found.cell), len(found.objective), len(found.measures), len(found.place)}
    return found if len(counts) == 1 else None
