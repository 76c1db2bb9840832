"""What the doctor says of Mario, with and without an engine."""

from __future__ import annotations

import pytest

from dsage_mpi.cli.doctor import domains
from dsage_mpi.cli.doctor.finding import Finding, Status


def engine() -> Finding:
    (finding,) = (finding for finding in domains.check() if finding.topic == "mario engine")
    return finding


def test_the_engine_is_really_started() -> None:
    finding = engine()
    assert finding.status is Status.OK
    assert "starts in its own process, JVM " in finding.text
    assert "libjvm" in finding.text


def test_without_engine_mazes_still_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsage_mpi.domains.mario.jvm.jar.JAR", "none.jar")
    finding = engine()
    assert finding.status is Status.NOTE
    assert "no Java compiler when the package was built" in finding.text
