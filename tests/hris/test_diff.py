"""What becomes of one person: the same record twice is once, and no two employments overlap."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import UNSET

from cairn.hris.diff import Known, Places, compare, departed
from cairn.hris.record import Post, Record, Standing
from cairn.hris.tables import SyncKind
from cairn.people.history import Pending, Position, Stint
from cairn.people.tables import Engagement, Work

TODAY = date(2026, 6, 15)
ANN, BOSS, WORKS, ENGINEER = (UUID(int=n) for n in range(1, 5))
PLACES = Places({"ann": ANN, "boss": BOSS}, {"works": WORKS}, {"engineer": ENGINEER})
START = date(2020, 1, 1)


def ann(*stints, kept=(), **fields):
    known = {"given_name": "Ann", "family_name": "Feed", "display_name": "Ann Feed", "external_id": "ann"}
    return Known(ANN, {**known, **fields}, frozenset(kept), stints)


def stint(since=START, until=None, title="Engineer", **position):
    return Stint(since, until, Position(title, **position))


def after(known, outcome):
    """The person, once the outcome is written."""
    stints = known.stints if outcome.stints is None else tuple(outcome.stints)
    return replace(known, fields={**known.fields, **outcome.fields}, stints=stints)


def told(*stints):
    """A history as days and titles."""
    return [(each.since, each.until, each.position.title) for each in stints]


def histories(known, *, names_all=True, **said):
    record = Record("ann", **said)
    outcome = compare(record, known, PLACES, day=TODAY, names_all=names_all)
    return told(*(known.stints if outcome.stints is None else outcome.stints)), outcome.kind


YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
LEFT = date(2024, 1, 1)


@pytest.mark.parametrize(
    ("known", "said", "expected", "kind"),
    [
        # somebody new
        ((), {}, [(TODAY, None, None)], SyncKind.REVIVED),
        ((), {"hired_on": START, "title": "X"}, [(START, None, "X")], SyncKind.REVIVED),
        ((), {"hired_on": TOMORROW}, [(TOMORROW, None, None)], SyncKind.REVIVED),
        ((), {"hired_on": START, "last_day": YESTERDAY}, [(START, TODAY, None)], SyncKind.MOVED),
        ((), {"status": Standing.TERMINATED}, [], None),
        # somebody at work
        ((stint(),), {}, [(START, None, "Engineer")], None),
        (
            (stint(),),
            {"title": "Head"},
            [(START, TODAY, "Engineer"), (TODAY, None, "Head")],
            SyncKind.MOVED,
        ),
        (
            (stint(),),
            {"title": "Head", "effective_on": LEFT},
            [(START, LEFT, "Engineer"), (LEFT, None, "Head")],
            SyncKind.MOVED,
        ),
        (
            (stint(),),
            {"title": "Head", "effective_on": TOMORROW},
            [(START, TOMORROW, "Engineer"), (TOMORROW, None, "Head")],
            SyncKind.MOVED,
        ),
        ((stint(),), {"hired_on": LEFT}, [(LEFT, None, "Engineer")], SyncKind.MOVED),
        ((stint(LEFT),), {"hired_on": START}, [(START, None, "Engineer")], SyncKind.MOVED),
        ((stint(),), {"hired_on": TOMORROW}, [(TOMORROW, None, "Engineer")], SyncKind.MOVED),
        ((stint(),), {"status": Standing.TERMINATED}, [(START, TODAY, "Engineer")], SyncKind.TERMINATED),
        ((stint(),), {"last_day": TOMORROW}, [(START, date(2026, 6, 17), "Engineer")], SyncKind.TERMINATED),
        ((stint(until=TOMORROW),), {"last_day": None}, [(START, None, "Engineer")], SyncKind.MOVED),
        ((stint(until=TOMORROW),), {}, [(START, TOMORROW, "Engineer")], None),
        # somebody to come
        ((stint(TOMORROW),), {"title": "Head"}, [(TOMORROW, None, "Head")], SyncKind.MOVED),
        ((stint(TOMORROW),), {"hired_on": LEFT}, [(LEFT, None, "Engineer")], SyncKind.MOVED),
        ((stint(TOMORROW),), {"status": Standing.TERMINATED}, [], SyncKind.TERMINATED),
        # somebody who has left
        (
            (stint(until=LEFT),),
            {},
            [(START, LEFT, "Engineer"), (TODAY, None, "Engineer")],
            SyncKind.REVIVED,
        ),
        ((stint(until=LEFT),), {"status": Standing.TERMINATED}, [(START, LEFT, "Engineer")], None),
        ((stint(until=LEFT),), {"last_day": date(2023, 12, 31)}, [(START, LEFT, "Engineer")], None),
        (
            (stint(until=LEFT),),
            {"last_day": YESTERDAY},
            [(START, TODAY, "Engineer")],
            SyncKind.MOVED,
        ),
        (
            (stint(until=LEFT),),
            {"hired_on": YESTERDAY, "title": "Head"},
            [(START, LEFT, "Engineer"), (YESTERDAY, None, "Head")],
            SyncKind.REVIVED,
        ),
        ((stint(until=LEFT),), {"hired_on": START}, [(START, None, "Engineer")], SyncKind.REVIVED),
        ((stint(until=TODAY),), {}, [(START, None, "Engineer")], SyncKind.REVIVED),
        # somebody who came back, whose feed knows the first day only
        (
            (stint(until=LEFT), stint(YESTERDAY)),
            {"hired_on": START},
            [(START, LEFT, "Engineer"), (YESTERDAY, None, "Engineer")],
            None,
        ),
        # a leave is a position, not an end
        (
            (stint(),),
            {"status": Standing.ON_LEAVE},
            [(START, TODAY, "Engineer"), (TODAY, None, "Engineer")],
            SyncKind.MOVED,
        ),
    ],
)
def test_what_a_record_makes_of_a_history(known, said, expected, kind):
    found, called = histories(ann(*known), **said)
    assert found == expected
    assert called == kind


def test_a_delta_brings_nobody_back_by_naming_them():
    gone = ann(stint(until=LEFT))
    assert histories(gone, names_all=False, title="Head") == ([(START, LEFT, "Engineer")], None)
    back = [(START, LEFT, "Engineer"), (TODAY, None, "Head")]
    said = {"title": "Head", "status": Standing.ACTIVE}
    assert histories(gone, names_all=False, **said) == (back, SyncKind.REVIVED)


def test_whom_a_snapshot_does_not_name_leaves_today():
    outcome = departed(ann(stint(until=TOMORROW), stint(TOMORROW)), TODAY)
    assert (told(*outcome.stints), outcome.kind) == ([(START, TODAY, "Engineer")], SyncKind.MISSING)
    assert departed(ann(stint(until=LEFT)), TODAY).kind is None


def test_what_is_left_out_stays_and_null_takes_away():
    known = ann(stint(manager=BOSS, department=WORKS), phone="1", email="ann@example.com")
    outcome = compare(Record("ann", manager=None, phone=None), known, PLACES, day=TODAY, names_all=False)
    assert outcome.fields == {"phone": None}
    assert outcome.stints[-1].position == Position("Engineer", department=WORKS)


def test_what_is_kept_here_stays():
    known = ann(stint(), kept={"given_name", "title"})
    outcome = compare(
        Record("ann", given_name="Anna", title="Head"), known, PLACES, day=TODAY, names_all=True
    )
    assert outcome.kind is None
    posts = (Post(START, title="Head"),)
    assert compare(Record("ann", posts=posts), known, PLACES, day=TODAY, names_all=True).kind is None


def test_names_that_nobody_knows_wait():
    said = {"manager": "zoe", "department": "mars", "job_role": "pilot"}
    outcome = compare(Record("ann", **said), ann(stint()), PLACES, day=TODAY, names_all=True)
    assert outcome.stints[-1].pending == Pending("zoe", "mars", "pilot")
    assert [each.field for each in outcome.warnings] == ["manager", "department", "jobRole"]


def test_nobody_is_their_own_manager():
    known = ann(stint(manager=BOSS))
    outcome = compare(Record("ann", manager="ann"), known, PLACES, day=TODAY, names_all=True)
    assert outcome.kind is None
    assert [each.field for each in outcome.problems] == ["manager"]


days = st.dates(date(2020, 1, 1), date(2030, 1, 1))
positions = st.builds(
    Position,
    st.sampled_from(["Engineer", "Head", None]),
    st.sampled_from([BOSS, None]),
    st.sampled_from([WORKS, None]),
    st.sampled_from([ENGINEER, None]),
    st.sampled_from(["Lisbon", None]),
    st.sampled_from(Work),
    st.sampled_from(Engagement),
)


@st.composite
def written(draw):
    """A history as it may stand in the database."""
    at = sorted(set(draw(st.lists(days, max_size=6))))
    found = []
    for n, since in enumerate(at):
        following = at[n + 1] if n + 1 < len(at) else None
        gap = draw(st.booleans())
        until = since + timedelta(days=draw(st.integers(1, 2_000))) if gap else following
        if following is not None and (until is None or until > following):
            until = following
        found.append(Stint(since, until, draw(positions)))
    return tuple(found)


def maybe(values):
    return st.one_of(st.just(UNSET), values)


records = st.builds(
    dict,
    given_name=maybe(st.sampled_from(["Ann", "Anna"])),
    display_name=maybe(st.sampled_from(["Ann Feed", "A. Feed"])),
    title=maybe(st.sampled_from(["Engineer", "Head", None])),
    manager=maybe(st.sampled_from(["boss", "ann", "zoe", None])),
    status=maybe(st.sampled_from(Standing)),
    hired_on=maybe(st.none() | days),
    last_day=maybe(st.none() | days),
    effective_on=maybe(days),
    engagement=maybe(st.sampled_from(Engagement)),
)


def saying(**said):
    names = ("given_name", "display_name", "title", "manager", "status", "hired_on", "last_day")
    return {**dict.fromkeys((*names, "effective_on", "engagement"), UNSET), **said}


@example((stint(until=TOMORROW),), saying(hired_on=TOMORROW, title="Head"), False, TODAY)
@example((stint(until=LEFT),), saying(hired_on=LEFT), False, TODAY)
@example((stint(until=LEFT),), saying(last_day=TODAY, title="Head"), False, TODAY)
@example((stint(until=TOMORROW),), saying(last_day=None, effective_on=TOMORROW, title="Head"), False, TODAY)
@example(
    (stint(until=TOMORROW),), saying(last_day=TOMORROW, effective_on=TOMORROW, title="Head"), False, TODAY
)
@example((stint(until=LEFT), stint(TODAY)), saying(status=Standing.TERMINATED, last_day=START), False, TODAY)
@given(written(), records, st.booleans(), st.dates(date(2021, 1, 1), date(2029, 1, 1)))
def test_the_same_record_twice_is_once_and_nothing_overlaps(stints, said, names_all, day):
    first, last = said["hired_on"], said["last_day"]
    if isinstance(first, date) and isinstance(last, date) and last < first:
        return
    known = ann(*stints)
    once = compare(Record("ann", **said), known, PLACES, day=day, names_all=names_all)
    then = after(known, once)
    ends = [each.until for each in then.stints]
    assert all(end is None or end > each.since for each, end in zip(then.stints, ends, strict=True))
    assert all(
        end is not None and end <= following.since
        for end, following in zip(ends, then.stints[1:], strict=False)
    )
    twice = compare(Record("ann", **said), then, PLACES, day=day, names_all=names_all)
    assert (twice.kind, twice.fields, twice.stints) == (None, {}, None)
