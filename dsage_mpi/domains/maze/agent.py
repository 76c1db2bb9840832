"""Loads the agent's weights: the published checkpoint format or our npz (maze.md section 5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dsage_mpi.core.domain import DomainError
from dsage_mpi.domains.tensor_files import Weights, tensor_problems
from dsage_mpi.domains.wrapped_tensors import listing, some_names, unwrapped

#: Names and shapes of the network's sixteen tensors.
TENSORS: dict[str, tuple[int, ...]] = {
    "image_conv.0.weight": (16, 3, 3, 3),
    "image_conv.0.bias": (16,),
    "scalar_embed.weight": (5, 4),
    "scalar_embed.bias": (5,),
    "rnn.rnn.weight_ih_l0": (1024, 149),
    "rnn.rnn.weight_hh_l0": (1024, 256),
    "rnn.rnn.bias_ih_l0": (1024,),
    "rnn.rnn.bias_hh_l0": (1024,),
    "actor.0.0.weight": (32, 256),
    "actor.0.0.bias": (32,),
    "actor.1.linear.weight": (7, 32),
    "actor.1.linear.bias": (7,),
    "critic.0.0.weight": (32, 256),
    "critic.0.0.bias": (32,),
    "critic.1.weight": (1, 32),
    "critic.1.bias": (1,),
}

#: The agent that comes with the package, made by ``train-agent`` (see the README beside it).
BUILTIN = Path(__file__).parent / "weights" / "agent.npz"

#: The page that says what another architecture takes.
_OWN_DOMAIN = "docs/agent.md"

AgentWeights = dict[str, NDArray[np.float32]]


class AgentError(DomainError):
    """The agent's file is missing, unreadable or does not hold this network."""


_WEIGHTS = Weights(
    what="maze agent",
    key="domain.agent",
    builtin=BUILTIN,
    expected="a maze agent's checkpoint (torch or npz)",
    trainer="train-agent",
    error=AgentError,
)


def load_agent(agent: str) -> AgentWeights:
    """Reads the sixteen tensors as float32.

    Args:
        agent: "builtin" or the path of a checkpoint: torch zip format (a dict of tensors, perhaps
            in another one or with prefixes to their names) or npz.

    Raises:
        AgentError: if the file is missing, unreadable or does not hold this network.
    """
    return _check(*_WEIGHTS.read(agent))


def _check(loaded: Mapping[str, Any], path: Path) -> AgentWeights:
    told = f"maze agent {path}"
    tensors = unwrapped(loaded, lambda table: TENSORS, told, AgentError)
    if len(TENSORS.keys() & tensors.keys()) < len(TENSORS) // 2:
        raise AgentError(
            f"{told}: is no network of 16 tensors as published with DSAGE; it has "
            f"{some_names(tensors)}. Mazes are played by that network alone: a policy of another "
            f"architecture needs a domain of its own, see {_OWN_DOMAIN}"
        )
    problems = [f"unexpected tensor {name!r}" for name in tensors if name not in TENSORS]
    problems.extend(tensor_problems(tensors, TENSORS))
    if problems:
        raise AgentError(
            f"{told}: not a network of 16 tensors as published with DSAGE (another needs a domain "
            f"of its own, see {_OWN_DOMAIN}):\n  {listing(problems)}"
        )
    return {name: np.ascontiguousarray(tensors[name], dtype=np.float32) for name in TENSORS}
