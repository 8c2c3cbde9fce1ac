"""Planning a run: which line is about whom, and which lines cannot be applied.

The plan is two temporary tables. `sync_plan` has a row for each line: somebody new, somebody who is as the
feed left them and whom it says the same of, somebody to compare, or a line that cannot be used. `sync_record`
has what is said, of those who are new or have to be compared: mostly they are few. Lines that contradict each
other, and addresses that would be two people's, are refused before anything is written.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from cairn.db.engine import Transaction
from cairn.hris.intake import SECONDS, Noted, note
from cairn.hris.record import Problem
from cairn.hris.tables import SyncGravity, SyncRun
from cairn.people.profile import fold
from cairn.people.waiting import named

MANY = 1_000
"""From so many lines on tables are read as a whole; PostgreSQL cannot know how many lines there are."""
ROUNDS = 20
"""Refusals of addresses that follow from refusals; longer chains are refused as a whole."""

_PLAN = """
create temporary table sync_plan on commit drop as
select line.row_number, line.external_id, line.formerly, line.digest, line.first_line, e.id as employee_id,
  case when line.digest is not null then coalesce(
    e.id, (left(line.first_id::text, 30) || lpad(to_hex(line.place - 1), 6, '0'))::uuid
  ) end as person_id,
  case
    when line.digest is null then 'UNUSABLE'
    when e.id is null then 'NEW'
    when y.digest = line.digest and y.changed_at = e.changed_at and not e.id = any($3) then 'SAME'
    else 'KNOWN'
  end as state,
  line.digest is null as is_refused
from (
  select first_line, first_id, line.* from staged_lines, unnest(row_numbers, external_ids, formerly, digests)
    with ordinality as line(row_number, external_id, formerly, digest, place)
  where run_id = $1
) line
left join employee e on line.digest is not null and e.source = $2 and e.external_id = line.external_id
left join synced_person y on y.employee_id = e.id
"""
_FORMER = """
update sync_plan set employee_id = e.id, person_id = e.id,
  state = case
    when y.digest = sync_plan.digest and y.changed_at = e.changed_at and not e.id = any($2) then 'SAME'
    else 'KNOWN'
  end
from employee e left join synced_person y on y.employee_id = e.id
where sync_plan.state = 'NEW' and sync_plan.formerly is not null and e.source = $1
  and e.external_id = sync_plan.formerly
"""

_BESIDE = """
select p.row_number, p.external_id, p.formerly
from sync_plan p join employee e on e.source = $1 and e.external_id = p.formerly
where p.formerly is not null and p.employee_id <> e.id and p.state = 'KNOWN' and not p.is_refused
order by p.row_number
"""
_RECORD = """
create temporary table sync_record on commit drop as
select p.row_number, p.external_id, p.employee_id, p.person_id, p.digest, p.state, said.record,
  p.state = 'NEW' and not said.record ?| array['posts', 'effectiveOn']
    and said.record->>'status' is distinct from 'TERMINATED'
    and (said.record->>'hiredOn' is not null or said.record->>'lastDay' is null)
    and coalesce(nullif(said.record->>'givenName', ''), said.record->>'displayName', '') <> ''
    and said.record->>'manager' is distinct from p.external_id
    and not coalesce(said.record->>'manager' like '%@%' and (
      said.record->>'manager' ~ '[^\\x01-\\x7f]'  -- how that is folded, Python knows
      or lower(said.record->>'manager' collate "C") in (
        said.record->>'email', coalesce(p.user_name_key, lower(said.record->>'userName' collate "C"))
      )
    ), false) as is_plain,
  nullif(said.record->>'manager', '') as manager,
  case when known.id is null or (said.record ? 'email' and not 'EMAIL' = any(known.kept_locally))
    then nullif(said.record->>'email', '') else known.email end as email,
  known.email as email_before,
  case when known.id is null or (said.record ? 'userName' and not 'USER_NAME' = any(known.kept_locally))
    then coalesce(p.user_name_key, lower(nullif(said.record->>'userName', '') collate "C"))
    else known.user_name_key end as user_name_key,
  known.user_name_key as user_name_key_before,
  case when known.id is null or (said.record ? 'number' and not 'NUMBER' = any(known.kept_locally))
    then nullif(said.record->>'number', '') else known.number end as number,
  known.number as number_before,
  coalesce(said.record->>'status' = 'TERMINATED', false)
    or coalesce((said.record->>'lastDay')::date < $3, false) as leaves,
  p.person_id = any($2) as is_loose
from (
  select plan.*, line.record, line.user_name_key
  from sync_plan plan
  join (
    select line.* from staged_lines, unnest(row_numbers, records, user_name_keys)
      as line(row_number, record, user_name_key)
    where run_id = $1
      and first_line = any(array(select distinct first_line from sync_plan where state in ('NEW', 'KNOWN')))
    offset 0
  ) line using (row_number)
  where plan.state in ('NEW', 'KNOWN')
  offset 0
) p
cross join lateral (select p.record::jsonb as record offset 0) said
left join employee known on known.id = p.employee_id
"""
"""Each `offset 0` keeps PostgreSQL from doing for each row, or for all lines, what is done once for a few."""

_TWICE = """
with twice as (
  select external_id, min(row_number) as first, count(distinct digest) as versions,
    array_agg(row_number order by row_number) as lines
  from sync_plan
  where state <> 'UNUSABLE' and external_id = any(array(
    select external_id from sync_plan where state <> 'UNUSABLE' group by external_id having count(*) > 1
  ))
  group by external_id
)
select p.row_number, p.external_id, twice.lines, twice.first, twice.versions
from sync_plan p join twice using (external_id)
where p.state <> 'UNUSABLE'
union all
select p.row_number, p.external_id, both_.lines, null, 2
from sync_plan p join (
  select employee_id, array_agg(row_number order by row_number) as lines
  from sync_plan
  where employee_id = any(array(
    select employee_id from sync_plan where formerly is not null
    intersect select employee_id from sync_plan group by employee_id having count(*) > 1
  ))
  group by employee_id having count(distinct external_id) > 1
) both_ using (employee_id)
"""

_CONTESTED = """
with wanted as materialized (
  select {field} as value, row_number from sync_record where {field} is distinct from {field}_before
),
holder as materialized (
  select e.{field} as value, e.id, e.display_name,
    e.source = $1 and (
      p.leaves
      or (p.row_number is null and $3 and not exists (
        select from sync_plan named where named.external_id = e.external_id
      ) and not exists (
        select from sync_plan named where named.formerly = e.external_id
      ))
      or not exists (
        select from employment each
        where each.employee_id = e.id and (upper_inf(each.valid) or upper(each.valid) > $2)
      )
    ) as has_left
  from (select distinct value from wanted join employee on {field} = value) held
  join employee e on e.{field} = held.value
  left join sync_record p on p.employee_id = e.id
  where p.row_number is null or p.{field} = p.{field}_before
),
taker as materialized (
  select value, count(*) as takers, array_agg(row_number order by row_number) as lines
  from wanted
  where value in (
    select value from wanted where value is not null group by value having count(*) > 1
    union
    select value from holder
  )
  group by value
)
select taker.value, taker.takers, taker.lines, holder.id, holder.display_name, holder.has_left
from taker left join holder using (value)
"""

_BY_ANOTHER_NAME = """
select distinct ref from (
  select manager as ref from sync_record where manager is not null
  union all
  select post->>'manager' from sync_record cross join lateral jsonb_array_elements(record->'posts') post
  where record ? 'posts'
) each
where (ref like '%@%' or ref ~ '^[0-9a-fA-F]{8}-')
  and not exists (select from sync_plan p where p.external_id = ref and p.state <> 'UNUSABLE')
  and not exists (select from employee e where e.source = $1 and e.external_id = ref)
"""
_OF_THE_RUN = """
with asked as (select * from unnest($1::text[], $2::text[]) as each(ref, folded))
select ref, (array_agg(person_id))[1] as id
from (
  select ref, person_id from asked join sync_record on email = folded
  union
  select ref, person_id from asked join sync_record on user_name_key = folded
) each
group by ref having count(*) = 1
"""

UNIQUE = {"email": "email", "user_name_key": "userName", "number": "number"}


async def make(connection: Any, run: SyncRun, day: date, loose: Collection[UUID]) -> None:
    """Makes the plan; `loose` are people whose manager the run leaves as it is."""
    many = run.received > MANY
    await connection.execute(f"set local enable_nestloop = {'off' if many else 'on'}")
    await connection.execute(_PLAN, run.id, run.source, list(loose), timeout=SECONDS)
    await connection.execute(_FORMER, run.source, list(loose), timeout=SECONDS)
    await connection.execute("analyze sync_plan (external_id, employee_id, state, formerly)", timeout=SECONDS)
    await connection.execute(_RECORD, run.id, list(loose), day, timeout=SECONDS)
    await connection.execute("set local enable_nestloop = on")
    await connection.execute("create index on sync_plan (external_id)", timeout=SECONDS)
    await connection.execute("analyze sync_record (state, row_number)", timeout=SECONDS)


async def beside(connection: Any, run: SyncRun) -> list[Noted]:
    """What is told of those who were two people already: saying who they were makes nobody one of two."""
    return [
        (
            SyncGravity.WARNING,
            row["row_number"],
            row["external_id"],
            Problem(
                "formerly",
                f"{row['formerly']} is another person, who was there beside this one; they stay two",
            ),
        )
        for row in await connection.fetch(_BESIDE, run.source, timeout=SECONDS)
    ]


async def look_at(connection: Any, tables: str) -> None:
    """Has PostgreSQL look at tables, so that it plans well; it does so in its own time where we own none."""
    if await connection.fetchval(_OWNED):
        await connection.execute(f"analyze {tables}", timeout=SECONDS)


_OWNED = "select pg_has_role(relowner, 'USAGE') from pg_class where oid = 'employee'::regclass"
_WITHOUT = "delete from sync_record where row_number = any($1)"


async def managers(connection: Any, run: SyncRun) -> dict[str, UUID]:
    """The managers who are not named by their id in the feed, by what they are named by instead."""
    rows = await connection.fetch(_BY_ANOTHER_NAME, run.source, timeout=SECONDS)
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
        await connection.execute(_WITHOUT, numbers, timeout=SECONDS)
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
        await connection.execute(_WITHOUT, spare, timeout=SECONDS)
    unnamed = await connection.fetch(
        "select row_number, external_id from sync_record where state = 'NEW' and not is_plain"
        " and coalesce(record->>'givenName', record->>'displayName', '') = ''",
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
    yields = await _give_way(connection)
    for n in range(ROUNDS):
        again = False
        for field in UNIQUE:
            rows = await connection.fetch(
                _CONTESTED.format(field=field), run.source, day, names_all, timeout=SECONDS
            )
            taken: dict[str, str] = {}
            for row in rows:
                if row["takers"] > 1:
                    taken[row["value"]] = f"of the lines {_listed(row['lines'])}, and one of them can have it"
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


async def _give_way(connection: Any) -> set[tuple[str, UUID]]:
    """Has whoever leaves not take what somebody who stays takes as well."""
    yields: set[tuple[str, UUID]] = set()
    for field in UNIQUE:
        rows = await connection.fetch(
            f"update sync_record r set {field} = {field}_before where leaves"  # noqa: S608  # ours
            f" and {field} is distinct from {field}_before and exists (select from sync_record other"
            f" where other.{field} = r.{field} and not other.leaves) returning person_id",
            timeout=SECONDS,
        )
        yields |= {(field, row["person_id"]) for row in rows}
    return yields


async def _give_up(connection: Any, field: str, employee: UUID) -> None:
    names = [field, *(["user_name"] if field == "user_name_key" else [])]
    values = ", ".join(f"{name} = null" for name in names)
    await connection.execute(f"update employee set {values} where id = $1", employee)  # noqa: S608  # ours
    await connection.execute(
        f"update sync_record set {field} = null, {field}_before = null where employee_id = $1",  # noqa: S608  # ours
        employee,
    )


async def _refuse_takers(
    tx: Transaction, connection: Any, run: SyncRun, field: str, taken: dict[str, str]
) -> set[tuple[str, UUID]]:
    """Refuses their lines; of somebody who has left, only the field."""
    rows = await connection.fetch(
        f"select row_number, external_id, person_id, leaves, {field} as value from sync_record"  # noqa: S608  # ours
        f" where {field} = any($1) and {field} is distinct from {field}_before",
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
        f"update sync_record set {field} = {field}_before where person_id = any($1)",  # noqa: S608  # ours
        leavers,
    )
    return {(field, person) for person in leavers}
