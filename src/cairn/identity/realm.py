"""What all of identity shares: the database, the providers, our own address and its cookies."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from httpx2 import AsyncBaseTransport

from cairn.db.engine import Database
from cairn.identity.cookies import Cookies
from cairn.identity.issuer import Issuer
from cairn.identity.providers import Provider
from cairn.settings import Environment, SettingError


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
        address = urlsplit(public_url)
        self.origin = f"{address.scheme}://{address.netloc}"
        if address.scheme not in {"http", "https"} or public_url.rstrip("/") != self.origin:
            raise SettingError("CAIRN_PUBLIC_URL: must be an address such as https://cairn.example.com")
        if environment is Environment.PRODUCTION and address.scheme != "https":
            raise SettingError("CAIRN_PUBLIC_URL: must be an https address in production")
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
