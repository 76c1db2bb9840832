"""Trains a level generator of one's own: a GAN on platform levels (``train-generator``)."""

from __future__ import annotations

from pathlib import Path


def train(
    config_path: Path, *, overrides: list[str], run_dir: Path | None, restart: Path | None
) -> int:
    """Trains a generator as a settings file says; see ``dsage_mpi.training.driver.train``."""
    from dsage_mpi.training import driver
    from dsage_mpi.training.mario_generator.settings import GeneratorTraining
    from dsage_mpi.training.mario_generator.trainer import WEIGHTS_NAME, Trainer

    return driver.train(
        GeneratorTraining,
        Trainer,
        WEIGHTS_NAME,
        config_path,
        overrides=overrides,
        run_dir=run_dir,
        restart=restart,
    )
