"""What a domain may have besides, if its levels can be made as tensors, on a GPU above all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dsage_mpi.core.domain import known_objective

if TYPE_CHECKING:
    from torch import Tensor

    from dsage_mpi.core.domain import Array, Domain


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

        Raises:
            DomainError: Likewise; says why.
        """
        ...


def tensor_levels(domain: Domain, device: str, *, bare: bool, planes: bool) -> TensorLevels | None:
    """What ``domain`` has of these; None if nothing.

    Raises:
        DomainError: Nothing, and it says why.
    """
    if not hasattr(domain, "tensor_levels"):
        return None
    made: TensorLevels | None = domain.tensor_levels(device, bare=bare, planes=planes)
    return made


#: Types that torch has few operations for -> those that hold the same numbers.
_WIDER = {"uint16": np.int32, "uint32": np.int64, "uint64": np.int64}


def as_tensor(array: Array) -> Tensor:
    """An array as a tensor on the CPU, of a type that can be computed with."""
    import torch

    wider = _WIDER.get(array.dtype.name)
    return torch.from_numpy(array if wider is None else array.astype(wider))


def tensor_problems(
    made: TensorLevels, domain: Domain, solutions: Array, device: str, *, bare: bool, planes: bool
) -> Iterator[str]:
    """What ``made`` gives otherwise than the domain's methods for arrays; a sentence for each.

    Args:
        made: What ``tensor_levels`` returned for these arguments.
        domain: The domain.
        solutions: (n, solution_dim) to compare with.
        device: As for ``tensor_levels``, as are those that follow.
        bare: See there.
        planes: See there.
    """
    import torch

    levels = (domain.bare_levels if bare else domain.levels)(solutions)
    known = np.column_stack([known_objective(domain, levels), domain.known_measures(levels)])
    with torch.inference_mode():
        # A GPU may choose another of two tiles that are as good as equally likely.
        numbers = device == "cpu"
        given = as_tensor(solutions).to(device)
        before = given.clone()
        yield from _differs("levels", made.levels(given), levels, numbers=numbers)
        if not torch.equal(given, before):
            yield "levels() of tensors changes the solutions that it is given"
        given = torch.from_numpy(levels).to(device)
        yield from _differs("known", made.known(given), known)
        if np.isinf(known).any():
            yield "known_measures or known_objective gives an infinite number"
        if planes:
            expected = np.asarray(domain.planes(levels), np.float32)  # type: ignore[attr-defined]
            yield from _differs("planes", made.planes(given), expected)


def _differs(
    method: str, tensor: Tensor, expected: Array, *, numbers: bool = True
) -> Iterator[str]:
    found: Any = tensor.cpu().numpy()
    if (found.shape, found.dtype) != (expected.shape, expected.dtype):
        yield (
            f"{method}() of tensors gives {found.dtype} of shape {found.shape}: expected "
            f"{expected.dtype} of shape {expected.shape}"
        )
    elif numbers and (wrong := int((~_alike(found, expected)).sum())):
        yield (
            f"{method}() of tensors differs in {wrong} of {expected.size} numbers from what the "
            "domain makes of arrays"
        )


def _alike(found: Array, expected: Array) -> Array:
    same: Array = np.isclose(found, expected, rtol=1e-6, atol=0, equal_nan=True)
    return same
