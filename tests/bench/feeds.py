"""`python tests/bench/feeds.py`: a feed of 100,000 people, new, unchanged, and with one in twenty changed.

Beside it, in the same run: the limit, which is COPY of the same people and employments into the same tables,
with all that hangs on these, and no more; and the idiom, which is one object and one transaction a person,
measured on fewer and multiplied.

The feed is NDJSON in a file, which is written before the clock starts, as whoever sends one has written it;
from its first byte on, all of what `cairn sync` does is measured: reading, checking, keeping, applying.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

import asyncpg  # noqa: E402  # the path comes first
import orjson  # noqa: E402

import cairn.app  # noqa: E402, F401  # all rooms, so that events have their subscribers
from bench.company import server  # noqa: E402
from cairn.access.viewer import system  # noqa: E402
from cairn.db.engine import COMPANY, SHARED, Database, database  # noqa: E402
from cairn.db.migrate import migrate  # noqa: E402
from cairn.db.ranges import from_day, now  # noqa: E402
from cairn.hris.deliver import deliver  # noqa: E402
from cairn.hris.intake import Feed  # noqa: E402
from cairn.hris.read import PIECE  # noqa: E402
from cairn.hris.tables import SyncMode  # noqa: E402
from cairn.people import tables  # noqa: E402

PEOPLE = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
ONE_BY_ONE = 200
TARGETS = {"new": 10.0, "unchanged": 3.0, "one in twenty changed": 4.0}
MEGABYTES = 300
VIEWER = system("bench")
FIRST = date(2020, 1, 1)


def record(n: int, title: str = "Engineer") -> dict[str, Any]:
    """Somebody of the feed; each manages ten."""
    return {
        "externalId": f"E{n}",
        "givenName": f"Given{n}",
        "familyName": f"Family{n}",
        "email": f"user.{n}@feed.example",
        "userName": f"user.{n}@feed.example",
        "number": str(n),
        "timeZone": "Europe/Berlin",
        "status": "ACTIVE",
        "hiredOn": FIRST.isoformat(),
        "title": title,
        "manager": f"E{n // 10}" if n else None,
        "department": f"D{n % 500}",
        "departmentName": f"Department {n % 500}",
        "location": "Lisbon",
    }


def write(file: Path, changed: int) -> None:
    """Writes the feed; every `changed`th person is called otherwise."""
    with file.open("wb") as out:
        for n in range(PEOPLE):
            title = "Architect" if changed and n % changed == 0 else "Engineer"
            out.write(orjson.dumps(record(n, title), option=orjson.OPT_APPEND_NEWLINE))


async def sent(file: Path) -> AsyncIterator[bytes]:
    """The bytes of it."""
    with file.open("rb") as stream:
        while part := stream.read(PIECE):
            yield part


async def main() -> int:
    """Measures and prints; 1 where a target is missed."""
    missed = 0
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as folder, server(Path(folder) / "pg") as running:
        await migrate(running.url)
        limit = await _copied(running.url)
        print(f"{'COPY, the limit':24} {limit:6.1f} s   {PEOPLE / limit:8,.0f} people a second")
        async with database(running.url, pool=2) as opened:
            for name, changed in (("new", 0), ("unchanged", 0), ("one in twenty changed", 20)):
                file = Path(folder) / "feed.ndjson"
                write(file, changed)
                start = time.perf_counter()
                found, _ = await deliver(opened, VIEWER, Feed("bench", SyncMode.SNAPSHOT), sent(file))
                took = time.perf_counter() - start
                assert found.run.status == "APPLIED", found.run.refusal_message
                missed += took > TARGETS[name]
                print(
                    f"{name:24} {took:6.1f} s   {PEOPLE / took:8,.0f} people a second,"
                    f" {took / limit:.2f} of the limit; promised: {TARGETS[name]:g} s"
                )
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            missed += memory > MEGABYTES
            print(f"{'memory of the process':24} {memory:6.0f} MB; promised: {MEGABYTES} MB")
            one = await _one_by_one(opened)
            print(
                f"{'one by one, the idiom':24} {one * PEOPLE:6.0f} s   {1 / one:8,.0f} people a second"
                f" ({ONE_BY_ONE} measured, the rest extrapolated)"
            )
    return int(missed > 0)


async def _copied(url: str) -> float:
    """Seconds that COPY takes for the same people and what they are employed as; then they are gone again."""
    connection = await asyncpg.connect(url, server_settings={"search_path": f"{COMPANY}, {SHARED}"})
    ids = [tables.Employee.new_id() for _ in range(PEOPLE)]
    moment, since = now(), asyncpg.Range(FIRST, None)
    people = []
    posts = []
    for n, id_ in enumerate(ids):
        said = record(n)
        people.append(
            (
                *(id_, said["givenName"], said["familyName"], f"{said['givenName']} {said['familyName']}"),
                *(said["email"], said["userName"], said["userName"], said["number"], "en", "Europe/Berlin"),
                *("bench", said["externalId"], "{}", [], moment, moment),
            )
        )
        posts.append(
            (
                *(id_, id_, since, ids[n // 10] if n else None, None, "Engineer", "Lisbon", "ACTIVE"),
                *("EMPLOYEE", moment),
            )
        )
    start = time.perf_counter()
    async with connection.transaction():
        await connection.copy_records_to_table("employee", records=people, columns=_EMPLOYEE)
        await connection.copy_records_to_table("employment", records=posts, columns=_EMPLOYMENT)
    took = time.perf_counter() - start
    await connection.execute("delete from employment")
    await connection.execute("delete from employee")
    await connection.execute("vacuum full analyze employee, employment")
    await connection.close()
    return took


_EMPLOYEE = (
    *("id", "given_name", "family_name", "display_name", "email", "user_name", "user_name_key", "number"),
    *("locale", "time_zone", "source", "external_id", "attributes", "kept_locally", "created_at"),
    "changed_at",
)
_EMPLOYMENT = (
    *("id", "employee_id", "valid", "manager_id", "department_id", "title", "location", "work"),
    *("engagement", "recorded_at"),
)


async def _one_by_one(opened: Database) -> float:
    """Seconds a person where each is an object in a transaction of its own; nothing follows from it."""
    start = time.perf_counter()
    for n in range(ONE_BY_ONE):
        async with opened.transaction() as tx:
            said = record(n)
            employee = tables.Employee(
                given_name=said["givenName"],
                family_name=said["familyName"],
                display_name=f"{said['givenName']} {said['familyName']}",
                email=f"one.{n}@feed.example",
                source="one by one",
                external_id=said["externalId"],
            )
            tx.add(employee)
            await tx.flush()
            tx.add(
                tables.Employment(
                    employee_id=employee.id, valid=from_day(FIRST), title="Engineer", location="Lisbon"
                )
            )
    return (time.perf_counter() - start) / ONE_BY_ONE


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
