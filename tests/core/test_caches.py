"""Machines on which nothing but the temporary folder will do for what libraries keep."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dsage_mpi.core import caches
from dsage_mpi.core.caches import provide_caches
from tests.nolocks import without_locks
from tests.support import REPOSITORY, UNKNOWN_USER, clean_environment, python


def test_nothing_is_said_where_the_home_can_be_written(tmp_path: Path) -> None:
    config = {"XDG_CONFIG_HOME": str(tmp_path / "config")}
    for environment in (
        {"XDG_CACHE_HOME": str(tmp_path / "new"), **config},
        {"NUMBA_CACHE_DIR": "/mine", "MPLCONFIGDIR": "/mine"},
    ):
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


PROVIDED = """
import os
from dsage_mpi.core.caches import provide_caches
provide_caches(os.environ)
print(os.environ.get("NUMBA_CACHE_DIR", ""))
"""


def test_a_file_system_without_locks_will_not_do_for_numba(tmp_path: Path) -> None:
    places = (Path(sys.prefix), tmp_path / "cache")
    environment = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "TMPDIR": str(tmp_path)}
    environment |= without_locks(tmp_path / "no-locks.so", 37, *places)
    assert python("-c", PROVIDED, env=environment).stdout.strip().startswith(f"{tmp_path}/dsage_")
    environment["NO_LOCKS_UNDER"] += f":{tmp_path}"
    assert python("-c", PROVIDED, env=environment).stdout.strip().startswith("/dev/shm/dsage_")


@pytest.fixture(params=["no home", "unreadable home", "file as home"])
def unknown_user(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """What to put before a command for it to be run by a user without a usable home."""
    if subprocess.run([*UNKNOWN_USER, "true"], capture_output=True).returncode:
        pytest.skip("this machine allows no user namespaces")
    home = tmp_path / "home"
    if request.param == "no home":
        return [*UNKNOWN_USER, "-u", "HOME", "-u", "XDG_CACHE_HOME"]
    if request.param == "file as home":
        home.write_text("")
    else:
        home.mkdir(mode=0)
    return [*UNKNOWN_USER, "-u", "XDG_CACHE_HOME", f"HOME={home}"]


READ_ONLY_INSTALLATION = f"import site; site.getsitepackages = lambda: ['/proc']{PROVIDED}"


def test_a_user_whom_nobody_knows_and_a_read_only_installation(
    unknown_user: list[str], tmp_path: Path
) -> None:
    environment = {"TMPDIR": str(tmp_path)}
    done = python("-c", READ_ONLY_INSTALLATION, env=environment, before=unknown_user)
    assert done.stdout.strip() == str(tmp_path / "dsage_mpi-numba-54321"), done.stderr


COMMANDS = [
    ["--help"],
    ["doctor"],
    ["inputs/maze_tiny.toml", "--dry-run"],
    ["status", "inputs"],
    ["train-generator", "inputs/generator_mario_tiny.toml", "--set", "corpus.folder=~/levels"],
]


def test_commands_of_a_user_whom_nobody_knows(unknown_user: list[str]) -> None:
    for command in COMMANDS:
        done = python("-m", "dsage_mpi", *command, before=unknown_user)
        assert done.returncode in (0, 2), (command, done.stderr)
        assert "Traceback" not in done.stderr


def test_a_run_of_a_user_whom_nobody_knows(unknown_user: list[str], tmp_path: Path) -> None:
    run = tmp_path / "run"
    few = ("algorithm.method=domain_randomization", "algorithm.max_evaluations=5")
    changes = [part for key in few for part in ("--set", key)]
    program = ("-m", "dsage_mpi", "inputs/maze_tiny.toml", "--run-dir", run, *changes)
    done = python(*program, before=unknown_user)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("WARNING") == 0
    assert (run / "figures" / "archive.png").is_file()
