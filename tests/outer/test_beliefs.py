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


def _tiles(solutions):
    return solutions.view(-1, 8, 8).to(torch.int8)


class Tensors:
    def levels(self, solutions):
        return _tiles(solutions)

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
    with pytest.raises(DomainError, match="Bare domain has no method tensor_levels"):
        levels_on_device(Bare(Settings(), ("land",)), SurrogateSettings(), CPU)


@pytest.mark.parametrize(
    ("methods", "message"),
    [
        ({"levels": lambda self, s: 1 / 0}, "returned failed: ZeroDivisionError"),
        ({"levels": lambda self, s: s.view(-1, 64)}, "levels.* shape .2, 64.: expected int8"),
        ({"levels": lambda self, s: 1 - _tiles(s)}, "levels.* differs in 128 of 128 numbers"),
        ({"levels": lambda self, s: _tiles(s).long()}, "levels.* gives int64"),
        ({"known": lambda self, v: torch.zeros(2, 1).double()}, r"known.* shape \(2, 1\)"),
        ({"known": lambda self, v: torch.zeros(2, 2)}, "known.* gives float32"),
        ({"levels": lambda self, s: _tiles(s.zero_())}, "levels"),
        ({"known": lambda self, v: torch.zeros(2, 2).double()}, "known.* differs in 4 of 4"),
    ],
)
def test_other_levels_are_refused(methods, message):
    with pytest.raises(DomainError, match=message):
        levels_on_device(islands(**methods), SurrogateSettings(), CPU)


def test_planes_are_looked_at_where_they_are_wanted(monkeypatch):
    monkeypatch.setattr(Islands, "PLANES", ("twice",))
    monkeypatch.setattr(
        Islands, "planes", lambda self, v: 2 * v[:, None].astype(np.float32), raising=False
    )
    wanted = SurrogateSettings(planes=True)
    twice = islands(planes=lambda self, v: 2 * v[:, None].float())
    assert levels_on_device(twice, wanted, CPU) is twice.made
    once = islands(planes=lambda self, v: v[:, None].float())
    assert levels_on_device(once, SurrogateSettings(), CPU) is once.made
    with pytest.raises(DomainError, match=r"planes.* differs in"):
        levels_on_device(once, wanted, CPU)
    with pytest.raises(DomainError, match="no attribute 'planes'"):
        levels_on_device(islands(), wanted, CPU)


def test_a_domain_that_declines_is_told_apart(monkeypatch):
    monkeypatch.setattr(Islands, "tensor_levels", lambda self, device, **named: None)
    with pytest.raises(DomainError, match=r"Islands domain makes no such .*planes = false"):
        levels_on_device(islands(), SurrogateSettings(), CPU)


def test_a_method_that_fails_is_named(monkeypatch):
    monkeypatch.setattr(Islands, "tensor_levels", lambda self, device, **named: np.zeros(3)[5])
    with pytest.raises(DomainError, match=r"Islands\.tensor_levels\(\) failed: IndexError"):
        levels_on_device(islands(), SurrogateSettings(), CPU)
