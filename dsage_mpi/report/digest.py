"""One hash of archive and data set, so that two runs can be compared at a glance.

The bytes that are hashed are canonical: little-endian, C order, dict keys sorted. The digest thus
depends neither on the machine nor on how a tree was stored: a Python number, a NumPy scalar and
a 0-d array of equal value count as the same, as an HDF5 file cannot keep them apart.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

#: Columns that say how a result came about, and are no part of it: checkpoints of earlier versions
#: have none, and what was found is the same.
_NO_RESULT = ("parent",)


class _Hash(Protocol):
    def update(self, data: bytes, /) -> None: ...


def digest(archive_state: Mapping[str, Any], dataset_state: Mapping[str, Any] | None = None) -> str:
    """SHA-256 over the names, dtypes, shapes and values of two state trees.

    Args:
        archive_state: Tree of the ground-truth archive.
        dataset_state: Tree of the evaluation record, whose column "parent" is left out; None counts
            as empty.

    Returns:
        64 hexadecimal digits.

    Raises:
        TypeError: A leaf is neither array, number, text, texts nor bytes; the message has its path.
    """
    sha = hashlib.sha256()
    dataset = {name: v for name, v in (dataset_state or {}).items() if name not in _NO_RESULT}
    _add(sha, {"archive": archive_state, "dataset": dataset}, "")
    return sha.hexdigest()


def _add(sha: _Hash, node: Any, path: str) -> None:
    if isinstance(node, Mapping):
        _frame(sha, b"tree", struct.pack("<Q", len(node)))
        for key in sorted(node):
            _frame(sha, b"key", key.encode())
            _add(sha, node[key], f"{path}/{key}")
    elif isinstance(node, str):
        _frame(sha, b"text", node.encode(errors="surrogatepass"))
    elif isinstance(node, list) and all(isinstance(item, str) for item in node):
        _add(sha, {f"{k:09d}": item for k, item in enumerate(node)}, path)
    elif isinstance(node, bytes):
        _frame(sha, b"bytes", node)
    elif isinstance(node, (bool, int, np.bool_, np.integer)):
        _frame(sha, b"int", str(int(node)).encode())
    elif isinstance(node, (float, np.floating)):
        _frame(sha, b"float", struct.pack("<d", float(node)))
    elif isinstance(node, np.ndarray):
        _add_array(sha, node, path)
    else:
        raise TypeError(
            f"{path or '/'}: cannot digest {type(node).__name__}; "
            "expected dict, array, int, float, str or bytes"
        )


def _add_array(sha: _Hash, array: np.ndarray[Any, Any], path: str) -> None:
    if array.dtype.hasobject:
        raise TypeError(f"{path}: cannot digest an array of Python objects")
    if array.dtype.names is not None:
        # Field by field, so that the padding between fields does not count.
        _frame(sha, b"records", struct.pack(f"<{array.ndim}Q", *array.shape))
        _add(sha, {name: np.asarray(array[name]) for name in array.dtype.names}, path)
    elif array.ndim == 0:
        _add(sha, array[()], path)
    else:
        little = array.dtype.newbyteorder("<")
        _frame(sha, b"array", little.str.encode())
        _frame(sha, b"shape", struct.pack(f"<{array.ndim}Q", *array.shape))
        _frame(sha, b"data", np.ascontiguousarray(array, dtype=little).tobytes())


def _frame(sha: _Hash, tag: bytes, data: bytes) -> None:
    """Adds tagged data with its length, so that no two trees give the same byte sequence."""
    sha.update(tag + struct.pack("<Q", len(data)))
    sha.update(data)
