"""Opens HDF5 files without HDF5's own locks, which some file systems do not have.

NFS without a lock daemon and some Lustre mounts answer every lock with an error, so that HDF5 would
open nothing there. A checkpoint needs none: the run directory has a lock of its own, and a file is
renamed into its place when it is whole.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import h5py

if hasattr(h5py.h5p.PropFAID, "set_file_locking"):
    _UNLOCKED: dict[str, Any] = {"locking": False}
else:  # HDF5 before 1.10.7 knows the variable alone
    _UNLOCKED = {}
    os.environ.setdefault("HDF5_USE_FILE_LOCKING", "FALSE")


def open_file(path: Path, mode: str, **options: Any) -> h5py.File:
    """Opens an HDF5 file.

    Args:
        path: The file.
        mode: As h5py's.
        options: Further ones of h5py.

    Raises:
        OSError: It cannot be opened.
    """
    return h5py.File(path, mode, **_UNLOCKED, **options)
