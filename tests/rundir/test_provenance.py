from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.rundir import provenance
from dsage_mpi.rundir.run_directory import RunDirectory


def test_keeps_every_start(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.write_versions({"seed": 7})
    directory.write_versions()
    first, second = json.loads(directory.versions.read_text())["starts"]
    assert first["seed"] == 7
    assert "seed" not in second
    assert first["packages"]["numpy"] == np.__version__
    assert first["python"] == ".".join(map(str, sys.version_info[:3]))
    assert first["argv"] == sys.argv


def test_a_damaged_file_does_not_stop_a_run(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    directory.versions.write_text('{"starts": [')
    directory.write_versions()
    assert len(json.loads(directory.versions.read_text())["starts"]) == 1


def test_starts_neither_mpi_nor_hdf5() -> None:
    script = (
        "import sys; from dsage_mpi.rundir.provenance import describe_start\n"
        "facts = describe_start()\n"
        "assert facts['mpi'] is None and facts['hdf5'] is None\n"
        "assert not {'mpi4py.MPI', 'h5py', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_names_mpi_and_hdf5_where_they_are_in_use() -> None:
    script = (
        "import json; from mpi4py import MPI; import h5py\n"
        "from dsage_mpi.rundir.provenance import describe_start\n"
        "print(json.dumps(describe_start()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, timeout=60, capture_output=True, text=True
    )
    facts = json.loads(done.stdout)
    assert facts["mpi"]["ranks"] == 1
    assert "MPI" in facts["mpi"]["library"].upper() or "MPICH" in facts["mpi"]["library"].upper()
    assert facts["hdf5"]["version"].count(".") >= 1


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_commit_only_of_the_checkout_that_tracks_the_file(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        done = subprocess.run(
            ["git", "-C", str(tmp_path), *identity, *arguments],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    git("init", "-q")
    tracked, installed = tmp_path / "tracked.py", tmp_path / "installed.py"
    tracked.write_text("a = 1\n")
    git("add", "tracked.py")
    git("commit", "-q", "-m", "c")
    installed.write_text("")  # like a package in a .venv inside somebody's project
    assert provenance.git_facts(tracked) == {"commit": git("rev-parse", "HEAD"), "modified": False}
    assert provenance.git_facts(installed) is None
    tracked.write_text("a = 2\n")
    facts = provenance.git_facts(tracked)
    assert facts is not None
    assert facts["modified"] is True
