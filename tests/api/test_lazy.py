"""Importing the package costs nothing, and its names are there when they are used."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import dsage_mpi as dm
from tests.support import python

HEAVY = ("torch", "mpi4py", "numpy", "pandas", "pydantic", "ribs", "h5py", "matplotlib")


def test_import_is_quick_and_loads_nothing() -> None:
    program = (
        "import sys, time; t = time.process_time(); import dsage_mpi; "
        f"print(time.process_time() - t, [m for m in {HEAVY} if m in sys.modules])"
    )
    done = python("-c", program)
    seconds, loaded = done.stdout.split(maxsplit=1)
    assert loaded.strip() == "[]"
    assert float(seconds) < 0.1


def test_neither_results_nor_configurations_load_torch_or_mpi() -> None:
    program = (
        "import sys, dsage_mpi as dm; dm.load_config, dm.Config, dm.open_run; "
        "print([m for m in ('torch', 'mpi4py.MPI') if m in sys.modules])"
    )
    assert python("-c", program).stdout.strip() == "[]"


def test_every_public_name_is_there() -> None:
    assert dir(dm) == sorted(dm.__all__)
    assert all(getattr(dm, name) is not None for name in dm.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'illumine'"):
        _ = dm.illumine


def test_editors_know_the_same_names() -> None:
    """Type checkers read the imports that never happen."""
    body = ast.parse(Path(dm.__file__).read_text(encoding="utf-8")).body
    block = next(node for node in body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    names = {alias.name for node in imports for alias in node.names}
    assert names | {"__version__"} == set(dm.__all__)
