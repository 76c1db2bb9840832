"""Checkpoints: trees of arrays in HDF5 files, written atomically, verified when read.

| module | what it does |
|---|---|
| ``tree`` | what components hand over |
| ``layout`` | tree <-> HDF5 objects |
| ``contents`` | what may be in a file: looked at before it is opened |
| ``checksum``, ``seal`` | checksums of datasets and of the whole file |
| ``hdf5`` | writes and reads one file |
| ``shards``, ``parallel`` | many ranks write one file together |
| ``writer`` | picks the way that suits |
| ``files`` | the checkpoints of one run |
| ``compare``, ``verify`` | what ``diff`` and ``verify`` print |

The format is described in docs/checkpoint.md.
"""

import contextlib
import sys


def _leave_mpi_alone() -> None:
    """An h5py that is built with MPI would start MPI when it is imported.

    A run on many ranks has started it long before; elsewhere it is not needed, and may fail (on
    login nodes, say).
    """
    if "mpi4py.MPI" in sys.modules:
        return
    with contextlib.suppress(ImportError):
        import mpi4py

        mpi4py.rc.initialize, mpi4py.rc.finalize = False, True


_leave_mpi_alone()
