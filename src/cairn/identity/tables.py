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


class App(Row, table=True):
    """A program outside that registered itself (RFC 7591): people may let it act for them, within scopes."""

    __table_args__ = (
        CheckConstraint("octet_length(secret) = 32", name="secret"),
        CheckConstraint("cardinality(redirect_uris) > 0", name="redirect_uris"),
        CheckConstraint("cardinality(scopes) > 0", name="scopes"),
        Index(None, "registered_at"),
    )

    name: str
    """What it calls itself."""
    secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The SHA-256 of its secret; absent of one that cannot keep any."""
    auth_method: str
    """How it shows who it is at the token end point: `client_secret_basic`, `client_secret_post`, `none`."""
    redirect_uris: list[str] = Field(sa_type=ARRAY(Text))
    """Where people may be sent back to, letter by letter."""
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    """What it may ask people for, as `AppScope` names it."""
    refreshes: bool
    """Whether it may exchange refresh tokens."""
    client_uri: str | None = None
    """Its page, as it says."""
    policy_uri: str | None = None
    """What it says it does with data."""
    tos_uri: str | None = None
    """Its terms, as it says."""
    software_id: str | None = None
    """The program it is an instance of, as it says."""
    software_version: str | None = None
    """Which version of it."""
    registered_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it registered."""


class Disconnection(StrEnum):
    """Why an app is connected no more."""

    BY_PERSON = "BY_PERSON"
    """The person ended it, or who manages access."""
    BY_APP = "BY_APP"
    """The app ended it itself."""
    REPLACED = "REPLACED"
    """The person connected the app anew."""
    MISUSED = "MISUSED"
    """Something was presented a second time that is good for once: somebody has a copy."""
    LEFT = "LEFT"
    """The person has left the company."""


class ConnectedApp(Row, table=True):
    """That somebody lets an app act for them, within scopes, until it is ended."""

    __table_args__ = (
        Index(
            "connected_app_live_key",
            "employee_id",
            "app_id",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
        Index(None, "employee_id"),
        Index(None, "app_id"),
        CheckConstraint("(ended_at is null) = (ending is null)", name="ended"),
    )

    employee_id: UUID = Field(foreign_key="employee.id", ondelete="CASCADE")
    app_id: UUID = Field(foreign_key="app.id", ondelete="CASCADE")
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    """What the person allowed, as `AppScope` names it."""
    connected_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When the person allowed it."""
    used_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When the app last read or wrote something, to the minute; null where it never did."""
    ended_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Since when it is connected no more, where it was ended."""
    ending: Disconnection | None = Field(default=None, sa_type=choice(Disconnection, "ending"))
    """Why it was ended."""


class AppCode(Row, table=True):
    """A code that an app exchanges for tokens, once (RFC 6749, section 4.1.2)."""

    __table_args__ = (UniqueConstraint("key"), Index(None, "connected_app_id"), Index(None, "expires_at"))

    connected_app_id: UUID = Field(foreign_key="connected_app.id", ondelete="CASCADE")
    key: bytes = Field(sa_type=LargeBinary)
    """The SHA-256 of the code."""
    redirect_uri: str
    """Where it was sent to."""
    challenge: str
    """What the app's verifier must come to (RFC 7636)."""
    expires_at: datetime = Field(sa_type=INSTANT)
    """Until when it can be exchanged."""
    used_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was exchanged, where it was."""


class TokenKind(StrEnum):
    """What a token of an app is good for."""

    ACCESS = "ACCESS"
    """It opens what the person allowed."""
    REFRESH = "REFRESH"
    """It is exchanged for new tokens, once."""


class AppToken(Row, table=True):
    """A token that an app holds."""

    __table_args__ = (
        UniqueConstraint("key"),
        Index(None, "connected_app_id"),
        Index(None, "expires_at"),
        CheckConstraint("octet_length(key) = 32", name="key"),
    )

    connected_app_id: UUID = Field(foreign_key="connected_app.id", ondelete="CASCADE")
    key: bytes = Field(sa_type=LargeBinary)
    """The SHA-256 of the token."""
    kind: TokenKind = Field(sa_type=choice(TokenKind, "kind"))
    """What it is good for."""
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    """What it reaches: all that the person allowed, or what the app asked for of it."""
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was given out."""
    expires_at: datetime = Field(sa_type=INSTANT)
    """When it stops working."""
    used_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """Of a refresh token: when it was exchanged, where it was."""


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
