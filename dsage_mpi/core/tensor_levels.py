"""What a domain may have besides, if its levels can be made as tensors, on a GPU above all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from dsage_mpi.core.domain import Domain


class TensorLevels(Protocol):
    """Levels, and what they tell by themselves, from tensors to tensors on one device.

    No method may ask the device for anything: no number, no shape that depends on one.
    """

    def levels(self, solutions: Tensor) -> Tensor:
        """What the surrogate is asked about of solutions ((n, solution_dim)).

        Images, (n, H, W) int8 tile codes, or vectors, (n, d) float64.
        """
        ...

    def planes(self, levels: Tensor) -> Tensor:
        """The planes of levels ((n, P, H, W) float32); called only where planes were asked for."""
        ...

    def known(self, levels: Tensor) -> Tensor:
        """(n, 1 + k) float64: objective and measures that levels tell, NaN for the others."""
        ...


class HasTensorLevels(Protocol):
    """A domain that makes its levels on a device."""

    def tensor_levels(self, device: str, *, bare: bool, planes: bool) -> TensorLevels | None:
        """The same as its other methods, from tensors to tensors.

        Args:
            device: "cpu", "cuda", ...
            bare: Whether levels are those of ``bare_levels``, instead of ``levels``.
            planes: Whether planes are wanted.

        Returns:
            None if that is not to be had.
        """
        ...


def tensor_levels(domain: Domain, device: str, *, bare: bool, planes: bool) -> TensorLevels | None:
    """What ``domain`` has of these; None if nothing."""
    if not hasattr(domain, "tensor_levels"):
        return None
    made: TensorLevels | None = domain.tensor_levels(device, bare=bare, planes=planes)
    return made
