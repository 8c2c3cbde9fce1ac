"""Sets of times are compared with sets of whole days, one bit a day."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.db.ranges import MultiRange, Range
from cairn.requirements.duration import Duration
from cairn.requirements.times import ALWAYS, NEVER, Interval, Times, at_least, weighing
from requirements.naive import MICROSECOND, day

FIRST, LAST = 1, 12
EVERY = frozenset(
    range(FIRST - 1, LAST + 1)
)  # an interval without a beginning has day 0, one without an end day 12

edges = st.none() | st.integers(FIRST, LAST)
intervals = st.lists(st.tuples(edges, edges), max_size=5)


def times_of(pairs):
    return Times.of((edge and day(edge), until and day(until)) for edge, until in pairs)


def days_of(pairs):
    return frozenset(
        n
        for n in EVERY
        if any((edge is None or edge <= n) and (until is None or n < until) for edge, until in pairs)
    )


def days_in(times):
    return frozenset(n for n in EVERY if day(n) in times)


def well_formed(times):
    return list(times.changes) == sorted(set(times.changes))


@given(intervals)
def test_union_of_intervals(pairs):
    assert days_in(times_of(pairs)) == days_of(pairs)
    assert well_formed(times_of(pairs))


@given(intervals, intervals)
def test_operations_are_those_of_sets(left, right):
    a, b = times_of(left), times_of(right)
    for got, expected in [
        (a | b, days_of(left) | days_of(right)),
        (a & b, days_of(left) & days_of(right)),
        (a - b, days_of(left) - days_of(right)),
        (~a, EVERY - days_of(left)),
    ]:
        assert days_in(got) == expected
        assert well_formed(got)


@given(intervals, intervals)
def test_equal_sets_are_equal_values(left, right):
    a, b = times_of(left), times_of(right)
    assert (a == b) == (days_of(left) == days_of(right))
    assert bool(a) == bool(days_of(left))
    assert a | b == b | a
    assert ~(a & b) == ~a | ~b
    assert ~~a == a
    assert a | ~a == ALWAYS
    assert a & ~a == NEVER


@given(st.lists(intervals, max_size=5), st.integers(-1, 7))
def test_at_least_n_counts(several, n):
    counted = frozenset(d for d in EVERY if sum(d in days_of(pairs) for pairs in several) >= n)
    assert days_in(at_least(n, [times_of(pairs) for pairs in several])) == counted


@given(st.lists(st.tuples(st.integers(1, 5), intervals), max_size=5), st.integers(0, 20))
def test_weighing_sums(several, minimum):
    reached = frozenset(d for d in EVERY if sum(w for w, pairs in several if d in days_of(pairs)) >= minimum)
    assert days_in(weighing(minimum, [(w, times_of(pairs)) for w, pairs in several])) == reached


@given(intervals)
def test_iteration_gives_apart_intervals_in_order(pairs):
    times = times_of(pairs)
    assert Times.of(times) == times
    parts = list(times)
    for before, after in pairwise(parts):
        assert before.until < after.since


@given(intervals, st.integers(FIRST, LAST))
def test_changes_around_an_instant(pairs, n):
    times, at = times_of(pairs), day(n)
    coming = [change for change in times.changes if change > at]
    gone = [change for change in times.changes if change <= at]
    assert times.next_change(at) == (coming[0] if coming else None)
    assert times.previous_change(at) == (gone[-1] if gone else None)
    assert times.starts_after(at) == tuple(i.since for i in times if i.since and i.since > at)
    inside = [i for i in times if (i.since is None or i.since <= at) and (i.until is None or at < i.until)]
    assert times.interval_at(at) == (inside[0] if inside else None)


@given(intervals)
def test_multirange_and_back(pairs):
    times = times_of(pairs)
    assert Times.of_multirange(times.to_multirange()) == times


def test_multirange_as_postgresql_writes_it():
    assert Times.between(None, day(2)).to_multirange() == MultiRange([Range(None, day(2), bounds="()")])
    assert Times.since(day(1)).to_multirange() == MultiRange([Range(day(1), None)])
    assert NEVER.to_multirange() == MultiRange([])
    assert [str(part) for part in Times.between(None, day(2)).to_multirange()] == [f"(,{day(2)})"]
    assert ALWAYS.to_multirange() == MultiRange([Range(None, None, bounds="()")])


def test_multirange_with_other_bounds():
    ranges = MultiRange([Range(day(1), day(2), bounds="(]"), Range(empty=True)])
    assert Times.of_multirange(ranges) == Times.between(day(1) + MICROSECOND, day(2) + MICROSECOND)


@given(intervals, st.integers(0, 14))
def test_held_for_starts_each_interval_later(pairs, n):
    times = times_of(pairs)
    expected = Times.of(
        (since and day((since - day(0)).days + n), until)
        for since, until in times
        if since is None or until is None or (until - since).days > n
    )
    assert times.held_for(Duration(days=n)) == expected


def test_held_for_beyond_the_calendar_is_never():
    assert Times.since(datetime(9999, 6, 1, tzinfo=UTC)).held_for(Duration(months=12)) == NEVER
    assert Times.since(datetime(9999, 12, 1, tzinfo=UTC)).held_for(Duration(days=40)) == NEVER


@pytest.mark.parametrize(("since", "until"), [(3, 3), (4, 2)])
def test_an_empty_or_reversed_interval_is_nothing(since, until):
    assert Times.between(day(since), day(until)) == NEVER
    assert Times.of([(day(since), day(until))]) == NEVER


def test_half_open():
    times = Times.between(day(1), day(2))
    assert day(1) in times
    assert day(2) - MICROSECOND in times
    assert day(2) not in times
    assert list(times) == [Interval(day(1), day(2))]
