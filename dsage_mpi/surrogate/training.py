"""One training of the surrogate: epochs over the training window (Bhatt et al. 2022)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, NoReturn

import torch
from torch import Tensor, nn

from dsage_mpi.surrogate.accuracy import head_names
from dsage_mpi.surrogate.batches import Batches
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.loss import surrogate_loss
from dsage_mpi.surrogate.network import Network
from dsage_mpi.surrogate.plateau import Plateau
from dsage_mpi.surrogate.samples import Samples
from dsage_mpi.surrogate.scaling import TargetScaling
from dsage_mpi.surrogate.settings import SurrogateSettings
from dsage_mpi.surrogate.steps import steps_of_epochs

#: Called after every batch with the number of whole epochs done; may raise to end the training.
OnEpochs = Callable[[int], None]
#: Levels that a held-out error is taken of at once.
_ERROR_BATCH = 256


@dataclass(frozen=True)
class TrainingReport:
    """What one training did.

    Attributes:
        iteration: Outer iteration that it belongs to.
        samples: Evaluations in the training window.
        epochs: Passes over them.
        steps: Optimizer steps.
        seconds: Wall time.
        loss: Mean loss of the last epoch, in training units.
        losses: Its parts: mean squared error by head, and of the occupancy grid if there is one.
    """

    iteration: int
    samples: int
    epochs: int
    steps: int
    seconds: float
    loss: float
    losses: dict[str, float]


class Trained(NamedTuple):
    """What the epochs of a training did: see `TrainingReport`."""

    epochs: int
    steps: int
    loss: float
    losses: dict[str, float]


class _Epochs(NamedTuple):
    """What epochs did: their number and steps; losses and order of rows of the last one."""

    epochs: int
    steps: int
    losses: list[float]
    order: Tensor


class Trainer:
    """Runs epochs over one training window.

    Nothing inside the loop waits for the device: batches are indexed there and losses summed
    there; one read per epoch checks that training is sane and shows its progress.

    Args:
        settings: Epochs, batch size, weights.
        network: What is trained.
        optimizer: Its optimizer, whose moments persist over trainings.
        scaling: Raw to training units.
        shown: What people call the outputs.
    """

    def __init__(
        self,
        settings: SurrogateSettings,
        network: Network,
        optimizer: torch.optim.Optimizer,
        scaling: TargetScaling,
        shown: tuple[str, ...],
    ) -> None:
        self._settings = settings
        self._network = network
        self._optimizer = optimizer
        self._encoder = network.encoder(network.output_layer().weight.device)
        self._scaling = scaling
        self._mixed = settings.train_precision == "bfloat16"
        occupancy = ("occupancy",) if network.predicts_occupancy else ()
        names = head_names(len(shown) - 1)
        self._names, self._shown = names + occupancy, shown + occupancy

    def run(
        self,
        window: Mapping[str, Tensor],
        samples: Samples,
        most_steps: int | None,
        on_progress: OnEpochs | None,
    ) -> Trained:
        """All epochs, or as many as it takes until the held-out error falls no more.

        Args:
            window: Columns of the data set that are trained on, on the device.
            samples: Which of its rows every epoch passes over.
            most_steps: After so many steps it ends; None: after all epochs.
            on_progress: Called after every batch with the number of whole epochs done.

        Raises:
            SurrogateError: Loss or predictions have become infinite or not a number.
        """
        raw = torch.cat([window["objective"].unsqueeze(1), window["measures"]], dim=1)
        columns = {
            "levels": window["levels"],
            "targets": self._scaling.trained(raw),
            **({"occupancy": window["occupancy"]} if self._network.predicts_occupancy else {}),
            **({"planes": window["planes"]} if "planes" in window else {}),
        }
        progress = on_progress or (lambda epochs: None)
        self._network.train()
        done = self._epochs(columns, samples, most_steps, progress)
        if self._settings.exact_statistics:
            whole = len(done.order) == len(window["levels"])
            shown = window if whole else _rows(window, done.order.sort().values)
            after_batch = partial(progress, done.epochs)
            self._set_statistics(shown["levels"], shown.get("planes"), after_batch)
        self._check_trained(window)
        named = dict(zip(self._names, done.losses[1:], strict=True))
        return Trained(done.epochs, done.steps, done.losses[0], named)

    def _epochs(
        self,
        columns: Mapping[str, Tensor],
        samples: Samples,
        most_steps: int | None,
        progress: OnEpochs,
    ) -> _Epochs:
        device, size = columns["levels"].device, self._settings.batch_size
        plateau, steps = Plateau(self._settings.patience), 0
        plan = steps_of_epochs(self._settings, samples.per_epoch, most_steps)
        batches = Batches(
            lambda rows: self._step(**_rows(columns, rows)),
            1 + len(self._names),
            self._settings,
            device,
        )
        with closing(batches):
            for epoch, planned in enumerate(plan):
                order = samples.draw().to(device)
                losses = batches.take(order[: planned * size], partial(progress, epoch))
                self._check(epoch, losses)
                steps += planned
                progress(epoch + 1)
                held_out = samples.held_out
                if len(held_out) and plateau.reached(self._error(columns, held_out)):
                    break
        return _Epochs(epoch + 1, steps, losses, order)

    @torch.no_grad()
    def _set_statistics(
        self, levels: Tensor, planes: Tensor | None, after_batch: Callable[[], None]
    ) -> None:
        """Replaces running batch-norm statistics by averages over all levels, weights unchanged.

        The running ones are averages of about the last ten batches, made by weights that have
        changed since: enough noise to spoil predictions (figures in docs/surrogate.md).
        """
        norms = _batch_norms(self._network)
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # torch's word for the plain average over batches
        # Batches as equal as can be, for they count the same.
        batches = -(-len(levels) // self._settings.batch_size)
        for rows in torch.tensor_split(torch.arange(len(levels)), batches):
            part = slice(int(rows[0]), int(rows[-1]) + 1)
            self._network(self._encoder(levels[part], None if planes is None else planes[part]))
            after_batch()
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum

    def _step(self, **rows: Tensor) -> Tensor:
        """One optimizer step on rows of the columns; loss and parts, still on the device."""
        loss, parts = self._loss(**rows)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return torch.cat([loss.detach().view(1), parts])

    def _loss(
        self,
        levels: Tensor,
        targets: Tensor,
        occupancy: Tensor | None = None,
        planes: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        with torch.autocast(levels.device.type, torch.bfloat16, enabled=self._mixed):
            outputs, grid = self._network(self._encoder(levels, planes))
        return surrogate_loss(
            outputs.float(),
            targets,
            None if grid is None else grid.float(),
            None if occupancy is None else occupancy / self._scaling.occupancy_scale,
            self._settings.occupancy_weight,
        )

    @torch.no_grad()
    def _error(self, columns: Mapping[str, Tensor], rows: Tensor) -> float:
        """Loss on rows that are not trained on, with their own batch-norm statistics.

        The running ones are too noisy to judge by, and are left as they are.
        """
        norms = _batch_norms(self._network)
        for norm in norms:
            norm.track_running_stats = False
        total = 0.0
        for part in torch.split(rows.to(columns["levels"].device), _ERROR_BATCH):
            total += len(part) * float(self._loss(**_rows(columns, part))[0])
        for norm in norms:
            norm.track_running_stats = True
        return total / len(rows)

    def _check(self, epoch: int, losses: list[float]) -> None:
        if math.isfinite(losses[0]):
            return
        guilty = [
            name
            for name, loss in zip(self._shown, losses[1:], strict=True)
            if not math.isfinite(loss)
        ]
        self._diverged(
            f"in epoch {epoch + 1} of {self._settings.epochs}: the loss of "
            f"{', '.join(guilty) or 'the sum'} is not finite"
        )

    @torch.no_grad()
    def _check_trained(self, window: Mapping[str, Tensor]) -> None:
        """What the last step did shows in no loss, and a checkpoint is about to keep it."""
        shown = [window[name] for name in ("levels", "planes") if name in window]
        inputs = self._encoder(*(column[: self._settings.batch_size] for column in shown))
        outputs, _ = self._network.eval()(inputs)
        if not bool(outputs.isfinite().all()):
            self._diverged("in its last steps: what it predicts is not finite")

    def _diverged(self, how: str) -> NoReturn:
        raise SurrogateError(
            f"Surrogate training diverged {how}. {divergence_advice(self._settings)} The last "
            "checkpoint of this one is from before this training."
        )


def _batch_norms(network: Network) -> list[nn.BatchNorm1d | nn.BatchNorm2d]:
    return [m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]


def _rows(columns: Mapping[str, Tensor], rows: Tensor) -> dict[str, Tensor]:
    return {name: column[rows] for name, column in columns.items()}


def divergence_advice(settings: SurrogateSettings) -> str:
    """What to do about it, in a sentence."""
    hint = "" if settings.normalise_targets else " and surrogate.normalise_targets = true"
    return (
        "Continued, it would do so again: start a new run with a lower surrogate.learning_rate "
        f"(now {settings.learning_rate:g}){hint}."
    )
