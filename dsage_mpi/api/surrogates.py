"""The surrogate of a run, as a checkpoint has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.device import choose_device
from dsage_mpi.surrogate.model import Surrogate

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.core.state import Tree


def load_surrogate(tree: Tree, config: Config, domain: Domain) -> Surrogate:
    """Returns the surrogate as it was trained last, on whatever device this machine has.

    Args:
        tree: A checkpoint.
        config: Its configuration.
        domain: Its domain.
    """
    made = Surrogate(
        config.surrogate,
        LevelSpace.of(domain, config.surrogate.planes),
        config.archive.measures,
        run_seed=config.seed,
        device=choose_device("auto"),  # the run's own may not be on this machine
    )
    made.load_state({**tree["surrogate"], "adam": tree["optimizer"]})
    return made
