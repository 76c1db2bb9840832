"""DSAGE and its ablations (Bhatt et al. 2022, algorithm 1).

    D <- {}, A <- empty ground-truth archive
    evaluate random solutions; add to A and D                  (outer iteration 1)
    while evaluations < max_evaluations:
        train surrogate on D
        S <- inner_loop(surrogate)
        S <- select(S)
        evaluate S's solutions for real; add all to A and D

The ablations differ in settings alone: ``surrogate.ancillary`` and ``selection.kind``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from ribs.archives import ArchiveBase

from dsage_mpi.core.domain import Array
from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.core.seeding import Purpose, generator
from dsage_mpi.core.state import Tree
from dsage_mpi.outer.balance import levels_per_iteration, planned_work
from dsage_mpi.outer.beliefs import Beliefs
from dsage_mpi.outer.methods.base import Context, Proposal
from dsage_mpi.outer.record import batches
from dsage_mpi.outer.searched import Searched
from dsage_mpi.search.calibration import Calibration, inside_intervals
from dsage_mpi.search.inner_loop import Predicted, inner_loop
from dsage_mpi.search.offspring import unseen_offspring
from dsage_mpi.search.problem import Problem
from dsage_mpi.search.seen import SeenLevels
from dsage_mpi.search.selection import Knowledge, select
from dsage_mpi.surrogate.accuracy import constant_errors, head_names, held_out_scores
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.model import Surrogate

if TYPE_CHECKING:
    from dsage_mpi.outer.record import Batch, EvaluationRecord


class Dsage:
    """Proposes what a deep surrogate believes to be new or better."""

    keeps_proposals = True

    def __init__(self, context: Context) -> None:
        config, domain = context.config, context.domain
        self._config, self._domain = config, domain
        self._problem = Problem(config, domain, context.archives, context.archive)
        self._phases = context.phases
        self._milestone = context.milestone
        self._evaluations = self._last_batch = 0
        #: Solutions that are being simulated while the next ones are proposed.
        self._pending = np.empty((0, domain.solution_dim), domain.solution_dtype)
        self._seen_pending = SeenLevels()
        self._seen = SeenLevels()
        self._calibration = Calibration(1 + len(config.archive.measures))
        #: Outer iteration of the last training, and its loss.
        self._last_training = (-1, 0.0)
        space, measures = LevelSpace.of(domain, config.surrogate.planes), config.archive.measures
        usual, budget = levels_per_iteration(config), config.algorithm.max_evaluations
        self._surrogate = Surrogate(
            config.surrogate, space, measures, run_seed=config.seed, usual_batch=usual
        )
        device = self._surrogate.device
        domain.predict_on(str(device))
        self._beliefs = Beliefs(
            config, domain, self._surrogate, self._surrogate.share(context.compute)
        )
        self._data = DataSet(budget, space, device, measure_count=len(measures))

    def propose(self, iteration: int) -> Proposal:
        """Random solutions first; then trains, exploits and selects."""
        if len(self._data) == 0:
            return self._random(iteration)
        work = planned_work(self._config, self._last_batch, len(self._data), self._data.newest)
        loss = self._train(iteration, work.steps)
        predicted = self._exploit(iteration, work.iterations)
        most = self._most_selected(predicted)
        with self._phases("select", most) as progress:
            proposal = self._select(predicted, iteration, lambda n: progress(min(n, most)))
        notes = {
            "dataset_size": len(self._data),
            "train_loss": loss,
            "inner_iterations": work.iterations,
            "surrogate_archive_size": len(predicted),
        }
        return replace(proposal, notes={**notes, **proposal.notes})

    def expect(self, pending: Proposal) -> None:
        """None of these is proposed again, and what they promise is not looked for again."""
        self._pending, self._seen_pending = pending.solutions, SeenLevels()
        self._seen_pending.add(self._beliefs.levels(pending.solutions))

    def assess(self, batch: Batch) -> dict[str, float]:
        """Held-out accuracy, and what always predicting the mean so far would have given."""
        if not self._surrogate.trained or len(batch.succeeded) == 0:
            return {}
        real = batch.evaluations
        predicted = self._surrogate.predict(real.levels)
        targets = np.column_stack([real.objective, real.measures])
        levels = self._as_predicted(batch)[batch.succeeded]
        as_searched = predicted
        if self._config.surrogate.inputs == "published":  # which the search was shown otherwise
            as_searched = self._surrogate.predict(levels, occupancy=False)
        used = self._beliefs.given(levels, as_searched)
        names = head_names(real.measures.shape[1])
        expected = self._calibration.observe(used.beliefs(), targets)
        return {
            **held_out_scores(predicted, real.objective, real.measures, real.occupancy),
            **constant_errors(names, self._data.means(), targets),
            **({} if expected is None else inside_intervals(names, expected, targets)),
        }

    def learn(self, batch: Batch, add_info: Tree) -> None:
        """Adds the successful evaluations to the data set; no level is to be simulated again."""
        self._remember(batch)
        self._pending, self._seen_pending = self._pending[:0], SeenLevels()

    def state(self) -> Tree:
        """Networks, optimizer and normalisation; all random streams are named by iteration."""
        iteration, loss = self._last_training
        surrogate = self._surrogate.state()
        return {
            "optimizer": surrogate.pop("adam"),
            "surrogate": {
                **surrogate,
                "last_training": {"iteration": iteration, "loss": loss},
                "calibration": self._calibration.state(),
            },
        }

    def load_state(self, tree: Tree, record: EvaluationRecord) -> None:
        """Restores ``state()`` and rebuilds the data set from the record."""
        self._surrogate.load_state({**tree["surrogate"], "adam": tree["optimizer"]})
        last = tree["surrogate"]["last_training"]
        self._last_training = (int(last["iteration"]), float(last["loss"]))
        if "calibration" in tree["surrogate"]:  # not in checkpoints of earlier versions
            self._calibration.load_state(tree["surrogate"]["calibration"])
        for batch in batches(record, self._domain, self._config.seed):
            self._remember(batch)

    def _random(self, iteration: int) -> Proposal:
        rng = generator(self._config.seed, Purpose.INITIAL_SOLUTIONS, iteration)
        count = self._config.algorithm.initial_solutions
        return Proposal(self._domain.initial_solutions(rng, count))

    def _train(self, iteration: int, steps: int) -> float:
        """Trains, unless a restart found the surrogate already trained for this iteration."""
        trained, loss = self._last_training
        if trained == iteration:
            return loss
        with self._phases("train", self._config.surrogate.epochs) as progress:
            loss = float(self._surrogate.train(self._data, iteration, progress, steps).loss)
        self._last_training = (iteration, loss)
        self._milestone()
        return loss

    def _exploit(self, iteration: int, iterations: int) -> ArchiveBase:
        done = 0
        with self._phases("inner", iterations) as progress:

            def predict(solutions: Array) -> Predicted:
                return self._beliefs.of(solutions, lambda: progress(done))

            def advance(steps: int) -> None:
                nonlocal done
                done = steps
                progress(steps)

            with self._beliefs.on_tensors() as model:
                return inner_loop(self._problem, predict, iteration, advance, iterations, model)

    def _most_selected(self, predicted: ArchiveBase) -> int:
        settings = self._config.selection
        assert settings is not None  # checked by the schema
        return min(settings.count_after(self._evaluations) or len(predicted), len(predicted))

    def _select(
        self, predicted: ArchiveBase, iteration: int, on_progress: Callable[[int], None]
    ) -> Proposal:
        settings = self._config.selection
        assert settings is not None  # checked by the schema
        rng = generator(self._config.seed, Purpose.SELECTION, iteration)
        selection = select(settings, predicted, self._known(), rng, on_progress)
        data = predicted.data(["solution", "measures", "level", "evaluation"])
        solutions, measures, levels, parents = (v[selection.positions] for v in data.values())
        if more := selection.missing + settings.offspring:
            extra, extra_parents = self._offspring(
                more, iteration, levels, lambda found: on_progress(len(levels) + found)
            )
            solutions = np.concatenate([solutions, extra])
            parents = np.concatenate([parents, extra_parents])
            beliefs = self._beliefs.of(extra)
            measures = np.concatenate([measures, beliefs.measures])
            levels = np.concatenate([levels, beliefs.levels])
        return Proposal(
            solutions,
            self._cost(measures, levels),
            notes={
                "candidates": selection.candidates,
                "filled": selection.filled + selection.missing,
            },
            measures=measures,
            parents=parents,
            searched=Searched.of(predicted, selection.positions, iteration),
        )

    def _known(self) -> Knowledge:
        """What a selection goes by; what is being simulated counts as simulated."""
        return Knowledge(
            self._evaluations + len(self._pending),
            self._problem.ground_truth,
            self._simulated,
            self._calibration,
            self._problem.archives,
            self._beliefs.of(self._pending).beliefs(),
        )

    def _simulated(self, levels: Array) -> NDArray[np.bool_]:
        """Which levels ((n, H, W)) have been simulated or are being so ((n,) bool)."""
        return self._seen(levels) | self._seen_pending(levels)

    def _offspring(
        self, count: int, iteration: int, known: Array, on_progress: Callable[[int], None]
    ) -> tuple[Array, NDArray[np.int64]]:
        """Solutions for want of better ones, and their parents; ``known`` ones are proposed."""
        proposed = SeenLevels()
        proposed.add(known)
        return unseen_offspring(
            self._problem,
            self._beliefs.levels,
            lambda levels: self._simulated(levels) | proposed(levels),
            count,
            iteration,
            on_progress,
        )

    def _cost(self, measures: Array, levels: Array) -> Array | None:
        """Predicted run times, so that the longest simulations can be started first."""
        occupancy = self._surrogate.predict(levels).occupancy
        return self._domain.predicted_cost(measures, occupancy)

    def _remember(self, batch: Batch) -> None:
        real = batch.evaluations
        if len(real.objective):
            self._data.add(np.asarray(real.levels), real.objective, real.measures, real.occupancy)
        self._seen.add(self._as_predicted(batch))
        self._seen.add(batch.levels)  # as the real elites have them, from which inner loops start
        self._evaluations += len(batch)
        self._last_batch = len(batch)

    def _as_predicted(self, batch: Batch) -> Array:
        """The batch's levels ((n, H, W) or (n, d)) as the surrogate is shown them."""
        if self._config.surrogate.inputs == "published":
            return self._domain.bare_levels(batch.solutions)
        levels = batch.levels.copy()
        if batch.failed.any():
            levels[batch.failed] = self._domain.levels(batch.solutions[batch.failed])
        return levels
