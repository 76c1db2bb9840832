"""Trains a level generator of one's own: a GAN on platform levels (``train-generator``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsage_mpi.training.driver import TrainingRequest


def train(request: TrainingRequest) -> int:
    """Trains a generator as a settings file says; see ``dsage_mpi.training.driver.train``."""
    from dsage_mpi.training import driver
    from dsage_mpi.training.mario_generator.settings import GeneratorTraining
    from dsage_mpi.training.mario_generator.trainer import WEIGHTS_NAME, Trainer

    return driver.train(driver.Training(GeneratorTraining, Trainer, WEIGHTS_NAME), request)
