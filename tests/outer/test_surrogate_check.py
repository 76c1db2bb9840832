import pytest

from dsage_mpi.outer.surrogate_check import worse_than_constant


def rows(mae, constant, r2=0.1):
    """Rows of metrics.csv, the first of which has no prediction to judge."""
    first = {"jumps_mae": None, "jumps_constant_mae": None, "jumps_r2": None}
    judged = [
        {"jumps_mae": m, "jumps_constant_mae": c, "jumps_r2": r2}
        for m, c in zip(mae, constant, strict=True)
    ]
    return [first, *judged]


def warned_at(all_rows):
    """Numbers of the rows after which something is said."""
    return [
        k for k in range(len(all_rows)) if list(worse_than_constant(all_rows[: k + 1], ["jumps"]))
    ]


def test_three_times_in_a_row_is_told_once():
    assert warned_at(rows([5, 5, 5, 5, 5], [4, 4, 4, 4, 4])) == [3]


def test_a_better_one_between_begins_a_new_streak():
    assert warned_at(rows([5, 5, 3, 5, 5, 5, 5], [4] * 7)) == [6]


def test_as_good_as_the_constant_is_not_worse():
    assert warned_at(rows([4] * 5, [4] * 5)) == []


def test_where_there_was_nothing_to_predict_nothing_is_judged():
    assert warned_at(rows([5] * 5, [0] * 5, r2=None)) == []
    mixed = rows([5] * 5, [4] * 5)
    mixed[2]["jumps_r2"] = None
    assert warned_at(mixed) == [4]


def test_the_figures_of_the_issue():
    """What ``make run`` gave before: path lengths, worse from iteration 3 on."""
    mae = [37, 39, 60, 86, 90, 85, 114, 77]
    constant = [48, 32, 49, 51, 48, 44, 44, 44]
    assert warned_at(rows(mae, constant)) == [4]
    (text,) = worse_than_constant(rows(mae, constant)[:5], ["jumps"])
    assert "39, 60, 86" in text
    assert "32, 49, 51" in text


@pytest.mark.parametrize("count", [0, 1])
def test_short_runs(count):
    assert warned_at(rows([5] * count, [4] * count)) == []
