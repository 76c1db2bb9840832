"""Random faults and random kills: every evaluation is accounted for, and the result is the same."""

from __future__ import annotations

import json

from tests.support import python

KILLS = 20


def test_sick_simulator_and_twenty_kills(tmp_path):
    calm = soak(tmp_path / "calm", 0)
    killed = soak(tmp_path / "killed", KILLS)
    assert killed.pop("killed") > KILLS / 2  # it may be done before the last one
    assert calm.pop("killed") == 0
    assert killed == calm
    assert killed["evaluations"] == 2000
    assert killed["failed"] == killed["reasons"]
    assert len(killed["failed"]) > 100


def soak(folder, kills):
    done = python("-m", "tests.outer.soak", folder, str(kills), timeout=200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
