"""Weights as people save them load; what is another network is told in a few lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.mario.generator import load_generator
from dsage_mpi.domains.maze.agent import load_agent
from dsage_mpi.training.mario_generator.networks import LevelNetwork
from tests.domains.maze.golden import random_weights

Tensors = dict[str, Tensor]


def generator_tensors() -> Tensors:
    torch.manual_seed(5)
    return dict(LevelNetwork(16).state_dict())


def agent_tensors() -> Tensors:
    return {name: torch.from_numpy(array) for name, array in random_weights(3).items()}


NETWORKS: dict[str, tuple[Callable[[], Tensors], Callable[[str], Mapping[str, Any]]]] = {
    "generator": (generator_tensors, load_generator),
    "agent": (agent_tensors, load_agent),
}


def prefixed(prefix: str) -> Callable[[Tensors], Any]:
    return lambda tensors: {f"{prefix}{name}": value for name, value in tensors.items()}


WRAPPINGS: dict[str, Callable[[Tensors], Any]] = {
    "plain": lambda tensors: tensors,
    "DataParallel": prefixed("module."),
    "torch.compile": prefixed("_orig_mod."),
    "both": prefixed("module._orig_mod."),
    "state_dict": lambda tensors: {"state_dict": tensors, "epoch": 3},
    "netG": lambda tensors: {
        "netG": tensors,
        "netD": {"main.initial:17-8:conv.weight": torch.zeros(8, 17, 4, 4)},
        "optimizer": {"state": {0: {"step": torch.zeros(())}}, "param_groups": [{"lr": 1.0}]},
    },
    "deep": lambda tensors: {"models": {"best": {"state_dict": prefixed("module.")(tensors)}}},
    "Lightning": lambda tensors: {
        "state_dict": {**prefixed("net.")(tensors), "critic.weight": torch.zeros(3)},
    },
    "without its module": lambda tensors: {
        name.removeprefix("main."): value for name, value in tensors.items()
    },
    "another module's": lambda tensors: {
        "netG": {f"gen.{name.removeprefix('main.')}": value for name, value in tensors.items()}
    },
    "a module more": prefixed("main."),
    "dots": lambda tensors: {name.replace(":", "."): value for name, value in tensors.items()},
}


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("network", NETWORKS)
def test_what_is_only_wrapped_loads(tmp_path: Path, network: str, wrapping: str) -> None:
    make, load = NETWORKS[network]
    tensors = make()
    torch.save(WRAPPINGS[wrapping](tensors), tmp_path / "file")
    loaded = load(str(tmp_path / "file"))
    for name, array in loaded.items():
        np.testing.assert_array_equal(array, tensors[name].numpy())
    assert len(loaded) >= 16


@pytest.mark.parametrize("network", NETWORKS)
def test_prefixes_in_an_npz(tmp_path: Path, network: str) -> None:
    make, load = NETWORKS[network]
    tensors = make()
    np.savez(tmp_path / "file.npz", **{f"module.{n}": t.numpy() for n, t in tensors.items()})
    assert len(load(str(tmp_path / "file.npz"))) >= 16


def test_real_wrappers(tmp_path: Path) -> None:
    network = LevelNetwork(16)
    for wrapped in (nn.DataParallel(network), torch.compile(network, backend="eager")):
        torch.save(wrapped.state_dict(), tmp_path / "file")
        assert len(load_generator(str(tmp_path / "file"))) == 21


@pytest.mark.parametrize("network", NETWORKS)
def test_two_networks_in_a_file_are_not_chosen_between(tmp_path: Path, network: str) -> None:
    make, load = NETWORKS[network]
    torch.save({"now": make(), "ema": make()}, tmp_path / "file")
    with pytest.raises(DomainError, match=r"several such networks \('/now', '/ema'\); save one"):
        load(str(tmp_path / "file"))


class Policy(nn.Module):
    """Somebody's agent, as libraries name its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.features_extractor = nn.Linear(75, 64)
        self.mlp = nn.Sequential(*(nn.Linear(64, 64) for _ in range(20)))
        self.action_net = nn.Linear(64, 7)


def _other_tiles() -> Any:
    tensors = generator_tensors()
    last = tensors.pop("main.final:2-17:convt.weight")
    return tensors | {"main.final:2-10:convt.weight": last[:, :10]}


def _other_latents() -> Any:
    tensors = generator_tensors()
    del tensors["main.initial:32-16:convt.weight"]
    return tensors | {"main.initial:100-16:convt.weight": torch.zeros(100, 16, 4, 4)}


def _other_channels() -> Any:
    renamed = {name.replace("16", "20"): t for name, t in generator_tensors().items()}
    return renamed | {"main.initial:32-20:convt.weight": torch.zeros(32, 20, 4, 4)}


REFUSED: dict[str, tuple[str, Callable[[], Any], str]] = {
    "tiles": ("generator", _other_tiles, "it makes 10 kinds of tiles, not 17"),
    "latents": ("generator", _other_latents, "it takes 100 latents, not 32"),
    "channels": ("generator", _other_channels, "it has 20 channels at 4x4, which is no multiple"),
    "another": ("generator", lambda: Policy().state_dict(), "it has features_extractor.weight, "),
    "empty": ("generator", dict, "it has nothing"),
    "module": ("generator", lambda: LevelNetwork(16), "save the network's state_dict() alone"),
    "agent's module": ("agent", Policy, "save the network's state_dict() alone"),
    "policy": (
        "agent",
        lambda: Policy().state_dict(),
        "a policy of another architecture needs a domain of its own, see docs/agent.md",
    ),
    "generator as agent": ("agent", generator_tensors, "needs a domain of its own"),
    "numbers": ("agent", lambda: {"a": 1, "b": {"c": 2}}, "needs a domain of its own"),
    "half of it": (
        "agent",
        lambda: dict(list(agent_tensors().items())[:9]),
        "; ",
    ),
}


@pytest.mark.parametrize(("network", "made", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_other_networks_are_told_in_few_lines(
    tmp_path: Path, network: str, made: Callable[[], Any], told: str
) -> None:
    torch.save(made(), tmp_path / "file")
    with pytest.raises(DomainError) as caught:
        NETWORKS[network][1](str(tmp_path / "file"))
    message = str(caught.value)
    assert told in message
    assert str(tmp_path / "file") in message
    assert len(message.splitlines()) <= 5
    assert len(message) < 1000
    assert "512" not in message


def test_wrapping_cannot_smuggle_a_wrong_network_in(tmp_path: Path) -> None:
    tensors = agent_tensors()
    tensors["actor.1.linear.bias"] = torch.zeros(5)
    torch.save({"state_dict": prefixed("module.")(tensors)}, tmp_path / "file")
    with pytest.raises(DomainError, match=r"actor\.1\.linear\.bias has shape \(5,\)"):
        load_agent(str(tmp_path / "file"))
