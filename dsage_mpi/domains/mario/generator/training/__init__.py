"""Trains a level generator of one's own: a GAN on platform levels (``train-generator``)."""

from __future__ import annotations

from pathlib import Path


def train(
    config_path: Path, *, overrides: list[str], run_dir: Path | None, restart: Path | None
) -> int:
    """Trains a generator as a settings file says; see ``dsage_mpi.trainers.driver.train``."""
    from dsage_mpi.domains.mario.generator.training.settings import GeneratorTraining
    from dsage_mpi.domains.mario.generator.training.trainer import WEIGHTS_NAME, Trainer
    from dsage_mpi.trainers import driver

    return driver.train(
        GeneratorTraining,
        Trainer,
        WEIGHTS_NAME,
        config_path,
        overrides=overrides,
        run_dir=run_dir,
        restart=restart,
    )
