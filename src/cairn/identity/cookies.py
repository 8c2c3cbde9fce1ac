"""The cookies: an opaque name for a session, and one for each sign-in under way. No person is in them.

`__Host-` and `Secure` also where development runs on `http://localhost`: Firefox and, since 2025, Chromium
take such cookies from a loopback address. Safari may not, and then says nothing; and on a plain-http address
of another machine no browser does. There, in development only, the names say what they are.
"""

import secrets
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

SIGN_IN_SECONDS = 600
"""How long a sign-in may take."""
SIGN_INS = 8
"""Sign-ins of one browser under way at once; the cookies of earlier ones are removed."""


class Cookies:
    """The names and the attributes of our cookies."""

    def __init__(self, origin: str) -> None:
        self.secure = origin.startswith("https:") or is_loopback(origin)
        prefix = "__Host-cairn" if self.secure else "cairn-insecure-development"
        self.session = prefix
        self._sign_in = f"{prefix}-signin-"
        self._attributes = "; Path=/; HttpOnly; SameSite=Lax" + ("; Secure" if self.secure else "")
        self._mark = f"{prefix}=".encode()

    def session_token(self, headers: Iterable[bytes]) -> str | None:
        """What the session's cookie holds; None where there is none, or several that disagree."""
        found: bytes | None = None
        for header in headers:
            if self._mark not in header:
                continue
            for part in header.split(b";"):
                pair = part.strip()
                if pair.startswith(self._mark):
                    if found is not None and found != pair:
                        return None
                    found = pair
        return None if found is None else found[len(self._mark) :].decode("latin-1")

    def for_session(self, token: str) -> str:
        """The header that gives a browser its session."""
        return f"{self.session}={token}{self._attributes}"

    def without_session(self) -> str:
        """The header that takes it away."""
        return f"{self.session}={self._attributes}; Max-Age=0"

    def sign_in_name(self, state: str) -> str:
        """Each sign-in has a cookie of its own, so that two tabs do not take each other's."""
        return self._sign_in + state[:8]

    def for_sign_in(self, state: str, mark: str) -> str:
        """The header that marks the browser a sign-in was begun in."""
        return f"{self.sign_in_name(state)}={mark}{self._attributes}; Max-Age={SIGN_IN_SECONDS}"

    def without_sign_in(self, name: str) -> str:
        """The header that removes such a mark."""
        return f"{name}={self._attributes}; Max-Age=0"

    def abandoned(self, names: Iterable[str]) -> list[str]:
        """The marks of sign-ins that are one too many."""
        marks = [name for name in names if name.startswith(self._sign_in)]
        return marks[: max(0, len(marks) - SIGN_INS + 1)]


def is_loopback(address: str) -> bool:
    """Whether browsers trust an address although it is plain http: it never leaves the machine."""
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def secret() -> str:
    """32 random bytes, as URLs and cookies take them."""
    return secrets.token_urlsafe(32)
