"""The checkpoints of one run: names, the newest valid one, pruning."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from pathlib import Path

from dsage_mpi.checkpoint.hdf5 import read_tree, sync_folder
from dsage_mpi.core.paths import list_folder
from dsage_mpi.core.state import CheckpointError, Tree, UnreadableError

FOLDER = "checkpoints"
_PATTERN = "checkpoint-*.h5"
_UNFINISHED = ".*.writing"
_log = logging.getLogger("dsage_mpi.checkpoint")


def checkpoint_path(run_dir: Path, iteration: int) -> Path:
    """Where the checkpoint after ``iteration`` outer iterations lies."""
    return run_dir / FOLDER / f"checkpoint-{iteration:06d}.h5"


def final_path(run_dir: Path) -> Path:
    """Where the checkpoint of a run lies that was stopped, maybe in the middle of an iteration."""
    return run_dir / FOLDER / "final.h5"


def checkpoints(run_dir: Path) -> list[Path]:
    """All checkpoints of a run, oldest first; the final one of a stopped run is the newest.

    Raises:
        UnreadableError: Their folder cannot be read.
    """
    try:
        found = list_folder(run_dir / FOLDER)
    except OSError as error:
        raise UnreadableError(
            f"cannot read {run_dir / FOLDER}: {error.strerror or error}; ask its owner, or copy it"
        ) from error
    final = final_path(run_dir)
    return [path for path in found if path.match(_PATTERN)] + [p for p in found if p == final]


def newest_valid(run_dir: Path) -> Path:
    """The newest checkpoint that reads back whole.

    Raises:
        CheckpointError: There is none; the message lists what was tried and why it failed.
    """
    return read_newest(run_dir)[0]


def read_newest(
    run_dir: Path, check: Callable[[Path, Tree], None] = lambda path, tree: None
) -> tuple[Path, Tree]:
    """The newest checkpoint that reads back whole, with its contents.

    Args:
        run_dir: The run directory.
        check: Raises ``CheckpointError`` for contents that are of no use.

    Raises:
        CheckpointError: There is none; the message lists what was tried and why it failed.
    """
    problems = []
    for path in reversed(checkpoints(run_dir)):
        try:
            tree = read_tree(path)
            check(path, tree)
        except CheckpointError as error:
            problems.append(str(error))
        else:
            for problem in problems:
                _log.warning("skipping a checkpoint: %s", problem)
            return path, tree
    tried = "".join(f"\n  {problem}" for problem in problems)
    raise CheckpointError(
        f"no usable checkpoint under {run_dir / FOLDER}{tried or ' (there are none at all)'}"
    )


def set_aside_newer(run_dir: Path, checkpoint: Path) -> list[Path]:
    """Moves what is newer than the checkpoint that a run goes on from into a folder beside it.

    Left where they are, later restarts would take them for the newest state, and pruning would
    keep them in place of those that the run writes from now on.

    Returns:
        Where they are now, oldest first; none if ``checkpoint`` is not one of this run.
    """
    known = [path.resolve() for path in checkpoints(run_dir)]
    if checkpoint.resolve() not in known:
        return []
    newer = known[known.index(checkpoint.resolve()) + 1 :]
    if not newer:
        return []
    number = 1
    while (folder := run_dir / FOLDER / f"set-aside-{number:04d}").exists():
        number += 1
    folder.mkdir()
    # Newest first: killed in between, the newest of those that are left is nearer to the aim.
    moved = [path.rename(folder / path.name) for path in reversed(newer)]
    sync_folder(run_dir / FOLDER)
    return moved[::-1]


def remove_unfinished(run_dir: Path) -> None:
    """Removes what killed writers left: it takes the room that the next checkpoint needs."""
    with contextlib.suppress(OSError):
        for path in (run_dir / FOLDER).glob(_UNFINISHED):
            path.unlink(missing_ok=True)


def prune(run_dir: Path, keep: int, keep_every: int = 0) -> None:
    """Removes old checkpoints, and a final one before them.

    To be called after a numbered one was written: the run has gone on since it was stopped. A
    disk that refuses costs a warning.

    Args:
        run_dir: The run directory.
        keep: The newest so many stay.
        keep_every: Those after every so many outer iterations stay, too; 0: none.
    """
    remove_unfinished(run_dir)
    try:
        final_path(run_dir).unlink(missing_ok=True)
        numbered = sorted((run_dir / FOLDER).glob(_PATTERN))
        for path in numbered[:-keep]:
            if not _is_milestone(path, keep_every):
                path.unlink(missing_ok=True)
    except OSError as error:
        _log.warning("cannot remove an old checkpoint: %s", error)


def _is_milestone(path: Path, keep_every: int) -> bool:
    number = path.stem.rpartition("-")[2]
    return keep_every > 0 and number.isdigit() and int(number) % keep_every == 0
