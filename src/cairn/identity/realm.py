"""What all of identity shares: the database, the providers, our own address and its cookies."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from httpx2 import AsyncBaseTransport

from cairn.db.engine import Database
from cairn.identity.cookies import Cookies
from cairn.identity.issuer import Issuer
from cairn.identity.providers import Provider
from cairn.settings import Environment, SettingError

METADATA = "/.well-known/oauth-protected-resource"
"""Where programs learn who gives out tokens for this API (RFC 9728)."""


class Realm:
    """One company's front door, as it is set up."""

    def __init__(
        self,
        database: Database,
        providers: Sequence[Provider],
        public_url: str,
        *,
        environment: Environment = Environment.DEVELOPMENT,
        transport: AsyncBaseTransport | None = None,
    ) -> None:
        """Raises `SettingError`. `transport` reaches the providers: over the network, by default."""
        self.origin = origin_of(public_url)
        if environment is Environment.PRODUCTION:
            if not self.origin.startswith("https:"):
                raise SettingError("CAIRN_PUBLIC_URL: must be an https address in production")
            if any(provider.development for provider in providers):
                raise SettingError("CAIRN_OIDC_ISSUER: production takes no development identity provider")
        self.database = database
        self.issuers = tuple(Issuer(provider, transport) for provider in providers)
        self.cookies = Cookies(self.origin)
        self._by_name = {issuer.provider.issuer: issuer for issuer in self.issuers}

    @property
    def callback(self) -> str:
        """Where providers send people back to."""
        return f"{self.origin}/auth/callback"

    def issuer(self, name: object) -> Issuer | None:
        """The provider that calls itself so."""
        return self._by_name.get(name) if isinstance(name, str) else None

    async def aclose(self) -> None:
        """Closes the connections to the providers."""
        for issuer in self.issuers:
            await issuer.aclose()


def origin_of(address: str) -> str:
    """An address as browsers write it in `Origin`. Raises `SettingError`."""
    parts = urlsplit(address.rstrip("/"))
    try:
        port = parts.port
    except ValueError:
        port = 0
    beside = parts.path or parts.query or parts.fragment or parts.username
    if parts.scheme not in _PORTS or not parts.hostname or port == 0 or beside:
        raise SettingError("CAIRN_PUBLIC_URL: must be an address such as https://cairn.example.com")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in {None, _PORTS[parts.scheme]} else f":{port}")


_PORTS = {"http": 80, "https": 443}
