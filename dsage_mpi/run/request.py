"""What all ranks are to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dsage_mpi.config.schema import Config
from dsage_mpi.run.stop import Mark

if TYPE_CHECKING:
    from dsage_mpi.outer.loop import Listener


@dataclass(frozen=True)
class RunRequest:
    """What to run; made and checked on rank 0, then broadcast.

    Attributes:
        config: Effective configuration.
        run_dir: An existing run directory: fresh, or that of the run to continue.
        checkpoint: Checkpoint to continue from, or None.
        verbose: Whether to log DEBUG lines.
        changes: What this restart has changed of the configuration, one text per key.
        origin: What the run went on from, if that is in another run directory; ``checkpoint`` is
            then its copy.
        heeded: Requests of earlier starts that could not be removed (see ``forget_requests``).
        listeners: What rank 0 calls after every outer iteration; not broadcast.
    """

    config: Config
    run_dir: Path
    checkpoint: Path | None = None
    verbose: bool = False
    changes: tuple[str, ...] = ()
    origin: Path | None = None
    heeded: Mapping[str, Mark] = field(default_factory=dict)
    listeners: tuple[Listener, ...] = ()
