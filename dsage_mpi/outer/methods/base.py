"""What an algorithm is to the outer loop: something that proposes solutions and learns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import Tree

if TYPE_CHECKING:
    from ribs.archives import ArchiveBase

    from dsage_mpi.archives import Archives
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.computing import Compute
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.outer.phases import Phases
    from dsage_mpi.outer.record import Batch, EvaluationRecord
    from dsage_mpi.outer.searched import Searched


@dataclass(frozen=True)
class Proposal:
    """Solutions to evaluate for real.

    Attributes:
        solutions: (n, solution_dim), in evaluation order.
        cost: (n,) predicted run times in any unit (for dispatch only), or None.
        notes: Columns of ``metrics.csv`` that the method alone can fill.
        measures: (n, k) measures that the method predicts, or None.
        parents: (n,) int64 evaluations that they are mutations of, or descend from through
            predicted ones; -1 where there is none. None: there are none at all.
        searched: The surrogate archive that they were chosen from, or None; no checkpoint has it.
    """

    solutions: Array
    cost: Array | None = None
    notes: Mapping[str, int | float] = field(default_factory=dict)
    measures: Array | None = None
    searched: Searched | None = None
    parents: Array | None = None

    def first(self, count: int) -> Proposal:
        """The first ``count`` of them: how the budget is kept."""
        rows: dict[str, Any] = {name: values[:count] for name, values in self.arrays().items()}
        return replace(self, **rows)

    def arrays(self) -> dict[str, Array]:
        """What there is of it with a row for each solution, by name."""
        found = {name: getattr(self, name) for name in ("solutions", "cost", "measures", "parents")}
        return {name: values for name, values in found.items() if values is not None}


@dataclass(frozen=True)
class Context:
    """What a method works with.

    Attributes:
        config: The whole configuration.
        domain: The environment family.
        archive: The ground-truth archive.
        archives: Makes archives with the same cells, names and groups these.
        phases: Clock and progress of long work.
        milestone: To be called inside ``propose`` when ``state()`` holds work worth keeping.
        compute: Spreads work over ranks that have no tasks, if there are any.
    """

    config: Config
    domain: Domain
    archive: ArchiveBase
    archives: Archives
    phases: Phases
    milestone: Callable[[], None] = lambda: None
    compute: Compute | None = None


class Method(Protocol):
    """One algorithm; a new one is one module here and one line in ``config/components.py``.

    Attributes:
        keeps_proposals: Whether ``state()`` after ``propose`` and the proposal itself are all that
            is needed to go on with its evaluation; else a restart has it proposed again.
    """

    keeps_proposals: bool

    def propose(self, iteration: int) -> Proposal:
        """Proposes the solutions of outer iteration ``iteration`` (0-based)."""
        ...

    def expect(self, pending: Proposal) -> None:
        """Says before ``propose`` that these solutions are being simulated meanwhile.

        Called with ``outer_loop.mode = "overlapped"``: their results are learned after ``propose``.
        """
        ...

    def assess(self, batch: Batch) -> dict[str, float]:
        """Errors of predictions for a batch that nothing has been trained on yet."""
        ...

    def learn(self, batch: Batch, add_info: Tree) -> None:
        """Takes in a whole evaluated proposal and what the archive said of it."""
        ...

    def state(self) -> Tree:
        """What cannot be rebuilt from the evaluation record, as groups of a checkpoint.

        They are some of "surrogate", "optimizer", "search" and "rng".
        """
        ...

    def load_state(self, tree: Tree, record: EvaluationRecord) -> None:
        """Restores ``state()``, rebuilding the rest from the record.

        Args:
            tree: A whole checkpoint.
            record: The evaluation record, restored already.
        """
        ...


class MethodBase:
    """A base for methods whose only memory is the archive: ``propose`` is all that they need.

    Take random numbers from ``seeding.generator(seed, purpose, iteration)``: then the state holds
    nothing, and a restart goes on as if there had been none.
    """

    #: Whether it trains a surrogate and needs ``[selection]``.
    USES_SURROGATE: ClassVar[bool] = False
    #: Emitter kinds of ours that it works with; None: any, or it uses none.
    EMITTERS: ClassVar[tuple[str, ...] | None] = None
    #: Columns of metrics.csv that its proposals' ``notes`` fill -> what they are.
    COLUMNS: ClassVar[Mapping[str, str]] = {}

    keeps_proposals = True

    def __init__(self, context: Context) -> None:
        self.context = context

    def propose(self, iteration: int) -> Proposal:
        """Proposes the solutions of outer iteration ``iteration`` (0-based)."""
        raise NotImplementedError(f"{type(self).__name__} needs a method propose(self, iteration)")

    def expect(self, pending: Proposal) -> None:
        """Proposes as if nothing were under way."""

    def assess(self, batch: Batch) -> dict[str, float]:
        """There are no predictions."""
        return {}

    def learn(self, batch: Batch, add_info: Tree) -> None:
        """Nothing to learn: the archive has it."""

    def state(self) -> Tree:
        """Nothing beside the evaluation record."""
        return {}

    def load_state(self, tree: Tree, record: EvaluationRecord) -> None:
        """Nothing to restore."""
