"""An identity provider as it shows itself: its discovery document and its keys, fetched seldom and kept.

OpenID Connect Discovery 1.0, RFC 8414, RFC 7517. Which algorithms are taken is ours to say: what the
discovery document offers can only narrow it.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from httpx2 import AsyncBaseTransport
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.util import urlsafe_b64decode

from cairn.identity.outbound import (
    SECONDS,
    BoundedTransport,
    ProviderError,
    authorization_url,
    exchange_code,
    get_json,
)
from cairn.identity.providers import Provider

Key = RSAKey | ECKey | OKPKey

ALGORITHMS: Mapping[str, type[Key]] = {
    "RS256": RSAKey,
    "PS256": RSAKey,
    "ES256": ECKey,
    "EdDSA": OKPKey,
    "Ed25519": OKPKey,
}
"""What tokens may be signed with, and the kind of key each takes. `EdDSA` is `Ed25519` before RFC 9864."""

FRESH = 600.0
"""Seconds until keys and discovery document are fetched anew, beside the request that notices."""
TRUSTED = 86_400.0
"""Seconds that keys are believed in while the provider cannot be reached."""
LOOK_AGAIN = 10.0
"""Seconds between two fetches for the sake of a key id that then turned out not to exist."""
RETRY = 2.0
"""Seconds after a fetch that failed in which no other is tried."""


class UnknownKeyError(Exception):
    """No key of the provider has that id and fits that algorithm."""


@dataclass(frozen=True)
class Metadata:
    """What of the discovery document matters here."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    algorithms: frozenset[str]
    authentication: str
    """How we show the token end point who we are."""
    names_itself: bool
    """Whether its answers at the callback say whom they are from (RFC 9207)."""


@dataclass(frozen=True)
class Known:
    """What is known of a provider since a moment."""

    metadata: Metadata
    keys: tuple[Key, ...]
    since: float

    def key(self, kid: str | None, algorithm: str) -> Key | None:
        """The key for a token; one without a key id fits only where there is but one key."""
        found = [key for key in self.keys if kid is None or key.kid == kid]
        if len(found) != 1 and kid is None:
            return None
        fitting = [key for key in found if isinstance(key, ALGORITHMS[algorithm])]
        return fitting[0] if len(fitting) == 1 else None


class Issuer:
    """One identity provider, asked as seldom as can be."""

    def __init__(
        self,
        provider: Provider,
        transport: AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.provider = provider
        self._transport = BoundedTransport(transport)
        self._clock = clock
        self._known: Known | None = None
        self._flight: asyncio.Task[Known] | None = None
        self._failed = float("-inf")
        self._looked = float("-inf")

    async def aclose(self) -> None:
        """Closes the connections."""
        if self._flight is not None:
            self._flight.cancel()
            await asyncio.wait([self._flight])
        await self._transport.aclose()

    async def metadata(self) -> Metadata:
        """What its discovery document says. Raises `ProviderError`."""
        return (await self._current()).metadata

    async def key(self, kid: str | None, algorithm: str) -> Key:
        """The key that a token was signed with. Raises `UnknownKeyError`, `ProviderError`.

        A key id never seen is looked for at once, so that a rotation is noticed with its first token. If
        it does not exist then either, none is looked for in a while: made-up ids cost the provider nothing.
        """
        found = (await self._current()).key(kid, algorithm)
        if found is None and kid is not None and self._may_look_again():
            found = (await self._fetch_once()).key(kid, algorithm)
            if found is not None:
                self._looked = float("-inf")
        if found is None:
            raise UnknownKeyError
        return found

    def authorization_url(
        self,
        metadata: Metadata,
        *,
        redirect_uri: str,
        state: str,
        nonce: str,
        verifier: str,
        login_hint: str | None = None,
        prompt: str | None = None,
    ) -> str:
        """Where to send a browser to sign in."""
        return authorization_url(
            self._transport,
            metadata.authorization_endpoint,
            client_id=self.provider.client_id,
            scopes=self.provider.scopes,
            redirect_uri=redirect_uri,
            state=state,
            nonce=nonce,
            verifier=verifier,
            login_hint=login_hint,
            prompt=prompt,
            max_age=self.provider.max_age,
        )

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        """The token end point's answer for a code. Raises `SpentCodeError`, `ProviderError`."""
        metadata = await self.metadata()
        return await exchange_code(
            self._transport,
            metadata.token_endpoint,
            client_id=self.provider.client_id,
            client_secret=self.provider.client_secret,
            authentication=metadata.authentication if self.provider.client_secret else "none",
            code=code,
            verifier=verifier,
            redirect_uri=redirect_uri,
        )

    async def userinfo(self, access_token: str) -> Mapping[str, Any] | None:
        """What the userinfo end point says; None where there is none. Raises `ProviderError`."""
        url = (await self.metadata()).userinfo_endpoint
        return None if url is None else await get_json(self._transport, url, bearer=access_token)

    def known(self) -> Known | None:
        """What is known now; fetched anew beside the request where it is no longer fresh."""
        if self._known is None:
            return None
        age = self._clock() - self._known.since
        if age > FRESH and self._clock() - self._failed > RETRY:
            self._fly()
        return self._known if age <= TRUSTED else None

    async def _current(self) -> Known:
        return self.known() or await self._fetch_once()

    def _may_look_again(self) -> bool:
        if self._flight is not None:
            return True
        may = self._clock() - self._looked > LOOK_AGAIN
        if may:
            self._looked = self._clock()
        return may

    async def _fetch_once(self) -> Known:
        """A fetch that everybody who needs one waits for together."""
        if self._flight is None and self._clock() - self._failed <= RETRY:
            raise ProviderError("did not answer a moment ago", unavailable=True)
        return await asyncio.shield(self._fly())

    def _fly(self) -> "asyncio.Task[Known]":
        if self._flight is None:
            self._flight = asyncio.create_task(self._fetch())
            self._flight.add_done_callback(self._landed)
        return self._flight

    def _landed(self, flight: "asyncio.Task[Known]") -> None:
        self._flight = None
        if flight.cancelled() or flight.exception() is not None:
            self._failed = self._clock()
        else:
            self._known = flight.result()

    async def _fetch(self) -> Known:
        try:
            async with asyncio.timeout(SECONDS):
                url = self.provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
                metadata = read_metadata(await get_json(self._transport, url), self.provider)
                keys = read_keys(await get_json(self._transport, metadata.jwks_uri))
        except TimeoutError:
            raise ProviderError("no answer in time", unavailable=True) from None
        if not keys:
            raise ProviderError("has no key that we could use")
        return Known(metadata, keys, self._clock())


def read_metadata(document: Mapping[str, Any], provider: Provider) -> Metadata:
    """Reads a discovery document. Raises `ProviderError`.

    OpenID Connect Discovery 1.0, section 4.3: the issuer in it must be exactly the one it was asked of.
    """
    if document.get("issuer") != provider.issuer:
        raise ProviderError("its discovery document is another issuer's")
    if document.get("cairn_development") and not provider.development:
        raise ProviderError("is a development identity provider, and this is production")

    def address(name: str) -> str | None:
        found = document.get(name)
        if found is None:
            return None
        parts = urlsplit(found) if isinstance(found, str) else None
        allowed = {"https", urlsplit(provider.issuer).scheme}
        if parts is None or parts.scheme not in allowed or not parts.hostname or parts.fragment:
            raise ProviderError(f"its {name} is no address that we would go to")
        return str(found)

    def needed(name: str) -> str:
        found = address(name)
        if found is None:
            raise ProviderError(f"its discovery document has no {name}")
        return found

    return Metadata(
        authorization_endpoint=needed("authorization_endpoint"),
        token_endpoint=needed("token_endpoint"),
        jwks_uri=needed("jwks_uri"),
        userinfo_endpoint=address("userinfo_endpoint"),
        end_session_endpoint=address("end_session_endpoint"),
        algorithms=_texts(document.get("id_token_signing_alg_values_supported"), {"RS256"})
        & frozenset(ALGORITHMS),
        authentication="client_secret_basic"
        if "client_secret_basic"
        in _texts(document.get("token_endpoint_auth_methods_supported"), {"client_secret_basic"})
        else "client_secret_post",
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _texts(found: Any, default: set[str]) -> frozenset[str]:
    if not isinstance(found, list):
        return frozenset(default if found is None else ())
    return frozenset(each for each in found if isinstance(each, str))


_PUBLIC = {"kty", "kid", "n", "e", "crv", "x", "y", "alg"}


def read_keys(document: Mapping[str, Any]) -> tuple[Key, ...]:
    """The public signature keys in a JWK set that are good enough; others are passed over (RFC 7517, 5)."""
    listed = document.get("keys")
    if not isinstance(listed, list):
        raise ProviderError("its key set has no keys")
    return tuple(key for each in listed[:100] if isinstance(each, dict) and (key := _key(each)) is not None)


def _key(jwk: dict[str, Any]) -> Key | None:
    operations = jwk.get("key_ops", ["verify"])
    if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
        return None
    public = {name: value for name, value in jwk.items() if name in _PUBLIC}
    if public.get("alg") in {"EdDSA", "Ed25519"}:
        del public["alg"]  # two names of one algorithm, and a key may bear the other one
    try:
        match public:
            case {"kty": "RSA", "n": str(modulus)} if len(urlsafe_b64decode(modulus.encode())) >= 256:
                return RSAKey.import_key(public)
            case {"kty": "EC", "crv": "P-256"}:
                return ECKey.import_key(public)
            case {"kty": "OKP", "crv": "Ed25519"}:
                return OKPKey.import_key(public)
    except (JoseError, ValueError, TypeError):
        return None
    return None
