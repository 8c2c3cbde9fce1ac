"""Who somebody is: names, addresses, numbers, and what of it a feed does not write."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
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


async def update_employee(
    tx: Transaction,
    viewer: Viewer,
    *,
    employee: EmployeeId,
    given_name: str = UNCHANGED,
    family_name: str = UNCHANGED,
    display_name: str = UNCHANGED,
    email: str | None = UNCHANGED,
    phone: str | None = UNCHANGED,
    user_name: str | None = UNCHANGED,
    number: str | None = UNCHANGED,
    locale: str = UNCHANGED,
    time_zone: str = UNCHANGED,
) -> tables.Employee:
    """Changes what is known of who somebody is; what is left out stays as it is.

    A feed writes it again with its next run; `keepLocally` says what it is to leave alone.

    Args:
        employee: Whose record changes.
        given_name: The name friends use.
        family_name: The name a family shares.
        display_name: The full name; if it is left out, one that was made of the two names follows them.
        email: The address at work; null for none.
        phone: The telephone number at work; null for none.
        user_name: What the person signs in as; null for nothing.
        number: The employee number; null for none.
        locale: A BCP 47 language tag.
        time_zone: A name of the IANA time zone database.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    asked = given(phone=phone, user_name=user_name, number=number)
    for name, value in given(
        given_name=given_name, family_name=family_name, display_name=display_name
    ).items():
        first, _, rest = name.partition("_")
        asked[name] = filled(value, f"{first}{rest.title()}")
    if "display_name" not in asked and found.display_name == f"{found.given_name} {found.family_name}":
        names = [asked.get(name, getattr(found, name)) for name in ("given_name", "family_name")]
        asked["display_name"] = " ".join(names)
    if locale is not UNCHANGED:
        asked["locale"] = language(locale)
    if time_zone is not UNCHANGED:
        asked["time_zone"] = zone(time_zone)
    if email is not UNCHANGED:
        asked["email"] = email and await free(tx, email, but=employee)
    if "user_name" in asked:
        asked["user_name_key"] = await unused(tx, "user_name", user_name, but=employee)
    if "number" in asked:
        await unused(tx, "number", number, but=employee)
    await write(tx, viewer, found, asked)
    return found


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


async def keep_locally(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId, fields: list[Kept]
) -> tables.Employee:
    """Says what of somebody is kept here: feeds and directories leave it as it is.

    Args:
        employee: Whose record it is.
        fields: All that is kept here from now on; none, to have a feed write everything again.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    wanted = [each.value for each in Kept if each in fields]
    if found.kept_locally != wanted:
        before = {"kept_locally": found.kept_locally}
        found.kept_locally, found.changed_at = wanted, now()
        await tx.flush()
        await audit.record(
            tx, viewer, "employee.keep_locally", found, before=before, after={"kept_locally": wanted}
        )
    return found


async def free(tx: Transaction, email: str, *, but: UUID | None = None) -> str:
    """An address as it is kept, which nobody else has. Raises `EmailTaken`, `InvalidInput`."""
    folded = address(email)
    owner = await owner_of(tx, tables.Employee.email, folded)
    if owner not in {None, but}:
        raise EmailTaken(f"{folded} is the address of somebody else.", employee=owner)
    return folded


async def owner_of(tx: Transaction, column: str | None, value: str) -> UUID | None:
    """Who has that address, user name or number."""
    found = await tx.execute(select(col(tables.Employee.id)).where(col(column) == value))
    return found.scalars().first()


async def unused(tx: Transaction, field: str, value: str | None, *, but: UUID | None = None) -> str | None:
    """A user name folded, or a number, which nobody else has. Raises `InvalidInput`."""
    if value is None:
        return None
    path, what = {"user_name": ("userName", "user name"), "number": ("number", "number")}[field]
    unique = fold(filled(value, path)) if field == "user_name" else filled(value, path)
    column = tables.Employee.user_name_key if field == "user_name" else tables.Employee.number
    if await owner_of(tx, column, unique) not in {None, but}:
        raise invalid(path, f"is the {what} of somebody else")
    return unique
