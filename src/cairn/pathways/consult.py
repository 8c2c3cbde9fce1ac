"""Statements that were kept, found again: by id, or by what they are about (1.0.3, part three, 2.1.3)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, bindparam, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased
from sqlmodel import col

from cairn.access.find import terms
from cairn.access.rules import visible
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.pathways import tables


@dataclass(frozen=True)
class Asked:
    """Which statements are asked for; those that were voided only by their id."""

    agent: Mapping[str, Any] | None = None
    """Whom they are about, as they name them: the actor, or the object, or a member of either."""
    related_agents: bool = False
    """Also who vouches for it, instructs, or is of the team, and whoever is in a statement within."""
    verb: str | None = None
    activity: str | None = None
    """What they are about."""
    related_activities: bool = False
    """Also what they stand in the context of, and what is in a statement within."""
    registration: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    """When they were stored."""
    ascending: bool = False
    after: UUID | None = None
    """The last one of the page before, by its key here."""


async def one(tx: Transaction, viewer: Viewer, statement: UUID, *, voided: bool) -> tables.Statement | None:
    """The statement of that id, if the viewer may see it."""
    row = tables.Statement
    there = col(row.voided_at).is_not(None) if voided else col(row.voided_at).is_(None)
    found = await tx.execute(select(row).where(col(row.statement) == statement, _seen(row, viewer), there))
    return found.scalar_one_or_none()


async def listed(tx: Transaction, viewer: Viewer, asked: Asked, limit: int) -> list[tables.Statement]:
    """Statements, the last stored first where nothing else is said.

    One that refers to another is found also by what that one is about; that is followed once, not further.
    """
    row = tables.Statement
    target = aliased(row)

    def first(query: Any) -> Any:
        order = col(row.id).asc() if asked.ascending else col(row.id).desc()
        return query.where(_seen(row, viewer), *_stored(row, asked)).order_by(order).limit(limit)

    about = _about(row, asked)
    found = [first(select(col(row.id)).where(*about))]
    if about:
        referring = select(col(row.id)).join(target, col(target.statement) == col(row.refers))
        found.append(first(referring.where(_seen(target, viewer), *_about(target, asked))))
    ids = union_all(*(select(each.subquery().c.id) for each in found)).subquery()
    order = col(row.id).asc() if asked.ascending else col(row.id).desc()
    these = select(row).where(col(row.id).in_(select(ids.c.id))).order_by(order).limit(limit)
    return list((await tx.execute(these)).scalars())


async def attached(
    tx: Transaction, viewer: Viewer, statements: Collection[UUID]
) -> list[tables.StatementAttachment]:
    """The files that came with statements, by the keys they have here; each once."""
    row = tables.StatementAttachment
    seen = visible(row.__table__, row, terms(viewer))
    of_them = col(row.statement_id) == any_(bindparam("ids", list(statements), ARRAY(Uuid)))
    query = (
        select(row).where(of_them, seen).ext(distinct_on(col(row.sha2))).order_by(col(row.sha2), col(row.id))
    )
    return list((await tx.execute(query)).scalars())


def _seen(row: Any, viewer: Viewer) -> ColumnElement[bool]:
    return visible(tables.Statement.__table__, row, terms(viewer))


def _stored(row: Any, asked: Asked) -> list[ColumnElement[bool]]:
    """The conditions on when it was stored, and that it was not voided."""
    found: list[ColumnElement[bool]] = [col(row.voided_at).is_(None)]
    if asked.since is not None:
        found.append(col(row.stored_at) > asked.since)
    if asked.until is not None:
        found.append(col(row.stored_at) <= asked.until)
    if asked.after is not None:
        found.append(col(row.id) > asked.after if asked.ascending else col(row.id) < asked.after)
    return found


def _about(row: Any, asked: Asked) -> list[ColumnElement[bool]]:
    """The conditions on what it is about."""
    found: list[ColumnElement[bool]] = []
    if asked.verb is not None:
        found.append(col(row.verb) == asked.verb)
    if asked.registration is not None:
        found.append(col(row.body).contains({"context": {"registration": str(asked.registration)}}))
    if asked.activity is not None:
        found.append(_activity(row, asked.activity, broadly=asked.related_activities))
    if asked.agent is not None:
        found.append(_agent(row, dict(asked.agent), broadly=asked.related_agents))
    return found


_CONTEXT = ("parent", "grouping", "category", "other")


def _activity(row: Any, activity: str, *, broadly: bool) -> ColumnElement[bool]:
    if not broadly:
        return col(row.activity) == activity
    here: list[dict[str, Any]] = [{"object": {"id": activity}}]
    here += [{"context": {"contextActivities": {kind: [{"id": activity}]}}} for kind in _CONTEXT]
    return _contains(row, [*here, *({"object": each} for each in here)])


def _agent(row: Any, agent: dict[str, Any], *, broadly: bool) -> ColumnElement[bool]:
    either = (agent, {"member": [agent]})
    here: list[dict[str, Any]] = [{part: each} for part in ("actor", "object") for each in either]
    if broadly:
        here += [{"context": {part: each}} for part in ("instructor", "team") for each in either]
        here += [{"object": each} for each in here] + [{"authority": each} for each in either]
    return _contains(row, here)


def _contains(row: Any, patterns: list[dict[str, Any]]) -> ColumnElement[bool]:
    return or_(*(col(row.body).contains(each) for each in patterns))
