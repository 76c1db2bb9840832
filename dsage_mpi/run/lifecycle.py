"""A run on rank 0: its parts, and the recorders that follow it from start to end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dsage_mpi.config.schema import Config
from dsage_mpi.core.state import Tree
from dsage_mpi.outer.loop import OuterLoop, Step
from dsage_mpi.outer.methods.base import Proposal
from dsage_mpi.outer.phases import Phases
from dsage_mpi.run.checkpoint_header import write_header
from dsage_mpi.run.parts import Parts, Resources
from dsage_mpi.run.progress import Progress
from dsage_mpi.run.recorders.base import Recorder
from dsage_mpi.run.recorders.checkpoints import CheckpointRecorder
from dsage_mpi.run.recorders.display import DisplayRecorder
from dsage_mpi.run.recorders.failures import FailureRecorder
from dsage_mpi.run.recorders.metrics import MetricsRecorder
from dsage_mpi.run.recorders.status import StatusRecorder
from dsage_mpi.run.recorders.surrogate import SurrogateRecorder
from dsage_mpi.run.recorders.surrogate_archive import SurrogateArchiveRecorder
from dsage_mpi.rundir.journal import Journal, journal_key
from dsage_mpi.rundir.journaled_farm import JournaledFarm
from dsage_mpi.rundir.metrics import Metrics
from dsage_mpi.rundir.run_directory import RunDirectory

if TYPE_CHECKING:
    from dsage_mpi.run.request import RunRequest


class Run:
    """The parts of a run and its recorders, which it calls in their order.

    Args:
        parts: What the run is made of.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.checkpoints = CheckpointRecorder(parts, self.state)
        self.recorders: list[Recorder] = [
            MetricsRecorder(parts),  # the others read its newest row
            FailureRecorder(parts),
            DisplayRecorder(parts),
            SurrogateRecorder(parts),
            SurrogateArchiveRecorder(parts),
            StatusRecorder(parts),
            self.checkpoints,  # last: a checkpoint holds what all others did
        ]
        parts.phases.on_safe_point = self.at_safe_point
        parts.loop.on_proposal = self.after_proposal
        parts.loop.on_milestone = self.checkpoints.save_milestone
        parts.loop.may_begin_next = self.may_begin_next
        parts.resources.requests.save = self.checkpoints.save_now

    def after_proposal(self, proposal: Proposal, first: int) -> None:
        """Records what is to be evaluated next."""
        for recorder in self.recorders:
            recorder.after_proposal(proposal, first)

    def may_begin_next(self) -> bool:
        """Whether ranks may have the next batch before this iteration is over.

        Not where a user's callback may end the run then, which would have to wait for them.
        """
        return not self.parts.loop.listeners and not self.checkpoints.needs_ranks_next

    def after_iteration(self, step: Step) -> None:
        """Records one outer iteration."""
        for recorder in self.recorders:
            recorder.after_iteration(step)

    def at_safe_point(self, phase: str, done: int, total: int) -> None:
        """Shows how far the phase is.

        Raises:
            StopRequested: The run is to stop here.
        """
        for recorder in self.recorders:
            recorder.at_safe_point(phase, done, total)
        self.parts.resources.requests.check()

    def on_stop(self, reason: str) -> None:
        """Saves a run that ends early."""
        for recorder in reversed(self.recorders):
            recorder.on_stop(reason)

    def close(self) -> None:
        """Ends the recorders."""
        for recorder in reversed(self.recorders):
            recorder.close()

    def state(self) -> Tree:
        """The whole run as one tree, as of the loop's last mark."""
        parts = {recorder.part: recorder.state() for recorder in self.recorders if recorder.part}
        return {**self.parts.header.tree, **self.parts.loop.state(), **parts}

    def load_state(self, tree: Tree) -> None:
        """Goes back to a checkpoint: the search first, then what was recorded of it."""
        self.parts.loop.load_state(tree)
        for recorder in self.recorders:
            recorder.load_state(tree[recorder.part] if recorder.part else {})
        self.parts.journaled_farm.next_evaluation = len(self.parts.loop.record)


@contextmanager
def assemble(request: RunRequest, config: Config, resources: Resources) -> Iterator[Run]:
    """Builds a run at its beginning; leaving the context closes display, recorders and journal.

    Args:
        request: What to run.
        config: The request's, every "auto" that changes results resolved.
        resources: What rank 0 has been given.
    """
    directory, domain = RunDirectory(request.run_dir), resources.domain
    journal = Journal(directory.journal, journal_key(request.config))
    try:
        with Progress(True, config.algorithm.max_evaluations) as display:
            phases = Phases(display)
            journaled_farm = JournaledFarm(resources.farm, journal, domain.result_dtype)
            loop = OuterLoop(config, domain, journaled_farm, phases)
            loop.listeners = request.listeners
            header = write_header(config, domain, directory, resources.ranks, request)
            metrics = Metrics(directory.metrics, config.archive.measures, config.method_columns)
            run = Run(
                Parts(
                    config=config,
                    resources=resources,
                    directory=directory,
                    display=display,
                    phases=phases,
                    journaled_farm=journaled_farm,
                    loop=loop,
                    header=header,
                    metrics=metrics,
                )
            )
            try:
                yield run
            finally:
                run.close()
    finally:
        journal.close()
