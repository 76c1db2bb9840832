"""The members of an ensemble trained on several ranks.

A member's training depends on its weights, its moments, the lesson and its own seed alone, and is
done by one thread: so it comes out the same on every rank with an equal processor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dsage_mpi.core.computing import Bytes, Compute, NotWantedError
from dsage_mpi.core.state import Tree
from dsage_mpi.surrogate.encoding import computed_planes
from dsage_mpi.surrogate.members import Lesson, Member, Progress
from dsage_mpi.surrogate.network import make_network
from dsage_mpi.surrogate.remote_messages import Arrays, Shape, packed, packed_state, unpacked
from dsage_mpi.surrogate.scaling import TargetScaling
from dsage_mpi.surrogate.snapshot import MOMENTS, load_network_state, network_state
from dsage_mpi.surrogate.training import OnEpochs, Trained

#: Columns of the data set that travel; planes are computed again where they are needed.
_COLUMNS = ("levels", "objective", "measures", "occupancy")
#: What an answer of this rank stands for: that the member has been trained in place.
_HERE = np.empty(0, np.uint8)


def train_shared(
    compute: Compute,
    processor: str,
    members: Sequence[Member],
    lesson: Lesson,
    seeds: Sequence[int],
    on_progress: OnEpochs | None,
) -> list[Trained]:
    """Trains all members, here and on ranks that have nothing else to do.

    Args:
        compute: Spreads the trainings.
        processor: What this rank's processor is called.
        members: Are trained, as ``Member.train`` would.
        lesson: What they learn.
        seeds: Of their orders of samples.
        on_progress: Called after every batch here, and while others are waited for.

    Raises:
        SurrogateError: A training diverged.
    """
    here: dict[int, Trained] = {}
    progress = Progress(len(members), on_progress)

    def local(k: int) -> NDArray[Any]:
        tell = progress.of_next()

        def after_batch(epochs: int) -> None:
            compute.poll()
            tell(epochs)

        here[k] = members[k].train(lesson, seeds[k], after_batch)
        return _HERE

    compute.load(packed_state("train", _lesson_arrays(members[0], lesson), processor))
    requests = [
        packed({**_member_arrays(member), "seed": seed})
        for member, seed in zip(members, seeds, strict=True)
    ]
    answers = compute.map(requests, local, prefetch=0, on_wait=progress.again)
    return [
        here[k] if k in here else _load_trained(members[k], answer)
        for k, answer in enumerate(answers)
    ]


class RemoteTraining:
    """Another rank's part: trains one member after the other.

    Args:
        shape: What networks are built from.
        arrays: The lesson that ``train_shared`` sent.
    """

    def __init__(self, shape: Shape, arrays: Arrays) -> None:
        self._shape = shape
        window = {name: torch.from_numpy(arrays[name]) for name in _COLUMNS}
        planes = computed_planes(shape.space, arrays["levels"])
        if planes is not None:
            window["planes"] = planes
        most = int(arrays["most_steps"])
        self._lesson = Lesson(
            window,
            int(arrays["newest"]),
            TargetScaling.from_state(arrays),
            most if most > 0 else None,
            tuple(arrays["shown"].tolist()),
        )

    def __call__(self, request: Bytes, is_wanted: Callable[[], bool]) -> Bytes:
        """Weights and moments after a member's training, and what that did.

        Raises:
            NotWantedError: This rank has something more urgent to do.
            SurrogateError: The training diverged.
        """

        def give_up_if_not_wanted(epochs: int) -> None:
            if not is_wanted():
                raise NotWantedError

        arrays = unpacked(request)
        space, settings = self._shape.space, self._shape.settings
        network = make_network(space, self._shape.outputs, settings, 0, torch.device("cpu"))
        member = Member(network, settings)
        _load_member(member, arrays)
        trained = member.train(self._lesson, int(arrays["seed"]), give_up_if_not_wanted)
        losses = {f"loss:{name}": value for name, value in trained.losses.items()}
        counts = {"epochs": trained.epochs, "steps_done": trained.steps, "loss": trained.loss}
        return packed({**_member_arrays(member), **counts, **losses})


def _lesson_arrays(member: Member, lesson: Lesson) -> Tree:
    columns = {name: lesson.window[name].numpy() for name in _COLUMNS}
    if not member.network.predicts_occupancy:  # nobody learns from it
        columns["occupancy"] = columns["occupancy"][:, :0]
    return {
        **columns,
        **lesson.scaling.state(),
        "newest": lesson.newest,
        "most_steps": lesson.most_steps or 0,
        "shown": np.array(lesson.shown),
    }


def _member_arrays(member: Member) -> Tree:
    adam = member.adam()
    moments = {
        f"{key}:{name}": moment[key] for name, moment in adam["moments"].items() for key in MOMENTS
    }
    weights = {f"weight:{name}": value for name, value in network_state(member.network).items()}
    return {**weights, **moments, "steps": adam["steps"]}


def _load_member(member: Member, arrays: Mapping[str, Any]) -> None:
    load_network_state(member.network, _starting_with("weight:", arrays))
    moments = {key: _starting_with(f"{key}:", arrays) for key in MOMENTS}
    names = moments[MOMENTS[0]]
    by_name = {name: {key: moments[key][name] for key in MOMENTS} for name in names}
    member.load_adam({"steps": arrays["steps"], "moments": by_name})


def _load_trained(member: Member, answer: Bytes) -> Trained:
    arrays = unpacked(answer)
    _load_member(member, arrays)
    losses = {name: float(value) for name, value in _starting_with("loss:", arrays).items()}
    return Trained(int(arrays["epochs"]), int(arrays["steps_done"]), float(arrays["loss"]), losses)


def _starting_with(prefix: str, arrays: Mapping[str, Any]) -> Arrays:
    return {
        name.removeprefix(prefix): value
        for name, value in arrays.items()
        if name.startswith(prefix)
    }
