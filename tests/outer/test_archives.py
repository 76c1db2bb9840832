"""Whole runs with other archives than grids, of few and of many measures."""

import numpy as np
import pytest
from ribs.archives import CVTArchive

from dsage_mpi import DomainBase, Measure
from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from dsage_mpi.config.load import to_toml
from dsage_mpi.config.schema import Config
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.domains import build_domain
from dsage_mpi.run.restart_parts import obstacles
from tests.outer.loops import digest_of, make, run

METHODS = {"dsage": "iso_line", "map_elites": "iso_line", "cma_me": "cma_me"}


class Quarters(DomainBase):
    """Real numbers of which signs make a level; measures are the signs in its four quarters."""

    MEASURES = {name: Measure(0, 4) for name in ("nw", "ne", "sw", "se")}

    def sample(self, rng):
        return rng.normal(size=16)

    def level(self, solution):
        return (solution.reshape(4, 4) > 0).astype(int)

    def simulate(self, level, seed):
        quarters = level.reshape(2, 2, 2, 2).sum(axis=(1, 3)).ravel()
        noise = np.random.default_rng(seed).random()
        return {"objective": 1 + noise, **dict(zip(self.MEASURES, quarters, strict=True))}


def config(method, count, **archive):
    names = list(Quarters.MEASURES)[:count]
    return Config.model_validate(
        {
            "seed": 4,
            "algorithm": {"method": method, "max_evaluations": 70, "initial_solutions": 20},
            "domain": {"name": "tests.outer.test_archives:Quarters"},
            "archive": {
                "kind": "cvt",
                "measures": names,
                "ranges": [[0, 4]] * count,
                "cells": 40,
                "samples": 800,
                **archive,
            },
            "emitters": {"kind": METHODS[method], "count": 2, "batch_size": 8},
            "inner_loop": {"iterations": 4},
            "selection": {"kind": "downsample", "coarse_cells": 12},
            "surrogate": {
                **{"epochs": 1, "features": 4, "residual_blocks": 1, "threads": 1},
                "ancillary": False,
            },
        }
    )


def loop_of(settings):
    return make(settings, build_domain(settings.domain, settings.archive.measures))


@pytest.mark.parametrize("count", [2, 4])
@pytest.mark.parametrize("method", METHODS)
def test_a_resumed_run_equals_an_uninterrupted_one(method, count, tmp_path):
    settings = config(method, count)
    whole, stopped, resumed = (loop_of(settings) for _ in range(3))
    run(whole)
    run(stopped, 2)
    write_tree(tmp_path / "c.h5", stopped.state())
    resumed.load_state(read_tree(tmp_path / "c.h5"))
    run(resumed)
    assert isinstance(whole.archive, CVTArchive)
    assert whole.archive.measure_dim == count
    assert len(whole.archive) > 5
    assert digest_of(whole) == digest_of(resumed)


def test_the_cells_of_a_checkpoint_are_kept_to_the_last_bit():
    """Another machine may compute centroids a little differently."""
    settings = config("map_elites", 2)
    state = loop_of(settings).state()
    state["cells"]["centroids"] = np.nextafter(state["cells"]["centroids"], 5)
    whole, resumed = loop_of(settings), loop_of(settings)
    whole.load_state(state)
    run(whole, 2)
    np.testing.assert_array_equal(whole.archive.centroids, state["cells"]["centroids"])
    resumed.load_state(whole.state())
    run(whole)
    run(resumed)
    np.testing.assert_array_equal(resumed.archive.centroids, state["cells"]["centroids"])
    assert digest_of(whole) == digest_of(resumed)


def test_a_checkpoint_with_other_cells_than_its_elites_is_refused():
    settings = config("map_elites", 2)
    loop = loop_of(settings)
    run(loop)
    state = loop.state()
    state["cells"]["centroids"] = state["cells"]["centroids"][::-1].copy()
    with pytest.raises(CheckpointError, match=r"differs from the stored one in .*index"):
        loop_of(settings).load_state(state)


def test_what_a_restart_lacks_is_found_without_building_the_cells():
    settings = config("map_elites", 2)
    loop = loop_of(settings)
    run(loop, 1)
    tree = {**loop.state(), **OTHER_PARTS, "config": to_toml(settings)}
    tree["names"] = {
        "domain": settings.domain_name,
        "method": "map_elites",
        "measures": list(settings.archive.measures),
        "metadata": list(loop.domain.metadata_names),
    }
    assert not [line for line in obstacles(tree) if "cells" in line]
    del tree["cells"]
    assert "it has no cells" in obstacles(tree)


OTHER_PARTS = {"metrics": {"columns": {"iteration": np.array([1])}}}
