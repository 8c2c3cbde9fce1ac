"""What access keeps: the audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from cairn.db.ranges import now
from cairn.db.tables import INSTANT, Link, Row


class AuditEntry(Row, table=True):
    """That a verb was done: by whom, when, to what, and what changed. Entries are added and never touched."""

    __table_args__ = (
        Index(None, "subject_id"),
        Index(None, "on_behalf_of_id"),
    )

    at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When it was done."""
    viewer: str
    """Who did it: `employee:…`, `service:…`, `client:…`, `system:…`."""
    on_behalf_of_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    verb: str
    """What was done, as a noun and a verb: `session.end`."""
    subject_type: str | None = None
    """The type of what it was done to."""
    subject_id: UUID | None = None
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """What is different now, as it was."""
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """What is different now, as it is."""
    request_id: str | None = None
    """The id of the request, as in the log and in the header `X-Request-Id` of its answer."""
    salt: bytes | None = Field(default=None, sa_type=LargeBinary)
    """What keeps anybody from guessing what was erased."""
    details: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The digest of `before` and `after` with the salt (`chain.py`); it stays when they are erased."""


class AuditSeal(Link, table=True):
    """A batch of audit entries, sealed with the one before it."""

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Counts up from 1."""
    sealed_at: datetime = Field(sa_type=INSTANT)
    entries: int
    """How many it has."""
    previous: bytes = Field(sa_type=LargeBinary)
    """The hash of the one before."""
    hash: bytes = Field(sa_type=LargeBinary)


class AuditLink(Link, table=True):
    """That an audit entry is in a seal, with its digest as it was then."""

    __table_args__ = (UniqueConstraint("seal", "position"),)

    entry_id: UUID = Field(primary_key=True, foreign_key="audit_entry.id")
    seal: int = Field(foreign_key="audit_seal.number")
    position: int
    digest: bytes = Field(sa_type=LargeBinary)
