"""``check_domain`` passes what keeps the contract and names what does not."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from dsage_mpi.__main__ import main
from dsage_mpi.core.domain import Measure
from dsage_mpi.core.domain_base import DomainBase
from dsage_mpi.testing import Note, check_domain, domain_problems

_calls = itertools.count()


class Good(DomainBase):
    MEASURES = {"ones": Measure(0, 16), "left": Measure(0, 8)}

    class Settings(DomainBase.Settings):
        share: float = 0.5

    def sample(self, rng):
        return (rng.random((4, 4)) < self.settings.share).astype(int)

    def simulate(self, level, seed):
        noise = np.random.default_rng(seed).random()
        return {"objective": noise, "ones": level.sum(), "left": level[:, :2].sum()}


class Waves(DomainBase):
    """Continuous."""

    MEASURES = Good.MEASURES

    def sample(self, rng):
        return rng.normal(size=16)

    def level(self, solution):
        return (solution > 0).astype(int).reshape(4, 4)

    simulate = Good.simulate


class Fragile(Good):
    """Fails now and then, the same way each time."""

    def simulate(self, level, seed):
        if level[0, 0]:
            raise RuntimeError("the engine fell over")
        return super().simulate(level, seed)


class OneMeasure(Good):
    MEASURES = {"ones": Measure(0, 16)}


class Tensors:
    """Levels of ``Good`` as tensors, and its planes."""

    def levels(self, solutions):
        return solutions.view(-1, 4, 4).to(torch.int8)

    def planes(self, levels):
        return levels[:, None].float() / 2

    def known(self, levels):
        return torch.full((len(levels), 3), torch.nan, dtype=torch.float64)


class Seen(Good):
    """With images for networks, and on a device."""

    PLANES = ("half",)
    made = Tensors

    def planes(self, levels):
        return levels[:, None] / 2

    def tensor_levels(self, device, *, bare, planes):
        return self.made()


class Unseen(Good):
    PLANES = ("half",)


class SeenOtherwise(Seen):
    def planes(self, levels):
        return levels / 2


class SeenBadly(Seen):
    def planes(self, levels):
        return np.where(levels[:, None], np.nan, 1.0)


class KnownOtherwise(Seen):
    class made(Tensors):  # noqa: N801
        def known(self, levels):
            return torch.ones(len(levels), 3, dtype=torch.float64)


class SeenInVain(Seen):
    PLANES = ()


class Reversed(Good):
    MEASURES = {"ones": Measure(16, 0), "left": Measure(0, 8)}


class OwnRandomness(Good):
    def sample(self, rng):
        return np.random.default_rng().integers(2, size=(4, 4))


class NoRandomness(Good):
    def sample(self, rng):
        return np.eye(4, dtype=int)


class Counts(Good):
    def simulate(self, level, seed):
        return {**super().simulate(level, seed), "objective": next(_calls)}


class BeyondRange(Good):
    def simulate(self, level, seed):
        return {**super().simulate(level, seed), "left": -level.sum()}


class NotANumber(Good):
    def simulate(self, level, seed):
        return {**super().simulate(level, seed), "objective": float("nan")}


class Forgets(Good):
    def simulate(self, level, seed):
        return {"objective": 1, "ones": 3}


class AlwaysFails(Good):
    def simulate(self, level, seed):
        raise OSError("no engine")


class GreyPicture(Good):
    def draw(self, level):
        return np.zeros((4, 4), np.uint8)


class BadPrepare(Good):
    def prepare(self):
        raise OSError("no weights")


@pytest.mark.parametrize("domain", [Good, Waves, Fragile, Seen])
def test_what_keeps_the_contract_passes(domain):
    check_domain(domain)


def test_settings_are_passed_on():
    check_domain(f"{__name__}:Good", share=0.3)
    with pytest.raises(AssertionError, match=r"domain\.share"):
        check_domain(Good, share="much")


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (Reversed, "low < high"),
        (OwnRandomness, "take random numbers from rng alone"),
        (NoRandomness, "another generator gives the same solutions"),
        (Counts, "other results at the second call"),
        (BeyondRange, 'measure "left" has values from -'),
        (NotANumber, "objective has a NaN"),
        (Forgets, "all of 12 simulations failed: simulate gives no left"),
        (AlwaysFails, "OSError: no engine"),
        (GreyPicture, "draw(level) gives uint8 of shape (4, 4)"),
        (BadPrepare, "OSError: no weights"),
        (Unseen, "has no method planes(levels)"),
        (SeenOtherwise, "of shape (12, 4, 4): expected (12, 1, 4, 4)"),
        (SeenBadly, "planes(levels) gives a NaN"),
        (KnownOtherwise, "known() of tensors differs in 36 of 36 numbers"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_does_not_is_named(domain, words):
    with pytest.raises(AssertionError) as caught:
        check_domain(domain)
    assert words in str(caught.value)


def test_planes_that_nobody_asks_for_are_noted():
    notes = [line for _, lines in domain_problems(SeenInVain) for line in lines]
    assert notes == ["planes(levels) is never asked for: PLANES names none"]


def test_no_check_comes_after_one_that_failed():
    checks = list(domain_problems(Counts))
    assert [what for what, _ in checks][-1] == "simulations"
    assert [bool(lines) for _, lines in checks] == [False] * (len(checks) - 1) + [True]


def test_one_measure_is_enough():
    check_domain(OneMeasure)


class Talkative(Good):
    """Gives more than it declares."""

    def simulate(self, level, seed):
        return super().simulate(level, seed) | {"rihgt": 1, "occupancy": level}


class Text(Good):
    def simulate(self, level, seed):
        return super().simulate(level, seed) | {"ones": "7"}


def notes(domain):
    return [line for _, lines in domain_problems(domain) for line in lines]


def test_what_is_no_problem_but_worth_knowing_is_noted():
    (failed,) = notes(Fragile)
    assert isinstance(failed, Note)
    assert failed.endswith("simulations failed, the first with: RuntimeError: the engine fell over")
    (extra,) = notes(Talkative)
    assert 'simulate gives "rihgt", "occupancy", which is recorded only if' in extra


def test_a_text_is_no_number():
    with pytest.raises(AssertionError, match="simulate gives '7' for \"ones\": expected a number"):
        check_domain(Text)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ("shar=1", 1, "domain.shar: unknown key; did you mean share?"),
        ("share", 2, "--set share: expected KEY=VALUE"),
    ],
)
def test_a_setting_that_is_misspelt_is_named(change, code, words, capfd):
    assert main(["check-domain", f"{__name__}:Good", "--set", change]) == code
    told = capfd.readouterr()
    assert words in told.out + told.err
