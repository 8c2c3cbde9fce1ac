"""`python tests/bench/large.py`: what is promised of a company of 100,000 people, measured.

One head with everybody below, ten reports each, in a tree of departments of which each of the nine at the top
has 11,111 people. Times are of this process and of PostgreSQL together, medians, with nobody else on the
machine; what writes is rolled back. It ends with 1 where a promise is broken.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

import asyncpg  # noqa: E402  # the path comes first

from bench.company import server  # noqa: E402
from cairn.db.engine import COMPANY, SHARED, Database, database  # noqa: E402
from cairn.db.migrate import migrate  # noqa: E402

PEOPLE = 100_000
MADE = 1_714_521_600_000
"""When the first of them was written; each a millisecond after the one before, as their ids say."""
TOKEN = "cairn_bench"
BUILD = f"""
create temporary table made as
  select n, (left(made, 8) || '-' || right(made, 4) || '-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid as id,
    case when n = 0 then null when n < 10 then n::text else left(n::text, 2) end as department
  from (select n, lpad(to_hex({MADE} + n), 12, '0') as made from generate_series(0, {PEOPLE - 1}) n) each;
insert into department (id, name)
  select md5('Department ' || n)::uuid, 'Department ' || n from generate_series(1, 99) n;
insert into department_place (id, department_id, parent_id, valid)
  select gen_random_uuid(), md5('Department ' || n)::uuid, md5('Department ' || n / 10)::uuid,
    daterange(null, null)
  from generate_series(10, 99) n;
insert into department_line (above_id, department_id, depth, valid)
  select parent_id, department_id, 1, valid from department_place;
insert into employee (id, given_name, family_name, display_name, email, user_name, user_name_key, number,
    locale, time_zone, source, external_id, attributes, kept_locally, created_at, changed_at)
  select id, 'Given' || n, 'Family' || n, 'Given' || n || ' Family' || n, 'user' || n || '@example.org',
    'User' || n || '@example.org', 'user' || n || '@example.org', n::text, 'en', 'UTC', 'scim', 'x-' || n,
    '{{"emails": [{{"type": "work", "value": "user@example.org", "primary": true}}], "phoneNumbers": []}}',
    '{{}}', now(), now() from made;
insert into employment (id, employee_id, valid, title, work, engagement, manager_id, department_id,
    recorded_at)
  select gen_random_uuid(), made.id, daterange('2020-01-01', null), 'Engineer', 'ACTIVE', 'EMPLOYEE', boss.id,
    md5('Department ' || made.department)::uuid, now()
  from made left join made boss on boss.n = made.n / 10 and made.n > 0;
insert into reporting_line (manager_id, employee_id, depth, valid)
  with recursive up(manager, employee, depth) as (
    select n / 10, n, 1 from made where n > 0
    union all select manager / 10, employee, depth + 1 from up where manager > 0)
  select manager.id, employee.id, depth, daterange('2020-01-01', null)
  from up join made manager on manager.n = manager join made employee on employee.n = employee;
insert into team (id, name, changed_at)
  select gen_random_uuid(), 'Team ' || n, now() from generate_series(1, 200) n;
insert into team_membership (id, team_id, employee_id, valid)
  select gen_random_uuid(), (select id from team where name = 'Team ' || (n % 200 + 1)), id,
    tstzrange('2020-01-01', null) from made;
insert into service_token (id, key, name, ending, permissions, owner_id, created_at, expires_at)
  select gen_random_uuid(), $token, 'bench', 'ench', '{{READ_PEOPLE}}', id, now(), now() + interval '1 day'
  from made where n = 0;
"""


@asynccontextmanager
async def company() -> AsyncIterator[tuple[Database, Any]]:
    """The company, and a connection for statements by hand."""
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
            yield opened, connection
        await connection.close()


async def measured(rounds: int, *each: Callable[[], Awaitable[Any]]) -> list[float]:
    """The median of each in milliseconds, taking turns; the first rounds are not counted."""
    took: list[list[float]] = [[] for _ in each]
    for number in range(-min(5, rounds), rounds):
        for n, call in enumerate(each):
            start = time.perf_counter()
            await call()
            if number >= 0:
                took[n].append(1000 * (time.perf_counter() - start))
    return [statistics.median(times) for times in took]


Promise = tuple[str, float, float | None] | tuple[str, float, float | None, str]
"""What, how many milliseconds it took, and how many it may take at most where that was promised.

Where it is not milliseconds, of what it is so many comes last."""


async def told(measured: AsyncIterator[Promise]) -> int:
    """Prints what was measured; how many promises were broken."""
    broken = 0
    async for what, took, promised, *of in measured:
        kept = promised is None or took <= promised
        broken += not kept
        word = "" if promised is None else "kept" if kept else "BROKEN"
        limit = "" if promised is None else f" (at most {promised:g})"
        print(f"{word:7}{what:58}{took:9.1f} {of[0] if of else 'ms'}{limit}", flush=True)
    return broken


async def main() -> int:
    """Builds, measures and prints; 1 where a promise was broken."""
    from bench import learning, people, scim  # noqa: PLC0415  # they take what they measure with from here

    broken = 0
    async with company() as (opened, connection):
        for part in (people.measure, scim.measure, learning.measure):
            broken += await told(part(opened, connection))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
