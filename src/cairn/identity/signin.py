"""Signing in: the authorisation code flow of OpenID Connect with PKCE, begun and finished.

What was sent along and must come back is kept in the database, one row a sign-in, under the hash of `state`
and bound to the browser by a cookie of its own. So two tabs do not disturb each other, and a callback opened
elsewhere signs nobody in and spoils nothing.
"""

import asyncio
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

from sqlalchemy import delete
from sqlmodel import col

from cairn.access.permissions import Role
from cairn.db.ranges import now
from cairn.identity import claims as tokens
from cairn.identity import sessions, tables
from cairn.identity.claims import Claims, InvalidTokenError
from cairn.identity.cookies import SIGN_IN_SECONDS, secret
from cairn.identity.issuer import Issuer, Metadata
from cairn.identity.linking import StrangerError, employee_of
from cairn.identity.outbound import SECONDS, ProviderError, SpentCodeError
from cairn.identity.providers import claim, groups
from cairn.identity.realm import Realm
from cairn.identity.sessions import digest, holding
from cairn.identity.tables import Ending

HOME = "/"
_LOCAL = re.compile(r"/(?!/)[A-Za-z0-9\-._~!$&'()*+,;=:@%/?#\[\]]{0,2000}", re.ASCII)
_PLAIN = re.compile(r"/(?!/)[^\\\x00-\x1f\x7f]*")


class NotSignedInError(Exception):
    """A sign-in that comes to nothing: with a status, what to tell the person, and a reason for the log."""

    def __init__(self, status: int, reason: str, *texts: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.texts = texts
        self.next = HOME
        """Where the person wanted to go, where that is known."""
        self.others_may = False
        """Whether another account at the same provider might be let in."""


def begin_again(reason: str) -> NotSignedInError:
    """What helps against most of what goes wrong."""
    return NotSignedInError(
        400,
        reason,
        "This sign-in cannot be finished: it took too long, was finished already, or was begun in another "
        "browser.",
        "Sign in again from here.",
    )


def provider_failed(error: ProviderError, issuer: Issuer) -> NotSignedInError:
    """The identity provider does not answer, or not as it must."""
    if error.unavailable:
        return NotSignedInError(
            503,
            error.reason,
            f"Your identity provider, {issuer.provider.issuer}, does not answer at the moment.",
            "Try again in a minute; if it goes on, tell those who run it.",
        )
    return NotSignedInError(
        502,
        error.reason,
        f"Your identity provider, {issuer.provider.issuer}, gave an answer that cannot be right.",
        "Try again; if it happens again, tell those who run Cairn.",
    )


def local(address: str | None) -> str:
    """Where to go after signing in: an address on this site, else the start.

    What begins with two slashes, of either kind, is the address of another site to browsers, and so is what
    comes to that once control characters are dropped and escapes are read.
    """
    if address is None or not _LOCAL.fullmatch(address):
        return HOME
    path = unquote(address.partition("?")[0].partition("#")[0])
    return address if _PLAIN.fullmatch(path) and not path.startswith("/auth/") else HOME


@dataclass(frozen=True)
class Begun:
    """A sign-in that waits for the identity provider."""

    url: str
    """Where to send the browser."""
    state: str
    mark: str
    """What its cookie must hold."""


async def begin(
    realm: Realm,
    issuer: Issuer,
    address: str | None,
    *,
    login_hint: str | None = None,
    prompt: str | None = None,
) -> Begun:
    """Begins a sign-in. Raises `NotSignedInError`."""
    try:
        metadata = await issuer.metadata()
    except ProviderError as error:
        raise provider_failed(error, issuer) from None
    begun = tables.SignIn(
        key=digest(state := secret()),
        binding=digest(mark := secret()),
        issuer=issuer.provider.issuer,
        nonce=secret(),
        verifier=secret(),
        next=local(address),
        expires_at=now() + timedelta(seconds=SIGN_IN_SECONDS),
    )
    url = issuer.authorization_url(
        metadata,
        redirect_uri=realm.callback,
        state=state,
        nonce=begun.nonce,
        verifier=begun.verifier,
        login_hint=login_hint,
        prompt=prompt,
    )
    async with realm.database.transaction() as tx:
        await tx.execute(delete(tables.SignIn).where(col(tables.SignIn.expires_at) < now()))
        tx.add(begun)
    return Begun(url, state, mark)


@dataclass(frozen=True)
class Finished:
    """A session that has begun."""

    token: str
    next: str


async def finish(
    realm: Realm,
    answer: Mapping[str, str],
    mark: str | None,
    *,
    previous: str | None,
    browser: str | None,
) -> Finished:
    """Finishes a sign-in with what the identity provider sent the browser back with.

    `mark` is what the sign-in's cookie holds and `previous` what the session's does; that session ends.
    Raises `NotSignedInError`.
    """
    begun = await _take(realm, answer.get("state"), mark)
    try:
        return await _finish(realm, begun, answer, previous, browser)
    except NotSignedInError as error:
        error.next = begun.next
        raise


async def _finish(
    realm: Realm, begun: tables.SignIn, answer: Mapping[str, str], previous: str | None, browser: str | None
) -> Finished:
    issuer = realm.issuer(begun.issuer)
    if issuer is None:
        raise begin_again("the provider is no longer set up")
    try:
        async with asyncio.timeout(SECONDS):
            said = await _said(realm, issuer, begun, answer)
    except TimeoutError:
        raise provider_failed(ProviderError("no answer in time", unavailable=True), issuer) from None
    except ProviderError as error:
        raise provider_failed(error, issuer) from None
    except InvalidTokenError as error:
        raise provider_failed(ProviderError(f"the ID token {error.reason}"), issuer) from None
    except SpentCodeError:
        raise begin_again("the code was not taken") from None
    return Finished(await _let_in(realm, issuer, said, previous, browser), begun.next)


async def _take(realm: Realm, state: str | None, mark: str | None) -> tables.SignIn:
    """Takes a sign-in under way out, so that it is finished once; only the browser it was begun in can."""
    if not state or not mark:
        raise begin_again("no state, or no cookie of this sign-in")
    query = (
        delete(tables.SignIn)
        .where(
            col(tables.SignIn.key) == digest(state),
            col(tables.SignIn.binding) == digest(mark),
            col(tables.SignIn.expires_at) > now(),
        )
        .returning(tables.SignIn)
    )
    async with realm.database.transaction() as tx:
        found = (await tx.execute(query)).scalar_one_or_none()
    if found is None:
        raise begin_again("no such sign-in is under way in this browser")
    return found


async def _said(realm: Realm, issuer: Issuer, begun: tables.SignIn, answer: Mapping[str, str]) -> Claims:
    """What the identity provider says of whoever signs in."""
    _check_sender(issuer, await issuer.metadata(), answer)
    if "error" in answer:
        raise _declined(answer["error"])
    code = answer.get("code")
    if not code:
        raise ProviderError("sent no code")
    response = await issuer.exchange(code, begun.verifier, realm.callback)
    id_token, access_token = response.get("id_token"), response.get("access_token")
    if not isinstance(id_token, str) or not isinstance(access_token, str | None):
        raise ProviderError("sent no ID token")
    claims = await tokens.id_token(id_token, issuer, nonce=begun.nonce, access_token=access_token)
    return await _completed(issuer, claims, access_token)


def _check_sender(issuer: Issuer, metadata: Metadata, answer: Mapping[str, str]) -> None:
    """RFC 9207: who answers must be who was asked, as far as it says, and where it always does it must."""
    sender = answer.get("iss")
    if sender is None and not metadata.names_itself:
        return
    if sender is None or not hmac.compare_digest(sender.encode(), issuer.provider.issuer.encode()):
        raise begin_again("the answer is from another provider")


def _declined(error: str) -> NotSignedInError:
    if error in {"temporarily_unavailable", "server_error"}:
        return NotSignedInError(
            503,
            "the provider is not available",
            "Your identity provider cannot sign you in at the moment.",
            "Try again in a minute.",
        )
    if error in {"access_denied", "login_required", "interaction_required", "consent_required"}:
        return NotSignedInError(
            403,
            "the provider declined",
            "Your identity provider did not sign you in.",
            "Sign in again; if you are sure you should be let in, tell those who run it.",
        )
    return NotSignedInError(
        502,
        "the provider answered with an error",
        "Your identity provider did not accept what Cairn asked of it.",
        "Tell those who run Cairn.",
    )


async def _completed(issuer: Issuer, claims: Claims, access_token: str | None) -> Claims:
    """The claims with what the userinfo end point adds, where an ID token leaves out what matters here."""
    provider = issuer.provider
    known = claim(claims, provider.role_claim) is not None and (
        claim(claims, provider.number_claim) is not None or "email" in claims
    )
    if known or access_token is None or not provider.reads_userinfo:
        return claims
    more = await issuer.userinfo(access_token)
    if more is None:
        return claims
    if more.get("sub") != claims["sub"]:
        raise InvalidTokenError("and the userinfo are of two people")
    return merged(claims, more)


def merged(claims: Claims, more: Mapping[str, Any]) -> Claims:
    """Claims with others added; an address and whether it is verified come from one place."""
    found = {**more, **claims}
    for name in ("email", "email_verified"):
        source = claims if "email" in claims else more
        found.pop(name, None)
        if name in source:
            found[name] = source[name]
    return found


async def _let_in(
    realm: Realm, issuer: Issuer, claims: Claims, previous: str | None, browser: str | None
) -> str:
    provider = issuer.provider
    sid = claims.get("sid")
    roles = provider.roles_of(groups(claims, provider.role_claim)) | {Role.EMPLOYEE}
    try:
        async with realm.database.transaction() as tx:
            employee = await employee_of(tx, provider, claims)
            if previous is not None:
                await sessions.end(tx, None, Ending.REPLACED, holding(previous))
            return await sessions.begin(
                tx,
                employee=employee,
                issuer=provider.issuer,
                subject=claims["sub"],
                sid=sid if isinstance(sid, str) else None,
                roles=roles,
                browser=browser,
            )
    except StrangerError as error:
        refused = NotSignedInError(403, error.reason, error.advice, error.remedy)
        refused.others_may = True
        raise refused from None
