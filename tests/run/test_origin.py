"""A run that goes on elsewhere knows from its first moment where it comes from."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.runs import MAP_ELITES, finished, kill_when, newest
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


@pytest.mark.parametrize("moment", ["lock", "config.toml", "versions.json"])
def test_killed_before_it_saved_anything(
    old: Path, expected: Path, moment: str, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    restart = ["-m", "dsage_mpi", "--restart", newest(old), *MORE, "--run-dir", new]
    kill_when(restart, new / moment)
    newest_of_old = newest(old)
    shutil.rmtree(old)
    done = python("-m", "dsage_mpi", "--restart", new)
    if done.returncode == 2 and not (new / "config.toml").exists():
        assert "Start it again as before" in done.stderr or str(newest_of_old) in done.stderr
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


@pytest.mark.parametrize("moment", ["checkpoints", "figures", "origin.json"])
def test_killed_at_once_it_can_be_started_again_as_before(
    old: Path, expected: Path, moment: str, tmp_path: Path
) -> None:
    new = tmp_path / "new"
    start = ["-m", "dsage_mpi", "--restart", newest(old), *MORE, "--run-dir", new]
    kill_when(start, new / moment)
    if (new / "config.toml").exists():
        start = ["-m", "dsage_mpi", "--restart", new]
    finished(python(*start))
    assert python("-m", "dsage_mpi", "diff", new, expected).stdout == ""
    assert not (new / "origin.json").exists()


#: Kills the program itself, in the middle of making the copy.
KILLED_COPY = """
import os, signal, sys
from dsage_mpi.run import origin
origin.write_tree = lambda *a, **b: os.kill(os.getpid(), signal.SIGKILL)
from dsage_mpi.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def killed_once(whole_run: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was to go on from a checkpoint, killed while it made the copy."""
    new = tmp_path_factory.mktemp("killed") / "new"
    old = newest(whole_run("map_elites"))
    done = python("-c", KILLED_COPY, "--restart", old, *MORE, "--run-dir", new)
    assert done.returncode == -signal.SIGKILL
    assert (new / "origin.json").exists()
    assert not list((new / "checkpoints").glob("*.h5"))
    return new


@pytest.fixture
def killed(killed_once: Path, old: Path, whole_run: Callable[[str], Path], tmp_path: Path) -> Path:
    """The same, as if it was to go on from ``old``."""
    new = Path(shutil.copytree(killed_once, tmp_path / "new"))
    note = (new / "origin.json").read_text()
    assert str(whole_run("map_elites")) in note
    (new / "origin.json").write_text(note.replace(str(whole_run("map_elites")), str(old)))
    return new


def test_the_note_is_all_that_a_restart_needs(killed: Path, expected: Path) -> None:
    done = python("-m", "dsage_mpi", "--restart", killed)
    finished(done)
    assert "continuing after 50 evaluations" in done.stderr
    assert python("-m", "dsage_mpi", "diff", killed, expected).stdout == ""
    starts = [
        json.loads((run / "versions.json").read_text())["starts"] for run in (killed, expected)
    ]
    assert starts[0][0]["changed"] == starts[1][0]["changed"]


def test_the_note_names_what_is_gone(killed: Path, old: Path) -> None:
    gone = newest(old)
    shutil.rmtree(old)
    done = python("-m", "dsage_mpi", "--restart", killed)
    assert done.returncode == 2
    assert str(gone) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_dry_run_goes_by_the_note(killed: Path) -> None:
    done = python("-m", "dsage_mpi", "--restart", killed, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "max_evaluations = 56\n" in done.stdout


def test_a_start_without_a_note_can_only_be_repeated(killed: Path) -> None:
    (killed / "origin.json").unlink()
    done = python("-m", "dsage_mpi", "--restart", killed)
    assert done.returncode == 2
    assert "nothing is lost. Start it again as before" in " ".join(done.stderr.split())


def test_a_new_run_that_was_killed_at_once_can_be_started_again(
    whole_run: Callable[[str], Path], tmp_path: Path
) -> None:
    new = tmp_path / "new"
    kill_when([*MAP_ELITES, "--run-dir", new], new / "checkpoints")
    (new / "config.toml").unlink(missing_ok=True)  # had it come as far as that
    for name in ("versions.json", "status.json", "journal"):
        (new / name).unlink(missing_ok=True)
    finished(python(*MAP_ELITES, "--run-dir", new))
    assert python("-m", "dsage_mpi", "diff", new, whole_run("map_elites")).stdout == ""


@pytest.mark.parametrize(
    "name", ["mine.txt", "checkpoints/mine.h5", "figures/a.png", "config.toml"]
)
def test_what_is_anybody_s_is_not_taken_over(killed: Path, old: Path, name: str) -> None:
    (killed / name).write_text("mine")
    done = python("-m", "dsage_mpi", "--restart", newest(old), "--run-dir", killed)
    assert done.returncode == 2
    assert "exists and is not empty" in done.stderr
    assert (killed / name).read_text() == "mine"
