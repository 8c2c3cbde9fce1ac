"""What tokens say, once it is sure that they say it: to us, now, and as the kind of token they are.

ID tokens (OpenID Connect Core 1.0, 3.1.3.7), access tokens (RFC 9068, section 4), logout tokens (OpenID
Connect Back-Channel Logout 1.0, 2.6). One kind never passes for another.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import JWSRegistry
from joserfc.jwt import JWTClaimsRegistry
from joserfc.util import urlsafe_b64decode

from cairn.identity.issuer import ALGORITHMS, Issuer, UnknownKeyError
from cairn.identity.providers import Provider

Claims = Mapping[str, Any]

SKEW = 60
"""Seconds that our clock and a provider's may differ."""
LOGOUT_SECONDS = 300
"""Age at which a logout token is stale."""
LOGOUT_LIFETIME = timedelta(seconds=LOGOUT_SECONDS + 3 * SKEW)
"""How long it must be remembered that one was obeyed: until any copy of it is stale."""
LONGEST = 100_000
"""Characters of a token."""
FOREVER = 32_503_680_000
"""The year 3000, for tokens that expire later than a calendar can tell."""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class InvalidTokenError(Exception):
    """A token does not hold. `reason` is for the log, and quotes nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Pinned(JWSRegistry):
    """The algorithms that are ours to choose, whatever a token or a discovery document proposes."""

    max_header_length = 2_048

    def get_alg(self, name: str) -> Any:
        if name not in ALGORITHMS:
            raise InvalidTokenError("its algorithm is none of ours")
        return self.algorithms[name]


_REGISTRY = _Pinned(strict_check_header=False)
_FORBIDDEN_HEADERS = {"crit", "jwk", "jku", "x5u", "x5c", "b64"}
"""Headers that change what is signed, or bring or name the key: keys come from the provider's set alone."""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InvalidTokenError("says something twice")
    return found


def _no_constant(_name: str) -> Any:
    raise InvalidTokenError("holds what is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)


def _read(part: bytes) -> dict[str, Any]:
    """The JSON object in a part of a token: no name twice, no NaN."""
    try:
        found = _DECODER.decode(part.decode())
    except (ValueError, RecursionError):
        raise InvalidTokenError("is no token") from None
    if not isinstance(found, dict):
        raise InvalidTokenError("is no token")
    return found


def _part(token: str, index: int) -> dict[str, Any]:
    """The header or the payload of a token."""
    if len(token) > LONGEST or token.count(".") != 2:
        raise InvalidTokenError("is no token")
    try:
        return _read(urlsafe_b64decode(token.split(".")[index].encode()))
    except (binascii.Error, ValueError):
        raise InvalidTokenError("is no token") from None


def unverified(token: str) -> Claims:
    """What a token claims to say, to find whose it may be. Raises `InvalidTokenError`."""
    return _part(token, 1)


async def _verified(token: str, issuer: Issuer, types: frozenset[str]) -> tuple[dict[str, Any], str]:
    """The claims of a token and its algorithm, once its type and signature are right."""
    header = _part(token, 0)
    kid, algorithm, type_ = header.get("kid"), header.get("alg"), header.get("typ", "")
    if not isinstance(type_, str) or type_.lower().removeprefix("application/") not in types:
        raise InvalidTokenError("is another type of token")
    if not isinstance(algorithm, str) or algorithm not in (await issuer.metadata()).algorithms:
        raise InvalidTokenError("its algorithm is none of ours")
    if header.keys() & _FORBIDDEN_HEADERS or not isinstance(kid, str | None):
        raise InvalidTokenError("its header is not acceptable")
    try:
        key = await issuer.key(kid, algorithm)
        found = jws.deserialize_compact(token, key, registry=_REGISTRY)
    except UnknownKeyError:
        raise InvalidTokenError("its key is unknown") from None
    except (JoseError, ValueError, TypeError):
        raise InvalidTokenError("its signature is wrong") from None
    return _read(found.payload), algorithm


def _hold(claims: Claims, provider: Provider, needed: tuple[str, ...]) -> None:
    """That the claims are this provider's, of this time, and that none which is needed is missing."""
    registry = JWTClaimsRegistry(
        now=lambda: int(time.time()),
        leeway=SKEW,
        iss={"essential": True, "value": provider.issuer},
        **{name: {"essential": True} for name in needed},  # type: ignore[arg-type]
    )
    try:
        registry.validate(dict(claims))
    except JoseError as error:
        raise InvalidTokenError(error.error.replace("_", " ")) from None
    for name in needed:
        value = claims[name]
        if name not in {"exp", "iat", "aud"} and not (isinstance(value, str) and 0 < len(value) <= 255):
            raise InvalidTokenError(f"its {name} is no text")


def _audiences(claims: Claims) -> set[str]:
    audience = claims["aud"]
    return {audience} if isinstance(audience, str) else set(audience)


def _meant_for_client(claims: Claims, provider: Provider) -> None:
    """OpenID Connect Core 1.0, 3.1.3.7, points 3 to 5: for us, and for nobody we do not trust."""
    audiences = _audiences(claims)
    if provider.client_id not in audiences or audiences - {provider.client_id} - provider.trusted_audiences:
        raise InvalidTokenError("is for somebody else")
    azp = claims.get("azp")
    if (azp is not None or len(audiences) > 1) and azp != provider.client_id:
        raise InvalidTokenError("was issued to somebody else")


_ID_TOKEN_TYPES = frozenset({"", "jwt"})


async def id_token(token: str, issuer: Issuer, *, nonce: str, access_token: str | None) -> Claims:
    """The claims of an ID token for the sign-in that `nonce` belongs to.

    Where an age was agreed, the token must say when the person last proved who they are (`auth_time`;
    OpenID Connect Core 1.0, 3.1.3.7, point 11), and that must be recent enough.

    Raises `InvalidTokenError`, and `ProviderError` where the keys cannot be had.
    """
    claims, algorithm = await _verified(token, issuer, _ID_TOKEN_TYPES)
    _hold(claims, issuer.provider, ("sub", "aud", "exp", "iat"))
    _meant_for_client(claims, issuer.provider)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
        raise InvalidTokenError("belongs to another sign-in")
    if "at_hash" in claims and (
        access_token is None or claims["at_hash"] != _half_hash(access_token, algorithm)
    ):
        raise InvalidTokenError("belongs to another access token")
    if issuer.provider.max_age is not None:
        _check_age(claims.get("auth_time"), issuer.provider.max_age)
    return claims


def _check_age(since: object, most: int) -> None:
    if not isinstance(since, int | float) or isinstance(since, bool):
        raise InvalidTokenError("does not say when the person proved who they are")
    if not since >= time.time() - most - SKEW:
        raise InvalidTokenError("is of somebody who proved who they are too long ago")


def _half_hash(token: str, algorithm: str) -> str:
    """OpenID Connect Core 1.0, 3.1.3.6; Ed25519 hashes with SHA-512 itself."""
    digest = (hashlib.sha512 if algorithm.startswith("Ed") else hashlib.sha256)(token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


@dataclass(frozen=True)
class Access:
    """What an access token says."""

    claims: Claims
    subject: str
    client_id: str
    is_program: bool
    """Whether a program asks on nobody's behalf."""
    scopes: frozenset[str]
    expires: float


_OTHERS_CLAIMS = frozenset({"nonce", "at_hash", "c_hash", "events"})
"""What only ID tokens and logout tokens say."""


async def access_token(token: str, issuer: Issuer) -> Access:
    """What an access token for our API says (RFC 9068).

    Raises `InvalidTokenError`, and `ProviderError` where the keys cannot be had.
    """
    provider = issuer.provider
    plain = provider.plain_access_tokens
    claims, _ = await _verified(token, issuer, frozenset({"at+jwt", "jwt"} if plain else {"at+jwt"}))
    if claims.keys() & _OTHERS_CLAIMS:
        raise InvalidTokenError("is another type of token")
    client = "azp" if plain and "client_id" not in claims else "client_id"
    _hold(claims, provider, ("sub", "aud", "exp", "iat", "jti", client))
    if provider.audience not in _audiences(claims):
        raise InvalidTokenError("is for somebody else")
    scope = claims.get("scope")
    return Access(
        claims=claims,
        subject=claims["sub"],
        client_id=claims[client],
        is_program=claims["sub"] == claims[client] or provider.role_of_program(claims[client]) is not None,
        scopes=frozenset(scope.split() if isinstance(scope, str) else ()),
        expires=float(min(claims["exp"], FOREVER)),
    )


@dataclass(frozen=True)
class Logout:
    """What a logout token says."""

    subject: str | None
    sid: str | None
    jti: str


_LOGOUT_TYPES = frozenset({"", "jwt", "logout+jwt"})


async def logout_token(token: str, issuer: Issuer) -> Logout:
    """What a logout token says (OpenID Connect Back-Channel Logout 1.0, 2.6).

    Raises `InvalidTokenError`, and `ProviderError` where the keys cannot be had.
    """
    claims, _ = await _verified(token, issuer, _LOGOUT_TYPES)
    _hold(claims, issuer.provider, ("aud", "iat", "jti"))
    _meant_for_client(claims, issuer.provider)
    events, subject, sid = claims.get("events"), claims.get("sub"), claims.get("sid")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise InvalidTokenError("is no logout token")
    if "nonce" in claims:
        raise InvalidTokenError("is another type of token")
    if claims["iat"] < time.time() - LOGOUT_SECONDS - SKEW:
        raise InvalidTokenError("is stale")
    if not all(value is None or (isinstance(value, str) and value) for value in (subject, sid)):
        raise InvalidTokenError("names nobody")
    if subject is None and sid is None:
        raise InvalidTokenError("names nobody")
    return Logout(subject, sid, claims["jti"])
