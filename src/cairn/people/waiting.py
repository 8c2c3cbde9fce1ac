"""Managers by name: whom a feed or a directory means, and those who wait for somebody who is not there yet.

What names a manager is their id in the same feed. Ids of two feeds mean nothing to each other, so somebody
who is not of the feed is named by what tells people apart in the whole company: an address, a user name that
looks like one, or the id they have here. A directory may also name them by any user name, or by number.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from cairn.db.engine import Transaction, raw
from cairn.db.ranges import now
from cairn.jobs.events import publish
from cairn.people import tables
from cairn.people.events import employment_changed
from cairn.people.profile import fold
from cairn.people.reporting import CycleInReportingLine, refresh

DIRECTORY = "scim"
"""The source of those whom a directory provisions."""
ROUNDS = 20
"""Circles that are found one after the other when somebody comes for whom many have waited."""
SECONDS = 600.0

_NAMED = """
with asked as materialized (
  select * from unnest($2::text[], $3::text[], $4::uuid[]) as asked(ref, folded, id)
),
found as (
  select ref, 1 as rank, e.id from asked join employee e on e.source = $1 and e.external_id = ref
  where e.removed_at is null
  union all
  select ref, 2, e.id from asked join employee e on e.id = asked.id
  where e.removed_at is null and e.erased_at is null
  union all
  select ref, 2, e.id from asked join employee e on e.email = folded where e.removed_at is null
  union all
  select ref, 2, e.id from asked join employee e on e.user_name_key = folded where e.removed_at is null
  union all
  select ref, 2, e.id from asked join employee e on e.number = ref where $5 and e.removed_at is null
)
select distinct on (ref) ref, ids from (
  select ref, rank, array_agg(distinct id) as ids from found group by ref, rank
) each order by ref, rank
"""
_WAITING = """
select distinct p.source, m.manager_ref as ref from employment m join employee p on p.id = m.employee_id
where m.manager_ref is not null and p.source is not null
  and ($1::text[] is null or lower(m.manager_ref) = any($1))
"""
_LINK = """
update employment set manager_id = each.id, manager_ref = null
from unnest($2::text[], $3::uuid[]) as each(ref, id), employee person
where employment.manager_ref = each.ref and person.id = employment.employee_id and person.source = $1
  and person.id <> each.id and not person.id = any($4::uuid[])
returning employment.employee_id, each.ref, each.id
"""


async def named(connection: Any, source: str, refs: Collection[str]) -> dict[str, UUID]:
    """Whom each of these names stands for, where it stands for one; `source` is who says it."""
    if not refs:
        return {}
    is_directory = source == DIRECTORY
    listed = list(refs)
    folded = [fold(ref) if is_directory or "@" in ref else None for ref in listed]
    ids = [_id(ref) for ref in listed]
    rows = await connection.fetch(_NAMED, source, listed, folded, ids, is_directory, timeout=SECONDS)
    return {row["ref"]: row["ids"][0] for row in rows if len(row["ids"]) == 1}


def stands_alone(ref: str) -> bool:
    """Whether a name may be that of somebody who is not of the feed."""
    return "@" in ref or _id(ref) is not None


def _id(ref: str) -> UUID | None:
    try:
        found = UUID(ref)
    except ValueError:
        return None
    return found if str(found) == ref.lower() else None


async def link(
    connection: Any, *, names: Collection[str] | None = None, but: Collection[UUID] = ()
) -> list[tuple[UUID, str, UUID]]:
    """Gives whoever waits for a manager who is there now that one; the names are those of who came, if known.

    The person, the name they had waited for, and the manager, of each. `but` these people, who go on waiting.
    What follows from employments is for the caller to have follow.
    """
    asked = None if names is None else [each.lower() for each in names]
    by_source: dict[str, list[str]] = {}
    for row in await connection.fetch(_WAITING, asked, timeout=SECONDS):
        by_source.setdefault(row["source"], []).append(row["ref"])
    linked: list[tuple[UUID, str, UUID]] = []
    for source, refs in by_source.items():
        found = await named(connection, source, refs)
        if found:
            given = (source, list(found), list(found.values()), list(but))
            linked += [tuple(row) for row in await connection.fetch(_LINK, *given, timeout=SECONDS)]
    return linked


async def arrived(tx: Transaction, employee: tables.Employee) -> None:
    """Gives somebody who has come, or is called otherwise now, those who have waited for them.

    Whom that would put above themselves goes on waiting.
    """
    names = {employee.external_id, employee.email, employee.user_name, employee.number, str(employee.id)}
    await tx.flush()
    loose: set[UUID] = set()
    for _ in range(ROUNDS):
        linked: set[UUID] = set()
        try:
            async with tx.begin_nested():
                connection = await raw(tx)
                rows = await link(connection, names=[each for each in names if each], but=loose)
                linked = {person for person, *_ in rows}
                if linked:
                    touched = "update employee set changed_at = $1 where id = any($2)"
                    await connection.execute(touched, now(), list(linked))
                    await refresh(tx, linked)
                    await publish(tx, *employment_changed(linked))
        except CycleInReportingLine as cycle:
            loose |= linked & set(cycle.ring)
        else:
            return
