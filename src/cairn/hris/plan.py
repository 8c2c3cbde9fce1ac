"""Planning a run: which line is about whom, and which lines cannot be applied.

The plan is a temporary table with a row for each line: somebody new, somebody who is as the feed left them
and whom it says the same of, or somebody to compare. Lines that contradict each other, and addresses that
would be two people's, are refused before anything is written.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from cairn.db.engine import Transaction
from cairn.hris.intake import SECONDS, note
from cairn.hris.record import Problem
from cairn.hris.tables import SyncGravity, SyncRun
from cairn.people.profile import fold
from cairn.people.waiting import named

ROUNDS = 20
"""Refusals of addresses that follow from refusals; longer chains are refused as a whole."""

_MAKE = """
create temporary table sync_plan on commit drop as
select s.row_number, s.external_id, s.id as new_id, known.id as employee_id,
  coalesce(known.id, s.id) as person_id,
  s.digest, s.is_plain, s.manager,
  case
    when known.id is null then 'NEW'
    when y.digest = s.digest and y.changed_at = known.changed_at and not known.id = any($3) then 'SAME'
    else 'KNOWN'
  end as state,
  case when known.id is null or (s.record ? 'email' and not 'EMAIL' = any(known.kept_locally))
    then s.email else known.email end as email,
  known.email as email_before,
  case when known.id is null or (s.record ? 'userName' and not 'USER_NAME' = any(known.kept_locally))
    then s.user_name_key else known.user_name_key end as user_name_key,
  known.user_name_key as user_name_key_before,
  case when known.id is null or (s.record ? 'number' and not 'NUMBER' = any(known.kept_locally))
    then s.number else known.number end as number,
  known.number as number_before,
  false as is_refused,
  coalesce(s.record->>'status' = 'TERMINATED', false) or coalesce(s.last_day < $4, false) as leaves,
  s.id = any($3) or coalesce(known.id = any($3), false) as is_loose
from staged_person s
left join employee e on e.source = $2 and e.external_id = s.external_id
left join employee f on e.id is null and s.formerly is not null and f.source = $2
  and f.external_id = s.formerly
left join employee known on known.id = coalesce(e.id, f.id)
left join synced_person y on y.employee_id = known.id
where s.run_id = $1 and s.digest is not null
"""

_TWICE = """
with twice as (
  select external_id, min(row_number) as first, count(distinct digest) as versions,
    array_agg(row_number order by row_number) as lines
  from sync_plan
  where external_id = any(array(select external_id from sync_plan group by external_id having count(*) > 1))
  group by external_id
)
select p.row_number, p.external_id, twice.lines, twice.first, twice.versions
from sync_plan p join twice using (external_id)
union all
select p.row_number, p.external_id, both_.lines, null, 2
from sync_plan p join (
  select employee_id, array_agg(row_number order by row_number) as lines
  from sync_plan
  where employee_id = any(array(select employee_id from sync_plan group by employee_id having count(*) > 1))
  group by employee_id having count(distinct external_id) > 1
) both_ using (employee_id)
"""

_CONTESTED = """
with taker as materialized (
  select {field} as value, count(*) as takers from sync_plan
  where not is_refused and {field} is not null and {field} is distinct from {field}_before
  group by {field}
),
holder as materialized (
  select e.{field} as value, e.id, e.display_name, p.row_number is not null as is_named,
    e.source = $1 and (
      p.leaves
      or (p.row_number is null and $3 and not exists (
        select from staged_person s where s.run_id = $4 and s.external_id = e.external_id
      ) and not exists (
        select from staged_person s where s.run_id = $4 and s.formerly = e.external_id
      ))
      or not exists (
        select from employment each
        where each.employee_id = e.id and (upper(each.valid) is null or upper(each.valid) > $2)
      )
    ) as has_left
  from taker join employee e on e.{field} = taker.value
  left join sync_plan p on p.employee_id = e.id and not p.is_refused
  where p.row_number is null or p.{field} = p.{field}_before
)
select taker.value, taker.takers, holder.id, holder.display_name, holder.has_left
from taker left join holder using (value)
where taker.takers > 1 or holder.id is not null
"""

_BY_ANOTHER_NAME = """
select distinct ref from (
  select s.manager as ref from staged_person s where s.run_id = $1 and s.manager is not null
  union all
  select post->>'manager' from staged_person s cross join lateral jsonb_array_elements(s.record->'posts') post
  where s.run_id = $1 and not s.is_plain and s.record ? 'posts'
) each
where (ref like '%@%' or ref ~ '^[0-9a-fA-F]{8}-')
  and not exists (select from sync_plan p where p.external_id = ref)
  and not exists (select from employee e where e.source = $2 and e.external_id = ref)
"""
_OF_THE_RUN = """
select ref, (array_agg(distinct p.person_id))[1] as id
from unnest($1::text[], $2::text[]) as each(ref, folded)
join sync_plan p on folded in (p.email, p.user_name_key) and not (p.state = 'NEW' and p.is_refused)
group by ref having count(distinct p.person_id) = 1
"""

UNIQUE = {"email": "email", "user_name_key": "userName", "number": "number"}


async def make(connection: Any, run: SyncRun, day: date, loose: Collection[UUID]) -> None:
    """Makes the plan; `loose` are people whose manager the run leaves as it is."""
    await connection.execute("analyze staged_person (run_id, row_number, external_id)", timeout=SECONDS)
    await connection.execute(_MAKE, run.id, run.source, list(loose), day, timeout=SECONDS)
    await connection.execute("create index on sync_plan (external_id)", timeout=SECONDS)
    await connection.execute("create index on sync_plan (employee_id)", timeout=SECONDS)
    await connection.execute("analyze sync_plan", timeout=SECONDS)


async def managers(connection: Any, run: SyncRun) -> dict[str, UUID]:
    """The managers who are not named by their id in the feed, by what they are named by instead."""
    rows = await connection.fetch(_BY_ANOTHER_NAME, run.id, run.source, timeout=SECONDS)
    refs = [row["ref"] for row in rows]
    if not refs:
        return {}
    found = await named(connection, run.source, refs)
    left = [ref for ref in refs if ref not in found and "@" in ref]
    rows = await connection.fetch(_OF_THE_RUN, left, [fold(ref) for ref in left], timeout=SECONDS)
    return found | {row["ref"]: row["id"] for row in rows}


async def refuse(
    tx: Transaction, connection: Any, run: SyncRun, lines: Sequence[tuple[int, str, str | None, str]]
) -> None:
    """Refuses lines of the plan: number, whom it is about, the field, and why."""
    if lines:
        numbers = [number for number, *_ in lines]
        await connection.execute(
            "update sync_plan set is_refused = true where row_number = any($1)", numbers, timeout=SECONDS
        )
        await note(
            tx,
            run.id,
            (
                (SyncGravity.REFUSAL, number, whom, Problem(field, message))
                for number, whom, field, message in lines
            ),
        )


async def refuse_contradictions(tx: Transaction, connection: Any, run: SyncRun) -> int:
    """Refuses lines about one person that differ; of equal ones, one is enough. How many are one too many."""
    rows = await connection.fetch(_TWICE, timeout=SECONDS)
    refused = [
        (
            row["row_number"],
            row["external_id"],
            "externalId",
            f"comes in the lines {_listed(row['lines'])}, which differ; the person is as before",
        )
        for row in rows
        if row["versions"] > 1
    ]
    await refuse(tx, connection, run, list({each[0]: each for each in refused}.values()))
    spare = [r["row_number"] for r in rows if r["versions"] == 1 and r["row_number"] != r["first"]]
    if spare:
        await connection.execute("delete from sync_plan where row_number = any($1)", spare, timeout=SECONDS)
    unnamed = await connection.fetch(
        "select p.row_number, p.external_id from sync_plan p"
        " join staged_person s on s.run_id = $1 and s.row_number = p.row_number"
        " where p.state = 'NEW' and not p.is_refused and not s.is_plain"
        "  and coalesce(s.record->>'givenName', s.record->>'displayName', '') = ''",
        run.id,
        timeout=SECONDS,
    )
    await refuse(
        tx,
        connection,
        run,
        [(number, whom, "givenName", "somebody new needs a name") for number, whom in unnamed],
    )
    return len(spare)


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:10]))
    return shown if len(numbers) <= 10 else f"{shown} …"


async def refuse_taken(
    tx: Transaction, connection: Any, run: SyncRun, day: date, *, names_all: bool
) -> set[tuple[str, UUID]]:
    """Refuses whoever would take what is somebody else's: an address, a user name, or a number.

    Somebody of the source who has left, or leaves now, gives theirs up; the field and the person of each.
    """
    yields: set[tuple[str, UUID]] = set()
    for n in range(ROUNDS):
        again = False
        for field in UNIQUE:
            rows = await connection.fetch(
                _CONTESTED.format(field=field), run.source, day, names_all, run.id, timeout=SECONDS
            )
            taken: dict[str, str] = {}
            for row in rows:
                if row["takers"] > 1:
                    taken[row["value"]] = "of several lines"
                elif row["has_left"] and n < ROUNDS - 1:
                    yields.add((field, row["id"]))
                    await _give_up(connection, field, row["id"])
                else:
                    taken[row["value"]] = f"of {row['display_name']}"
            if taken:
                again = True
                yields |= await _refuse_takers(tx, connection, run, field, taken)
        if not again:
            break
    return yields


async def _give_up(connection: Any, field: str, employee: UUID) -> None:
    names = [field, *(["user_name"] if field == "user_name_key" else [])]
    values = ", ".join(f"{name} = null" for name in names)
    await connection.execute(f"update employee set {values} where id = $1", employee)  # noqa: S608  # ours
    await connection.execute(
        f"update sync_plan set {field} = null, {field}_before = null where employee_id = $1",  # noqa: S608  # ours
        employee,
    )


async def _refuse_takers(
    tx: Transaction, connection: Any, run: SyncRun, field: str, taken: dict[str, str]
) -> set[tuple[str, UUID]]:
    """Refuses their lines; of somebody who has left, only the field."""
    rows = await connection.fetch(
        f"select row_number, external_id, person_id, leaves, {field} as value from sync_plan"  # noqa: S608  # ours
        f" where not is_refused and {field} = any($1) and {field} is distinct from {field}_before",
        list(taken),
        timeout=SECONDS,
    )
    what = {"email": "address", "user_name_key": "user name", "number": "number"}[field]
    said = [
        (row["row_number"], row["external_id"], f"{row['value']} is the {what} {taken[row['value']]}")
        for row in rows
        if not row["leaves"]
    ]
    await refuse(tx, connection, run, [(number, whom, UNIQUE[field], why) for number, whom, why in said])
    leavers = [row["person_id"] for row in rows if row["leaves"]]
    await connection.execute(
        f"update sync_plan set {field} = {field}_before where person_id = any($1)",  # noqa: S608  # ours
        leavers,
    )
    return {(field, person) for person in leavers}
