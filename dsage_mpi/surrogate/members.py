"""The networks that are trained, each with an Adam of its own: one, or an ensemble's members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from dsage_mpi.core.state import Tree
from dsage_mpi.surrogate.network import Network
from dsage_mpi.surrogate.samples import Samples
from dsage_mpi.surrogate.scaling import TargetScaling
from dsage_mpi.surrogate.settings import SurrogateSettings
from dsage_mpi.surrogate.snapshot import adam_state, load_adam_state
from dsage_mpi.surrogate.training import OnEpochs, Trained, Trainer


class Lesson(NamedTuple):
    """What all members learn in one training.

    Attributes:
        window: Columns of the data set that are trained on, on the networks' device.
        newest: Rows of the newest batch, which are the last of all.
        scaling: Raw to training units.
        most_steps: A training ends after so many optimizer steps; None: after all epochs.
        shown: What people call the outputs.
    """

    window: Mapping[str, Tensor]
    newest: int
    scaling: TargetScaling
    most_steps: int | None
    shown: tuple[str, ...]


class Member:
    """A network and its optimizer, whose moments persist over trainings.

    Args:
        network: What is trained.
        settings: The table ``[surrogate]``.
    """

    def __init__(self, network: Network, settings: SurrogateSettings) -> None:
        self.network, self._settings = network, settings
        # One kernel for all weights and moments: a tenth of the time of one per operation.
        recorded = settings.cuda_graphs and network.output_layer().weight.is_cuda
        self.optimizer = torch.optim.Adam(
            network.parameters(), lr=settings.learning_rate, fused=True, capturable=recorded
        )

    def train(self, lesson: Lesson, seed: int, on_progress: OnEpochs | None = None) -> Trained:
        """Trains on a lesson; its seed decides the order of samples, and what dropout drops.

        Raises:
            SurrogateError: Loss or predictions have become infinite or not a number.
        """
        trainer = Trainer(
            self._settings, self.network, self.optimizer, lesson.scaling, lesson.shown
        )
        count = len(lesson.window["levels"])
        samples = Samples.of(self._settings, count, lesson.newest, seed)
        device = lesson.window["levels"].device
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            torch.random.manual_seed(seed)
            return trainer.run(lesson.window, samples, lesson.most_steps, on_progress)

    def adam(self) -> Tree:
        """The optimizer's state."""
        return adam_state(self.network, self.optimizer)

    def load_adam(self, tree: Mapping[str, Any]) -> None:
        """Restores what ``adam`` gave.

        Raises:
            SurrogateError: It belongs to another network.
        """
        load_adam_state(self.network, self.optimizer, tree)


def adam_states(members: Sequence[Member]) -> Tree:
    """The first member's optimizer, and the others' by number."""
    first, *others = (member.adam() for member in members)
    numbered = {str(number + 1): state for number, state in enumerate(others)}
    return {**first, "members": numbered} if numbered else first


def load_adam_states(members: Sequence[Member], tree: Mapping[str, Any]) -> None:
    """Restores what ``adam_states`` gave."""
    for number, member in enumerate(members):
        member.load_adam(tree if number == 0 else tree["members"][str(number)])


def train_one_by_one(
    members: Sequence[Member], lesson: Lesson, seeds: Sequence[int], on_progress: OnEpochs | None
) -> list[Trained]:
    """Trains all members here; ``on_progress`` is told the whole epochs of all of them."""
    progress = Progress(len(members), on_progress)
    return [
        member.train(lesson, seed, progress.of_next())
        for member, seed in zip(members, seeds, strict=True)
    ]


class Progress:
    """Makes one count of epochs of those of several trainings, one after the other.

    Args:
        trainings: How many there are at most.
        on_progress: Is told the mean of their epochs.
    """

    def __init__(self, trainings: int, on_progress: OnEpochs | None) -> None:
        self._trainings, self._on_progress = trainings, on_progress
        self._before = self._now = 0

    def of_next(self) -> OnEpochs:
        """What the next training calls with its epochs."""
        self._before += self._now
        self._now = 0
        return self._tell

    def again(self) -> None:
        """Tells nothing new; where a training elsewhere is waited for."""
        self._tell(self._now)

    def _tell(self, epochs: int) -> None:
        self._now = epochs
        if self._on_progress is not None:
            self._on_progress((self._before + epochs) // self._trainings)


def summary(trained: Sequence[Trained]) -> Trained:
    """What the trainings of all members did: most epochs, steps of all, means of losses."""
    losses = {
        name: sum(each.losses[name] for each in trained) / len(trained)
        for name in trained[0].losses
    }
    return Trained(
        epochs=max(each.epochs for each in trained),
        steps=sum(each.steps for each in trained),
        loss=sum(each.loss for each in trained) / len(trained),
        losses=losses,
    )
