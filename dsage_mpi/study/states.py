"""How far the runs of a study are, and whether they are still those of its file."""

from __future__ import annotations

from collections.abc import Iterable

from dsage_mpi.config.errors import ConfigError, Problem
from dsage_mpi.config.load import NEUTRAL_KEYS, config_from_toml
from dsage_mpi.config.restart import changeable_keys, differences
from dsage_mpi.config.toml_writer import toml_value
from dsage_mpi.rundir.lock import is_held
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.rundir.status import DONE, ENDED, RUNNING, read_status
from dsage_mpi.study.folder import has_begun
from dsage_mpi.study.plan import PlannedRun, Study

#: States of a planned run beside those of ``rundir.status``: nothing there yet; killed.
WAITING, DEAD = "waiting", "dead"
_CHANGED = (
    "has runs with %s: what determines a result has changed since. Undo that, sweep into another "
    "--study-dir, or remove %s if its results are to be lost"
)


def state_of(run: PlannedRun) -> str:
    """``waiting``, ``running``, ``done``, ``stopped``, ``failed`` or ``dead``.

    Raises:
        RunDirectoryError: Its folder cannot be looked into.
    """
    directory = RunDirectory(run.path)
    if is_held(directory):
        return RUNNING
    if not has_begun(run.path):
        return WAITING
    state = str(read_status(directory.status).get("state"))
    return state if state in ENDED else DEAD


def unfinished(study: Study) -> list[PlannedRun]:
    """The runs that are not done, in order."""
    return [run for run in study.runs if state_of(run) != DONE]


def check_unchanged(study: Study) -> None:
    """Checks that the runs that there are already are those of the study's file.

    Raises:
        ConfigError: Some row would now give other results; names the keys.
    """
    problems = list(_changes(study.runs))
    if problems:
        raise ConfigError(problems, str(study.directory))


def _changes(runs: Iterable[PlannedRun]) -> Iterable[Problem]:
    seen: set[str] = set()
    for run in runs:
        if run.row in seen or not has_begun(run.path):
            continue
        file = RunDirectory(run.path).config
        found = config_from_toml(file.read_text(encoding="utf-8"), str(file))
        kept = changeable_keys(found)  # a run writes down what "auto" was on its machine
        for key, old, new in differences(found, run.config):
            if key.split(".")[0] in NEUTRAL_KEYS or key in kept:
                continue
            seen.add(run.row)  # the other seeds have the same
            message = _CHANGED % (_shown(old), run.path.parent)
            yield Problem(f"rows.{run.row}: {key}", f"= {_shown(new)}: {message}")


def _shown(value: object) -> str:
    return "no such key" if value is None else toml_value(value)
