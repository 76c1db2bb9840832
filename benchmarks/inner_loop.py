"""Measures what an inner iteration costs beside networks and decoding: pyribs against our own.

    python -m benchmarks.inner_loop                 # all cases, about two minutes
    python -m benchmarks.inner_loop --only "maze, batch 150" --iterations 1000

Parents, mutation, known measures and insertion are those of a run; levels and predictions are drawn
beforehand. "after a network" has a convolution run before every insertion, as in a run, so that
what the loop needs has left the processor's caches; its own time is left out. Both ways get the
same random numbers and have to end with the same archive. CPU time, the best of some rounds.
"""

from __future__ import annotations

import dsage_mpi.surrogate  # noqa: F401 (before torch: decides how its threads wait)

# isort: split
import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from ribs.emitters import EvolutionStrategyEmitter

from dsage_mpi.archives import build_archives
from dsage_mpi.config.load import load_config
from dsage_mpi.config.schema import Config
from dsage_mpi.core.domain import Array, Domain, known_objective
from dsage_mpi.domains import build_domain
from dsage_mpi.search.archive import ground_truth_archive
from dsage_mpi.search.emitters.cma_me import CmaMeEmitters
from dsage_mpi.search.emitters.map_elites import MapElitesEmitter
from dsage_mpi.search.inner_loop import Predicted, inner_loop
from dsage_mpi.search.problem import Problem

#: Batches of levels and predictions that are drawn beforehand.
BATCHES = 32
CMA = ("emitters.kind=cma_me",)


@dataclass(frozen=True)
class Case:
    """An input, and what to change in it."""

    input: str
    overrides: tuple[str, ...] = ()


CASES = {
    "maze, batch 150": Case("paper/maze/dsage"),
    "maze, batch 1 500": Case("paper/maze/dsage", ("emitters.batch_size=300",)),
    "Mario, batch 30, line mutation": Case("mario"),
    "Mario, one CMA-ME emitter of 30": Case("mario", CMA),
    "Mario, five CMA-ME emitters of 6": Case(
        "mario", (*CMA, "emitters.count=5", "emitters.batch_size=6")
    ),
}


class NumpyMapElites(MapElitesEmitter):
    """Finds the positions that are overwritten with NumPy alone."""

    def _mutated(self, size: int) -> Array:
        solutions = np.array(self._archive.sample_elites(size)["solution"])
        count = self._settings.mutations
        keys = self._rng.random((size, self._dim), dtype=np.float32)
        positions = np.sort(np.argpartition(keys, count - 1, axis=1)[:, :count], axis=1)
        values = self._rng.integers(self._domain.solution_values, size=positions.shape)
        np.put_along_axis(solutions, positions, values.astype(solutions.dtype), axis=1)
        return solutions


class PyribsCmaMe(CmaMeEmitters):
    """Emitters of pyribs, which Numba compiles parts of."""

    def __init__(self, archive: Any, domain: Any, settings: Any, rng: np.random.Generator) -> None:
        self._batch_size = settings.batch_size
        self._emitters: list[Any] = [
            EvolutionStrategyEmitter(
                archive,
                x0=np.zeros(domain.solution_dim),
                sigma0=settings.sigma0,
                ranker="2imp",
                selection_rule="filter",
                restart_rule="no_improvement",
                batch_size=settings.batch_size,
                seed=int(seed),
            )
            for seed in rng.integers(2**63, size=settings.count)
        ]

    def ask(self) -> Array:
        """Returns (count x batch_size, solution_dim) solutions."""
        return np.concatenate([emitter.ask() for emitter in self._emitters])

    def tell(self, solutions: Any, objective: Any, measures: Any, add_info: Any) -> None:
        """Gives each emitter its own part of the batch."""
        for number, emitter in enumerate(self._emitters):
            part = slice(number * self._batch_size, (number + 1) * self._batch_size)
            info = {name: values[part] for name, values in add_info.items()}
            emitter.tell(solutions[part], objective[part], measures[part], info)


#: Emitter kind -> the same as it is without code of ours.
PLAIN = {"map_elites": NumpyMapElites, "cma_me": PyribsCmaMe}


class Prepared:
    """A surrogate that answers with what was drawn beforehand, and times what is left out."""

    def __init__(self, config: Config, domain: Domain, network: bool) -> None:
        rng = np.random.default_rng(0)
        size = config.emitters.count * config.emitters.batch_size
        low, high = np.array(config.archive.ranges).T
        self._domain, self._network = domain, network
        self._batches = [
            Predicted(
                rng.random(size),
                rng.normal(0.5, 0.15, (size, len(low))) * (high - low) + low,
                domain.levels(domain.initial_solutions(rng, size)),
            )
            for _ in range(BATCHES)
        ]
        layout: dict[str, Any] = {"memory_format": torch.channels_last}
        self._maps = torch.rand(30, 64, 16, 16).to(**layout)
        self._weight = torch.rand(64, 64, 3, 3).to(**layout)
        self.left_out = 0.0
        self._asked = 0

    def __call__(self, solutions: Array) -> Predicted:
        """The next batch, but for what its levels tell by themselves."""
        if self._network:
            start = time.process_time()
            with torch.inference_mode():
                torch.nn.functional.conv2d(self._maps, self._weight, padding=1)
            self.left_out += time.process_time() - start
        drawn = self._batches[self._asked % BATCHES]
        self._asked += 1
        return Predicted(
            _better(known_objective(self._domain, drawn.levels), drawn.objective),
            _better(self._domain.known_measures(drawn.levels), drawn.measures),
            drawn.levels,
        )


def _better(known: Array, predicted: Array) -> Array:
    return np.where(np.isnan(known), predicted, known)


def milliseconds(config: Config, domain: Domain, network: bool) -> tuple[float, dict[str, Array]]:
    """CPU milliseconds per iteration beside the prediction, and the archive."""
    predict = Prepared(config, domain, network)
    archives = build_archives(config.archive, config.seed)
    problem = Problem(config, domain, archives, ground_truth_archive(archives, domain, 0))
    start = time.process_time()
    archive = inner_loop(problem, predict, 1)
    spent = time.process_time() - start - predict.left_out
    return 1e3 * spent / config.inner_loop.iterations, archive.data()


def with_settings(config: Config, kind: str, archive: str) -> Config:
    """The configuration with another emitter and another kind of surrogate archive."""
    emitters = config.emitters.model_copy(update={"kind": kind})
    loop = config.inner_loop.model_copy(update={"archive": archive})
    return config.model_copy(update={"emitters": emitters, "inner_loop": loop})


def measure(case: Case, iterations: int, rounds: int) -> list[float]:
    """Milliseconds: pyribs and ours with warm caches, then both after a network."""
    overrides = [*case.overrides, f"inner_loop.iterations={iterations}"]
    config = load_config(Path("inputs") / f"{case.input}.toml", overrides=overrides)
    domain = build_domain(config.domain, config.archive.measures)
    kind = config.emitters.kind
    plain = f"{__spec__.name}:{PLAIN[kind].__name__}" if kind in PLAIN else kind
    ways = [with_settings(config, plain, "pyribs"), with_settings(config, kind, "native")]
    best = [np.inf] * 4
    for _ in range(rounds):
        for network in (False, True):
            found = [milliseconds(way, domain, network) for way in ways]
            for place, (spent, _) in enumerate(found, 2 * network):
                best[place] = min(best[place], spent)
            for name, values in found[0][1].items():
                np.testing.assert_array_equal(values, found[1][1][name])
    return best


def main() -> None:
    """Prints one row per case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=4)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(
        "| CPU ms per iteration | pyribs | ours | ratio | after a network: pyribs | ours | ratio |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in arguments.only:
        best = measure(CASES[name], arguments.iterations, arguments.rounds)
        cells = [f"{a:.2f} | {b:.2f} | {a / b:.1f}" for a, b in (best[:2], best[2:])]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
