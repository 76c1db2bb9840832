from __future__ import annotations

import json
from typing import Any

import pytest

from dsage_mpi.core.processor import processor
from dsage_mpi.rundir.provenance import describe_start
from dsage_mpi.rundir.version_changes import changed_versions


def versions(**changes: Any) -> str:
    start = describe_start()
    for name, value in changes.items():
        start[name] = {**start[name], **value} if isinstance(value, dict) else value
    return json.dumps({"starts": [{"packages": {"torch": "0.1"}}, start]})


def test_the_same_machine_and_software_are_no_change() -> None:
    assert processor()
    assert (
        changed_versions(versions(gpu="H100"), versions(gpu="H100", host="other", started="later"))
        == []
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"packages": {"torch": "2.9"}}, {"packages": {"torch": "2.8"}}, "torch 2.9, now 2.8"),
        ({"processor": "Xeon"}, {"processor": "EPYC"}, "processor Xeon, now EPYC"),
        ({"gpu": "A100"}, {"gpu": "H100"}, "gpu A100, now H100"),
        (
            {"git": {"commit": "a" * 40, "modified": False}},
            {"git": {"commit": "a" * 40, "modified": True}},
            "commit aaaaaaaaaa, now aaaaaaaaaa with changes",
        ),
    ],
)
def test_says_what_can_change_a_result(old: Any, new: Any, said: str) -> None:
    assert changed_versions(versions(**old), versions(**new)) == [said]


def test_packages_that_change_no_number_are_not_named() -> None:
    assert (
        changed_versions(versions(packages={"rich": "1"}), versions(packages={"rich": "2"})) == []
    )


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"starts": []}', '{"starts": [1]}'])
def test_what_cannot_be_read_is_no_change(broken: str) -> None:
    assert changed_versions(broken, versions()) == []
    assert changed_versions(versions(), broken) == []
