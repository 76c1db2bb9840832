"""Settings that every training has."""

from __future__ import annotations

from pydantic import Field

from dsage_mpi.core.settings import Settings


class TrainingRunSettings(Settings):
    """Budget and bookkeeping of a training; how long it is, each says itself."""

    seed: int = Field(1, ge=0, lt=2**63, description="Seed of every random stream of the training.")
    wall_minutes: float = Field(
        120.0, gt=0, description="Stop and save after this many minutes of this process."
    )
    pause_steps: int = Field(
        0,
        ge=0,
        le=10**12,
        description="Stop and save at this many steps, to go on later; 0 = never.",
    )
    checkpoint_minutes: float = Field(5.0, gt=0, description="Minutes between checkpoints.")
    threads: int = Field(1, ge=1, le=4096, description="Threads of torch.")
