"""Messages survive any cut into pieces; anything else is recognised as such."""

from __future__ import annotations

import io

import numpy as np
import pytest

from dsage_mpi.isolation.frames import (
    Frame,
    FrameBuffer,
    GarbageError,
    Kind,
    pack,
    pack_arrays,
    read_frame,
    unpack_arrays,
)

FRAMES = [Frame(Kind.TASK, b"abc"), Frame(Kind.READY, b""), Frame(Kind.RESULT, bytes(10_000))]
STREAM = b"".join(pack(*frame) for frame in FRAMES)


@pytest.mark.parametrize("size", [1, 7, 8, 9, 4096, len(STREAM)])
def test_pieces_of_any_size(size: int) -> None:
    buffer, found = FrameBuffer(), []
    for start in range(0, len(STREAM), size):
        buffer.add(STREAM[start : start + size])
        while (frame := buffer.next()) is not None:
            found.append(frame)
    assert found == FRAMES


def test_a_stream_ends_between_frames_or_within_one() -> None:
    stream = io.BytesIO(STREAM)
    assert [read_frame(stream) for _ in range(4)] == [*FRAMES, None]
    assert read_frame(io.BytesIO(STREAM[:10])) is None
    assert read_frame(io.BytesIO(STREAM[:3])) is None


@pytest.mark.parametrize("bad", [b"hello, world", b"\x02\0\0\0\xff\xff\xff\xff"])
def test_garbage(bad: bytes) -> None:
    buffer = FrameBuffer()
    buffer.add(bad)
    with pytest.raises(GarbageError):
        buffer.next()


def test_arrays() -> None:
    arrays = {"method": np.array("play"), "level": np.arange(6, dtype=np.int8).reshape(2, 3)}
    again = unpack_arrays(pack_arrays(arrays))
    assert list(again) == list(arrays)
    for name, array in arrays.items():
        assert again[name].dtype == array.dtype
        np.testing.assert_array_equal(again[name], array)
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        pack_arrays({"code": np.array([print])})
