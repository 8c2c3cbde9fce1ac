"""People and teams as SCIM writes them: from their rows, a page at a time.

What means something here stands in columns; the rest of what a directory said stands in
`Employee.attributes`, by its SCIM name. There a name may also stand for a column: null, or an empty list,
says that the directory has no such attribute, whatever the column holds for others to show; and what
somebody without an employment would be employed as waits there for one.
"""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from hashlib import blake2b
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Select, Uuid, and_, any_, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from cairn.access.rules import At
from cairn.db.engine import Transaction
from cairn.db.tables import INSTANT, occurrence
from cairn.hris.scim.resources import ENTERPRISE, GROUP, SOURCE, USER
from cairn.people import tables

Document = dict[str, Any]
"""A resource as JSON; its references are relative, and it has no location yet."""

_EXTENSION_KEPT = ("costCenter", "organization", "division")


_IDS = bindparam("ids", type_=ARRAY(Uuid))
_DAY = bindparam("day", type_=Date)
_INSTANT = bindparam("instant", type_=INSTANT)


async def users(tx: Transaction, ids: Sequence[UUID], at: At, *, groups: bool = True) -> list[Document]:
    """The users of these ids, in that order; those there are."""
    if not ids:
        return []
    listed = await _groups_of(tx, ids, at) if groups else {}
    given = {"ids": list(ids), "day": at.day.value}
    rows = {row["id"]: row for row in (await tx.execute(_users(), given)).mappings()}
    return [_user(rows[id_], listed.get(id_, ())) for id_ in ids if id_ in rows]


@cache
def _users() -> Select[Any]:
    """Employments are found by the person first, and joined then.

    Else PostgreSQL takes the index of the constraint, in which people whose ids lie close together may lie a
    hundred pages apart.
    """
    e, m, d = (occurrence(table) for table in (tables.Employee, tables.Employment, tables.Department))
    theirs = select(
        m.c.employee_id,
        m.c.valid,
        m.c.id.label("stint"),
        m.c.title,
        m.c.manager_id,
        m.c.manager_ref,
        m.c.department_id,
        m.c.department_ref,
        m.c.engagement,
    ).where(m.c.employee_id == any_(_IDS))
    mine = theirs.cte("mine").prefix_with("materialized", dialect="postgresql")
    held = and_(mine.c.employee_id == e.c.id, mine.c.valid.contains(_DAY))
    return (
        select(
            e,
            mine.c.stint,
            mine.c.title,
            mine.c.manager_id,
            mine.c.manager_ref,
            mine.c.department_ref,
            mine.c.engagement,
            d.c.name.label("department"),
        )
        .select_from(e.outerjoin(mine, held).outerjoin(d, d.c.id == mine.c.department_id))
        .where(e.c.id == any_(_IDS))
    )


async def _groups_of(tx: Transaction, ids: Sequence[UUID], at: At) -> dict[UUID, list[tuple[str, str]]]:
    """The ids and names of the groups that each of these users is in."""
    found: dict[UUID, list[tuple[str, str]]] = {}
    given = {"ids": list(ids), "instant": at.instant.value}
    for employee, id_, name in await tx.execute(_memberships(), given):
        found.setdefault(employee, []).append((str(id_), name))
    return found


@cache
def _memberships() -> Select[Any]:
    """Memberships are found by the person first, too."""
    member, team = occurrence(tables.TeamMembership), occurrence(tables.Team)
    theirs = select(member.c.employee_id, member.c.team_id, member.c.valid)
    theirs = theirs.where(member.c.employee_id == any_(_IDS))
    mine = theirs.cte("mine").prefix_with("materialized", dialect="postgresql")
    return (
        select(mine.c.employee_id, team.c.id, team.c.name)
        .select_from(mine.join(team, team.c.id == mine.c.team_id))
        .where(mine.c.valid.contains(_INSTANT), team.c.closed_at.is_(None))
        .order_by(team.c.name, team.c.id)
    )


def _user(row: Mapping[Any, Any], listed: Sequence[tuple[str, str]]) -> Document:
    kept: dict[str, Any] = row["attributes"]
    employed = row["stint"] is not None
    found: Document = {"schemas": [USER], "id": str(row["id"])}
    if row["source"] == SOURCE and row["external_id"] is not None:
        found["externalId"] = row["external_id"]
    found["userName"] = row["user_name"] or row["email"] or str(row["id"])
    name = {**kept.get("name", {}), "givenName": row["given_name"], "familyName": row["family_name"]}
    if name := {key: value for key, value in name.items() if value}:
        found["name"] = name
    found.update(
        {key: value for key, value in kept.items() if key not in _ELSEWHERE and value not in (None, [])}
    )
    standing: dict[str, Any] = {
        "displayName": row["display_name"],
        "locale": row["locale"],
        "timezone": row["time_zone"],
        "active": employed,
        "userType": row["engagement"].title() if employed else None,
        "emails": row["email"] and [{"value": row["email"], "type": "work", "primary": True}],
        "phoneNumbers": row["phone"] and [{"value": row["phone"], "type": "work"}],
    }
    if employed:
        found.pop("title", None)
        standing["title"] = row["title"]
    for key, value in standing.items():
        if value is not None and (key not in kept or (key == "title" and employed)):
            found[key] = value
    if listed:
        found["groups"] = [
            {"value": id_, "$ref": f"Groups/{id_}", "display": label, "type": "direct"}
            for id_, label in listed
        ]
    if extension := _enterprise(row, kept.get(ENTERPRISE, {}), employed=employed):
        found["schemas"] = [USER, ENTERPRISE]
        found[ENTERPRISE] = extension
    found["meta"] = _meta("User", row["created_at"], row["changed_at"], row["stint"])
    return found


_ELSEWHERE = {"name", ENTERPRISE}


def _enterprise(row: Mapping[Any, Any], kept: Mapping[str, Any], *, employed: bool) -> dict[str, Any]:
    found = {key: kept[key] for key in _EXTENSION_KEPT if kept.get(key)}
    if row["number"] is not None:
        found["employeeNumber"] = row["number"]
    if not employed:
        return found | {key: kept[key] for key in ("department", "manager") if kept.get(key)}
    if department := row["department"] or row["department_ref"]:
        found["department"] = department
    if row["manager_id"] is not None:
        manager = str(row["manager_id"])
        found["manager"] = {"value": manager, "$ref": f"Users/{manager}"}
    elif row["manager_ref"] is not None:
        found["manager"] = {"value": row["manager_ref"]}
    return found


def parked(document: Document, manager: UUID | None, manager_ref: str | None) -> dict[str, Any]:
    """What of a user's document says what they are employed as, for `Employee.attributes`."""
    found: dict[str, Any] = {}
    if title := document.get("title"):
        found["title"] = title
    waiting: dict[str, Any] = {}
    if department := document.get(ENTERPRISE, {}).get("department"):
        waiting["department"] = department
    if manager is not None:
        waiting["manager"] = {"value": str(manager), "$ref": f"Users/{manager}"}
    elif manager_ref is not None:
        waiting["manager"] = {"value": manager_ref}
    if waiting:
        found[ENTERPRISE] = waiting
    return found


async def groups(tx: Transaction, ids: Sequence[UUID], at: At, *, members: bool = True) -> list[Document]:
    """The groups of these ids, in that order; those there are."""
    if not ids:
        return []
    t = occurrence(tables.Team)
    query = select(t, _members_of(t.c.id, at).label("members") if members else literal(None).label("members"))
    query = query.where(t.c.id == any_(bindparam("ids", list(ids), ARRAY(Uuid))))
    rows = {row["id"]: row for row in (await tx.execute(query)).mappings()}
    return [_group(rows[id_]) for id_ in ids if id_ in rows]


def _members_of(team: Any, at: At) -> Any:
    member, e = occurrence(tables.TeamMembership), occurrence(tables.Employee)
    return (
        select(
            func.json_agg(
                aggregate_order_by(func.json_build_array(e.c.id, e.c.display_name), member.c.valid, e.c.id)
            )
        )
        .select_from(member.join(e, e.c.id == member.c.employee_id))
        .where(member.c.team_id == team, member.c.valid.contains(at.instant), e.c.removed_at.is_(None))
        .scalar_subquery()
    )


def _group(row: Mapping[Any, Any]) -> Document:
    found: Document = {"schemas": [GROUP], "id": str(row["id"])}
    if row["source"] == SOURCE and row["external_id"] is not None:
        found["externalId"] = row["external_id"]
    found["displayName"] = row["name"]
    if row["members"]:
        found["members"] = [
            {"value": id_, "$ref": f"Users/{id_}", "type": "User", "display": label}
            for id_, label in row["members"]
        ]
    found["meta"] = _meta("Group", made(row["id"]) or row["changed_at"], row["changed_at"], None)
    return found


def made(id_: UUID) -> datetime | None:
    """When a version 7 UUID was made (RFC 9562, section 5.7), to the millisecond."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC) if id_.version == 7 else None


def _meta(kind: str, created: datetime, changed: datetime, stint: UUID | None) -> dict[str, Any]:
    """The version also tells whether somebody is employed: a day that comes changes that, and no row."""
    seen = blake2b(f"{changed.isoformat()}{stint or ''}".encode(), digest_size=9).digest()
    return {
        "resourceType": kind,
        "created": instant(created),
        "lastModified": instant(max(created, changed)),
        "version": f'W/"{urlsafe_b64encode(seen).decode()}"',
    }


def instant(when: datetime) -> str:
    """RFC 7643, section 2.3.5."""
    return when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def located(document: Document, base: str) -> Document:
    """The document with its location, and its references as addresses (RFC 7643, section 2.3.7)."""
    meta = document["meta"]
    meta["location"] = f"{base}/{meta['resourceType']}s/{document['id']}"
    for key in ("groups", "members"):
        for each in document.get(key, ()):
            each["$ref"] = f"{base}/{each['$ref']}"
    manager = document.get(ENTERPRISE, {}).get("manager", {})
    if "$ref" in manager:
        manager["$ref"] = f"{base}/{manager['$ref']}"
    return document


__all__ = ["Document", "groups", "instant", "located", "made", "parked", "users"]
