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

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from ribs.archives import GridArchive

from dsage_mpi.checkpoint.tree import Tree
from dsage_mpi.domains.base import Array, Evaluations
from dsage_mpi.outer.methods.base import Context, Proposal
from dsage_mpi.outer.record import interpret_record
from dsage_mpi.search.inner_loop import inner_loop
from dsage_mpi.search.selection import select
from dsage_mpi.seeding import Purpose, generator
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
        self._archive, self._phases = context.archive, context.phases
        self._milestone = context.milestone
        #: Outer iteration of the last training, and its loss.
        self._last_training = (-1, 0.0)
        self._surrogate = Surrogate(
            config.surrogate,
            level_shape=domain.level_shape,
            tile_count=domain.tile_count,
            empty_tile=domain.empty_tile,
            measure_count=len(config.archive.measures),
            measure_names=config.archive.measures,
            run_seed=config.seed,
        )
        domain.predict_on(str(self._surrogate.device))
        self._data = DataSet(
            config.algorithm.max_evaluations, domain.level_shape, self._surrogate.device
        )

    def propose(self, iteration: int) -> Proposal:
        """Random solutions first; then trains, exploits and selects."""
        if len(self._data) == 0:
            return self._random(iteration)
        loss = self._train(iteration)
        predicted = self._exploit(iteration)
        return replace(
            self._select(predicted, iteration),
            notes={
                "dataset_size": len(self._data),
                "train_loss": loss,
                "surrogate_archive_size": len(predicted),
            },
        )

    def assess(self, batch: Batch) -> dict[str, float]:
        """Held-out error of objective, measures and occupancy: the surrogate's honest accuracy."""
        if not self._surrogate.trained or len(batch.succeeded) == 0:
            return {}
        real = batch.evaluations
        return self._surrogate.errors(real.levels, real.objective, real.measures, real.occupancy)

    def learn(self, batch: Batch, add_info: Tree) -> None:
        """Adds the successful evaluations to the data set."""
        self._remember(batch.evaluations)

    def state(self) -> Tree:
        """Networks, optimizer and normalisation; all random streams are named by iteration."""
        iteration, loss = self._last_training
        surrogate = self._surrogate.state()
        return {
            "optimizer": surrogate.pop("adam"),
            "surrogate": {
                **surrogate,
                "last_training": {"iteration": iteration, "loss": loss},
            },
        }

    def load_state(self, tree: Tree, record: EvaluationRecord) -> None:
        """Restores ``state()`` and rebuilds the data set from the record."""
        self._surrogate.load_state({**tree["surrogate"], "adam": tree["optimizer"]})
        last = tree["surrogate"]["last_training"]
        self._last_training = (int(last["iteration"]), float(last["loss"]))
        for evaluations in interpret_record(record, self._domain, self._config.seed):
            self._remember(evaluations)

    def _random(self, iteration: int) -> Proposal:
        rng = generator(self._config.seed, Purpose.INITIAL_SOLUTIONS, iteration)
        count = self._config.algorithm.initial_solutions
        return Proposal(self._domain.initial_solutions(rng, count))

    def _train(self, iteration: int) -> float:
        """Trains, unless a restart found the surrogate already trained for this iteration."""
        trained, loss = self._last_training
        if trained == iteration:
            return loss
        with self._phases("train", self._config.surrogate.epochs) as progress:
            loss = float(self._surrogate.train(self._data, iteration, progress).loss)
        self._last_training = (iteration, loss)
        self._milestone()
        return loss

    def _exploit(self, iteration: int) -> GridArchive:
        with self._phases("inner", self._config.inner_loop.iterations) as progress:
            return inner_loop(self._config, self._domain, self._predict, iteration, progress)

    def _select(self, predicted: GridArchive, iteration: int) -> Proposal:
        assert self._config.selection is not None  # checked by the schema
        rng = generator(self._config.seed, Purpose.SELECTION, iteration)
        chosen = select(self._config.selection, predicted, self._archive, rng)
        elites = predicted.data(["solution", "measures"])
        solutions, measures = elites["solution"][chosen], elites["measures"][chosen]
        return Proposal(solutions, self._cost(solutions, measures))

    def _cost(self, solutions: Array, measures: Array) -> Array | None:
        """Predicted run times, so that the longest simulations can be started first."""
        levels = self._levels(solutions)
        occupancy = self._surrogate.predict(levels).occupancy
        return self._domain.predicted_cost(measures, occupancy)

    def _predict(self, solutions: Array) -> tuple[Array, Array]:
        levels = self._levels(solutions)
        prediction = self._surrogate.predict(levels, occupancy=False)
        if not self._config.surrogate.known_measures:
            return prediction.objective, prediction.measures
        known = self._domain.known_measures(levels)
        return prediction.objective, np.where(np.isnan(known), prediction.measures, known)

    def _levels(self, solutions: Array) -> Array:
        as_published = self._config.surrogate.inputs == "published"
        levels = self._domain.bare_levels if as_published else self._domain.levels
        return levels(solutions)

    def _remember(self, real: Evaluations) -> None:
        if len(real.objective):
            self._data.add(np.asarray(real.levels), real.objective, real.measures, real.occupancy)
