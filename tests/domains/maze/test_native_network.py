"""The network: recorded passes and greedy play of the published agent."""

from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.domains.maze import _native
from dsage_mpi.domains.maze.levels import analyse
from tests.domains.maze import golden

ISAS = _native.supported_isas().split(", ")


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("version", ["union", "perenv"])
def test_recorded_pass_of_ten(isa, version):
    agent, recorded = _native.Agent(golden.published_weights(), isa), golden.load("agent")
    views = golden.KIND[recorded["unit_image"][..., 0]].reshape(10, 25)
    codes = 1 << recorded["unit_direction"].reshape(10).astype(np.uint8)
    if version == "union":
        codes = np.full_like(codes, np.bitwise_or.reduce(codes))
    mask = recorded["unit_mask"].reshape(10, 1)
    out = agent.forward(views, codes, recorded["unit_h0"] * mask, recorded["unit_c0"] * mask)
    for name in ("logits", "value", "h", "c"):
        expected = recorded[f"unit_{version}_{name}"].reshape(out[name].shape)
        np.testing.assert_allclose(out[name], expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("isa", ISAS)
def test_recorded_greedy_play(isa):
    agent, recorded = _native.Agent(golden.published_weights(), isa), golden.load("agent")
    levels = golden.levels()
    for number in np.flatnonzero(golden.playable()):
        start = int(analyse(levels[number][None]).start[0])
        for direction in range(4):
            steps = int(recorded["greedy_nsteps"][number, direction])
            trace = _greedy(agent, levels[number], 4 * start + direction, steps)
            for name in ("action", "x", "y", "dir"):
                expected = recorded[f"greedy_{name}"][number, direction, :steps]
                np.testing.assert_array_equal(trace[name], expected)
            for name in ("logits", "value"):
                expected = recorded[f"greedy_{name}"][number, direction, :steps]
                np.testing.assert_allclose(trace[name], expected, rtol=0, atol=1e-4)
            kept = number < len(recorded["greedy_h"])
            if kept and direction == recorded["greedy_hidden_dir"][number]:
                for row, step in enumerate(recorded["greedy_hidden_steps"]):
                    for name in ("h", "c") if step < steps else ():
                        expected = recorded[f"greedy_{name}"][number, row]
                        np.testing.assert_allclose(trace[name][step], expected, atol=1e-4, rtol=0)


def _greedy(agent, level, state, steps):
    trace = {name: [] for name in ("action", "x", "y", "dir", "logits", "value", "h", "c")}
    hidden = cell = np.zeros((1, 256), np.float32)
    for _ in range(steps):
        view = _native.views(level, np.array([state], np.int16))
        out = agent.forward(view, np.array([1 << (state % 4)], np.uint8), hidden, cell)
        hidden, cell = out["h"], out["c"]
        action = int(out["logits"][0].argmax())
        values = (action, state // 4 % 16 + 1, state // 64 + 1, state % 4)
        for name, value in zip(("action", "x", "y", "dir"), values, strict=True):
            trace[name].append(value)
        for name in ("logits", "value", "h", "c"):
            trace[name].append(out[name][0])
        state = _step(level, state, action)
    return trace


def _step(level, state, action):
    """One action in the simulator; the state after a success does not matter."""
    cell, direction = divmod(state, 4)
    if action < 2:
        return 4 * cell + (direction + (3, 1)[action]) % 4
    row = cell // 16 + (0, 1, 0, -1)[direction]
    col = cell % 16 + (1, 0, -1, 0)[direction]
    free = action == 2 and 0 <= row < 16 and 0 <= col < 16 and not level[row, col]
    return 4 * (16 * row + col) + direction if free else state


def _sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("gain", [0.5, 1.0, 8.0])
def test_pass_agrees_with_float64(isa, gain):
    """No checkpoint needed; a large gain drives the gates far into saturation."""
    weights = golden.random_weights(3, gain)
    w = {name: value.astype(np.float64) for name, value in weights.items()}
    rng = np.random.default_rng(4)
    views = rng.integers(3, size=(23, 25), dtype=np.uint8)
    codes = rng.integers(16, size=23, dtype=np.uint8)
    hidden = rng.uniform(-1, 1, (23, 256)).astype(np.float32)
    cell = rng.normal(size=(23, 256)).astype(np.float32)
    out = _native.Agent(weights, isa).forward(views, codes, hidden, cell)

    tile = np.array([[1, 0, 0], [2, 5, 0], [8, 1, 0]]) / 10
    image = tile[views.reshape(-1, 5, 5)]  # n, i, j, channel
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3), axis=(1, 2))
    conv = np.einsum("nijckl,ockl->noij", windows, w["image_conv.0.weight"])
    conv = np.maximum(conv + w["image_conv.0.bias"][:, None, None], 0).reshape(-1, 144)
    bits = (codes[:, None] >> np.arange(4)) & 1
    scalar = bits @ w["scalar_embed.weight"].T + w["scalar_embed.bias"]
    z = np.concatenate([conv, scalar], axis=1) @ w["rnn.rnn.weight_ih_l0"].T
    z += w["rnn.rnn.bias_ih_l0"] + w["rnn.rnn.bias_hh_l0"]
    z += hidden @ w["rnn.rnn.weight_hh_l0"].T
    i, f, g, o = np.split(z, 4, axis=1)
    c = _sigmoid(f) * cell + _sigmoid(i) * np.tanh(g)
    h = _sigmoid(o) * np.tanh(c)
    scale = max(1.0, gain**2)
    np.testing.assert_allclose(out["c"], c, rtol=0, atol=1e-6 * scale)
    np.testing.assert_allclose(out["h"], h, rtol=0, atol=1e-6 * scale)
    head = np.tanh(h @ w["actor.0.0.weight"].T + w["actor.0.0.bias"])
    logits = head @ w["actor.1.linear.weight"].T + w["actor.1.linear.bias"]
    np.testing.assert_allclose(out["logits"], logits, rtol=0, atol=1e-5 * scale**2)


def test_fp32_passes_have_the_same_bits_on_every_instruction_set_with_fma():
    isas = [isa for isa in ISAS if isa != "generic"]
    if len(isas) < 2:
        pytest.skip("needs two instruction sets with FMA")
    rng = np.random.default_rng(4)
    views = rng.integers(3, size=(31, 25), dtype=np.uint8)
    codes = rng.integers(16, size=31, dtype=np.uint8)
    hidden, cell = rng.normal(size=(2, 31, 256)).astype(np.float32)
    first, *others = (
        _native.Agent(golden.random_weights(1), isa).forward(views, codes, hidden, cell)
        for isa in isas
    )
    for other in others:
        for name in ("h", "c", "logits", "value"):
            np.testing.assert_array_equal(other[name], first[name])


def test_unknown_instruction_set_is_refused():
    with pytest.raises(ValueError, match="this CPU runs"):
        _native.Agent(golden.random_weights(0), "mmx")


def test_bf16_without_its_instructions_is_refused():
    with pytest.raises(ValueError, match=r"needs a CPU with AVX512_BF16.*fp32"):
        _native.Agent(golden.random_weights(0), "generic", bf16=True)
