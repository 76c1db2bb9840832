"""The level generator: latent vectors to platform levels, and how it is trained."""

from dsage_mpi.domains.mario.generator.decode import Generator
from dsage_mpi.domains.mario.generator.load import GeneratorError, load_generator

__all__ = ["Generator", "GeneratorError", "load_generator"]
