"""Who somebody is: names, addresses, numbers, and what of it a feed does not write."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import col

from cairn.access.refusal import Refusal, invalid
from cairn.db.engine import Transaction
from cairn.people import tables
from cairn.people.history import EmployeeId


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
