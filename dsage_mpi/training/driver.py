"""Drives a training from its settings file to its exit code; stops on a signal, saved."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from pydantic import BaseModel

from dsage_mpi.config.load import ConfigError, load_model, to_toml
from dsage_mpi.core import exit_codes
from dsage_mpi.core.atomic_files import atomic_write
from dsage_mpi.core.domain import DomainError
from dsage_mpi.core.paths import kind_of
from dsage_mpi.core.printable import printable
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.core.terminal import complain
from dsage_mpi.rundir.run_directory import (
    RUNS_FOLDER,
    TRAINING_SETTINGS,
    RunDirectoryError,
    refuse_used,
)

CHECKPOINT_NAME = "checkpoint.npz"
CURVE_NAME = "learning_curve.csv"
_EXPECTED = f"the {CHECKPOINT_NAME} of an earlier training, or the folder that holds it"

#: The signals that stop a run, too.
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP)

Model = TypeVar("Model", bound=BaseModel)


class Trainer(Protocol):
    """One training, new or continued."""

    def run(self) -> bool:
        """Trains to the end, a requested stop or the wall-clock limit; True if it was the end."""
        ...

    def restore(self, path: Path) -> None:
        """Continues from a checkpoint."""
        ...

    def request_stop(self) -> None:
        """Makes ``run`` save and return soon; called from a signal handler."""
        ...


@dataclass(frozen=True)
class Training(Generic[Model]):
    """A kind of training.

    Attributes:
        model: Its settings.
        make_trainer: Builds the trainer from settings, run directory and what prints a line.
        result: File name of the weights; the default run directory is named after it.
    """

    model: type[Model]
    make_trainer: Callable[[Model, Path, Callable[[str], None]], Trainer]
    result: str


@dataclass(frozen=True)
class TrainingRequest:
    """What somebody asks to be trained.

    Attributes:
        input: TOML file with the settings.
        overrides: ``section.key=value`` strings that take precedence over the file.
        run_dir: A new or empty folder for checkpoint, weights and learning curve; default
            ``runs/<what>-<time>``, or the checkpoint's own directory on a restart.
        restart: A checkpoint, or the run directory that holds it.
    """

    input: Path
    overrides: Sequence[str] = ()
    run_dir: Path | None = None
    restart: Path | None = None


def train(training: Training[Model], request: TrainingRequest) -> int:
    """Trains as a settings file says.

    Returns:
        Exit code: 0 finished, 2 unusable input, 3 stopped by a signal or at the
        wall-clock limit (can be continued with ``restart``).
    """
    run_dir, result = request.run_dir, training.result
    try:
        settings = load_model(training.model, request.input, request.overrides)
        checkpoint = None if request.restart is None else _find_checkpoint(request.restart)
        run_dir = _choose_folder(run_dir, checkpoint, result)
        trainer = training.make_trainer(settings, run_dir, _say)
        if checkpoint is not None:
            trainer.restore(checkpoint)
        # Only now, so that input that cannot be used leaves no empty folder.
        _make_folder(run_dir, _is_fresh(run_dir, checkpoint))
        with atomic_write(run_dir / TRAINING_SETTINGS, "w") as file:
            file.write(to_toml(settings))
        with _stop_on_signal(trainer):
            finished = trainer.run()
    except (ConfigError, CheckpointError, DomainError, RunDirectoryError) as error:
        complain(error)
        return exit_codes.BAD_INPUT
    except OSError as error:
        complain(_cannot_write(run_dir or RUNS_FOLDER, error))
        return exit_codes.BAD_INPUT
    if not finished:
        _say(f"stopped before the end; continue with --restart {run_dir}")
        return exit_codes.RESUMABLE
    _say(f"weights: {run_dir / result}")
    return exit_codes.DONE


def _find_checkpoint(restart: Path) -> Path:
    """The file that ``--restart`` means.

    Raises:
        CheckpointError: There is none.
    """
    try:
        kind, inside = kind_of(restart), kind_of(restart / CHECKPOINT_NAME)
    except OSError as error:
        raise CheckpointError(
            f"--restart {restart} cannot be looked at: {error.strerror or error}"
        ) from error
    if kind == "file":
        return restart
    if kind != "folder":
        what = "does not exist" if kind is None else "is no regular file"
        raise CheckpointError(f"--restart {restart} {what}; expected {_EXPECTED}")
    if inside != "file":
        raise CheckpointError(
            f"--restart {restart} holds no {CHECKPOINT_NAME}; expected {_EXPECTED}"
        )
    return restart / CHECKPOINT_NAME


def _choose_folder(run_dir: Path | None, checkpoint: Path | None, result: str) -> Path:
    """Where results go: into a folder of their own, or on where the checkpoint is.

    Raises:
        RunDirectoryError: Something else is in the folder that was asked for.
    """
    if run_dir is None and checkpoint is not None:
        return checkpoint.parent
    if run_dir is None:
        stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
        return RUNS_FOLDER / f"{Path(result).stem}-{stamp}"
    if _is_fresh(run_dir, checkpoint):
        refuse_used(run_dir)
    return run_dir


def _is_fresh(run_dir: Path, checkpoint: Path | None) -> bool:
    """Whether the folder is to be a new one, not the one that the checkpoint lies in."""
    return checkpoint is None or checkpoint.parent.resolve() != run_dir.resolve()


def _make_folder(run_dir: Path, fresh: bool) -> None:
    try:
        if fresh:  # reading the corpus takes its time, in which another training may have begun
            refuse_used(run_dir)
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunDirectoryError(_cannot_write(run_dir, error)) from error


def _cannot_write(run_dir: Path, error: OSError) -> str:
    return (
        f"cannot write into {run_dir}: {error.strerror or error}. Choose a writable folder with "
        "--run-dir"
    )


@contextlib.contextmanager
def _stop_on_signal(trainer: Trainer) -> Iterator[None]:
    """Lets Ctrl-C, a lost terminal and a job's end stop the training after the update, saved."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _STOPS}
    for number, handler in before.items():
        if number != signal.SIGHUP or handler != signal.SIG_IGN:  # nohup's, which is to stay
            signal.signal(number, lambda *_: trainer.request_stop())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(line: str) -> None:
    with contextlib.suppress(OSError):  # a training does not end because nobody watches
        print(printable(line), flush=True)
