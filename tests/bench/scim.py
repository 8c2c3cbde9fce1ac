"""SCIM in a large company: a page of 100 users, beside a statement written by hand for it.

Both in this process, in turn: the SCIM request as ASGI has it, from its headers to its last byte, and the
statement with its count, which answers with the rows as JSON and no more.
"""

from collections.abc import AsyncIterator
from typing import Any

from bench.large import TOKEN, Promise, measured
from cairn.app import application
from cairn.db.engine import Database

PAGE = 20.0
"""Milliseconds of the server for a page of 100 users."""
ROUNDS = 40
BY_HAND = """
select (select count(*) from employee where removed_at is null), (select json_agg(row_to_json(page)) from (
  select e.id, e.external_id, e.user_name, e.given_name, e.family_name, e.display_name, e.locale, e.time_zone,
    e.attributes, m.title, m.manager_id, d.name as department, e.number, e.created_at, e.changed_at,
    (select json_agg(json_build_array(t.id, t.name)) from team_membership tm join team t on t.id = tm.team_id
     where tm.employee_id = e.id and tm.valid @> now()) as groups
  from (select * from employee where removed_at is null order by id offset $1 limit 100) e
  left join employment m on m.employee_id = e.id and m.valid @> current_date
  left join department d on d.id = m.department_id order by e.id) page)
"""
QUERIES = {
    "the first page": ("count=100", 0),
    "page 500": ("count=100&startIndex=49901", 49_900),
    "by user name": ("filter=userName%20eq%20%22user777@example.org%22", None),
    "by address": ("filter=emails%5Btype%20eq%20%22work%22%5D.value%20eq%20%22user@example.com%22", None),
    "by external id": ("filter=externalId%20eq%20%22x-777%22", None),
    "without groups": ("count=100&excludedAttributes=groups", None),
    "by cursor": ("count=100&cursor", None),
}


async def measure(opened: Database, connection: Any) -> AsyncIterator[Promise]:
    """Each query, and where there is a statement by hand for it, that."""
    app = application(opened, [], "https://cairn.test")
    for name, (query, offset) in QUERIES.items():

        async def ask(query: str = query) -> None:
            await _get(app, query)

        async def by_hand(offset: int = offset or 0) -> None:
            await connection.fetchrow(BY_HAND, offset)

        ours, theirs = await measured(ROUNDS, ask, by_hand)
        beside = f"; by hand {theirs:.1f}" if offset is not None else ""
        yield f"SCIM users, {name}{beside}", ours, PAGE


async def _get(app: Any, query: str) -> None:
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/scim/v2/Users",
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", b"cairn.test"), (b"authorization", f"Bearer {TOKEN}".encode())],
        "scheme": "https",
        "server": ("cairn.test", 443),
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert message["status"] == 200, message

    await app(scope, receive, send)
