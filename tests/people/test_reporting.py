"""Who manages whom: the closure that is kept equals the one that is recomputed day by day."""

import asyncio
from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from cairn.people import history, tables
from cairn.people.employ import change_position
from cairn.people.history import Position, Stint
from cairn.people.reporting import CycleInReportingLine, refresh
from stored import unchanged
from waiting import until_it_waits
from world import EVERYTHING, TODAY, id_of

FIRST = date(2026, 1, 1)
LAST = 10
DAYS = [FIRST + timedelta(days=n) for n in range(LAST + 2)]
"""The last one lies after all that begins or ends."""
PEOPLE = [id_of(f"person {n}") for n in range(5)]


@st.composite
def histories(draw, person):
    """A history of somebody: stints under others, or under nobody, with or without gaps."""
    edges = sorted(draw(st.sets(st.integers(0, LAST), max_size=4)))
    managers = st.sampled_from([None, *(each for each in PEOPLE if each != person)])
    return [
        Stint(DAYS[since], until and DAYS[until], Position(manager=draw(managers)))
        for since, until in zip(edges, [*edges[1:], None][: len(edges)], strict=True)
        if draw(st.integers(0, 3))
    ]


writes = st.dictionaries(st.sampled_from(PEOPLE), st.none(), min_size=1, max_size=3).flatmap(
    lambda some: st.fixed_dictionaries({person: histories(person) for person in some})
)
"""What several people's histories become at once."""


def managers_on(state, day):
    return {
        person: stint.position.manager
        for person, stints in state.items()
        for stint in stints
        if stint.covers(day) and stint.position.manager is not None
    }


def naive(state):
    """(manager, employee, depth, day) of each day, by walking up; None where somebody is above themselves."""
    found = set()
    for day in DAYS:
        managers = managers_on(state, day)
        for person in state:
            depth, above = 1, managers.get(person)
            while above is not None:
                if above == person or depth > len(PEOPLE):
                    return None
                found.add((above, person, depth, day))
                depth, above = depth + 1, managers.get(above)
    return found


async def kept(tx):
    rows = (await tx.execute(select(tables.ReportingLine))).scalars().all()
    days = [
        (row.manager_id, row.employee_id, row.depth, day)
        for row in rows
        for day in DAYS
        if row.valid.lower <= day and (row.valid.upper is None or day < row.valid.upper)
    ]
    assert len(days) == len(set(days))
    return set(days)


class Done(Exception):  # noqa: N818  # so it is
    """Rolls an example back."""


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(writes, max_size=6))
async def test_whatever_is_written_the_closure_is_that_of_each_day(database, steps):
    state = {person: [] for person in PEOPLE}
    with suppress(Done):
        async with database.transaction() as tx:
            await tx.execute(
                insert(tables.Employee),
                [{"id": each, "given_name": "P", "family_name": "P", "display_name": "P"} for each in PEOPLE],
            )
            for step in steps:
                wanted = state | step
                ring = await written(tx, step)
                if naive(wanted) is None:
                    assert is_ring(wanted, ring)
                else:
                    assert ring is None
                    state = wanted
                assert await kept(tx) == naive(state)
            raise Done


async def written(tx, histories_of):
    """Writes several histories, or the ring for which they were refused."""
    try:
        async with tx.begin_nested():
            for person, stints in histories_of.items():
                await history.store(tx, EVERYTHING, person, stints, reason="test")
            await refresh(tx, list(histories_of))
    except CycleInReportingLine as refusal:
        return refusal.ring
    return None


def is_ring(state, ring):
    """Whether, on one day, each reports to the next and the last to the first."""
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    return len(ring) == len(set(ring)) and any(
        all(managers_on(state, day).get(below) == above for below, above in pairs) for day in DAYS
    )


@pytest.mark.usefixtures("world")
async def test_two_people_swapping_is_no_ring(database):
    today, ada, ben = TODAY, id_of("Ada"), id_of("Ben")
    async with database.transaction() as tx:
        before = {who: await history.read(tx, who) for who in (ada, ben)}
        under = {ada: Position("Engineer", ben), ben: Position("Head of Platform", id_of("Grace"))}
        for who, position in under.items():
            await history.store(
                tx, EVERYTHING, who, history.changed(before[who], today, position), reason="test"
            )
        await refresh(tx, [ada, ben])
        line = tables.ReportingLine
        found = await tx.execute(
            select(line.manager_id, line.employee_id, line.depth).where(
                line.employee_id.in_([ada, ben]), line.valid.contains(today)
            )
        )
        assert set(found.all()) == {
            (ben, ada, 1),
            (id_of("Grace"), ada, 2),
            (id_of("Grace"), ben, 1),
        }


async def test_of_two_moves_at_once_that_make_a_ring_together_the_second_is_refused(ask, world, database):
    pat = world.viewer("Pat")
    query = "mutation ($input: ChangePositionInput!) { changePosition(input: $input) { __typename } }"
    position = {"title": "Head of Sales", "manager": world.gid("Employee", "Ada")}
    given_ = {"employee": world.gid("Employee", "Dan"), "fromDay": str(TODAY), "position": position}
    async with database.transaction() as tx:
        ada, under_dan = id_of("Ada"), Position("Head of Platform", id_of("Dan"))
        await change_position(tx, pat, employee=ada, from_day=TODAY, position=under_dan)
        second = asyncio.create_task(ask.do(query, given_, viewer=pat))
        await until_it_waits(database, second)
    assert await second == {"__typename": "CycleInReportingLine"}


REPORTS = """
query ($id: ID!, $depth: Int, $at: DateTime) {
  employee(id: $id, at: $at) {
    reports(depth: $depth, orderBy: [{displayName: ASC}]) { totalCount nodes { displayName } }
  }
}
"""


def names(connection):
    return [each["displayName"].removesuffix(" Test") for each in connection["nodes"]]


@pytest.mark.parametrize(
    ("who", "depth", "expected"),
    [
        ("Grace", 1, ["Ada", "Auda", "Dan", "Lena", "Pat"]),
        ("Grace", 2, ["Ada", "Auda", "Ben", "Dan", "Lena", "Pat"]),
        ("Grace", None, ["Ada", "Auda", "Ben", "Cleo", "Dan", "Lena", "Pat"]),
        ("Ada", 1, ["Ben"]),
        ("Ada", None, ["Ben", "Cleo"]),
        ("Cleo", None, []),
        ("Grace", 0, []),
    ],
)
async def test_the_reports_of_a_manager_at_a_depth(ask, world, who, depth, expected):
    found = await ask(REPORTS, {"id": world.gid("Employee", who), "depth": depth})
    assert names(found["employee"]["reports"]) == expected
    assert found["employee"]["reports"]["totalCount"] == len(expected)


async def test_direct_reports_are_what_is_meant_where_no_depth_is_given(ask, world):
    query = "query ($id: ID!) { employee(id: $id) { reports { nodes { displayName } } } }"
    found = await ask(query, {"id": world.gid("Employee", "Ada")})
    assert names(found["employee"]["reports"]) == ["Ben"]


@pytest.mark.parametrize(
    ("who", "at", "expected"),
    [
        ("Ada", "2022-12-31T23:59:59Z", ["Eve"]),
        ("Ada", "2023-01-01T00:00:00Z", []),
        ("Dan", "2023-12-31T23:59:59Z", ["Ben", "Cleo"]),
        ("Dan", "2024-01-01T00:00:00Z", []),
        ("Ada", f"{TODAY + timedelta(days=60)}T00:00:00Z", ["Ben", "Cleo", "Finn"]),
    ],
)
async def test_the_reports_of_another_day(ask, world, who, at, expected):
    found = await ask(REPORTS, {"id": world.gid("Employee", who), "depth": None, "at": at})
    assert names(found["employee"]["reports"]) == expected


async def test_the_managers_of_a_day(ask, world):
    query = """query ($id: ID!, $at: DateTime) {
      employee(id: $id, at: $at) { managers(orderBy: [{displayName: ASC}]) { nodes { displayName } } }
    }"""
    for at, expected in ((None, ["Ada", "Ben", "Grace"]), ("2023-06-01T00:00:00Z", ["Ben", "Dan", "Grace"])):
        found = await ask(query, {"id": world.gid("Employee", "Cleo"), "at": at})
        assert names(found["employee"]["managers"]) == expected


async def test_the_line_follows_a_move(ask, world, database):
    pat, cleo = world.viewer("Pat"), world.gid("Employee", "Cleo")
    move = "mutation ($input: ChangePositionInput!) { changePosition(input: $input) { __typename } }"
    position = {"title": "Engineer", "manager": world.gid("Employee", "Dan")}
    given = {"employee": world.gid("Employee", "Ben"), "fromDay": str(TODAY), "position": position}
    async with unchanged(database):
        await ask.do(move, given | {"dryRun": True}, viewer=pat)
    await ask.do(move, given, viewer=pat)
    found = await ask(
        "query ($id: ID!) { employee(id: $id) { managers { nodes { displayName } } } }", {"id": cleo}
    )
    assert sorted(names(found["employee"]["managers"])) == ["Ben", "Dan", "Grace"]
    email = "query ($id: ID!) { employee(id: $id) { email } }"
    assert (await ask(email, {"id": cleo}, viewer=world.viewer("Dan")))["employee"][
        "email"
    ] == "cleo@example.com"
    assert (await ask(email, {"id": cleo}, viewer=world.viewer("Ada")))["employee"]["email"] is None


async def test_managers_come_in_the_order_of_the_chain_page_by_page(ask, world):
    query = """query ($id: ID!, $after: String) {
      employee(id: $id) {
        managers(first: 2, after: $after) { totalCount nodes { displayName } pageInfo { endCursor } }
      }
    }"""
    cleo = {"id": world.gid("Employee", "Cleo")}
    first = (await ask(query, cleo))["employee"]["managers"]
    assert (names(first), first["totalCount"]) == (["Ben", "Ada"], 3)
    rest = await ask(query, {**cleo, "after": first["pageInfo"]["endCursor"]})
    assert names(rest["employee"]["managers"]) == ["Grace"]


@pytest.mark.usefixtures("world")
async def test_people_are_found_by_who_is_above_them(ask):
    query = """{
      above: employees(where: {managers: {some: {givenName: {eq: "Ada"}}}}) { nodes { displayName } }
    }"""
    found = await ask(query)
    assert sorted(names(found["above"])) == ["Ben", "Cleo"]
