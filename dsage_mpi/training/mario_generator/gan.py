"""One step of adversarial training, and the networks and optimizers that it changes."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from dsage_mpi.domains.mario.generator.layout import LATENT
from dsage_mpi.domains.mario.tiles import TILES
from dsage_mpi.training.mario_generator.adjacency import Adjacency
from dsage_mpi.training.mario_generator.networks import Critic, LevelNetwork
from dsage_mpi.training.mario_generator.settings import GanSettings, NetworkSettings

_PRECISIONS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
#: Adam as usual for this loss: no momentum, since the target moves.
_BETAS = (0.0, 0.99)
#: Makes probabilities of scores near 0 or 1, which is where the critic drives them.
_SHARPNESS = 10.0
#: Share of the training over which the cost of impossible pairs grows to its full weight: from
#: the beginning it would keep rare tiles from ever being tried.
_RAMP = 0.25
#: Share of the training, its last, over which that cost goes to its final weight: late, when the
#: shapes are there, a higher one makes them complete.
_FINISH = 0.2


@dataclass
class Losses:
    """What one step measured."""

    critic: float
    generator: float
    impossible_pairs: float


class Gan:
    """Generator, critic, the generator's moving average, and their optimizers."""

    def __init__(
        self,
        networks: NetworkSettings,
        settings: GanSettings,
        precision: str,
        adjacency: Adjacency,
        rng: np.random.Generator,
    ):
        self._settings = settings
        self._adjacency = adjacency
        self._dtype = _PRECISIONS[precision]
        self.generator = LevelNetwork(networks.channels)
        self.critic = Critic(networks.critic_channels)
        _initialise(self.generator, rng)
        _initialise(self.critic, rng)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.optimizers = {
            "generator": torch.optim.Adam(self.generator.parameters(), lr=1.0, betas=_BETAS),
            "critic": torch.optim.Adam(self.critic.parameters(), lr=1.0, betas=_BETAS),
        }

    def step(
        self,
        number: int,
        total: int,
        levels: NDArray[np.int8],
        rng: np.random.Generator,
    ) -> Losses:
        """Improves the critic, then the generator.

        Args:
            number: Steps done before.
            total: Steps of the whole training.
            levels: (batch, 16, 56) levels of the corpus.
            rng: Source of the latents.
        """
        settings, progress = self._settings, number / total
        late = max(0.0, 2.0 * progress - 1.0)
        rate = settings.rate * (settings.rate_end / settings.rate) ** late
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate
        critic_loss = self._improve_critic(number, one_hot(torch.from_numpy(levels)), rng)
        losses = self._improve_generator(adjacency_cost(settings, progress), rng)
        self._average()
        return Losses(critic_loss, *losses)

    def _improve_critic(self, number: int, real: torch.Tensor, rng: np.random.Generator) -> float:
        settings, optimizer = self._settings, self.optimizers["critic"]
        with torch.autocast("cpu", self._dtype, enabled=self._dtype != torch.float32):
            with torch.no_grad():
                fake = self.generator(self.latents(len(real), rng)).float()
            loss = F.softplus(self.critic(fake).float()).mean()
            loss = loss + F.softplus(-self.critic(real).float()).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if settings.penalty and number % settings.penalty_every == 0:
            real.requires_grad_(True)
            (slope,) = torch.autograd.grad(self.critic(real).sum(), real, create_graph=True)
            weight = 0.5 * settings.penalty * settings.penalty_every
            (weight * slope.square().sum((1, 2, 3)).mean()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return float(loss.detach())

    def _improve_generator(self, adjacency: float, rng: np.random.Generator) -> tuple[float, float]:
        settings, optimizer = self._settings, self.optimizers["generator"]
        with torch.autocast("cpu", self._dtype, enabled=self._dtype != torch.float32):
            fake = self.generator(self.latents(settings.batch, rng)).float()
            loss = F.softplus(-self.critic(fake).float()).mean()
        pairs = self._adjacency.count((_SHARPNESS * fake).softmax(1)).mean()
        optimizer.zero_grad()
        (loss + adjacency * pairs).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        return float(loss.detach()), float(pairs.detach())

    def latents(self, count: int, rng: np.random.Generator) -> torch.Tensor:
        """(count, 32) latents, some of them narrower or wider than N(0, 1)."""
        settings = self._settings
        latents = rng.standard_normal((count, LATENT), dtype=np.float32)
        low, high = np.log((settings.narrowest, settings.widest))
        scales = np.exp(rng.uniform(low, high, count))
        scales = np.where(rng.random(count) < settings.wide, scales, 1.0)
        return torch.from_numpy(latents * scales[:, None].astype(np.float32))

    def _average(self) -> None:
        with torch.no_grad():
            for mean, tensor in zip(
                self.average.parameters(), self.generator.parameters(), strict=True
            ):
                mean.lerp_(tensor, 1.0 - self._settings.average)

    def finished(self, latents: torch.Tensor) -> LevelNetwork:
        """The averaged generator for use, its batch statistics those of ``latents``."""
        network = copy.deepcopy(self.average)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.reset_running_stats()
                module.momentum = None  # the plain mean over all batches
        network.train()
        with torch.no_grad():
            for batch in torch.split(latents, self._settings.batch * 8):
                network(batch)
        return network.eval()


def adjacency_cost(settings: GanSettings, progress: float) -> float:
    """Cost of each impossible pair of neighbours with ``progress`` (0 to 1) of the steps done."""
    late = max(0.0, 1.0 - (1.0 - progress) / _FINISH)
    middle = settings.adjacency * min(1.0, progress / _RAMP)
    return (1.0 - late) * middle + late * settings.adjacency_end


def one_hot(levels: torch.Tensor) -> torch.Tensor:
    """(n, 17, 16, 56) float32 of (n, 16, 56) tile indices."""
    return F.one_hot(levels.long(), len(TILES)).permute(0, 3, 1, 2).float()


def _initialise(network: nn.Module, rng: np.random.Generator) -> None:
    """Normal weights scaled to the inputs of each unit; biases 0, batch norms neutral."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            weight = module.weight
            if isinstance(module, nn.ConvTranspose2d):
                deviation = 0.02  # before batch norm: no matter
            else:
                deviation = float(np.sqrt(2.0 / weight[0].numel()))
            values = rng.standard_normal(tuple(weight.shape), dtype=np.float32) * deviation
            with torch.no_grad():
                weight.copy_(torch.from_numpy(values.astype(np.float32)))
                if module.bias is not None:
                    module.bias.zero_()
