"""The training loop: play a segment, update the policy, test now and then, save."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dsage_mpi.core.seeding import Purpose, generator
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.training.arrays import (
    Arrays,
    read_checkpoint,
    with_prefix,
    without_prefix,
    write_arrays,
)
from dsage_mpi.training.curve import LearningCurve
from dsage_mpi.training.driver import CHECKPOINT_NAME, CURVE_NAME
from dsage_mpi.training.maze_agent import checkpoint
from dsage_mpi.training.maze_agent.curve import draw_curve
from dsage_mpi.training.maze_agent.level_source import LevelSource
from dsage_mpi.training.maze_agent.network import initial_parameters
from dsage_mpi.training.maze_agent.ppo import Loss, UpdateStatistics, update
from dsage_mpi.training.maze_agent.rollout import EpisodeTotals, Player, RewardWeights
from dsage_mpi.training.maze_agent.settings import AgentTraining
from dsage_mpi.training.maze_agent.validation import play_episodes, validation_levels

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
#: First index of the random streams of AGENT_TRAINING.
_STREAM_INIT, _STREAM_UPDATE, _STREAM_LEVELS, _STREAM_EPISODES = range(4)

WEIGHTS_NAME = "agent.npz"


class Trainer:
    """One training; what it computes depends on the settings alone, never on the clock."""

    def __init__(self, settings: AgentTraining, run_dir: Path, say: Callable[[str], None]):
        torch.set_num_threads(settings.run.threads)
        self._settings = settings
        self._run_dir = run_dir
        self._say = say
        self._dtype = _DTYPES[settings.run.matmul]
        self._updates_done = 0
        self._seconds = 0.0
        self._stop_requested = False
        seed = settings.run.seed
        self._parameters = initial_parameters(generator(seed, Purpose.AGENT_TRAINING, _STREAM_INIT))
        for tensor in self._parameters.values():
            tensor.requires_grad_(True)
        self._optimizer = torch.optim.Adam(list(self._parameters.values()), lr=1.0, eps=1e-5)
        self._source = LevelSource(settings.levels)
        self._player = Player(settings.ppo.environments, self._source)
        self._validation = [
            validation_levels(
                generator(seed, Purpose.AGENT_TRAINING, _STREAM_LEVELS, number),
                density,
                settings.validation.levels,
            )
            for number, density in enumerate(settings.validation.densities)
        ]

    @property
    def steps_per_update(self) -> int:
        """Agent steps between two policy updates."""
        return self._settings.ppo.environments * self._settings.ppo.segment

    @property
    def total_updates(self) -> int:
        """Updates of the whole training."""
        return -(-self._settings.run.total_steps // self.steps_per_update)

    def request_stop(self) -> None:
        """Makes ``run`` save and return after the running update."""
        self._stop_requested = True

    def run(self) -> bool:
        """Trains to the end, a requested stop or the wall-clock limit; True if it was the end."""
        started = saved = time.monotonic()
        before = self._seconds
        curve = LearningCurve(self._run_dir / CURVE_NAME, self._columns(), self._updates_done)
        try:
            while self._updates_done < self.total_updates:
                row = self._one_update()
                now = time.monotonic()
                self._seconds = before + now - started
                row["seconds"] = round(self._seconds, 1)
                row["steps_per_second"] = round(self.steps_per_update / row.pop("_elapsed"), 1)
                curve.add(row)
                self._report(row)
                if now - saved > 60.0 * self._settings.run.checkpoint_minutes:
                    self.save()
                    saved = now
                out_of_time = now - started > 60.0 * self._settings.run.wall_minutes
                if out_of_time or self._stop_requested or self._pause_reached():
                    break
        finally:
            curve.close()
        self.save()
        return self._updates_done >= self.total_updates

    def _pause_reached(self) -> bool:
        """Whether the last update crossed ``run.pause_steps`` (a restart beyond it goes on)."""
        pause, done = self._settings.run.pause_steps, self._updates_done * self.steps_per_update
        return done - self.steps_per_update < pause <= done

    def _one_update(self) -> dict[str, float]:
        began = time.monotonic()
        number, ppo = self._updates_done, self._settings.ppo
        rng = generator(self._settings.run.seed, Purpose.AGENT_TRAINING, _STREAM_UPDATE, number)
        self._source.refresh(rng)
        if number == 0:
            self._player.begin(rng)
        progress = number / self.total_updates
        rate = _between(ppo.rate_start, ppo.rate_end, progress)
        entropy_weight = _between(ppo.entropy_start, ppo.entropy_end, progress)
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        segment, totals = self._player.play(
            self._parameters, ppo.segment, self._reward_weights(progress), self._dtype, rng
        )
        loss = Loss.of(segment, ppo, entropy_weight, self._dtype)
        statistics = update(self._parameters, self._optimizer, loss, rng)
        self._updates_done += 1
        row: dict[str, float] = {
            "update": number,
            "steps": self._updates_done * self.steps_per_update,
            "learning_rate": rate,
            "entropy_weight": entropy_weight,
            "mean_reward": float(segment.rewards.mean()),
            **_training_columns(totals, statistics),
        }
        row["_elapsed"] = time.monotonic() - began
        if self._validation_is_due():
            row.update(self._validate())
        return row

    def _reward_weights(self, progress: float) -> RewardWeights:
        reward = self._settings.reward
        remaining = max(0.0, 1.0 - progress / reward.new_cell_until)
        return RewardWeights(
            reward.new_cell * remaining, reward.approach, self._settings.ppo.discount
        )

    def _validation_is_due(self) -> bool:
        every = self._settings.validation.every_steps
        now = self._updates_done * self.steps_per_update
        crossed = now // every > (now - self.steps_per_update) // every
        return crossed or self._updates_done == self.total_updates

    def _validate(self) -> dict[str, float]:
        """Success rates by density; always the same random numbers, so that updates compare."""
        rates: dict[str, float] = {}
        validation = self._settings.validation
        for number, density in enumerate(validation.densities):
            rng = generator(
                self._settings.run.seed, Purpose.AGENT_TRAINING, _STREAM_EPISODES, number
            )
            success, _ = play_episodes(
                self._parameters, self._validation[number], validation.episodes, rng
            )
            rates[f"validation_{density:g}"] = float(success.mean())
        rates["validation"] = float(np.mean(list(rates.values())))
        return rates

    def _columns(self) -> list[str]:
        training = ["update", "steps", "seconds", "steps_per_second", "learning_rate",
                    "entropy_weight", "mean_reward"]  # fmt: skip
        results = list(_training_columns(EpisodeTotals(), UpdateStatistics()))
        densities = [f"validation_{density:g}" for density in self._settings.validation.densities]
        return [*training, *results, "validation", *densities]

    def _report(self, row: dict[str, float]) -> None:
        line = (
            f"update {self._updates_done}/{self.total_updates}"
            f"  steps {row['steps'] / 1e6:.2f} M  {row['steps_per_second']:.0f}/s"
            f"  success fresh {row['success_fresh']:.3f} remembered {row['success_replay']:.3f}"
            f"  length {row['mean_length']:.0f}  entropy {row['entropy']:.3f}"
            f"  kl {row['divergence']:.4f}  value loss {row['value_loss']:.4f}"
        )
        if "validation" in row:
            by_density = " ".join(
                f"{key.removeprefix('validation_')}:{value:.3f}"
                for key, value in row.items()
                if key.startswith("validation_")
            )
            line += f"  | validation {row['validation']:.3f} ({by_density})"
        self._say(line)

    def save(self) -> None:
        """Writes checkpoint, weights and learning curve into the run directory."""
        weights = checkpoint.parameters_to_arrays(self._parameters)
        arrays: Arrays = {
            "updates": np.array(self._updates_done),
            "seconds": np.array(self._seconds),
            **with_prefix("weights", weights),
            **with_prefix("adam", checkpoint.optimizer_to_arrays(self._optimizer)),
            **with_prefix("source", self._source.state()),
            **with_prefix("player", self._player.state()),
        }
        write_arrays(self._run_dir / CHECKPOINT_NAME, arrays, compress=False)
        write_arrays(self._run_dir / WEIGHTS_NAME, weights, compress=True)
        draw_curve(self._run_dir / CURVE_NAME, self._run_dir / "learning_curve.png")

    def restore(self, path: Path) -> None:
        """Continues from a checkpoint written with the same settings (budgets may differ)."""
        arrays = read_checkpoint(path, "updates")
        try:
            weights = checkpoint.arrays_to_parameters(without_prefix("weights", arrays))
            for name, tensor in self._parameters.items():
                tensor.data.copy_(weights[name])
            checkpoint.load_optimizer(self._optimizer, without_prefix("adam", arrays))
            self._source.load_state(without_prefix("source", arrays))
            self._player.load_state(without_prefix("player", arrays))
            self._updates_done = int(arrays["updates"])
            self._seconds = float(arrays["seconds"])
        except (KeyError, ValueError) as error:
            raise CheckpointError(
                f"{path}: does not fit these settings ({error}); restart with the settings that "
                "the checkpoint was written with"
            ) from error


def _between(start: float, end: float, progress: float) -> float:
    return start + (end - start) * min(1.0, progress)


def _training_columns(totals: EpisodeTotals, statistics: UpdateStatistics) -> dict[str, float]:
    episodes = totals.fresh + totals.replayed
    return {
        "episodes": episodes,
        "success_fresh": _ratio(totals.fresh_successes, totals.fresh),
        "success_replay": _ratio(totals.replayed_successes, totals.replayed),
        "mean_length": _ratio(totals.length, episodes),
        **vars(statistics),
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
