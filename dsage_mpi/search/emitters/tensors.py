"""What an emitter has besides, if it can mutate elites that are tensors on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

if TYPE_CHECKING:
    from torch import Tensor

    from dsage_mpi.core.domain import Array


@runtime_checkable
class MutatesTensors(Protocol):
    """An emitter whose random numbers can be drawn before the archive is known.

    What ``draw`` and ``mutated_tensors`` make of parents is what ``ask`` makes of them.
    """

    #: Elites that one solution is made of.
    PARENTS: ClassVar[int]

    @property
    def size(self) -> int:
        """Solutions of a batch."""
        ...

    def random_batches(self) -> int:
        """How many batches of random solutions ``ask`` gives before mutations."""
        ...

    def draw(self) -> dict[str, Array]:
        """Random numbers of the next batch of mutations, (batch, ...) each."""
        ...

    def mutated_tensors(self, parents: Tensor, drawn: dict[str, Tensor]) -> Tensor:
        """Solutions ((batch, solution_dim)) of elites ((batch x PARENTS, solution_dim)).

        ``parents`` is not changed, and the device is not asked for anything.
        """
        ...
