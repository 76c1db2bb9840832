"""Which packages of the system the set-up installs or asks for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.scripts.shell import add_command, bash, run_setup


class TestSystemPackages:
    """A bare machine: with root they are installed, without they are listed."""

    def test_without_root_everything_missing_is_listed(
        self, project: Path, fake_path: Path
    ) -> None:
        add_command(fake_path, "apt-get", "echo apt-get was called; exit 1")
        result = run_setup(project, fake_path)
        assert result.returncode == 1
        assert "apt-get was called" not in result.stdout + result.stderr
        assert (
            "sudo apt-get update && sudo apt-get install -y python3 python3-venv python3-dev "
            "g++ openmpi-bin libopenmpi-dev libhdf5-openmpi-dev openjdk-17-jdk-headless\n"
        ) in result.stderr
        for words in ("a C++ compiler", "C headers", "mpirun and mpicc", "parallel HDF5", "JDK 17"):
            assert words in result.stderr
        assert "Traceback" not in result.stderr

    def test_only_what_is_missing_is_listed(self, project: Path, fake_path: Path) -> None:
        add_command(fake_path, "apt-get", "exit 1")
        add_command(fake_path, "g++", "exit 0")
        (fake_path / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
        mpi_only = bash('missing_system_parts "$(find_python)"', fake_path)
        assert mpi_only.stdout.split()[-3:] == ["mpi", "hdf5", "java"]
        assert "compiler" not in mpi_only.stdout

    def test_as_root_the_missing_packages_are_installed(
        self, project: Path, fake_path: Path
    ) -> None:
        calls = project / "calls"
        add_command(fake_path, "id", "echo 0")
        add_command(fake_path, "apt-get", f"echo \"$DEBIAN_FRONTEND $*\" >>'{calls}'")
        result = run_setup(project, fake_path)
        assert calls.read_text().splitlines() == [
            " update",
            "noninteractive install -y --no-install-recommends python3 python3-venv python3-dev "
            "g++ openmpi-bin libopenmpi-dev libhdf5-openmpi-dev openjdk-17-jdk-headless",
        ]
        # This apt-get installed nothing, which must not be taken for success.
        assert result.returncode == 1
        assert "this machine lacks" in result.stderr

    def test_old_ubuntu_gets_its_newer_python(self, fake_path: Path) -> None:
        add_command(
            fake_path,
            "apt-cache",
            'case "$*" in "policy python3") echo "  Candidate: 3.10.6-1~22.04";;'
            ' "show python3.11-venv") exit 0;; *) exit 100;; esac',
        )
        assert bash("apt_packages '' python venv headers", fake_path).stdout.split() == [
            "python3.11",
            "python3.11-venv",
            "python3.11-dev",
        ]

    @pytest.mark.parametrize(
        ("version", "suits"),
        [("17.0.15", True), ("21", True), ("25-ea", True), ("11.0.2", False), ("1.8.0_402", False)],
    )
    def test_java_compilers_that_are_new_enough(
        self, fake_path: Path, tmp_path: Path, version: str, suits: bool
    ) -> None:
        assert bash("java_suits", fake_path).returncode != 0
        add_command(fake_path, "javac", f"echo 'javac {version}' >&2")  # Java 8: on stderr
        assert (bash("java_suits", fake_path).returncode == 0) == suits
        (tmp_path / "jdk" / "bin").mkdir(parents=True)
        add_command(tmp_path / "jdk" / "bin", "javac", "echo javac 99")
        home = bash("java_version", fake_path, JAVA_HOME=str(tmp_path / "jdk"))
        assert home.stdout == "99\n"

    @pytest.mark.parametrize(
        ("candidate", "package"),
        [
            ("2:1.11-72build2", "openjdk-17-jdk-headless"),  # Ubuntu 22.04
            ("2:1.17-74", "openjdk-17-jdk-headless"),  # Debian 12
            ("2:1.21-76", "default-jdk-headless"),  # Debian 13
        ],
    )
    def test_each_release_gets_a_jdk_that_it_has(
        self, fake_path: Path, candidate: str, package: str
    ) -> None:
        add_command(fake_path, "apt-cache", f"echo '  Candidate: {candidate}'")
        assert bash("apt_packages '' java", fake_path).stdout.split() == [package]

    def test_packages_fit_the_chosen_python(self, fake_path: Path) -> None:
        output = bash("apt_packages /usr/bin/python3.12 venv headers", fake_path).stdout
        assert output.split() == ["python3.12-venv", "python3.12-dev"]
