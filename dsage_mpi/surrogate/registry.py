"""The registry of surrogate networks, and what is known of each before torch is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dsage_mpi.core.registry import ComponentError, Registry

NETWORKS = Registry(
    "network",
    "dsage_mpi.surrogates",
    {
        "convolutional": "dsage_mpi.surrogate.convolutional:ConvolutionalNetwork",
        "compact": "dsage_mpi.surrogate.compact:CompactNetwork",
        "mlp": "dsage_mpi.surrogate.perceptron:Perceptron",
    },
    settings={"mlp": "dsage_mpi.surrogate.own_settings:PerceptronSettings"},
)


@dataclass(frozen=True)
class NetworkFacts:
    """What a network declares.

    Attributes:
        levels: Kinds of levels that it takes, "images" and "vectors" (``LEVELS``).
        occupancy: Whether it can predict occupancy grids (``OCCUPANCY``).
        size_key: The key that its size depends on most, in ``[surrogate]`` (``SIZE_KEY``).
    """

    levels: tuple[str, ...] = ("images",)
    occupancy: bool = False
    size_key: str = "settings"


_FACTS = {
    "convolutional": NetworkFacts(("images",), True, "features"),
    "compact": NetworkFacts(("images",), False, "features"),
    "mlp": NetworkFacts(("vectors",), False, "settings.width"),
}
#: Network for each kind of levels, where an input names none.
IMPLIED_NETWORKS = {"images": "convolutional", "vectors": "mlp"}


def network_facts(kind: str) -> NetworkFacts:
    """What the network ``kind`` declares.

    Raises:
        ComponentError: There is no such network, or it is none.
    """
    if NETWORKS.is_own(kind):
        return _FACTS[kind]
    found = NETWORKS.load(kind)
    if not isinstance(found, type):
        raise ComponentError(
            f"is a {type(found).__name__}: expected a class, derived from "
            "dsage_mpi.surrogate.network:Network"
        )
    return NetworkFacts(
        levels=tuple(getattr(found, "LEVELS", ("images",))),
        occupancy=bool(getattr(found, "OCCUPANCY", False)),
        size_key=str(getattr(found, "SIZE_KEY", "settings")),
    )


def checked_network(kind: str) -> str:
    """``kind`` itself, if it leads to a network; for validators.

    Raises:
        ComponentError: It does not.
    """
    network_facts(NETWORKS.checked(kind))
    return kind


def predicts_occupancy(kind: Any) -> bool:
    """Whether the network ``kind`` can predict occupancy; True where there is no such network."""
    try:
        return not isinstance(kind, str) or network_facts(kind).occupancy
    except ComponentError:
        return True
