"""The set-up scripts, Makefile, Slurm job and container definition, as far as they run anywhere.

Shell functions are run in a real bash whose PATH holds the real small tools and, in place of what
the test is about (mpirun, python3, apt-get, id), scripts of a few lines.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "scripts"
SHELL_FILES = sorted([*SCRIPTS.rglob("*.sh"), ROOT / ".ci" / "run"])
TOOLS = (  # noqa: SIM905 - a list of commands reads better as words
    "bash cat cut date dirname basename env find flock getconf grep head ls mkdir mktemp mv nproc "
    "rm sed sh sha256sum sort tail timeout touch tr uname wc"
).split()

sys.path.insert(0, str(SCRIPTS))
import check_wheel  # noqa: E402
import pyproject  # noqa: E402
import repair  # noqa: E402


@pytest.fixture
def fake_path(tmp_path: Path) -> Path:
    """A folder for PATH with the small tools and nothing else; tests add commands to it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        if location := shutil.which(tool):
            (folder / tool).symlink_to(location)
    add_command(folder, "id", "echo 1000")
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what the set-up needs, in a folder with a space in its name, without .venv."""
    folder = tmp_path / "a project"
    folder.mkdir()
    shutil.copytree(SCRIPTS, folder / "scripts", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copy(ROOT / "CMakeLists.txt", folder)
    (folder / "dsage_mpi" / "native").mkdir(parents=True)
    (folder / "dsage_mpi" / "loop.py").write_text("x = 1\n")
    (folder / "dsage_mpi" / "native" / "kernel.cpp").write_text("int x;\n")
    (folder / "dsage_mpi" / "java" / "src").mkdir(parents=True)
    (folder / "dsage_mpi" / "java" / "src" / "Engine.java").write_text("class Engine {}\n")
    return folder


def add_command(folder: Path, name: str, body: str) -> None:
    """Puts a shell script called ``name`` on the fake PATH."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def bash(code: str, path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs ``code`` with the script libraries loaded and nothing but ``path`` on PATH."""
    libraries = "\n".join(f". '{SCRIPTS}/lib/{name}.sh'" for name in ("steps", "python", "mpi"))
    libraries += f"\n. '{SCRIPTS}/lib/system.sh'\n. '{SCRIPTS}/lib/install.sh'\n"
    return subprocess.run(
        ["bash", "-c", f"set -euo pipefail\ncd '{ROOT}'\n{libraries}{code}"],
        env={"PATH": str(path), "VENV": "/nowhere/.venv", "HOME": "/nowhere", **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def run_setup(project: Path, path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs the whole set-up of ``project``."""
    return subprocess.run(
        ["bash", str(project / "scripts" / "setup.sh")],
        env={"PATH": str(path), "HOME": str(project), **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


class TestFiles:
    """What can be said of the files without running them."""

    @pytest.mark.parametrize("path", SHELL_FILES, ids=lambda path: path.name)
    def test_shell_syntax(self, path: Path) -> None:
        checked = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr

    def test_oldest_python_is_the_packages(self) -> None:
        required = pyproject.read_pyproject()["project"]["requires-python"]
        oldest = re.search(
            r"^PYTHON_OLDEST=(\d+)", (SCRIPTS / "lib" / "python.sh").read_text(), re.M
        )
        assert oldest is not None
        assert required == f">=3.{oldest[1]}"

    def test_ci_runs_make_test_and_is_executable(self) -> None:
        script = ROOT / ".ci" / "run"
        assert os.access(script, os.X_OK)
        assert "exec make test" in script.read_text()


class TestMake:
    """The Makefile's targets, seen through `make --dry-run`."""

    def make(self, *arguments: str) -> str:
        return subprocess.run(
            ["make", "-C", ROOT, "--no-print-directory", *arguments],
            # Not the options of the `make test` that started this.
            env={name: value for name, value in os.environ.items() if "MAKE" not in name},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    def test_default_is_help_and_names_every_target(self) -> None:
        text = self.make()
        for target in ("setup", "run", "test", "lint", "bench", "doctor", "wheel", "clean"):
            assert re.search(rf"^  {target} ", text, re.M), target

    def test_run_sets_up_first_and_passes_its_variables(self) -> None:
        lines = self.make("-n", "run", "INPUT=a b.toml", "RANKS=3", "ARGS=--seed 7").splitlines()
        assert lines == ["bash scripts/setup.sh", 'bash scripts/run.sh "a b.toml" "3" --seed 7']

    def test_test_sets_up_and_lints_first(self) -> None:
        lines = self.make("-n", "test").splitlines()
        assert lines[0] == "bash scripts/setup.sh"
        assert lines[-2] == "bash scripts/setup-slurm.sh"
        checks = [line.split()[2] for line in (*lines[1:-2], lines[-1])]
        assert checks == ["ruff", "ruff", "mypy", "pytest"]


class TestFindPython:
    def test_takes_the_newest_that_really_starts(self, fake_path: Path) -> None:
        add_command(fake_path, "python3", "exit 1")  # Ubuntu 22.04: python3 is 3.10
        add_command(fake_path, "python3.13", "echo 'pyenv: python3.13: not found' >&2; exit 127")
        add_command(fake_path, "python3.12", "exit 0")
        add_command(fake_path, "python3.11", "exit 0")
        assert bash("find_python", fake_path).stdout.strip() == f"{fake_path}/python3.12"

    def test_prefers_the_machines_default(self, fake_path: Path) -> None:
        add_command(fake_path, "python3", "exit 0")
        add_command(fake_path, "python3.13", "exit 0")
        assert bash("find_python", fake_path).stdout.strip() == f"{fake_path}/python3"

    def test_asks_a_real_python_for_its_version(self, fake_path: Path) -> None:
        (fake_path / "python3").symlink_to(sys.executable)
        found = bash("PYTHON_OLDEST=99; find_python", fake_path)
        assert (found.returncode, found.stdout) == (0, "")
        found = bash("find_python", fake_path)
        assert found.stdout.strip() == f"{fake_path}/python3"

    def test_an_unfit_choice_of_the_user_is_refused(self, project: Path, fake_path: Path) -> None:
        add_command(fake_path, "python3.9", "exit 1")
        result = run_setup(project, fake_path, PYTHON="python3.9")
        assert result.returncode == 1
        assert "PYTHON=python3.9 is not a Python 3.11 to" in result.stderr

    def test_a_moved_environment_is_not_used(self, project: Path, fake_path: Path) -> None:
        venv = project / ".venv"
        (venv / "bin").mkdir(parents=True)
        add_command(venv / "bin", "python", "exit 0")
        (venv / "bin" / "activate").write_text(f"VIRTUAL_ENV='{venv}'\n")
        assert bash("existing_python", fake_path, VENV=str(venv)).stdout == f"{venv}/bin/python"
        moved = project / "moved"
        venv.rename(moved)
        assert bash("existing_python", fake_path, VENV=str(moved)).stdout == ""


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


class TestMpi:
    @pytest.mark.parametrize(
        ("version", "flavour"),
        [
            ("mpirun (Open MPI) 4.1.4", "openmpi4"),
            ("mpirun (Open MPI) 5.0.7", "openmpi5"),
            ("HYDRA build details:\n    Version: 5.0.2", "mpich"),
            ("Intel(R) MPI Library for Linux* OS, Version 2021.12", "mpich"),
            ("something else", "unknown"),
        ],
    )
    def test_flavour(self, fake_path: Path, version: str, flavour: str) -> None:
        add_command(fake_path, "mpirun", f"printf '%s\\n' '{version}'")
        assert bash("mpi_flavour", fake_path).stdout == flavour

    def test_no_mpi(self, fake_path: Path) -> None:
        assert bash("mpi_flavour", fake_path).stdout == "none"

    def launch(self, path: Path, version: str, user: int, ranks: int) -> tuple[str, set[str]]:
        """Returns the launcher's words and the names of the variables exported for it."""
        add_command(path, "mpirun", f"echo '{version}'")
        add_command(path, "id", f"echo {user}")
        add_command(path, "lscpu", "printf '#\\n0,0\\n0,0\\n1,0\\n1,0\\n'")  # 2 cores, 4 threads
        output = bash(f'set_mpirun {ranks}; echo "${{MPIRUN[*]}}"; env', path).stdout
        command, *environment = output.splitlines()
        names = {line.split("=")[0] for line in environment}
        vader = "OMPI_MCA_btl_vader_single_copy_mechanism"  # depends on the test's own container
        return command, {name for name in names if re.match("OMPI|PRTE", name)} - {vader}

    def test_openmpi_4_as_user_within_the_cores_needs_time_to_stop_only(
        self, fake_path: Path
    ) -> None:
        command, variables = self.launch(fake_path, "mpirun (Open MPI) 4.1.4", user=1000, ranks=2)
        assert command == "mpirun -n 2 --bind-to none"
        assert variables == {"OMPI_MCA_odls_base_sigkill_timeout"}

    def test_openmpi_4_as_root_beyond_the_cores(self, fake_path: Path) -> None:
        _, variables = self.launch(fake_path, "mpirun (Open MPI) 4.1.4", user=0, ranks=3)
        assert variables == {
            "OMPI_ALLOW_RUN_AS_ROOT",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM",
            "OMPI_MCA_odls_base_sigkill_timeout",
            "OMPI_MCA_rmaps_base_oversubscribe",
        }

    def test_openmpi_5_beyond_the_cores(self, fake_path: Path) -> None:
        _, variables = self.launch(fake_path, "mpirun (Open MPI) 5.0.7", user=1000, ranks=3)
        assert variables == {
            "PRTE_MCA_odls_base_sigkill_timeout",
            "PRTE_MCA_rmaps_default_mapping_policy",
        }

    def test_mpich_needs_nothing(self, fake_path: Path) -> None:
        command, variables = self.launch(fake_path, "HYDRA build details:", user=0, ranks=9)
        assert command == "mpirun -n 9"
        assert variables == set()

    def test_serial_hdf5_is_not_taken_for_parallel(self, fake_path: Path, tmp_path: Path) -> None:
        add_command(fake_path, "mpirun", "echo 'mpirun (Open MPI) 4.1.4'")
        add_command(fake_path, "mpicc", "exit 0")
        for name, line in (("serial", "/* #undef"), ("parallel", "#define")):
            (tmp_path / name / "include").mkdir(parents=True)
            (tmp_path / name / "include" / "H5pubconf.h").write_text(f"{line} H5_HAVE_PARALLEL 1\n")
        serial, parallel = str(tmp_path / "serial"), str(tmp_path / "parallel")
        found = bash("parallel_hdf5_dir", fake_path, HDF5_DIR=serial, HDF5_ROOT=parallel)
        assert found.stdout == parallel

    def test_an_mpi_inside_the_environment_is_not_the_systems(
        self, fake_path: Path, tmp_path: Path
    ) -> None:
        venv = tmp_path / ".venv"
        (venv / "bin").mkdir(parents=True)
        add_command(venv / "bin", "mpirun", "exit 0")
        variables = {"VENV": str(venv), "PATH": f"{venv}/bin:{fake_path}"}
        assert bash("system_mpirun", fake_path, **variables).stdout == ""
        add_command(fake_path, "mpirun", "exit 0")
        assert bash("system_mpirun", fake_path, **variables).stdout == f"{fake_path}/mpirun"


class TestSteps:
    @pytest.fixture
    def state(self, tmp_path: Path) -> dict[str, str]:
        (tmp_path / "stamps").mkdir()
        return {"LOG": str(tmp_path / "setup.log"), "STAMPS": str(tmp_path / "stamps")}

    def test_a_step_prints_one_line_and_logs_the_rest(
        self, fake_path: Path, state: dict[str, str]
    ) -> None:
        code = "work() { echo noise; echo more >&2; note 42 files; }; step 'the work' work"
        result = bash(code, fake_path, **state)
        assert re.fullmatch(r"  the work +\d+\.\d s  42 files\n", result.stdout)
        assert result.stderr == ""
        assert "noise\nmore\n" in Path(state["LOG"]).read_text()
        assert not (Path(state["STAMPS"]) / "unfinished").exists()

    def test_a_failure_inside_a_step_stops_and_shows_the_log(
        self, fake_path: Path, state: dict[str, str]
    ) -> None:
        code = "work() { echo the reason; false; echo not reached; }; step 'the work' work; echo on"
        result = bash(code, fake_path, **state)
        assert result.returncode == 1
        assert "| the reason" in result.stderr
        assert "not reached" not in result.stderr
        assert "step 'the work' failed (exit status 1)" in result.stderr
        assert "on\n" not in result.stdout

    def test_a_killed_step_leaves_word_for_the_next_setup(
        self, fake_path: Path, state: dict[str, str]
    ) -> None:
        result = bash("work() { kill -9 $BASHPID; }; step 'the work' work", fake_path, **state)
        assert result.returncode == 1
        assert (Path(state["STAMPS"]) / "unfinished").read_text() == "the work"

    def test_a_stamp_holds_for_its_key_alone(self, fake_path: Path, state: dict[str, str]) -> None:
        code = "stamp x 'a b'; fresh x 'a b' && echo same; fresh x other || echo differs"
        assert bash(code, fake_path, **state).stdout.split() == ["same", "differs"]


class TestBuildKey:
    """The compiled extension is built again when, and only when, it would come out different."""

    @pytest.mark.parametrize(
        "file",
        ["CMakeLists.txt", "dsage_mpi/native/kernel.cpp", "dsage_mpi/java/src/Engine.java"],
    )
    def test_native_sources_change_it(self, project: Path, file: str) -> None:
        before = pyproject.build_key(project)
        path = project / file
        path.write_text(path.read_text() + "\n")
        assert pyproject.build_key(project) != before

    def test_a_new_native_source_changes_it(self, project: Path) -> None:
        before = pyproject.build_key(project)
        (project / "dsage_mpi" / "native" / "more.hpp").write_text("")
        assert pyproject.build_key(project) != before

    def test_python_sources_and_tool_settings_do_not(self, project: Path) -> None:
        before = pyproject.build_key(project)
        (project / "dsage_mpi" / "loop.py").write_text("x = 2\n")
        settings = project / "pyproject.toml"
        settings.write_text(settings.read_text().replace("line-length = 100", "line-length = 99"))
        assert pyproject.build_key(project) == before

    def test_project_settings_do(self, project: Path) -> None:
        before = pyproject.build_key(project)
        settings = project / "pyproject.toml"
        settings.write_text(settings.read_text().replace('"Release"', '"Debug"'))
        assert pyproject.build_key(project) != before


class TestRequirements:
    def test_every_group_that_the_scripts_ask_for_exists(self) -> None:
        settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
        asked = re.findall(
            r"requirement_list ([a-z -]+)", (SCRIPTS / "lib" / "install.sh").read_text()
        ) + re.findall(r"requirement_list ([a-z -]+)", (SCRIPTS / "setup.sh").read_text())
        groups = {group for words in asked for group in words.split()}
        assert {"build", "runtime", "dev", "mpich"} <= groups
        for group in groups:
            assert pyproject.requirements(settings, group)

    def test_an_unknown_group_is_named_with_those_there_are(self) -> None:
        with pytest.raises(SystemExit, match=r"no requirement group 'devel'; it has: .*\bdev\b"):
            pyproject.requirements(pyproject.read_pyproject(), "devel")


class TestRepair:
    def install(self, site: Path, name: str, *, complete: bool = True, record: bool = True) -> Path:
        """Writes a package of two files as pip leaves it, or as a killed pip leaves it."""
        metadata = site / f"{name}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (site / f"{name}.py").write_text("")
        if complete:
            (site / f"{name}_data.txt").write_text("")
        if record:
            (metadata / "RECORD").write_text(f"{name}.py,,\n{name}_data.txt,,\ngone.pyc,,\n")
        return metadata

    def test_forgets_incomplete_packages_only(self, tmp_path: Path) -> None:
        whole = self.install(tmp_path, "whole")
        partial = self.install(tmp_path, "partial", complete=False)
        unrecorded = self.install(tmp_path, "unrecorded", record=False)
        (tmp_path / "~orch").mkdir()
        removed = repair.forget(tmp_path)
        assert sorted(removed) == sorted([partial.name, unrecorded.name, "~orch"])
        assert whole.exists()
        assert not partial.exists()
        assert not (tmp_path / "~orch").exists()


class TestRunScript:
    def run(self, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", str(SCRIPTS / "run.sh"), *arguments],
            env={"PATH": str(path)},
            capture_output=True,
            text=True,
            check=False,
        )

    @pytest.mark.parametrize("ranks", ["0", "two", "-3", "1.5"])
    def test_refuses_what_is_no_number_of_ranks(self, fake_path: Path, ranks: str) -> None:
        result = self.run(fake_path, str(ROOT / "pyproject.toml"), ranks)
        assert result.returncode == 2
        assert f"RANKS={ranks} is not a number of ranks" in result.stderr

    def test_refuses_an_input_that_is_not_there(self, fake_path: Path) -> None:
        result = self.run(fake_path, "inputs/nowhere.toml")
        assert result.returncode == 2
        assert "inputs/nowhere.toml" in result.stderr

    def test_one_rank_more_than_cores_by_default(self, fake_path: Path) -> None:
        (fake_path / "nproc").unlink()
        add_command(fake_path, "nproc", "echo 4")
        assert bash("default_ranks", fake_path).stdout == "5"


class TestCheckWheel:
    def test_names_what_a_wheel_lacks(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        wheel = tmp_path / "dsage_mpi-0.1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("dsage_mpi/__main__.py", "")
        assert check_wheel.main([wheel]) == 1
        errors = capsys.readouterr().err
        assert "dsage_mpi/py.typed" in errors
        assert "_native*.so" in errors
        assert "__main__" not in errors


def test_a_second_setup_does_nothing() -> None:
    """`make test` has just set this folder up; doing it again must find nothing to do."""
    if not (ROOT / ".venv" / "stamps" / "extension").exists():
        pytest.skip("this folder's .venv was not made by `make setup`")
    result = subprocess.run(
        ["bash", str(SCRIPTS / "setup.sh")], capture_output=True, text=True, check=True
    )
    assert re.fullmatch(r"dsage_mpi is set up in .* \(\d+\.\d s\)\.\n", result.stdout), (
        result.stdout
    )
