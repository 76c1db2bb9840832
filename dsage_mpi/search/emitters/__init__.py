"""Emitters: what proposes solutions. One module each; ``config/components.py`` lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from dsage_mpi.config.components import EMITTERS
from dsage_mpi.core.component_failures import ComponentFailedError, Guarded, failures_of
from dsage_mpi.core.domain import Array
from dsage_mpi.core.solution_checks import batch_problem
from dsage_mpi.search.emitters.base import Emitter

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.config.tables import EmitterSettings
    from dsage_mpi.core.domain import Domain


def build_emitters(
    archive: ArchiveBase, domain: Domain, settings: EmitterSettings, rng: np.random.Generator
) -> Emitter:
    """Builds all ``settings.count`` emitters of ``settings.kind`` as one emitter.

    Raises:
        ComponentError: A kind from elsewhere cannot be imported.
        ComponentFailedError: It can, and fails; so may all that it is asked for later.
    """
    made_by = EMITTERS.load(settings.kind)
    if EMITTERS.is_own(settings.kind):
        emitter: Emitter = made_by(archive, domain, settings, rng)
        return emitter
    what = f'emitters.kind = "{settings.kind}"'
    with failures_of(what):
        foreign = made_by(archive, domain, settings, rng)
    return cast(Emitter, _Foreign(foreign, what, domain))


class _Foreign(Guarded):
    """An emitter from elsewhere, whose solutions are looked at."""

    def __init__(self, emitter: Any, what: str, domain: Domain) -> None:
        super().__init__(emitter, what)
        self._domain, self._asked = domain, 0

    @property
    def parents(self) -> Array | None:
        """What it says of its last batch (``parents_of``); None if it says nothing.

        Raises:
            ComponentFailedError: It fails, or says something else.
        """
        with failures_of(f"{self._what}, parents"):
            told = getattr(self._component, "parents", None)
            numbers = None if told is None else np.asarray(told)
        if numbers is not None and (
            numbers.shape != (self._asked,) or numbers.dtype.kind not in "iu"
        ):
            raise ComponentFailedError(
                f"{self._what}: parents is {numbers.dtype} of shape {numbers.shape} after a batch "
                f"of {self._asked}: expected whole numbers of shape ({self._asked},), or None"
            )
        return numbers

    def ask(self) -> Array:
        """The next batch.

        Raises:
            ComponentFailedError: There is none, or it is no batch of solutions of the domain.
        """
        with failures_of(f"{self._what}, ask()"):
            solutions = np.asarray(self._component.ask())
        # A simulator that is given what its domain never declared may do anything, e.g. never end.
        problem = batch_problem(solutions, self._domain)
        if not problem and not len(solutions):
            problem = "no solutions: expected a row for each, at least one"
        if problem:
            raise ComponentFailedError(f"{self._what}, ask() returned {problem}")
        self._asked = len(solutions)
        return solutions
