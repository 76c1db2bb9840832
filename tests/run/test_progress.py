from __future__ import annotations

import contextlib
import fcntl
import io
import logging
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from dsage_mpi.run import progress as progress_module
from dsage_mpi.run.live import LiveBars
from dsage_mpi.run.progress import Progress, iteration_line
from dsage_mpi.rundir.logging import close_logging, setup_logging
from dsage_mpi.rundir.run_directory import RunDirectory

Row = Callable[..., dict[str, Any]]

#: A run of two iterations as the outer loop reports it, with a log line in the middle.
RUN = """
import logging, sys
from dsage_mpi.rundir.logging import setup_logging
from dsage_mpi.run.progress import Progress
setup_logging(None, 0)
row = {"archive_size": 50, "coverage": 0.01, "qd_score": 49.5, "total_s": 0.1}
with Progress(True, 200) as progress:
    for iteration in (1, 2):
        progress.phase("evaluate", 100)
        for _ in range(100):
            progress.advance()
        logging.getLogger("dsage_mpi").info("a log line")
        progress.iteration({**row, "iteration": iteration, "evaluations": 100 * iteration})
print("the summary")
"""

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"


@pytest.fixture
def no_rate_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_module, "_ITERATION_INTERVAL", 0.0)
    monkeypatch.setattr(progress_module, "_PHASE_SECONDS", 0.0)


def run_in_terminal(command: list[str], columns: int = 100, **environment: str) -> str:
    """Runs a command with a real pseudo-terminal as stdin, stdout and stderr."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMPI_COMM", "PMI"))}
    child = subprocess.Popen(
        command,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**clean, "TERM": "xterm", **environment},
        start_new_session=True,
    )
    os.close(slave)
    seen = b""
    try:
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:  # the other side is closed
                break
            if not data:
                break
            seen += data
        assert child.wait(timeout=60) == 0, seen.decode()
    finally:
        child.kill()
        child.wait()
        os.close(master)
    return seen.decode()


def read_until(master: int, last: str) -> str:
    """What the terminal shows up to ``last``: the kernel hands it over in pieces, and later."""
    seen = b""
    while last.encode() not in seen and select.select([master], [], [], 10)[0]:
        seen += os.read(master, 65536)
    return seen.decode()


def test_plain_output_is_one_line_per_step(metric_row: Row, no_rate_limit: None) -> None:
    stream = io.StringIO()
    with Progress(True, 200, stream) as progress:
        for iteration in (1, 2):
            progress.phase("train", 5)
            for _ in range(5):
                progress.advance(note="loss 0.1")
            progress.phase("evaluate", 100)
            progress.advance(100)
            progress.iteration(metric_row(iteration))
    lines = stream.getvalue().splitlines()
    assert [re.sub(r"[\d.]+ s", "T", line) for line in lines] == [
        "  train 5/5 in T, loss 0.1",
        "  evaluate 100/100 in T",
        "iteration 1 | 100/200 evaluations | QD-score 49.5 | coverage 1.00 % | 50 elites | T",
        "  train 5/5 in T, loss 0.1",
        "  evaluate 100/100 in T",
        "iteration 2 | 200/200 evaluations | QD-score 99 | coverage 2.00 % | 100 elites | T",
    ]
    assert "\x1b" not in stream.getvalue()
    assert "\r" not in stream.getvalue()


def test_what_comes_after_a_phase_is_not_its_time(
    metric_row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A surrogate that is loaded after the first evaluations has not been evaluating."""
    stream, now = io.StringIO(), [100.0]
    monkeypatch.setattr(progress_module.time, "monotonic", lambda: now[0])
    with Progress(True, 200, stream) as progress:
        for seconds in (0.5, 3.0):
            progress.phase("evaluate", 20)
            for _ in range(20):
                now[0] += seconds / 20
                progress.advance()
            now[0] += 5.0
        progress.phase("train", 20)
        now[0] += 4.0  # stopped before its last step
        progress.iteration(metric_row(1))
    lines = stream.getvalue().splitlines()
    assert lines[:-1] == ["  evaluate 20/20 in 3.0 s", "  train 0/20 in 4.0 s"]


def test_quick_steps_do_not_flood_a_batch_log(
    metric_row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stream = io.StringIO()
    with Progress(True, 100_000, stream) as progress:
        for iteration in range(1, 1001):
            now += 0.01
            progress.phase("evaluate", 100)
            progress.advance(100)
            progress.iteration(metric_row(iteration))
    lines = stream.getvalue().splitlines()
    assert 8 <= len(lines) <= 12
    assert "100000/100000 evaluations" in lines[-1]  # the last one is always shown


def test_slow_phases_show_that_a_batch_job_is_alive(
    metric_row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    stream = io.StringIO()
    with Progress(True, 100_000, stream) as progress:
        for seconds, phase in ((600, "train"), (0.5, "inner"), (60, "evaluate")):
            progress.phase(phase, 10)
            now += seconds
        progress.iteration(metric_row(1))
    lines = stream.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["train", "evaluate", "iteration"]


def test_log_file_gets_every_iteration_once_and_console_only_one(
    tmp_path: Path, metric_row: Row, capsys: pytest.CaptureFixture[str], no_rate_limit: None
) -> None:
    setup_logging(RunDirectory(tmp_path), 0)
    try:
        with Progress(True, 200) as progress:
            progress.iteration(metric_row(1))
            progress.message("checkpoint written")
    finally:
        close_logging()
    seen = capsys.readouterr()
    assert seen.err == ""
    assert [line.split(" ")[0] for line in seen.out.splitlines()] == ["iteration", "checkpoint"]
    log = RunDirectory(tmp_path).log.read_text()
    assert log.count("100/200 evaluations") == 1
    assert log.count("checkpoint written") == 1


def test_nothing_on_other_ranks(metric_row: Row, capfd: pytest.CaptureFixture[str]) -> None:
    with Progress(False, 200) as progress:
        progress.phase("train", 3)
        progress.advance()
        progress.iteration(metric_row(1))
        progress.message("hello")
    seen = capfd.readouterr()
    assert (seen.out, seen.err) == ("", "")


def test_live_bars_on_a_terminal() -> None:
    seen = run_in_terminal([sys.executable, "-c", RUN])
    assert HIDE_CURSOR in seen
    assert seen.rindex(SHOW_CURSOR) > seen.rindex(HIDE_CURSOR)
    assert "evaluate" in seen
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    for line in ("a log line", "iteration 1 | 100/200 evaluations", "iteration 2 | 200/200"):
        assert line in plain
    assert plain.rstrip().endswith("the summary")
    # Redraws are limited in time, not one per advance: 200 of them would be far more.
    assert seen.count("\x1b[2K") < 100


def test_a_dumb_terminal_gets_plain_lines() -> None:
    seen = run_in_terminal([sys.executable, "-c", RUN], TERM="dumb")
    assert "\x1b" not in seen
    assert "iteration 2 | 200/200 evaluations" in seen


def test_no_thread_is_left_or_needed(metric_row: Row) -> None:
    master, slave = pty.openpty()
    before = threading.active_count()
    with os.fdopen(slave, "w") as stream, Progress(True, 200, stream) as progress:
        assert progress._live is not None
        progress.phase("evaluate", 10)
        assert threading.active_count() == before
        progress.advance(3)
    assert threading.active_count() == before
    os.close(master)


class _Breaking(LiveBars):
    """Live bars whose drawing fails after the start, as rich does on strange terminals."""

    def advance(self, count: int, note: str) -> None:
        raise RuntimeError("drawing failed")


def test_goes_on_in_plain_lines_if_drawing_fails(
    metric_row: Row, monkeypatch: pytest.MonkeyPatch, no_rate_limit: None
) -> None:
    monkeypatch.setattr(progress_module, "LiveBars", _Breaking)
    master, slave = pty.openpty()
    out, err = sys.stdout, sys.stderr
    with os.fdopen(slave, "w") as stream, Progress(True, 200, stream) as progress:
        progress.phase("evaluate", 10)
        progress.advance(3)
        assert (sys.stdout, sys.stderr) == (out, err)  # rich's redirection is undone
        progress.advance(7)
        progress.iteration(metric_row(1))
        seen = read_until(master, "100/200 evaluations")
    os.close(master)
    assert SHOW_CURSOR in seen
    assert "evaluate 10/10 in" in seen
    assert "iteration 1 | 100/200 evaluations" in seen


def test_a_lost_terminal_does_not_end_a_run(metric_row: Row) -> None:
    master, slave = pty.openpty()
    stream = open(slave, "w")  # noqa: SIM115 (closed below, while nobody reads any more)
    with Progress(True, 200, stream) as progress:
        os.close(master)
        for iteration in (1, 2):
            progress.phase("evaluate", 100)
            progress.advance(100)
            progress.iteration(metric_row(iteration))
    with contextlib.suppress(OSError):
        stream.close()


class _Full(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_full_disk_does_not_end_a_run(metric_row: Row, no_rate_limit: None) -> None:
    stream: IO[str] = _Full()
    with Progress(True, 200, stream) as progress:
        progress.phase("train", 1)
        progress.advance()
        progress.iteration(metric_row(1))


def test_an_exception_gives_the_terminal_back() -> None:
    master, slave = pty.openpty()
    before = sys.stdout, sys.stderr

    def fail(stream: IO[str]) -> None:
        with Progress(True, 200, stream) as progress:
            progress.phase("train", 10)
            raise KeyboardInterrupt

    with os.fdopen(slave, "w") as stream:
        with pytest.raises(KeyboardInterrupt):
            fail(stream)
        assert SHOW_CURSOR in read_until(master, SHOW_CURSOR)
    os.close(master)
    assert (sys.stdout, sys.stderr) == before


def test_iteration_line_names_failures(metric_row: Row) -> None:
    assert "| 3 failures |" in iteration_line(metric_row(1, failures=3), 200)
    assert "failures" not in iteration_line(metric_row(1, failures=0), 200)


def test_logging_works_with_no_set_up(metric_row: Row, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), Progress(True, 200, io.StringIO()) as progress:
        progress.iteration(metric_row(1))
    assert "100/200 evaluations" in caplog.text
