"""Leave: somebody is employed and away for a time. What they may see and do stays as it is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.people import history, tables
from cairn.people.employ import held_on
from cairn.people.history import EmployeeId, Position, Stint
from cairn.people.tables import Work


@dataclass
class AlreadyOnLeave(Refusal):
    """The person is on leave on that day."""

    since: date | None = None
    """The first day of that leave, in the present position."""


@dataclass
class NotOnLeave(Refusal):
    """The person is not on leave on that day."""

    on: date | None = None
    """The day."""


async def start_leave(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId, from_day: date, until: date | None = None
) -> tables.Employee:
    """Sends somebody on leave from a day on; they stay employed, and their access stays as it is.

    Args:
        employee: Who goes on leave.
        from_day: The first day of leave, past or future.
        until: The first day back at work, if it is known.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    if until is not None and until <= from_day:
        raise invalid("until", "must come after fromDay")
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    stints = await history.read(tx, employee)
    current = held_on(stints, from_day)
    if current.position.work is Work.ON_LEAVE:
        raise AlreadyOnLeave("The person is on leave then already.", since=current.since)
    days = [each for each in (_last(stints, current, Work).until, until) if each is not None]
    await _write(tx, viewer, found, stints, from_day, min(days, default=None), Work.ON_LEAVE)
    await audit.record(
        tx, viewer, "employee.start_leave", found, after={"from_day": from_day, "until": until}
    )
    return found


async def return_from_leave(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId, on: date
) -> tables.Employee:
    """Has somebody on leave come back to work on a day, earlier than was planned or where no day was.

    Args:
        employee: Who comes back.
        on: The first day back at work; the first day of the leave, if the leave is off.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    stints = await history.read(tx, employee)
    current = held_on(stints, on)
    if current.position.work is not Work.ON_LEAVE:
        raise NotOnLeave("The person is not on leave on that day.", on=on)
    until = _last(stints, current, [Work.ON_LEAVE]).until
    await _write(tx, viewer, found, stints, on, until, Work.ACTIVE)
    await audit.record(tx, viewer, "employee.return_from_leave", found, after={"on": on})
    return found


def _last(stints: list[Stint], current: Stint, work: Iterable[Work]) -> Stint:
    """The last of the stints that follow on one another without a gap, while they are of that kind."""
    for stint in stints:
        if stint.since == current.until and stint.position.work in work:
            current = stint
    return current


async def _write(
    tx: Transaction,
    viewer: Viewer,
    employee: tables.Employee,
    stints: list[Stint],
    first: date,
    until: date | None,
    work: Work,
) -> None:
    def away(position: Position) -> Position:
        return replace(position, work=work)

    wanted = history.during(stints, first, until, away)
    reason = f"on leave from {first} on" if work is Work.ON_LEAVE else f"back on {first}"
    await history.write(tx, viewer, employee.id, wanted, reason=reason)
