"""A run that goes on elsewhere knows from its first moment where it comes from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs import finished, kill_when, newest
from tests.support import python

MORE = ("--set", "algorithm.max_evaluations=56")


@pytest.fixture
def old(whole_run: Callable[[str], Path], tmp_path: Path) -> Path:
    """A finished run, to be continued with a larger budget."""
    return Path(shutil.copytree(whole_run("map_elites"), tmp_path / "old"))


@pytest.fixture(scope="module")
def expected(whole_run: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, continued without a disturbance."""
    run_dir = tmp_path_factory.mktemp("expected") / "run"
    old = newest(whole_run("map_elites"))
    finished(python("-m", "dsage_mpi", "--restart", old, *MORE, "--run-dir", run_dir))
    return run_dir


@pytest.mark.parametrize("moment", ["checkpoints", "lock", "config.toml", "versions.json"])
def test_killed_before_it_saved_anything(
    old: Path, expected: Path, moment: str, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    restart = ["-m", "dsage_mpi", "--restart", newest(old), *MORE, "--run-dir", new]
    kill_when(restart, new / moment)
    shutil.rmtree(old)
    done = python("-m", "dsage_mpi", "--restart", new)
    if done.returncode == 2 and not (new / "config.toml").exists():
        assert "no usable checkpoint" in done.stderr
        assert not (new / "config.toml").exists()
        return
    finished(done)
    assert "continuing after 50 evaluations" in done.stderr
    assert python("-m", "dsage_mpi", "diff", new, expected).stdout == ""


def test_the_origin_is_kept(expected: Path, whole_run: Callable[[str], Path]) -> None:
    old = newest(whole_run("map_elites"))
    assert json.loads((expected / "versions.json").read_text())["starts"][0]["continues"] == str(
        old
    )
    assert f"going on from {old}" in (expected / "log.txt").read_text()


def test_the_copy_has_the_changed_configuration(expected: Path) -> None:
    first = min((expected / "checkpoints").iterdir())
    done = python("-m", "dsage_mpi", "--restart", first, "--dry-run")
    assert "max_evaluations = 56\n" in done.stdout
    assert python("-m", "dsage_mpi", "verify", expected).returncode == 0


def test_a_run_without_a_checkpoint_goes_on_elsewhere_too(
    whole_run: Callable[[str], Path], tmp_path: Path
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    (old / "checkpoints").mkdir()
    shutil.copy(whole_run("map_elites") / "config.toml", old)
    finished(python("-m", "dsage_mpi", "--restart", old, "--run-dir", new))
    assert python("-m", "dsage_mpi", "diff", new, whole_run("map_elites")).stdout == ""
