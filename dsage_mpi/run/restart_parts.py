"""What a restart needs of a checkpoint: is it all there, and what a run of its settings writes?

``missing`` needs the checkpoint alone and is quick; every reader looks with it. ``obstacles`` also
builds an empty run of the checkpoint's configuration and compares item by item, as that run's
state is by definition what a restart reads.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.config.components import CHOICES, METHODS
from dsage_mpi.config.load import ConfigError, config_from_toml
from dsage_mpi.core.domain import DomainError
from dsage_mpi.core.state import CheckpointError, Tree

if TYPE_CHECKING:
    from dsage_mpi.config.schema import Config
    from dsage_mpi.outer.loop import OuterLoop

#: What is raised by reading a tree that is not what it should be.
MISFIT = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)

_EVERY_RUN: dict[str, type] = {
    "config": str,
    **{f"counters/{name}": int for name in ("iteration", "evaluations", "failures")},
    "failures/evaluation": np.ndarray,
    "failures/text": np.ndarray,
    "failures/texts": list,
    **{
        f"archive/{name}": np.ndarray
        for name in ("index", "objective", "measures", "metadata", "solution", "level")
    },
    "archive/evaluation": np.ndarray,
    "metrics/columns/iteration": np.ndarray,
    "rng/run_seed": int,
    "names/domain": str,
    "names/method": str,
    "names/measures": list,
    "names/metadata": list,
    **{
        f"record/{name}": np.ndarray
        for name in ("solution", "level", "result", "failed", "iteration")
    },
    **{f"record/{name}": np.ndarray for name in ("objective", "measures", "metadata")},
}
_SURROGATE: dict[str, type] = {
    **dict.fromkeys(("surrogate/network", "surrogate/scaling", "surrogate/last_training"), dict),
    "surrogate/trainings": int,
    "optimizer/steps": int,
    "optimizer/moments": dict,
}
_EMITTERS: dict[str, type] = {"search/emitters": dict, "rng/archive": str}
_KINDS = {str: "a text", int: "a number", np.ndarray: "an array", list: "texts", dict: "a group"}
#: Groups whose arrays have as many rows as the run is long.
_GROWING = (
    *("record/", "archive/", "cells/", "failures/"),
    *("surrogate/calibration/", "proposal/", "following/"),
)
#: Not in checkpoints of earlier versions.
_OPTIONAL = ("surrogate/calibration", "record/parent")


def missing(tree: Tree) -> list[str]:
    """One line for each thing that every checkpoint of a run has and this one has not."""
    wanted = _EVERY_RUN | _of_method(tree)
    lines = (_lack(tree, path, kind) for path, kind in wanted.items())
    return list(dict.fromkeys(line for line in lines if line))


def obstacles(tree: Tree) -> list[str]:
    """One line for each thing that keeps a restart from going on from here.

    Args:
        tree: A checkpoint.

    Raises:
        DomainError: What the domain needs is not on this machine, so that it cannot be told.
    """
    if lines := missing(tree):
        return lines
    try:
        loop = _empty_run(tree["config"])
    except ConfigError as error:
        if any(problem.key in CHOICES for problem in error.problems):
            raise DomainError(str(error)) from None  # somebody's module is not importable here
        return [f"its configuration cannot be used: {error}"]
    expected = loop.state()
    for name in ("proposal", "following"):
        if name in tree:
            expected[name] = {"solutions": loop.record["solution"], "notes": {}}
    lines = [*_misfits(expected, tree), *_misfits_of_metrics(tree["metrics"]["columns"], loop)]
    return lines or _refusal(loop, tree)


def told(lines: list[str], most: int = 5) -> str:
    """Lines as one text for a message."""
    more = f"; and {len(lines) - most} more" if len(lines) > most else ""
    return "; ".join(lines[:most]) + more


def _of_method(tree: Tree) -> dict[str, type]:
    method = _find(tree, "names/method")
    if not isinstance(method, str):
        return {}
    if not METHODS.is_own(method):
        return {}
    return _SURROGATE if method == "dsage" else _EMITTERS


def _lack(tree: Tree, path: str, kind: type) -> str:
    """What is wrong with one item; empty if nothing. A group that is not there is named alone."""
    parts = path.split("/")
    for count in range(1, len(parts) + 1):
        place = "/".join(parts[:count])
        found = _find(tree, place)
        wanted = dict if count < len(parts) else kind
        if found is None:
            return f"it has no {place}"
        if not isinstance(found, wanted) or (isinstance(found, np.ndarray) and found.ndim == 0):
            return f"{place} is not {_KINDS[wanted]}"
    return ""


def _find(tree: Any, path: str) -> Any:
    """The item at a path; None if there is none."""
    for part in path.split("/"):
        if not isinstance(tree, Mapping) or part not in tree:
            return None
        tree = tree[part]
    return tree


@functools.lru_cache(maxsize=1)  # all checkpoints of a run have the same configuration
def _empty_run(text: str) -> OuterLoop:
    """A run that has not begun: on the CPU, with an archive and a data set as small as can be."""
    from dsage_mpi.domains import build_domain
    from dsage_mpi.outer.loop import OuterLoop
    from dsage_mpi.outer.phases import Phases
    from dsage_mpi.run.progress import Progress

    config = _shrunk(config_from_toml(text, "its configuration"))
    domain = build_domain(config.domain, config.archive.measures)
    nobody_works: Any = None
    return OuterLoop(config, domain, nobody_works, Phases(Progress(False, 1)))


def _shrunk(config: Config) -> Config:
    """The same run but for what determines sizes in memory and not in a checkpoint."""
    archive, algorithm, surrogate = config.archive, config.algorithm, config.surrogate
    return config.model_copy(
        update={
            "archive": archive.smallest(),
            "algorithm": algorithm.model_copy(update={"max_evaluations": 1}),
            "surrogate": surrogate.model_copy(update={"device": "cpu"}),
        }
    )


def _misfits(expected: Tree, found: Tree, prefix: str = "") -> Iterator[str]:
    """What a run of these settings would write otherwise."""
    for name, value in expected.items():
        path = prefix + name
        if name not in found:
            if path not in _OPTIONAL:
                yield f"it has no {path}"
        elif isinstance(value, dict):
            if isinstance(found[name], dict):
                yield from _misfits(value, found[name], f"{path}/")
            else:
                yield f"{path} is not a group"
        elif problem := _misfit(path, value, found[name]):
            yield f"{path} {problem}"


def _misfit(path: str, wanted: Any, found: Any) -> str:
    """What is wrong with one leaf; empty if nothing."""
    if isinstance(wanted, str | list):
        return "" if isinstance(found, type(wanted)) else f"is not {_KINDS[type(wanted)]}"
    if np.ndim(wanted) == 0:
        is_number = not isinstance(found, str | list | dict) and np.size(found) == 1
        return "" if is_number else "is not a number"
    if not isinstance(found, np.ndarray) or found.dtype != wanted.dtype:
        return f"is not an array of {_short(wanted.dtype)}"
    start = 1 if path.startswith(_GROWING) else 0
    if found.ndim != wanted.ndim or found.shape[start:] != wanted.shape[start:]:
        expected = ("n", *wanted.shape[1:]) if start else wanted.shape
        return f"has shape {found.shape}, expected {expected}"
    return ""


def _short(dtype: np.dtype[Any]) -> str:
    return "the domain's results" if dtype.names else str(dtype)


def _misfits_of_metrics(columns: Tree, loop: OuterLoop) -> Iterator[str]:
    from dsage_mpi.rundir.metric_columns import columns_of

    columns_here = columns_of(loop.config.archive.measures, loop.config.method_columns)
    known = {column.name: column for column in columns_here}
    for name, column in known.items():
        if column.required and name not in columns:
            yield f"it has no metrics/columns/{name}"
    rows = np.shape(columns["iteration"])
    for name, values in columns.items():
        if name not in known:
            yield f"metrics/columns/{name} is unknown to this version"
        elif np.shape(values) != rows or np.asarray(values).dtype.kind not in "if":
            yield f"metrics/columns/{name} is not {rows[0]} numbers"


def _refusal(loop: OuterLoop, tree: Tree) -> list[str]:
    """What the method says to its part, which names and shapes alone do not tell."""
    from dsage_mpi.surrogate.errors import SurrogateError

    try:
        loop.method.load_state(tree, loop.record)
    except (CheckpointError, SurrogateError, *MISFIT) as error:
        return [f"the state of {loop.config.algorithm.method} cannot be used: {error}"]
    return []
