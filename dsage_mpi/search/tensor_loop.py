"""The inner loop with everything on the surrogate's device (``inner_loop.archive = "tensors"``).

Archive, parents, mutation, levels, prediction and insertion are tensors, and the host only queues
them, some iterations at a time; on a GPU as CUDA graphs, if that is wanted. Meanwhile it draws the
random numbers of the next ones: the same as those of a loop on the host.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor

from dsage_mpi.search.pyribs_adapter import generator_of
from dsage_mpi.search.tensor_archive import SPARE_WORDS, TensorGridArchive
from dsage_mpi.surrogate.graphs import Repeated
from dsage_mpi.surrogate.inference import not_finite

if TYPE_CHECKING:
    from dsage_mpi.core.domain import Array
    from dsage_mpi.search.emitters.tensors import MutatesTensors
    from dsage_mpi.search.native_archive import NativeGridArchive
    from dsage_mpi.surrogate.settings import SurrogateSettings

#: Iterations that are queued together, at most, and after which a run can be stopped.
TOGETHER = 10
#: Solutions that are, on a CPU: seconds on a slow core.
_PIECE = 600
#: Random words are smaller than this.
_WORDS = 2**32
#: Words that are drawn at once to be passed over.
_MANY = 10**6


class TensorPredicted(NamedTuple):
    """What the surrogate believes about ``n`` solutions, as tensors."""

    objective: Tensor  # (n,) float64
    measures: Tensor  # (n, k) float64
    levels: Tensor  # (n, H, W) or (n, d)
    spread: Tensor  # (n, 1 + k) float64, or (n, 0) without an ensemble


class TensorPredict(NamedTuple):
    """How solutions are predicted on a device.

    Attributes:
        device: Which.
        settings: The table ``[surrogate]``.
        predict: Solutions ((n, solution_dim)) to what is believed of them, without any word with
            the device.
    """

    device: torch.device
    settings: SurrogateSettings
    predict: Callable[[Tensor], TensorPredicted]


def search_on_tensors(
    archive: NativeGridArchive,
    emitter: MutatesTensors,
    model: TensorPredict,
    steps: range,
    on_progress: Callable[[int], None] | None,
) -> None:
    """Does inner iterations whose solutions are all mutations.

    Args:
        archive: The surrogate archive, which has elites; gets what is found.
        emitter: Mutates them.
        model: The surrogate.
        steps: Their numbers.
        on_progress: Called with the number of iterations done, after every few; may raise.

    Raises:
        SurrogateError: A prediction is not finite.
    """
    with torch.inference_mode():
        loop = _Loop(archive, emitter, model)
        with closing(loop):
            done = steps.start
            following = loop.drawn(len(steps))
            while done < steps.stop:
                loop.queue(following)
                done += len(following)
                following = loop.drawn(steps.stop - done)
                loop.wait()
                if on_progress is not None:
                    on_progress(done)
            loop.store()


class _Loop:
    """The tensors of a loop, which stay where they are, and what is queued again and again."""

    def __init__(
        self, archive: NativeGridArchive, emitter: MutatesTensors, model: TensorPredict
    ) -> None:
        device, settings = model.device, model.settings
        self.archive = TensorGridArchive(archive, emitter.size, device)
        self._emitter, self._model = emitter, model
        self._together = TOGETHER
        if device.type == "cpu":
            self._together = max(1, min(TOGETHER, _PIECE // emitter.size))
        self._random = generator_of(archive)
        self._before, self._total = self._random.bit_generator.state, 0
        self._parents = emitter.PARENTS * emitter.size
        #: Words of the archive's generator that have been drawn and not been taken.
        self._left = np.empty(0, np.uint32)
        most = self._together * (self._parents + SPARE_WORDS)
        self._words = torch.zeros(most, dtype=torch.int64, device=device)
        self._taken = torch.zeros((), dtype=torch.int64, device=device)
        #: Random numbers of the emitter, (iterations, batch, ...) each.
        self._drawn: dict[str, Tensor] = {}
        self._queued = Repeated(
            partial(self._run, self._together),
            device,
            settings.cuda_graphs,
            "surrogate.cuda_graphs",
        )

    def drawn(self, most: int) -> list[dict[str, Array]]:
        """Random numbers of the next iterations that are queued together."""
        return [self._emitter.draw() for _ in range(min(self._together, most))]

    def queue(self, drawn: list[dict[str, Array]]) -> None:
        """Gives the device one iteration for each of these."""
        for name, example in drawn[0].items():
            if name not in self._drawn:
                empty = torch.from_numpy(np.empty((self._together, *example.shape), example.dtype))
                self._drawn[name] = empty.to(self._model.device)
            stacked = np.stack([numbers[name] for numbers in drawn])
            _upload(stacked, self._drawn[name][: len(drawn)])
        missing = len(self._words) - len(self._left)
        more = self._random.integers(_WORDS, size=missing, dtype=np.uint32)
        self._left = np.concatenate([self._left, more])
        _upload(self._left.astype(np.int64), self._words)
        self._taken.zero_()
        if len(drawn) == self._together:
            self._queued()
        else:
            self._run(len(drawn))

    def wait(self) -> None:
        """Waits for all that is queued.

        Raises:
            SurrogateError: A prediction was not finite.
        """
        state = torch.stack([self._taken, self.archive.sane.to(torch.int64)])
        taken, sane = state.tolist()
        if not sane:
            raise not_finite(self._model.settings)
        self._left, self._total = self._left[taken:], self._total + taken

    def store(self) -> None:
        """Leaves archive and generator as a loop on the host does."""
        self.archive.store()
        self._random.bit_generator.state = self._before
        for first in range(0, self._total, _MANY):
            self._random.integers(_WORDS, size=min(_MANY, self._total - first), dtype=np.uint32)

    def close(self) -> None:
        """Frees what a GPU has recorded."""
        self._queued.release()

    def _run(self, count: int) -> None:
        for number in range(count):
            self._iterate({name: values[number] for name, values in self._drawn.items()})

    def _iterate(self, drawn: dict[str, Tensor]) -> None:
        elites = self.archive.fields
        cells = self.archive.sample(self._words, self._taken, self._parents)
        solutions = self._emitter.mutated_tensors(elites["solution"][cells], drawn)
        predicted = self._model.predict(solutions)
        rows = {
            "solution": solutions,
            "objective": predicted.objective,
            "measures": predicted.measures,
            "level": predicted.levels,
            "evaluation": elites["evaluation"][cells[: len(solutions)]],
        }
        if "spread" in elites:
            rows["spread"] = predicted.spread
        self.archive.add(rows)


def _upload(array: Array, target: Tensor) -> None:
    """Queues a copy of an array into a tensor of its shape."""
    source = torch.from_numpy(array)
    if target.is_cuda:  # from other memory the host would wait for all that is queued before
        source = source.pin_memory()
    target.copy_(source, non_blocking=True)
