"""What other rooms may want to know about people."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from cairn.jobs.events import event, shows
from cairn.jobs.happenings import few

EMPLOYMENT = "employment"
"""The topic of whose employment, and so whose place in the company, has changed: employees, or `MANY`."""
TEAM = "team"
"""The topic of teams that somebody was put into, or taken out of."""

TOLD_AT_ONCE = 500
"""Employees that one event tells of, at most: a subscriber has a minute for them."""


@event
@dataclass(frozen=True)
class EmploymentChanged:
    """Some people were hired, moved, sent on leave, or have left; or will be."""

    employees: tuple[UUID, ...]


shows(EmploymentChanged, EMPLOYMENT, lambda told: few(told.employees))


@event
@dataclass(frozen=True)
class EmployeeErased:
    """Somebody was erased: the rows about them are gone, and what else there is of them has to go too."""

    employee: UUID


def employment_changed(employees: Collection[UUID]) -> list[EmploymentChanged]:
    """The events that tell of so many people: `publish(tx, *employment_changed(ids))`."""
    told = list(dict.fromkeys(employees))
    return [
        EmploymentChanged(tuple(told[start : start + TOLD_AT_ONCE]))
        for start in range(0, len(told), TOLD_AT_ONCE)
    ]
