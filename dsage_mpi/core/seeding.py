"""Named random streams: every random number belongs to (run seed, purpose, index).

Nothing here depends on the number of ranks, on timing or on global generators, so that a run can
be repeated and resumed exactly (NumPy ``SeedSequence``, whose output is stable across versions).
"""

from __future__ import annotations

import json
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Purpose(IntEnum):
    """What a stream is for. Values are part of the run's identity: never renumber them."""

    INITIAL_SOLUTIONS = 1
    SIMULATION = 2
    NETWORK_INIT = 3
    TRAINING = 4
    INNER_LOOP = 5
    SELECTION = 6
    EMITTER = 7
    AGENT_TRAINING = 8
    GENERATOR_TRAINING = 9
    ARCHIVE_CELLS = 10


def sequence(run_seed: int, purpose: Purpose, *index: int) -> np.random.SeedSequence:
    """Seed sequence of one stream; ``index`` is an outer iteration, an emitter number, ..."""
    return np.random.SeedSequence(entropy=run_seed, spawn_key=(int(purpose), *index))


def generator(run_seed: int, purpose: Purpose, *index: int) -> np.random.Generator:
    """NumPy generator (PCG64) of one stream."""
    return np.random.Generator(np.random.PCG64(sequence(run_seed, purpose, *index)))


def integer_seed(run_seed: int, purpose: Purpose, *index: int) -> int:
    """A 63-bit seed for libraries that take one integer (torch, pyribs)."""
    return int(sequence(run_seed, purpose, *index).generate_state(1, np.uint64)[0] >> np.uint64(1))


def evaluation_seeds(run_seed: int, first: int, count: int) -> NDArray[np.uint64]:
    """Simulation seeds ((count,) uint64) of evaluations ``first`` .. ``first + count - 1``."""
    return np.array(
        [
            sequence(run_seed, Purpose.SIMULATION, number).generate_state(1, np.uint64)[0]
            for number in range(first, first + count)
        ],
        dtype=np.uint64,
    )


def generator_state(rng: np.random.Generator) -> str:
    """State of a NumPy generator as JSON text (no pickles)."""
    return json.dumps(rng.bit_generator.state)


def restore_generator(rng: np.random.Generator, text: str) -> None:
    """Sets ``rng`` to a state from ``generator_state``."""
    rng.bit_generator.state = json.loads(text)
