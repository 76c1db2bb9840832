"""Pairs that a corpus never has are found, counted, and cost in the right direction."""

from __future__ import annotations

import numpy as np
import torch

from dsage_mpi.domains.mario.tiles import TILES
from dsage_mpi.training.mario_generator.adjacency import Adjacency
from dsage_mpi.training.mario_generator.author import write_levels
from dsage_mpi.training.mario_generator.gan import one_hot

PIPE, GROUND = TILES.index("t"), TILES.index("X")


def test_the_corpus_itself_has_no_impossible_pair() -> None:
    levels = write_levels(np.random.default_rng(0), 50)
    assert not Adjacency(levels).count(one_hot(torch.from_numpy(levels))).any()


def test_impossible_pairs_are_counted_by_parity() -> None:
    corpus = np.zeros((1, 16, 56), dtype=np.int8)
    corpus[0, 14:, 4:6] = PIPE  # pairs on even columns, down to the bottom
    adjacency = Adjacency(corpus)
    levels = np.zeros((4, 16, 56), dtype=np.int8)
    levels[0, 14:, 8:10] = PIPE  # as in the corpus, elsewhere
    levels[1, 14:, 9:11] = PIPE  # on odd columns: both rows, left edge, middle and right edge
    levels[2, 12:14, 8:10] = PIPE  # over nothing: two columns
    levels[3, 0, 0] = GROUND  # a tile that the corpus lacks: one neighbour right, one below
    counts = adjacency.count(one_hot(torch.from_numpy(levels)))
    assert counts.tolist() == [0.0, 6.0, 2.0, 2.0]


def test_the_cost_pushes_towards_possible_neighbours() -> None:
    corpus = np.zeros((1, 16, 56), dtype=np.int8)
    corpus[0, 14:, 4:6] = PIPE
    level = torch.zeros((1, 16, 56), dtype=torch.int8)
    level[0, 15, 8] = PIPE  # half a pipe
    shares = one_hot(level).requires_grad_(True)
    Adjacency(corpus).count(shares).sum().backward()  # type: ignore[no-untyped-call]
    assert shares.grad is not None
    # At the other half, pipe is better than empty; at the half itself empty is.
    assert shares.grad[0, PIPE, 15, 9] < shares.grad[0, 0, 15, 9]
    assert shares.grad[0, 0, 15, 8] < shares.grad[0, PIPE, 15, 8]
