"""What a run takes of memory is told before it starts, and never more than it really takes."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.archives import build_archives
from dsage_mpi.config.load import load_config
from dsage_mpi.config.schema import Config
from dsage_mpi.domains import build_domain
from dsage_mpi.outer.record import EvaluationRecord
from dsage_mpi.run.memory import parts, shortage
from dsage_mpi.run.memory_limit import memory_limit
from dsage_mpi.search.archive import ground_truth_archive
from tests.support import REPOSITORY, clean_environment

#: Room for the libraries; address space, so that it is the same on every machine.
LIMIT = 12 * 10**9
BIG_ARCHIVE = ["archive.dims=[10000, 10000]", "selection.coarse_dims=[50, 50]"]
#: An input, what is too much in it, and the key that is to be named.
TOO_MUCH = {
    "cells": ("maze", BIG_ARCHIVE, "archive.dims = [10000, 10000]"),
    "cells without a surrogate": (
        "mario",
        [*BIG_ARCHIVE, "algorithm.method=cma_me"],
        "archive.dims = [10000, 10000]",
    ),
    "batches": (
        "maze",
        ["emitters.count=1000000", "emitters.batch_size=1000000"],
        "emitters.count = 1000000, emitters.batch_size = 1000000",
    ),
    "matrices": (
        "mario",
        ["emitters.kind=cma_me", "emitters.count=1000000", "emitters.batch_size=2"],
        "emitters.count = 1000000",
    ),
    "first batch": (
        "maze",
        ["algorithm.initial_solutions=1000000000"],
        "algorithm.initial_solutions = 1000000000",
    ),
    "data set": (
        "maze",
        ["algorithm.max_evaluations=1000000000"],
        "algorithm.max_evaluations = 1000000000",
    ),
    "networks": ("maze", ["surrogate.features=1000000"], "surrogate.features = 1000000"),
    "training step": (
        "maze",
        [
            "surrogate.batch_size=1000000",
            "surrogate.features=64",
            "surrogate.recent_samples=all",
            "algorithm.max_evaluations=1000000",
        ],
        "surrogate.batch_size = 1000000",
    ),
    "prediction": (
        "maze",
        ["surrogate.predict_batch=1000000", "surrogate.features=64"],
        "surrogate.predict_batch",
    ),
}


def limited(*arguments: object, limit: int = LIMIT) -> subprocess.CompletedProcess[str]:
    """The program with so many bytes of address space."""
    return subprocess.run(
        [sys.executable, "-m", "dsage_mpi", *map(str, arguments)],
        cwd=REPOSITORY,
        env=clean_environment() | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )


def options(overrides: list[str]) -> list[str]:
    return [word for override in overrides for word in ("--set", override)]


def config_of(*overrides: str, name: str = "maze") -> Config:
    path = REPOSITORY / "inputs" / f"{name}_tiny.toml"
    return load_config(path, overrides=["surrogate.device=cpu", *overrides])


@pytest.mark.parametrize(("domain", "overrides", "key"), TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_too_much_is_refused_by_key(
    tmp_path: Path, domain: str, overrides: list[str], key: str
) -> None:
    run_dir = tmp_path / "run"
    given = options(["surrogate.device=cpu", *overrides])
    done = limited(f"inputs/{domain}_tiny.toml", "--run-dir", run_dir, *given)
    assert done.returncode == 2, done.stderr
    assert f"  {key}" in done.stderr
    assert "and there are 12.0 GB; lower it, or run where there is more" in done.stderr
    assert not run_dir.exists()


def test_all_that_comes_with_the_package_fits_an_ordinary_machine() -> None:
    for path in sorted((REPOSITORY / "inputs").rglob("*.toml")):
        if path.parent.name == "studies":  # whose rows are these inputs again
            continue
        if "base" in path.parts or path.name.startswith(("agent_", "generator_")):
            continue
        config = load_config(path)
        domain = build_domain(config.domain, config.archive.measures)
        found = list(parts(config, domain))
        assert max(part.at_once for part in found) < 2e9, path
        assert sum(part.in_all for part in found) < 8e9, path


@pytest.mark.parametrize("name", ["maze", "mario"])
def test_sizes_are_those_of_the_arrays(name: str) -> None:
    config = config_of(name=name)
    domain = build_domain(config.domain, config.archive.measures)
    found = {part.key: part for part in parts(config, domain)}
    archive = ground_truth_archive(build_archives(config.archive, 0), domain, 0)
    biggest = max(np.asarray(a).nbytes for a in archive._store._fields.values())
    assert found["archive.dims"].at_once == biggest
    record = EvaluationRecord(domain, 2)
    row = sum(column.dtype.itemsize * column[:1].size for column in _one_row(record))
    budget = config.algorithm.max_evaluations
    kept = found["algorithm.max_evaluations"].in_all / budget
    assert row <= kept <= 2.5 * row  # and the data set


def _one_row(record: EvaluationRecord) -> list[np.ndarray]:
    record._reserve(1)
    return list(record._columns.values())


def test_limit_of_this_process_counts() -> None:
    told = subprocess.run(
        [sys.executable, "-c", "from dsage_mpi.run.memory_limit import *; print(memory_limit())"],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9)),
    )
    assert told.stdout.strip() == str(10**9)


def test_limit_of_this_machine_is_known() -> None:
    limit = memory_limit()
    assert limit is not None
    assert 10**8 < limit < 10**14


def test_shortage_in_the_end_is_foretold(monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of("algorithm.max_evaluations=100000")
    domain = build_domain(config.domain, config.archive.measures)
    monkeypatch.setattr("dsage_mpi.run.memory.memory_limit", lambda: 10**9)
    assert shortage(config, domain) == ""
    config = config_of("algorithm.max_evaluations=1000000")
    assert "algorithm.max_evaluations = 1000000 (record and data set" in shortage(config, domain)


def test_memory_that_runs_out_names_what_takes_it_and_no_checkpoint(tmp_path: Path) -> None:
    """Libraries take some of what the archive alone would have just fitted into."""
    overrides = ["archive.dims=[6800, 6800]", "selection.coarse_dims=[10, 10]"]
    run_dir = tmp_path / "run"
    done = limited("inputs/maze_tiny.toml", "--run-dir", run_dir, *options(overrides))
    assert done.returncode == 1, done.stderr
    assert "rank 0 is out of memory" in done.stderr
    assert "Most of it is for archive.dims = [6800, 6800] (archives of 46 240 000" in done.stderr
    assert f"--restart {run_dir} goes on from its beginning" in done.stderr
    assert "recent_samples" not in done.stderr
    assert "Traceback" not in done.stderr
