"""Service tokens: for programs whose side cannot do OAuth. Shown once, scoped, expiring, somebody's."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import PERMISSIONS, Permission, Role
from cairn.access.refusal import InvalidInput, NotAllowed, NotFound, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph.record import once
from cairn.identity.cookies import secret
from cairn.identity.sessions import digest, is_employed
from cairn.identity.tables import ServiceToken
from cairn.people.history import EmployeeId
from cairn.people.tables import Employee

PREFIX = "cairn_"
"""What a token begins with, so that it is recognised: by us, and where it does not belong by scanners."""
LONGEST = timedelta(days=366)
"""How long a token may work."""

ServiceTokenId = Annotated[UUID, Ref("ServiceToken")]


@dataclass
class CreatedServiceToken:
    """A service token and its secret."""

    service_token: ServiceTokenId
    """The token, without its secret."""
    secret: str | None = once()
    """What the program sends after `Bearer`; shown this once, and null when the request is repeated."""


async def create_service_token(
    tx: Transaction,
    viewer: Viewer,
    *,
    name: str,
    permissions: list[Permission],
    expires_at: datetime,
    owner: EmployeeId | None = None,
) -> CreatedServiceToken:
    """Makes a token for a program, which may do what you may, or less.

    It stops working when it expires, when it is revoked, and when its owner leaves.

    Args:
        name: What it is for.
        permissions: What the program may do: permissions of your own, and not to manage access.
        expires_at: When it stops working: within a year.
        owner: The employee who answers for it; you by default.
    """
    viewer.require(Permission.MANAGE_ACCESS)
    owner = owner or viewer.employee
    _check(name, permissions, expires_at)
    if not viewer.permissions.issuperset(permissions):
        raise NotAllowed("You can give a program only permissions that you have.")
    if owner is None:
        raise invalid("owner", "name the employee who answers for it")
    if not await is_employed(tx, owner):
        raise NotFound("Nobody who works here has that id.", id=owner)
    token = PREFIX + secret()
    row = ServiceToken(
        key=digest(token),
        name=name.strip(),
        ending=token[-4:],
        permissions=sorted({permission.name for permission in permissions}),
        owner_id=owner,
        expires_at=expires_at,
    )
    tx.add(row)
    await tx.flush()
    await audit.record(tx, viewer, "service_token.create", row, after=row)
    return CreatedServiceToken(row.id, token)


def _check(name: str, permissions: list[Permission], expires_at: datetime) -> None:
    problems = InvalidInput("The token makes no sense as it is.")
    if not 0 < len(name.strip()) <= 200:
        problems.problems += invalid("name", "1 to 200 characters").problems
    if not permissions:
        problems.problems += invalid("permissions", "at least one").problems
    if Permission.MANAGE_ACCESS in permissions:
        problems.problems += invalid("permissions", "managing access is for people").problems
    if not now() < expires_at <= now() + LONGEST:
        problems.problems += invalid("expiresAt", "from now on, within a year").problems
    if problems.problems:
        raise problems


async def revoke_service_token(
    tx: Transaction, viewer: Viewer, *, service_token: ServiceTokenId
) -> ServiceToken:
    """Revokes a service token: the program that has it is refused from its next request on.

    Args:
        service_token: A token you answer for, or anybody's if you manage access.
    """
    found = await find(tx, viewer, ServiceToken, service_token, lock=True)
    if found.revoked_at is None:
        found.revoked_at = now()
        await audit.record(tx, viewer, "service_token.revoke", found, after={"revoked_at": found.revoked_at})
    return found


async def listed(tx: Transaction) -> list[tuple[ServiceToken, str | None]]:
    """The tokens, the newest first, each with the address of who answers for it; for the command line."""
    query = (
        select(ServiceToken, col(Employee.email))
        .join(Employee, col(Employee.id) == col(ServiceToken.owner_id))
        .order_by(col(ServiceToken.created_at).desc())
    )
    return [(token, email) for token, email in await tx.execute(query)]


def service(name: str, permissions: Iterable[str]) -> Viewer:
    """A program with a service token, as a viewer; a permission that is none any more is not given."""
    known = Permission.__members__
    return program(f"service:{name}", frozenset(known[each] for each in permissions if each in known))


def program(name: str, permissions: frozenset[Permission]) -> Viewer:
    """A program that may do so much and no more: it has the roles that any of its permissions belongs to."""
    roles = frozenset(role for role in Role if PERMISSIONS[role] & permissions)
    return Viewer(None, roles, name, permissions)
