"""`python tests/bench/scim.py`: a page of 100 users from 100,000, beside a statement written by hand for it.

Both in this process, in turn, so that the ratio means something: the SCIM request as ASGI has it, from its
headers to its last byte, and the statement with its count, which answers with the rows as JSON and no more.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

import asyncpg  # noqa: E402  # the path comes first

from bench.company import server  # noqa: E402
from cairn.app import application  # noqa: E402
from cairn.db.engine import COMPANY, SHARED, Database, database  # noqa: E402
from cairn.db.migrate import migrate  # noqa: E402

PEOPLE = 100_000
ROUNDS = 60
TOKEN = "cairn_bench"
BUILD = f"""
create temporary table made as
  select n, ('018f0000-' || lpad(to_hex(n / 65536), 4, '0') || '-7000-8000-' || lpad(to_hex(n), 12,
    '0'))::uuid as id
  from generate_series(1, {PEOPLE}) n;
insert into department (id, name) select gen_random_uuid(), 'Department ' || n from generate_series(1, 100) n;
insert into employee (id, given_name, family_name, display_name, email, user_name, user_name_key,
    number, locale,
    time_zone, source, external_id, attributes, kept_locally, created_at, changed_at)
  select id, 'Given' || n, 'Family' || n, 'Given' || n || ' Family' || n, 'user' || n || '@example.org',
    'User' || n || '@example.org', 'user' || n || '@example.org', n::text, 'en', 'UTC', 'scim', 'x-' || n,
    '{{"emails": [{{"type": "work", "value": "user@example.org", "primary": true}}],
    "phoneNumbers": []}}', '{{}}',
    now(), now() from made;
insert into employment (id, employee_id, valid, title, work, engagement, manager_id, department_id,
    recorded_at)
  select gen_random_uuid(), made.id, daterange('2020-01-01', null), 'Engineer', 'ACTIVE', 'EMPLOYEE', boss.id,
    (select id from department where name = 'Department ' || (made.n % 100 + 1)), now()
  from made left join made boss on boss.n = made.n / 10;
insert into team (id, name, changed_at) select gen_random_uuid(), 'Team ' || n, now() from
    generate_series(1, 200) n;
insert into team_membership (id, team_id, employee_id, valid)
  select gen_random_uuid(), (select id from team where name = 'Team ' || (n % 200 + 1)), id,
    tstzrange('2020-01-01', null) from made;
insert into service_token (id, key, name, ending, permissions, owner_id, created_at, expires_at)
  select gen_random_uuid(), $token, 'bench', 'ench', '{{READ_PEOPLE}}', id, now(), now() + interval '1 day'
  from made where n = 1;
"""
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
    "by external id": ("filter=externalId%20eq%20%22x-777%22", None),
    "without groups": ("count=100&excludedAttributes=groups", None),
    "by cursor": ("count=100&cursor", None),
}


async def main() -> None:
    """Builds, measures and prints."""
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as folder, server(Path(folder) / "pg") as running:
        await migrate(running.url)
        connection = await asyncpg.connect(
            running.url, server_settings={"search_path": f"{COMPANY}, {SHARED}", "jit": "off"}
        )
        await connection.execute("set session_replication_role = replica")
        key = sha256(TOKEN.encode()).hexdigest()
        await connection.execute(BUILD.replace("$token", f"'\\x{key}'"))
        await connection.execute("vacuum analyze")
        async with database(running.url, pool=2) as opened:
            await _compare(opened, connection)
        await connection.close()


async def _compare(opened: Database, connection: Any) -> None:
    app = application(opened, [], "https://cairn.test")
    for name, (query, offset) in QUERIES.items():

        async def ask(query: str = query) -> None:
            await _get(app, query)

        async def by_hand(offset: int = offset or 0) -> None:
            await connection.fetchrow(BY_HAND, offset)

        ours, theirs = await _measured(ask, by_hand)
        beside = f", by hand {theirs:5.1f} ms, ratio {ours / theirs:.2f}" if offset is not None else ""
        print(f"{name:15} {ours:5.1f} ms{beside}", flush=True)


async def _measured(*each: Callable[[], Awaitable[None]]) -> list[float]:
    took: list[list[float]] = [[] for _ in each]
    for number in range(-5, ROUNDS):
        for n, call in enumerate(each):
            start = time.perf_counter()
            await call()
            if number >= 0:
                took[n].append(1000 * (time.perf_counter() - start))
    return [statistics.median(times) for times in took]


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


if __name__ == "__main__":
    asyncio.run(main())
