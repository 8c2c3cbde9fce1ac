"""Fetching what a stranger's credential points to, without being led anywhere one does not want to go.

A credential comes from anybody, and the addresses in it are theirs. So only https is followed, to public
addresses: the name is looked up once, every answer has to be public, and the connection goes to the very
address that was looked at, whatever the name would mean a moment later. What comes is short, soon, and whole.
"""

import asyncio
import json
import socket
from collections.abc import Mapping
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from httpx2 import AsyncClient, HTTPError, InvalidURL, Timeout

from cairn.credentials.report import MOST_BYTES, Unavailable

SECONDS = 8.0
"""All that one errand may take, redirects and all."""
REDIRECTS = 3
ACCEPT = "application/vc+ld+json, application/ld+json, application/json;q=0.9, image/*;q=0.5, */*;q=0.1"


class Web:
    """The network, with care; `anywhere` for somebody at their own command line."""

    def __init__(self, *, anywhere: bool = False) -> None:
        self._anywhere = anywhere
        self._kept: dict[str, bytes] = {}

    async def get(self, url: str) -> bytes:
        """What is at an address; asked for once. Raises `Unavailable`."""
        if url not in self._kept:
            try:
                async with asyncio.timeout(SECONDS):
                    self._kept[url] = await self._followed(url)
            except TimeoutError:
                raise Unavailable(f"{_shown(url)} does not answer in time") from None
        return self._kept[url]

    async def did(self, did: str) -> Mapping[str, Any]:
        """The DID document of a did:web (its method's specification, section 2.5.2). Raises `Unavailable`."""
        host, *path = did.removeprefix("did:web:").split(":")
        host = unquote(host)
        scheme = (
            "http" if self._anywhere and host.partition(":")[0] in {"localhost", "127.0.0.1"} else "https"
        )
        folder = "/".join(path) if path else ".well-known"
        url = f"{scheme}://{host}/{folder}/did.json"
        try:
            found = json.loads(await self.get(url))
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Unavailable(f"What {_shown(url)} answers is no DID document")
        return found

    async def trusts(self, issuer: str) -> bool | None:  # noqa: ARG002  # the network knows no list of ours
        """None: whom the company trusts stands in its database."""
        return None

    async def _followed(self, url: str) -> bytes:
        timeout = Timeout(SECONDS, connect=4.0)
        async with AsyncClient(timeout=timeout, trust_env=False, follow_redirects=False) as client:
            for _ in range(REDIRECTS + 1):
                found = await self._asked(client, url)
                if isinstance(found, bytes):
                    return found
                url = urljoin(url, found)
        raise Unavailable(f"{_shown(url)} leads on and on")

    async def _asked(self, client: AsyncClient, url: str) -> bytes | str:
        """The answer, or where it leads."""
        target, headers, extensions = await self._pinned(url)
        try:
            async with client.stream("GET", target, headers=headers, extensions=extensions) as response:
                if response.has_redirect_location:
                    return response.headers["location"]
                if response.status_code != 200:
                    raise Unavailable(f"{_shown(url)} answers with status {response.status_code}")
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise Unavailable(f"{_shown(url)} answers with something compressed")
                parts, size = [], 0
                async for part in response.aiter_raw():
                    size += len(part)
                    if size > MOST_BYTES:
                        raise Unavailable(f"{_shown(url)} answers with more than can be read")
                    parts.append(part)
                return b"".join(parts)
        except (HTTPError, InvalidURL, UnicodeError) as error:
            raise Unavailable(f"{_shown(url)} does not answer ({type(error).__name__})") from None

    async def _pinned(self, url: str) -> tuple[str, dict[str, str], dict[str, Any]]:
        """The address to connect to, and what to say there. Raises `Unavailable`."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise Unavailable(f"{_shown(url)} is no address") from None
        allowed = {"https", "http"} if self._anywhere else {"https"}
        if parts.scheme not in allowed or not host or parts.username is not None:
            raise Unavailable(f"{_shown(url)} is not fetched: only https is, with no name or password in it")
        number = port or (443 if parts.scheme == "https" else 80)
        try:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, number, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Unavailable(f"There is no host {host[:100]}") from None
        addresses = [ip_address(str(each[4][0]).partition("%")[0]) for each in found]
        if not self._anywhere and not all(map(_is_public, addresses)):
            raise Unavailable(f"{_shown(url)} is not fetched: it leads into a private network")
        first = addresses[0]
        literal = f"[{first}]" if isinstance(first, IPv6Address) else str(first)
        target = parts._replace(netloc=f"{literal}:{number}", fragment="").geturl()
        headers = {
            "host": host if port is None else f"{host}:{port}",
            "accept": ACCEPT,
            "accept-encoding": "identity",
            "user-agent": "Cairn",
        }
        return target, headers, {"sni_hostname": host}


def _is_public(address: Any) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    is_local = getattr(address, "is_site_local", False)  # fec0::/10, which is_global lets through
    return bool(
        address.is_global and inner.is_global and not (inner.is_multicast or inner.is_reserved or is_local)
    )


def _shown(url: str) -> str:
    return url[:200] if url.isprintable() else repr(url[:200])
