"""What a surrogate network is: the contract between the surrogate and its networks.

A network is one class in one file, registered in ``registry.py`` or named in the input as
"module:Class"; see docs/extending.md.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from dsage_mpi.core.levels import LevelSpace
from dsage_mpi.surrogate.encoding import Encoder, LevelEncoder, vector_encoder
from dsage_mpi.surrogate.errors import SurrogateError
from dsage_mpi.surrogate.folding import fold_batch_norms
from dsage_mpi.surrogate.registry import NETWORKS
from dsage_mpi.surrogate.settings import SurrogateSettings


class Network(nn.Module):
    """Predicts objective and measures of levels, and their occupancy if it can.

    A subclass builds its layers in ``__init__`` and overrides ``forward``. Its weights are drawn
    when the layers are made, from torch's generator on the CPU, which has been seeded for it.

    Args:
        space: What levels are.
        outputs: Objective and measures: 1 + number of measures.
        settings: The table ``[surrogate]``; ``settings.own`` are those of the network itself, an
            object of its nested class ``Settings`` if it has one.
    """

    #: Kinds of levels that it takes: "images" (H, W), "vectors" (d,).
    LEVELS: ClassVar[tuple[str, ...]] = ("images",)
    #: Whether it can predict occupancy grids.
    OCCUPANCY: ClassVar[bool] = False
    #: The key of ``[surrogate]`` that its size depends on most, for messages.
    SIZE_KEY: ClassVar[str] = "settings"
    #: Levels per prediction pass that it is fastest with on a CPU, whose caches hold no more.
    FASTEST_PASS: ClassVar[int] = 150

    #: What vectors are standardised with, (d,) float64 each.
    input_centre: Tensor
    input_scale: Tensor

    def __init__(self, space: LevelSpace, outputs: int, settings: SurrogateSettings) -> None:
        super().__init__()
        self.space, self.outputs, self.settings = space, outputs, settings
        self.predicts_occupancy = self.OCCUPANCY and settings.ancillary
        self.input_dtype = torch.float32
        if space.kind == "vectors":
            for name in ("input_centre", "input_scale"):
                self.register_buffer(name, torch.zeros(space.shape, dtype=torch.float64))

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor | None]:
        """What the network predicts, in training units.

        Args:
            inputs: What ``encoder`` makes of n levels: images are one-hot and followed by planes,
                (n, space.channels, side, side) float32, padded to a power of two; vectors are
                standardised, (n, d) float32.

        Returns:
            Outputs ((n, outputs) float32), and occupancy ((n, side, side)) or None.
        """
        raise NotImplementedError(f"{type(self).__name__} needs a method forward(self, inputs)")

    def encoder(self, device: torch.device) -> Encoder:
        """What makes inputs of ``forward`` out of levels ((n, H, W) int8, (n, d) float64).

        And out of their planes ((n, P, H, W) float32), if ``space.planes`` has any.
        """
        if self.space.kind == "vectors":
            return vector_encoder(self.input_centre, self.input_scale, self.input_dtype)
        return LevelEncoder(self.space, device, self.input_dtype)

    def initialise(self, generator: torch.Generator) -> None:
        """Called once after construction; draws weights from ``generator`` if that is wanted."""

    def fit_inputs(self, levels: Tensor) -> None:
        """Called before the first training with its levels ((n, H, W), (n, d))."""
        if self.space.kind == "vectors" and not self.space.bounds:
            spread = levels.std(dim=0, correction=0)
            self.input_centre.copy_(levels.mean(dim=0))
            self.input_scale.copy_(torch.where(spread > 0, spread, 1.0))

    def output_layer(self) -> nn.Linear:
        """The linear layer that the outputs come from: ``self.heads``, unless overridden."""
        heads = getattr(self, "heads", None)
        if not isinstance(heads, nn.Linear):
            name = type(self).__name__
            raise SurrogateError(
                f"{name}.heads is no nn.Linear: the layer that ends in the outputs"
            )
        return heads

    @property
    def fastest_pass(self) -> int:
        """``FASTEST_PASS``, of the networks that it is made of if it is made of several."""
        return self.FASTEST_PASS

    def rescale_outputs(self, ratio: Tensor, shift: Tensor) -> None:
        """Changes weights so that outputs become ``ratio * outputs + shift``, (outputs,) each."""
        heads = self.output_layer()
        heads.weight.copy_(heads.weight.double() * ratio[:, None])
        heads.bias.copy_(heads.bias.double() * ratio + shift)

    def rescale_occupancy(self, ratio: float) -> None:
        """Changes weights so that occupancy is ``ratio`` times what it was, and outputs stay."""
        raise NotImplementedError(f"{type(self).__name__} needs rescale_occupancy(self, ratio)")

    def for_prediction(self, dtype: torch.dtype = torch.float32) -> Network:
        """A copy for prediction alone; batch norms are built into the layers before them.

        Args:
            dtype: What may be worked in if the network can do with that (``input_dtype``).
        """
        made = copy.deepcopy(self).eval().requires_grad_(False)
        for module in list(made.modules()):
            if isinstance(module, nn.Sequential):
                fold_batch_norms(module)
        return made

    @classmethod
    def in_one_pass(cls, members: Sequence[Network]) -> Network | None:
        """What predicts what an ensemble of ``members`` does, faster than one after the other.

        Args:
            members: What ``for_prediction`` made of each.

        Returns:
            A network whose outputs are those of the first member, then those of the next, and so
            on; None if this kind has none.
        """
        return None

    def _set_input_bounds(self) -> None:
        """Uniform numbers within their bounds get mean 0 and variance 1."""
        if self.space.kind == "vectors":
            self.input_scale.fill_(1.0)
            if self.space.bounds:
                bounds = torch.tensor(self.space.bounds, dtype=torch.float64)
                low, high = bounds.unbind(dim=1)
                width = high - low
                self.input_centre.copy_((low + high) / 2)
                self.input_scale.copy_(torch.where(width > 0, width / math.sqrt(12), 1.0))


def make_network(
    space: LevelSpace,
    outputs: int,
    settings: SurrogateSettings,
    seed: int,
    device: torch.device,
) -> Network:
    """Builds the network that ``settings.kind`` names, with weights that depend on ``seed`` alone.

    Raises:
        SurrogateError: A network from elsewhere does not work.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        network = build(space, outputs, settings)
    network._set_input_bounds()
    network.initialise(torch.Generator().manual_seed(seed))
    network = channels_last(network.to(device))
    if not NETWORKS.is_own(settings.kind):
        _try(network, settings.kind)
    return network


def build(space: LevelSpace, outputs: int, settings: SurrogateSettings) -> Network:
    """The network itself, its weights from torch's own generator.

    Raises:
        SurrogateError: A network from elsewhere cannot be built.
    """
    made_by = NETWORKS.load(settings.kind)
    if NETWORKS.is_own(settings.kind):
        own: Network = made_by(space, outputs, settings)
        return own
    try:
        network = made_by(space, outputs, settings)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:  # whatever somebody's network raises
        raise _broken(settings.kind, "cannot be built", error) from error
    if not isinstance(network, Network):
        raise SurrogateError(
            f'surrogate.kind = "{settings.kind}" makes a {type(network).__name__}: expected a '
            "class derived from dsage_mpi.surrogate.network:Network"
        )
    return network


def channels_last(network: Network) -> Network:
    """Lays convolution weights out as the maps are: channels last (in place)."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network


def empty_inputs(network: Network, count: int, device: torch.device) -> Tensor:
    """What ``network`` sees of ``count`` empty levels."""
    space = network.space
    dtype = torch.int8 if space.kind == "images" else torch.float64
    levels = torch.zeros((count, *space.shape), dtype=dtype, device=device) + space.empty_tile
    planes = None
    if space.planes is not None:
        planes = torch.zeros((count, len(space.planes.names), *space.shape), device=device)
    return network.encoder(device)(levels.to(dtype), planes)


@torch.no_grad()
def _try(network: Network, kind: str) -> None:
    """Checks what a network gives for two levels."""
    try:
        device = network.output_layer().weight.device
        found = network.eval()(empty_inputs(network, 2, device))
        outputs, occupancy = found
        shapes = tuple(outputs.shape), None if occupancy is None else tuple(occupancy.shape)
    except (Exception, SystemExit) as error:  # whatever somebody's network raises
        raise _broken(kind, "does not predict two empty levels", error) from error
    wanted = (2, network.outputs)
    if shapes[0] != wanted or (shapes[1] is None) == network.predicts_occupancy:
        raise SurrogateError(
            f'surrogate.kind = "{kind}" gives outputs of shape {shapes[0]} and occupancy of shape '
            f"{shapes[1]} for two levels: expected {wanted}, and occupancy "
            + ("(2, side, side)" if network.predicts_occupancy else "None")
        )


def _broken(kind: str, how: str, error: BaseException) -> SurrogateError:
    text = " ".join(str(error).split())
    return SurrogateError(f'surrogate.kind = "{kind}" {how}: {type(error).__name__}: {text}')
