"""Gathers what a page shows of a stored run (``report/page``)."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dsage_mpi.api.results import Run
from dsage_mpi.archives import Archives
from dsage_mpi.core.domain import renderer
from dsage_mpi.core.seeding import evaluation_seeds
from dsage_mpi.report.page.source import Looks, Measures, PageRun
from dsage_mpi.run.finish import run_title, units
from dsage_mpi.run.load_run import find_stored
from dsage_mpi.rundir.surrogate_archive import read_surrogate_archive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dsage_mpi.core.domain import Array, Domain
    from dsage_mpi.core.state import Tree
    from dsage_mpi.run.load_run import Stored

#: Evaluations that are interpreted at once.
_AT_ONCE = 4096
#: Rollouts of an elite whose ways a page keeps.
_ROLLOUTS = 3


def page_runs(paths: Sequence[Path], predictions: bool = True) -> list[PageRun]:
    """As ``page_run``, of several; those whose folders have the same name go by their paths."""
    runs = [page_run(path, predictions) for path in paths]
    names = [run.name for run in runs]
    return [
        run if names.count(run.name) == 1 else replace(run, name=os.fspath(path))
        for run, path in zip(runs, paths, strict=True)
    ]


def page_run(path: Path, predictions: bool = True) -> PageRun:
    """Reads what a page shows of the run, or the checkpoint, at ``path``.

    Args:
        path: A run directory, also of a run under way, or one checkpoint.
        predictions: Whether the surrogate predicts what is in the archive (takes torch).

    Raises:
        RunDirectoryError: There is nothing at ``path``, or it is no run directory.
        CheckpointError: There is no valid checkpoint (yet).
        ConfigError: This version cannot read its configuration any more.
        DomainError: What its domain needs is missing here.
    """
    stored = find_stored(path)
    run, record = Run(stored), stored.tree["record"]
    config, domain = run.config, run.domain
    return PageRun(
        name=path.absolute().name,
        title=run_title(config),
        path=shlex.quote(os.fspath(path)),
        state=run.state,
        facts=_facts(stored, run),
        measures=_measures(stored, run),
        cell_of=lambda measures: np.asarray(run.archive.index_of(measures), np.int64),
        metadata_names=tuple(stored.tree["names"]["metadata"]),
        record=record,
        rows=stored.rows(),
        looks=_looks(domain),
        parameters=_parameters(domain, record),
        occupancy=_occupancy(domain, record, config.seed),
        paths=_paths(domain, record, config.seed),
        predict=_predictor(run) if predictions else None,
        checked=_checked(stored.tree),
        searched=read_surrogate_archive(path) if path.is_dir() else None,
        coarse=tuple(getattr(config.selection, "coarse_dims", None) or ()),
        failures=_failures(stored.tree),
        config=stored.config,
        versions=str(stored.tree.get("versions", "")),
        filmed=hasattr(domain, "film"),
    )


def _facts(stored: Stored, run: Run) -> list[tuple[str, str]]:
    config, counters = run.config, stored.tree["counters"]
    done, budget = int(counters["evaluations"]), config.algorithm.max_evaluations
    return [
        ("method", config.algorithm.method),
        ("domain", config.domain_name),
        ("seed", str(config.seed)),
        ("evaluations", f"{done:,} of {budget:,}"),
        ("outer iterations", f"{int(counters['iteration']):,}"),
        ("checkpoint", stored.checkpoint.name),
        ("digest", run.digest),
    ]


def _measures(stored: Stored, run: Run) -> Measures:
    settings, archives = run.config.archive, stored.archives(run.config)
    nearest = archives.centroids is not None and type(archives).HEATMAP == Archives.HEATMAP
    return Measures(
        names=settings.measures,
        units=tuple(units(run.config)),
        ranges=np.asarray(archives.ranges).T,
        dims=() if archives.centroids is not None else tuple(int(n) for n in archives.dims),
        cells=int(run.archive.cells),
        centres=archives.centroids if nearest and len(settings.measures) == 2 else None,
    )


def _looks(domain: Any) -> Looks | None:
    if renderer(domain) is None:
        return None
    if hasattr(domain, "tile_sheet"):
        return Looks(domain.render, domain.tile_sheet(), domain.sheet_codes)
    return Looks(domain.render)


def _parameters(
    domain: Any, record: Tree
) -> Callable[[NDArray[np.int64]], list[Mapping[str, Any]]] | None:
    declared = getattr(domain, "parameters", None)
    if not declared:
        return None
    return lambda numbers: [declared.values(one) for one in record["solution"][numbers]]


def _occupancy(
    domain: Domain, record: Tree, seed: int
) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    def visits(numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        parts = [
            domain.interpret(_tasks(domain, record, seed, some), record["result"][some]).occupancy
            for some in np.array_split(numbers, max(1, -(-len(numbers) // _AT_ONCE)))
        ]
        return np.concatenate(parts)

    return visits


def _paths(
    domain: Any, record: Tree, seed: int
) -> Callable[[NDArray[np.int64]], list[Sequence[NDArray[np.int16]]]] | None:
    if not hasattr(domain, "paths"):
        return None
    return lambda numbers: domain.paths(_tasks(domain, record, seed, numbers), _ROLLOUTS)


def _tasks(domain: Domain, record: Tree, seed: int, numbers: NDArray[np.int64]) -> Array:
    seeds = evaluation_seeds(seed, 0, len(record["failed"]))[numbers]
    return domain.tasks(record["solution"][numbers], seeds)


def _predictor(run: Run) -> Callable[[NDArray[np.int8]], NDArray[np.float64]] | None:
    if not run.config.uses_surrogate:
        return None

    def predict(levels: NDArray[np.int8]) -> NDArray[np.float64]:
        assert run.surrogate is not None
        given = run.surrogate.predict(levels, occupancy=False)
        return np.column_stack([given.objective, given.measures]).astype(np.float64)

    return predict


def _checked(tree: Tree) -> tuple[Array, ...] | None:
    """What ``PageRun.checked`` is, from a checkpoint."""
    kept = tree.get("surrogate", {}).get("calibration")
    if kept is None:
        return None
    real = np.asarray(kept["real"])
    ends = [np.full_like(real, np.nan)] * 2
    if "expected" in kept:  # not in checkpoints of earlier versions
        expected = np.asarray(kept["expected"])
        ends = [expected[:, 0], expected[:, -1]]
    return np.asarray(kept["predicted"]), real, *ends


def _failures(tree: Tree) -> list[tuple[int, str]]:
    kept = tree["failures"]
    pairs = zip(kept["evaluation"], kept["text"], strict=True)
    return [(int(number), str(kept["texts"][int(text)])) for number, text in pairs]
