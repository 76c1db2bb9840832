"""Our improvement emitter against pyribs', which it is to equal bit for bit."""

import numpy as np
import pytest
from ribs.archives import GridArchive
from ribs.emitters import EvolutionStrategyEmitter
from ribs.emitters.opt import CMAEvolutionStrategy
from threadpoolctl import threadpool_info, threadpool_limits

from dsage_mpi.search.emitters.improvement import ImprovementEmitter, OneBlasThread
from tests.search.toy import LatentDomain

STEPS = 120


class Uncompiled(CMAEvolutionStrategy):
    """pyribs' CMA-ES without Numba, which takes seconds to compile it."""

    _transform_and_check_sol = staticmethod(CMAEvolutionStrategy._transform_and_check_sol.py_func)
    _calc_cov_update = staticmethod(CMAEvolutionStrategy._calc_cov_update.py_func)


def archive_of(domain):
    return GridArchive(
        solution_dim=domain.solution_dim,
        dims=(12, 9),
        ranges=((-2.0, 2.0), (-2.0, 2.0)),
        seed=11,
        solution_dtype=domain.solution_dtype,
    )


@pytest.mark.parametrize(
    ("dim", "batch_size", "flat"), [(32, 30, False), (5, 6, False), (3, 8, True)]
)
def test_it_emits_what_pyribs_emits(dim, batch_size, flat):
    domain = LatentDomain(solution_dim=dim)
    start = np.full(dim, 0.1)
    archives = [archive_of(domain), archive_of(domain)]
    expected = EvolutionStrategyEmitter(
        archives[0],
        x0=start,
        sigma0=0.3,
        es=Uncompiled,
        ranker="2imp",
        selection_rule="filter",
        restart_rule="no_improvement",
        batch_size=batch_size,
        seed=7,
    )
    found = ImprovementEmitter(archives[1], start, 0.3, batch_size, 7)
    with OneBlasThread():
        for _ in range(STEPS):
            solutions = np.array(expected.ask())
            assert solutions.tobytes() == np.array(found.ask()).tobytes()
            objective, measures = domain.predict(solutions)
            objective = np.round(objective * 0 if flat else objective, 1)  # with ties
            infos = [a.add(solutions, objective, measures) for a in archives]
            expected.tell(solutions, objective, measures, infos[0])
            found.tell(infos[1]["status"], infos[1]["value"])
    assert found.state()["restarts"] == expected.restarts > 0
    assert found.state()["iterations"] == expected.itrs == STEPS


def test_blas_has_one_thread_inside_and_as_many_as_before_outside():
    def threads():
        return [lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"]

    context = OneBlasThread()
    with threadpool_limits(2, user_api="blas"):
        before = threads()
        with context:
            assert set(threads()) == {1}
        assert threads() == before
