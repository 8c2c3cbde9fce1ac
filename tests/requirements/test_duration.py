from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.requirements.duration import Duration
from requirements.naive import durations, later


@pytest.mark.parametrize(
    ("text", "duration", "canonical", "words"),
    [
        ("P1Y", Duration(12), "P1Y", "1 year"),
        ("P12M", Duration(12), "P1Y", "1 year"),
        ("P1Y6M", Duration(18), "P1Y6M", "1 year, 6 months"),
        ("P2W", Duration(days=14), "P14D", "14 days"),
        ("P1Y2M3W4D", Duration(14, 25), "P1Y2M25D", "1 year, 2 months, 25 days"),
        ("P90D", Duration(days=90), "P90D", "90 days"),
    ],
)
def test_iso_8601(text, duration, canonical, words):
    assert Duration.parse(text) == duration
    assert str(duration) == canonical
    assert duration.in_words() == words


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "1Y",
        "P1",
        "PT5H",
        "P1YT",
        "P-1Y",
        "-P1Y",
        "P1.5Y",
        "p1y",
        "P1D1Y",
        "P1Y ",
        "P\N{ARABIC-INDIC DIGIT ONE}Y",
        "P99999Y",
        "P0D",
        "P101Y",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match=r"like P1Y6M or P90D$"):
        Duration.parse(text)


def test_a_negative_duration_cannot_be_made():
    with pytest.raises(ValueError, match="negative"):
        Duration(days=-1)


@given(st.integers(0, 30) | st.integers(0, 1200), st.integers(0, 3) | st.integers(0, 36_525))
def test_text_and_back(months, days):
    duration = Duration(months, days)
    if duration.is_sensible:
        assert Duration.parse(str(duration)) == duration


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2023-01-31", "P1M", "2023-02-28"),
        ("2024-01-31", "P1M", "2024-02-29"),
        ("2024-02-29", "P1Y", "2025-02-28"),
        ("2024-01-31", "P1M1D", "2024-03-01"),
        ("2024-11-30", "P3M", "2025-02-28"),
    ],
)
def test_months_are_calendar_months(start, text, end):
    assert Duration.parse(text).after(utc(start)) == utc(end)


@given(st.datetimes(timezones=st.just(UTC), max_value=datetime(9000, 1, 1)), durations)  # noqa: DTZ001  # zone is beside it
def test_after_counts_month_by_month(start, duration):
    assert duration.after(start) == later(start, duration)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
