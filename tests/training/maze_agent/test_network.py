from __future__ import annotations

import numpy as np
import torch

from dsage_mpi.domains.maze.agent import TENSORS
from dsage_mpi.training.maze_agent.network import (
    HIDDEN,
    Actor,
    features,
    heads,
    initial_parameters,
    sample_actions,
    segment_hidden,
)

PARAMETERS = initial_parameters(np.random.default_rng(1))


def test_parameters_have_the_checkpoints_names_shapes_and_number() -> None:
    assert {name: tuple(t.shape) for name, t in PARAMETERS.items()} == TENSORS
    assert sum(tensor.numel() for tensor in PARAMETERS.values()) == 433_953


def test_features_equal_a_convolution_with_left_right_as_first_axis() -> None:
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 3, (9, 25)).astype(np.uint8)
    directions = rng.integers(0, 4, 9)
    values = np.array([[1, 0, 0], [2, 5, 0], [8, 1, 0]]) / 10.0
    image = torch.tensor(values[codes].reshape(9, 5, 5, 3).transpose(0, 3, 1, 2)).float()
    parameters = {**PARAMETERS, "image_conv.0.bias": torch.randn(16)}
    convolved = torch.nn.functional.conv2d(
        image, parameters["image_conv.0.weight"], parameters["image_conv.0.bias"]
    )
    one_hot = torch.nn.functional.one_hot(torch.tensor(directions), 4).float()
    embedded = torch.nn.functional.linear(
        one_hot, parameters["scalar_embed.weight"], parameters["scalar_embed.bias"]
    )
    expected = torch.cat([convolved.relu().flatten(1), embedded], 1)
    found = features(parameters, torch.tensor(codes), torch.tensor(directions))
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0.0)


def test_actor_step_by_step_equals_the_segment_that_is_trained_on() -> None:
    rng = np.random.default_rng(3)
    views = torch.tensor(rng.integers(0, 3, (6, 4, 25)).astype(np.uint8))
    directions = torch.tensor(rng.integers(0, 4, (6, 4)))
    keep = torch.tensor((rng.random((6, 4, 1)) > 0.3).astype(np.float32))
    state = (torch.randn(4, HIDDEN), torch.randn(4, HIDDEN))
    hidden = segment_hidden(PARAMETERS, views, directions, state, keep, torch.float32)
    logits, values = heads(PARAMETERS, hidden)
    actor = Actor(PARAMETERS, 4, torch.float32)
    actor.hidden, actor.cell = state[0].clone(), state[1].clone()
    for step in range(6):
        actor.reset(keep[step])
        found = actor.step(views[step], directions[step])
        torch.testing.assert_close(found[0], logits[step], atol=1e-5, rtol=0.0)
        torch.testing.assert_close(found[1], values[step], atol=1e-5, rtol=0.0)


def test_actions_are_drawn_from_the_softmax() -> None:
    logits = torch.tensor([0.0, 1.0, 2.0, -1.0, 0.5, -3.0, 0.0])
    drawn = sample_actions(logits.expand(40_000, 7), np.random.default_rng(4))
    frequency = torch.bincount(drawn, minlength=7) / 40_000
    torch.testing.assert_close(frequency, logits.softmax(0), atol=0.01, rtol=0.0)
