"""Published state dicts load, also old ones; anything else is refused with reasons."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.mario.generator import load_generator
from dsage_mpi.domains.mario.generator.layout import tensor_shapes
from dsage_mpi.domains.mario.settings import MarioSettings
from dsage_mpi.training.mario_generator.networks import LevelNetwork

#: The published names, written out (mario.md section 12; n_extra_layers = 0).
PUBLISHED_NAMES = {
    "main.initial:32-512:convt.weight": (32, 512, 4, 4),
    "main.pyramid:512-256:convt.weight": (512, 256, 4, 4),
    "main.pyramid:256-128:convt.weight": (256, 128, 4, 4),
    "main.pyramid:128-64:convt.weight": (128, 64, 4, 4),
    "main.final:64-17:convt.weight": (64, 17, 4, 4),
    **{
        f"main.{part}:{count}:batchnorm.{tensor}": (count,)
        for part, count in (("initial", 512), ("pyramid", 256), ("pyramid", 128), ("pyramid", 64))
        for tensor in ("weight", "bias", "running_mean", "running_var")
    },
}


def test_layout_is_the_published_one() -> None:
    assert tensor_shapes(512) == PUBLISHED_NAMES


def test_published_state_dict_loads(published_file: Path, published_network: LevelNetwork) -> None:
    weights = load_generator(str(published_file))
    assert {name: array.shape for name, array in weights.items()} == PUBLISHED_NAMES
    for name, tensor in published_network.state_dict().items():
        if "num_batches" not in name:
            np.testing.assert_array_equal(weights[name], tensor.numpy())


def test_files_of_old_torch_versions_load(published_network: LevelNetwork, tmp_path: Path) -> None:
    """Without batch counts, and in the format from before torch 1.6."""
    tensors = {
        name: tensor
        for name, tensor in published_network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    path = tmp_path / "old.pth"
    torch.save(tensors, path, _use_new_zipfile_serialization=False)
    assert len(load_generator(str(path))) == len(PUBLISHED_NAMES)


def test_half_precision_npz_of_another_size_loads(tmp_path: Path) -> None:
    arrays = {name: np.ones(shape, np.float16) for name, shape in tensor_shapes(64).items()}
    np.savez(tmp_path / "small.npz", **arrays)  # type: ignore[arg-type]
    weights = load_generator(str(tmp_path / "small.npz"))
    assert {array.dtype for array in weights.values()} == {np.dtype(np.float32)}
    assert weights["main.initial:32-64:convt.weight"].shape == (32, 64, 4, 4)


def _wrong(change: str) -> dict[str, Any]:
    tensors: dict[str, Any] = {name: torch.ones(shape) for name, shape in tensor_shapes(64).items()}
    first, last = "main.initial:32-64:convt.weight", "main.final:8-17:convt.weight"
    norm = "main.pyramid:32:batchnorm.running_var"
    if change == "latents":
        tensors[first] = torch.ones(100, 64, 4, 4)
    elif change == "missing":
        del tensors[norm]
    elif change == "extra":
        tensors["main.extra-layers-0:8:conv.weight"] = torch.ones(8, 8, 3, 3)
    elif change == "tiles":
        tensors[last] = torch.ones(8, 10, 4, 4)
    elif change == "nan":
        tensors[last][0, 0, 0, 0] = torch.nan
    elif change == "negative":
        tensors[norm][3] = -1.0
    elif change == "integer":
        tensors[last] = torch.ones(8, 17, 4, 4, dtype=torch.int64)
    return tensors


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("latents", "main.initial:32-64:convt.weight has shape (100, 64, 4, 4), "
                    "expected (32, 64, 4, 4)"),
        ("missing", "main.pyramid:32:batchnorm.running_var is missing, expected shape (32,)"),
        ("extra", "unexpected tensor 'main.extra-layers-0:8:conv.weight'"),
        ("tiles", "main.final:8-17:convt.weight has shape (8, 10, 4, 4)"),
        ("nan", "main.final:8-17:convt.weight has NaN or infinite values"),
        ("negative", "main.pyramid:32:batchnorm.running_var has negative variances"),
        ("integer", "main.final:8-17:convt.weight is of type int64"),
    ],
)  # fmt: skip
def test_other_networks_are_refused(change: str, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "netG.pth"
    torch.save(_wrong(change), path)
    with pytest.raises(DomainError, match=re.escape(expected)) as caught:
        load_generator(str(path))
    assert str(path) in str(caught.value)


def test_files_that_are_no_state_dict_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content, message in (
        (b"", "is empty"),
        (b"not a file of torch at all", "is no weights file"),
        (b"PK\x03\x04 cut off", "cannot be read as a torch state dict or npz"),
    ):
        path.write_bytes(content)
        with pytest.raises(DomainError, match=message):
            load_generator(str(path))
    torch.save([1, 2], path)
    with pytest.raises(DomainError, match="holds a list"):
        load_generator(str(path))
    torch.save(LevelNetwork(16), path)  # a pickled module could run code: never loaded
    with pytest.raises(DomainError, match="cannot be read as a torch state dict"):
        load_generator(str(path))


def test_missing_files_are_explained(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="does not exist; expected a generator's state dict"):
        load_generator(str(tmp_path / "none.pth"))
    with pytest.raises(DomainError, match="is a folder"):
        load_generator(str(tmp_path))


def test_a_home_folder_of_nobody_is_no_file() -> None:
    with pytest.raises(DomainError, match="does not exist"):
        load_generator("~nobody-here/generator.npz")
    settings = MarioSettings(name="mario", generator="~nobody-here/generator.npz")
    assert settings.generator.endswith("/~nobody-here/generator.npz")
