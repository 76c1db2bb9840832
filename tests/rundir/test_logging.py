from __future__ import annotations

import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsage_mpi.rundir.logging import FILE_ONLY, close_logging, setup_logging
from dsage_mpi.rundir.run_directory import RunDirectory

logger = logging.getLogger("dsage_mpi.outer")


@pytest.fixture(autouse=True)
def _undo() -> Iterator[None]:
    yield
    close_logging()


def test_rank_0_writes_to_console_and_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_dir = RunDirectory(tmp_path)
    setup_logging(run_dir, 0)
    logger.info("archive has %d elites", 3)
    logger.debug("detail")
    logger.info("shown by the progress bar", extra=FILE_ONLY)
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.rstrip().endswith("rank 0 INFO archive has 3 elites")
    lines = run_dir.log.read_text().splitlines()
    assert [line.split(" ", 2)[2] for line in lines] == [
        "rank 0 INFO dsage_mpi.outer: archive has 3 elites",
        "rank 0 INFO dsage_mpi.outer: shown by the progress bar",
    ]


def test_other_ranks_write_to_their_file_only(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run_dir = RunDirectory(tmp_path)
    setup_logging(run_dir, 3)
    assert not run_dir.rank_log(3).exists()  # nothing to say, no file
    logger.error("simulator failed")
    seen = capfd.readouterr()
    assert (seen.out, seen.err) == ("", "")
    assert "rank 3 ERROR dsage_mpi.outer: simulator failed" in run_dir.rank_log(3).read_text()


def test_other_ranks_without_a_directory_are_silent(capfd: pytest.CaptureFixture[str]) -> None:
    setup_logging(None, 1)
    logger.error("nobody hears this")
    seen = capfd.readouterr()
    assert (seen.out, seen.err) == ("", "")


def test_verbose_adds_debug_lines(tmp_path: Path) -> None:
    setup_logging(RunDirectory(tmp_path), 2, verbose=True)
    logger.debug("detail")
    assert "DEBUG dsage_mpi.outer: detail" in RunDirectory(tmp_path).rank_log(2).read_text()


def test_warnings_are_captured(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    setup_logging(RunDirectory(tmp_path), 4)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)  # catch_warnings put Python's own function back
        warnings.warn("divide by zero", RuntimeWarning, stacklevel=1)
        logging.captureWarnings(False)
    assert "RuntimeWarning: divide by zero" in RunDirectory(tmp_path).rank_log(4).read_text()
    assert capfd.readouterr().err == ""


def test_a_second_set_up_replaces_the_first_and_a_restart_appends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    setup_logging(None, 0)
    setup_logging(RunDirectory(tmp_path), 0)
    logger.info("once")
    assert capsys.readouterr().err.count("once") == 1
    setup_logging(RunDirectory(tmp_path), 0)
    logger.info("twice")
    assert len(RunDirectory(tmp_path).log.read_text().splitlines()) == 2


def test_a_lost_console_does_not_end_a_run(tmp_path: Path) -> None:
    script = (
        "import logging, os, sys; from pathlib import Path\n"
        "from dsage_mpi.rundir.logging import setup_logging\n"
        "from dsage_mpi.rundir.run_directory import RunDirectory\n"
        "setup_logging(RunDirectory(Path(sys.argv[1])), 0)\n"
        "os.close(2); os.open('/dev/full', os.O_WRONLY)\n"
        "logging.getLogger('dsage_mpi').info('still here')\n"
        "os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=60)
    assert "still here" in (tmp_path / "log.txt").read_text()


def test_a_full_disk_costs_lines_and_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    directory = RunDirectory(tmp_path)
    directory.log.symlink_to("/dev/full")
    setup_logging(directory, 0)
    logging.getLogger("dsage_mpi.outer").info("hello")
    close_logging()
    error = capfd.readouterr().err
    assert error.endswith("hello\n")
    assert "Traceback" not in error
