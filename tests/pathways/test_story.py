"""A cohort through more than a year: hired, moved, gone, late, and certified again, told day by day.

The worker's nights are real ones at a simulated time, and two of its days end in a crash. What everybody's
assignments are on every day is told a second time by a model in plain Python that knows what happened and
nothing of the tables.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest
import time_machine
from sqlalchemy import text

from cairn.jobs import drain as draining
from cairn.jobs.drain import drain
from cairn.pathways import currency, reconcile
from cairn.pathways.assign import cancel_for_leavers
from pathways.writing import COMPLETE, step, write, write_version

FIRST, LAST = date(2031, 1, 6), date(2032, 5, 1)
DUE, YEAR, WINDOW = timedelta(days=60), timedelta(days=365), timedelta(days=30)
CURRENCY = {"validity": f"P{YEAR.days}D", "window": f"P{WINDOW.days}D"}
HIRE = "mutation ($input: HireInput!) { hire(input: $input) { __typename ... on Employee { id } } }"
MOVE = "mutation ($input: ChangePositionInput!) { changePosition(input: $input) { __typename } }"
LEAVE = "mutation ($input: TerminateInput!) { terminate(input: $input) { __typename } }"
RULE = "mutation ($input: DefineRuleInput!) { defineRule(input: $input) { __typename } }"
STATUSES = """query ($names: [String!], $at: DateTime) {
  employees(where: {givenName: {in: $names}}, at: $at) {
    nodes { givenName assignments(orderBy: [{assignedAt: ASC}]) { nodes { status } } }
  }
}"""


@dataclass
class Round:
    """What somebody was to do from a day on, as the model has it."""

    assigned: date
    due: date
    asks: set[str]
    begun: date | None = None
    done: dict[str, date] = field(default_factory=dict)
    closed: date | None = None
    completed: bool = False


@dataclass
class Person:
    """Somebody of the cohort: where they work from which day on, and their rounds."""

    places: list[tuple[date, str | None]]
    rounds: list[Round] = field(default_factory=list)
    held: list[tuple[date, date]] = field(default_factory=list)

    def place(self, day):
        return next((where for since, where in reversed(self.places) if since <= day), None)


class Model:
    """The rules, once more: who is at Platform learns it, in sixty days, and again each year."""

    def __init__(self):
        self.people: dict[str, Person] = {}
        self.asks = {"read", "drill"}

    def night(self, day):
        for person in self.people.values():
            self.reconcile(person, day)
            last = person.rounds[-1] if person.rounds else None
            if not person.held or person.place(day) is None or last.closed is None:
                continue
            end = person.held[-1][1]
            # What is completed at nine comes into its window at nine: the night after that opens the round.
            if day > end - WINDOW >= last.assigned:
                person.rounds.append(Round(day, end, set(self.asks)))

    def reconcile(self, person, day):
        """What the rule makes of somebody, as it looks at them on a day."""
        last = person.rounds[-1] if person.rounds else None
        is_open = last is not None and last.closed is None
        if person.place(day) == "Platform":
            if last is None:
                person.rounds.append(Round(day, day + DUE, set(self.asks)))
        elif is_open and (person.place(day) is None or last.begun is None) and len(person.rounds) == 1:
            last.closed = day

    def does(self, name, key, day):
        person = self.people[name]
        last = person.rounds[-1]
        last.begun = last.begun or day
        last.done[key] = day
        if last.done.keys() >= last.asks:
            last.closed, last.completed = day, True
            person.held.append((day, day + YEAR))

    def statuses(self, name, day):
        """What each assignment of somebody is at noon of a day, as it was known then."""
        person, found = self.people[name], []
        holds = any(since <= day < until for since, until in person.held)
        for each in person.rounds:
            if each.assigned > day:
                continue
            if each.closed is not None and each.closed <= day:
                found.append("CANCELLED" if not each.completed else "COMPLETED" if holds else "LAPSED")
            elif each.due < day:
                found.append("OVERDUE")
            else:
                found.append("IN_PROGRESS" if each.begun and each.begun <= day else "ASSIGNED")
        return found


class Crashed(BaseException):
    """The worker is gone, in the middle of what it did."""


class Story:
    """What happens, done through the graph and told to the model."""

    def __init__(self, ask, world, monkeypatch):
        self.ask, self.monkeypatch, self.model = ask, monkeypatch, Model()
        self.departments = {name: world.gid("Department", name) for name in ("Platform", "Sales")}
        self.ids = {name: world.gid("Employee", name) for name in ("Ada", "Ben", "Cleo")}
        for name in self.ids:
            self.model.people[name] = Person([(date(2020, 1, 1), "Platform")])
        self.crashes = 0

    async def begin(self):
        self.first = await write(self.ask, "safety", [step("read"), step("drill")], currency=CURRENCY)
        self.newest = self.first
        audience = {"employed": {"department": self.departments["Platform"]}}
        given = {"code": "safety", "title": "Safety", "pathway": self.first.id, "audience": audience}
        assert (await self.ask.do(RULE, given | {"dueWithin": f"P{DUE.days}D"}))[
            "__typename"
        ] == "RulePayload"
        for person in self.model.people.values():
            self.model.reconcile(person, FIRST)

    async def hire(self, name, day, starts=None):
        position = {"title": "Engineer", "department": self.departments["Platform"]}
        starts = starts or day
        given = {"givenName": name, "familyName": "Story", "startsOn": str(starts), "position": position}
        self.ids[name] = (await self.ask.do(HIRE, given))["id"]
        self.model.people[name] = Person([(starts, "Platform")])
        self.model.reconcile(self.model.people[name], day)

    async def sell(self, name, day, from_day=None):
        """Has somebody move to Sales."""
        position = {"title": "Seller", "department": self.departments["Sales"]}
        given = {"employee": self.ids[name], "fromDay": str(from_day or day), "position": position}
        assert (await self.ask.do(MOVE, given))["__typename"] == "Employee"
        self.model.people[name].places.append((from_day or day, "Sales"))
        self.model.reconcile(self.model.people[name], day)

    async def leave(self, name, day, last_day):
        given = {"employee": self.ids[name], "lastDay": str(last_day)}
        assert (await self.ask.do(LEAVE, given))["__typename"] == "Employee"
        self.model.people[name].places.append((last_day + timedelta(days=1), None))
        self.model.reconcile(self.model.people[name], day)

    async def does(self, name, day, *keys, newest=False):
        steps = (self.newest if newest else self.first).steps
        for key in keys:
            done = await self.ask.do(COMPLETE, {"step": steps[key], "employee": self.ids[name]})
            assert done["__typename"] == "Progress", (name, key, day, done)
            self.model.does(name, key, day)

    async def republish(self, _day):
        """Whoever is under way stays with the version they began."""
        steps = [step("read"), step("drill"), step("quiz")]
        self.newest = await write_version(self.ask, self.first, steps, currency=CURRENCY)
        self.model.asks.add("quiz")

    async def crash(self, _day):
        """The worker dies in the middle of reconciling somebody: nothing of it is there."""
        real = reconcile.reconcile

        async def dies(*given, **more):
            await real(*given, **more)
            self.crashes += 1
            self.monkeypatch.setattr(reconcile, "reconcile", real)
            raise Crashed

        self.monkeypatch.setattr(reconcile, "reconcile", dies)

    def calendar(self):
        """What happens on which day."""
        on = {}
        for day, act, *given in (
            (date(2031, 1, 8), self.hire, "Una", date(2031, 2, 3)),
            (date(2031, 1, 9), self.does, "Ada", "read"),
            (date(2031, 1, 9), self.hire, "Vic"),
            (date(2031, 1, 20), self.does, "Ada", "drill"),
            (date(2031, 2, 10), self.crash),
            (date(2031, 2, 10), self.hire, "Wim"),
            (date(2031, 2, 20), self.does, "Vic", "read"),
            (date(2031, 2, 20), self.does, "Ben", "read"),
            (date(2031, 3, 1), self.sell, "Vic"),
            (date(2031, 3, 5), self.sell, "Wim", date(2031, 3, 20)),
            (date(2031, 3, 15), self.does, "Ben", "drill"),
            (date(2031, 4, 1), self.republish),
            (date(2031, 4, 1), self.hire, "Xia"),
            (date(2031, 4, 2), self.does, "Una", "read"),
            (date(2031, 4, 20), self.does, "Una", "drill"),
            (date(2031, 4, 20), self.newer, "Xia", "quiz"),
            (date(2031, 5, 2), self.leave, "Xia", date(2031, 5, 31)),
            (date(2031, 8, 1), self.does, "Vic", "drill"),
            (date(2031, 9, 9), self.crash),
            (date(2031, 9, 9), self.hire, "Yan"),
            (date(2031, 9, 10), self.newer, "Yan", "read", "drill", "quiz"),
            (date(2032, 1, 5), self.newer, "Ada", "read", "drill"),
            (date(2032, 1, 15), self.newer, "Ada", "quiz"),
            (date(2032, 4, 1), self.newer, "Ben", "read"),
        ):
            on.setdefault(day, []).append(partial(act, *given[:1], day, *given[1:]))
        return on

    async def newer(self, name, day, *keys):
        await self.does(name, day, *keys, newest=True)


@pytest.mark.timeout(280)
async def test_a_cohort_from_hire_to_recertification(ask, world, database, url, monkeypatch):
    monkeypatch.setattr(draining, "SILENT", timedelta(0))
    story = Story(ask, world, monkeypatch)
    on, told = story.calendar(), {}
    with time_machine.travel(at(FIRST, 8), tick=False) as clock:
        await story.begin()
        for day in (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days)):
            clock.move_to(at(day, 1))
            async with database.transaction() as tx:
                await cancel_for_leavers(tx, at(day, 1))
                await currency.open_rounds(tx, at(day, 1))
                await reconcile.reconcile_daily(tx, at(day, 1))
            await work(database, url)
            story.model.night(day)
            clock.move_to(at(day, 9))
            for act in on.pop(day, ()):
                await act()
            await work(database, url)
            clock.move_to(at(day, 12))
            told[day] = await statuses(ask, story.ids)
            assert told[day] == {name: story.model.statuses(name, day) for name in story.ids}, day
        assert (on, story.crashes) == ({}, 2)
        for day in list(told)[::30]:  # and so it is told when one looks back, of what was assigned by then
            found = await statuses(ask, story.ids, at(day, 12))
            assert {name: found[name][: len(each)] for name, each in told[day].items()} == told[day], day


def at(day, hour):
    return datetime.combine(day, time(hour), UTC)


async def work(database, url):
    """The worker does what there is, and is started again where it crashed."""
    async with database.transaction() as tx:
        waiting = await tx.execute(text("select exists (select from event)"))
        if not waiting.scalar_one():
            return
    try:
        await drain(database, url)
    except* Crashed:
        await drain(database, url)


async def statuses(ask, ids, instant=None):
    given = {"names": list(ids), "at": instant and instant.isoformat()}
    found = (await ask(STATUSES, given))["employees"]["nodes"]
    return {each["givenName"]: [one["status"] for one in each["assignments"]["nodes"]] for each in found}
