"""The surrogate as the outer loop sees it: train, predict, errors, state."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from dsage_mpi.core.computing import Compute
from dsage_mpi.core.levels import LevelSpace, stacked
from dsage_mpi.core.processor import processor
from dsage_mpi.core.seeding import Purpose, integer_seed
from dsage_mpi.core.state import Tree
from dsage_mpi.surrogate.accuracy import Prediction
from dsage_mpi.surrogate.dataset import DataSet
from dsage_mpi.surrogate.device import (
    choose_device,
    configure_determinism,
    explained_device_errors,
    resolve_threads,
    torch_threads,
)
from dsage_mpi.surrogate.ensemble import make_surrogate_network, members_of
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.inference import LARGEST_PASS, Inference
from dsage_mpi.surrogate.members import (
    Lesson,
    Member,
    adam_states,
    load_adam_states,
    summary,
    train_one_by_one,
)
from dsage_mpi.surrogate.on_device import DevicePrediction, mean_and_variance
from dsage_mpi.surrogate.registry import network_facts
from dsage_mpi.surrogate.remote_inference import SharedInference
from dsage_mpi.surrogate.remote_messages import packed_state
from dsage_mpi.surrogate.remote_training import train_shared
from dsage_mpi.surrogate.scaling import TargetScaling, keep_function
from dsage_mpi.surrogate.settings import SurrogateSettings
from dsage_mpi.surrogate.snapshot import load_network_state, network_state
from dsage_mpi.surrogate.training import OnEpochs, Trained, TrainingReport


class Surrogate:
    """Predicts objective, measures and occupancy of levels; trained again every outer iteration.

    Weights, batch-norm statistics and Adam's moments persist from training to training. All of it
    depends on the settings, the run's seed and the data alone, given the number of CPU threads.

    Args:
        settings: Networks, training, devices.
        space: What levels are.
        measures: What the measures are called, for messages.
        run_seed: Seed of the run: initial weights and the order of training samples.
        usual_batch: Levels that are to be predicted at once, mostly; sets the size of passes.
        device: Overrides ``settings.device``.

    Raises:
        SurrogateError: The device that is asked for is not there, or the network does not work.
    """

    def __init__(
        self,
        settings: SurrogateSettings,
        space: LevelSpace,
        measures: Sequence[str],
        *,
        run_seed: int,
        usual_batch: int = LARGEST_PASS,
        device: torch.device | str | None = None,
    ) -> None:
        self.settings, self.space = settings, space
        self.device = choose_device(settings.device) if device is None else torch.device(device)
        self._threads, self._usual_batch = resolve_threads(settings), usual_batch
        self._shown = ("objective", *measures)
        self._run_seed = run_seed
        configure_determinism(settings.deterministic, self.device)
        size_key = network_facts(settings.kind).size_key
        advice = f"Lower surrogate.{size_key}, or use a device with more memory."
        with explained_device_errors("building the surrogate", advice):
            seed = integer_seed(run_seed, Purpose.NETWORK_INIT)
            self._network = make_surrogate_network(
                space, len(self._shown), settings, seed, self.device
            )
            self._members = [Member(each, settings) for each in members_of(self._network)]
        self._scaling = TargetScaling.raw(len(self._shown))
        self._trainings = 0
        self._inference: Inference | None = None
        self._compute: Compute | None = None
        self._shared: SharedInference | None = None

    def share(self, compute: Compute | None) -> int:
        """Has ``compute`` spread predictions, if this surrogate is on a CPU.

        And the trainings of several members, if they use one thread: results of more would depend
        on the number.

        Returns:
            How many ranks predict at most.
        """
        if compute is None or self.device.type != "cpu":
            return 1
        self._compute, self._inference = compute, None
        return compute.ranks

    @property
    def trained(self) -> bool:
        """Whether there has been any training, so that predictions mean something."""
        return self._trainings > 0

    def train(
        self,
        data: DataSet,
        iteration: int,
        on_progress: OnEpochs | None = None,
        max_steps: int | None = None,
    ) -> TrainingReport:
        """Continues training on the most recent evaluations.

        Args:
            data: All evaluations so far, on this surrogate's device.
            iteration: Outer iteration; with the run's seed it decides the order of samples.
            on_progress: Called after every batch with the number of whole epochs done; may raise,
                then this surrogate is to be used no more.
            max_steps: Overrides ``settings.max_steps``, which may leave it to the caller.

        Returns:
            Losses of the last epoch, time taken.

        Raises:
            SurrogateError: No data, wrong data, out of memory, or the loss diverged.
        """
        start = time.perf_counter()
        window = self._checked_window(data)
        with self._at_work("training the surrogate", "surrogate.batch_size or .recent_samples"):
            self._scale_to(window)
            self._inference = None
            if not self.trained:
                self._network.fit_inputs(window["levels"])
            count = len(window["levels"])
            own = self.settings.max_steps
            most = max_steps or (None if own == "balanced" else own)
            lesson = Lesson(window, data.newest, self._scaling, most, self._shown)
            trained = self._train_members(lesson, iteration, on_progress)
        self._trainings += 1
        seconds = time.perf_counter() - start
        return TrainingReport(
            iteration=iteration, samples=count, seconds=seconds, **summary(trained)._asdict()
        )

    def predict(self, levels: NDArray[Any], *, occupancy: bool = True) -> Prediction:
        """Predicts from running batch-norm statistics (eval mode).

        Args:
            levels: (n, H, W) int8 tile codes, or (n, d) float64 vectors.
            occupancy: False leaves the occupancy grids on the device (they are computed anyway
                where the predictor needs them).

        Raises:
            SurrogateError: Wrong shape, unknown tile codes or out of memory.
        """
        levels = self._checked_levels(levels)
        wants_grid = occupancy and self._network.predicts_occupancy
        with self._at_work("predicting", "surrogate.predict_batch"):
            inference = self._folded()
            if self._shared is None or wants_grid:
                outputs, grid = inference(levels, wants_grid)
            else:
                outputs, grid = self._shared(levels), None
        shape = (len(levels), len(self._members), len(self._shown))
        values = self._scaling.restored(outputs.reshape(shape))
        if grid is not None:
            grid *= np.float32(self._scaling.occupancy_scale)
        mean, spread = values[:, 0], np.empty((len(levels), 0))
        if (count := len(self._members)) > 1:
            each = [values[:, number] for number in range(count)]
            mean, variance = mean_and_variance(each, count, count - 1)
            spread = np.sqrt(variance)
        return Prediction(mean[:, 0], mean[:, 1:], grid, spread)

    @contextmanager
    def on_device(self) -> Iterator[DevicePrediction]:
        """A block in which what it gives predicts on the device, as ``predict`` does.

        Raises:
            SurrogateError: Out of memory, or the device fails, within the block.
        """
        with self._at_work("searching", "emitters.batch_size"):
            members = len(self._members)
            yield DevicePrediction(self._folded(), self._scaling, members, self.device)

    def state(self) -> Tree:
        """All that training and prediction depend on, as nested dicts of NumPy arrays."""
        return {
            "trainings": self._trainings,
            "network": network_state(self._network),
            "adam": adam_states(self._members),
            "scaling": self._scaling.state(),
        }

    def load_state(self, tree: Mapping[str, Any]) -> None:
        """Restores what `state` gave, bit for bit.

        Raises:
            SurrogateError: It belongs to other networks.
        """
        try:
            load_network_state(self._network, tree["network"])
            load_adam_states(self._members, tree["adam"])
            self._scaling = TargetScaling.from_state(tree["scaling"])
            self._trainings = int(tree["trainings"])
        except KeyError as error:
            raise SurrogateError(f"The saved surrogate is incomplete: no {error}.") from error
        self._inference = None

    def _train_members(
        self, lesson: Lesson, iteration: int, on_progress: OnEpochs | None
    ) -> list[Trained]:
        """Trains each with an order of samples of its own, here or wherever there is time."""
        numbers = range(len(self._members))
        places = [(iteration, number) if number else (iteration,) for number in numbers]
        seeds = [integer_seed(self._run_seed, Purpose.TRAINING, *place) for place in places]
        if self._compute is None or self._threads != 1 or len(seeds) == 1:
            return train_one_by_one(self._members, lesson, seeds, on_progress)
        return train_shared(self._compute, processor(), self._members, lesson, seeds, on_progress)

    @contextmanager
    def _at_work(self, doing: str, keys: str) -> Iterator[None]:
        advice = f"Lower {keys}, or use a device with more memory."
        with torch_threads(self._threads), explained_device_errors(doing, advice):
            yield

    def _scale_to(self, window: Mapping[str, Tensor]) -> None:
        if not self.settings.normalise_targets:
            return
        targets = torch.cat([window["objective"].unsqueeze(1), window["measures"]], dim=1)
        scaling = TargetScaling.fitted(targets, window["occupancy"])
        if self.trained:
            keep_function(self._network, self._scaling, scaling)
        self._scaling = scaling

    def _folded(self) -> Inference:
        if self._inference is None:
            inference = Inference(self._network, self.settings, self.device, self._usual_batch)
            if self._compute is not None:
                weights = network_state(self._network)
                self._compute.load(packed_state("predict", weights, processor()))
                self._shared = SharedInference(
                    self._compute, lambda levels: inference(levels, False)[0], inference.batch
                )
            self._inference = inference
        return self._inference

    def _checked_window(self, data: DataSet) -> dict[str, Tensor]:
        if len(data) == 0:
            raise SurrogateError(
                "There is nothing to train the surrogate on: no evaluation has succeeded so far. "
                "The failures are listed in the run directory."
            )
        recent = self.settings.recent_samples
        window = data.window(None if recent == "all" else recent)
        self._require("data set", tuple(window["levels"].shape[1:]), self.space.shape)
        self._require("data set", tuple(window["measures"].shape[1:]), (len(self._shown) - 1,))
        self._require_codes(*(float(bound) for bound in torch.aminmax(window["levels"])))
        return window

    def _checked_levels(self, levels: NDArray[Any]) -> NDArray[Any]:
        levels = stacked(levels)
        self._require("levels", levels.shape[1:], self.space.shape)
        if levels.size:
            self._require_codes(float(levels.min()), float(levels.max()))
        return levels

    @staticmethod
    def _require(what: str, found: tuple[int, ...], expected: tuple[int, ...]) -> None:
        if found != expected:
            raise SurrogateError(
                f"Surrogate: {what} has rows of shape {found}, expected {expected}."
            )

    def _require_codes(self, low: float, high: float) -> None:
        if self.space.kind == "vectors":
            if not math.isfinite(low + high):
                raise SurrogateError("Surrogate: a level has a NaN or infinite number.")
        elif low < 0 or high >= self.space.tile_count:
            raise SurrogateError(
                f"Surrogate: tile codes {low:g}..{high:g} found in levels, expected "
                f"0..{self.space.tile_count - 1}."
            )
