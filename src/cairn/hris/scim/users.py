"""Writing people as a directory says they are: records, employments, and who may write them.

`active` is employment. False ends it as of today, so that sessions and tokens end with it; true begins one
today, or goes on with the one that ended today. Whoever is on leave is employed. A hire that is planned
stays planned, and so does a planned last day.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from scim2_models import ForbiddenException, InvalidValueException, UniquenessException
from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import InvalidInput
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.hris.scim.document import Document, parked
from cairn.hris.scim.resources import ENTERPRISE, SOURCE
from cairn.people import history, leaving, profile, tables
from cairn.people.employ import settle
from cairn.people.history import Pending, Position, Stint
from cairn.people.memberships import leave_teams
from cairn.people.tables import Engagement

_ENGAGEMENTS = {
    "employee": Engagement.EMPLOYEE,
    "contractor": Engagement.CONTRACTOR,
    "external": Engagement.CONTRACTOR,
    "intern": Engagement.INTERN,
    "temp": Engagement.TEMPORARY,
    "temporary": Engagement.TEMPORARY,
}
"""What is made of `userType`; of another one nothing, and it is given back as it came."""

_DEACTIVATED = "Deactivated by the directory"
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:value, 7644))")
_RECORDED = ("user_name", "email", "phone", "number", "display_name", "given_name", "family_name", "locale")


def owned(source: str | None, what: str) -> None:
    """Raises `ForbiddenException` for what another feed keeps."""
    if source not in {None, SOURCE}:
        raise ForbiddenException(detail=f"This {what} is kept by the feed {source}; change it there")


async def create(tx: Transaction, viewer: Viewer, document: Document) -> UUID:
    """Writes a new person; somebody whom the directory had removed comes back as the same person.

    Raises `UniquenessException`, `InvalidValueException`.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    known = await _by_external_id(tx, document.get("externalId"))
    if known is not None and known.removed_at is None:
        raise UniquenessException(detail="externalId is that of another user")
    moment = now()
    if known is None:
        known = tables.Employee(
            given_name="",
            family_name="",
            display_name="",
            source=SOURCE,
            created_at=moment,
        )
        verb, before = "employee.create", None
    else:
        verb, before = "employee.return", {"removed_at": known.removed_at}
        known.removed_at = None
    document = {"active": True, **document}
    await _record(tx, known, document)
    tx.add(known)
    await tx.flush()
    await _employ(tx, viewer, known, document)
    known.changed_at = moment
    await tx.flush()
    await _link(tx, known)
    await audit.record(tx, viewer, verb, known, before=before, after=_told(known))
    return known.id


async def change(tx: Transaction, viewer: Viewer, known: tables.Employee, document: Document) -> None:
    """Makes a person what the document says; a person made by hand is the directory's from then on.

    Raises `UniquenessException`, `InvalidValueException`, `ForbiddenException`.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    owned(known.source, "person")
    before = _told(known)
    known.source = SOURCE
    await _record(tx, known, document)
    await tx.flush()
    await _employ(tx, viewer, known, document)
    known.changed_at = now()
    await tx.flush()
    await _link(tx, known)
    after = _told(known)
    changed = [name for name in after if after[name] != before[name]]
    await audit.record(
        tx,
        viewer,
        "employee.update",
        known,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
    )


async def remove(tx: Transaction, viewer: Viewer, known: tables.Employee) -> None:
    """Ends somebody's employment and memberships; SCIM finds them no more. Nothing they earned is lost."""
    viewer.require(Permission.WRITE_PEOPLE)
    owned(known.source, "person")
    known.source = SOURCE
    today = now().date()
    stints = await history.read(tx, known.id)
    if any(stint.until is None or stint.until > today for stint in stints):
        await leaving.end(tx, viewer, known, stints, today, _DEACTIVATED)
    await leave_teams(tx, known.id, now())
    known.removed_at = known.changed_at = now()
    await tx.flush()
    await audit.record(tx, viewer, "employee.remove", known, after={"removed_at": known.removed_at})


def _told(known: tables.Employee) -> dict[str, Any]:
    names = (*_RECORDED, "time_zone", "source", "external_id", "attributes")
    return {name: getattr(known, name) for name in names}


async def _by_external_id(tx: Transaction, external_id: str | None) -> tables.Employee | None:
    if external_id is None:
        return None
    found = select(tables.Employee).where(
        col(tables.Employee.source) == SOURCE, col(tables.Employee.external_id) == external_id
    )
    return (await tx.execute(found.with_for_update(key_share=True))).scalar_one_or_none()


async def _record(tx: Transaction, known: tables.Employee, document: Document) -> None:
    """The columns of a record, and what else the directory says."""
    name = document.get("name", {})
    user_name = str(document["userName"]).strip()
    if not user_name:
        raise InvalidValueException(detail="userName must not be empty")
    kept = {key: value for key, value in document.items() if key not in _COLUMNS and key != ENTERPRISE}
    if rest := {key: value for key, value in name.items() if key not in {"givenName", "familyName"}}:
        kept["name"] = rest
    extension = document.get(ENTERPRISE, {})
    if rest := {
        key: extension[key] for key in ("costCenter", "organization", "division") if key in extension
    }:
        kept[ENTERPRISE] = rest
    said: dict[str, Any] = {
        "user_name": user_name,
        "number": extension.get("employeeNumber"),
        "external_id": document.get("externalId"),
        "given_name": name.get("givenName", ""),
        "family_name": name.get("familyName", ""),
        "email": _address(document.get("emails") or []),
        "phone": next((each["value"] for each in _best(document.get("phoneNumbers") or [])), None),
    }
    full = " ".join(filter(None, (said["given_name"], said["family_name"])))
    said["display_name"] = document.get("displayName") or name.get("formatted") or full or user_name
    said["locale"] = document.get("locale", "en")
    zone = document.get("timezone")
    said["time_zone"] = "UTC"
    if zone is not None:
        try:
            said["time_zone"] = profile.zone(zone)
        except InvalidInput:
            kept["timezone"] = zone
    for key in ("displayName", "locale", "timezone", "active", "userType"):
        if key not in document:
            kept[key] = None
    for key in ("emails", "phoneNumbers"):
        kept.setdefault(key, [])
    for field, value in profile.kept(known, said).items():
        setattr(known, field, value)
    known.user_name_key = known.user_name and profile.fold(known.user_name)
    known.attributes = kept
    await _unique(tx, known)


_COLUMNS = {
    "schemas",
    "id",
    "meta",
    "groups",
    "password",
    "externalId",
    "userName",
    "name",
    "displayName",
    "title",
    "locale",
    "timezone",
    "active",
}
"""What of a document is not kept as it is: it has a column, or is none of the directory's to say.

A password is nothing to keep: people sign in at the identity provider.
"""


def _best(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The primary one first, else the one for work."""
    with_value = [each for each in values if each.get("value")]
    return sorted(with_value, key=lambda each: (each.get("primary") is not True, each.get("type") != "work"))


def _address(emails: list[dict[str, Any]]) -> str | None:
    for each in _best(emails):
        try:
            return profile.address(each["value"])
        except InvalidInput:
            raise InvalidValueException(detail=f"emails: {each['value']} is no address") from None
    return None


async def _unique(tx: Transaction, known: tables.Employee) -> None:
    """That nobody else has the user name, address or number; one who was removed gives it up.

    Raises `UniquenessException`.
    """
    unique = {
        "userName": ("user_name_key", known.user_name_key),
        "emails": ("email", known.email),
        "employeeNumber": ("number", known.number),
    }
    with tx.no_autoflush:
        # Constraints that are deferred have two who take one value wait for each other as they commit.
        for taken in sorted({value for _, value in unique.values() if value}):
            await tx.execute(_ONE_AT_A_TIME, {"value": taken})
        for attribute, (field, value) in unique.items():
            if value is None:
                continue
            column = getattr(tables.Employee, field)
            found = select(tables.Employee).where(col(column) == value, col(tables.Employee.id) != known.id)
            for other in (await tx.execute(found)).scalars():
                if other.removed_at is None:
                    raise UniquenessException(detail=f"{attribute} {value} is that of another user")
                setattr(other, field, None)
                if field == "user_name_key":
                    other.user_name = None


async def _employ(tx: Transaction, viewer: Viewer, known: tables.Employee, document: Document) -> None:
    """Makes the employment what the document says, from today on."""
    today = now().date()
    stints = await history.read(tx, known.id)
    current = next((stint for stint in stints if stint.covers(today)), None)
    if document.get("active", current is not None) is False:
        if current is not None:
            # Whom a directory switches off it takes to be in its groups still: they would never come back.
            await leaving.end(tx, viewer, known, stints, today, _DEACTIVATED, kept=SOURCE)
        await _park(tx, known, document)
        return
    before = current or next((stint for stint in reversed(stints) if stint.until == today), None)
    position, pending = await _position(tx, known, document, before)
    if current is None and any(stint.since > today for stint in stints):
        await _park(tx, known, document)
        return  # a hire that is planned: access begins on that day
    if current is not None:
        if current.position == position and current.pending == pending:
            return
        wanted = _changed(stints, current, today, position, pending)
    elif before is not None and before.position == position and before.pending == pending:
        wanted = [replace(stint, until=None) if stint is before else stint for stint in stints]
    else:
        wanted = [*stints, Stint(today, None, position, pending)]
    await _write(tx, viewer, known, wanted, "the directory says so")
    if current is None and stints:
        await audit.record(tx, viewer, "employee.rehire", known, after={"starts_on": today})


async def _park(tx: Transaction, known: tables.Employee, document: Document) -> None:
    """Keeps what somebody would be employed as, for the day they are."""
    manager, manager_ref = await _manager(tx, known, _manager_value(document))
    waiting, kept = parked(document, manager, manager_ref), known.attributes
    known.attributes = {**kept, **waiting}
    if extension := {**kept.get(ENTERPRISE, {}), **waiting.get(ENTERPRISE, {})}:
        known.attributes[ENTERPRISE] = extension


def _manager_value(document: Document) -> str | None:
    value: str | None = (document.get(ENTERPRISE, {}).get("manager") or {}).get("value")
    return value


def _changed(
    stints: list[Stint], current: Stint, today: date, position: Position, pending: Pending
) -> list[Stint]:
    found = [stint for stint in stints if stint is not current]
    if current.since < today:
        found.append(replace(current, until=today))
    return [*found, Stint(today, current.until, position, pending)]


async def _write(
    tx: Transaction, viewer: Viewer, known: tables.Employee, stints: list[Stint], reason: str
) -> None:
    if await history.write(tx, viewer, known.id, stints, reason=reason):
        await settle(tx, [known.id])


async def _position(
    tx: Transaction, known: tables.Employee, document: Document, before: Stint | None
) -> tuple[Position, Pending]:
    extension = document.get(ENTERPRISE, {})
    manager, manager_ref = await _manager(tx, known, _manager_value(document))
    held = before.position if before is not None else Position()
    said = profile.kept(
        known,
        {
            "title": document.get("title") or None,
            "manager": manager,
            "department": await _department(tx, extension.get("department"), held.department),
            "engagement": _ENGAGEMENTS.get(str(document.get("userType", "")).casefold(), held.engagement),
        },
    )
    waiting = before.pending if before is not None else Pending()
    if "manager" in said:
        waiting = replace(waiting, manager=manager_ref)
    if "department" in said:
        waiting = replace(waiting, department=None)
    return replace(held, **said), waiting


async def _manager(
    tx: Transaction, known: tables.Employee, value: str | None
) -> tuple[UUID | None, str | None]:
    """The manager by id; by what else a directory may call them; else what to wait for."""
    if not value:
        return None, None
    e = tables.Employee
    terms = [
        (col(e.source) == SOURCE) & (col(e.external_id) == value),
        col(e.user_name_key) == profile.fold(value),
        col(e.number) == value,
    ]
    with suppress(ValueError):
        terms.append(col(e.id) == UUID(value))
    with tx.no_autoflush:
        found = list((await tx.execute(select(col(e.id)).where(or_(*terms)))).scalars())
    if len(found) == 1:
        if found[0] == known.id:
            raise InvalidValueException(detail="manager: nobody is their own manager")
        return found[0], None
    return None, value


async def _link(tx: Transaction, known: tables.Employee) -> None:
    """Gives the person those who have waited for them as their manager."""
    names = {known.external_id, known.user_name, known.number, str(known.id)} - {None}
    waiting = select(tables.Employment).where(
        col(tables.Employment.manager_ref).in_(names), col(tables.Employment.employee_id) != known.id
    )
    rows = list((await tx.execute(waiting)).scalars())
    for row in rows:
        row.manager_id, row.manager_ref = known.id, None
    if rows:
        await settle(tx, [row.employee_id for row in rows])


async def _department(tx: Transaction, name: str | None, held: UUID | None) -> UUID | None:
    """The department of that name: the one they are in, the directory's own, or another; else a new one."""
    if not name or not name.strip():
        return None
    d = tables.Department
    found = (
        select(col(d.id))
        .where(col(d.name) == name, col(d.closed_on).is_(None))
        .order_by(
            (col(d.id) == held).desc().nulls_last(), (col(d.source) == SOURCE).desc().nulls_last(), col(d.id)
        )
        .limit(1)
    )
    with tx.no_autoflush:
        known = (await tx.execute(found)).scalar_one_or_none()
        if known is not None:
            return known
        new = insert(d.__table__).values(id=d.new_id(), name=name, source=SOURCE, external_id=name)
        await tx.execute(new.on_conflict_do_nothing(index_elements=["source", "external_id"]))
        made: UUID = (
            await tx.execute(select(col(d.id)).where(col(d.source) == SOURCE, col(d.external_id) == name))
        ).scalar_one()
        return made
