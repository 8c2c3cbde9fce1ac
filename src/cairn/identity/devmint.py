"""What the development identity provider gives out: its keys, and the codes and tokens made with them."""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from uuid_utils.compat import uuid7

from cairn.identity.claims import LOGOUT_EVENT
from cairn.identity.cookies import secret

CODE_SECONDS = 60
TOKEN_SECONDS = 3_600
ID_TOKEN_SECONDS = 300


@dataclass(frozen=True)
class Person:
    """Somebody to sign in as."""

    subject: str
    name: str
    email: str
    number: str | None = None
    """The employee number."""
    groups: tuple[str, ...] = ()
    note: str = ""
    """What there is to see and do as them."""

    def claims(self) -> dict[str, Any]:
        """What tokens say about the person."""
        return {
            "name": self.name,
            "email": self.email,
            "email_verified": True,
            "groups": list(self.groups),
            **({"employee_number": self.number} if self.number is not None else {}),
        }


@dataclass
class Visit:
    """Somebody's session at the provider, which carries them into every client without asking again."""

    person: Person
    sid: str = field(default_factory=lambda: str(uuid7()))
    since: float = field(default_factory=time.time)
    clients: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Grant:
    """What was granted to a client, and what it must show to be given it."""

    client: str
    visit: Visit
    scope: str
    nonce: str | None
    redirect_uri: str
    challenge: str
    expires: float
    family: str


class GrantRefusedError(Exception):
    """An answer of RFC 6749, section 5.2: its error, and what is wrong."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error, self.description, self.status = error, description, status


class Mint:
    """Makes and takes codes and tokens; everything is in memory."""

    def __init__(self, issuer: str, audience: str) -> None:
        self.issuer = issuer
        self.audience = audience
        self._keys = [_new_key()]
        self._codes: dict[str, Grant] = {}
        self._refreshes: dict[str, Grant] = {}
        self._spent: dict[str, str] = {}

    def rotate(self) -> None:
        """Signs with a new key from now on; the one before stays published until the next time."""
        self._keys = [_new_key(), *self._keys[:1]]

    def key_set(self) -> dict[str, Any]:
        """The public keys (RFC 7517)."""
        return {"keys": [key.as_dict(private=False, use="sig", alg="ES256") for key in self._keys]}

    def _sign(self, type_: str, claims: Mapping[str, Any], seconds: int) -> str:
        now, key = int(time.time()), self._keys[0]
        header = {"alg": "ES256", "typ": type_, "kid": key.kid}
        stamped = {"iss": self.issuer, "iat": now, "exp": now + seconds, "jti": str(uuid7()), **claims}
        return jwt.encode(header, stamped, key, algorithms=["ES256"])

    def access_token(
        self, subject: str, client: str, scope: str, claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The answer with an access token for our API (RFC 9068)."""
        said = {"sub": subject, "aud": self.audience, "client_id": client, "scope": scope, **claims}
        token = self._sign("at+jwt", said, TOKEN_SECONDS)
        return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS, "scope": scope}

    def subject(self, access_token: str) -> str | None:
        """Whom an access token of ours is for; None where it is none, or too old."""
        for key in self._keys:
            try:
                claims = jwt.decode(access_token, key, algorithms=["ES256"]).claims
            except (JoseError, ValueError):
                continue
            ours = claims["aud"] == self.audience and claims["exp"] > time.time()
            return str(claims["sub"]) if ours else None
        return None

    def logout_token(self, visit: Visit, client: str) -> str:
        """What tells a client that a session has ended."""
        said = {"sub": visit.person.subject, "sid": visit.sid, "aud": client, "events": {LOGOUT_EVENT: {}}}
        return self._sign("logout+jwt", said, 120)

    def code(self, client: str, visit: Visit, asked: Mapping[str, str]) -> str:
        """A code for what was asked."""
        visit.clients.add(client)
        code = secret()
        self._codes[code] = Grant(
            client=client,
            visit=visit,
            scope=asked["scope"],
            nonce=asked.get("nonce"),
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
            expires=time.time() + CODE_SECONDS,
            family=secret(),
        )
        return code

    def for_code(self, client: str, code: str, verifier: str, redirect_uri: str) -> dict[str, Any]:
        """The tokens for a code (RFC 6749, 4.1.3; RFC 7636). Raises `GrantRefusedError`."""
        self._revoke_if_spent(code)
        grant = self._codes.pop(code, None)
        challenge = _base64(hashlib.sha256(verifier.encode()).digest())
        if (
            grant is None
            or grant.client != client
            or grant.expires < time.time()
            or grant.redirect_uri != redirect_uri
            or not hmac.compare_digest(grant.challenge.encode(), challenge.encode())
        ):
            raise GrantRefusedError(
                "invalid_grant", "the code is unknown, spent, too old, or not this client's"
            )
        self._spent[code] = grant.family
        return self._granted(grant)

    def for_refresh_token(self, client: str, token: str) -> dict[str, Any]:
        """The tokens for a refresh token, which is spent with it. Raises `GrantRefusedError`."""
        self._revoke_if_spent(token)
        grant = self._refreshes.pop(token, None)
        if grant is None or grant.client != client:
            raise GrantRefusedError("invalid_grant", "the refresh token is unknown or spent")
        self._spent[token] = grant.family
        return self._granted(grant)

    def _revoke_if_spent(self, secret_: str) -> None:
        """What is used twice was stolen once: nothing that came of it is good any more (RFC 9700, 4.14)."""
        family = self._spent.get(secret_)
        if family is not None:
            self._refreshes = {
                token: grant for token, grant in self._refreshes.items() if grant.family != family
            }

    def _granted(self, grant: Grant) -> dict[str, Any]:
        visit, person = grant.visit, grant.visit.person
        answer = self.access_token(person.subject, grant.client, grant.scope, person.claims())
        said = {
            "sub": person.subject,
            "aud": grant.client,
            "sid": visit.sid,
            "auth_time": int(visit.since),
            "at_hash": _base64(hashlib.sha256(answer["access_token"].encode()).digest()[:16]),
            **({"nonce": grant.nonce} if grant.nonce is not None else {}),
            **person.claims(),
        }
        refresh = secret()
        self._refreshes[refresh] = grant
        return {
            **answer,
            "id_token": self._sign("JWT", said, ID_TOKEN_SECONDS),
            "refresh_token": refresh,
        }


def _new_key() -> ECKey:
    return ECKey.generate_key("P-256", auto_kid=True)


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
