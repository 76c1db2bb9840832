"""Making the runs of a study: stopped, killed, changed, shared out, submitted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.farm.launch import World
from dsage_mpi.rundir.lock import RunLock
from dsage_mpi.rundir.run_directory import RunDirectory
from dsage_mpi.study.launch import command, environment
from dsage_mpi.study.placement import Placement
from dsage_mpi.study.plan import load_study, open_study
from dsage_mpi.study.states import state_of
from dsage_mpi.study.sweep import Sweep
from dsage_mpi.study.together import make_together
from tests.runs import digest
from tests.study.conftest import SMALL, write_small
from tests.support import REPOSITORY, clean_environment

LONGER = SMALL.replace("max_evaluations = 40", "max_evaluations = 200")


@pytest.fixture
def copied(study, tmp_path):
    """A copy of the small study, all of whose runs are done."""
    shutil.copytree(study.directory, tmp_path / "runs")
    return open_study(tmp_path / "runs")


def sweep(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "dsage_mpi", "sweep", *map(str, arguments)],
        cwd=REPOSITORY,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_for(path, process):
    deadline = time.monotonic() + 200
    while not path.exists():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_stopped_and_killed_it_goes_on_to_the_same_results(tmp_path):
    text = LONGER.replace("[1, 2, 3]", "[1]")
    file, folder = write_small(tmp_path, text), tmp_path / "runs"
    me, dr = folder / "me" / "seed-1", folder / "dr" / "seed-1"

    stopped = sweep(file, "--study-dir", folder)
    wait_for(me / "checkpoints" / "checkpoint-000003.h5", stopped)
    stopped.terminate()
    out, _ = stopped.communicate(timeout=200)
    assert stopped.returncode == 3, out
    assert "me/seed-1: stopped" in out
    assert not dr.exists()

    killed = sweep(file, "--study-dir", folder)
    wait_for(me / "checkpoints" / "checkpoint-000006.h5", killed)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.communicate(timeout=200)
    # A simulator of the killed run may still hold its lock for a moment: the next sweep waits.
    assert state_of(open_study(folder).runs[0]) in ("dead", "running")

    last = sweep(file, "--study-dir", folder)
    out, _ = last.communicate(timeout=200)
    assert last.returncode == 0, out
    assert "me/seed-1: done" in out
    assert "dr/seed-1: done" in out

    whole = load_study(file, tmp_path / "whole")
    whole.write()
    assert make_together(World(), whole.runs) == 0
    for run in whole.runs:
        assert digest(run.path) == digest(folder / run.row / "seed-1")


def test_what_is_done_is_skipped(copied, tmp_path, capsys):
    file = write_small(tmp_path)
    assert main(["sweep", str(file), "--study-dir", str(copied.directory)]) == 0
    assert capsys.readouterr().out == f"study {copied.directory}: 6 runs, 6 done\n"


def test_a_row_that_has_changed_is_refused(copied, tmp_path, capsys):
    before = (copied.directory / "dr" / "input.toml").read_bytes()
    file = write_small(tmp_path, SMALL.replace("rollouts = 2", "rollouts = 3"))
    assert main(["sweep", str(file), "--study-dir", str(copied.directory)]) == 2
    message = capsys.readouterr().err
    assert "rows.me: domain.rollouts = 3: has runs with 2" in message
    assert "rows.dr: domain.rollouts = 3: has runs with 2" in message
    assert (copied.directory / "dr" / "input.toml").read_bytes() == before


def test_titles_and_new_seeds_are_no_change(copied, tmp_path, capsys):
    text = SMALL.replace("Two methods", "Others").replace("[1, 2, 3]", "[1, 2, 3, 4]")
    file = write_small(tmp_path, text.replace("figures = false", "figures = true"))
    command = ["sweep", str(file), "--study-dir", str(copied.directory), "--dry-run"]
    assert main(command) == 0
    out = capsys.readouterr().out
    assert "8 runs, 6 done" in out
    assert "altogether 2 runs, 80 evaluations" in out
    assert "seed-4" not in os.listdir(copied.directory / "me")


def test_a_failed_run_does_not_keep_the_others_from_running(copied, tmp_path):
    first, second = copied.runs[0], copied.runs[1]
    for run in (first, second):
        shutil.rmtree(run.path)
    first.input.write_text("[algorithm]\nmax_evaluations = -1\n")
    said = []
    assert Sweep([first, second], Placement(jobs=2), said.append).work() == 1
    assert sorted(state_of(run) for run in (first, second)) == ["done", "waiting"]
    failure = next(line for line in said if line.startswith("me/seed-1: failed (exit code 2)"))
    assert "expected a number greater than or equal to 1" in failure


def test_a_run_that_another_program_works_on_is_waited_for(copied):
    lock = RunLock(RunDirectory(copied.runs[0].path))
    threading.Timer(1.5, lock.release).start()
    said = []
    assert Sweep([copied.runs[0]], Placement(), said.append).work() == 0
    assert said == [
        "me/seed-1: another program works on it; waiting for that",
        "me/seed-1: done by another program",
    ]


def test_status_of_a_study_has_the_runs_to_come(copied, capsys):
    shutil.rmtree(copied.runs[3].path)
    assert main(["status", str(copied.directory)]) == 0
    lines = capsys.readouterr().out.splitlines()
    states = {line.split()[0]: line.split()[1] for line in lines[1:]}
    assert len(states) == 6
    assert states["me/seed-1"] == "done"
    assert states[copied.runs[3].name] == "waiting"


def test_cores_are_shared_out():
    placement = Placement(jobs=2, ranks=3, cores=(0, 1, 2, 5))
    assert [placement.cores_of(job) for job in (0, 1)] == [(0, 2), (1, 5)]
    assert Placement(jobs=2, cores=(7,)).cores_of(1) == (7,)
    assert Placement().cores_of(0) is None
    assert str(placement) == "2 runs at once, 3 ranks each"


def test_command_lines(copied):
    done, new = copied.runs[0], copied.runs[1]
    shutil.rmtree(new.path)
    assert command(done, 1)[1:] == ["-m", "dsage_mpi", "--restart", str(done.path)]
    assert command(new, 1)[3:] == [
        *(str(copied.directory / "dr" / "input.toml"), "--seed", "1"),
        *("--run-dir", str(new.path)),
    ]
    with_ranks = command(new, 4)
    assert with_ranks[with_ranks.index("-n") + 1] == "4"
    assert environment({"A": "b"}, 1) == {"A": "b"}


@pytest.mark.parametrize("arguments", [["--jobs", "0"], ["--cores", "x"], ["--cores", "99999"]])
def test_bad_options(tmp_path, capsys, arguments):
    with pytest.raises(SystemExit, match="2"):
        main(["sweep", str(write_small(tmp_path)), *arguments])
    assert "expected" in capsys.readouterr().err


@pytest.fixture
def sbatch(tmp_path, monkeypatch):
    """An ``sbatch`` that notes what it gets; returns where."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "sbatch"
    note = tmp_path / "sbatch.json"
    program.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"json.dump(sys.argv[1:], open({str(note)!r}, 'w'))\nprint('Submitted batch job 7')\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.chdir(REPOSITORY)
    return note


def test_submit_makes_an_array_of_what_is_left(copied, tmp_path, capsys, sbatch):
    for number in (1, 2, 4):
        shutil.rmtree(copied.runs[number].path)
    file = write_small(tmp_path)
    command = ["sweep", str(file), "--study-dir", str(copied.directory), "--submit"]
    assert main([*command, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "#SBATCH --signal=USR1@120" in out
    assert not sbatch.exists()
    assert not (copied.directory / "runs.tsv").exists()

    assert main([*command, "--ranks", "8", "--sbatch=--time=01:00:00"]) == 0
    out = capsys.readouterr().out
    assert "Submitted batch job 7" in out
    assert "dr: 8 task(s): about" in out
    assert json.loads(sbatch.read_text()) == [
        *("--array=1-2,4", "--job-name=runs", "--ntasks=8", "--time=01:00:00"),
        *("jobs/dsage_study.slurm", str(copied.directory)),
    ]
    lines = (copied.directory / "runs.tsv").read_text().splitlines()
    run = copied.runs[4]
    assert lines[4].split("\t") == [str(run.path), str(run.input), str(run.seed)]


def test_a_task_of_the_array_begins_or_goes_on(copied, tmp_path):
    """The end of the job script, with a ``dsage_run`` that only says what it was asked."""
    new = copied.runs[1]
    shutil.rmtree(new.path)
    (copied.directory / "runs.tsv").write_text(
        "".join(f"{run.path}\t{run.input}\t{run.seed}\n" for run in copied.runs)
    )
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "common.sh").write_text(
        'dsage_setup() { cd "$SLURM_SUBMIT_DIR"; }\ndsage_run() { echo "$@"; }\n'
    )
    said = []
    for task in (0, 1):
        environ = {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_SUBMIT_DIR": str(tmp_path)}
        done = subprocess.run(
            ["bash", REPOSITORY / "jobs" / "dsage_study.slurm", copied.directory],
            capture_output=True,
            text=True,
            env=clean_environment(environ),
            check=True,
        )
        said.append(done.stdout.strip())
    first = copied.runs[0].path
    assert said[0] == f"{first} 50 -- --restart {first}"
    assert said[1] == f"{new.path} 50 -- {new.input} --seed 1 --run-dir {new.path}"


def test_submit_without_slurm_or_script(copied, tmp_path, capsys, monkeypatch):
    shutil.rmtree(copied.runs[0].path)
    monkeypatch.chdir(tmp_path)
    file = write_small(tmp_path)
    assert main(["sweep", str(file), "--study-dir", str(copied.directory), "--submit"]) == 2
    assert "dsage_mpi init FOLDER" in capsys.readouterr().err
