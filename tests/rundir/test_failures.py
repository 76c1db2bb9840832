from __future__ import annotations

import resource
from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.rundir.failures import FailureLog, headline, read_failures


def test_records_with_arrays(tmp_path: Path) -> None:
    log = FailureLog(tmp_path / "failures.jsonl")
    log.append(
        {
            "evaluation": np.int64(7),
            "reason": "ValueError: no\nway",
            "solution": np.array([0, 1], np.int8),
            "cost": np.float32(0.5),
        }
    )
    assert read_failures(log.path) == [
        {"evaluation": 7, "reason": "ValueError: no\nway", "solution": [0, 1], "cost": 0.5}
    ]


def test_a_restart_writes_the_file_again(tmp_path: Path) -> None:
    path = tmp_path / "failures.jsonl"
    log = FailureLog(path)
    records = [{"evaluation": number, "level": np.zeros(2, np.int8)} for number in (3, 5)]
    for record in records:
        log.append(record)
    at_checkpoint = path.read_bytes()
    log.append({"evaluation": 9})
    with path.open("a") as file:
        file.write('{"evaluation": 1')
    restarted = FailureLog(path)
    restarted.rewrite(records)
    assert path.read_bytes() == at_checkpoint
    restarted.append({"evaluation": 9})
    assert [r["evaluation"] for r in read_failures(path)] == [3, 5, 9]
    restarted.rewrite([])
    assert path.read_bytes() == b""


def test_a_full_disk_costs_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    FailureLog(tmp_path / "gone" / "failures.jsonl").rewrite([{"evaluation": 1}])
    assert "out of date" in caplog.text


def test_half_a_line_for_which_there_is_no_room_spoils_no_other(tmp_path: Path) -> None:
    log = FailureLog(tmp_path / "failures.jsonl")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    log.append({"evaluation": 1})
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        log.append({"evaluation": 2, "reason": "x" * 200})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    log.append({"evaluation": 3})
    log.append({"evaluation": 4})
    assert [record["evaluation"] for record in read_failures(log.path)] == [1, 3, 4]


def test_no_failures_no_file(tmp_path: Path) -> None:
    log = FailureLog(tmp_path / "failures.jsonl")
    log.rewrite([])
    assert not log.path.exists()
    assert read_failures(log.path) == []


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("", "no reason is known"),
        ("ended with exit code 3; it said:\nboo", "ended with exit code 3; it said:"),
        (
            'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    g()\n'
            "ValueError: no\nway",
            "ValueError: no",
        ),
        ("java.lang.Error: x\n\tat dsage.A.b(A.java:1)", "java.lang.Error: x"),
    ],
)
def test_headlines_say_what_a_failure_is_about(reason: str, line: str) -> None:
    assert headline(reason) == line
