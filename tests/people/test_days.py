"""Any sequence of verbs against a model that knows nothing of ranges: what each person is on each day.

After each verb the employments, the status of each day and the reporting line of each day are those of the
model; what the model has no sense for is refused, and then nothing has changed.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, text

from cairn.access.refusal import Refusal
from cairn.people import absence, employ, history, leaving, tables
from cairn.people.history import Position
from cairn.people.reporting import CycleInReportingLine
from cairn.people.tables import Work
from conftest import empty
from world import EVERYTHING, TODAY, id_of

LAST = 11
DAYS = [TODAY + timedelta(days=n - 5) for n in range(LAST + 2)]
"""On the last one is what goes on for ever; no verb names it."""
NOW = 5
PEOPLE = [id_of(f"somebody {n}") for n in range(4)]

people, days = st.sampled_from(PEOPLE), st.integers(0, LAST)
positions = st.builds(
    Position, st.sampled_from("AB"), st.sampled_from([None, *PEOPLE]), work=st.just(Work.ACTIVE)
)
STEPS = st.one_of(
    st.tuples(st.just("change"), people, days, positions),
    st.tuples(st.just("move"), people, days, st.sampled_from([None, *PEOPLE])),
    st.tuples(st.just("terminate"), people, days),
    st.tuples(st.just("cancel"), people),
    st.tuples(st.just("rehire"), people, days, positions),
    st.tuples(st.just("first_day"), people, days),
    st.tuples(st.just("leave"), people, days, st.none() | days),
    st.tuples(st.just("back"), people, days),
    st.tuples(st.just("withdraw"), people, days, st.booleans()),
)


class Senseless(Exception):  # noqa: N818  # it is an answer
    """What the model has no sense for."""


@dataclass(frozen=True)
class Person:
    """What somebody is on each day, and on which days something was said to begin."""

    held: tuple[Position | None, ...] = (None,) * len(DAYS)
    starts: frozenset[int] = field(default_factory=frozenset)

    def put(self, first, end, position, *starts):
        """With a position, or what it becomes, on the days from `first` to `end`, without it."""
        held = list(self.held)
        for day in range(first, end):
            held[day] = position(held[day]) if callable(position) else position
        kept = {day for day in {*self.starts, *starts} if day < len(DAYS) and held[day] is not None}
        return Person(tuple(held), frozenset(kept))

    def joined(self):
        same = {day for day in self.starts if day and self.held[day - 1] == self.held[day]}
        return replace(self, starts=self.starts - same)

    def at(self, day):
        if self.held[day] is None:
            raise Senseless
        return self.held[day]

    def end(self, day, whether=lambda held: held is not None):
        """The first day from `day` on for which it does not hold."""
        return next((each for each in range(day, len(DAYS)) if not whether(self.held[each])), len(DAYS))

    def next(self, day):
        """Where what is held on a day ends: something begins, or the employment is over."""
        return min([each for each in self.starts if each > day] + [self.end(day)])

    def spell(self):
        """The first day and the end of the last time employed without a gap."""
        employed = [day for day, held in enumerate(self.held) if held is not None]
        if not employed:
            raise Senseless
        first = end = employed[-1]
        while first > 0 and self.held[first - 1] is not None:
            first -= 1
        return first, end + 1

    def change(self, day, position):
        if self.at(day) == position:
            return self
        return self.put(day, self.next(day), position, day)

    def move(self, day, manager):
        return self.change(day, replace(self.at(day), manager=manager))

    def terminate(self, day):
        self.at(day)
        return self.put(day + 1, len(DAYS), None)

    def cancel(self):
        ends = [
            day
            for day in range(NOW + 1, len(DAYS))
            if self.held[day] is None and self.held[day - 1] is not None
        ]
        if not ends:
            raise Senseless
        until = next((day for day in range(ends[0], len(DAYS)) if self.held[day] is not None), len(DAYS))
        return self.put(ends[0], until, self.held[ends[0] - 1])

    def rehire(self, day, position):
        if any(held is not None for held in self.held[day:]):
            raise Senseless
        return self.put(day, len(DAYS), position, day)

    def first_day(self, day):
        first, end = self.spell()
        if end <= day or any(held is not None for held in self.held[day:first]):
            raise Senseless
        if day <= first:
            moved = self.put(day, first, self.held[first], day)
            return replace(moved, starts=moved.starts - {first} | {day})
        return self.put(first, day, None, day)

    def leave(self, day, until):
        if self.at(day).work is Work.ON_LEAVE or (until is not None and until <= day):
            raise Senseless
        end = min(self.end(day), len(DAYS) if until is None else until)
        return self.put(day, end, lambda held: replace(held, work=Work.ON_LEAVE), day, end).joined()

    def back(self, day):
        if self.at(day).work is not Work.ON_LEAVE:
            raise Senseless
        end = self.end(day, lambda held: held is not None and held.work is Work.ON_LEAVE)
        return self.put(day, end, lambda held: replace(held, work=Work.ACTIVE), day, end).joined()

    def withdraw(self, day, goes_on):
        if day not in self.starts:
            raise Senseless
        before = self.held[day - 1] if goes_on and day else None
        moved = self.put(day, self.next(day), before)
        return replace(moved, starts=moved.starts - {day})


async def do(tx, verb, employee, *given):
    """The verb itself."""
    match verb, given:
        case "change", (day, position):
            await employ.change_position(
                tx, EVERYTHING, employee=employee, from_day=DAYS[day], position=position
            )
        case "move", (day, manager):
            await employ.move(tx, EVERYTHING, employee=employee, from_day=DAYS[day], manager=manager)
        case "terminate", (day,):
            await leaving.terminate(tx, EVERYTHING, employee=employee, last_day=DAYS[day])
        case "cancel", ():
            await leaving.cancel_termination(tx, EVERYTHING, employee=employee)
        case "rehire", (day, position):
            await employ.rehire(tx, EVERYTHING, employee=employee, starts_on=DAYS[day], position=position)
        case "first_day", (day,):
            await employ.change_hire_date(tx, EVERYTHING, employee=employee, starts_on=DAYS[day])
        case "leave", (day, until):
            until = None if until is None else DAYS[until]
            await absence.start_leave(tx, EVERYTHING, employee=employee, from_day=DAYS[day], until=until)
        case "back", (day,):
            await absence.return_from_leave(tx, EVERYTHING, employee=employee, on=DAYS[day])
        case "withdraw", (day, goes_on):
            row = tables.Employment
            found = (
                await tx.execute(
                    select(row.id).where(
                        row.employee_id == employee, text("lower(valid) = :day").bindparams(day=DAYS[day])
                    )
                )
            ).scalar_one_or_none()
            await leaving.withdraw_employment(
                tx, EVERYTHING, employment=found or employee, reason="test", goes_on=goes_on
            )


def line(model):
    """(manager, employee, depth, day) by walking up each day; None where somebody is above themselves."""
    found = set()
    for day in range(len(DAYS)):
        above = {who: each.held[day].manager for who, each in model.items() if each.held[day] is not None}
        for who in PEOPLE:
            depth, manager = 1, above.get(who)
            while manager is not None:
                if manager == who or depth > len(PEOPLE):
                    return None
                found.add((manager, who, depth, day))
                depth, manager = depth + 1, above.get(manager)
    return found


async def is_as_the_model(tx, model):
    for who, person in model.items():
        stints = await history.read(tx, who)
        held = [[each.position for each in stints if each.covers(day)] for day in DAYS]
        assert [each[0] if each else None for each in held] == list(person.held)
        assert all(len(each) <= 1 for each in held), "nobody is two things on one day"
        assert {DAYS.index(each.since) for each in stints} == person.starts
    rows = (await tx.execute(select(tables.ReportingLine))).scalars().all()
    kept = [
        (row.manager_id, row.employee_id, row.depth, number)
        for row in rows
        for number, day in enumerate(DAYS)
        if row.valid.lower <= day and (row.valid.upper is None or day < row.valid.upper)
    ]
    assert len(kept) == len(set(kept))
    assert set(kept) == line(model)


def status(person, day):
    if person.held[day] is not None:
        return person.held[day].work.value
    return "PREHIRE" if any(held is not None for held in person.held[day + 1 :]) else "TERMINATED"


class Done(Exception):  # noqa: N818  # so it is
    """Rolls an example back."""


HERE = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}


async def played(tx, steps, *, check=True):
    """Does the steps that have a sense; what the model has become."""
    first = Position("A")
    model = {who: Person().rehire(n, first) for n, who in enumerate(PEOPLE)}
    await tx.execute(
        insert(tables.Employee),
        [{"id": who, "given_name": "P", "family_name": "P", "display_name": "P"} for who in PEOPLE],
    )
    for n, who in enumerate(PEOPLE):
        await do(tx, "rehire", who, n, first)
    for verb, who, *given_ in steps:
        try:
            wanted = {**model, who: getattr(model[who], verb)(*given_)}
        except Senseless:
            wanted = None
        try:
            async with tx.begin_nested():
                await do(tx, verb, who, *given_)
        except CycleInReportingLine:
            assert wanted is not None
            assert line(wanted) is None
        except Refusal:
            assert wanted is None, (verb, given_)
        else:
            assert wanted is not None, (verb, given_)
            model = wanted
        tx.expire_all()
        if check:
            await is_as_the_model(tx, model)
    return model


@settings(max_examples=40, **HERE)
@given(st.lists(STEPS, min_size=1, max_size=12))
async def test_whatever_is_done_each_day_is_that_of_the_model(database, steps):
    with suppress(Done):
        async with database.transaction() as tx:
            await played(tx, steps)
            raise Done


STATUSES = "{ %s }" % " ".join(  # noqa: UP031  # braces are the query's
    f'day{n}: employees(at: "{day}T12:00:00Z") {{ nodes {{ id status }} }}' for n, day in enumerate(DAYS)
)


@settings(max_examples=10, **HERE)
@given(st.lists(STEPS, min_size=6, max_size=12))
async def test_the_graph_tells_the_status_of_each_day(database, ask, steps):
    try:
        async with database.transaction() as tx:
            model = await played(tx, steps, check=False)
        found = await ask(STATUSES)
        for n in range(len(DAYS)):
            told = {each["id"]: each["status"] for each in found[f"day{n}"]["nodes"]}
            assert told == {f"Employee:{who}": status(person, n) for who, person in model.items()}, n
    finally:
        await empty(database)
