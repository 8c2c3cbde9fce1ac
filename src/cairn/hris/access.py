"""Who may see what feeds did: whoever may read people's records."""

from sqlalchemy import ARRAY, Text, any_, bindparam, delete, or_, text
from sqlmodel import col

from cairn.access.permissions import Permission
from cairn.access.personal import ID, Person, belongs, forgets, impersonal, tells
from cairn.access.rules import holders, nobody, rule
from cairn.db.engine import Transaction
from cairn.hris import tables

rule(tables.SyncRun, tables.SyncProgress, tables.SyncChange, tables.SyncProblem, tables.FeedMap)(
    holders(Permission.READ_PEOPLE)
)
rule(tables.StagedLines, tables.SyncedPerson)(nobody)
impersonal(tables.SyncRun, tables.SyncProgress)


@forgets(tables.SyncProblem)
async def problems(tx: Transaction, person: Person) -> int:
    """What was wrong with lines that are about the person, or say who they are."""
    table = tables.SyncProblem
    is_about = col(table.external_id) == any_(bindparam("texts", type_=ARRAY(Text)))
    given = {"texts": list(person.texts), "patterns": person.patterns}
    rows = await tx.execute(delete(table).where(or_(is_about, tells(table.message))), given)
    count: int = rows.rowcount  # type: ignore[attr-defined]
    return count


@forgets(tables.StagedLines)
async def staged(tx: Transaction, person: Person) -> int:
    """Lines about the person that wait for the others of their run: their place stays, and says nothing."""
    rows = await tx.execute(
        text(_FORGET).bindparams(
            bindparam("texts", list(person.texts), ARRAY(Text)),
            bindparam("patterns", person.patterns, ARRAY(Text)),
        )
    )
    return len(rows.all())


_FORGET = """
with line as materialized (
  select chunk.run_id, chunk.first_line, line.*,
    coalesce(whom = any(:texts), false) or coalesce(former = any(:texts), false)
      or coalesce(key = any(:texts), false)
      or exists (select from unnest(:patterns) pattern where strpos(lower(record), pattern) > 0) as is_about
  from staged_lines chunk, unnest(external_ids, formerly, digests, records, user_name_keys)
    with ordinality as line(whom, former, digest, record, key, place)
),
kept as (
  select run_id, first_line,
    array_agg(case when not is_about then whom end order by place) as whom,
    array_agg(case when not is_about then former end order by place) as former,
    array_agg(case when not is_about then digest end order by place) as digest,
    array_agg(case when not is_about then record end order by place) as record,
    array_agg(case when not is_about then key end order by place) as key
  from line group by run_id, first_line having bool_or(is_about)
),
emptied as (
  update staged_lines chunk set external_ids = kept.whom, formerly = kept.former, digests = kept.digest,
    records = kept.record, user_name_keys = kept.key
  from kept where kept.run_id = chunk.run_id and kept.first_line = chunk.first_line
)
select place from line where is_about
"""


belongs(tables.SyncChange, lambda row: row.employee_id == ID, goes=True)
belongs(tables.SyncedPerson, lambda row: row.employee_id == ID, goes=True)
