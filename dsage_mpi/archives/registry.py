"""The registry of archives: how measure space is divided into cells (``archive.kind``)."""

from __future__ import annotations

from dsage_mpi.core.registry import Registry

ARCHIVES = Registry(
    "archive",
    "dsage_mpi.archives",
    {
        "grid": "dsage_mpi.archives.grid:GridArchives",
        "cvt": "dsage_mpi.archives.cvt:CvtArchives",
    },
)
