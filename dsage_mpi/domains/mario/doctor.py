"""What this installation has for the Mario domain (``python -m dsage_mpi doctor``)."""

from __future__ import annotations

from collections.abc import Iterator

from dsage_mpi.core.domain import DomainError, SimulatorLostError

#: Mazes need none of it: a machine without Java is no broken installation.
OPTIONAL = True


def facts() -> Iterator[tuple[str, bool, str]]:
    """(topic, whether it is there, one line for humans)."""
    yield _engine()
    yield _generator()


def _engine() -> tuple[str, bool, str]:
    """Really starts it: a JVM may be there and not fit."""
    from dsage_mpi.domains.mario.settings import MarioSettings
    from dsage_mpi.domains.mario.simulator import MarioSimulator

    try:
        with MarioSimulator(MarioSettings(name="mario")) as simulator:
            java = simulator.java()
    except (DomainError, SimulatorLostError, RuntimeError) as error:
        return "engine", False, " ".join(str(error).split())
    return "engine", True, f"starts in its own process, {java}"


def _generator() -> tuple[str, bool, str]:
    from dsage_mpi.domains.mario.generator import load_generator

    try:
        load_generator("builtin")
    except DomainError as error:
        return "generator", False, str(error)
    return "generator", True, "built-in weights"
