import pytest

from dsage_mpi.checkpoint.files import (
    checkpoint_path,
    checkpoints,
    final_path,
    newest_valid,
    prune,
    read_newest,
    set_aside_newer,
)
from dsage_mpi.checkpoint.hdf5 import write_tree
from dsage_mpi.core.state import CheckpointError


@pytest.fixture
def run_dir(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    for iteration in range(1, 8):
        write_tree(checkpoint_path(tmp_path, iteration), {"iteration": iteration})
    return tmp_path


def numbers(run_dir):
    return [path.stem[-1] for path in checkpoints(run_dir)]


def test_newest_valid_skips_damage_and_says_so(run_dir, caplog):
    checkpoint_path(run_dir, 7).write_bytes(b"rubbish")
    checkpoint_path(run_dir, 6).write_bytes(checkpoint_path(run_dir, 6).read_bytes()[:-1])
    path, tree = read_newest(run_dir)
    assert path == checkpoint_path(run_dir, 5)
    assert tree == {"iteration": 5}
    first, second = (record.getMessage() for record in caplog.records)
    assert "checkpoint-000007.h5 is no dsage_mpi checkpoint" in first
    assert "checkpoint-000006.h5 is damaged" in second
    for path in checkpoints(run_dir):
        path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="checkpoint-000001"):
        newest_valid(run_dir)


@pytest.mark.parametrize(
    ("keep", "keep_every", "left"),
    [(2, 0, "67"), (2, 3, "367"), (1, 1, "1234567"), (9, 0, "1234567")],
)
def test_prune_keeps_the_newest_and_every_jth(run_dir, keep, keep_every, left):
    prune(run_dir, keep, keep_every)
    assert "".join(numbers(run_dir)) == left


def test_prune_removes_what_a_killed_writer_left(run_dir):
    left = checkpoint_path(run_dir, 8).with_name(".checkpoint-000008.h5.writing")
    left.write_bytes(b"half")
    prune(run_dir, 3)
    assert not left.exists()


def test_a_final_checkpoint_is_the_newest_until_the_run_goes_on(run_dir):
    write_tree(final_path(run_dir), {"iteration": 7})
    assert newest_valid(run_dir) == final_path(run_dir)
    prune(run_dir, 2)
    assert newest_valid(run_dir) == checkpoint_path(run_dir, 7)


def test_going_back_sets_newer_ones_aside(run_dir):
    write_tree(final_path(run_dir), {"iteration": 7})
    moved = set_aside_newer(run_dir, checkpoint_path(run_dir, 5))
    assert [path.name[-5:] for path in moved] == ["06.h5", "07.h5", "al.h5"]
    assert {path.parent.name for path in moved} == {"set-aside-0001"}
    assert all(path.is_file() for path in moved)
    assert newest_valid(run_dir) == checkpoint_path(run_dir, 5)
    assert set_aside_newer(run_dir, checkpoint_path(run_dir, 5)) == []
    (again,) = set_aside_newer(run_dir, checkpoint_path(run_dir, 4))
    assert again.parent.name == "set-aside-0002"
    prune(run_dir, 1)
    assert all(path.is_file() for path in [*moved, again])
    elsewhere = moved[0]
    assert set_aside_newer(run_dir, elsewhere) == []
