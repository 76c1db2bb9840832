"""The lifecycle that all recorders share."""

from __future__ import annotations

from dsage_mpi.core.state import Tree
from dsage_mpi.outer.loop import Step
from dsage_mpi.outer.methods.base import Proposal


class Recorder:
    """Follows a run from outside. Every method may be left out.

    A run calls its recorders in their order, and those that have a ``part`` are given it back
    after a restart before the first iteration.
    """

    #: Name of this recorder's group in a checkpoint; empty if it keeps nothing there.
    part = ""

    def after_proposal(self, proposal: Proposal, first: int) -> None:
        """A method has proposed solutions, whose first evaluation is number ``first``.

        A restart goes on with a proposal that it has kept without saying so again.
        """

    def after_iteration(self, step: Step) -> None:
        """An outer iteration is over."""

    def at_safe_point(self, phase: str, done: int, total: int) -> None:
        """``done`` of ``total`` steps of a phase are over; called often, so it must be quick."""

    def on_stop(self, reason: str) -> None:
        """The run ends early, resumable; recorders are told in reverse order."""

    def close(self) -> None:
        """The search is over or has failed; recorders are told in reverse order."""

    def state(self) -> Tree:
        """What goes into the checkpoint as ``part``."""
        return {}

    def load_state(self, tree: Tree) -> None:
        """The run continues from a checkpoint; ``tree`` is this recorder's ``part`` of it."""
