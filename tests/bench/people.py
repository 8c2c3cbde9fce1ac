"""People of a large company: whole departments that move, and managers of everybody."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text

from bench.large import MADE, PEOPLE, Promise, measured
from cairn.access.permissions import Role
from cairn.access.viewer import Viewer, system
from cairn.app import schema
from cairn.db.engine import Database, Transaction
from cairn.db.ranges import now
from cairn.graph.serve import Answerer, Asked, Standing
from cairn.people import employ
from cairn.people.reassign import reassign_department

MOVED = 2_000.0
"""Milliseconds in which a department of 10,000 people moves."""

REPORTS = """query ($id: ID!, $depth: Int) {
  employee(id: $id) { reports(depth: $depth, first: 50) { nodes { id displayName title email } } }
}"""
ORDERED = REPORTS.replace("first: 50", "first: 50, orderBy: [{displayName: ASC}]")
COUNT = "query ($id: ID!, $depth: Int) { employee(id: $id) { reports(depth: $depth) { totalCount } } }"
CARD = "query ($id: ID!) { employee(id: $id) { email managers { nodes { displayName } } } }"
CHANGES = """query ($since: DateTime!, $manager: ID) {
  orgChanges(since: $since, manager: $manager, first: 50) { nodes { at kind employee { displayName } } }
}"""


def key(n: int) -> UUID:
    """The employee of that number."""
    return UUID(f"{MADE + n:012x}70008000{n:012x}")


@asynccontextmanager
async def rehearsed(opened: Database) -> AsyncIterator[Transaction]:
    """A transaction in which all is checked that a commit would check, and nothing lasts."""
    async with opened.transaction() as tx:
        yield tx
        await tx.flush()
        await tx.execute(text("set constraints all immediate"))
        await tx.rollback()


async def measure(opened: Database, connection: Any) -> AsyncIterator[Promise]:
    """What moves and what is read."""
    answerer = Answerer(schema(), opened)
    admin = system("bench")
    departments = {
        row["name"].split()[1]: row["id"]
        for row in await connection.fetch("select id, name from department where length(name) < 13")
    }

    async def moved(**given: Any) -> None:
        async with rehearsed(opened) as tx:
            day = now().date()
            found = await reassign_department(tx, admin, department=departments["1"], from_day=day, **given)
            assert found.people >= 10_000, found

    async def heads() -> None:
        await moved(manager=key(2), parent=departments["2"])

    async def everybody() -> None:
        await moved(into=departments["2"], manager=key(2))

    async def one() -> None:
        async with rehearsed(opened) as tx:
            await employ.move(tx, admin, employee=key(99_999), from_day=now().date(), manager=key(1))

    for name, act, promised in (
        ("a department of 11,111 moves under another", heads, MOVED),
        ("the same, and its own people into another department", everybody, MOVED),
        ("one person gets another manager", one, None),
    ):
        [took] = await measured(3, act)
        yield name, took, promised

    head = Viewer(key(0), frozenset({Role.EMPLOYEE}), "employee:0")

    async def ask(document: str, viewer: Viewer = head, **variables: Any) -> None:
        body = await answerer.answer(Asked(document, None, variables), Standing(viewer))
        answer = orjson.loads(body or b"{}")
        assert "errors" not in answer, answer

    top = f"Employee:{key(0)}"
    for name, document, variables in (
        ("the head's direct reports, a page", REPORTS, {"id": top, "depth": 1}),
        (f"the head's {PEOPLE - 1:,} reports, a page", REPORTS, {"id": top, "depth": None}),
        ("the same, by name", ORDERED, {"id": top, "depth": None}),
        ("how many they are", COUNT, {"id": top, "depth": None}),
        (
            "whether the head manages one of them, and that one's chain",
            CARD,
            {"id": f"Employee:{key(99_999)}"},
        ),
        ("what changed among them lately", CHANGES, {"since": "2026-01-01T00:00:00Z", "manager": top}),
    ):

        async def asked(document: str = document, variables: dict[str, Any] = variables) -> None:
            await ask(document, **variables)

        [took] = await measured(10, asked)
        yield name, took, None
