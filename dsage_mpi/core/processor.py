"""The processor that this program runs on: two kinds of them may round differently."""

from __future__ import annotations

import platform
from pathlib import Path


def processor() -> str:
    """What the processor is called, as well as this system can tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
