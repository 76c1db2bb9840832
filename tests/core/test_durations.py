import pytest

from dsage_mpi.core.durations import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3h", 10800),
        ("90m", 5400),
        ("1h30m", 5400),
        ("45s", 45),
        ("2d", 172800),
        ("04:00:00", 14400),
        ("100:00:30", 360030),
        ("1-12:00:00", 129600),
        (" 5M ", 300),
    ],
)
def test_lengths_of_time(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "3", "3x", "h", "-3h", "1m2h", "10:00", "1:60:00", "0s", "1.5h"]
)
def test_everything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"expected e\.g\. 3h"):
        parse_duration(text)
