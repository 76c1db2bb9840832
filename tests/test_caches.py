"""A machine on which nothing but the temporary folder can be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsage_mpi import caches
from dsage_mpi.caches import provide_caches
from tests.support import REPOSITORY, clean_environment


def test_nothing_is_said_where_the_home_can_be_written(tmp_path: Path) -> None:
    for environment in ({"XDG_CACHE_HOME": str(tmp_path / "new")}, {"NUMBA_CACHE_DIR": "/mine"}):
        before = dict(environment)
        provide_caches(environment)
        assert environment == before


def test_a_folder_of_one_s_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caches, "_writable", lambda path: False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    environment: dict[str, str] = {}
    provide_caches(environment)
    folder = Path(environment["NUMBA_CACHE_DIR"])
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()
    folder.symlink_to("/")  # somebody else's trap
    provide_caches(other := {})
    assert not Path(other["NUMBA_CACHE_DIR"]).is_symlink()


#: Everything read-only but one folder, in a mount namespace of its own; then the program.
READ_ONLY = """
set -e
root=$1 writable=$2; shift 2
mount --bind / "$root"
mount -o remount,bind,ro "$root"
mount --bind /proc "$root/proc"
mount --bind /dev "$root/dev"
mount -t tmpfs none "$root$writable"
exec chroot "$root" env HOME=/nonexistent TMPDIR="$writable" PYTHONDONTWRITEBYTECODE=1 "$@"
"""


def test_a_run_on_a_read_only_machine(tmp_path: Path) -> None:
    """Without the folder, importing pyribs fails there."""
    root, writable = tmp_path / "root", tmp_path / "writable"
    root.mkdir()
    writable.mkdir()
    unshare = ["unshare", "--mount", "bash", "-c", READ_ONLY, "-", str(root), str(writable)]
    if subprocess.run([*unshare, "true"], capture_output=True).returncode:
        pytest.skip("mounting needs root (or a container that allows it)")
    program = [sys.executable, "-m", "dsage_mpi", str(REPOSITORY / "inputs/maze_tiny.toml")]
    program += ["--run-dir", str(writable / "run"), "--set", "report.figures=false"]
    program += ["--set", "algorithm.method=domain_randomization"]
    program += ["--set", "algorithm.max_evaluations=5"]
    environment = {k: v for k, v in clean_environment().items() if k != "XDG_CACHE_HOME"}
    done = subprocess.run(
        [*unshare, *program], capture_output=True, text=True, timeout=120, env=environment, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert os.path.ismount(root) is False
