"""Histories as values, against what they say of each day."""

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from cairn.people.history import Position, Stint, changed, ended

FIRST = date(2026, 1, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(14)]


@st.composite
def histories(draw):
    """Stints in order that do not overlap; some touch, some leave a gap, the last may be open."""
    edges = sorted(draw(st.sets(st.integers(0, 12), max_size=6)))
    found = []
    for since, until in zip(edges, [*edges[1:], None][: len(edges)], strict=True):
        if draw(st.booleans()) or until is None:
            end = until if until is None or draw(st.booleans()) else since + 1
            found.append(Stint(DAYS[since], end and DAYS[end], Position(draw(st.sampled_from("ABC")))))
    return found


def by_day(stints):
    """The title on each day; None where there is no employment, and a defect where there are two."""
    found = {}
    assert all(stint.until is None or stint.since < stint.until for stint in stints)
    for day in DAYS:
        titles = [stint.position.title for stint in stints if stint.covers(day)]
        assert len(titles) <= 1
        found[day] = titles[0] if titles else None
    return found


HERE = settings(max_examples=200, deadline=None, derandomize=True)


@HERE
@given(histories(), st.sampled_from(DAYS), st.sampled_from("ABC"))
def test_a_change_holds_from_its_day_until_what_came_next(stints, day, title):
    before, after = by_day(stints), by_day(changed(stints, day, Position(title)))
    held = next((stint for stint in stints if stint.covers(day)), None)
    for each in DAYS:
        inside = held is not None and each >= day and held.covers(each)
        assert after[each] == (title if inside else before[each])


@HERE
@given(histories(), st.sampled_from(DAYS))
def test_an_end_leaves_what_was_before_it_and_nothing_after(stints, day):
    before, after = by_day(stints), by_day(ended(stints, day))
    assert after == {each: before[each] if each < day else None for each in DAYS}
