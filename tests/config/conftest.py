"""Input files made for one test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

GOOD = """
[domain]
name = "maze"
[archive]
measures = ["num_blocks", "agent_path_length"]
dims = [256, 162]
ranges = [[0, 256], [0, 648]]
[selection]
kind = "downsample"
coarse_dims = [32, 27]
"""

Writer = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes a TOML file into the test's folder: ``write(text, name)``."""

    def writer(text: str = GOOD, name: str = "input.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return writer
