"""Names and shapes of the generator's tensors: the key layout of the published ``netG`` files.

A DCGAN generator: a transposed convolution makes 4x4 cells of the latent vector, three more
double the size and halve the channels, the last makes the 64x64 image with one channel per tile.
Published: 512 channels at 4x4. Fewer work as well; the files say so themselves.
"""

from __future__ import annotations

from itertools import pairwise

from dsage_mpi.domains.mario.tiles import TILES

LATENT = 32
KERNEL = 4
#: Channels at 4x4 of the published network.
PUBLISHED_CHANNELS = 512
#: Transposed convolutions that double the size, before the last one.
PYRAMIDS = 3

Shapes = dict[str, tuple[int, ...]]


def channel_counts(channels: int) -> tuple[int, ...]:
    """Channels of the maps at 4x4, 8x8, 16x16 and 32x32."""
    return tuple(channels >> level for level in range(PYRAMIDS + 1))


def convolutions(channels: int) -> tuple[str, ...]:
    """Module names of the five transposed convolutions, first to last."""
    counts = channel_counts(channels)
    pyramids = (f"pyramid:{a}-{b}:convt" for a, b in pairwise(counts))
    return (
        f"initial:{LATENT}-{channels}:convt",
        *pyramids,
        f"final:{counts[-1]}-{len(TILES)}:convt",
    )


def batch_norms(channels: int) -> tuple[str, ...]:
    """Module names of the four batch norms, first to last."""
    first, *others = channel_counts(channels)
    return (f"initial:{first}:batchnorm", *(f"pyramid:{count}:batchnorm" for count in others))


def tensor_shapes(channels: int) -> Shapes:
    """Shape of every tensor that decoding needs, by its name in a state dict."""
    counts = (LATENT, *channel_counts(channels), len(TILES))
    shapes: Shapes = {}
    for position, name in enumerate(convolutions(channels)):
        shapes[f"main.{name}.weight"] = (counts[position], counts[position + 1], KERNEL, KERNEL)
    for name, count in zip(batch_norms(channels), channel_counts(channels), strict=True):
        for tensor in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"main.{name}.{tensor}"] = (count,)
    return shapes
