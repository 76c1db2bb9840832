"""What this package takes of pyribs' inside is there; if this fails, pyribs has changed."""

import inspect

import numpy as np
import pytest
from ribs.archives import ArrayStore, CVTArchive, GridArchive
from ribs.emitters.opt import CMAEvolutionStrategy

from dsage_mpi.search import pyribs_adapter
from dsage_mpi.search.pyribs_adapter import (
    COMPILED,
    MATRIX_FIELDS,
    PRIVATE,
    BareStrategy,
    load_strategy_state,
    strategy_state,
)

CHANGED = "pyribs has changed: {what} is gone; see dsage_mpi/search/pyribs_adapter.py"


def grid():
    return GridArchive(solution_dim=3, dims=(4, 4), ranges=((-1, 1), (-1, 1)), seed=1)


def strategy(seed=2):
    made = BareStrategy(sigma0=0.3, solution_dim=3, batch_size=6, seed=seed, dtype=np.float64)
    made.reset(np.zeros(3))
    return made


@pytest.fixture
def objects():
    cvt = CVTArchive(solution_dim=3, centroids=np.zeros((2, 2)), ranges=((0, 1), (0, 1)), seed=1)
    return {
        GridArchive: grid(),
        ArrayStore: grid()._store,
        CVTArchive: cvt,
        CMAEvolutionStrategy: strategy(),
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
    fixed |= {"lazy_gap_evals", "_solutions", "_parameters"}
    unknown = set(vars(objects[CMAEvolutionStrategy])) - fixed - set(PRIVATE[CMAEvolutionStrategy])
    assert not unknown, f"pyribs has changed: new {unknown}; see dsage_mpi/search/pyribs_adapter.py"


@pytest.mark.parametrize("name", COMPILED)
def test_nothing_is_compiled_and_pyribs_is_left_alone(name):
    compiled = getattr(CMAEvolutionStrategy, name, None)
    assert compiled is not None, CHANGED.format(what=f"CMAEvolutionStrategy.{name}")
    assert inspect.isfunction(getattr(BareStrategy, name))
    assert getattr(compiled, "py_func", None) is getattr(BareStrategy, name)


def test_a_restored_strategy_goes_on_as_if_never_stopped():
    one = strategy()
    for _ in range(4):
        values = np.square(one.ask()).sum(axis=1)
        one.tell(np.argsort(values), values, 3)
    other = strategy(seed=9)
    load_strategy_state(other, strategy_state(one))
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
