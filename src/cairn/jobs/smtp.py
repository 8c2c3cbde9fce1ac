"""Sending a mail: one message, one recipient, one connection, and nothing of either in the log.

    await Post(url).send(message, "ada@example.com")

A server that takes a message and then loses us before it can say so has taken it: whoever sends it again
sends the same `Message-ID`, which is all that SMTP has for this (RFC 5321, section 4.1.1.4).
"""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

import aiosmtplib

from cairn.settings import SettingError

SECONDS = 20.0
"""That connecting, and each step of the conversation, may take."""


class Refused(Exception):  # noqa: N818  # it is about the message
    """The server does not take the message, and will not."""


@dataclass(frozen=True)
class Post:
    """A mail server."""

    host: str
    port: int
    implicit_tls: bool
    user: str | None = None
    password: str | None = None

    @classmethod
    def at(cls, url: str) -> "Post":
        """The server of a URL. Raises `SettingError`, which does not quote it."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise SettingError("CAIRN_SMTP_URL: write smtp://user:password@host:587, or smtps://…:465")
        implicit = parts.scheme == "smtps"
        return cls(
            parts.hostname,
            port or (465 if implicit else 587),
            implicit,
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
        )

    def __repr__(self) -> str:
        return f"Post({self.host}:{self.port})"

    @property
    def _is_here(self) -> bool:
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    async def send(self, message: EmailMessage, recipient: str) -> None:
        """Sends it. Raises `Refused`; whatever else is raised may pass.

        Without TLS it speaks with this machine alone.
        """
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.implicit_tls,
            start_tls=False if self.implicit_tls else None if self._is_here else True,
            tls_context=ssl.create_default_context(),
            timeout=SECONDS,
        )
        try:
            async with client:
                if self.user is not None:
                    await client.login(self.user, self.password or "")
                sender = message["From"].addresses[0].addr_spec
                await client.sendmail(sender, [recipient], message.as_bytes())
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(500 <= each.code < 600 for each in error.recipients):
                raise Refused(str(error.recipients[0].code)) from None
            raise ConnectionError("the mail server does not take it now") from None
        except aiosmtplib.SMTPAuthenticationError:
            raise ConnectionError("the mail server does not know us") from None
        except aiosmtplib.SMTPResponseException as error:
            if isinstance(error, aiosmtplib.SMTPDataError) and 500 <= error.code < 600:
                raise Refused(str(error.code)) from None
            raise ConnectionError(f"the mail server says {error.code}") from None
