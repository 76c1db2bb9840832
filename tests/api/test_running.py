"""illuminate and iterate do what the command does, bit for bit."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dsage_mpi as dm
from dsage_mpi.report.digest import digest
from dsage_mpi.search.archive import elites
from tests.api.conftest import INPUT, SMALL
from tests.runs import digest as digest_of_command
from tests.support import mpirun

SCRIPT = """
import sys
import dsage_mpi as dm

config = dm.load_config({input!r}, seed=3, overrides={overrides!r})
run = dm.illuminate(config, run_dir=sys.argv[1], quiet=True)
first = next(iter(dm.iterate(config)), None)
steps = [step.metrics["qd_score"] for step in dm.iterate(config)]
try:
    again = dm.illuminate(config, run_dir=sys.argv[1])
except dm.RunDirectoryError as error:
    again = type(error).__name__
found = None if run is None else run.digest
print(f"RESULT {{found}} {{first is None}} {{len(steps)}} {{again}}\\n", end="", flush=True)
"""


def test_the_result_is_that_of_the_command(run: dm.Run, by_command: Path) -> None:
    assert run.digest == digest_of_command(by_command)
    assert run.state == "done"
    assert run.path is not None
    inside = {path.name for path in run.path.iterdir()}
    assert {"config.toml", "metrics.csv", "log.txt", "archive.npz", "checkpoints"} <= inside


def test_callbacks_hear_of_every_iteration(run: dm.Run, steps: list[dm.Step]) -> None:
    metrics = run.metrics()
    assert [step.iteration for step in steps] == metrics.index.to_list()
    assert [step.metrics["qd_score"] for step in steps] == metrics["qd_score"].to_list()
    assert sum(len(step.proposal) for step in steps) == 40
    assert "Step(iteration=1, evaluations=20, elites=11" in repr(steps[0])


def test_iterate_finds_the_same_and_leaves_nothing(
    config: dm.Config, run: dm.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    steps = list(dm.iterate(config))
    assert digest(elites(steps[-1].archive)) == digest(run._stored.tree["archive"])
    np.testing.assert_array_equal(np.concatenate([s.proposal for s in steps]), run.solutions)
    np.testing.assert_array_equal(np.concatenate([s.levels for s in steps]), run.levels)
    told = pd.DataFrame([step.metrics for step in steps]).set_index("iteration").astype(float)
    pd.testing.assert_frame_equal(told, run.metrics()[told.columns], check_dtype=False)
    assert list(tmp_path.iterdir()) == []


def test_iterate_can_be_left(config: dm.Config) -> None:
    for step in dm.iterate(config):
        assert step.iteration == 1
        break


def test_iterate_misses_what_the_domain_needs_before_it_begins() -> None:
    config = dm.load_config(INPUT, overrides={"domain.agent": "/nowhere.npz"})
    with pytest.raises(dm.DomainError, match=r"/nowhere\.npz does not exist"):
        next(iter(dm.iterate(config)))


def test_ctrl_c_leaves_a_run_that_goes_on(
    config: dm.Config, run: dm.Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def interrupt(step: dm.Step) -> None:
        if step.iteration == 2:
            os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    path = tmp_path / "run"
    with pytest.raises(KeyboardInterrupt, match=r"illuminate\(restart="):
        dm.illuminate(config, run_dir=path, callbacks=[interrupt], quiet=True)
    assert signal.getsignal(signal.SIGINT) is before
    stopped = dm.open_run(path)
    assert (stopped.state, len(stopped.evaluations())) == ("stopped", 30)
    continued = dm.illuminate(restart=path, quiet=True)
    assert continued is not None
    assert continued.digest == run.digest
    assert capfd.readouterr() == ("", "")
    assert stopped.reload().digest == run.digest


def test_a_callback_can_stop_the_run(config: dm.Config, tmp_path: Path) -> None:
    def enough(step: dm.Step) -> None:
        raise dm.StopRequested("there are elites")

    stopped = dm.illuminate(config, run_dir=tmp_path / "run", callbacks=[enough], quiet=True)
    assert stopped is not None
    assert (stopped.state, len(stopped.evaluations())) == ("stopped", 20)


def test_an_error_of_a_callback_is_raised(config: dm.Config, tmp_path: Path) -> None:
    def broken(step: dm.Step) -> None:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        dm.illuminate(config, run_dir=tmp_path / "run", callbacks=[broken], quiet=True)
    assert dm.open_run(tmp_path / "run").state == "failed"


def test_a_restart_can_raise_the_budget_elsewhere(run: dm.Run, tmp_path: Path) -> None:
    longer = dm.illuminate(
        restart=run.checkpoint,
        run_dir=tmp_path / "longer",
        overrides={"algorithm.max_evaluations": 50},
        quiet=True,
    )
    assert longer is not None
    assert len(longer.evaluations()) == 50
    np.testing.assert_array_equal(longer.solutions[:40], run.solutions)


def test_a_run_directory_names_itself_after_the_domain(
    config: dm.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    short = config.model_copy(
        update={"algorithm": config.algorithm.model_copy(update={"max_evaluations": 20})}
    )
    run = dm.illuminate(short, quiet=True)
    assert run is not None
    assert str(run.path) == "runs/maze-0001"


def test_unusable_requests_are_refused(config: dm.Config, run: dm.Run, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="got neither"):
        dm.illuminate()
    with pytest.raises(ValueError, match="got both"):
        dm.illuminate(config, restart=run.path)
    with pytest.raises(ValueError, match="give those of a new run to load_config"):
        dm.illuminate(config, overrides={"seed": 4})
    with pytest.raises(dm.RunDirectoryError, match="is not empty"):
        dm.illuminate(config, run_dir=run.path)
    with pytest.raises(dm.ConfigError, match="seed = 4: the run has 3"):
        dm.illuminate(restart=run.path, overrides={"seed": 4})
    with pytest.raises(dm.RunDirectoryError, match="does not exist"):
        dm.illuminate(restart=tmp_path / "nothing")


def test_a_run_of_failures_alone_is_an_error(
    config: dm.Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dsage_mpi.domains.maze.domain.MazeDomain.make_simulator", lambda *_: _fail)
    with pytest.raises(dm.RunError, match="not one of the 40 evaluations succeeded"):
        dm.illuminate(config, run_dir=tmp_path / "run", quiet=True)


def _fail(tasks: np.ndarray) -> np.ndarray:
    raise RuntimeError("no maze")


def test_a_script_under_mpirun(run: dm.Run, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(input=str(INPUT), overrides=SMALL))
    done = mpirun(3, script, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    lines = sorted(line for line in done.stdout.splitlines() if line.startswith("RESULT"))
    mine = f"RESULT {run.digest} False {len(run.metrics())} RunDirectoryError"
    assert lines == sorted([mine, *["RESULT None True 0 None"] * 2])
