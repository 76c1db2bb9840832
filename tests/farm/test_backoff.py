from __future__ import annotations

import time

from dsage_mpi.farm import backoff as backoff_module
from dsage_mpi.farm.backoff import Backoff, wait_until


def test_pauses_grow_to_the_limit_and_start_again(monkeypatch):
    now, sleeps = [0.0], []

    def sleep(seconds):
        sleeps.append(seconds)
        now[0] += seconds + 20e-6

    monkeypatch.setattr(time, "sleep", sleep)
    monkeypatch.setattr(backoff_module, "yield_core", lambda: sleep(0.0))
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    backoff = Backoff(1e-3)
    for _ in range(40):
        backoff.pause()
    assert sleeps[0] == 0.0
    assert sleeps == sorted(sleeps)
    assert sleeps[-1] == 1e-3
    backoff.reset()
    backoff.pause()
    assert sleeps[-1] == 0.0


def test_waiting_ends_when_the_time_is_up():
    assert wait_until(lambda: True, 1e-3)
    assert not wait_until(lambda: False, 1e-3, limit=0.01)
