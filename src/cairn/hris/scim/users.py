"""Writing people as a directory says they are: records, employments, and who may write them.

`active` is employment. False ends it as of today, so that sessions and tokens end with it; true begins one
today, or goes on with the one that ended today. Whoever is on leave is employed. A hire that is planned
stays planned, and so does a planned last day.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from scim2_models import ForbiddenException, InvalidValueException, UniquenessException
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access.permissions import Permission
from cairn.access.refusal import InvalidInput
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction, raw
from cairn.db.ranges import now
from cairn.hris.scim.document import Document, parked
from cairn.hris.scim.resources import ENTERPRISE, SOURCE
from cairn.people import employ, history, leaving, profile, tables
from cairn.people.history import Pending, Position, Stint
from cairn.people.tables import Engagement
from cairn.people.waiting import arrived, named

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
    if known is not None:
        await profile.bring_back(tx, viewer, known)
    found = await _put(tx, viewer, known, {"active": True, **document})
    if known is None:  # all of it was one change: that of their coming
        found.changed_at = found.created_at
        await tx.flush()
    return found.id


async def change(tx: Transaction, viewer: Viewer, known: tables.Employee, document: Document) -> None:
    """Makes a person what the document says; a person made by hand is the directory's from then on.

    Raises `UniquenessException`, `InvalidValueException`, `ForbiddenException`.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    owned(known.source, "person")
    await _put(tx, viewer, known, document)


async def remove(tx: Transaction, viewer: Viewer, known: tables.Employee) -> None:
    """Ends somebody's employment and memberships; SCIM finds them no more. Nothing they earned is lost."""
    owned(known.source, "person")
    known.source = SOURCE
    await leaving.remove(tx, viewer, known, reason=_DEACTIVATED)


async def _put(
    tx: Transaction, viewer: Viewer, known: tables.Employee | None, document: Document
) -> tables.Employee:
    """Makes somebody what the document says: the record, and what they are employed as from today on."""
    today = now().date()
    stints = await history.read(tx, known.id) if known is not None else []
    current = next((stint for stint in stints if stint.covers(today)), None)
    is_active = document.get("active", current is not None) is not False
    is_planned = current is None and any(stint.since > today for stint in stints)
    manager = await _manager(tx, known, document)
    said = _said(document)
    if is_planned or not is_active:  # what they would be employed as waits for the day they are
        waiting = parked(document, *manager)
        extension = {**said["attributes"].get(ENTERPRISE, {}), **waiting.get(ENTERPRISE, {})}
        said["attributes"] |= waiting | ({ENTERPRISE: extension} if extension else {})
    said = await _claimed(tx, known, said)
    if known is None:
        known = await profile.register(tx, viewer, said, source=SOURCE)
    else:
        await profile.write(tx, viewer, known, {**said, "source": SOURCE})
    if is_active and not is_planned:
        await _employ(tx, viewer, known, document, stints, manager)
    elif current is not None:
        # Whom a directory switches off it takes to be in its groups still: they would never come back.
        await leaving.end(tx, viewer, known, stints, today, _DEACTIVATED, kept=SOURCE)
    await arrived(tx, known)
    return known


async def _by_external_id(tx: Transaction, external_id: str | None) -> tables.Employee | None:
    if external_id is None:
        return None
    found = select(tables.Employee).where(
        col(tables.Employee.source) == SOURCE, col(tables.Employee.external_id) == external_id
    )
    return (await tx.execute(found.with_for_update(key_share=True))).scalar_one_or_none()


def _said(document: Document) -> dict[str, Any]:
    """What a document says of a record, by column. Raises `InvalidValueException`."""
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
    return {**said, "user_name_key": profile.fold(user_name), "attributes": kept}


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


async def _claimed(tx: Transaction, known: tables.Employee | None, said: dict[str, Any]) -> dict[str, Any]:
    """What is written of what is said: all but what is kept here. Raises `UniquenessException`."""
    if known is not None:
        said = profile.kept(known, said)
        if "user_name" not in said:
            del said["user_name_key"]
    by = known.id if known is not None else None
    try:
        await profile.claim(tx, said, by=by)
    except profile.Taken as taken:
        name = {"user_name_key": "userName", "email": "emails", "number": "employeeNumber"}[taken.field]
        raise UniquenessException(detail=f"{name} {taken.value} is that of another user") from None
    if said.get("user_name_key") is not None:
        await _not_shown(tx, said["user_name_key"], by)
    return said


async def _not_shown(tx: Transaction, user_name_key: str, by: UUID | None) -> None:
    """Whoever has no user name shows their address as one. Raises `UniquenessException` where that is it."""
    e = tables.Employee
    shown = select(col(e.id)).where(
        col(e.email) == user_name_key,
        col(e.user_name_key).is_(None),
        col(e.removed_at).is_(None),
        col(e.id).is_distinct_from(by),
    )
    if (await tx.execute(shown)).first() is not None:
        raise UniquenessException(detail=f"userName {user_name_key} is that of another user")


Manager = tuple[UUID | None, str | None]
"""A manager by id; or by what to wait for."""


async def _employ(
    tx: Transaction,
    viewer: Viewer,
    known: tables.Employee,
    document: Document,
    stints: list[Stint],
    manager: Manager,
) -> None:
    """Makes the employment what the document says, from today on."""
    today = now().date()
    current = next((stint for stint in stints if stint.covers(today)), None)
    before = current or next((stint for stint in reversed(stints) if stint.until == today), None)
    position, pending = await _position(tx, known, document, before, manager)
    if before is None or (current is None and (before.position, before.pending) != (position, pending)):
        await employ.begin(tx, viewer, known, stints, today, position, pending)
    elif current is None:
        await leaving.go_on(tx, viewer, known, stints, before)
    elif (current.position, current.pending) != (position, pending):
        await employ.become(tx, viewer, known, stints, today, position, pending)


async def _position(
    tx: Transaction, known: tables.Employee, document: Document, before: Stint | None, manager: Manager
) -> tuple[Position, Pending]:
    held = before.position if before is not None else Position()
    department = document.get(ENTERPRISE, {}).get("department")
    said = profile.kept(
        known,
        {
            "title": document.get("title") or None,
            "manager": manager[0],
            "department": await _department(tx, department, held.department),
            "engagement": _ENGAGEMENTS.get(str(document.get("userType", "")).casefold(), held.engagement),
        },
    )
    waiting = before.pending if before is not None else Pending()
    if "manager" in said:
        waiting = replace(waiting, manager=manager[1])
    if "department" in said:
        waiting = replace(waiting, department=None)
    return replace(held, **said), waiting


async def _manager(tx: Transaction, known: tables.Employee | None, document: Document) -> Manager:
    """The manager, or what to wait for. Raises `InvalidValueException`."""
    value: str | None = (document.get(ENTERPRISE, {}).get("manager") or {}).get("value")
    if not value:
        return None, None
    found = (await named(await raw(tx), SOURCE, [value])).get(value)
    if found is None:
        return None, value
    if known is not None and found == known.id:
        raise InvalidValueException(detail="manager: nobody is their own manager")
    return found, None


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
