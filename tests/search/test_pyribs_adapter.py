"""What this package takes of pyribs' inside is there; if this fails, pyribs has changed."""

import inspect

import numpy as np
import pytest
from ribs.archives import CVTArchive, GridArchive
from ribs.emitters import EvolutionStrategyEmitter
from ribs.emitters.opt import CMAEvolutionStrategy

from dsage_mpi.search import pyribs_adapter
from dsage_mpi.search.pyribs_adapter import (
    COMPILED,
    MATRIX_FIELDS,
    PRIVATE,
    UncompiledStrategy,
    emitter_state,
    evolution_strategy_emitter,
    load_emitter_state,
)

CHANGED = "pyribs has changed: {what} is gone; see dsage_mpi/search/pyribs_adapter.py"


def grid():
    return GridArchive(solution_dim=3, dims=(4, 4), ranges=((-1, 1), (-1, 1)), seed=1)


def emitter(archive, **arguments):
    return evolution_strategy_emitter(
        archive, x0=np.zeros(3), sigma0=0.3, batch_size=6, seed=2, **arguments
    )


@pytest.fixture
def objects():
    cvt = CVTArchive(solution_dim=3, centroids=np.zeros((2, 2)), ranges=((0, 1), (0, 1)), seed=1)
    made = emitter(grid())
    return {
        GridArchive: grid(),
        CVTArchive: cvt,
        EvolutionStrategyEmitter: made,
        CMAEvolutionStrategy: made._opt,
    }


@pytest.mark.parametrize("cls", PRIVATE, ids=lambda cls: cls.__name__)
def test_what_is_read_by_name_is_there(objects, cls):
    for name in PRIVATE[cls]:
        assert hasattr(objects[cls], name), CHANGED.format(what=f"{cls.__name__}.{name}")


def test_the_matrices_are_there(objects):
    for name in MATRIX_FIELDS:
        found = hasattr(objects[CMAEvolutionStrategy].cov, name)
        assert found, CHANGED.format(what=f"DecompMatrix.{name}")


def test_nothing_more_belongs_to_a_strategy_than_is_saved(objects):
    """A field that pyribs adds to the state has to be saved, too."""
    fixed = {"batch_size", "sigma0", "solution_dim", "dtype", "lower_bounds", "upper_bounds"}
    fixed |= {"lazy_gap_evals", "_solutions"}
    unknown = set(vars(objects[CMAEvolutionStrategy])) - fixed - set(PRIVATE[CMAEvolutionStrategy])
    assert not unknown, f"pyribs has changed: new {unknown}; see dsage_mpi/search/pyribs_adapter.py"


@pytest.mark.parametrize("name", COMPILED)
def test_nothing_is_compiled_and_pyribs_is_left_alone(name):
    compiled = getattr(CMAEvolutionStrategy, name, None)
    assert compiled is not None, CHANGED.format(what=f"CMAEvolutionStrategy.{name}")
    assert inspect.isfunction(getattr(UncompiledStrategy, name))
    assert getattr(compiled, "py_func", None) is getattr(UncompiledStrategy, name)


def test_uncompiled_is_the_same_but_for_rounding():
    own, theirs = grid(), grid()
    ours = emitter(own)
    original = EvolutionStrategyEmitter(
        theirs, x0=np.zeros(3), sigma0=0.3, batch_size=6, seed=2, es=SlowToStart
    )
    for _ in range(3):
        for archive, one in ((own, ours), (theirs, original)):
            solutions = one.ask()
            objective, measures = -np.square(solutions).sum(axis=1), solutions[:, :2]
            one.tell(solutions, objective, measures, archive.add(solutions, objective, measures))
    np.testing.assert_allclose(ours.ask(), original.ask(), rtol=1e-9)


class SlowToStart(CMAEvolutionStrategy):
    """pyribs' formulas written down once more, so that the test compiles nothing."""

    @staticmethod
    def _transform_and_check_sol(unscaled, transform, mean, low, high):
        solutions = unscaled @ transform.T + mean
        return solutions, (solutions < low) | (solutions > high)

    @staticmethod
    def _calc_cov_update(cov, c1a, cmu, c1, pc, sigma, update, weights):
        kept = cov * (1 - c1a - cmu * weights.sum())
        return kept + c1**2 * np.outer(pc, pc) + update * cmu / sigma**2


def test_a_restored_emitter_goes_on_as_if_never_stopped():
    archive = grid()
    one = emitter(archive)
    for _ in range(4):
        solutions = np.array(one.ask())
        objective, measures = -np.square(solutions).sum(axis=1), solutions[:, :2]
        one.tell(solutions, objective, measures, archive.add(solutions, objective, measures))
    other = emitter(archive)
    load_emitter_state(other, emitter_state(one))
    np.testing.assert_array_equal(one.ask(), other.ask())


def test_no_other_module_touches_the_inside_of_pyribs():
    import re
    from pathlib import Path

    package = Path(pyribs_adapter.__file__).parents[1]
    named = {name for names in PRIVATE.values() for name in names if name.startswith("_")}
    pattern = re.compile(rf"(?<!self)\.({'|'.join(named)})\b")
    touching = {
        path.relative_to(package).as_posix()
        for folder in ("archives", "search", "outer", "report", "api", "run")
        for path in (package / folder).rglob("*.py")
        if pattern.search(path.read_text())
    }
    assert touching == {"search/pyribs_adapter.py"}
