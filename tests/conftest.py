"""Hooks and fixtures of all tests, serial (`pytest`) and under MPI (`mpirun -n 3 pytest`)."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from dsage_mpi.farm.launch import World, detect_launch, open_world
from tests import runs, support

#: What takes longest begins first, so that no worker of pytest-xdist has it left for the end.
_LONGEST = (
    *("slurm", "test_main_job.py", "run/test_origin.py", "run/test_main.py", "docs"),
    *("test_mario_job.py", "examples/test_components.py", "cli/test_escapes.py", "hosts"),
)
#: Folders whose tests share what takes long to make, or what there is only one of.
_TOGETHER = ("slurm", "docs", "hosts", "study", "domains/mario/java", "domains/mario/generator")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With pytest-xdist (``make test``) what takes longest begins first."""
    if config.getoption("numprocesses", None) or hasattr(config, "workerinput"):
        tests = Path(__file__).parent
        items.sort(key=lambda item: _rank(os.path.relpath(item.path, tests)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The tests of a file, or of a folder of ``_TOGETHER``, go to one worker."""
    from xdist.scheduler import LoadScopeScheduling

    class ByPlace(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            place = nodeid.partition("::")[0].removeprefix("tests/")
            return next((f for f in _TOGETHER if place.startswith(f"{f}/")), place)

    return ByPlace(config, log)


def _rank(place: str) -> int:
    """Position among the longest; behind all of them for the others."""
    found = (k for k, start in enumerate(_LONGEST) if place.startswith(start))
    return next(found, len(_LONGEST))


@pytest.fixture
def mpirun() -> Callable[..., Any]:
    """``support.mpirun``; skips where it cannot run: without mpirun, or inside an MPI job."""
    if detect_launch(os.environ) is not None:
        pytest.skip("starts MPI jobs of its own: not from inside one")
    if support.mpirun_command() is None:
        pytest.skip("no mpirun on this machine")
    return support.mpirun


@pytest.fixture(scope="session")
def whole_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Method ("dsage", "map_elites") -> directory of an uninterrupted run in one process.

    All its checkpoints are kept; what it printed is in the file ``stdout`` beside it. It is shared
    by all tests: copy it before you change it.
    """

    @functools.cache
    def run(method: str) -> Path:
        run_dir = tmp_path_factory.mktemp(method) / "run"
        arguments = (*runs.METHODS[method], *runs.KEEP_ALL, "--run-dir", run_dir)
        done = support.python(*arguments, timeout=200)
        runs.finished(done)
        (run_dir.parent / "stdout").write_text(done.stdout)
        return run_dir

    return run


@pytest.fixture(scope="session")
def world() -> World:
    """The ranks that run this test session together; one without mpirun."""
    return open_world()


# A test that fails on one rank leaves the others waiting for its messages for ever.


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        _end_all_ranks(item.config, f"{report.nodeid} ({report.when})\n{report.longreprtext}")
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Generator[None, None, None]:
    yield
    if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        _end_all_ranks(session.config, f"pytest ended with {exitstatus!r}")


def _end_all_ranks(config: pytest.Config, why: str) -> None:
    """Aborts the MPI job, if there is one, after saying why on this rank's stderr."""
    mpi = sys.modules.get("mpi4py.MPI")
    if mpi is None or not mpi.Is_initialized() or mpi.Is_finalized():
        return
    comm = mpi.COMM_WORLD
    if comm.Get_size() == 1:
        return
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend_global_capture(in_=True)
    sys.stderr.write(f"\n[rank {comm.Get_rank()}] FAILED {why}\n")
    sys.stderr.flush()
    comm.Abort(1)
