"""Events and what was done about them are machinery: nobody reads them through the graph."""

from sqlalchemy import ARRAY, Text, bindparam, delete, text

from cairn.access.personal import Person, forgets, impersonal, tells
from cairn.access.rules import nobody, rule
from cairn.db.engine import Transaction
from cairn.jobs import tables
from cairn.jobs.queue import JOBS, LOG

rule(tables.Event, tables.Handled, tables.Happening)(nobody)
impersonal(tables.Handled, tables.Happening)

_TOLD = "exists (select from unnest(:patterns) pattern where strpos(lower({}), pattern) > 0)"
_PAYLOAD = _TOLD.format("convert_from(payload, 'UTF8')")
_TRACE = _TOLD.format("traceback::text")
_QUEUED = f"delete from {JOBS} where status <> 'picked' and {_PAYLOAD}"  # noqa: S608  # the names are ours
_TRACED = f"update {LOG} set traceback = null where {_TRACE}"  # noqa: S608  # likewise


@forgets(tables.Event)
async def events(tx: Transaction, person: Person) -> int:
    """What says who somebody was does not go on its way, and what failed of it is not looked at.

    An event that only names the employee's id stays: who hears of it finds nobody there.
    """
    given = {"patterns": person.patterns}
    patterns = bindparam("patterns", type_=ARRAY(Text))
    gone = delete(tables.Event).where(tells(tables.Event.payload))
    statements = (gone, text(_QUEUED).bindparams(patterns), text(_TRACED).bindparams(patterns))
    done = [await tx.execute(each, given) for each in statements]
    return sum(each.rowcount for each in done)  # type: ignore[attr-defined]
