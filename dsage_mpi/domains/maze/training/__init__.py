"""Trains a maze agent of one's own: recurrent PPO on random mazes (``train-agent``)."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsage_mpi.domains.maze.training.trainer import Trainer


def train(
    config_path: Path, *, overrides: list[str], run_dir: Path | None, restart: Path | None
) -> int:
    """Trains an agent as a settings file says.

    Args:
        config_path: TOML file, see ``inputs/agent_maze.toml``.
        overrides: ``section.key=value`` strings that take precedence over the file.
        run_dir: Where checkpoint, weights and learning curve go; default ``runs/agent-<time>``,
            or the checkpoint's own directory on a restart.
        restart: A checkpoint, or the run directory that holds it.

    Returns:
        Exit code: 0 finished, 2 unusable input, 3 stopped by a signal or at the
        wall-clock limit (can be continued with ``restart``).
    """
    from dsage_mpi.checkpoint.tree import CheckpointError
    from dsage_mpi.config.load import ConfigError, load_model, to_toml
    from dsage_mpi.domains.maze.training.settings import AgentTraining
    from dsage_mpi.domains.maze.training.trainer import CHECKPOINT_NAME, Trainer

    try:
        settings = load_model(AgentTraining, config_path, overrides)
        if restart is not None and restart.is_dir():
            restart = restart / CHECKPOINT_NAME
        if run_dir is None:
            stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
            run_dir = restart.parent if restart else Path("runs") / f"agent-{stamp}"
        run_dir.mkdir(parents=True, exist_ok=True)
        trainer = Trainer(settings, run_dir, _say)
        if restart is not None:
            trainer.restore(restart)
        (run_dir / "settings.toml").write_text(to_toml(settings), encoding="utf-8")
        with _stop_on_signal(trainer):
            finished = trainer.run()
    except (ConfigError, CheckpointError) as error:
        print(error, file=sys.stderr)
        return 2
    if not finished:
        _say(f"stopped before the end; continue with --restart {run_dir}")
        return 3
    _say(f"weights: {run_dir / 'agent.npz'}")
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
