from __future__ import annotations

import numpy as np
import pytest

from dsage_mpi.farm.messages import (
    MESSAGE_BYTES,
    Buffer,
    as_rows,
    most_tasks,
    pack_reasons,
    pack_results,
    pack_tasks,
    unpack_reasons,
    unpack_results,
    unpack_tasks,
)
from dsage_mpi.farm.runner import BatchResult
from tests.farm.toy import RESULT, TASK, expected, make_tasks


def test_tasks_survive_the_journey():
    tasks, indices = make_tasks(300), np.array([250, 3, 3, 77])
    message = pack_tasks(Buffer(), 12345678901, as_rows(tasks), indices)
    chunk, received = unpack_tasks(message, TASK)
    assert chunk == 12345678901
    assert received.tobytes() == tasks[indices].tobytes()


def test_results_survive_the_journey():
    batch = BatchResult(expected(make_tasks(3)), np.array([0, 1, 0], bool), np.arange(3.0))
    message = unpack_results(pack_results(Buffer(), 7, batch, b"abc", 1.5))
    assert (message.chunk, message.reason_bytes, message.busy_seconds) == (7, 3, 1.5)
    assert message.results.tobytes() == batch.results.tobytes()
    assert message.failed.tolist() == [0, 1, 0]
    assert message.seconds.tolist() == [0, 1, 2]


@pytest.mark.parametrize("reasons", [{}, {3: "a", 0: 'Zeile "1"\nZeile ü\0 \ud800'}])
def test_reasons_survive_the_journey(reasons):
    assert unpack_reasons(pack_reasons(reasons) or b"[]") == reasons


def test_equal_reasons_travel_once():
    message = pack_reasons(dict.fromkeys(range(1000), "x" * 5000) | {1000: "y"})
    assert len(message) < 15_000
    reasons = unpack_reasons(message)
    assert sorted(reasons) == list(range(1001))
    assert len({id(text) for text in reasons.values()}) == 2


def test_buffers_grow():
    buffer = Buffer()
    for size in (10, 10**6, 3, 2 * 10**6):
        assert buffer.reserve(size).shape == (size,)


def test_messages_stay_small_enough_for_mpi():
    item = np.dtype(("u1", (2**20,)))
    assert most_tasks(np.dtype([("a", item)]), RESULT) * 2**20 <= MESSAGE_BYTES
    assert most_tasks(np.dtype([("a", "u1", (2**30,))]), RESULT) == 1
