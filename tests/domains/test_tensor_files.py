"""Files of weights: whatever they hold, they load rightly or are refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.tensor_files import read_tensors, tensor_problems, why_no_file

_VALUES = torch.linspace(-1, 1, 40_000).reshape(200, 200)


def _read(path):
    return read_tensors(path, "test file", DomainError)


def _problems(value):
    return list(tensor_problems({"w": value}, {"w": (200, 200)}))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float8_e4m3fn])
def test_types_that_numpy_lacks_load_as_float32(tmp_path, dtype):
    torch.save({"w": _VALUES.to(dtype)}, tmp_path / "file")
    found = _read(tmp_path / "file")["w"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, _VALUES.to(dtype).float())
    assert _problems(found) == []


@pytest.mark.parametrize(
    "value",
    [_VALUES.to_sparse(), _VALUES.to("meta"), torch.complex(_VALUES, _VALUES).conj()],
    ids=["sparse", "meta", "conjugate"],
)
def test_tensors_that_are_no_plain_numbers_are_problems(tmp_path, value):
    torch.save({"w": value}, tmp_path / "file")
    (problem,) = _problems(_read(tmp_path / "file")["w"])
    assert problem.startswith("w is of type ")


def test_numbers_beyond_float32_are_problems():
    (problem,) = _problems(np.full((200, 200), 1e39))
    assert problem == "w has values beyond what float32 can hold"


@pytest.mark.parametrize("form", ["torch", "npz"])
def test_a_damaged_weight_is_noticed(tmp_path, form):
    path = tmp_path / "file"
    if form == "torch":
        torch.save({"w": _VALUES}, path)
    else:
        with path.open("wb") as stream:
            np.savez(stream, w=_VALUES.numpy())
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DomainError, match=r"damaged|Bad CRC"):
        _read(path)


@pytest.mark.parametrize("place", [6, 46], ids=["version", "name"])
def test_a_damaged_directory_is_refused(tmp_path, place):
    """A version of zip that nobody has, and a name that is no text, in the first entry."""
    path = tmp_path / "file"
    torch.save({"w": _VALUES}, path)
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 9] |= 8  # the name is UTF-8
    content[entry + place] = 0xFF
    path.write_bytes(content)
    with pytest.raises(DomainError, match="cannot be read as a torch state dict or npz"):
        _read(path)


def test_a_name_that_is_too_long_names_no_file(tmp_path):
    assert why_no_file(tmp_path / ("a" * 5000)) == "does not exist"
