from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text

from cairn.db.ranges import from_day, now
from cairn.people.tables import Employee, Employment


@dataclass(frozen=True)
class People:
    ada: UUID
    ben: UUID
    eve: UUID


async def hire_everybody(tx):
    today = now().date()
    found = {}
    for number, (name, until) in enumerate(
        {"ada": None, "ben": None, "eve": today - timedelta(days=2)}.items(), start=1
    ):
        employee = Employee(
            given_name=name.title(),
            family_name="Test",
            display_name=f"{name.title()} Test",
            email=f"{name}@cairn.test",
            number=f"E{number}",
        )
        tx.add(employee)
        await tx.flush()
        tx.add(Employment(employee_id=employee.id, valid=from_day(today - timedelta(days=400), until)))
        found[name] = employee.id
    return People(**found)


async def terminate(house, employee):
    """Their last day was yesterday."""
    async with house.database.transaction() as tx:
        await tx.execute(
            text(
                "update employment set valid = daterange(lower(valid), current_date)"
                " where employee_id = :employee"
            ),
            {"employee": employee},
        )
