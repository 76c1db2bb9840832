"""Measures what a Mario level generator makes of random latents, and how fast.

    python -m benchmarks.mario_generator                        # the generator of the package
    python -m benchmarks.mario_generator runs/generator-.../generator.npz --levels 2000
    python -m benchmarks.mario_generator --no-games             # no Java needed

For each standard deviation of the latents (the search starts at 0.2 and goes wherever it pays):
share of levels that our agent completes, share of pipe tiles that are complete, entropy of the
tiles, spread of the sky tiles, distinct levels; beside them, what the corpus of the author is like.
Speed is that of 30 latents, the batch of the inner loop, on one thread. ``--search 5000`` lets
CMA-ME play that many levels for the archive of sky tiles and jumps, one emitter as in the inner
loop, and reports how far it got.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from ribs.archives import GridArchive
from ribs.emitters import EvolutionStrategyEmitter
from ribs.schedulers import Scheduler

from dsage_mpi.domains.mario.generator import Generator, load_generator
from dsage_mpi.domains.mario.generator.layout import LATENT
from dsage_mpi.domains.mario.records import WIN, task_dtype
from dsage_mpi.domains.mario.settings import MarioSettings
from dsage_mpi.domains.mario.simulator import MarioSimulator
from dsage_mpi.training.mario_generator.corpus import authored_levels
from dsage_mpi.training.mario_generator.quality import pipe_tiles, sky_tiles, tile_entropy

Levels = NDArray[np.int8]


def games(simulator: MarioSimulator, levels: Levels, budget: int) -> NDArray[np.void]:
    """One rollout per level (``records.ROLLOUT_DTYPE``)."""
    tasks = np.zeros(len(levels), task_dtype(1))
    tasks["level"] = levels
    tasks["budget"] = budget
    chunks = np.array_split(tasks, -(-len(tasks) // 100))
    return np.concatenate([simulator(chunk)["rollout"][:, 0] for chunk in chunks])


def play(simulator: MarioSimulator, levels: Levels, budget: int) -> dict[str, float]:
    """Share of levels won by the agent, mean completion, spread of jumps and kills."""
    rollouts = games(simulator, levels, budget)
    return {
        "completable": float((rollouts["status"] == WIN).mean()),
        "completion": float(rollouts["completion"].mean()),
        **{f"jumps_p{p}": float(np.percentile(rollouts["jumps"], p)) for p in (5, 50, 95, 100)},
        **{f"kills_p{p}": float(np.percentile(rollouts["kills"], p)) for p in (50, 95)},
    }


def describe(levels: Levels) -> dict[str, float]:
    """Figures that need no game."""
    complete, pipes = pipe_tiles(levels)
    sky = sky_tiles(levels)
    return {
        "levels": len(levels),
        "pipes_complete": complete / max(pipes, 1),
        "pipe_tiles": pipes / len(levels),
        "entropy_bits": tile_entropy(levels),
        **{f"sky_p{p}": float(np.percentile(sky, p)) for p in (0, 5, 50, 95, 100)},
        "distinct": len(np.unique(levels.reshape(len(levels), -1), axis=0)) / len(levels),
    }


def milliseconds(generator: Generator, count: int = 30, repeats: int = 50) -> float:
    """CPU time of decoding ``count`` latents."""
    latents = np.random.default_rng(0).standard_normal((count, LATENT))
    generator.decode(latents)
    began = time.process_time()
    for _ in range(repeats):
        generator.decode(latents)
    return 1000 * (time.process_time() - began) / repeats


def search(
    simulator: MarioSimulator, generator: Generator, evaluations: int, budget: int, seed: int
) -> dict[str, float]:
    """Reach of CMA-ME from the origin on real games, in the archive of dsage.md."""
    archive = GridArchive(
        solution_dim=LATENT, dims=(150, 100), ranges=[(0, 150), (0, 100)], seed=seed
    )
    emitter = EvolutionStrategyEmitter(
        archive, x0=np.zeros(LATENT), sigma0=0.2, ranker="2imp", selection_rule="filter",
        restart_rule="no_improvement", batch_size=30, seed=seed,
    )  # fmt: skip
    scheduler = Scheduler(archive, [emitter])
    for _ in range(evaluations // 30):
        levels = generator.decode(scheduler.ask())
        rollouts = games(simulator, levels, budget)
        measures = np.stack([sky_tiles(levels), rollouts["jumps"]], axis=1)
        scheduler.tell(rollouts["completion"].astype(np.float64), measures)
    elites = archive.data()
    sky, jumps = elites["measures"].T
    return {
        "evaluations": evaluations // 30 * 30,
        "elites": len(archive),
        "qd_score": float(elites["objective"].sum()),
        "sky_tiles_max": float(sky.max()),
        "sky_tiles_columns": len(np.unique(sky.astype(int))),
        "jumps_max": float(jumps.max()),
        "jumps_rows": len(np.unique(jumps.astype(int))),
        "latent_norm_p50": float(np.median(np.linalg.norm(elites["solution"], axis=1))),
    }


def print_table(rows: dict[str, dict[str, float]]) -> None:
    """One column per set of levels."""
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    print(f"{'':<16}" + "".join(f"{label:>12}" for label in rows))
    for name in names:
        cells = (f"{row[name]:12.4g}" if name in row else f"{'':12}" for row in rows.values())
        print(f"{name:<16}" + "".join(cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("generator", nargs="?", default="builtin")
    parser.add_argument("--sigmas", type=float, nargs="*", default=[0.2, 1.0, 3.0, 10.0])
    parser.add_argument("--levels", type=int, default=10_000, help="per standard deviation")
    parser.add_argument("--games", type=int, help="levels played (default: all)")
    parser.add_argument("--no-games", action="store_true", help="play none")
    parser.add_argument("--search", type=int, default=0, help="levels that CMA-ME plays")
    parser.add_argument("--budget", type=int, default=1500, help="search nodes per tick")
    parser.add_argument("--seed", type=int, default=2022)
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    torch.set_num_threads(1)
    weights = load_generator(options.generator)
    generator = Generator(weights)
    rng = np.random.default_rng(options.seed)
    sets = {
        f"sigma {sigma:g}": generator.decode(sigma * rng.standard_normal((options.levels, LATENT)))
        for sigma in options.sigmas
    }
    sets["corpus"] = authored_levels(rng, min(options.levels, 2000))
    rows: dict[str, Any] = {label: describe(levels) for label, levels in sets.items()}
    if not options.no_games:
        with MarioSimulator(MarioSettings(name="mario", rollouts=1)) as simulator:
            for label, levels in sets.items():
                rows[label] |= play(simulator, levels[: options.games], options.budget)
            if options.search:
                rows["CMA-ME"] = search(
                    simulator, generator, options.search, options.budget, options.seed
                )
    print_table(rows)
    speed = milliseconds(generator)
    print(f"decoding 30 latents: {speed:.1f} ms of one CPU thread")
    if options.json:
        options.json.write_text(json.dumps(rows | {"decode_30_ms": speed}, indent=1) + "\n")


if __name__ == "__main__":
    main()
