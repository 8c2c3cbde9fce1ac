"""What apps are given: a code once a person has consented, tokens for it, and new tokens for those.

The authorisation code flow with PKCE, and nothing else of OAuth 2.0 (RFC 6749, 7636, 7009, as RFC 9700 has
them today). Authlib's server is not used: it asks its database in blocking calls, and ours is on asyncio.
A code and a refresh token are good for once. Whoever presents one again has a copy, or somebody else has: the
connection ends for both, and the person connects the app anew.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.identity.apps import GRANT_TYPES, USED_EVERY, AppScope, end, scopes_of, written
from cairn.identity.cookies import secret
from cairn.identity.proofs import employed
from cairn.identity.sessions import digest, person
from cairn.identity.tables import App, AppCode, AppToken, ConnectedApp, Disconnection, TokenKind

PREFIX = "cairnapp_"
"""What tokens begin with, so that scanners recognise one where it does not belong."""
CODE_LIVES = timedelta(minutes=2)
ACCESS_LIVES = timedelta(hours=1)
REFRESH_LIVES = timedelta(days=90)
"""Without being used; each exchange begins it anew."""
LONGEST_STATE = 1_000

_CHALLENGE = re.compile(r"[A-Za-z0-9\-_]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9\-._~]{43,128}")


class GrantError(Exception):
    """What an app asks for cannot be given (RFC 6749, sections 4.1.2.1 and 5.2)."""

    def __init__(self, error: str, why: str, *, misused: UUID | None = None) -> None:
        super().__init__(why)
        self.error = error
        self.why = why
        self.misused = misused
        """The connection that ends, where something was presented a second time."""


@dataclass(frozen=True)
class Wanted:
    """What an app asks a person for."""

    app: App
    redirect_uri: str
    scopes: list[AppScope]
    state: str
    challenge: str


def redirect_of(app: App, asked: Mapping[str, str]) -> str | None:
    """Where the answer may be sent; None where it must be sent nowhere (RFC 6749, section 4.1.2.1)."""
    given = asked.get("redirect_uri", "")
    return given if given in app.redirect_uris else None


def wanted(app: App, redirect_uri: str, asked: Mapping[str, str]) -> Wanted:
    """What an authorisation request asks for (RFC 6749, section 4.1.1). Raises `GrantError`."""
    if asked.get("response_type") != "code":
        raise GrantError("unsupported_response_type", "response_type must be code")
    state = asked.get("state", "")
    if not 0 < len(state) <= LONGEST_STATE:
        raise GrantError("invalid_request", f"state must have 1 to {LONGEST_STATE} characters")
    if asked.get("code_challenge_method") != "S256":
        raise GrantError("invalid_request", "code_challenge_method must be S256")
    challenge = asked.get("code_challenge", "")
    if not _CHALLENGE.fullmatch(challenge):
        raise GrantError("invalid_request", "code_challenge must be a SHA-256 in base64url")
    names = asked.get("scope", "").split()
    known = {each.value: each for each in scopes_of(app.scopes)}
    if not known.keys() >= {*names}:
        raise GrantError("invalid_scope", "the app registered for less than that")
    found = [each for value, each in known.items() if value in names or not names]
    if not {*found} - {AppScope.OFFLINE}:
        raise GrantError("invalid_scope", "offline_access alone opens nothing")
    return Wanted(app, redirect_uri, found, state, challenge)


async def connect(tx: Transaction, viewer: Viewer, asked: Wanted) -> str:
    """Notes that somebody consents, and gives the code. An earlier connection of the app is replaced."""
    assert viewer.employee is not None
    app = asked.app
    await end(
        tx,
        viewer,
        Disconnection.REPLACED,
        col(ConnectedApp.employee_id) == viewer.employee,
        col(ConnectedApp.app_id) == app.id,
    )
    made = ConnectedApp(
        employee_id=viewer.employee, app_id=app.id, scopes=[each.name for each in asked.scopes]
    )
    tx.add(made)
    await tx.flush()
    code = secret()
    tx.add(
        AppCode(
            connected_app_id=made.id,
            key=digest(code),
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            expires_at=now() + CODE_LIVES,
        )
    )
    await audit.record(tx, viewer, "app.connect", made, after={"app": app.name, "scopes": made.scopes})
    await tx.flush()
    return code


@dataclass(frozen=True)
class Given:
    """Tokens for an app; they are told this once."""

    access: str
    refresh: str | None
    scopes: str

    def told(self) -> dict[str, Any]:
        """As RFC 6749, section 5.1, has it."""
        more = {} if self.refresh is None else {"refresh_token": self.refresh}
        lives = int(ACCESS_LIVES.total_seconds())
        found = {"access_token": self.access, "token_type": "Bearer", "expires_in": lives}
        return {**found, **more, "scope": self.scopes}


async def exchange(tx: Transaction, app: App, asked: Mapping[str, str]) -> Given:
    """Tokens for a code (RFC 6749, section 4.1.3; RFC 7636, section 4.6). Raises `GrantError`."""
    code, connected = await _presented(tx, app, AppCode, asked.get("code", ""), "code")
    if code.used_at is not None:
        raise GrantError("invalid_grant", "the code was used before", misused=connected.id)
    if code.expires_at <= now():
        raise GrantError("invalid_grant", "the code is too old")
    if asked.get("redirect_uri") != code.redirect_uri:
        raise GrantError("invalid_grant", "redirect_uri must be what the code was asked for with")
    verifier = asked.get("code_verifier", "")
    if not _VERIFIER.fullmatch(verifier) or not hmac.compare_digest(_hashed(verifier), code.challenge):
        raise GrantError("invalid_grant", "code_verifier does not come to the code_challenge")
    scopes = _narrowed(asked, connected)
    code.used_at = now()
    return await _give(tx, app, connected, scopes)


async def refresh(tx: Transaction, app: App, asked: Mapping[str, str]) -> Given:
    """New tokens for a refresh token, which is good for once (RFC 6749, section 6). Raises `GrantError`."""
    token, connected = await _presented(tx, app, AppToken, asked.get("refresh_token", ""), "refresh token")
    if token.kind is not TokenKind.REFRESH:
        raise GrantError("invalid_grant", "that is an access token")
    if token.used_at is not None:
        raise GrantError("invalid_grant", "the refresh token was used before", misused=connected.id)
    if token.expires_at <= now():
        raise GrantError("invalid_grant", "the refresh token is too old")
    scopes = _narrowed(asked, connected)
    token.used_at = now()
    return await _give(tx, app, connected, scopes)


async def unknown(_tx: Transaction, _app: App, _asked: Mapping[str, str]) -> Given:
    """There is no other way to tokens. Raises `GrantError`."""
    raise GrantError("unsupported_grant_type", f"grant_type: {' or '.join(GRANT_TYPES)}")


def _hashed(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def _presented(
    tx: Transaction, app: App, table: type[Any], presented: str, what: str
) -> tuple[Any, ConnectedApp]:
    """A code or a token of that app's, and its connection, which waits for no other exchange of either."""
    query = (
        select(table, ConnectedApp)
        .join(ConnectedApp, col(ConnectedApp.id) == table.connected_app_id)
        .where(
            table.key == digest(presented),
            col(ConnectedApp.app_id) == app.id,
            col(ConnectedApp.ended_at).is_(None),
            employed(col(ConnectedApp.employee_id), now().date()),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await tx.execute(query)).first()
    if found is None:
        raise GrantError("invalid_grant", f"the {what} is unknown, another app's, or was ended")
    return found[0], found[1]


def _narrowed(asked: Mapping[str, str], connected: ConnectedApp) -> list[AppScope]:
    """What a token is to reach: what was allowed, or less where the app asks for less."""
    allowed = scopes_of(connected.scopes)
    names = asked.get("scope", "").split()
    if not {each.value for each in allowed} >= {*names}:
        raise GrantError("invalid_scope", "the person allowed less than that")
    return [each for each in allowed if each.value in names] if names else allowed


async def _give(tx: Transaction, app: App, connected: ConnectedApp, scopes: list[AppScope]) -> Given:
    """New tokens; an access token of before works no more."""
    earlier = and_(
        col(AppToken.connected_app_id) == connected.id,
        or_(col(AppToken.kind) == TokenKind.ACCESS, col(AppToken.expires_at) <= now()),
    )
    await tx.execute(delete(AppToken).where(earlier))
    goes_on = app.refreshes and AppScope.OFFLINE.name in connected.scopes
    access, again = PREFIX + secret(), PREFIX + secret() if goes_on else None
    names = [each.name for each in scopes]
    _keep(tx, connected, access, TokenKind.ACCESS, names, ACCESS_LIVES)
    if again is not None:
        _keep(tx, connected, again, TokenKind.REFRESH, connected.scopes, REFRESH_LIVES)
    await tx.flush()
    return Given(access, again, written(names))


def _keep(
    tx: Transaction,
    connected: ConnectedApp,
    token: str,
    kind: TokenKind,
    scopes: list[str],
    lives: timedelta,
) -> None:
    tx.add(
        AppToken(
            connected_app_id=connected.id,
            key=digest(token),
            kind=kind,
            scopes=scopes,
            expires_at=now() + lives,
        )
    )


async def end_misused(tx: Transaction, connected: UUID) -> None:
    """Ends a connection of which somebody has a copy (RFC 6749, section 10.5; RFC 9700, section 4.14.2)."""
    query = select(App).join(ConnectedApp).where(col(ConnectedApp.id) == connected)
    app = (await tx.execute(query)).scalar_one()
    await end(tx, acting(app), Disconnection.MISUSED, col(ConnectedApp.id) == connected)


async def give_up(tx: Transaction, app: App, token: str) -> None:
    """Ends what an app gives up (RFC 7009, section 2.1): with a refresh token the connection, with an access
    token that token. One that is unknown is given up already. Raises `GrantError` for another app's.
    """  # noqa: D205  # one sentence
    query = (
        select(AppToken, ConnectedApp)
        .join(ConnectedApp, col(ConnectedApp.id) == col(AppToken.connected_app_id))
        .where(col(AppToken.key) == digest(token))
    )
    found = (await tx.execute(query)).first()
    if found is None:
        return
    presented, connected = found
    if connected.app_id != app.id:
        raise GrantError("invalid_grant", "the token is another app's")
    if presented.kind is TokenKind.REFRESH:
        await end(tx, acting(app), Disconnection.BY_APP, col(ConnectedApp.id) == connected.id)
    else:
        await tx.delete(presented)


def acting(app: App) -> Viewer:
    """An app by itself, as the audit names it."""
    return Viewer(name=f"app:{app.name}")


@dataclass(frozen=True)
class Caller:
    """An app that asks with an access token, and for whom."""

    viewer: Viewer
    """The person, whom the app acts for."""
    app: App
    connected: UUID
    scopes: frozenset[AppScope]


async def caller(tx: Transaction, token: str) -> Caller | None:
    """Who asks with an access token; None where it is none, or works no more.

    It is looked up for each request, with whether the person works here today: there is nothing to wait for
    until an app that was disconnected is out.
    """
    if not token.startswith(PREFIX):
        return None
    moment = now()
    query = (
        select(col(AppToken.scopes), ConnectedApp, App)
        .join(ConnectedApp, col(ConnectedApp.id) == col(AppToken.connected_app_id))
        .join(App, col(App.id) == col(ConnectedApp.app_id))
        .where(
            col(AppToken.key) == digest(token),
            col(AppToken.kind) == TokenKind.ACCESS,
            col(AppToken.expires_at) > moment,
            col(ConnectedApp.ended_at).is_(None),
            employed(col(ConnectedApp.employee_id), moment.date()),
        )
    )
    found = (await tx.execute(query)).first()
    if found is None:
        return None
    names, connected, app = found
    if connected.used_at is None or connected.used_at < moment - USED_EVERY:
        used = update(ConnectedApp).where(col(ConnectedApp.id) == connected.id).values(used_at=moment)
        await tx.execute(used.execution_options(synchronize_session=False))
    whom = person(connected.employee_id)
    viewer = Viewer(whom.employee, whom.roles, f"app:{app.name}")
    return Caller(viewer, app, connected.id, frozenset(scopes_of(names)))
