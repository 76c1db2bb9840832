"""Deep ensembles (Lakshminarayanan et al. 2017): where members disagree, little is known.

Members differ by their initial weights and by the order of their training samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.core.seeding import Purpose, integer_seed
from dsage_mpi.surrogate.encoding import Encoder
from dsage_mpi.surrogate.network import Network, make_network
from dsage_mpi.surrogate.settings import SurrogateSettings


class Ensemble(Network):
    """Networks of one kind as one network, which gives the outputs of each, one after the other.

    Its occupancy is the mean of theirs. They are trained one by one.

    Args:
        members: At least one.
        settings: The table ``[surrogate]``.
    """

    def __init__(self, members: Sequence[Network], settings: SurrogateSettings) -> None:
        first = members[0]
        super().__init__(first.space, len(members) * first.outputs, settings)
        self.predicts_occupancy = first.predicts_occupancy
        self.members = nn.ModuleList(members)

    @property
    def networks(self) -> list[Network]:
        """The members."""
        return [member for member in self.members if isinstance(member, Network)]

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """Outputs ((n, members x outputs)), and the mean occupancy ((n, side, side)) or None."""
        outputs, occupancy = zip(*(member(inputs) for member in self.members), strict=True)
        mean = torch.stack(occupancy).mean(dim=0) if self.predicts_occupancy else None
        return torch.cat(outputs, dim=1), mean

    def encoder(self, device: torch.device) -> Encoder:
        """The members'."""
        return self.networks[0].encoder(device)

    def fit_inputs(self, levels: Tensor) -> None:
        """Has each member fit its own."""
        for member in self.networks:
            member.fit_inputs(levels)

    def output_layer(self) -> nn.Linear:
        """The first member's."""
        return self.networks[0].output_layer()

    @property
    def fastest_pass(self) -> int:
        """The members'."""
        return self.networks[0].fastest_pass

    def rescale_outputs(self, ratio: Tensor, shift: Tensor) -> None:
        """Changes each member's, (outputs of one,) each."""
        for member in self.networks:
            member.rescale_outputs(ratio, shift)

    def rescale_occupancy(self, ratio: float) -> None:
        """Changes each member's."""
        for member in self.networks:
            member.rescale_occupancy(ratio)

    def for_prediction(self, dtype: torch.dtype = torch.float32) -> Network:
        """One network that computes all members at once, if their kind has such, or a copy."""
        frozen = [member.for_prediction(dtype) for member in self.networks]
        return self.networks[0].in_one_pass(frozen) or Ensemble(frozen, self.settings)


def make_surrogate_network(
    space: LevelSpace, outputs: int, settings: SurrogateSettings, seed: int, device: torch.device
) -> Network:
    """The network that ``settings`` describe: an ensemble if it has several members.

    The first member has the weights that it would have alone.

    Raises:
        SurrogateError: A network from elsewhere does not work.
    """
    seeds = [
        seed,
        *(integer_seed(seed, Purpose.NETWORK_INIT, n) for n in range(1, settings.members)),
    ]
    members = [make_network(space, outputs, settings, each, device) for each in seeds]
    return members[0] if len(members) == 1 else Ensemble(members, settings)


def members_of(network: Network) -> list[Network]:
    """The networks that are trained: the members of an ensemble, or the network itself."""
    return network.networks if isinstance(network, Ensemble) else [network]
