"""Simulators in child processes: what one does costs its evaluation, and results are the same."""

from __future__ import annotations

import pytest

import dsage_mpi as dm
from dsage_mpi.config.toml_writer import to_toml
from tests.runs import digest, finished
from tests.support import REPOSITORY, mpirun

PROCESS = {"isolation": "process"}


def config(deed="", count=60, **farm):
    return dm.Config(
        seed=5,
        algorithm={"method": "map_elites", "max_evaluations": count},
        domain={"name": "tests.domains.wayward:Wayward", "deed": deed},
        archive={"measures": ("ones", "top"), "dims": (5, 3), "ranges": ((0, 25), (0, 5))},
        emitters={"count": 1, "batch_size": 20, "initial_population": 20},
        farm=farm,
        report={"figures": False},
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A run without child processes, of a simulator that does no worse than to raise."""
    return dm.illuminate(config(), run_dir=tmp_path_factory.mktemp("plain") / "run", quiet=True)


def test_the_log_tells_of_the_first_failures_and_then_of_their_number(tmp_path):
    run = dm.illuminate(config("raise"), run_dir=tmp_path / "run", quiet=True)
    log = (tmp_path / "run" / "log.txt").read_text()
    assert run.evaluations()["failed"].sum() > 8
    assert log.count("failed: RuntimeError: no level of mine") == 5
    assert " of 20 evaluations failed in iteration 3; why is in " in log


def test_results_and_failures_are_those_of_a_run_without_child_processes(plain, tmp_path):
    run = dm.illuminate(config(**PROCESS), run_dir=tmp_path / "run", quiet=True)
    assert run.digest == plain.digest
    assert 0 < run.evaluations()["failed"].sum() < 60
    told = (tmp_path / "run" / "failures.jsonl").read_text()
    assert "no level of mine" in told
    assert told == (plain.path / "failures.jsonl").read_text()


@pytest.mark.parametrize(
    ("deed", "told", "limits"),
    [
        ("exit", "it ended with exit code 7", {}),
        ("segfault", "it was killed by SIGSEGV", {}),
        ("hang", "no answer within 1 s (hung)", {"deadline_seconds": 1}),
        ("memory", "Unable to allocate 8.00 GiB", {"memory_mb": 1024}),
    ],
)
def test_a_simulator_that_ruins_its_process_costs_one_evaluation(deed, told, limits, tmp_path):
    count = 12 if deed == "hang" else 30
    run = dm.illuminate(
        config(deed, count, **PROCESS, **limits), run_dir=tmp_path / "run", quiet=True
    )
    assert run.state == "done"
    levels, failed = run.levels, run.evaluations()["failed"].to_numpy()
    bad = (levels[:, 0, :3] == [1, 0, 1]).all(axis=1)
    raising = (levels[:, 0, :3] == [0, 1, 0]).all(axis=1)
    assert bad.any()
    assert (failed == bad | raising).all()
    assert told in (tmp_path / "run" / "failures.jsonl").read_text()


def test_a_simulator_that_leaks_is_replaced_and_no_evaluation_fails_of_it(plain, tmp_path):
    run = dm.illuminate(
        config("leak", **PROCESS, memory_mb=400), run_dir=tmp_path / "run", quiet=True
    )
    assert run.digest == plain.digest


def stop(step):
    if step.iteration == 2:
        raise dm.StopRequested("enough")


def test_ranks_and_a_restart_give_the_same(tmp_path):
    toml = tmp_path / "input.toml"
    toml.write_text(to_toml(config("exit", **PROCESS)))
    finished(mpirun(3, "-m", "dsage_mpi", toml, "--run-dir", tmp_path / "three"))

    stopped = dm.illuminate(
        config("exit", **PROCESS), run_dir=tmp_path / "one", callbacks=[stop], quiet=True
    )
    assert stopped.state == "stopped"
    run = dm.illuminate(restart=tmp_path / "one", quiet=True)
    assert run.digest == digest(tmp_path / "three")


def test_mazes_are_simulated_in_a_child_process_as_without(tmp_path):
    found = [
        [step.metrics["qd_score"] for step in dm.iterate(maze)]
        for maze in (
            dm.load_config(
                REPOSITORY / "inputs/maze_tiny.toml",
                overrides={
                    "algorithm": {"method": "map_elites", "max_evaluations": 24},
                    "farm.isolation": kind,
                },
            )
            for kind in ("none", "process")
        )
    ]
    assert found[0] == found[1]


def test_a_restart_may_put_the_simulator_into_a_child_process(plain, tmp_path):
    stopped = dm.illuminate(config(), run_dir=tmp_path / "run", callbacks=[stop], quiet=True)
    assert stopped.state == "stopped"
    run = dm.illuminate(
        restart=tmp_path / "run", overrides={"farm.isolation": "process"}, quiet=True
    )
    assert run.digest == plain.digest
