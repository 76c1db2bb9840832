"""Files with a valid seal that hold what no checkpoint holds.

They are opened by child processes that have a deadline: a pipe or a circle would hang the test.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from dsage_mpi.checkpoint.hdf5 import write_tree
from dsage_mpi.checkpoint.seal import seal
from tests.support import REPOSITORY, clean_environment

Craft = Callable[[h5py.File, Path], object]
SECRET = "root:x:0:0"
TERABYTE = (2**40,)


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "pipe")
    return str(folder / "pipe")


def secret(folder: Path) -> str:
    (folder / "secret").write_text(SECRET * 100)
    return str(folder / "secret")


def many_ways(file: h5py.File, folder: Path) -> None:
    """Sixty groups with two links each to the next: 2**60 paths."""
    group = file.create_group("g")
    for _ in range(60):
        inner = group.create_group("a")
        group["b"] = inner
        group = inner


def elsewhere(file: h5py.File, place: str) -> None:
    file.create_dataset("x", (100,), "u1", external=[(place, 0, 100)])


def virtual(file: h5py.File, place: str, unlimited: bool = False) -> None:
    limit = h5py.h5s.UNLIMITED if unlimited else 100
    space = h5py.h5s.create_simple((100,), (limit,))
    stored = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    stored.set_virtual(space, place.encode(), b"x", space)
    h5py.h5d.create(file.id, b"x", h5py.h5t.NATIVE_UINT8, space, dcpl=stored)


def many_empty(file: h5py.File, folder: Path) -> None:
    """Each as large as the file at most, without any bytes in it."""
    file["filling"] = np.zeros(100_000, np.uint8)
    for number in range(50):
        file.create_dataset(f"{number}", (100_000,), "u1")


def bomb(file: h5py.File, folder: Path) -> None:
    file.create_dataset("x", (10**7,), "u1", data=np.zeros(10**7, "u1"), compression="gzip")


CRAFTS: dict[str, Craft] = {
    "soft link to the root": lambda f, d: f.__setitem__("x", h5py.SoftLink("/")),
    "soft link to nothing": lambda f, d: f.__setitem__("x", h5py.SoftLink("/nothing")),
    "hard link in a circle": lambda f, d: f["record"].__setitem__("x", f["/"]),
    "hard link to a dataset": lambda f, d: f.__setitem__("x", f["record/a"]),
    "a graph of hard links": many_ways,
    "groups without end": lambda f, d: f.create_group("/".join("x" * 3000)),
    "external link to a pipe": lambda f, d: f.__setitem__("x", h5py.ExternalLink(pipe(d), "/")),
    "external storage on a pipe": lambda f, d: elsewhere(f, pipe(d)),
    "external storage on a file": lambda f, d: elsewhere(f, secret(d)),
    "virtual dataset on a pipe": lambda f, d: virtual(f, pipe(d)),
    "virtual dataset on a pipe, unlimited": lambda f, d: virtual(f, pipe(d), unlimited=True),
    "a terabyte": lambda f, d: f.create_dataset("x", TERABYTE, "u1"),
    "a terabyte in pieces": lambda f, d: f.create_dataset("x", TERABYTE, "u1", chunks=(2**20,)),
    "more than numbers can say": lambda f, d: f.create_dataset(
        "x", (2**62, 2**62), "f8", chunks=(1, 9)
    ),
    "many that the file has no room for": many_empty,
    "compressed zeros": bomb,
    "texts of any length": lambda f, d: f.__setitem__("x", ["one", "two"]),
    "a reference": lambda f, d: f.create_dataset("x", data=f.ref, dtype=h5py.ref_dtype),
    "a type": lambda f, d: f.__setitem__("x", np.dtype("i4")),
    "nothing at all": lambda f, d: f.__setitem__("x", h5py.Empty("f8")),
    "an attribute of any length": lambda f, d: f["record"].attrs.__setitem__("x", "text"),
    "a root attribute of any length": lambda f, d: f.attrs.__setitem__("x", "text"),
    "a large attribute": lambda f, d: f.create_group("x").attrs.create("y", np.zeros(2**17, "u1")),
}

CHILD = """
import resource, sys
from pathlib import Path
from dsage_mpi.checkpoint.hdf5 import read_attributes, read_tree
from dsage_mpi.core.state import CheckpointError
from dsage_mpi.checkpoint.verify import problems
resource.setrlimit(resource.RLIMIT_AS, (8 * 2**30,) * 2)
path = Path(sys.argv[1])
try:
    read_tree(path)
except CheckpointError as error:
    print(error)
print(*problems(path))
try:
    print(sorted(read_attributes(path)))
except CheckpointError as error:
    print(error)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "c.h5"
    write_tree(path, {"record": {"a": np.arange(3000), "text": "one"}, "n": 3}, tables=("record",))
    return path


def craft(path: Path, how: Craft) -> None:
    with h5py.File(path, "r+", libver="latest") as file:
        how(file, path.parent)
    seal(path)


def child(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=REPOSITORY,
        env=clean_environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=30,
    )


@pytest.mark.parametrize("what", CRAFTS)
def test_what_is_no_checkpoint_is_refused_before_it_is_read(path: Path, what: str) -> None:
    craft(path, CRAFTS[what])
    done = child("-c", CHILD, path)
    assert (done.returncode, done.stderr) == (0, "")
    reading, verifying, _ = done.stdout.splitlines()
    assert reading == verifying
    assert f"{path} was not written by this program, although its seal is valid: /" in reading
    assert SECRET not in done.stdout
    assert len(reading) < 400


@pytest.mark.parametrize("what", CRAFTS)
def test_naming_what_is_damaged_ends_too(path: Path, what: str) -> None:
    craft(path, CRAFTS[what])
    done = child("-m", "dsage_mpi.checkpoint.verify", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "was not written by this program" in done.stdout


def test_what_the_program_writes_is_not_refused(path: Path) -> None:
    done = child("-c", CHILD, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "program" not in done.stdout
