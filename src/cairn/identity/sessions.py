"""Sessions: begun at sign-in, ended by the person, the identity provider, or who manages access."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission, Role
from cairn.access.refusal import NotFound, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph.tables import Outcome
from cairn.identity import tables
from cairn.identity.cookies import secret
from cairn.identity.proofs import LIFETIME
from cairn.identity.tables import Ending, Session
from cairn.jobs.schedule import every
from cairn.people.history import EmployeeId
from cairn.people.tables import Employee, Employment

SessionId = Annotated[UUID, Ref("Session")]


def digest(token: str) -> bytes:
    """The SHA-256 by which a secret is known here. It is random and long: no salt would add to it."""
    return hashlib.sha256(token.encode()).digest()


def person(employee: UUID, roles: frozenset[Role] = frozenset()) -> Viewer:
    """An employee as a viewer."""
    return Viewer(employee, roles | {Role.EMPLOYEE}, f"employee:{employee}")


async def begin(
    tx: Transaction,
    *,
    employee: UUID,
    issuer: str,
    subject: str,
    sid: str | None,
    roles: frozenset[Role],
    browser: str | None,
) -> str:
    """Begins a session and answers with what its cookie holds.

    The roles hold for all of the person's sessions by that account: what is learned last is true.
    """
    token, at = secret(), now()
    session = Session(
        key=digest(token),
        employee_id=employee,
        issuer=issuer,
        subject=subject,
        sid=sid,
        roles=sorted(roles),
        browser=browser,
        created_at=at,
        seen_at=at,
        expires_at=at + LIFETIME,
    )
    others = (col(Session.issuer) == issuer, col(Session.subject) == subject, col(Session.ended_at).is_(None))
    await tx.execute(update(Session).where(*others).values(roles=session.roles))
    tx.add(session)
    viewer = person(employee, roles)
    await audit.record(tx, viewer, "session.begin", session, after={"issuer": issuer, "roles": session.roles})
    return token


async def end(
    tx: Transaction, viewer: Viewer | None, ending: Ending, *which: ColumnElement[bool]
) -> Sequence[Session]:
    """Ends the sessions that meet all of these conditions; without a viewer, on behalf of whose they are."""
    query = (
        update(Session)
        .where(*which, col(Session.ended_at).is_(None))
        .values(ended_at=now(), ending=ending)
        .returning(Session)
    )
    ended = (await tx.execute(query)).scalars().all()
    for session in ended:
        await audit.record(
            tx, viewer or person(session.employee_id), "session.end", session, after={"ending": ending}
        )
    return ended


def holding(token: str) -> ColumnElement[bool]:
    """The session whose cookie holds this."""
    return col(Session.key) == digest(token)


async def end_session(tx: Transaction, viewer: Viewer, *, session: SessionId) -> Session:
    """Ends a session: the browser that has it is signed out.

    Args:
        session: One of your own sessions, or anybody's if you manage access.
    """
    found = await find(tx, viewer, Session, session)
    await end(tx, viewer, Ending.ENDED, col(Session.id) == session)
    return found


@dataclass
class EndedSessions:
    """Sessions that were ended at once."""

    sessions: list[SessionId]
    """Those that were live."""


async def end_sessions(
    tx: Transaction,
    viewer: Viewer,
    *,
    employee: EmployeeId | None = None,
    keep: SessionId | None = None,
) -> EndedSessions:
    """Ends all of somebody's sessions: they are signed out everywhere, but where one is kept.

    Args:
        employee: Whose: your own by default, and anybody's if you manage access.
        keep: One of them to leave as it is: the one that `isCurrent`, to be signed out everywhere else.
    """
    whose = employee or viewer.employee
    if whose is None:
        raise invalid("employee", "name whose sessions are to end")
    if whose != viewer.employee:
        viewer.require(Permission.MANAGE_ACCESS)
        if await tx.get(Employee, whose) is None:
            raise NotFound("There is no such employee.", id=whose)
    which = [col(Session.employee_id) == whose]
    if keep is not None:
        kept = await tx.get(Session, keep)
        if kept is None or kept.employee_id != whose:
            raise NotFound("There is no such session among theirs to keep.", id=keep)
        which.append(col(Session.id) != keep)
    ended = await end(tx, viewer, Ending.ENDED, *which)
    return EndedSessions(sorted(session.id for session in ended))


REMEMBERED = timedelta(days=90)
"""How long a session that is over can still be looked at."""
REPEATABLE = timedelta(days=7)
"""How long a mutation with an idempotency key is answered again without being done again."""


@every("41 3 * * *")
async def sweep_daily(tx: Transaction, at: datetime) -> None:
    """Forgets what requests have left behind."""
    await sweep(tx, at - REMEMBERED)
    await tx.execute(delete(Outcome).where(col(Outcome.created_at) < at - REPEATABLE))


async def sweep(tx: Transaction, before: datetime) -> None:
    """Forgets the sessions that were over at a date, and what is of no use any more."""
    await tx.execute(delete(Session).where(col(Session.expires_at) < before))
    for table in (tables.SignIn, tables.LogoutNotice):
        await tx.execute(delete(table).where(col(table.expires_at) < now()))


async def is_employed(tx: Transaction, employee: UUID) -> bool:
    """Whether somebody works here today."""
    query = select(col(Employment.id)).where(
        col(Employment.employee_id) == employee, col(Employment.valid).contains(now().date())
    )
    return (await tx.execute(query)).first() is not None
