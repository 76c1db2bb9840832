"""One training of the surrogate: epochs over the training window (Bhatt et al. 2022)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NoReturn

import torch
from torch import Tensor, nn
from torch.nn import functional

from dsage_mpi.surrogate.accuracy import head_names
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.network import Network
from dsage_mpi.surrogate.scaling import TargetScaling
from dsage_mpi.surrogate.settings import SurrogateSettings

#: Called after every batch with the number of whole epochs done; may raise to end the training.
OnEpochs = Callable[[int], None]


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


def surrogate_loss(
    outputs: Tensor,
    targets: Tensor,
    occupancy: Tensor | None,
    occupancy_target: Tensor | None,
    occupancy_weight: float,
) -> tuple[Tensor, Tensor]:
    """The published loss: mean of the heads' MSEs + weight x MSE of the occupancy grid.

    Args:
        outputs: (n, 1 + k) predictions.
        targets: (n, 1 + k) what they should be.
        occupancy: (n, side, side) predicted grid at the padded size, or None.
        occupancy_target: (n, H, W); the prediction is cropped to it.
        occupancy_weight: Factor of the occupancy term.

    Returns:
        The loss, and detached its parts: MSE of every head, then of the occupancy grid.
    """
    parts = (outputs - targets).square().mean(dim=0)
    loss = parts.mean()
    if occupancy is not None and occupancy_target is not None:
        height, width = occupancy_target.shape[1:]
        grid = functional.mse_loss(occupancy[:, :height, :width], occupancy_target)
        loss = loss + occupancy_weight * grid
        parts = torch.cat([parts, grid.view(1)])
    return loss, parts.detach()


def steps_of_epochs(settings: SurrogateSettings, samples: int) -> list[int]:
    """Optimizer steps of each epoch over ``samples`` evaluations; of the last one, maybe a part."""
    whole = -(-samples // settings.batch_size)
    left = settings.epochs * whole
    if settings.max_steps is not None:
        left = min(left, settings.max_steps)
    return [min(whole, left - done) for done in range(0, left, whole)]


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
        self, window: Mapping[str, Tensor], seed: int, on_progress: OnEpochs | None
    ) -> tuple[float, dict[str, float]]:
        """All epochs.

        Args:
            window: Columns of the data set that are trained on, on the device.
            seed: Decides the order of samples; the same on CPU and GPU.
            on_progress: Called after every batch with the number of whole epochs done.

        Returns:
            Mean loss of the last epoch, and its parts by name.

        Raises:
            SurrogateError: Loss or predictions have become infinite or not a number.
        """
        raw = torch.cat([window["objective"].unsqueeze(1), window["measures"]], dim=1)
        columns = {
            "levels": window["levels"],
            "targets": self._scaling.trained(raw),
            "occupancy": window["occupancy"],
            **({"planes": window["planes"]} if "planes" in window else {}),
        }
        shuffle = torch.Generator().manual_seed(seed)
        losses: list[float] = []
        progress = on_progress or (lambda epochs: None)
        self._network.train()
        for epoch, steps in enumerate(steps_of_epochs(self._settings, len(window["levels"]))):
            losses = self._epoch(columns, shuffle, steps, partial(progress, epoch))
            self._check(epoch, losses)
            progress(epoch + 1)
        if self._settings.exact_statistics:
            self._set_statistics(window["levels"], window.get("planes"))
        self._check_trained(window)
        return losses[0], dict(zip(self._names, losses[1:], strict=True))

    def _epoch(
        self,
        columns: Mapping[str, Tensor],
        shuffle: torch.Generator,
        steps: int,
        after_batch: Callable[[], None],
    ) -> list[float]:
        """The first ``steps`` batches of a random order, the last one partial if it is all.

        Returns:
            Mean loss and its parts.
        """
        levels = columns["levels"]
        order = torch.randperm(len(levels), generator=shuffle).to(levels.device)
        total = torch.zeros(1 + len(self._names), dtype=torch.float64, device=levels.device)
        order = order[: steps * self._settings.batch_size]
        for batch in torch.split(order, self._settings.batch_size):
            rows = {name: column[batch] for name, column in columns.items()}
            total += len(batch) * self._step(**rows)
            after_batch()
        mean: list[float] = (total / len(order)).tolist()
        return mean

    @torch.no_grad()
    def _set_statistics(self, levels: Tensor, planes: Tensor | None) -> None:
        """Replaces running batch-norm statistics by averages over all levels, weights unchanged.

        The running ones are averages of about the last ten batches, made by weights that have
        changed since: enough noise to spoil predictions (figures in docs/surrogate.md).
        """
        kinds = (nn.BatchNorm1d, nn.BatchNorm2d)
        norms = [m for m in self._network.modules() if isinstance(m, kinds)]
        momenta = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # torch's word for the plain average over batches
        # Batches as equal as can be, for they count the same.
        batches = -(-len(levels) // self._settings.batch_size)
        for rows in torch.tensor_split(torch.arange(len(levels)), batches):
            part = slice(int(rows[0]), int(rows[-1]) + 1)
            self._network(self._encoder(levels[part], None if planes is None else planes[part]))
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum

    def _step(
        self, levels: Tensor, targets: Tensor, occupancy: Tensor, planes: Tensor | None = None
    ) -> Tensor:
        """One optimizer step; loss and parts as one vector, still on the device."""
        with torch.autocast(levels.device.type, torch.bfloat16, enabled=self._mixed):
            outputs, grid = self._network(self._encoder(levels, planes))
        loss, parts = surrogate_loss(
            outputs.float(),
            targets,
            None if grid is None else grid.float(),
            occupancy / self._scaling.occupancy_scale,
            self._settings.occupancy_weight,
        )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        return torch.cat([loss.detach().view(1), parts])

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


def divergence_advice(settings: SurrogateSettings) -> str:
    """What to do about it, in a sentence."""
    hint = "" if settings.normalise_targets else " and surrogate.normalise_targets = true"
    return (
        "Continued, it would do so again: start a new run with a lower surrogate.learning_rate "
        f"(now {settings.learning_rate:g}){hint}."
    )
