"""Who is whose account, who is signed in, sign-ins under way, and the tokens we give out ourselves.

No secret is kept: what a browser or a program holds is known here by its SHA-256 alone.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlmodel import Field

from cairn.db.ranges import now
from cairn.db.tables import INSTANT, Link, Row, choice


class Identity(Row, table=True):
    """The tie between an account at an identity provider and an employee."""

    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        UniqueConstraint("issuer", "employee_id"),
        Index(None, "employee_id"),
    )

    issuer: str
    """The identity provider, as it calls itself."""
    subject: str
    """The account there, which the provider never gives to anybody else."""
    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When the two were first tied."""


class Ending(StrEnum):
    """Why a session is over."""

    SIGNED_OUT = "SIGNED_OUT"
    """The person signed out."""
    REPLACED = "REPLACED"
    """The person signed in again in the same browser."""
    BY_PROVIDER = "BY_PROVIDER"
    """The identity provider said so."""
    ENDED = "ENDED"
    """Somebody ended it from another session: the person, or who manages access."""
    LEFT = "LEFT"
    """The person has left the company."""


class Session(Row, table=True):
    """A browser that somebody is signed in with."""

    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("octet_length(key) = 32", name="key"),
        CheckConstraint("(ended_at is null) = (ending is null)", name="ended"),
        Index(None, "employee_id"),
        Index(None, "issuer", "subject", postgresql_where=text("ended_at is null")),
        Index(None, "issuer", "sid", postgresql_where=text("ended_at is null")),
        Index(None, "expires_at"),
    )

    key: bytes = Field(sa_type=LargeBinary)
    """The SHA-256 of what the cookie holds."""
    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    issuer: str
    """The identity provider that vouched for the person."""
    subject: str
    """The account there."""
    sid: str | None = None
    """The provider's own name of the session it began, by which it can end this one."""
    roles: list[str] = Field(sa_type=ARRAY(Text))
    """What the provider's groups mean here, sorted; refreshed whenever the person signs in anywhere."""
    browser: str | None = None
    """What the browser calls itself."""
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When the person signed in."""
    seen_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was last used, to the minute."""
    expires_at: datetime = Field(sa_type=INSTANT)
    """When it ends however much it is used."""
    ended_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was ended before its time."""
    ending: Ending | None = Field(default=None, sa_type=choice(Ending, "ending"))
    """Why it was ended before its time."""


class SignIn(Link, table=True):
    """A sign-in under way: what was sent to the identity provider and must come back, in the same browser."""

    __table_args__ = (Index(None, "expires_at"),)

    key: bytes = Field(sa_type=LargeBinary, primary_key=True)
    """The SHA-256 of `state`."""
    binding: bytes = Field(sa_type=LargeBinary)
    """The SHA-256 of the cookie that marks the browser."""
    issuer: str
    nonce: str
    """What the ID token must repeat."""
    verifier: str
    """What proves to the token end point that the code is ours (RFC 7636)."""
    next: str
    """Where the person wanted to go."""
    expires_at: datetime = Field(sa_type=INSTANT)


class LogoutNotice(Link, table=True):
    """A logout token that was obeyed: it is obeyed once."""

    __table_args__ = (Index(None, "expires_at"),)

    issuer: str = Field(primary_key=True)
    jti: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=INSTANT)
    """When it would be too old anyway."""


class ServiceToken(Row, table=True):
    """A token of our own, for a program whose side cannot do OAuth."""

    __table_args__ = (
        UniqueConstraint("key"),
        CheckConstraint("octet_length(key) = 32", name="key"),
        CheckConstraint("cardinality(permissions) > 0", name="permissions"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        Index(None, "owner_id"),
    )

    key: bytes = Field(sa_type=LargeBinary)
    """The SHA-256 of the token."""
    name: str
    """What it is for."""
    ending: str
    """Its last four characters, to tell it from others."""
    permissions: list[str] = Field(sa_type=ARRAY(Text))
    owner_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was made."""
    expires_at: datetime = Field(sa_type=INSTANT)
    """When it stops working."""
    used_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was last used, to the minute; null where it never was."""
    revoked_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was revoked, where it was."""


class RateCount(Link, table=True):
    """How often something was counted in a window of time, by all processes (`rates.py`).

    Unlogged: it is written every second and worth nothing after a minute. A crash of the server empties it,
    which begins the minute anew; an orderly restart keeps it.
    """

    __table_args__ = (Index(None, "at"), {"prefixes": ["UNLOGGED"]})

    key: bytes = Field(sa_type=LargeBinary, primary_key=True)
    """A digest of what is counted, and for whom."""
    at: datetime = Field(sa_type=INSTANT, primary_key=True)
    """When the window begins."""
    count: int
