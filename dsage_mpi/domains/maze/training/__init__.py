"""Trains a maze agent of one's own: recurrent PPO on random mazes (``train-agent``)."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path


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
        Exit code: 0 finished, 2 unusable input, 3 stopped at the wall-clock limit (restartable).
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
        finished = trainer.run()
    except (ConfigError, CheckpointError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"stopped; continue with --restart {run_dir}", file=sys.stderr)
        return 3
    _say(f"weights: {run_dir / 'agent.npz'}" + ("" if finished else " (wall-clock limit)"))
    return 0 if finished else 3


def _say(line: str) -> None:
    print(line, flush=True)
