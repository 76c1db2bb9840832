from __future__ import annotations

import re

import numpy as np
import pytest

from dsage_mpi.domains.maze.agent import BUILTIN, TENSORS, AgentError, load_agent
from dsage_mpi.domains.maze.settings import MazeSettings
from tests.domains.maze import golden


def _same(loaded, weights):
    assert list(loaded) == list(TENSORS)
    for name, value in loaded.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, weights[name])


def test_published_checkpoint_loads():
    weights = load_agent(str(golden.checkpoint()))
    assert sum(value.size for value in weights.values()) == 433_953
    np.testing.assert_array_equal(weights["rnn.rnn.bias_ih_l0"], weights["rnn.rnn.bias_hh_l0"])


def test_torch_format(tmp_path):
    import torch

    weights = golden.random_weights(1)
    path = tmp_path / "model.tar"
    torch.save({name: torch.from_numpy(value) for name, value in weights.items()}, path)
    _same(load_agent(str(path)), weights)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_npz_format(tmp_path, dtype):
    weights = {name: value.astype(dtype) for name, value in golden.random_weights(1).items()}
    np.savez(tmp_path / "agent.npz", **weights)
    _same(load_agent(str(tmp_path / "agent.npz")), weights)


def test_builtin_agent():
    if not BUILTIN.exists():
        pytest.skip("this checkout has no built-in agent")
    assert load_agent("builtin").keys() == TENSORS.keys()


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AgentError, match=re.escape(str(tmp_path / "no.npz")) + " does not exist"):
        load_agent(str(tmp_path / "no.npz"))
    with pytest.raises(AgentError, match="is a folder"):
        load_agent(str(tmp_path))


def test_all_mismatches_are_reported_at_once(tmp_path):
    weights = golden.random_weights(1)
    del weights["critic.1.bias"]
    weights["scalar_embed.weight"] = np.zeros((4, 5), np.float32)
    weights["actor.0.0.bias"][3] = np.nan
    weights["actor.1.linear.bias"] = np.zeros(7, np.int64)
    weights["extra"] = np.zeros(1, np.float32)
    path = tmp_path / "agent.npz"
    np.savez(path, **weights)
    with pytest.raises(AgentError) as caught:
        load_agent(str(path))
    message = str(caught.value)
    for part in (
        str(path),
        "critic.1.bias is missing, expected shape (1,)",
        "scalar_embed.weight has shape (4, 5), expected (5, 4)",
        "actor.0.0.bias has NaN",
        "actor.1.linear.bias is of type int64",
        "unexpected tensor 'extra'",
    ):
        assert part in message


def test_other_files_are_refused(tmp_path):
    import torch

    path = tmp_path / "file"
    for content, message in (
        (b"", "is empty; expected a torch"),
        (b"no zip archive at all", "is no weights file; expected a torch state dict or npz"),
        (b"PK\x03\x04 cut off", "cannot be read as a torch state dict or npz"),
        (b"\x80\x02 cut off", "cannot be read as a torch state dict or npz"),
    ):
        path.write_bytes(content)
        with pytest.raises(AgentError, match=message) as caught:
            load_agent(str(path))
        assert "index out of range" not in str(caught.value)
    with pytest.raises(AgentError, match="/dev/null is no regular file"):
        load_agent("/dev/null")
    torch.save([torch.zeros(3)], path)
    with pytest.raises(AgentError, match="holds a list, expected a flat dict"):
        load_agent(str(path))


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    import torch

    class Bomb:
        def __reduce__(self):
            return (exec, (f"open({str(tmp_path / 'boom')!r}, 'w')",))

    torch.save({"image_conv.0.weight": Bomb()}, tmp_path / "model.tar")
    with pytest.raises(AgentError, match="cannot be read"):
        load_agent(str(tmp_path / "model.tar"))
    assert not (tmp_path / "boom").exists()


def test_a_home_folder_of_nobody_is_no_file():
    # Path.expanduser raises RuntimeError, which a user would see as a traceback.
    with pytest.raises(AgentError, match=r"~nobody-here/agent\.npz does not exist"):
        load_agent(MazeSettings(name="maze", agent="~nobody-here/agent.npz").agent)
    with pytest.raises(AgentError, match="does not exist"):
        load_agent("~nobody-here/agent.npz")
