from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dsage_mpi.core.state import CheckpointError
from dsage_mpi.training.arrays import (
    read_arrays,
    read_checkpoint,
    with_prefix,
    without_prefix,
    write_arrays,
)


@pytest.mark.parametrize("compress", [True, False])
def test_what_was_written_is_read_again(tmp_path: Path, compress: bool) -> None:
    arrays = {"a": np.arange(5), "main.x:1-2:convt.weight": np.ones((2, 3), np.float16)}
    write_arrays(tmp_path / "file.npz", arrays, compress=compress)
    found = read_arrays(tmp_path / "file.npz")
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype
    assert [path.name for path in tmp_path.iterdir()] == ["file.npz"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.npz"
    write_arrays(path, {"a": np.arange(5)}, compress=False)

    class Broken:
        def __array__(self, *_: object, **__: object) -> None:
            raise RuntimeError("no array")

    with pytest.raises(RuntimeError, match="no array"):
        write_arrays(path, {"a": Broken()}, compress=False)  # type: ignore[dict-item]
    np.testing.assert_array_equal(read_arrays(path)["a"], np.arange(5))


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.npz"
    write_arrays(path, {"a": np.arange(500)}, compress=False)
    whole = path.read_bytes()
    for content in (b"", b"text", whole[:300]):
        path.write_bytes(content)
        with pytest.raises(CheckpointError, match=r"file\.npz: not a readable checkpoint"):
            read_arrays(path)


def test_prefixes_come_off_again() -> None:
    arrays = with_prefix("adam", {"x": np.ones(1)}) | with_prefix("adamant", {"y": np.ones(1)})
    assert set(arrays) == {"adam/x", "adamant/y"}
    assert set(without_prefix("adam", arrays)) == {"x"}


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("steps", "seconds"), "the checkpoint of another kind of training"),
        (("layer.weight",), "holds weights alone, which cannot be trained on"),
    ],
)
def test_what_is_no_checkpoint_of_this_training_is_named(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    path = tmp_path / "file.npz"
    write_arrays(path, {name: np.ones(1) for name in names}, compress=False)
    with pytest.raises(CheckpointError, match=message):
        read_checkpoint(path, "updates")
