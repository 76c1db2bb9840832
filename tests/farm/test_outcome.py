from __future__ import annotations

import pytest

from dsage_mpi.farm.outcome import Ledger, RankStats, idle_share


def test_laps_add_up_to_the_totals():
    ledger = Ledger({1: "a", 2: "b"}, opened=100.0)
    ledger.add(1, tasks=3, failures=1, busy_seconds=2.0)
    first = ledger.lap(now=104.0)
    ledger.add(2, tasks=5, failures=0, busy_seconds=1.0)
    second = ledger.lap(now=106.0)
    assert [entry.tasks for entry in first] == [3, 0]
    assert [entry.tasks for entry in second] == [0, 5]
    assert [entry.idle_seconds for entry in first] == [2.0, 4.0]
    assert [entry.idle_seconds for entry in second] == [2.0, 1.0]
    totals = ledger.totals(now=106.0)
    assert [entry.busy_seconds + entry.idle_seconds for entry in totals] == [6.0, 6.0]


def test_idle_share():
    busy = RankStats(1, "a", busy_seconds=3.0, idle_seconds=1.0)
    lazy = RankStats(2, "a", busy_seconds=0.0, idle_seconds=4.0)
    assert busy.idle_share == pytest.approx(0.25)
    assert idle_share([busy, lazy]) == pytest.approx(5 / 8)
    assert idle_share([]) == 0.0
    assert RankStats(1, "a").idle_share == 0.0
