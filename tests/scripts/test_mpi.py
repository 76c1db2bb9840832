"""Which MPI and HDF5 the scripts find, and what they tell it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.scripts.shell import add_command, bash


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
