"""Classes of a notebook's cell as components, and what is said when one of them fails."""

from __future__ import annotations

import numpy as np
import pytest

import dsage_mpi as dm


class Dots(dm.DomainBase):
    MEASURES = {"dots": dm.Measure(0, 16), "top": dm.Measure(0, 4)}

    def sample(self, rng):
        return rng.integers(2, size=(4, 4))

    def simulate(self, level, seed):
        return {"objective": 1.0, "dots": level.sum(), "top": level[0].sum()}


class Uniform(dm.MutationEmitter):
    def _random(self, size):
        return self._domain.initial_solutions(self._rng, size)

    _mutated = _random


class BrokenAsk(Uniform):
    def _random(self, size):
        return self._domain.initial_solutions(self._rng, size) / (size - size)[0]

    _mutated = _random


class Orphans(Uniform):
    """Says something of its batches' parents that cannot be."""

    parents = np.zeros(3)


class Flat(Uniform):
    def ask(self):
        return super().ask().ravel()


class Beyond(dm.MutationEmitter):
    def _mutated(self, size):
        return self._parents(size) + 2


def given_back(positions, context):
    return positions


def broken_rule(positions, context):
    raise KeyError("corner")


def strange_positions(positions, context):
    return [10**6]


def float_positions(positions, context):
    return positions / 2


def twice(positions, context):
    return np.repeat(positions[:1], 2)


class BrokenMethod(dm.MethodBase):
    def propose(self, iteration):
        return self.nothing


def config(domain="dots", emitter="uniform", rule="given_back", method="dsage"):
    return dm.Config(
        algorithm={"method": method, "max_evaluations": 24, "initial_solutions": 12},
        domain={"name": domain},
        archive={"measures": ("dots", "top"), "dims": (8, 4), "ranges": ((0, 16), (0, 4))},
        emitters={"kind": emitter, "count": 1, "batch_size": 6},
        inner_loop={"iterations": 2},
        selection={"kind": rule},
        surrogate={
            **{"epochs": 1, "features": 4, "residual_blocks": 1, "batch_size": 8},
            **{"ancillary": False, "device": "cpu", "threads": 1},
        },
    )


@pytest.fixture(autouse=True)
def registered(forgotten):
    """What this module's tests have in common."""
    dm.register_domain("dots", Dots)
    dm.register_emitter("uniform", Uniform)
    dm.register_emitter("broken_ask", BrokenAsk)
    dm.register_emitter("flat", Flat)
    dm.register_emitter("beyond", Beyond)
    dm.register_emitter("orphans", Orphans)
    for rule in (given_back, broken_rule, strange_positions, float_positions, twice):
        dm.register_selection_rule(rule.__name__, rule)
    dm.register_method("broken_method", BrokenMethod)


def test_registered_names_work_in_this_process(tmp_path):
    run = dm.illuminate(config(), run_dir=tmp_path / "run", quiet=True)
    assert run.state == "done"
    assert dm.open_run(tmp_path / "run").render().size == (64, 64)
    assert [step.evaluations for step in dm.iterate(config())][-1] == 24


def test_a_cell_that_is_run_again_replaces_its_class():
    class Wide(Dots):
        def sample(self, rng):
            return rng.integers(2, size=(2, 8))

    assert next(dm.iterate(config())).levels.shape[1:] == (4, 4)
    dm.register_domain("dots", Wide)
    assert next(dm.iterate(config())).levels.shape[1:] == (2, 8)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: dm.register_domain("maze", Dots), 'name = "maze": domain of ours'),
        (lambda: dm.register_domain("a:b", Dots), 'expected letters, digits and "_"'),
        (lambda: dm.register_domain("four", 4), "is a int: expected a class"),
        (lambda: dm.register_domain("bare", object), "object has no MEASURES"),
        (lambda: dm.register_selection_rule("all", given_back), "selection rule of ours"),
    ],
)
def test_what_cannot_be_registered_is_refused(call, words):
    with pytest.raises(dm.ComponentError) as caught:
        call()
    assert words in str(caught.value)


def test_a_child_process_cannot_have_what_this_process_alone_has():
    with pytest.raises(dm.ConfigError, match=r"farm.isolation = \"process\": a child process"):
        dm.Config(
            algorithm={"method": "map_elites", "max_evaluations": 10},
            domain={"name": "dots"},
            archive={"measures": ("dots", "top"), "dims": (8, 4), "ranges": ((0, 16), (0, 4))},
            farm={"isolation": "process"},
        )


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"emitter": "broken_ask"}, ['emitters.kind = "broken_ask", ask() failed', "_random"]),
        ({"emitter": "flat"}, ['"flat", ask() returned', "of shape (96,): expected", "(n, 16)"]),
        ({"emitter": "beyond"}, ["position 0 of solution 0 is", "whole number from 0 to 1"]),
        ({"emitter": "orphans"}, ["parents is float64 of shape (3,)", "of shape (6,), or None"]),
        ({"rule": "broken_rule"}, ["\"broken_rule\" failed: KeyError: 'corner'", "broken_rule\n"]),
        ({"rule": "strange_positions"}, ["among them 1000000, which it was not given"]),
        ({"rule": "float_positions"}, ["returned float64", "as integers, each at most once"]),
        ({"rule": "twice"}, ["more than once"]),
        ({"method": "broken_method"}, ["propose() failed: AttributeError", "self.nothing"]),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_a_broken_component_is_one_error_with_its_author_s_lines(parts, words):
    with pytest.raises(dm.ComponentFailedError) as caught:
        list(dm.iterate(config(**parts)))
    for word in words:
        assert word in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 12
    assert "dsage_mpi/search" not in str(caught.value)


def test_a_run_that_a_broken_component_ends_says_so_in_one_error(tmp_path):
    with pytest.raises(dm.RunError, match=r'selection.kind = "broken_rule" failed: KeyError'):
        dm.illuminate(config(rule="broken_rule"), run_dir=tmp_path / "run", quiet=True)
    dm.register_selection_rule("broken_rule", given_back)
    run = dm.illuminate(restart=tmp_path / "run", quiet=True)
    assert run.digest == dm.illuminate(config(), run_dir=tmp_path / "other", quiet=True).digest


class Grey(Dots):
    def draw(self, level):
        return level / 2


class NoPicture(Dots):
    def draw(self, level):
        return self.colours[level]


@pytest.mark.parametrize(
    ("domain", "words"),
    [
        (Grey, ["Grey.draw(level) gives float64", "(255 * picture).astype(numpy.uint8)"]),
        (NoPicture, ["NoPicture.draw(level) failed: AttributeError", "self.colours[level]"]),
    ],
)
def test_a_draw_that_fails_is_named(domain, words):
    dm.register_domain("dots", domain)
    step = next(dm.iterate(config()))
    html = step._repr_html_()
    assert html.count("<img") == 1
    assert words[0] in html
    with pytest.raises(AssertionError) as caught:
        dm.check_domain("dots")
    for word in words:
        assert word in str(caught.value)
