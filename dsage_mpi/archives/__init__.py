"""Archives: how measure space is divided into cells. One module each, listed in ``registry.py``."""

from dsage_mpi.archives.base import Archives, build_archives
from dsage_mpi.archives.registry import ARCHIVES
from dsage_mpi.archives.settings import ArchiveSettings, archive_settings

__all__ = ["ARCHIVES", "ArchiveSettings", "Archives", "archive_settings", "build_archives"]
