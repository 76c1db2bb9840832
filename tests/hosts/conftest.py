"""Three hosts for the tests of this folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsage_mpi.farm.launch import detect_launch
from tests.hosts.network import Hosts, may_make_networks
from tests.support import mpirun_version


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    """Three new hosts, for old ones remember whom they could not reach; skips where none can be.

    What a test leaves running ends with them.
    """
    if detect_launch(os.environ) is not None:
        pytest.skip("starts MPI jobs of its own: not from inside one")
    if not may_make_networks():
        pytest.skip("may not make networks: needs root with CAP_NET_ADMIN and CAP_SYS_ADMIN")
    missing = [program for program in ("ip", "unshare") if shutil.which(program) is None]
    if missing:
        pytest.skip(f"no {', '.join(missing)} here: scripts/setup-tests.sh installs iproute2")
    if "(Open MPI) 4" not in mpirun_version():
        pytest.skip("knows how to tell Open MPI 4 alone to start its daemons on such hosts")
    folder = tmp_path / "hosts"
    folder.mkdir()
    made = Hosts("abc", folder)
    try:
        yield made
    finally:
        made.close()
