"""What is searched: the solutions of a domain, for the cells of an archive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.archives import Archives
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Domain


@dataclass(frozen=True)
class Problem:
    """What a search on predictions works with.

    Attributes:
        config: Uses ``emitters``, ``inner_loop`` and ``seed``.
        domain: Gives the solution space.
        archives: Makes archives with the cells of the run's.
        ground_truth: Archive of real elites.
    """

    config: Config
    domain: Domain
    archives: Archives
    ground_truth: ArchiveBase
