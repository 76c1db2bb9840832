"""A state that a restart can go on from, beside archive and record."""

from __future__ import annotations

from dataclasses import dataclass

from dsage_mpi.core.state import Tree
from dsage_mpi.outer.methods.base import Proposal

#: Names of proposals in a checkpoint, in the order of ``Mark``.
_NAMES = ("proposal", "following")


@dataclass(frozen=True)
class Mark:
    """What a method was about to do.

    Attributes:
        method: The method's state.
        proposal: What was to be evaluated next; None if it was not known.
        following: What was to be evaluated after that (overlapped); None if it was not known.
    """

    method: Tree
    proposal: Proposal | None = None
    following: Proposal | None = None

    def proposals(self) -> Tree:
        """Those that are known, by name."""
        known = zip(_NAMES, (self.proposal, self.following), strict=True)
        return {
            name: {"notes": dict(proposal.notes), **proposal.arrays()}
            for name, proposal in known
            if proposal is not None
        }


def saved_proposals(tree: Tree) -> tuple[Proposal | None, ...]:
    """Proposal and following one of a state that has ``Mark.proposals``."""
    return tuple(_proposal(tree[name]) if name in tree else None for name in _NAMES)


def _proposal(saved: Tree) -> Proposal:
    arrays = {key: saved.get(key) for key in ("cost", "measures", "parents")}
    return Proposal(saved["solutions"], notes=saved["notes"], **arrays)
