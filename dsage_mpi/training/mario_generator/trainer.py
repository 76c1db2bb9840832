"""The training loop: steps of the GAN, a look at samples now and then, save."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from dsage_mpi.core.seeding import Purpose, generator
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.domains.mario.generator.decode import Generator
from dsage_mpi.domains.mario.generator.layout import LATENT, tensor_shapes
from dsage_mpi.training.arrays import (
    Arrays,
    read_checkpoint,
    with_prefix,
    without_prefix,
    write_arrays,
)
from dsage_mpi.training.curve import LearningCurve
from dsage_mpi.training.driver import CHECKPOINT_NAME, CURVE_NAME
from dsage_mpi.training.mario_generator import state
from dsage_mpi.training.mario_generator.adjacency import Adjacency
from dsage_mpi.training.mario_generator.calibration import calibrate
from dsage_mpi.training.mario_generator.corpus import authored_levels, folder_levels
from dsage_mpi.training.mario_generator.gan import Gan, Losses
from dsage_mpi.training.mario_generator.pictures import save_levels
from dsage_mpi.training.mario_generator.quality import (
    pipe_tiles,
    sky_tiles,
    tile_entropy,
    tile_shares,
)
from dsage_mpi.training.mario_generator.settings import GeneratorTraining

#: First index of the random streams of GENERATOR_TRAINING.
_STREAM_INIT, _STREAM_CORPUS, _STREAM_STEP, _STREAM_TEST = range(4)

WEIGHTS_NAME = "generator.npz"
#: Steps whose mean losses make one row of the learning curve.
_ROW_STEPS = 100
#: Latents that the batch statistics of the finished generator are measured on.
_STATISTICS = 4096


class Trainer:
    """One training; what it computes depends on the settings alone, never on the clock."""

    def __init__(self, settings: GeneratorTraining, run_dir: Path, say: Callable[[str], None]):
        torch.set_num_threads(settings.run.threads)
        self._settings = settings
        self._run_dir = run_dir
        self._say = say
        self._steps_done = 0
        self._seconds = 0.0
        self._stop_requested = False
        self._losses: list[Losses] = []
        corpus = settings.corpus
        self._corpus = (
            folder_levels(Path(os.path.expanduser(corpus.folder)), corpus.stride)
            if corpus.folder
            else authored_levels(self._stream(_STREAM_CORPUS), corpus.levels)
        )
        self._gan = Gan(
            settings.networks,
            settings.gan,
            settings.run.precision,
            Adjacency(self._corpus),
            self._stream(_STREAM_INIT),
        )

    def _stream(self, *index: int) -> np.random.Generator:
        return generator(self._settings.run.seed, Purpose.GENERATOR_TRAINING, *index)

    def request_stop(self) -> None:
        """Makes ``run`` save and return after the running step."""
        self._stop_requested = True

    def run(self) -> bool:
        """Trains to the end, a requested stop or the wall-clock limit; True if it was the end."""
        run = self._settings.run
        started = saved = time.monotonic()
        before = self._seconds
        curve = LearningCurve(self._run_dir / CURVE_NAME, list(_COLUMNS), self._steps_done + 1)
        try:
            while self._steps_done < run.steps:
                self._one_step()
                now = time.monotonic()
                self._seconds = before + now - started
                self._report(curve)
                if now - saved > 60.0 * run.checkpoint_minutes:
                    self.save()
                    saved = now
                out_of_time = now - started > 60.0 * run.wall_minutes
                if out_of_time or self._stop_requested or self._steps_done == run.pause_steps:
                    break
        finally:
            curve.close()
        self.save()
        return self._steps_done >= run.steps

    def _one_step(self) -> None:
        settings, number = self._settings, self._steps_done
        rng = self._stream(_STREAM_STEP, number)
        levels = self._corpus[rng.integers(0, len(self._corpus), settings.gan.batch)]
        self._losses.append(self._gan.step(number, settings.run.steps, levels, rng))
        self._steps_done += 1

    def _report(self, curve: LearningCurve) -> None:
        """A row of the curve, and a line and pictures where a look at samples is due."""
        done, test = self._steps_done, self._settings.test
        last = done == self._settings.run.steps
        look = done % test.every_steps == 0 or last
        if not (look or done % _ROW_STEPS == 0):
            return
        row: dict[str, float] = {"step": done, "seconds": round(self._seconds, 1)}
        for name in ("critic", "generator", "impossible_pairs"):
            row[name] = float(np.mean([getattr(losses, name) for losses in self._losses]))
        self._losses = []
        if look:
            row.update(self._look())
        curve.add(row)
        if look:
            self._say(
                f"step {done}/{self._settings.run.steps}  "
                + "  ".join(f"{name} {value:.4g}" for name, value in row.items() if name != "step")
            )

    def _look(self) -> dict[str, float]:
        levels = self.sample(self._settings.test.levels)
        save_levels(levels[: self._settings.test.pictures], self._run_dir / "samples.png")
        return measure(levels)

    def sample(self, count: int) -> NDArray[np.int8]:
        """(count, 16, 56) levels of the averaged generator, from latents that stay the same."""
        latents = self._stream(_STREAM_TEST).standard_normal((count, LATENT), dtype=np.float32)
        return Generator(self._weights()).decode(latents)

    def _weights(self) -> Arrays:
        """The averaged generator as it is saved: half precision suffices for an argmax."""
        network = self._gan.finished(self._statistics_latents())
        latents = self._stream(_STREAM_TEST, 2).standard_normal(
            (self._settings.gan.calibration, LATENT), np.float32
        )
        calibrate(network, torch.from_numpy(latents), tile_shares(self._corpus))
        tensors = network.state_dict()
        names = tensor_shapes(self._settings.networks.channels)
        return {name: tensors[name].numpy().astype(np.float16) for name in names}

    def _statistics_latents(self) -> torch.Tensor:
        return self._gan.latents(_STATISTICS, self._stream(_STREAM_TEST, 1))

    def save(self) -> None:
        """Writes checkpoint and weights into the run directory."""
        arrays = {
            "steps": np.array(self._steps_done),
            "seconds": np.array(self._seconds),
            "losses": np.array([list(vars(losses).values()) for losses in self._losses]),
            **with_prefix("gan", state.to_arrays(self._gan)),
        }
        write_arrays(self._run_dir / CHECKPOINT_NAME, arrays, compress=False)
        write_arrays(self._run_dir / WEIGHTS_NAME, self._weights(), compress=True)

    def restore(self, path: Path) -> None:
        """Continues from a checkpoint written with the same settings (budgets may differ)."""
        arrays = read_checkpoint(path, "steps")
        try:
            state.from_arrays(self._gan, without_prefix("gan", arrays))
            self._steps_done = int(arrays["steps"])
            self._seconds = float(arrays["seconds"])
            self._losses = [Losses(*row) for row in arrays["losses"].tolist()]
        except (KeyError, ValueError, RuntimeError) as error:
            raise CheckpointError(
                f"{path}: does not fit these settings ({error}); restart with the settings that "
                "the checkpoint was written with"
            ) from error


def measure(levels: NDArray[np.int8]) -> dict[str, float]:
    """Figures of merit that need no game; columns of the learning curve."""
    complete, all_pipes = pipe_tiles(levels)
    sky = sky_tiles(levels)
    return {
        "pipes_complete": complete / all_pipes if all_pipes else float("nan"),
        "pipe_tiles": all_pipes / len(levels),
        "tile_entropy": tile_entropy(levels),
        **{f"sky_p{p}": float(np.percentile(sky, p)) for p in (5, 50, 95)},
        "distinct": len(np.unique(levels.reshape(len(levels), -1), axis=0)) / len(levels),
    }


_COLUMNS = ("step", "seconds", "critic", "generator", "impossible_pairs",
            *measure(np.zeros((1, 16, 56), np.int8)))  # fmt: skip
