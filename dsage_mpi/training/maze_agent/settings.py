"""Settings of the agent trainer: documented, frozen, read from TOML by the package's loader."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dsage_mpi.core.settings import Settings, problems_error
from dsage_mpi.training.settings import TrainingRunSettings


class RunSettings(TrainingRunSettings):
    """Budget and bookkeeping."""

    total_steps: int = Field(
        60_000_000, ge=1, le=10**12, description="Agent steps; annealing ends there."
    )
    matmul: Literal["float32", "bfloat16"] = Field(
        "bfloat16", description="Precision of the LSTM's matrix products in training."
    )


class LevelSettings(Settings):
    """Distribution of the mazes, endpoints always at the diameter."""

    density_low: float = Field(0.05, ge=0, le=1, description="Smallest wall density.")
    density_high: float = Field(0.65, ge=0, le=1, description="Largest wall density.")
    corridor_fraction: float = Field(
        0.1, ge=0, le=1, description="Share of spanning-tree mazes with some walls removed."
    )
    minimum_path: int = Field(
        2, ge=1, le=10**6, description="Shortest start-goal distance kept, moves."
    )
    maximum_path: int = Field(
        255, ge=1, le=10**6, description="Longest start-goal distance kept, moves."
    )
    fresh_per_update: int = Field(
        192, ge=1, le=10**9, description="New levels generated per update."
    )
    pool: int = Field(
        2048, ge=1, le=10**9, description="Most recent levels that episodes draw from."
    )
    replay_slots: int = Field(
        1024, ge=1, le=10**9, description="Levels remembered because they failed."
    )
    replay_probability: float = Field(
        0.3, ge=0, le=1, description="Share of episodes on remembered levels."
    )


class RewardSettings(Settings):
    """What the agent is paid for; a success pays 1 - 0.9 * steps / 648 (maze.md section 2.2)."""

    new_cell: float = Field(0.01, ge=0, description="For each cell first entered in an episode.")
    new_cell_until: float = Field(
        0.6, gt=0, le=1, description="Share of the training over which that falls to 0."
    )
    approach: float = Field(
        0.01,
        ge=0,
        description="Potential-based shaping: per move by which the goal comes nearer.",
    )


class PpoSettings(Settings):
    """Proximal policy optimisation (Schulman et al. 2017) with a recurrent policy."""

    environments: int = Field(256, ge=1, le=10**6, description="Environments run side by side.")
    segment: int = Field(
        128, ge=1, le=10**6, description="Steps per update and of back-propagation."
    )
    epochs: int = Field(2, ge=1, le=10**6, description="Passes over each segment.")
    minibatches: int = Field(8, ge=1, le=10**6, description="Groups of environments per pass.")
    discount: float = Field(0.995, gt=0, le=1, description="Discount per step.")
    trace: float = Field(0.95, ge=0, le=1, description="Lambda of generalised advantages.")
    clip: float = Field(0.2, gt=0, description="Range of the clipped probability ratio.")
    value_weight: float = Field(0.5, ge=0, description="Weight of the value loss.")
    entropy_start: float = Field(0.01, ge=0, description="Entropy bonus at the beginning.")
    entropy_end: float = Field(0.002, ge=0, description="Entropy bonus at the end.")
    rate_start: float = Field(1e-3, gt=0, description="Adam's learning rate at the beginning.")
    rate_end: float = Field(3e-5, gt=0, description="Adam's learning rate at the end.")
    gradient_norm: float = Field(0.5, gt=0, description="Clip of the global gradient norm.")


class ValidationSettings(Settings):
    """Regular test on fixed levels that are never trained on."""

    densities: tuple[Annotated[float, Field(ge=0, le=1)], ...] = Field(
        (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), min_length=1, description="Wall densities tested."
    )
    levels: int = Field(40, ge=1, le=10**9, description="Levels per density.")
    episodes: int = Field(5, ge=1, le=10**9, description="Sampled episodes per level.")
    every_steps: int = Field(
        4_000_000, ge=1, le=10**12, description="Training steps between tests."
    )


class AgentTraining(Settings):
    """All settings of one training."""

    run: RunSettings = RunSettings()
    levels: LevelSettings = LevelSettings()
    reward: RewardSettings = RewardSettings()
    ppo: PpoSettings = PpoSettings()
    validation: ValidationSettings = ValidationSettings()

    @model_validator(mode="after")
    def _check_together(self) -> AgentTraining:
        problems = []
        ppo, levels = self.ppo, self.levels
        if ppo.environments % ppo.minibatches:
            problems.append(
                ("ppo.minibatches", f"= {ppo.minibatches}: must divide ppo.environments")
            )
        if levels.density_low > levels.density_high:
            problems.append(("levels.density_low", "is above levels.density_high"))
        if levels.minimum_path > levels.maximum_path:
            problems.append(("levels.minimum_path", "is above levels.maximum_path"))
        if problems:
            raise problems_error(problems)
        return self
