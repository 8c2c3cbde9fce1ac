"""What a run did, in the words of those who read it: `~ Ada Lovelace: manager: Ben King → Cleo Park`."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import col

from cairn.db.engine import Transaction
from cairn.hris.tables import SyncChange, SyncKind
from cairn.people.tables import Department, Employee
from cairn.skills.tables import JobRole

Names = Mapping[str, str]
"""What people, departments and job roles are called, by their ids."""
_PLACES = ("title", "manager", "department", "job_role", "location", "engagement", "work")
_CALLED = {"job_role": "job role", "since": "first day", "until": "last day"}
_FIELDS = (
    *("given_name", "family_name", "display_name", "email", "user_name", "phone", "number", "locale"),
    *("time_zone", "external_id"),
)


async def names(tx: Transaction, changes: Iterable[SyncChange]) -> Names:
    """The names of whom and what some changes are about."""
    people: set[UUID] = set()
    departments: set[UUID] = set()
    roles: set[UUID] = set()
    for change in changes:
        people.add(change.employee_id)
        for stint in (*_stints(change.before), *_stints(change.after)):
            for field, found in (("manager", people), ("department", departments), ("job_role", roles)):
                if stint.get(field):
                    found.add(UUID(str(stint[field])))
    called: dict[str, str] = {}
    for id_, name, wanted in (
        (Employee.id, Employee.display_name, people),
        (Department.id, Department.name, departments),
        (JobRole.id, JobRole.name, roles),
    ):
        if wanted:
            ids = bindparam("ids", list(wanted), ARRAY(Uuid))
            rows = await tx.execute(select(col(id_), col(name)).where(col(id_) == any_(ids)))
            called |= {str(key): value for key, value in rows.all()}
    return called


def one_line(said: str) -> str:
    """A text as one line that no terminal takes for a command, whatever stands in somebody's name."""
    return " ".join("".join(each if each.isprintable() else " " for each in said).split())


def told(change: SyncChange, called: Names) -> str:
    """A change as one line."""
    return one_line(_told(change, called))


def _told(change: SyncChange, called: Names) -> str:
    name = called.get(str(change.employee_id), "?")
    match change.kind:
        case SyncKind.NEW:
            return f"+ {name}{_place(_joined(change.after or {}))}"
        case SyncKind.REVIVED:
            return f"+ {name} is back{_place(_named(_last(change.after), called))}"
        case SyncKind.TERMINATED:
            return f"- {name} leaves{_ends(change)}"
        case SyncKind.MISSING:
            return f"- {name} is not in the file any more{_ends(change)}"
    differences = [*_fields(change), *_moves(change, called)]
    return f"~ {name}: {'; '.join(differences) or 'the history of employments'}"


def _joined(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a new person's record says of their work: of the latest post, since the first one."""
    posts = record.get("posts") or [record]
    first, last = posts[0], posts[-1]
    return {
        "title": last.get("title"),
        "department": last.get("departmentName") or last.get("department"),
        "since": first.get("since") or first.get("hiredOn"),
    }


def _place(work: Mapping[str, Any]) -> str:
    found = "".join(
        before + str(value)
        for before, value in ((", ", work.get("title")), (" in ", work.get("department")))
        if value
    )
    return found + (f", from {work['since']}" if work.get("since") else "")


def _stints(state: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return (state or {}).get("employments") or []


def _last(state: Mapping[str, Any] | None) -> dict[str, Any]:
    return next(reversed(_stints(state)), {})


def _named(stint: Mapping[str, Any], called: Names) -> dict[str, Any]:
    """A stint with names for ids; what the feed names and nobody knows by the feed's own word."""
    found = dict(stint)
    for field in ("manager", "department", "job_role"):
        found[field] = called.get(str(stint.get(field)), stint.get(f"{field}_ref"))
    return found


def _ends(change: SyncChange) -> str:
    stints = _stints(change.after)
    return f", last day {_last_day(stints[-1])}" if stints else ", before the first day"


def _last_day(stint: Mapping[str, Any]) -> str:
    until = stint.get("until")
    return str(date.fromisoformat(str(until)) - timedelta(days=1)) if until else "none"


def _fields(change: SyncChange) -> list[str]:
    before, after = change.before or {}, change.after or {}
    renamed = "given_name" in after or "family_name" in after
    fields = [each for each in _FIELDS if each in after and not (renamed and each == "display_name")]
    return [_arrow(field, before.get(field), after[field]) for field in fields]


def _moves(change: SyncChange, called: Names) -> list[str]:
    """What is different about the first day and about the last employment, and since when."""
    before, after = _stints(change.before), _stints(change.after)
    if not after:
        return []
    began = [
        _arrow("since", first.get("since"), after[0].get("since"))
        for first in before[:1]
        if len(after) > 1 and first.get("since") != after[0].get("since")
    ]
    was, is_ = _named(_last(change.before), called), _named(_last(change.after), called)
    found = [_arrow(name, was.get(name), is_.get(name)) for name in _PLACES if was.get(name) != is_.get(name)]
    if was.get("until") != is_.get("until"):
        found.append(f"last day: {_last_day(was)} → {_last_day(is_)}")
    if was.get("since") != is_.get("since"):
        if found and len(after) > len(before):
            found[-1] += f", from {is_.get('since')}"
        else:
            field = "since" if len(after) == 1 else "latest change"
            found.append(_arrow(field, was.get("since"), is_.get("since")))
    return began + found


def _arrow(field: str, before: Any, after: Any) -> str:
    called = _CALLED.get(field, field.replace("_", " "))
    return (
        f"{called}: {'none' if before in {None, ''} else before} → {'none' if after in {None, ''} else after}"
    )
