from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.report.failures import FailureLog, read_failures


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


def test_restart_drops_what_came_after_the_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "failures.jsonl"
    log = FailureLog(path)
    for number in (3, 5):
        log.append({"evaluation": number})
    state, at_checkpoint = log.state(), path.read_bytes()
    log.append({"evaluation": 9})
    with path.open("a") as file:
        file.write('{"evaluation": 1')
    restarted = FailureLog(path)
    restarted.load_state(state)
    assert path.read_bytes() == at_checkpoint
    restarted.append({"evaluation": 9})
    assert [r["evaluation"] for r in read_failures(path)] == [3, 5, 9]
    assert restarted.state() == {"count": 3}


def test_a_lost_file_is_only_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = FailureLog(tmp_path / "failures.jsonl")
    log.load_state({"count": 2})
    assert "older ones are lost" in caplog.text


def test_no_failures_no_file(tmp_path: Path) -> None:
    log = FailureLog(tmp_path / "failures.jsonl")
    log.load_state({"count": 0})
    assert not log.path.exists()
    assert read_failures(log.path) == []
