"""Number formats of the console."""

from __future__ import annotations

import pytest

from dsage_mpi.cli.console import bytes_text, count_text
from dsage_mpi.core.durations import seconds_text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "under 1 s"), (40, "40 s"), (150, "2.5 min"), (36000, "10 h"), (86400 * 12, "12 days")],
)
def test_seconds(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(5, "5"), (100000, "100 000"), (1.95e8, "2.0e+08")])
def test_counts(value: float, text: str) -> None:
    assert count_text(value) == text


@pytest.mark.parametrize(("size", "text"), [(10, "1 MB"), (5e7, "50 MB"), (2.5e9, "2.5 GB")])
def test_bytes(size: float, text: str) -> None:
    assert bytes_text(size) == text
