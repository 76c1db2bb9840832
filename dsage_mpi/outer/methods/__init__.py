"""Algorithms of the outer loop, one module each; ``config/components.py`` lists them."""

from __future__ import annotations

from numbers import Real
from typing import Any, cast

import numpy as np

from dsage_mpi.config.components import METHODS
from dsage_mpi.core.component_failures import ComponentFailedError, Guarded, failures_of
from dsage_mpi.core.solution_checks import batch_problem
from dsage_mpi.outer.methods.base import Context, Method, Proposal


def build_method(context: Context) -> Method:
    """Builds the algorithm that ``algorithm.method`` names.

    Raises:
        ComponentError: One from elsewhere cannot be imported.
        ComponentFailedError: It can, and fails; so may all that it is asked for later.
    """
    name = context.config.algorithm.method
    made_by = METHODS.load(name)
    if METHODS.is_own(name):
        return cast(Method, made_by(context))
    what = f'algorithm.method = "{name}"'
    with failures_of(what):
        foreign = made_by(context)
    return cast(Method, _Foreign(foreign, what, context))


class _Foreign(Guarded):
    """A method from elsewhere, whose proposals are looked at."""

    def __init__(self, method: Any, what: str, context: Context) -> None:
        super().__init__(method, what)
        self._context = context

    def propose(self, iteration: int) -> Proposal:
        """The solutions of an outer iteration.

        Raises:
            ComponentFailedError: There are none, or they are no proposal.
        """
        proposal = self._call("propose", self._component.propose, iteration)
        if problem := self._problem(proposal):
            raise ComponentFailedError(f"{self._what}, propose() returned {problem}")
        return cast(Proposal, proposal)

    def _problem(self, proposal: Any) -> str:
        if not isinstance(proposal, Proposal):
            return f"a {type(proposal).__name__}: expected dsage_mpi.Proposal(solutions)"
        if problem := batch_problem(proposal.solutions, self._context.domain):
            return problem
        if proposal.cost is not None and np.shape(proposal.cost) != (len(proposal.solutions),):
            return f"cost of shape {np.shape(proposal.cost)}: expected one number per solution"
        if proposal.parents is not None and not _numbers_of(proposal.parents, proposal.solutions):
            return (
                f"parents = {proposal.parents!r:.80}: expected {len(proposal.solutions)} integers, "
                "the number of an evaluation for each solution, -1 where there is none"
            )
        columns = self._context.config.method_columns
        for name, value in proposal.notes.items():
            if name not in columns:
                return (
                    f'notes["{name}"]: expected names of COLUMNS ({", ".join(columns) or "none"})'
                )
            if not isinstance(value, Real):
                return f'notes["{name}"] = {value!r:.80}: expected a number'
        return ""


def _numbers_of(parents: Any, solutions: Any) -> bool:
    try:
        found = np.asarray(parents)
    except ValueError:  # rows of different lengths
        return False
    return found.shape == (len(solutions),) and found.dtype.kind in "iu"
