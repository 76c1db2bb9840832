"""No damage goes unnoticed, and none gives anything but a CheckpointError."""

from __future__ import annotations

import subprocess

import h5py
import numpy as np
import pytest

from dsage_mpi.checkpoint.hdf5 import read_attributes, read_tree, write_tree
from dsage_mpi.checkpoint.seal import HEAD_BYTES
from dsage_mpi.core.state import CheckpointError
from tests.checkpoint.scenarios import tree


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "c.h5"
    write_tree(path, tree(100), {"seed": 5, "program": "test"}, ("record",))
    return path.read_bytes()


def test_every_flipped_bit_is_noticed(good, tmp_path):
    """Anywhere: head, HDF5's structures, attributes, data, unused bytes."""
    path = tmp_path / "c.h5"
    path.write_bytes(good)
    assert read_attributes(path)["seed"] == 5
    rng = np.random.default_rng(7)
    # The file is mostly data: half of the flips go where its structures are.
    heads = rng.integers(0, HEAD_BYTES + 2048, 50)
    for position in [*heads, *rng.integers(0, len(good), 100)]:
        bad = bytearray(good)
        bad[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(bad)
        with pytest.raises(CheckpointError, match=r"c\.h5"):
            read_tree(path)


@pytest.mark.parametrize("length", [0, 1, 100, HEAD_BYTES, HEAD_BYTES + 8, -1, -5000])
def test_truncated_files_are_refused(good, tmp_path, length):
    path = tmp_path / "c.h5"
    path.write_bytes(good[:length])
    with pytest.raises(CheckpointError, match=r"is empty|is damaged|no dsage_mpi checkpoint"):
        read_tree(path)


def test_messages_say_what_is_wrong(good, tmp_path):
    path = tmp_path / "c.h5"
    for content, message in (
        (good + b"more", r"were written"),
        (good[:-3], r"bytes after its head, \d+ were written"),
        (good.replace(b"schema 3\n", b"schema 4\n", 1), "update dsage_mpi"),
        (good.replace(b"schema 3\n", b"schema 2\n", 1), "the version that wrote it"),
        (b"hello" * 1000, "no dsage_mpi checkpoint"),
        (b"dsage_mpi checkpoint, unfinished\n" + good[33:], "not written to its end"),
        (good[:600].replace(b"h5dump", b"H5dump") + good[600:], "its head"),
    ):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=message):
            read_tree(path)


def test_files_without_a_seal_are_refused(tmp_path):
    with h5py.File(tmp_path / "old.h5", "w") as file:
        file.attrs["format"], file.attrs["schema"] = "dsage_mpi checkpoint", 1
    with pytest.raises(CheckpointError, match="schema 1"):
        read_tree(tmp_path / "old.h5")


def test_a_resealed_file_still_has_its_checksums(good, tmp_path):
    """What was wrong before it was sealed, on the way from a rank to the disk, shows as well."""
    from dsage_mpi.checkpoint.seal import seal

    path = tmp_path / "c.h5"
    path.write_bytes(good)
    with h5py.File(path, "r+") as file:
        file["record/objective"][3] += 1
    seal(path)
    with pytest.raises(CheckpointError, match="/record/objective does not match its checksum"):
        read_tree(path)


def test_coreutils_can_check_the_seal(good, tmp_path):
    path = tmp_path / "c.h5"
    path.write_bytes(good)
    done = subprocess.run(
        ["sh", "-c", f"tail -c +{HEAD_BYTES + 1} '{path}' | sha256sum"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert path.read_bytes().splitlines()[1].split()[0].decode() == done.stdout.split()[0]


def test_plain_h5py_reads_it_and_checks_it_as_documented(good, tmp_path):
    """The snippet of docs/checkpoint.md."""
    import hashlib

    path = tmp_path / "c.h5"
    path.write_bytes(good)
    with h5py.File(path) as file:
        assert file.attrs["complete"]
        assert file["other/text"][()].decode() == "one\ntwo"
        assert file["record/result"]["grid"].shape == (100, 16, 16)
        checked = 0
        for group in ("record", "other", "counters"):
            for data in file[group].values():
                array = np.atleast_1d(data[()])
                rows = data.attrs["block_rows"]
                parts = [array[k : k + rows] for k in range(0, len(array), rows) if array.size]
                blocks = [hashlib.sha256(part.tobytes()).digest() for part in parts]
                digits = hashlib.sha256(b"".join(blocks)).hexdigest()
                assert digits == data.attrs["sha256"].decode(), data.name
                checked += 1
        assert checked == 8
