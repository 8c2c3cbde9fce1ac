"""Who asks, who is signed in, which programs have tokens, and the audit: in the graph."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, Uuid, case, cast, func, literal_column, select, true

from cairn.access import tables as access
from cairn.access.permissions import Permission, Role
from cairn.graph.mutation import expose
from cairn.graph.node import Argument, Many, derived, everything, extend, many, node, one
from cairn.graph.scalars import Json
from cairn.graph.schema import Query
from cairn.identity import tables
from cairn.identity.apps import AppScope, disconnect_app
from cairn.identity.archive import export_my_data
from cairn.identity.erase import erase_employee
from cairn.identity.proofs import IDLE, expiry, presented
from cairn.identity.sessions import end_session, end_sessions
from cairn.identity.tables import Disconnection, Ending
from cairn.identity.tokens import create_service_token, revoke_service_token
from cairn.people.graph import Employee
from cairn.people.lost import LastAdministrator


def _is_live(row: Any, viewer: Any) -> Any:
    idle: Any = literal_column(f"interval '{int(IDLE.total_seconds())} seconds'")
    return (
        row.ended_at.is_(None)
        & (row.expires_at > viewer.now.instant)
        & (row.seen_at > viewer.now.instant - idle)
    )


@node(tables.Session, order=("-seenAt",))
class Session:
    """A browser that somebody is signed in with, or was."""

    employee: Employee
    """Who."""
    browser: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    ending: Ending | None
    is_live: bool = derived(_is_live)
    """Whether the browser is signed in: not ended, not expired, and used lately."""
    is_current: bool = derived(
        lambda row, frame: func.coalesce(row.key == presented(frame.statement), literal_column("false"))
    )
    """Whether it is the session that this was asked with."""


@node(tables.ServiceToken, order=("name",))
class ServiceToken:
    """A token of our own that a program holds; its secret was shown when it was made."""

    name: str
    ending: str
    permissions: list[Permission] = derived(lambda row: row.permissions, selects=False)
    """What the program may do."""
    owner: Employee
    """Who answers for it."""
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@node(tables.App, order=("name",))
class App:
    """A program outside that people may let act for them. What it says of itself nobody has checked."""

    name: str
    redirect_uris: list[str]
    client_uri: str | None
    policy_uri: str | None
    tos_uri: str | None
    registered_at: datetime


@node(tables.ConnectedApp, order=("-connectedAt",))
class ConnectedApp:
    """That somebody lets an app act for them, or did."""

    employee: Employee
    """Who."""
    app: App
    """Which app."""
    scopes: list[AppScope] = derived(lambda row: row.scopes, selects=False)
    """What it may do for the person."""
    connected_at: datetime
    used_at: datetime | None
    ended_at: datetime | None
    ending: Disconnection | None


def _permissions(_row: Any, viewer: Any) -> Any:
    names = ", ".join(f"'{permission.name}'" for permission in sorted(viewer.permissions))
    return cast(literal_column(f"array[{names}]"), ARRAY(Text))


@node()
class Viewer:
    """Whoever asks: a person who has signed in, or a program with a token."""

    name: str
    """As the audit names who did something."""
    employee: Employee | None = one(lambda row, other: other.id == row.employee_id)
    """The person; null for a program."""
    roles: list[Role]
    """The roles given by the identity provider's groups or by the token."""
    permissions: list[Permission] = derived(_permissions)
    """What the roles allow beyond one's own record."""
    expires_at: datetime | None = derived(lambda _, frame: expiry(frame.statement))
    """When the session or the token ends."""
    sessions: Many[Session] = many(lambda row, other: other.employee_id == row.employee_id)
    """The browsers one is signed in with, or was."""
    service_tokens: Many[ServiceToken] = many(lambda row, other: other.owner_id == row.employee_id)
    """The programs one answers for."""
    connected_apps: Many[ConnectedApp] = many(lambda row, other: other.employee_id == row.employee_id)
    """The apps outside that act for one, or did."""


@extend(Employee)
class EmployeeSessions:
    """Where somebody is signed in."""

    sessions: Many[Session] = many(via="employee_id")
    """The browsers the person is signed in with, or was, for those who may know."""


@node(access.AuditEntry, order=("-id",))
class AuditEntry:
    """That something was done: by whom, when, to what, and what changed."""

    at: datetime
    viewer: str
    on_behalf_of: Employee | None
    """The employee who did it, or for whom it was done."""
    verb: str
    subject_type: str | None
    subject: str | None = derived(
        lambda row: case(
            (
                row.subject_id.is_not(None),
                row.subject_type + literal_column("':'") + cast(row.subject_id, Text),
            )
        )
    )
    """The id of what it was done to."""
    before: Json | None
    after: Json | None
    request_id: str | None


def _key_of(id_: Any) -> Any:
    """The key in a global id; null where it is none."""
    key = func.split_part(id_, literal_column("':'"), literal_column("2"))
    return case(
        (key.regexp_match(literal_column("'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'")), cast(key, Uuid))
    )


@extend(Query)
class IdentityQueries:
    """Who asks, and who did what."""

    viewer: Viewer = one(
        rows=lambda _row, viewer: select(
            viewer.employee.label("employee_id"), viewer.name.label("name"), viewer.roles.label("roles")
        )
    )
    """Whoever asks."""
    service_tokens: Many[ServiceToken] = everything()
    """The programs' tokens: one's own, and all for those who manage access."""
    audit_entries: Many[AuditEntry] = many(
        lambda _row, other, subject: true() if subject is None else other.subject_id == _key_of(subject),
        arguments={"subject": Argument(str | None, "Only what was done to this: its id.")},
    )
    """What was done, the latest first; for auditors."""


expose(end_session)
expose(end_sessions)
expose(create_service_token)
expose(revoke_service_token)
expose(disconnect_app)
expose(erase_employee, LastAdministrator)
expose(export_my_data)
