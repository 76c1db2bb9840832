"""job: batch scripts that run as they are written."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dsage_mpi.__main__ import main
from dsage_mpi.run.job_script import BATCH_SYSTEMS
from tests.cli.conftest import Program
from tests.support import _MPI_SETTINGS, REPOSITORY, clean_environment, mpirun_command

TINY = REPOSITORY / "inputs" / "maze_tiny.toml"
MAP_ELITES = (
    *("--set", "algorithm.method=map_elites"),
    *("--set", "emitters.batch_size=6"),
    *("--set", "report.figures=false"),
)
SMALL = ("--nodes", "1", "--cores-per-node", "2", "--time", "10m")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bash(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", script, *arguments],
        env=clean_environment(_MPI_SETTINGS) | variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("gpu", [(), ("--gpu-node", "1"), ("--gpu-node", "1", "--nodes", "0")])
@pytest.mark.parametrize("name", BATCH_SYSTEMS)
def test_every_value_is_filled_in(name: str, gpu: tuple[str, ...], here: Path) -> None:
    if name == "lsf" and gpu and "0" not in gpu:
        pytest.skip("one kind of nodes only")
    odd = here / "an odd; name.toml"
    odd.write_text(f'extends = "{TINY}"\n')
    options = ("--account", "mine", "--partition", "fast", "--module", "gcc", "--module", "mpi")
    code = main(["job", str(odd), "--system", name, "--set", 'title="a b"', *gpu, *options])
    assert code == 0
    (script,) = here.glob(f"*.{name}")
    text = script.read_text()
    assert "@" not in text.replace('"$@"', "").replace('"${modules[@]}"', "").replace(
        "${#modules[@]}", ""
    ).replace('"${launcher[@]}"', "").replace("USR1@120", "")
    assert "modules=(gcc mpi)" in text
    for word in ("mine", "fast", "gpu" if gpu else "mine"):
        assert word in text
    checked = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def test_sizes_go_where_slurm_reads_them(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    size = ("--nodes", "4", "--cores-per-node", "48", "--gpu-node", "1", "--time", "12h")
    assert main(["job", str(TINY), "--system", "slurm", *size]) == 0
    lines = (here / "maze_tiny.slurm").read_text().splitlines()
    first, second = "\n".join(lines).split("#SBATCH hetjob")
    for option in ("--ntasks=1", "--cpus-per-task=8", "--gres=gpu:1", "--time=12:00:00"):
        assert f"#SBATCH {option}\n" in first
    for option in ("--nodes=4", "--ntasks=192", "--cpus-per-task=1", "--mem-per-cpu=2048M"):
        assert f"#SBATCH {option}\n" in second
    commands = [i for i, line in enumerate(lines) if line and not line.startswith("#")]
    assert max(i for i, line in enumerate(lines) if line.startswith("#SBATCH")) < commands[0]
    out = capsys.readouterr().out
    assert "193: 4 node(s) x 48 cores" in out
    assert "in this job" in out
    assert "193 task(s)" in out


def test_the_script_says_how_long_it_takes(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as the command that wrote it."""
    assert main(["job", str(TINY), "--system", "slurm", "--nodes", "2", *SMALL[2:]]) == 0
    (ours,) = [line for line in capsys.readouterr().out.splitlines() if "in this job" in line]
    done = bash("maze_tiny.slurm", "--dry-run")
    assert done.returncode == 0, done.stderr
    (its,) = [line for line in done.stdout.splitlines() if "in the Slurm job" in line]
    assert its.split("job", 1)[1].split() == ours.split("job", 1)[1].split()
    assert bash("maze_tiny.slurm").returncode == 2, "it is for sbatch"


@pytest.mark.skipif(mpirun_command() is None, reason="no mpirun here")
def test_a_pbs_job_submits_its_next_time_slot_until_it_is_done(
    here: Path, program: Program
) -> None:
    """PBS itself is a folder with a qsub that writes down what it is asked."""
    assert main(["job", str(TINY), "--system", "pbs", *SMALL, *MAP_ELITES]) == 0
    script = here / "maze_tiny.pbs"
    assert "\ntime_limit=420s\n" in script.read_text()
    script.write_text(script.read_text().replace("time_limit=420s", 'time_limit="$SLOT"'))
    (here / "bin").mkdir()
    (here / "bin" / "qsub").write_text('#!/bin/sh\nprintf "%s\\n" "$@" >asked\n')
    (here / "bin" / "qsub").chmod(0o755)
    path = os.pathsep.join([str(here / "bin"), os.environ["PATH"]])
    job = {"PBS_JOBID": "7.server", "PBS_O_WORKDIR": str(here), "PATH": path}
    first = bash(str(script), SLOT="1s", **job)
    run_dir = "runs/maze_tiny-7"
    assert "ended with" in first.stdout, first.stderr
    assert (here / "asked").read_text().splitlines() == [
        "-v",
        f"DSAGE_RUN_DIR={run_dir},DSAGE_RESTART=1",
        str(script),
    ]
    (here / "asked").unlink()
    again = {"DSAGE_RUN_DIR": run_dir, "DSAGE_RESTART": "1"}
    second = bash(str(script), SLOT="1h", **job, **again)
    assert (second.returncode, (here / "asked").exists()) == (0, False), second.stderr
    assert f"restart 1: --restart {run_dir}" in second.stdout
    done = program("status", here / run_dir)
    assert " done " in done.stdout


def test_bad_input_and_files_that_are_there_are_refused(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "maze_tiny.slurm").write_text("mine")
    assert main(["job", str(TINY), "--system", "slurm"]) == 2
    assert "maze_tiny.slurm exists, and nothing is overwritten" in capsys.readouterr().err
    assert (here / "maze_tiny.slurm").read_text() == "mine"
    assert main(["job", str(TINY), "--set", "surrogate.epoch=5", "--output", "other"]) == 2
    assert "surrogate.epoch" in capsys.readouterr().err
    assert not (here / "other").exists()
    assert main(["job", str(TINY), "--output", "no/such/folder"]) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--nodes", "0"], "expected 1 or more"),
        (["--time", "soon"], "is no length of time"),
        (["--time", "1m"], "expected 10m or more"),
        (["--gpu-node", "2"], "invalid choice"),
        (["--account", "a b"], "expected letters"),
        (["--system", "lsf", "--gpu-node", "1"], "one kind of nodes only"),
    ],
)
def test_wrong_options(
    options: list[str], message: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["job", str(TINY), *options])
    assert message in capsys.readouterr().err
    assert not list(here.iterdir())


def test_a_gpu_that_would_be_idle_is_told(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["job", str(TINY), "--gpu-node", "1", *MAP_ELITES]) == 0
    assert "map_elites trains no surrogate: the GPU would be idle" in capsys.readouterr().out
