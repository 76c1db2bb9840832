"""Level texts of all sorts, good and bad: each has a defined outcome."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domains.mario.java import programs

EMPTY = "-" * 20
FLOOR = "X" * 20
FLAT = [EMPTY] * 14 + [FLOOR] * 2
#: Start at the left, exit at the right, floor in row 14; a run to the exit.
WON = "20x16 start 8,223 exit 19 status 1"


def _flat(row: int, text: str) -> list[str]:
    return [*FLAT[:row], text, *FLAT[row + 1 :]]


CASES = {
    "rows joined with LF": ("\n".join(FLAT), WON),
    "LFs at the end are dropped": ("\n".join(FLAT) + "\n\n\n", WON),
    "a CR at the end of each row is dropped": ("\r\n".join(FLAT) + "\r\n", WON),
    "a CR at the end of some rows is dropped": ("\n".join(_flat(3, EMPTY + "\r")), WON),
    "unknown symbols are empty": ("\n".join(_flat(13, "-ZvV 3~é" + "-" * 12)), WON),
    "no floor: from above the level into the void": (
        "\n".join([EMPTY] * 16),
        "20x16 start 8,-1 exit 19 status 2",
    ),
    "solid to the top: from above the level": (
        "\n".join([FLOOR] * 16),
        "20x16 start 8,-1 exit 19 status 1",
    ),
    "a column of cannons is no floor": (
        "\n".join("*" + row[1:] for row in FLAT),
        "20x16 start 8,-1 exit 19 status 1",
    ),
    "the last M and the last F count": (
        "\n".join(_flat(13, "--M--M--F-----F-----")),
        "20x16 start 88,223 exit 14 status 1",
    ),
    "start right of the exit: won before the first tick": (
        "\n".join(_flat(13, "----F----M----------")),
        "20x16 start 152,223 exit 4 status 1 ticks 0 completion 1.0 events 0",
    ),
    "exit in column 0: completion is 0/0": (
        "\n".join(_flat(13, "F" + "-" * 19)),
        "20x16 start 8,223 exit 0 status 1 ticks 0 completion NaN events 0",
    ),
    "one row": ("-XX-X", "5x1 start 8,-1 exit 4"),
    "one column": ("\n".join(row[0] for row in FLAT), "1x16 start 8,223 exit 0 status 1 ticks 0"),
    "40 rows: the camera follows": (
        "\n".join([EMPTY] * 24 + FLAT),
        "20x40 start 8,607 exit 19 status 1",
    ),
    "blank": (" \n \n", "error: the level is blank"),
    "nothing": ("", "error: the level is blank"),
    "a longer row": ("\n".join(_flat(5, EMPTY + "-")), "error: row 5 of the level has 21 tiles"),
    "a shorter row": ("\n".join(_flat(15, "X")), "error: row 15 of the level has 1 tiles"),
    "an empty row first": ("\n" + "\n".join(FLAT), "error: row 1 of the level has 20 tiles"),
    "an empty row inside": ("\n".join(_flat(7, "")), "error: row 7 of the level has 0 tiles"),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    given = programs.java_int(len(CASES))
    given += b"".join(programs.java_text(text) for text, _ in CASES.values())
    folder: Path = programs.run("PlayLevels", given, tmp_path_factory.mktemp("levels"))
    return dict(zip(CASES, (folder / "lines").read_text().splitlines(), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_outcome(case: str, outcomes: dict[str, str]) -> None:
    assert outcomes[case].startswith(CASES[case][1])
