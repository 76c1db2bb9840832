"""Drives a training from its settings file to its exit code; stops on a signal, saved."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel

from dsage_mpi.checkpoint.tree import CheckpointError
from dsage_mpi.config.load import ConfigError, load_model, to_toml
from dsage_mpi.domains.base import DomainError

CHECKPOINT_NAME = "checkpoint.npz"
CURVE_NAME = "learning_curve.csv"

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


def train(
    model: type[Model],
    make_trainer: Callable[[Model, Path, Callable[[str], None]], Trainer],
    result: str,
    config_path: Path,
    *,
    overrides: list[str],
    run_dir: Path | None,
    restart: Path | None,
) -> int:
    """Trains as a settings file says.

    Args:
        model: The settings.
        make_trainer: Builds the trainer from settings, run directory and what prints a line.
        result: File name of the weights; the default run directory is named after it.
        config_path: TOML file with the settings.
        overrides: ``section.key=value`` strings that take precedence over the file.
        run_dir: Where checkpoint, weights and learning curve go; default ``runs/<what>-<time>``,
            or the checkpoint's own directory on a restart.
        restart: A checkpoint, or the run directory that holds it.

    Returns:
        Exit code: 0 finished, 2 unusable input, 3 stopped by a signal or at the
        wall-clock limit (can be continued with ``restart``).
    """
    try:
        settings = load_model(model, config_path, overrides)
        if restart is not None and restart.is_dir():
            restart = restart / CHECKPOINT_NAME
        if run_dir is None:
            stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
            run_dir = restart.parent if restart else Path("runs") / f"{Path(result).stem}-{stamp}"
        run_dir.mkdir(parents=True, exist_ok=True)
        trainer = make_trainer(settings, run_dir, _say)
        if restart is not None:
            trainer.restore(restart)
        (run_dir / "settings.toml").write_text(to_toml(settings), encoding="utf-8")
        with _stop_on_signal(trainer):
            finished = trainer.run()
    except (ConfigError, CheckpointError, DomainError) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:  # no right to write there, disk full
        print(f"{run_dir or 'runs'}: {error}", file=sys.stderr)
        return 2
    if not finished:
        _say(f"stopped before the end; continue with --restart {run_dir}")
        return 3
    _say(f"weights: {run_dir / result}")
    return 0


@contextmanager
def _stop_on_signal(trainer: Trainer) -> Iterator[None]:
    """Lets Ctrl-C and a job's time limit end the training after the running update, saved."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stops = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: trainer.request_stop()) for number in stops]
    try:
        yield
    finally:
        for number, handler in zip(stops, before, strict=True):
            signal.signal(number, handler)


def _say(line: str) -> None:
    print(line, flush=True)
