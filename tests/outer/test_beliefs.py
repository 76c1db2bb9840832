"""What is wrong with somebody's levels as tensors is said before a run begins."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dsage_mpi.core.domain import DomainError, Measure
from dsage_mpi.core.domain_base import DomainBase
from dsage_mpi.core.settings import Settings
from dsage_mpi.outer.beliefs import levels_on_device
from dsage_mpi.surrogate.settings import SurrogateSettings

CPU = torch.device("cpu")


class Tensors:
    def levels(self, solutions):
        return solutions.view(-1, 8, 8).to(torch.int8)

    def known(self, levels):
        return torch.full((len(levels), 2), torch.nan, dtype=torch.float64)


class Islands(DomainBase):
    MEASURES = {"land": Measure(0, 64)}
    made = Tensors()

    def sample(self, rng):
        return rng.integers(2, size=(8, 8))

    def tensor_levels(self, device, *, bare, planes):
        return self.made


class Bare(DomainBase):
    MEASURES = Islands.MEASURES
    sample = Islands.sample


def islands(**methods):
    domain = Islands(Settings(), ("land",))
    domain.made = type("Changed", (Tensors,), methods)()
    return domain


def test_levels_that_are_those_of_arrays_are_taken():
    domain = islands()
    assert levels_on_device(domain, SurrogateSettings(), CPU) is domain.made


def test_a_domain_without_any_is_refused():
    with pytest.raises(DomainError, match="Bare domain makes no such levels"):
        levels_on_device(Bare(Settings(), ("land",)), SurrogateSettings(), CPU)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"levels": lambda self, s: 1 / 0}, "returned failed: ZeroDivisionError"),
        ({"levels": lambda self, s: s.view(-1, 64)}, "not those that it makes of arrays"),
        ({"levels": lambda self, s: 1 - s.view(-1, 8, 8).to(torch.int8)}, "not those that"),
        ({"levels": lambda self, s: s.view(-1, 8, 8).long()}, r"\(int64, \(2, 8, 8\)\)"),
        (
            {"known": lambda self, v: torch.zeros(2, 1).double()},
            r"expected torch.float64 of ",
        ),
        ({"known": lambda self, v: torch.zeros(2, 2)}, "gives torch.float32 of shape"),
    ],
)
def test_other_levels_are_refused(methods, message):
    with pytest.raises(DomainError, match=message):
        levels_on_device(islands(**methods), SurrogateSettings(), CPU)


def test_a_method_that_fails_is_named(monkeypatch):
    monkeypatch.setattr(Islands, "tensor_levels", lambda self, device, **named: np.zeros(3)[5])
    with pytest.raises(DomainError, match=r"Islands\.tensor_levels\(\) failed: IndexError"):
        levels_on_device(islands(), SurrogateSettings(), CPU)
