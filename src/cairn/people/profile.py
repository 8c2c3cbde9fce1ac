"""Who somebody is: names, addresses, numbers, and what of it a feed does not write."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.refusal import Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.people import tables
from cairn.people.history import EmployeeId

UNCHANGED: Any = object()
"""What stands for an argument that was left out where null says something."""


def given(**arguments: Any) -> dict[str, Any]:
    """Those of the arguments that were not left out."""
    return {name: value for name, value in arguments.items() if value is not UNCHANGED}


class Kept(StrEnum):
    """Something of a person that can be kept here, whatever a feed says of it."""

    GIVEN_NAME = "GIVEN_NAME"
    """The name friends use."""
    FAMILY_NAME = "FAMILY_NAME"
    """The name a family shares."""
    DISPLAY_NAME = "DISPLAY_NAME"
    """The full name, as the person writes it."""
    EMAIL = "EMAIL"
    """The address at work."""
    PHONE = "PHONE"
    """The telephone number at work."""
    USER_NAME = "USER_NAME"
    """What the person signs in as."""
    NUMBER = "NUMBER"
    """The employee number."""
    LOCALE = "LOCALE"
    """The language."""
    TIME_ZONE = "TIME_ZONE"
    """The time zone."""
    TITLE = "TITLE"
    """What stands on the business card."""
    MANAGER = "MANAGER"
    """Whom the person reports to."""
    DEPARTMENT = "DEPARTMENT"
    """The department the person works in."""
    JOB_ROLE = "JOB_ROLE"
    """The job role the person works in."""
    LOCATION = "LOCATION"
    """Where the work is done."""
    ENGAGEMENT = "ENGAGEMENT"
    """How the person belongs to the company."""


def kept(employee: tables.Employee, said: Mapping[str, Any]) -> dict[str, Any]:
    """What a feed says of somebody without what is kept here; by column, or by field of a position."""
    return {name: value for name, value in said.items() if name.upper() not in employee.kept_locally}


@dataclass
class EmailTaken(Refusal):
    """Somebody else has that email address."""

    employee: EmployeeId | None = None
    """Who has it."""


def fold(text: str) -> str:
    """The form in which two spellings of an address or a user name are equal: NFKC, without case.

    Twice, because folding the case may leave what NFKC would have made one of (Unicode 16, section 3.13.5).
    """
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFKC", once.casefold()).lower().strip()


def filled(name: str, path: str) -> str:
    """A name without the space around it. Raises `InvalidInput` where nothing is left."""
    if not name.strip():
        raise invalid(path, "must not be empty")
    return name.strip()


def zone(name: str) -> str:
    """The name of a time zone. Raises `InvalidInput`."""
    try:
        return name if name == "UTC" else ZoneInfo(name).key
    except (ValueError, OSError, LookupError):
        raise invalid("timeZone", "must be a name such as Europe/Berlin") from None


def address(email: str) -> str:
    """An address as it is kept. Raises `InvalidInput` where it is none."""
    folded = fold(email)
    local, _, domain = folded.partition("@")
    if not local or not domain or "@" in domain or any(each.isspace() for each in folded):
        raise invalid("email", "must be an address such as ada@example.com")
    return folded


_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def language(tag: str) -> str:
    """A language tag (BCP 47, as far as its form goes). Raises `InvalidInput`."""
    if not _LANGUAGE.fullmatch(tag):
        raise invalid("locale", "must be a tag such as de or pt-BR")
    return tag


async def register(
    tx: Transaction, viewer: Viewer, said: Mapping[str, Any], *, source: str | None = None
) -> tables.Employee:
    """Makes the record of somebody of checked values; what they are employed as comes after it."""
    employee = tables.Employee(**said, source=source)
    tx.add(employee)
    await tx.flush()
    await audit.record(tx, viewer, "employee.create", employee, after={**said, "source": source})
    return employee


async def bring_back(tx: Transaction, viewer: Viewer, employee: tables.Employee) -> None:
    """Has somebody who was removed be there again: the same person, with all they had earned."""
    before, employee.removed_at = {"removed_at": employee.removed_at}, None
    await tx.flush()
    await audit.record(tx, viewer, "employee.return", employee, before=before)


async def write(tx: Transaction, viewer: Viewer, employee: tables.Employee, said: Mapping[str, Any]) -> bool:
    """Writes checked values into the columns of a record; whether that changed anything."""
    changed = {name: value for name, value in said.items() if getattr(employee, name) != value}
    if not changed:
        return False
    before = {name: getattr(employee, name) for name in changed}
    for name, value in changed.items():
        setattr(employee, name, value)
    employee.changed_at = now()
    await tx.flush()
    await audit.record(tx, viewer, "employee.update", employee, before=before, after=changed)
    return True


class Taken(Exception):  # noqa: N818  # each door has words of its own for it
    """Somebody else has a value that only one can have."""

    def __init__(self, field: str, value: str, owner: UUID) -> None:
        super().__init__()
        self.field, self.value, self.owner = field, value, owner


UNIQUE = ("user_name_key", "email", "number")
"""Columns of which nobody has what another one has."""
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:value, 7644))")


async def claim(tx: Transaction, said: Mapping[str, Any], *, by: UUID | None) -> None:
    """Takes what only one can have for somebody; who was removed gives it up. Raises `Taken`."""
    wanted = {field: said[field] for field in UNIQUE if said.get(field)}
    # Constraints that are deferred have two who take one value wait for each other as they commit.
    for value in sorted(set(wanted.values())):
        await tx.execute(_ONE_AT_A_TIME, {"value": value})
    for field, value in wanted.items():
        column = col(getattr(tables.Employee, field))
        found = select(tables.Employee).where(column == value, col(tables.Employee.id).is_distinct_from(by))
        for other in (await tx.execute(found)).scalars():
            if other.removed_at is None:
                raise Taken(field, value, other.id)
            setattr(other, field, None)
            if field == "user_name_key":
                other.user_name = None
    await tx.flush()


async def free(tx: Transaction, said: dict[str, Any], *, by: UUID | None = None) -> dict[str, Any]:
    """What was said of address, user name and number as it is kept, where nobody else has it.

    Raises `EmailTaken`, `InvalidInput`.
    """
    if said.get("email") is not None:
        said["email"] = address(said["email"])
    if "user_name" in said:
        name = said["user_name"]
        said["user_name_key"] = None if name is None else fold(filled(name, "userName"))
    if said.get("number") is not None:
        filled(said["number"], "number")
    try:
        await claim(tx, said, by=by)
    except Taken as taken:
        if taken.field == "email":
            said_to = f"{taken.value} is the address of somebody else."
            raise EmailTaken(said_to, employee=taken.owner) from None
        path, what = ("number", "number") if taken.field == "number" else ("userName", "user name")
        raise invalid(path, f"is the {what} of somebody else") from None
    return said


async def owner_of(tx: Transaction, column: str | None, value: str) -> UUID | None:
    """Who has that address, user name or number."""
    found = await tx.execute(select(col(tables.Employee.id)).where(col(column) == value))
    return found.scalars().first()
