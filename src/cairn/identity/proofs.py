"""How a statement sees that a credential still holds: a condition that is ANDed to what it answers.

So a request that was let in before costs no statement of its own, and an answer and the right to it are of
one moment. The same conditions, asked by themselves, find whose a credential is at first sight.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, LargeBinary, Select, Text, and_, literal_column, select

from cairn.access.rules import some
from cairn.db.tables import INSTANT
from cairn.graph.frame import Statement
from cairn.graph.limits import Cost
from cairn.graph.plan import Plan, compiled
from cairn.identity import tables
from cairn.people import tables as people

_EMPLOYED: list[ColumnElement[str]] = [literal_column(f"'{each}'") for each in people.Work]
IDLE = timedelta(hours=2)
"""How long a session lives without being used."""
LIFETIME = timedelta(hours=12)
"""How long it lives at most."""


def employed(employee: Any, day: Any) -> ColumnElement[bool]:
    """Whether somebody is employed on a day.

    At work or away: asked in so many words, because it makes PostgreSQL take the index that has all of a
    position in it. By itself it walks the one over days, which takes twice as long, at each request.
    """
    return some(
        people.Employment,
        lambda stint: and_(
            stint.employee_id == employee, stint.valid.contains(day), stint.work.in_(_EMPLOYED)
        ),
    )


def presented(statement: Statement) -> BindParameter[Any]:
    """The hash of the credential that the request came with."""
    return statement.parameter("credential", LargeBinary(), lambda request: request.proof.get("key"))


def expiry(statement: Statement) -> BindParameter[Any]:
    """When that credential ends."""
    return statement.parameter("credential_expires", INSTANT, lambda request: request.proof.get("expires_at"))


def _live_session(statement: Statement, session: Any) -> ColumnElement[bool]:
    now = statement.viewer.now
    since = statement.parameter("idle_since", INSTANT, lambda request: request.now - IDLE)
    return and_(
        session.key == presented(statement),
        session.ended_at.is_(None),
        session.expires_at > now.instant,
        session.seen_at > since,
        employed(session.employee_id, now.day),
    )


def _live_token(statement: Statement, token: Any) -> ColumnElement[bool]:
    now = statement.viewer.now
    return and_(
        token.key == presented(statement),
        token.revoked_at.is_(None),
        token.expires_at > now.instant,
        employed(token.owner_id, now.day),
    )


def _live_identity(statement: Statement, identity: Any) -> ColumnElement[bool]:
    issuer = statement.parameter("issuer", Text(), lambda request: request.proof.get("issuer"))
    subject = statement.parameter("subject", Text(), lambda request: request.proof.get("subject"))
    return and_(
        identity.issuer == issuer,
        identity.subject == subject,
        employed(identity.employee_id, statement.viewer.now.day),
    )


class SessionProof:
    """That a browser's session goes on, its person works here, and their roles are as they were."""

    kind = "session"

    def condition(self, statement: Statement) -> ColumnElement[bool]:
        """The condition, on `Request.proof`."""
        viewer = statement.viewer
        return some(
            tables.Session,
            lambda session: and_(
                _live_session(statement, session),
                session.employee_id == viewer.employee,
                session.roles == viewer.roles,
            ),
        )


class TokenProof:
    """That a service token was not revoked and who answers for it works here."""

    kind = "service token"

    def condition(self, statement: Statement) -> ColumnElement[bool]:
        """The condition, on `Request.proof`."""
        return some(tables.ServiceToken, lambda token: _live_token(statement, token))


class PersonProof:
    """That the account an access token is for is still the viewer's, who works here."""

    kind = "person"

    def condition(self, statement: Statement) -> ColumnElement[bool]:
        """The condition, on `Request.proof`."""
        return some(
            tables.Identity,
            lambda identity: and_(
                _live_identity(statement, identity), identity.employee_id == statement.viewer.employee
            ),
        )


def _plan(statement: Statement, query: Select[Any]) -> Plan:
    return compiled(statement, query, [], Cost(0, 0))


def session_holder() -> Plan:
    """The statement that finds whose a session is: `employee_id, roles, expires_at`."""
    statement, session = Statement(frozenset()), tables.Session.__table__
    columns = (session.c.employee_id, session.c.roles, session.c.expires_at)
    return _plan(statement, select(*columns).where(_live_session(statement, session.c)))


def token_holder() -> Plan:
    """The statement that finds what a service token is: `name, ending, permissions, expires_at`."""
    statement, token = Statement(frozenset()), tables.ServiceToken.__table__
    columns = (token.c.name, token.c.ending, token.c.permissions, token.c.expires_at)
    return _plan(statement, select(*columns).where(_live_token(statement, token.c)))


def identity_holder() -> Plan:
    """The statement that finds whose an account is: `employee_id`."""
    statement, identity = Statement(frozenset()), tables.Identity.__table__
    return _plan(statement, select(identity.c.employee_id).where(_live_identity(statement, identity.c)))
