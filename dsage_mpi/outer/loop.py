"""The outer loop: propose, evaluate for real, remember; until the budget is spent.

    while evaluations < max_evaluations:
        proposal <- method.propose()          DSAGE: train, inner loop, select
        batch <- evaluate(proposal)           truncated to the evaluations left
        add batch to archive, record, method  failed ones count but add nothing

All algorithms run through this one loop (see ``outer.methods``). Overlapped, the method proposes
batch t + 1, of all that was learned up to batch t - 1, while other ranks simulate batch t: which
is counted in batches, so that the result does not depend on who is faster.

An iteration can be left by an exception at any of its safe points (see ``run.stop``). ``state``
is then that of the last *mark*: the end of the iteration before, or for a method that keeps its
proposals the end of training or proposing. Archive and record change between two marks no more
than once, after the last safe point, so that only the method's state has to be set aside.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ribs.archives import ArchiveBase

from dsage_mpi.archives import Archives, build_archives
from dsage_mpi.core.seeding import Purpose, integer_seed
from dsage_mpi.core.state import CheckpointError, Tree
from dsage_mpi.outer.evaluate import BatchEvaluation, Place, begin_evaluation
from dsage_mpi.outer.mark import Mark, saved_proposals
from dsage_mpi.outer.methods import build_method
from dsage_mpi.outer.methods.base import Context, Proposal
from dsage_mpi.outer.phases import Phases
from dsage_mpi.outer.record import Batch, EvaluationRecord, batches
from dsage_mpi.search.archive import elites, ground_truth_archive

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.core.domain import Domain
    from dsage_mpi.farm.interface import Evaluator

_log = logging.getLogger("dsage_mpi.outer")


@dataclass(frozen=True)
class Step:
    """What one outer iteration did."""

    proposal: Proposal
    batch: Batch
    errors: dict[str, float]
    add_info: Tree


class OuterLoop:
    """One run's search state; ``run`` carries it to the end of the budget.

    Args:
        config: The whole configuration.
        domain: The environment family.
        farm: Where simulators run.
        phases: Clock, progress and safe points.
    """

    def __init__(
        self,
        config: Config,
        domain: Domain,
        farm: Evaluator,
        phases: Phases,
    ) -> None:
        self.config, self.domain, self.phases = config, domain, phases
        self._farm = farm
        #: Called in the middle of an iteration when there is a new state worth keeping.
        self.on_milestone: Callable[[], None] = lambda: None
        #: Called with what was proposed, and the number of its first evaluation.
        self.on_proposal: Callable[[Proposal, int], None] = lambda proposal, first: None
        #: Asked at the end of an iteration: whether other ranks may begin with the next batch now,
        #: before what is kept of this one has been. They may be wanted for that, and whoever might
        #: leave the loop then would have to wait for them.
        self.may_begin_next: Callable[[], bool] = lambda: False
        #: Called by ``run`` after every iteration, once all that is kept of it is.
        self.listeners: Sequence[Listener] = ()
        self._begin(build_archives(config.archive, config.seed))

    @property
    def evaluations_left(self) -> int:
        """Real evaluations that the budget still allows."""
        return max(0, self.config.algorithm.max_evaluations - len(self.record))

    def run(self, after_iteration: Callable[[Step], None]) -> None:
        """Runs outer iterations until the budget is spent, calling back after each."""
        for step in self.steps():
            after_iteration(step)
            for listener in self.listeners:
                listener(self, step)

    def steps(self) -> Iterator[Step]:
        """Runs one outer iteration after another until the budget is spent."""
        while self.evaluations_left > 0:
            proposal = self._marked.proposal or self._propose()
            if len(proposal.solutions) == 0:
                self._warn_of_early_end()
                return
            batch = self._evaluate(proposal.first(self.evaluations_left))
            self._begin_next(len(batch))
            errors = self.method.assess(batch)  # before anything is trained on the batch
            add_info = add_to_archive(self.archive, batch)
            self.record.append(batch)
            self.method.learn(batch, add_info)
            self.iteration += 1
            self._mark(self._marked.following)
            yield Step(proposal, batch, errors, add_info)

    def state(self) -> Tree:
        """Everything that a restart needs, as of the last mark.

        The archive is there for readers and as a check.
        """
        marked = self._marked
        return {
            "counters": {
                "iteration": self.iteration,
                "evaluations": len(self.record),
                "failures": int(self.record["failed"].sum()),
            },
            "record": self.record.state(),
            "failures": self.record.failures(),
            "archive": elites(self.archive),
            **({"cells": cells} if (cells := self.archives.state()) else {}),
            **marked.method,
            # All streams that are not in the method's state are named: see ``seeding``.
            "rng": {"run_seed": self.config.seed, **marked.method.get("rng", {})},
            **marked.proposals(),
        }

    def _begin(self, archives: Archives) -> None:
        """Sets up a search that has found nothing yet, with the cells of ``archives``."""
        config, domain = self.config, self.domain
        self.archives = archives
        seed = integer_seed(config.seed, Purpose.EMITTER, 0)
        self.archive: ArchiveBase = ground_truth_archive(archives, domain, seed)
        self.record = EvaluationRecord(domain, len(config.archive.measures))
        self.method = build_method(
            Context(
                config,
                domain,
                self.archive,
                archives,
                self.phases,
                self._method_milestone,
                getattr(self._farm, "compute", None),
            )
        )
        self.iteration = 0
        #: The next batch, if other ranks have begun with it.
        self._begun: BatchEvaluation | None = None
        self._mark()

    def load_state(self, tree: Tree) -> None:
        """Continues from ``state()``: record first, archive and data set rebuilt from it.

        Raises:
            CheckpointError: The rebuilt archive is not the stored one.
        """
        if "cells" in tree:  # those of the machine that the run began on, to the last bit
            self._begin(build_archives(self.config.archive, self.config.seed, tree))
        self.record.load_state(tree["record"], tree["failures"])
        for batch in batches(self.record, self.domain, self.config.seed):
            add_to_archive(self.archive, batch)
        self._check_archive(tree["archive"])
        self.method.load_state(tree, self.record)
        self.iteration = int(tree["counters"]["iteration"])
        self._begun = None
        self._mark(*saved_proposals(tree))

    def _propose(self) -> Proposal:
        proposal = self.method.propose(self.iteration)
        self.on_proposal(proposal, len(self.record))
        # A restart proposes anew instead of an empty one: its settings may find something.
        if self.method.keeps_proposals and len(proposal.solutions) > 0:
            self._mark(proposal)
            self.on_milestone()
        return proposal

    def _propose_following(self, proposal: Proposal) -> None:
        """Proposes the next batch while ``proposal`` is simulated, unless a restart knows it."""
        if self._marked.following is not None or len(proposal.solutions) >= self.evaluations_left:
            return
        self.method.expect(proposal)
        following = self.method.propose(self.iteration + 1)
        self.on_proposal(following, len(self.record) + len(proposal.solutions))
        if len(following.solutions) > 0:  # else proposed anew, once more is known
            self._mark(self._marked.proposal, following)
            self.on_milestone()

    def _mark(self, proposal: Proposal | None = None, following: Proposal | None = None) -> None:
        """Sets the present state aside: here a restart can go on, with proposals if given."""
        self._marked = Mark(self.method.state(), proposal, following)

    def _warn_of_early_end(self) -> None:
        _log.warning(
            "the run ends early, after %d of %d evaluations: neither the surrogate's archive nor "
            "the offspring of the elites held a level that has not been simulated. If there are "
            "any, stronger mutation may find them: a new run with emitters.mutations, "
            "emitters.iso_sigma or emitters.sigma0 raised (--set KEY=VALUE)",
            len(self.record),
            self.config.algorithm.max_evaluations,
        )

    def _method_milestone(self) -> None:
        self._mark(self._marked.proposal)
        self.on_milestone()

    def _evaluate(self, proposal: Proposal) -> Batch:
        place = Place(self.config.seed, len(self.record), self.iteration)
        running, self._begun = self._begun, None
        if running is None or running.place != place:
            running = begin_evaluation(self._farm, self.domain, proposal, place)
        # Before the first results there is nothing to propose from.
        if self.config.overlaps and len(self.record) > 0:
            with self.phases.meanwhile(running.poll):
                self._propose_following(proposal)
        with self.phases("evaluate", len(proposal.solutions)) as progress:
            return running.finish(lambda done, failed: progress(done))

    def _begin_next(self, done: int) -> None:
        """Has other ranks begin with the next batch, if it is known, before ``done`` are learned.

        They would wait otherwise, for no result depends on when a batch begins.
        """
        following, left = self._marked.following, self.evaluations_left - done
        if following is not None and left > 0 and self.may_begin_next():
            place = Place(self.config.seed, len(self.record) + done, self.iteration + 1)
            first = following.first(left)
            self._begun = begin_evaluation(self._farm, self.domain, first, place)

    def _check_archive(self, stored: Tree) -> None:
        rebuilt = elites(self.archive)
        wrong = [n for n, a in rebuilt.items() if not np.array_equal(a, stored[n], equal_nan=True)]
        if wrong:
            raise CheckpointError(
                "the archive rebuilt from the evaluation record differs from the stored one in "
                f"{', '.join(wrong)}: was the checkpoint edited, or written by another version "
                "or with another domain setting?"
            )


#: Takes a search and the iteration that it has just finished.
Listener = Callable[[OuterLoop, Step], None]


def add_to_archive(archive: ArchiveBase, batch: Batch) -> Tree:
    """Adds a batch's successful evaluations.

    Returns:
        ``status`` ((n,) int32) and ``value`` ((n,) float64) as pyribs gives them; failed
        evaluations have status 0 and a value below every successful one's.
    """
    status = np.zeros(len(batch), dtype=np.int32)
    value = np.full(len(batch), -1.0)
    ok, real = batch.succeeded, batch.evaluations
    if len(ok):
        info = archive.add(
            batch.solutions[ok],
            real.objective,
            real.measures,
            level=real.levels,
            metadata=real.metadata,
            evaluation=batch.first + ok,
        )
        status[ok], value[ok] = info["status"], info["value"]
        value[batch.failed] = min(0.0, float(info["value"].min())) - 1.0
    return {"status": status, "value": value}
