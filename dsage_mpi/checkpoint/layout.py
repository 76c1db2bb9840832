"""How the leaves of a tree become HDF5 datasets and back.

Every dataset has the attributes ``kind`` (what the leaf was), ``block_rows`` and ``sha256`` (see
``checksum``). Texts are fixed-length UTF-8, readable in h5dump.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

import h5py
import numpy as np

from dsage_mpi.checkpoint.checksum import block_rows, checksum
from dsage_mpi.core.domain import Array
from dsage_mpi.core.state import CheckpointError, Tree

#: Room for a checksum that is known only once the data are written.
_NO_CHECKSUM = np.bytes_(b"-" * 64)
_NUMBERS = {"bool": np.bool_, "int": np.int64, "float": np.float64}


@dataclass(frozen=True)
class Leaf:
    """One leaf, ready to be stored.

    Attributes:
        path: Where it is in the tree, e.g. "record/objective".
        kind: "array", "bool", "int", "float", "text" or "texts".
        array: What is stored.
        is_table: Whether it grows by rows alone and may be written by many ranks.
    """

    path: str
    kind: str
    array: Array
    is_table: bool = False


def leaves(tree: Tree, tables: Collection[str] = (), prefix: str = "") -> Iterator[Leaf | str]:
    """All leaves in tree order; a path alone stands for an empty group.

    Args:
        tree: The tree.
        tables: Groups whose arrays are tables.
        prefix: Path of ``tree`` within the whole tree, with a slash at its end.

    Raises:
        TypeError: A leaf is none of the allowed types.
    """
    for name, value in tree.items():
        path = prefix + name
        if isinstance(value, dict):
            if not value:
                yield path
            yield from leaves(value, tables, f"{path}/")
        else:
            kind, array = _stored(path, value)
            is_table = kind == "array" and array.ndim > 0 and prefix[:-1] in tables
            yield Leaf(path, kind, array, is_table)


def _stored(path: str, value: Any) -> tuple[str, Array]:
    match value:
        case np.ndarray() | np.generic() if value.dtype.kind not in "OSU":
            # ascontiguousarray alone would give an array without axes one.
            return "array", np.ascontiguousarray(value).reshape(np.shape(value))
        case bool() | int() | float():
            kind = type(value).__name__
            return kind, np.asarray(value, dtype=_NUMBERS[kind])
        case str():
            return "text", _text(value)
        case list() if all(isinstance(item, str) and "\0" not in item for item in value):
            return "texts", _texts(value)
    raise TypeError(f"/{path}: cannot store a {type(value).__name__} in a checkpoint")


def _text(text: str) -> Array:
    data = text.encode(errors="surrogatepass")
    if not data or b"\0" in data:  # which HDF5's fixed-length strings cannot hold
        return np.frombuffer(data, dtype=np.uint8)
    return np.array(data, dtype=_utf8(len(data)))


def _texts(texts: list[str]) -> Array:
    data = [text.encode(errors="surrogatepass") for text in texts]
    return np.array(data, dtype=_utf8(max([1, *map(len, data)])))


def _utf8(size: int) -> Any:
    """NumPy's ``S`` type, marked as UTF-8 for HDF5."""
    return h5py.string_dtype("utf-8", size)


def create(file: h5py.File, leaf: Leaf) -> None:
    """Makes a leaf's dataset, and fills it unless it is a table.

    A table gets its space in the file at once, in one piece and without a filter, so that filling
    it changes nothing but bytes at known places.
    """
    array = leaf.array
    empty_table = leaf.is_table and array.size > 0
    if empty_table:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        properties.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        dataset = file.create_dataset(
            leaf.path, shape=array.shape, dtype=array.dtype, dcpl=properties
        )
    else:
        dataset = file.create_dataset(leaf.path, data=array)
    dataset.attrs["kind"] = np.bytes_(leaf.kind.encode())
    dataset.attrs["block_rows"] = np.int64(block_rows(array.dtype, array.shape))
    digits = _NO_CHECKSUM if empty_table else np.bytes_(checksum(array).encode())
    dataset.attrs["sha256"] = digits


def set_checksum(file: h5py.File, path: str, digits: str) -> None:
    """Enters the checksum of a table that has been filled."""
    file[path].attrs.modify("sha256", np.bytes_(digits.encode()))


def read_leaf(dataset: h5py.Dataset, name: str) -> Any:
    """A leaf as it was before it was stored.

    Args:
        dataset: The dataset.
        name: The file, for messages.

    Raises:
        CheckpointError: It does not match its checksum.
    """
    array = np.asarray(dataset[()])
    if checksum(array).encode() != dataset.attrs["sha256"]:
        raise CheckpointError(f"{name}: {dataset.name} does not match its checksum")
    return _original(array, dataset.attrs["kind"].decode())


def _original(array: Array, kind: str) -> Any:
    if kind == "array":
        return array
    if kind == "text":
        return array.tobytes().decode(errors="surrogatepass")
    if kind == "texts":
        return [item.decode(errors="surrogatepass") for item in array.tolist()]
    return array.item()
