"""The end of what a process wrote, in bounded space and equal for equal faults."""

from __future__ import annotations

import pytest

from dsage_mpi.isolation.stderr_tail import StderrTail, without_varying


def test_the_last_lines_are_kept() -> None:
    words = StderrTail()
    for number in range(1000):
        words.add(f"line {number}\nli".encode())
        words.add(b"ne\n")
    words.add("begun, ü".encode()[:-1])
    lines = words.text().splitlines()
    assert lines[-3:] == ["line 999", "line", "begun, �"]
    assert len(lines) == 24


def test_endless_lines_are_cut() -> None:
    words = StderrTail()
    for _ in range(100):
        words.add(b"x" * 100_000)
    assert len(words.text()) <= 300


def test_only_the_beginning_is_to_be_logged() -> None:
    words = StderrTail()
    assert words.add(b"x" * 1000)
    assert not words.add(b"x" * 100_000)
    assert not words.add(b"x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "SIGSEGV (0xb) at pc=0x00007f1, pid=12, tid=13",
            "SIGSEGV (0x...) at pc=0x..., pid=..., tid=...",
        ),
        ("lost: java.lang.Object@5e2de80c", "lost: java.lang.Object@..."),
        ("at 12:34:56.789 after 3.5 seconds", "at ... after ... seconds"),
        ("/tmp/dsage_mpi_jvm_4711.log", "/tmp/dsage_mpi_jvm_....log"),
        ("/r/logs/dsage_mpi_jvm_4711_node-7.a.log", "/r/logs/dsage_mpi_jvm_....log"),
        ("task 0: row 3, column 5 holds 17", "task 0: row 3, column 5 holds 17"),
        ("at agents.x.Agent.run(Agent.java:12)", "at agents.x.Agent.run(Agent.java:12)"),
    ],
)
def test_what_varies_is_left_out_and_nothing_else(text: str, expected: str) -> None:
    assert without_varying(text) == expected
