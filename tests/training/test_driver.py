"""Driving a training: exit codes, where results go, what is said when input cannot be used."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from dsage_mpi.core.domain import DomainError
from dsage_mpi.core.settings import Settings
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.training import driver


class CountSettings(Settings):
    """Settings of a training that counts."""

    goal: int = 3
    stop_at: int = 0
    signal: str = "SIGTERM"


class CountTrainer:
    """Counts to a goal; a signal reaches it at ``stop_at``."""

    def __init__(self, settings: CountSettings, run_dir: Path, say: Callable[[str], None]):
        if settings.goal < 0:
            raise DomainError("goal = -1: cannot count down")
        self._settings, self._path = settings, run_dir / driver.CHECKPOINT_NAME
        self._count = 0
        self._stopped = False

    def run(self) -> bool:
        while self._count < self._settings.goal and not self._stopped:
            self._count += 1
            if self._count == self._settings.stop_at:
                os.kill(os.getpid(), signal.Signals[self._settings.signal])
        self._path.write_text(str(self._count))
        return self._count >= self._settings.goal

    def restore(self, path: Path) -> None:
        try:
            self._count = int(path.read_text())
        except (OSError, ValueError) as error:
            raise CheckpointError(f"{path}: no count") from error

    def request_stop(self) -> None:
        self._stopped = True


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "count.toml"
    path.write_text("goal = 5\n")
    return path


def _train(config: Path, *overrides: str, run_dir: Path | None, restart: Path | None = None) -> int:
    training = driver.Training(CountSettings, CountTrainer, "count.npz")
    return driver.train(training, driver.TrainingRequest(config, overrides, run_dir, restart))


def test_a_finished_training_ends_with_0(config: Path, tmp_path: Path) -> None:
    assert _train(config, run_dir=tmp_path / "a" / "b") == 0
    assert (tmp_path / "a" / "b" / "checkpoint.npz").read_text() == "5"
    assert "goal = 5" in (tmp_path / "a" / "b" / "settings.toml").read_text()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGUSR1", "SIGHUP"])
def test_a_stopped_one_ends_with_3_and_goes_on(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    if signal.getsignal(signal.Signals[name]) is signal.SIG_IGN:  # these tests run under nohup
        signal.signal(signal.Signals[name], signal.SIG_DFL)
    before, run_dir = signal.getsignal(signal.Signals[name]), tmp_path / "run"
    assert _train(config, "stop_at=2", f'signal="{name}"', run_dir=run_dir) == 3
    assert f"--restart {run_dir}" in capsys.readouterr().out
    assert (run_dir / "checkpoint.npz").read_text() == "2"
    assert signal.getsignal(signal.Signals[name]) is before
    # Where nothing else is said, results go on where the checkpoint is.
    assert _train(config, run_dir=None, restart=run_dir) == 0
    assert (run_dir / "checkpoint.npz").read_text() == "5"
    assert _train(config, run_dir=tmp_path / "other", restart=run_dir) == 0
    assert (tmp_path / "other" / "checkpoint.npz").read_text() == "5"


def test_a_training_under_nohup_outlives_its_terminal(config: Path, tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert _train(config, "stop_at=2", 'signal="SIGHUP"', run_dir=tmp_path / "run") == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def _contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("restarted", [False, True])
def test_results_that_exist_are_not_overwritten(
    restarted: bool, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier, source = tmp_path / "earlier", tmp_path / "source"
    for run_dir in (earlier, source):
        assert _train(config, "goal=3", run_dir=run_dir) == 0
    before = _contents(earlier)
    assert _train(config, run_dir=earlier, restart=source if restarted else None) == 2
    message = capsys.readouterr().err
    assert message.startswith(f"dsage_mpi: --run-dir {earlier} exists and is not empty.")
    assert f"--restart {earlier}" in message
    assert _contents(earlier) == before


def test_results_are_named_after_what_is_trained(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _train(config, run_dir=None) == 0
    assert [path.name.split("-")[0] for path in (tmp_path / "runs").iterdir()] == ["count"]


@pytest.mark.parametrize(
    ("overrides", "restart", "message"),
    [
        (["gaol=3"], None, "gaol: unknown key"),
        (["goal=-1"], None, "cannot count down"),
        ([], "none.npz", "none.npz does not exist; expected the checkpoint.npz"),
        ([], ".", " holds no checkpoint.npz; expected"),
        ([], "count.toml", "count.toml: no count"),
        ([], "/dev/null", "/dev/null is no regular file"),
    ],
)
def test_unusable_input_ends_with_2(
    overrides: list[str], restart: str | None, message: str, config: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = tmp_path / restart if restart else None
    assert _train(config, *overrides, run_dir=tmp_path / "run", restart=path) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("dsage_mpi: ")
    assert message in shown
    assert not (tmp_path / "run").exists()


def test_a_run_directory_that_cannot_be_is_explained(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _train(config, run_dir=config / "below a file") == 2
    message = capsys.readouterr().err
    assert message.startswith("dsage_mpi: cannot write into ")
    assert "below a file: Not a directory. Choose a writable folder" in message
    assert "Errno" not in message
