"""Signs of life come while the main thread simulates, and only then."""

from __future__ import annotations

import threading

from dsage_mpi.farm.heartbeat import Heartbeat

PERIOD = 0.01


def test_it_beats_while_the_simulator_takes_long():
    beats = threading.Semaphore(0)
    heart = Heartbeat(beats.release, PERIOD)
    with heart.simulating():
        assert all(beats.acquire(timeout=30) for _ in range(3))
    heart.close()


def test_never_while_the_main_thread_is_elsewhere():
    outside, beats, wrong = threading.Event(), threading.Semaphore(0), []

    def beat():
        wrong.extend([1] * outside.is_set())
        beats.release()

    heart = Heartbeat(beat, PERIOD)
    for _ in range(5):
        with heart.simulating():
            assert beats.acquire(timeout=30)
        outside.set()
        threading.Event().wait(3 * PERIOD)
        outside.clear()
    heart.close()
    assert not wrong


def test_short_simulations_cause_none():
    beats = []
    heart = Heartbeat(lambda: beats.append(1), 1000)
    for _ in range(1000):
        with heart.simulating():
            pass
    heart.close()  # at once, not after a period
    assert not beats


def test_no_beat_comes_after_the_end():
    beats = []
    heart = Heartbeat(lambda: beats.append(1), PERIOD)
    heart.close()
    with heart.simulating():
        threading.Event().wait(5 * PERIOD)
    assert not beats
