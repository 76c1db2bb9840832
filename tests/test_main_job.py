"""The main job as users run it: whole programs, compared by what they leave on disk."""

from __future__ import annotations

import csv
import json
import shutil
from importlib.metadata import version

import h5py
import numpy as np
import pytest

from dsage_mpi.checkpoint.hdf5 import read_tree, write_tree
from dsage_mpi.config.load import load_config
from tests.runs import (
    KEEP_ALL,
    MAP_ELITES,
    OVERLAPPED,
    TINY,
    assert_no_difference,
    assert_same_checkpoints,
    digest,
    finished,
    kill_when,
    newest,
    results,
)
from tests.support import mpirun, python


@pytest.fixture(scope="module")
def reference(whole_run):
    """One uninterrupted run in one process, without any launcher."""
    return whole_run("dsage")


@pytest.fixture(scope="module")
def map_elites_reference(whole_run):
    """The same with MAP-Elites; all its checkpoints are kept."""
    return whole_run("map_elites")


def test_run_directory_is_complete(reference):
    run_dir = reference
    for name in ("config.toml", "versions.json", "log.txt", "metrics.csv", "archive.npz"):
        assert (run_dir / name).stat().st_size > 0, name
    printed = (run_dir.parent / "stdout").read_text()
    assert str(run_dir) in printed
    assert "QD-score" in printed
    with (run_dir / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 3
    assert rows[-1]["evaluations"] == "50"
    assert float(rows[-1]["qd_score"]) > float(rows[0]["qd_score"]) > 0
    assert rows[0]["agent_path_length_mae"] == ""
    assert float(rows[1]["agent_path_length_mae"]) > 0
    versions = json.loads((run_dir / "versions.json").read_text())
    assert versions["starts"][0]["packages"]["ribs"].startswith("0.12")


def test_effective_configuration_runs_again_to_the_same_result(reference, tmp_path):
    run_dir = reference
    finished(python("-m", "dsage_mpi", run_dir / "config.toml", "--run-dir", tmp_path / "run"))
    assert digest(tmp_path / "run") == digest(run_dir)


@pytest.mark.parametrize(
    ("ranks", "options"),
    [
        (1, []),
        (2, ["--set", "farm.dispatch=static"]),
        (3, ["--set", "farm.chunk=1", "--set", "farm.compute=ranks"]),
        (5, []),
    ],
)
def test_result_does_not_depend_on_ranks(reference, tmp_path, ranks, options):
    run_dir = reference
    finished(mpirun(ranks, *TINY, *options, "--run-dir", tmp_path / "run", timeout=240))
    assert digest(tmp_path / "run") == digest(run_dir)


def test_map_elites_does_not_depend_on_ranks(map_elites_reference, tmp_path):
    finished(mpirun(3, *MAP_ELITES, "--run-dir", tmp_path / "three", timeout=200))
    assert digest(tmp_path / "three") == digest(map_elites_reference)


@pytest.mark.parametrize(("method", "checkpoint"), [("dsage", 1), ("dsage", 2), ("map_elites", 2)])
def test_killed_and_restarted_run_equals_uninterrupted_run(
    reference, map_elites_reference, tmp_path, method, checkpoint
):
    dsage = method == "dsage"
    whole, arguments = (reference, TINY) if dsage else (map_elites_reference, MAP_ELITES)
    killed = tmp_path / "killed"
    kill_when(
        [*arguments, "--run-dir", killed],
        killed / "checkpoints" / f"checkpoint-{checkpoint:06d}.h5",
    )
    finished(mpirun(2, "-m", "dsage_mpi", "--restart", killed, timeout=200))
    assert digest(killed) == digest(whole)
    assert_same_checkpoints(newest(whole), newest(killed))
    assert results(killed) == results(whole)


@pytest.mark.parametrize(("ranks", "compute"), [(1, "root"), (3, "ranks")])
def test_overlapped_run_does_not_depend_on_ranks_or_kills(whole_run, tmp_path, ranks, compute):
    """Batch t + 1 is proposed while batch t is simulated, if there is anybody to do it.

    Ranks that have no more of batch t to simulate share in the predictions for t + 1, or do not.
    """
    whole, killed = whole_run("overlapped"), tmp_path / "killed"
    arguments = [*OVERLAPPED, "--set", f"farm.compute={compute}", "--run-dir", killed]
    kill_when(arguments, killed / "checkpoints" / "checkpoint-000002.h5")
    finished(mpirun(ranks, "-m", "dsage_mpi", "--restart", killed, timeout=200))
    assert digest(killed) == digest(whole)
    assert results(killed) == results(whole)
    assert_same_checkpoints(newest(whole), newest(killed))


@pytest.mark.parametrize("ranks", [3])
def test_balanced_run_is_its_recorded_costs_on_any_ranks_and_after_kills(
    whole_run, tmp_path, ranks
):
    """What was measured at the start is in config.toml; nothing is measured after that."""
    whole, killed = whole_run("balanced"), tmp_path / "killed"
    recorded = load_config(whole / "config.toml")
    assert recorded.balance.costs is not None
    arguments = ["-m", "dsage_mpi", whole / "config.toml", "--run-dir", killed]
    kill_when(arguments, killed / "checkpoints" / "checkpoint-000002.h5")
    finished(mpirun(ranks, "-m", "dsage_mpi", "--restart", killed, timeout=200))
    assert load_config(killed / "config.toml") == recorded
    assert digest(killed) == digest(whole)
    assert results(killed) == results(whole)
    assert_same_checkpoints(newest(whole), newest(killed))


def test_restart_of_a_finished_run_changes_nothing(reference, tmp_path):
    run_dir = shutil.copytree(reference, tmp_path / "run")
    before = digest(run_dir)
    done = python("-m", "dsage_mpi", "--restart", run_dir)
    finished(done)
    assert "not what this run" not in done.stderr
    assert digest(run_dir) == before


def test_restart_with_other_software_says_so(reference, tmp_path):
    run_dir = shutil.copytree(reference, tmp_path / "run")
    last = newest(run_dir)
    tree = read_tree(last)
    tree["versions"] = tree["versions"].replace('"torch": "', '"torch": "0.')
    write_tree(last, tree)
    done = python("-m", "dsage_mpi", "--restart", run_dir)
    finished(done)
    installed = version("torch")
    text = " ".join(done.stderr.split())  # lines are broken at the terminal's width
    assert "not what this run was started with" in text
    assert f"torch 0.{installed}, now {installed}" in text


def test_edited_configuration_is_not_mistaken_for_the_runs_own(reference, tmp_path):
    run_dir = shutil.copytree(reference, tmp_path / "run")
    file = run_dir / "config.toml"
    own = file.read_text()
    file.write_text(own.replace("max_evaluations = 50", "max_evaluations = 60"))
    done = python("-m", "dsage_mpi", "--restart", run_dir)
    finished(done)
    text = " ".join(done.stderr.split())
    assert "algorithm.max_evaluations = 60, not 50, says" in text
    assert file.read_text() == own
    file.write_text(own.replace("seed = 0", "seed = 1", 1))
    for more in ([], ["--dry-run"]):
        done = mpirun(2, "-m", "dsage_mpi", "--restart", run_dir, *more)
        assert done.returncode == 2
        assert "seed = 1: checkpoint-" in done.stderr
        assert "Traceback" not in done.stderr
    assert digest(run_dir) == digest(reference)


def test_run_killed_before_its_first_checkpoint_starts_again(reference, tmp_path):
    run_dir = reference
    killed = tmp_path / "killed"
    arguments = [*TINY, "--set", "checkpoint.min_seconds=1000", "--run-dir", killed]
    kill_when(arguments, killed / "metrics.csv")
    assert not list((killed / "checkpoints").iterdir())
    finished(python("-m", "dsage_mpi", "--restart", killed, timeout=200))
    assert digest(killed) == digest(run_dir)
    assert results(killed) == results(run_dir)


def test_file_that_four_ranks_wrote_restarts_on_two(map_elites_reference, tmp_path):
    part = tmp_path / "part"
    parallel = (*KEEP_ALL, "--set", "checkpoint.writer=parallel")
    finished(mpirun(4, *MAP_ELITES, *parallel, "--run-dir", part, timeout=240))
    for path in sorted((part / "checkpoints").iterdir())[3:]:
        path.unlink()
    if h5py.get_config().mpi:
        assert "written by 4 rank(s)" in (part / "log.txt").read_text()
    damaged = newest(part)
    damaged.write_bytes(damaged.read_bytes()[:-1])
    done = mpirun(2, "-m", "dsage_mpi", "--restart", part, timeout=200)
    finished(done)
    for text in (done.stderr, (part / "log.txt").read_text()):
        assert f"skipping a checkpoint: {damaged} is damaged" in text
        assert "checkpoint-000002.h5" in text
    assert_no_difference(map_elites_reference, part)


def test_going_back_to_an_older_checkpoint(map_elites_reference, tmp_path):
    """In the run directory newer checkpoints make room; in another one it goes on by itself."""
    old, moved, again = tmp_path / "old", tmp_path / "moved.h5", tmp_path / "again"
    shutil.copytree(map_elites_reference, old)
    before = sorted(path.name for path in (old / "checkpoints").iterdir())
    checkpoint = old / "checkpoints" / before[1]
    shutil.copy(checkpoint, moved)
    refused = python("-m", "dsage_mpi", "--restart", moved)
    assert refused.returncode == 2
    assert "--run-dir NEW" in refused.stderr
    finished(mpirun(2, "-m", "dsage_mpi", "--restart", moved, "--run-dir", again, timeout=200))
    assert_no_difference(map_elites_reference, again)
    assert results(again) == results(map_elites_reference)
    finished(python("-m", "dsage_mpi", "--restart", checkpoint, "--set", "checkpoint.keep=1"))
    assert_no_difference(map_elites_reference, old)
    aside = old / "checkpoints" / "set-aside-0001"
    assert sorted(path.name for path in aside.iterdir()) == before[2:]
    assert newest(old).parent == old / "checkpoints"


LIMITED = """
import resource, sys
from dsage_mpi.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


def test_full_disk_costs_a_warning_and_no_checkpoint(map_elites_reference, tmp_path):
    whole, limited = map_elites_reference, tmp_path / "limited"
    size = newest(whole).stat().st_size
    # Writing takes the space in advance, a little more than it needs in the end.
    limit = str(size + 10_000)
    done = python("-c", LIMITED, limit, *MAP_ELITES[2:], "--run-dir", limited, timeout=200)
    assert done.returncode == 1
    assert "File too large; the run goes on, earlier checkpoints are untouched" in done.stderr
    assert "its last checkpoint could not be written: make room" in done.stderr
    assert "Traceback" not in done.stderr
    names = sorted(path.name for path in (limited / "checkpoints").iterdir())
    assert 1 <= len(names) <= 3
    assert all(name.startswith("checkpoint-") for name in names)
    assert python("-m", "dsage_mpi", "verify", limited).returncode == 0
    finished(python("-m", "dsage_mpi", "--restart", limited, timeout=200))
    assert_no_difference(whole, limited)


def test_budget_can_be_raised_at_a_restart(tmp_path):
    run_dir = tmp_path / "run"
    finished(python(*TINY, "--set", "algorithm.max_evaluations=30", "--run-dir", run_dir))
    finished(
        mpirun(
            2,
            *("-m", "dsage_mpi", "--restart", run_dir),
            *("--set", "algorithm.max_evaluations=40"),
            timeout=200,
        )
    )
    with np.load(run_dir / "archive.npz") as archive:
        assert archive["evaluation"].max() < 40
    with h5py.File(newest(run_dir)) as file:
        assert int(file["counters/evaluations"][()]) == 40


def test_bad_input_stops_every_rank_with_code_2_and_no_traceback(tmp_path):
    done = mpirun(3, *TINY, "--set", "selection.coarse_dims=[5,9]", "--run-dir", tmp_path / "run")
    assert done.returncode == 2
    assert "selection.coarse_dims" in done.stderr
    assert "does not divide" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not (tmp_path / "run").exists()


def test_missing_agent_stops_every_rank_with_a_clear_message(tmp_path):
    done = mpirun(
        3, *TINY, "--set", "domain.agent=/no/such/agent.npz", "--run-dir", tmp_path / "run"
    )
    assert done.returncode == 2
    assert "/no/such/agent.npz" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_results_are_never_overwritten(reference):
    run_dir = reference
    before = sorted((p, p.stat().st_mtime_ns) for p in run_dir.rglob("*"))
    done = python(*TINY, "--run-dir", run_dir)
    assert done.returncode == 2
    assert "--restart" in done.stderr
    assert sorted((p, p.stat().st_mtime_ns) for p in run_dir.rglob("*")) == before
