"""What is left of an employee who was erased, and where else a record says who they were.

The row stays, for whoever managed somebody or holds an award is counted by it; it says nothing but that
somebody was here. A feed finds nobody under the old ids: what it sends again is a new person.
"""

from typing import Any

from sqlalchemy import ARRAY, Text, any_, bindparam, select, update
from sqlmodel import col

from cairn.access.personal import ID, Person, forgets, tells
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.people import tables
from cairn.people.reporting import refresh
from cairn.people.tables import Employee, Employment, Team, TeamMembership, WithdrawnEmployment

NAME = "Erased colleague"
"""What stands in place of the name."""


def person_of(employee: Employee, by: Viewer) -> Person:
    """Who is to be erased, with what tells who they are."""
    told = {
        employee.display_name,
        f"{employee.given_name} {employee.family_name}",
        employee.email,
        employee.user_name,
        employee.user_name_key,
        employee.phone,
        employee.number,
        employee.external_id,
    }
    return Person(employee.id, by, tuple(each for each in told if each and each != NAME and each.strip()))


async def blank(tx: Transaction, employee: Employee) -> None:
    """Takes from an employee's row all that tells who it was, after the rows about them have gone."""
    moment = now()
    employee.given_name = employee.family_name = ""
    employee.display_name = NAME
    employee.email = employee.user_name = employee.user_name_key = None
    employee.phone = employee.number = employee.source = employee.external_id = None
    employee.locale, employee.time_zone = "en", "UTC"
    employee.attributes, employee.kept_locally = {}, []
    employee.changed_at = moment
    employee.removed_at = employee.removed_at or moment
    employee.erased_at = employee.erased_at or moment
    await tx.flush()
    await refresh(tx, [employee.id])


@forgets(Employee)
async def records(tx: Transaction, person: Person) -> int:
    """What feeds said of others and that names the person; and that their teams have changed."""
    teams = select(col(TeamMembership.team_id)).where(col(TeamMembership.employee_id) == ID)
    left = update(Team).where(col(Team.id).in_(teams)).values(changed_at=now())
    await tx.execute(left.execution_options(synchronize_session=False), {"person": person.id})
    waiting = 0
    for table in (Employment, WithdrawnEmployment):
        ref = col(table.manager_ref)
        named = update(table).where(ref == any_(bindparam("texts", list(person.texts), ARRAY(Text))))
        found = await tx.execute(named.values(manager_ref=None).execution_options(synchronize_session=False))
        waiting += found.rowcount  # type: ignore[attr-defined]
    others = select(tables.Employee).where(col(Employee.id) != person.id, tells(Employee.attributes))
    rows = (await tx.execute(others, {"patterns": person.patterns})).scalars().all()
    for row in rows:
        row.attributes = _without(row.attributes, {each.lower() for each in person.texts})
    return waiting + len(rows)


def _without(value: Any, texts: set[str]) -> Any:
    """JSON without the values that are one of those texts."""
    match value:
        case dict():
            return {key: _without(each, texts) for key, each in value.items() if not _is_one(each, texts)}
        case list():
            return [_without(each, texts) for each in value if not _is_one(each, texts)]
    return value


def _is_one(value: Any, texts: set[str]) -> bool:
    return isinstance(value, str) and value.lower() in texts
