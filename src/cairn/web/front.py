"""What every request passes before any route, and every answer after: one ASGI layer around all of them.

Which host a request is addressed to, whom a proxy asks for, how long a body may be, which sites may ask, and
the headers that tell a browser what not to do. A route that has headers of its own keeps them: a public
document opens itself to every site, and a page has its own policy.
"""

import logging
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cairn.graph.http import request_id
from cairn.identity.pages import SHIELD
from cairn.settings import Environment, SettingError, Settings
from cairn.web import metrics
from cairn.web.logs import asked

access = logging.getLogger("cairn.access")

Header = tuple[bytes, bytes]

HEADERS: tuple[Header, ...] = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    *((name.encode(), value.encode()) for name, value in SHIELD.items()),
)
"""On every answer that does not say otherwise; what is no page may do nothing at all."""
DATA: frozenset[bytes] = frozenset(
    {
        b"content-security-policy",
        b"cross-origin-resource-policy",
        b"strict-transport-security",
        b"x-content-type-options",
    }
)
"""Which of them an answer of `application/…` has: the others speak of documents, and each costs the answers
of `/graphql` a hundredth of their rate."""
STRICT_TRANSPORT: Header = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")
"""In production, where the public address is an https one."""

BODY = 2_000_000
"""Bytes of a request's body."""
LONGER_BODIES = {
    "/hris/": 200_000_000,
    "/scim/": 10_000_000,
    "/verify": 20_000_000,
    "/uploads/": 26_000_000,
    "/me/": 6_000_000,
    "/ims/": 2_500_000,
    "/definitions/": 2_500_000,
    "/issuer/": 2_500_000,
}
"""Where files are taken, by how the path begins; what is read there is bounded there too."""
ADDRESS = 8_000
"""Bytes of a path with its query; GraphQL's GET has a bound of its own."""

_ANYWHERE = {"/healthz", "/readyz", "/metrics"}
"""What load balancers and those who watch ask by address; the answers tell nothing of anybody."""
_LOCAL = {"localhost", "127.0.0.1", "[::1]", "testserver"}
"""How a machine calls itself."""


@dataclass(frozen=True)
class Front:
    """What is let through, of whom."""

    hosts: frozenset[str] = frozenset()
    """Names in small letters, without ports."""
    origins: frozenset[bytes] = frozenset()
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    proxy_header: bytes = b"x-forwarded-for"
    headers: tuple[Header, ...] = HEADERS
    logs: bool = False
    data: tuple[Header, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", tuple(each for each in self.headers if each[0] in DATA))

    def around(self, app: ASGIApp, direct: Mapping[str, ASGIApp] | None = None) -> ASGIApp:
        """The application behind this front.

        A request for a path in `direct` goes to what stands there, with no router on its way.
        """
        return _Fronted(app, self, {} if direct is None else direct)

    def client(self, scope: Scope) -> str:
        """The address that a request is from: of who asked a trusted proxy, as far as that can be told.

        Each proxy appends whom it was asked by, so the first one from the right that is no proxy of ours is
        the last whose word counts; what stands further left anybody may have written.
        """
        peer = scope["client"][0] if scope.get("client") else ""
        if not self.proxies or not self._is_proxy(peer):
            return str(peer)
        said = [value for name, value in scope["headers"] if name == self.proxy_header]
        for each in reversed(b",".join(said).decode("latin-1").split(",")):
            address = _address(each, forwarded=self.proxy_header == b"forwarded")
            if address is None:
                break
            peer = address
            if not self._is_proxy(address):
                break
        return str(peer)

    def _is_proxy(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self.proxies)


def front(found: Settings, address: str) -> Front:
    """The front as the settings have it; `address` is what people type. Raises `SettingError`."""
    local = found.env is not Environment.PRODUCTION
    hosts = set(found.allowed_hosts) or {urlsplit(address).netloc} | (_LOCAL if local else set())
    strict = urlsplit(address).scheme == "https" and not local
    return Front(
        hosts=frozenset(_name(host.encode()) for host in hosts),
        origins=frozenset(_origins(found.cors_origins)),
        proxies=_networks(found.trusted_proxies),
        proxy_header=found.proxy_header.encode(),
        headers=(*HEADERS, STRICT_TRANSPORT) if strict else HEADERS,
        logs=found.access_log,
    )


def _origins(given: Iterable[str]) -> list[bytes]:
    for each in given:
        parts = urlsplit(each)
        whole = f"{parts.scheme}://{parts.netloc}"
        if parts.scheme not in {"http", "https"} or not parts.hostname or whole != each:
            raise SettingError(
                f"CAIRN_CORS_ORIGINS: {each} must be an origin such as https://intranet.example.com"
            )
    return [each.encode() for each in given]


def _networks(given: Iterable[str]) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(each, strict=False) for each in given)
    except ValueError as error:
        raise SettingError(f"CAIRN_TRUSTED_PROXIES: {error}") from None


def _address(part: str, *, forwarded: bool) -> str | None:
    """The address in an element of X-Forwarded-For or Forwarded (RFC 7239); None where there is none."""
    text = part.strip()
    if forwarded:
        pairs = (pair.partition("=") for pair in text.split(";"))
        said = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
        text = said.get("for", "")
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _name(host: bytes) -> str:
    """A host without its port, in small letters."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.partition(":")[0].removesuffix(".")


class _Fronted:
    def __init__(self, app: ASGIApp, front: Front, direct: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._front = front
        self._direct = direct
        self._known: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        front = self._front
        scope["cairn.address"] = front.client(scope)
        id_ = request_id(scope)
        asked.set(id_)
        read = self._read(scope)
        if isinstance(read, _Refused):
            await _refuse(scope, send, read, front.headers)
            return
        origin, bounded = read
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        extra = self._shared(origin)
        if len(extra) > 1 and scope["method"] == "OPTIONS" and _asks_first(scope):
            await _preflight(send, (*extra, *front.headers))
            return
        status = 0
        begun = time.perf_counter()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._complete(message["headers"], extra, id_)
            await send(message)

        app = self._direct.get(scope["path"], self._app)
        try:
            await app(scope, receive if bounded else _bounded(scope, receive), answer)
        finally:
            took = time.perf_counter() - begun
            metrics.note(scope, status, took)
            if front.logs:
                _log(scope, status, took * 1000)

    def _complete(self, headers: Iterable[Header], extra: tuple[Header, ...], id_: str) -> list[Header]:
        """The headers of an answer with those that it does not have itself."""
        found = [*headers]
        if len(found) == 4 and found[3][0] == b"x-request-id" and not extra:  # as `/graphql` answers
            return [*found, *self._front.data]
        said = {name for name, _ in found}
        if b"access-control-allow-origin" in said:  # other sites may read it, so they may show it
            said.add(b"cross-origin-resource-policy")
        is_data = found and found[0][0] == b"content-type" and found[0][1].startswith(b"application/")
        ours = self._front.data if is_data else self._front.headers
        found += [each for each in ours if each[0] not in said]
        if extra and b"access-control-allow-origin" not in said:
            found += extra
        if b"x-request-id" not in said:
            found.append((b"x-request-id", id_.encode()))
        return found

    def _read(self, scope: Scope) -> "tuple[bytes, bool] | _Refused":
        """The site a request says it is from, and whether it said how long it is; or why it may not in."""
        host: bytes | None = None
        origin = b""
        bounded = False
        for name, value in scope["headers"]:
            if name == b"host":
                if host is not None:
                    return _Refused(400, "a request names one host")
                host = value
            elif name == b"origin":
                origin = value
            elif name == b"content-length" and value.isdigit():
                bounded = True
                if int(value[:20]) > BODY and int(value[:20]) > _most(scope):
                    return _Refused(413, f"a body here has at most {_most(scope)} bytes")
        if len(scope.get("raw_path") or b"") > ADDRESS:
            return _Refused(414, "the address is too long")
        if host is None:
            return _Refused(400, "a request names the host it is for")
        if host not in self._known and self._front.hosts:
            if _name(host) not in self._front.hosts and scope["path"] not in _ANYWHERE:
                return _Refused(421, "this is not the server of that name; see CAIRN_ALLOWED_HOSTS")
            if len(self._known) < 100:
                self._known.add(host)
        return origin, bounded

    def _shared(self, origin: bytes) -> tuple[Header, ...]:
        """What lets the pages of another site read an answer, where it is one of those that may.

        Never with credentials: a cookie speaks for our own pages alone (`identity/origin.py`).
        """
        if not self._front.origins:
            return ()
        if origin not in self._front.origins:
            return ((b"vary", b"Origin"),)
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", b"X-Request-Id, Retry-After, WWW-Authenticate"),
            (b"vary", b"Origin"),
        )


@dataclass(frozen=True)
class _Refused:
    status: int
    why: str


def _most(scope: Scope) -> int:
    path = scope["path"]
    return next((most for start, most in LONGER_BODIES.items() if path.startswith(start)), BODY)


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Counts a body whose length was not announced, or not truly."""
    if scope["method"] in {"GET", "HEAD"}:
        return receive
    left = _most(scope)

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413, "the body is too long", {"connection": "close"})
        return message

    return counted


def _asks_first(scope: Scope) -> bool:
    return any(name == b"access-control-request-method" for name, _ in scope["headers"])


async def _preflight(send: Send, headers: tuple[Header, ...]) -> None:
    allowed = (
        (b"access-control-allow-methods", b"GET, POST, PUT, PATCH, DELETE"),
        (b"access-control-allow-headers", b"Authorization, Content-Type, Idempotency-Key, Last-Event-ID"),
        (b"access-control-max-age", b"600"),
        (b"content-length", b"0"),
    )
    await send({"type": "http.response.start", "status": 204, "headers": [*headers, *allowed]})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(scope: Scope, send: Send, refused: _Refused, headers: tuple[Header, ...]) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": refused.why})
        return
    body = refused.why.encode()
    own: tuple[Any, ...] = (
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    )
    await send({"type": "http.response.start", "status": refused.status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


def _log(scope: Scope, status: int, milliseconds: float) -> None:
    """One line: the path without its query, which may hold what is nobody's business."""
    who = scope.get("cairn.viewer", "")
    access.info(
        "%s %s %s %.1f ms %s",
        *(scope["method"], scope["path"], status, milliseconds, who or "-"),
        extra={
            "method": scope["method"],
            "path": scope["path"],
            "status": status,
            "ms": round(milliseconds, 1),
            "who": who,
        },
    )
