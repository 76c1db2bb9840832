"""What a child process is told first: which simulator to build, from what, with how much memory."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

import numpy as np

from dsage_mpi.core.domain import Array
from dsage_mpi.isolation.frames import pack_arrays, unpack_arrays

#: Before the names of arrays in a message, so that they may be called anything.
_ARRAY = "array "


@dataclass(frozen=True)
class Factory:
    """Builds a simulator in a child process.

    Attributes:
        path: "module:function", called with ``options``, and with ``arrays`` if there are any.
        options: What JSON can hold.
        arrays: Arrays by name.
        memory_bytes: Memory that the process may have (``memory.py``); None for no limit.
    """

    path: str
    options: Mapping[str, Any] = field(default_factory=dict)
    arrays: Mapping[str, Array] = field(default_factory=dict)
    memory_bytes: int | None = None

    def packed(self) -> bytes:
        """Bytes that ``unpacked_factory`` reads; nothing is pickled."""
        facts = {"path": self.path, "options": dict(self.options), "bytes": self.memory_bytes}
        named = {_ARRAY + name: array for name, array in self.arrays.items()}
        return pack_arrays({"factory": np.array(json.dumps(facts)), **named})

    def build(self) -> Any:
        """Imports the function and calls it."""
        module, _, function = self.path.partition(":")
        arguments = (self.options, self.arrays) if self.arrays else (self.options,)
        return getattr(import_module(module), function)(*arguments)


def unpacked_factory(payload: bytes) -> Factory:
    """Reads what ``Factory.packed`` wrote."""
    found = unpack_arrays(payload)
    facts = json.loads(str(found.pop("factory")))
    arrays = {name.removeprefix(_ARRAY): array for name, array in found.items()}
    return Factory(facts["path"], facts["options"], arrays, facts["bytes"])
