"""The doctor on this installation, and on one without MPI launcher and Java."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dsage_mpi.cli.doctor import finding_lines
from dsage_mpi.cli.doctor.finding import last_line, missing, ok, output_of
from dsage_mpi.cli.doctor.python import _requirement
from tests.support import python


def test_this_installation_can_run() -> None:
    done = python("-m", "dsage_mpi", "doctor", timeout=200)
    assert done.returncode == 0, done.stdout
    assert done.stderr == ""
    assert done.stdout.rstrip().endswith("ready to run")
    for word in ("Python", "torch", "MPI library", "HDF5", "GPU", "Slurm", "Java", "maze agent"):
        assert word in done.stdout


def test_missing_launcher_and_java_come_with_a_remedy(tmp_path: Path) -> None:
    done = python("-m", "dsage_mpi", "doctor", timeout=200, env={"PATH": str(tmp_path)})
    assert done.returncode == 0, "neither is needed by a run in one process"
    lines = done.stdout.splitlines()
    for topic, remedy in (("MPI launcher", "openmpi-bin"), ("Java", "openjdk-17")):
        (number,) = [i for i, line in enumerate(lines) if topic in line]
        assert "note" in lines[number]
        assert remedy in lines[number + 1]


@pytest.mark.parametrize(
    ("requirement", "status"),
    [
        ("numpy>=1", "ok"),
        ("numpy<1", "MISSING"),
        ("no-such-package-of-ours==1", "MISSING"),
        ("no-such-package-of-ours==1; extra == 'dev'", None),
        ("numpy<1; extra == 'dev'", "note"),
    ],
)
def test_packages_are_held_against_their_pins(requirement: str, status: str | None) -> None:
    found = [finding.status.value for finding in _requirement(requirement)]
    assert found == ([] if status is None else [status])


def test_lines_are_aligned_and_remedies_indented() -> None:
    bad = missing("Java", "not there", "get " + "it " * 40)
    good = finding_lines(ok("MPI", "there"))
    first, remedy = finding_lines(bad).splitlines()
    assert good.index("there") == first.index("not there") == remedy.index("->")
    _, *rest = finding_lines(bad, width=80).splitlines()
    assert len(rest) > 1
    assert all(len(line) <= 80 and line.startswith(" " * good.index("there")) for line in rest)


def test_commands_that_hang_or_do_not_exist_are_reported() -> None:
    code, _, error = output_of([sys.executable, "-c", "import time; time.sleep(60)"], 0.5)
    assert (code, error) == (-1, "no answer within 0.5 s")
    assert output_of(["/no/such/program"], 5)[0] == -1


def test_last_line() -> None:
    assert last_line("a\nb\n\n") == "b"
    assert last_line(" \n") == "no message"
