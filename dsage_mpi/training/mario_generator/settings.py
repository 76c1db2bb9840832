"""Settings of the generator trainer: documented, frozen, read from TOML by the package's loader."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dsage_mpi.core.settings import Settings
from dsage_mpi.training.settings import TrainingRunSettings


class RunSettings(TrainingRunSettings):
    """Budget and bookkeeping."""

    steps: int = Field(
        10_000, ge=1, le=10**12, description="Steps of the generator (and of the critic)."
    )
    wall_minutes: float = Field(
        180.0, gt=0, description="Stop and save after this many minutes of this process."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "bfloat16", description="Of the convolutions; bfloat16 is faster where the CPU has it."
    )


class CorpusSettings(Settings):
    """What the generator learns to imitate."""

    folder: str = Field(
        "",
        description="Folder of levels as text (*.txt, 14 to 16 rows, one character per tile, as in "
        "the Video Game Level Corpus); every window 56 wide is used. Empty: levels that the "
        "package's author writes.",
    )
    levels: int = Field(16_000, ge=2, le=10**9, description="Levels written by the author.")
    stride: int = Field(
        1, ge=1, le=10**6, description="Columns between two windows of a level in a file."
    )


class NetworkSettings(Settings):
    """Sizes of the two networks."""

    channels: int = Field(
        256,
        ge=16,
        le=4096,
        multiple_of=8,
        description="Channels of the generator at 4x4; the published one has 512.",
    )
    critic_channels: int = Field(
        48, ge=1, le=4096, description="Channels of the critic's first layer."
    )


class GanSettings(Settings):
    """Adversarial training: logistic loss, gradient penalty (R1), averaged weights."""

    batch: int = Field(
        32, ge=2, le=10**6, description="Levels per step, from the corpus and generated."
    )
    rate: float = Field(1e-3, gt=0, description="Adam's learning rate of both networks.")
    rate_end: float = Field(
        1e-4, gt=0, description="The rate falls to this over the second half of the training."
    )
    penalty: float = Field(1.0, ge=0, description="Weight of the critic's gradient penalty.")
    penalty_every: int = Field(
        8, ge=1, le=10**9, description="Steps between two penalties (lazily)."
    )
    adjacency: float = Field(
        0.05, ge=0, description="Cost of each pair of neighbours that the corpus never has."
    )
    adjacency_end: float = Field(
        0.2,
        ge=0,
        description="That cost at the end; it changes over the last fifth of the training.",
    )
    average: float = Field(
        0.998, ge=0, lt=1, description="Decay of the moving average that becomes the weights."
    )
    wide: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Share of latents drawn narrower or wider than N(0, 1), since the search does.",
    )
    calibration: int = Field(
        512,
        ge=1,
        le=10**9,
        description="Levels that the gains of rare tiles are fitted on, when saving.",
    )
    narrowest: float = Field(0.2, gt=0, description="Smallest of their standard deviations.")
    widest: float = Field(4.0, gt=0, description="Largest of them (log-uniform between the two).")


class TestSettings(Settings):
    """Regular look at what is generated."""

    every_steps: int = Field(1000, ge=1, le=10**12, description="Steps between two looks.")
    levels: int = Field(
        1000, ge=1, le=10**9, description="Levels measured, from latents that stay the same."
    )
    pictures: int = Field(12, ge=1, le=10**6, description="Levels drawn to samples.png.")


class GeneratorTraining(Settings):
    """All settings of one training."""

    run: RunSettings = RunSettings()
    corpus: CorpusSettings = CorpusSettings()
    networks: NetworkSettings = NetworkSettings()
    gan: GanSettings = GanSettings()
    test: TestSettings = TestSettings()
