"""What a run on rank 0 is made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.farm import Farm
    from dsage_mpi.outer.loop import OuterLoop
    from dsage_mpi.outer.phases import Phases
    from dsage_mpi.run.checkpoint_header import Header
    from dsage_mpi.run.progress import Progress
    from dsage_mpi.run.stop import Requests
    from dsage_mpi.rundir.journaled_farm import JournaledFarm
    from dsage_mpi.rundir.metrics import Metrics
    from dsage_mpi.rundir.run_directory import RunDirectory
    from dsage_mpi.rundir.status import StatusFile


@dataclass(frozen=True)
class Resources:
    """What rank 0 has been given to run with.

    Attributes:
        ranks: Size of the world.
        domain: The environment family.
        farm: Where simulators run.
        requests: Asks for a stop or a checkpoint.
        status: Tells people outside how far the run is.
    """

    ranks: int
    domain: Domain
    farm: Farm
    requests: Requests
    status: StatusFile


@dataclass
class CheckpointTimes:
    """What checkpoints took since the last row of the metrics.

    Attributes:
        seconds: Time spent; None without a checkpoint.
        size: Bytes of the newest one that was written.
    """

    seconds: float | None = None
    size: int | None = None

    def add(self, seconds: float) -> None:
        """A checkpoint was written, or could not be."""
        self.seconds = (self.seconds or 0.0) + seconds

    def take(self) -> tuple[float | None, int | None]:
        """Seconds and bytes since the last call."""
        taken = self.seconds, self.size
        self.seconds = self.size = None
        return taken


@dataclass(frozen=True)
class Parts:
    """The parts of a run, which its recorders look at.

    Attributes:
        config: Effective configuration, every "auto" that changes results resolved.
        resources: What rank 0 has been given.
        directory: Where everything is written.
        display: Shows progress to a person.
        phases: The clock of the loop's phases.
        journaled_farm: The farm behind the journal, as the loop sees it.
        loop: The search.
        header: Parts of every checkpoint that never change.
        metrics: One row per iteration.
        checkpoint_times: What checkpoints take.
    """

    config: Config
    resources: Resources
    directory: RunDirectory
    display: Progress
    phases: Phases
    journaled_farm: JournaledFarm
    loop: OuterLoop
    header: Header
    metrics: Metrics
    checkpoint_times: CheckpointTimes = field(default_factory=CheckpointTimes)
