"""What this installation has for the maze domain (``python -m dsage_mpi doctor``)."""

from __future__ import annotations

import platform
from collections.abc import Iterator


def facts() -> Iterator[tuple[str, bool, str]]:
    """(topic, whether it is there, one line for humans)."""
    from dsage_mpi.domains.maze import _native
    from dsage_mpi.domains.maze.agent import BUILTIN, AgentError, load_agent

    isas = _native.supported_isas()
    fast = isas != "generic" or platform.machine() in ("aarch64", "arm64")
    note = "" if fast else "; without FMA instructions: slow, and last bits differ from other hosts"
    bf16 = "yes" if "bf16" in isas else 'no (precision = "bf16" is refused on this host)'
    yield "simulator", True, f"native, instruction sets {isas}{note}; bf16: {bf16}"
    try:
        load_agent("builtin")
    except AgentError as error:
        yield "agent", False, str(error)
    else:
        yield "agent", True, f"built-in weights {BUILTIN}"
