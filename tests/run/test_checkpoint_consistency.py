import copy

import numpy as np
import pytest

from dsage_mpi.run.checkpoint_consistency import inconsistencies
from tests.outer.loops import make, run
from tests.outer.toy import GridDomain, config


@pytest.fixture(scope="module")
def good():
    loop = make(config("map_elites"), GridDomain(fails=lambda task: task["seed"] % 5 == 0))
    run(loop)
    names = {"domain": "toy", "method": "map_elites", "measures": ["a", "b"], "metadata": ["c"]}
    metrics = {"columns": {"iteration": np.arange(1, 4)}}
    return {**loop.state(), "config": "", "names": names, "metrics": metrics}


def test_a_run_is_consistent(good):
    assert list(inconsistencies(good)) == []


def test_what_is_no_run():
    lines = list(inconsistencies({"record": {}}))
    for name in ("config", "counters", "failures", "archive", "metrics", "rng", "record/level"):
        assert f"it has no {name}" in lines


@pytest.mark.parametrize(
    ("path", "change", "message"),
    [
        ("record/objective", lambda a: a[:-1], "record/objective has 89 rows"),
        ("failures/evaluation", lambda a: a[1:], "failures/evaluation"),
        ("failures/text", lambda a: a[1:], "failures/text has another number of rows"),
        ("failures/text", lambda a: a + 1000, "failures/text names rows"),
        ("counters/failures", lambda n: n + 1, "counters/failures is"),
        ("archive/objective", lambda a: a + 1, "archive/objective is not that"),
        ("archive/level", lambda a: 1 - a, "archive/level is not that"),
        ("archive/evaluation", lambda a: a + 1000, "rows that the record does not have"),
        ("archive/index", np.zeros_like, "a cell twice"),
    ],
)
def test_what_cannot_be(good, path, change, message):
    tree = copy.deepcopy(good)
    group, name = path.split("/")
    tree[group][name] = change(tree[group][name])
    assert message in "\n".join(inconsistencies(tree))
