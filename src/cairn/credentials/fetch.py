"""Fetching what a stranger's credential points to, without being led anywhere one does not want to go.

A credential comes from anybody, and the addresses in it are theirs. So only https is followed, to public
addresses: the name is looked up once, every answer has to be public, and the connection goes to the very
address that was looked at, whatever the name would mean a moment later. What comes is short, soon, and whole.
"""

import asyncio
import json
import re
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
MOST_ADDRESSES = 100
"""Addresses that one errand may ask: whoever writes a credential has no others asked through us."""
MOST_TOGETHER = 20_000_000
"""Bytes of all that one errand fetches."""
ACCEPT = "application/vc+ld+json, application/ld+json, application/json;q=0.9, image/*;q=0.5, */*;q=0.1"


class Web:
    """The network, with care; `anywhere` for somebody at their own command line."""

    def __init__(self, *, anywhere: bool = False) -> None:
        self._anywhere = anywhere
        self._kept: dict[str, bytes] = {}
        self._asked_for = 0
        self._left = MOST_TOGETHER

    async def get(self, url: str) -> bytes:
        """What is at an address; asked for once. Raises `Unavailable`."""
        if url not in self._kept:
            self._asked_for += 1
            if self._asked_for > MOST_ADDRESSES:
                raise Unavailable(f"{_shown(url)} is not fetched: it is one of more than {MOST_ADDRESSES}")
            try:
                async with asyncio.timeout(SECONDS):
                    self._kept[url] = await self._followed(url)
            except TimeoutError:
                raise Unavailable(f"{_shown(url)} does not answer in time") from None
        return self._kept[url]

    async def did(self, did: str) -> Mapping[str, Any]:
        """The DID document of a did:web (its method's specification, section 2.5.2). Raises `Unavailable`."""
        url = _did_url(did, anywhere=self._anywhere)
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
                try:
                    url = urljoin(url, found)
                except ValueError:
                    raise Unavailable(f"{_shown(url)} leads to no address") from None
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
                    self._left -= len(part)
                    if size > MOST_BYTES or self._left < 0:
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
        except (OSError, ValueError):
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


_DID_WEB = re.compile(
    r"did:web:([A-Za-z0-9.-]+)(?:%3[Aa]([0-9]{1,5}))?((?::(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})+)*)"
)
_LOCAL = {"localhost", "127.0.0.1"}


def _did_url(did: str, *, anywhere: bool) -> str:
    """Where a DID document is. Raises `Unavailable` for what would lead anywhere but into a host's folder.

    A `?`, `#` or `/` in a DID would ask for something else on a host that did not mean to answer for it.
    """
    found = _DID_WEB.fullmatch(did)
    if found is None:
        raise Unavailable(f"{_shown(did)} is no did:web")
    host, port, path = found.groups()
    is_local = anywhere and host in _LOCAL
    segments = path.split(":")[1:]
    plain = [unquote(each) for each in segments]
    if any(each in {".", ".."} or any(c in "/\\?#%" or not c.isprintable() for c in each) for each in plain):
        raise Unavailable(f"{_shown(did)} is no did:web: a part of it is no folder's name")
    if not is_local and host.rpartition(".")[2].isdigit():
        raise Unavailable(f"{_shown(did)} is no did:web: it names an address in place of a host")
    authority = f"{host}:{port}" if port else host
    return f"http{'' if is_local else 's'}://{authority}/{'/'.join(segments) or '.well-known'}/did.json"


def _is_public(address: Any) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    is_local = getattr(address, "is_site_local", False)  # fec0::/10, which is_global lets through
    return bool(
        address.is_global and inner.is_global and not (inner.is_multicast or inner.is_reserved or is_local)
    )


def _shown(url: str) -> str:
    return url[:200] if url.isprintable() else repr(url[:200])
