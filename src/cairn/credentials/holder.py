"""What an app that acts for a person reads and writes of theirs: credentials and profile (Open Badges 3.0).

Credentials are those that stand: what the person was awarded here and does not hide, as it was signed, and
what they brought from outside and no check refused. A profile is what the company keeps of the person, which
an app reads and cannot change, and what they say of themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.refusal import InvalidInput, NotAllowed, invalid
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.contexts import OPEN_BADGES
from cairn.credentials.report import strings
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.people.tables import Employee

LONGEST_DESCRIPTION = 2_000
LONGEST_URL = 500

_THEIRS = """
select signed_at as at, document.id, document
from signed_document document join award on award.id = award_id
where employee_id = :employee and superseded_at is null and revoked_at is null and not is_hidden
union all
select added_at, id, document from outside_credential
where employee_id = :employee and state in ('VERIFIED', 'UNKNOWN') and form like 'Open Badges 3.0,%'
"""
_COUNT = text(
    f"select count(*) from ({_THEIRS}) theirs"  # noqa: S608  # ours
    " where cast(:since as timestamptz) is null or at > :since"
)
_PAGE = text(
    f"select document from ({_THEIRS}) theirs"  # noqa: S608  # ours
    " where cast(:since as timestamptz) is null or at > :since"
    " order by at, id limit :limit offset :offset"
)


@dataclass(frozen=True)
class Credentials:
    """A page of somebody's credentials."""

    total: int
    """How many there are in all."""
    documents: list[str]
    """JSON with its proof inside, or a JWT."""


async def credentials(
    tx: Transaction, employee: UUID, *, since: datetime | None, limit: int, offset: int
) -> Credentials:
    """Somebody's credentials that were signed, or brought, after an instant; the oldest first."""
    given = {"employee": employee, "since": since}
    total = (await tx.execute(_COUNT, given)).scalar_one()
    rows = await tx.execute(_PAGE, {**given, "limit": limit, "offset": offset})
    return Credentials(total, list(rows.scalars()))


async def profile(tx: Transaction, employee: UUID, app: UUID) -> dict[str, Any]:
    """Somebody's Profile (Open Badges 3.0, appendix B). Its id is another one for each app, and stays."""
    person = await tx.get_one(Employee, employee)
    said = await _said(tx, employee)
    found = {
        "@context": [OPEN_BADGES],
        "id": f"urn:uuid:{uuid5(employee, str(app))}",
        "type": ["Profile"],
        "name": person.display_name,
        "givenName": person.given_name,
        "familyName": person.family_name,
        "email": person.email,
        "url": said.url if said else None,
        "description": said.description if said else None,
    }
    return {name: value for name, value in found.items() if value}


async def describe(tx: Transaction, viewer: Viewer, app: UUID, given: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps what somebody says of themselves, and gives the Profile as it is then.

    Raises `InvalidInput`, and `NotAllowed` where it changes what the company keeps.
    """
    assert viewer.employee is not None
    if "Profile" not in strings(given.get("type")):
        raise invalid("type", "must be Profile")
    known = await profile(tx, viewer.employee, app)
    own = {"url": LONGEST_URL, "description": LONGEST_DESCRIPTION}
    wrong = InvalidInput("The profile cannot be kept as it is.")
    for name, value in given.items():
        if name in {"@context", "type"} or value is None:
            continue
        if name in own:
            if not isinstance(value, str) or len(value) > own[name]:
                wrong.problems += invalid(name, f"a text of at most {own[name]} characters").problems
            elif name == "url" and not value.startswith(("https://", "http://")):
                wrong.problems += invalid(name, "an address on the web").problems
        elif name not in {"id", "name", "givenName", "familyName", "email"}:
            wrong.problems += invalid(name, "is not kept here: leave it out").problems
        elif value != known.get(name):
            raise NotAllowed(f"{name} is kept by the company: send it as it is, or leave it out.")
    if wrong.problems:
        raise wrong
    said = await _said(tx, viewer.employee) or tables.PersonalProfile(employee_id=viewer.employee)
    said.url, said.description = given.get("url") or None, given.get("description") or None
    said.changed_at = now()
    tx.add(said)
    await tx.flush()
    await audit.record(
        tx, viewer, "profile.describe", said, after={"fields": sorted(own.keys() & given.keys())}
    )
    return await profile(tx, viewer.employee, app)


async def _said(tx: Transaction, employee: UUID) -> tables.PersonalProfile | None:
    query = select(tables.PersonalProfile).where(col(tables.PersonalProfile.employee_id) == employee)
    return (await tx.execute(query)).scalar_one_or_none()
