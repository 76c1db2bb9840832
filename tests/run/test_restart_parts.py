"""What a restart needs: all that a run writes, and nothing that is made up."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from dsage_mpi.checkpoint.seal import seal
from dsage_mpi.config.load import load_config
from dsage_mpi.config.toml_writer import to_toml
from dsage_mpi.core.state import Tree
from dsage_mpi.domains import build_domain
from dsage_mpi.outer.loop import OuterLoop
from dsage_mpi.outer.phases import Phases
from dsage_mpi.run.progress import Progress
from dsage_mpi.run.restart_parts import obstacles
from dsage_mpi.rundir.metrics import Metrics
from tests.runs import newest
from tests.support import REPOSITORY, python

INPUTS = {
    "dsage": ("maze_tiny.toml",),
    "map_elites": ("maze_tiny.toml", "algorithm.method=map_elites"),
    "domain_randomization": ("maze_tiny.toml", "algorithm.method=domain_randomization"),
    "cma_me": ("mario_tiny.toml", "algorithm.method=cma_me", "emitters.kind=cma_me"),
}
OPTIONAL = "surrogate/calibration"


def begun(method: str, folder: Path) -> Tree:
    """The contents of a checkpoint of a run that has not simulated anything."""
    name, *overrides = INPUTS[method]
    config = load_config(REPOSITORY / "inputs" / name, overrides=overrides)
    domain = build_domain(config.domain, config.archive.measures)
    farm: Any = None
    loop = OuterLoop(config, domain, farm, Phases(Progress(False, 1)))
    tree = {
        "config": to_toml(config),
        "names": {
            "domain": config.domain_name,
            "method": method,
            "measures": list(config.archive.measures),
            "metadata": list(domain.metadata_names),
        },
        **loop.state(),
        "metrics": Metrics(folder / "metrics.csv", config.archive.measures).state(),
        "proposal": {"solutions": loop.record["solution"], "notes": {}},
    }
    write_tree(folder / "c.h5", tree)
    return read_tree(folder / "c.h5")


def paths(tree: Tree, prefix: str = "") -> Iterator[str]:
    """All groups and leaves."""
    for name, value in tree.items():
        yield prefix + name
        if isinstance(value, dict):
            yield from paths(value, f"{prefix}{name}/")


def changed(tree: Tree, path: str, change: Callable[[Any], Any] | None) -> Tree:
    """A copy with one item changed, or without it."""
    made = copy.deepcopy(tree)
    *groups, name = path.split("/")
    group = made
    for part in groups:
        group = group[part]
    if change is None:
        del group[name]
    else:
        group[name] = change(group[name])
    return made


def required(path: str) -> bool:
    # Columns of the metrics may be from another version, except for those of every run.
    without = ("proposal", "proposal/cost", "proposal/parents", "record/parent")
    return path != OPTIONAL and path not in without


@pytest.mark.parametrize("method", INPUTS)
def test_whatever_is_missing_is_named(method: str, tmp_path: Path) -> None:
    whole = begun(method, tmp_path)
    assert obstacles(whole) == []
    known = {"metrics/columns/evaluations", "metrics/columns/iteration"}
    for path in paths(whole):
        if not required(path) or (path.startswith("metrics/columns/") and path not in known):
            continue
        lines = obstacles(changed(whole, path, None))
        assert [line for line in lines if path in line], f"{path}: {lines}"


@pytest.mark.parametrize("method", INPUTS)
@pytest.mark.parametrize(
    "made_of_it", [lambda value: "rubbish", lambda value: np.zeros((3, 1, 2)), lambda value: {}]
)
def test_whatever_is_of_another_kind_is_noticed(
    method: str, made_of_it: Callable[[Any], Any], tmp_path: Path
) -> None:
    whole = begun(method, tmp_path)
    for path in paths(whole):
        wrong = changed(whole, path, made_of_it)
        texts_stay_texts = isinstance(made_of_it(0), str) and path.startswith("names/")
        if path in (OPTIONAL, "proposal/notes") or texts_stay_texts:
            continue
        assert obstacles(wrong), path


@pytest.fixture(params=["dsage", "map_elites"])
def run_dir(
    request: pytest.FixtureRequest, whole_run: Callable[[str], Path], tmp_path: Path
) -> Path:
    return Path(shutil.copytree(whole_run(request.param), tmp_path / "run"))


def without(path: Path, name: str) -> None:
    """A checkpoint without an item, sealed again."""
    with h5py.File(path, "r+") as file:
        del file[name]
    seal(path)


def test_what_a_run_writes_is_all_there(run_dir: Path) -> None:
    for path in (run_dir / "checkpoints").iterdir():
        assert obstacles(read_tree(path)) == []


@pytest.mark.parametrize("number", range(4))
def test_verify_and_a_restart_name_what_is_missing(
    run_dir: Path, number: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = newest(run_dir)
    of_method = ("surrogate", "optimizer") if "dsage" in _method(checkpoint) else ("search", "rng")
    name = (*of_method, "record/level", "metrics/columns/evaluations")[number]
    without(checkpoint, name)
    assert main(["verify", str(checkpoint)]) == 1
    assert f"{checkpoint}: it has no {name}" in capsys.readouterr().out
    before = sorted(tmp_path.rglob("*"))
    done = python("-m", "dsage_mpi", "--restart", checkpoint, "--run-dir", tmp_path / "new")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"it has no {name}" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_restart_skips_what_is_not_all_there(
    run_dir: Path, whole_run: Callable[[str], Path]
) -> None:
    without(newest(run_dir), "rng")
    done = python("-m", "dsage_mpi", "--restart", run_dir, timeout=200)
    assert done.returncode == 0, done.stderr
    assert "skipping a checkpoint" in done.stderr
    assert "it has no rng" in done.stderr
    other = whole_run("dsage" if "dsage" in _method(newest(run_dir)) else "map_elites")
    assert python("-m", "dsage_mpi", "diff", run_dir, other).stdout == ""


def test_what_does_not_fit_together_is_no_traceback(run_dir: Path) -> None:
    checkpoint = newest(run_dir)
    tree = read_tree(checkpoint)
    tree["failures"]["text"] = np.array([7])
    write_tree(checkpoint, tree)
    done = python("-m", "dsage_mpi", "--restart", checkpoint)
    assert done.returncode == 1
    assert "holds what does not fit together" in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def _method(checkpoint: Path) -> str:
    return str(read_tree(checkpoint)["names"]["method"])
