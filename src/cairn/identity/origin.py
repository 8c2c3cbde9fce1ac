"""Where a request comes from: whether our own pages sent it, or another site made the browser do so.

Only what a cookie authorises needs this: browsers add cookies by themselves, and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import Scope


@dataclass(slots=True)
class Asking:
    """What of a request's headers matters to who asks."""

    authorization: tuple[bytes, ...] = ()
    cookie: tuple[bytes, ...] = ()
    origin: tuple[bytes, ...] = ()
    site: bytes | None = None
    """`Sec-Fetch-Site`; absent from programs, and from browsers on plain http."""
    mode: bytes | None = None
    agent: bytes | None = None


_READ = {b"authorization", b"cookie", b"origin", b"sec-fetch-site", b"sec-fetch-mode", b"user-agent"}


def asking(scope: Scope) -> Asking:
    """Reads the headers of a request."""
    found = Asking()
    for name, value in scope["headers"]:
        if name not in _READ:
            continue
        match name:
            case b"cookie":
                found.cookie += (value,)
            case b"authorization":
                found.authorization += (value,)
            case b"origin":
                found.origin += (value,)
            case b"sec-fetch-site":
                found.site = value
            case b"sec-fetch-mode":
                found.mode = value
            case _:
                found.agent = value
    return found


def ours(scope: Scope, request: Asking, origin: bytes, *, page: bool = False) -> bool:
    """Whether a cookie may speak for a request.

    `Origin`, which browsers send with every POST and WebSocket, must be ours where it is there; `null` and a
    sibling's are not. A GET without it must not come from another site, unless it leads a person to a page.
    A WebSocket needs one: programs have tokens.
    """
    if request.origin:
        return _all_are(request.origin, origin)
    if scope["type"] == "websocket":
        return False
    if scope["method"] in {"GET", "HEAD"}:
        return request.site in {None, b"same-origin", b"none"} or (page and request.mode == b"navigate")
    return request.site in {None, b"same-origin"}


def _all_are(given: Sequence[bytes], origin: bytes) -> bool:
    return all(each == origin for each in given)
