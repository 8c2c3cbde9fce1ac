"""How requests are let in: who asks, and how the statement that answers them sees that they still may.

A credential is looked up once; from then on it is known in this process, and what it is good for is proved
anew by each statement that answers it (`proofs.py`). Nothing known here is an authority by itself.
"""

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from starlette.types import Scope

from cairn.access.permissions import Permission, Role
from cairn.access.refused import Refused
from cairn.access.viewer import Viewer
from cairn.db.ranges import now
from cairn.graph.frame import Request
from cairn.graph.http import request_id
from cairn.graph.plan import Plan
from cairn.graph.problem import Code
from cairn.graph.serve import Kept, Standing, Turned
from cairn.identity import claims as tokens
from cairn.identity import tables
from cairn.identity.claims import Access, InvalidTokenError
from cairn.identity.issuer import Issuer
from cairn.identity.linking import StrangerError, employee_of
from cairn.identity.origin import Asking, asking, ours
from cairn.identity.outbound import ProviderError
from cairn.identity.proofs import (
    PersonProof,
    SessionProof,
    TokenProof,
    identity_holder,
    session_holder,
    token_holder,
)
from cairn.identity.providers import groups
from cairn.identity.rates import Kind, Rates, too_many
from cairn.identity.realm import METADATA, Realm
from cairn.identity.sessions import digest, person
from cairn.identity.tokens import PREFIX, program, service
from cairn.identity.uses import Uses

log = logging.getLogger("cairn.identity")

KNOWN = 10_000
"""Credentials of each kind that are known, the least recently used going first."""
SESSION, TOKEN, PERSON = SessionProof(), TokenProof(), PersonProof()


@dataclass(slots=True)
class Verified:
    """An access token that was verified before: by which keys of whom, and until when it is good."""

    standing: Standing
    issuer: Issuer
    keys: object
    expires: float


class Door:
    """Lets requests in; implements `graph.serve.Door`."""

    def __init__(self, realm: Realm, rates: Rates | None = None) -> None:
        self.realm = realm
        self._rates = rates
        self._origin = realm.origin.encode()
        self._pointer = f', resource_metadata="{realm.origin}{METADATA}"'.encode()
        self._sessions: Kept[bytes, Standing | None] = Kept(KNOWN)
        self._service_tokens: Kept[bytes, Standing | None] = Kept(KNOWN)
        self._access_tokens: Kept[bytes, Verified | None] = Kept(KNOWN)
        self._session_holder = session_holder()
        self._token_holder = token_holder()
        self._identity_holder = identity_holder()
        self._uses = Uses(realm.database)
        self._refused = Refused(realm.database)

    async def enter(self, scope: Scope, *, page: bool = False) -> Standing | Turned:
        """Who asks. `page` is for pages for people, which a link on another site may lead to."""
        request = asking(scope)
        rates = self._rates
        if rates is None:
            return await self._told(scope, request, await self._entered(scope, request, page=page))
        address = scope.get("cairn.address", "")
        if (wait := rates.spent(Kind.FAILURE, address)) and not self._knows(request):
            return too_many(wait)
        found = await self._told(scope, request, await self._entered(scope, request, page=page))
        if isinstance(found, Standing):
            kind = Kind.TOKEN if found.viewer.employee is None else Kind.PERSON
            wait = rates.count(kind, found.viewer.name)
            return too_many(wait) if wait else found
        if found.status == 401 and (request.authorization or request.cookie):
            rates.count(Kind.FAILURE, address)
        return found

    async def _told(self, scope: Scope, request: Asking, found: Standing | Turned) -> Standing | Turned:
        """Tells the log who asks, and the audit which token was refused, and why; never what it was."""
        if isinstance(found, Standing):
            scope["cairn.viewer"] = found.viewer.name
        elif request.authorization and found.status in {401, 403}:
            token = _bearer_token(request.authorization[0]) or ""
            told = {"kind": "access token", "why": found.message}
            if token.startswith(PREFIX):
                told |= {"kind": "service token", "ending": token[-4:]}
            viewer = Viewer(request_id=request_id(scope))
            await self._refused.note(scope.get("cairn.address", ""), viewer, "token.refuse", told)
        return found if isinstance(found, Standing) else self._pointing(found)

    def _pointing(self, found: Turned) -> Turned:
        """Says to whoever is turned away where it is told who gives out tokens (RFC 9728, section 5.1)."""
        headers = [
            (name, value + self._pointer if name == b"www-authenticate" else value)
            for name, value in found.headers
        ]
        return replace(found, headers=tuple(headers))

    def _knows(self, request: Asking) -> bool:
        """Whether a credential held before: others behind one address must not suffer for what one does."""
        token = self.realm.cookies.session_token(request.cookie)
        if not request.authorization:
            return token is None or self._sessions.get(digest(token)) is not None
        key = digest(_bearer_token(request.authorization[0]) or "")
        return self._service_tokens.get(key) is not None or self._access_tokens.get(key) is not None

    async def _entered(self, scope: Scope, request: Asking, *, page: bool) -> Standing | Turned:
        if request.authorization:
            return await self._bearer(request.authorization)
        token = self.realm.cookies.session_token(request.cookie)
        if token is None:
            return self._anonymous()
        if not ours(scope, request, self._origin, page=page):
            return Turned(
                403,
                Code.FORBIDDEN,
                f"with this cookie, requests come from {self.realm.origin}; send a bearer token instead",
            )
        return await self._session(token)

    async def recheck(self, scope: Scope, standing: Standing) -> Standing | Turned:  # noqa: ARG002  # the protocol
        """Who asks, read anew: a statement did not find them to be so any more. It was counted before."""
        request = asking(scope)
        self._forget(request)
        found = await self._entered(scope, request, page=True)
        return found if isinstance(found, Standing) else self._pointing(found)

    async def admit(
        self, scope: Scope, *, page: bool = False, permission: Permission | None = None
    ) -> Standing | Turned:
        """Who asks, read anew: for end points whose statements do not prove it by themselves.

        Where these take a permission, whoever has it not is turned away.
        """
        self._forget(asking(scope))
        found = await self.enter(scope, page=page)
        if permission is not None and isinstance(found, Standing):
            return lacking(found.viewer, permission) or found
        return found

    async def aclose(self) -> None:
        """Writes down what is still to be noted."""
        await self._uses.settle()

    def _forget(self, request: Asking) -> None:
        for value in request.authorization:
            key = digest(_bearer_token(value) or "")
            self._service_tokens.keep(key, None)
            self._access_tokens.keep(key, None)
        token = self.realm.cookies.session_token(request.cookie)
        if token is not None:
            self._sessions.keep(digest(token), None)

    def _anonymous(self) -> Turned:
        return Turned(
            401,
            Code.UNAUTHENTICATED,
            f"sign in at {self.realm.origin}/auth/login, or send a bearer token",
            ((b"www-authenticate", b'Bearer realm="cairn"'),),
        )

    async def _session(self, token: str) -> Standing | Turned:
        key = digest(token)
        standing = self._sessions.get(key)
        if standing is None:
            row = await self._row(self._session_holder, {"key": key})
            if row is None:
                return self._anonymous()
            roles = frozenset(Role(name) for name in row["roles"] if name in Role.__members__)
            values = {"key": key, "expires_at": row["expires_at"]}
            standing = Standing(person(row["employee_id"], roles), SESSION, values)
            self._sessions.keep(key, standing)
        self._uses.note(tables.Session, key)
        return standing

    async def _bearer(self, authorization: tuple[bytes, ...]) -> Standing | Turned:
        token = _bearer_token(authorization[0]) if len(authorization) == 1 else None
        if token is None:
            return invalid_token("send one header: Authorization: Bearer, and the token")
        if token.startswith(PREFIX):
            return await self._service_token(token)
        try:
            return await self._access_token(token)
        except InvalidTokenError as error:
            return invalid_token(f"the access token {error.reason}")
        except ProviderError as error:
            log.warning("access tokens cannot be checked: the provider %s", error.reason)
            return Turned(
                503,
                Code.UNAVAILABLE,
                "the identity provider's keys cannot be had at the moment; try again in a few seconds",
                ((b"retry-after", b"5"),),
            )

    async def _service_token(self, token: str) -> Standing | Turned:
        key = digest(token)
        standing = self._service_tokens.get(key)
        if standing is None:
            row = await self._row(self._token_holder, {"key": key})
            if row is None:
                return invalid_token(
                    "the service token is unknown, expired or revoked, or its owner has left"
                )
            values = {"key": key, "expires_at": row["expires_at"]}
            viewer = service(f"{row['name']}#{row['ending']}", row["permissions"])
            standing = Standing(viewer, TOKEN, values)
            self._service_tokens.keep(key, standing)
        self._uses.note(tables.ServiceToken, key)
        return standing

    async def _access_token(self, token: str) -> Standing | Turned:
        key = digest(token)
        known = self._access_tokens.get(key)
        if known is not None and known.keys is known.issuer.known():
            if known.expires > time.time() - tokens.SKEW:
                return known.standing
            raise InvalidTokenError("is expired")
        issuer = self.realm.issuer(tokens.unverified(token).get("iss"))
        if issuer is None:
            raise InvalidTokenError("is from a provider we do not know")
        access = await tokens.access_token(token, issuer)
        standing = _program(issuer, access) if access.is_program else await self._person(issuer, access)
        if isinstance(standing, Standing):
            self._access_tokens.keep(key, Verified(standing, issuer, issuer.known(), access.expires))
        return standing

    async def _person(self, issuer: Issuer, access: Access) -> Standing | Turned:
        provider = issuer.provider
        values = {
            "issuer": provider.issuer,
            "subject": access.subject,
            "expires_at": datetime.fromtimestamp(access.expires, UTC),
        }
        row = await self._row(self._identity_holder, values)
        if row is not None:
            employee = row["employee_id"]
        else:
            try:
                async with self.realm.database.transaction() as tx:
                    employee = await employee_of(tx, provider, access.claims)
            except StrangerError as error:
                log.info("access token refused: %s", error.reason)
                return invalid_token("the access token is of nobody who works here")
        roles = provider.roles_of(groups(access.claims, provider.role_claim))
        viewer = person(employee, roles)
        return Standing(_within(viewer, provider.permissions_of(access.scopes)), PERSON, values)

    async def _row(self, plan: Plan, values: dict[str, Any]) -> Any:
        arguments = plan.arguments(Request({}, Viewer(), now(), values))
        async with self.realm.database.reads.acquire() as connection:
            return await connection.fetchrow(plan.text, *arguments)


def _program(issuer: Issuer, access: Access) -> Standing | Turned:
    """A program with a token of its own.

    It may do what the role does that our settings give its client id, or what its provider granted by scopes.
    """
    provider = issuer.provider
    name, role = f"client:{access.client_id}", provider.role_of_program(access.client_id)
    granted = provider.permissions_of(access.scopes)
    if role is None and not granted:
        return insufficient_scope(
            "this program has no role here, and no scope of its token means a permission",
            provider.permissions,
        )
    viewer = program(name, granted) if role is None else Viewer(None, frozenset({role}), name)
    values = {"expires_at": datetime.fromtimestamp(access.expires, UTC)}
    return Standing(_within(viewer, granted), None, values)


def _within(viewer: Viewer, granted: frozenset[Permission]) -> Viewer:
    """The viewer, who may do no more than what the scopes of the token mean, where they mean anything."""
    return Viewer(viewer.employee, viewer.roles, viewer.name, granted) if granted else viewer


def _bearer_token(header: bytes) -> str | None:
    """RFC 6750, section 2.1."""
    scheme, _, token = header.strip().partition(b" ")
    token = token.strip()
    return token.decode("ascii") if scheme.lower() == b"bearer" and token and token.isascii() else None


def invalid_token(message: str) -> Turned:
    """RFC 6750, section 3.1: the token is wrong in itself."""
    return _challenge(401, Code.UNAUTHENTICATED, "invalid_token", message)


def insufficient_scope(message: str, scopes: Iterable[str] = ()) -> Turned:
    """RFC 6750, section 3.1: the token is right and does not reach; `scopes` would."""
    return _challenge(403, Code.FORBIDDEN, "insufficient_scope", message, scopes)


def lacking(viewer: Viewer, permission: Permission) -> Turned | None:
    """What to answer a viewer who needs a permission and has it not."""
    if viewer.may(permission):
        return None
    return insufficient_scope(f"this takes the permission {permission.value}", [permission.value])


def _challenge(status: int, code: Code, error: str, message: str, scopes: Iterable[str] = ()) -> Turned:
    challenge = f'Bearer realm="cairn", error="{error}", error_description="{message}"'
    if wanted := " ".join(sorted(scopes)):
        challenge += f', scope="{wanted}"'
    return Turned(status, code, message, ((b"www-authenticate", challenge.encode()),))
