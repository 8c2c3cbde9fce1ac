"""What access keeps: the audit."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from cairn.db.ranges import now
from cairn.db.tables import INSTANT, Row


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
