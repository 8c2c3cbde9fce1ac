"""What jobs keep in a company's schema: events on their way, and what has been done about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from cairn.db.ranges import now
from cairn.db.tables import INSTANT, Link, Row


class Event(Row, table=True):
    """Something that was told in the transaction in which it became true, and is not yet in the queue."""

    name: str
    payload: dict[str, Any] = Field(sa_type=JSONB)
    published_at: datetime = Field(default_factory=now, sa_type=INSTANT)


class Handled(Link, table=True):
    """That a handler has dealt with an event: written with its effects, so that they happen once."""

    __table_args__ = (Index(None, "handled_at"),)

    event_id: UUID = Field(primary_key=True)
    """No foreign key: the event is gone when it is in the queue."""
    handler: str = Field(primary_key=True)
    handled_at: datetime = Field(default_factory=now, sa_type=INSTANT)


class Happening(Link, table=True):
    """That something has changed, for those who listen: kept for so long as they may have missed it."""

    __table_args__ = (Index(None, "told_at"),)

    transaction: int = Field(primary_key=True, sa_type=BigInteger)
    """The number of the transaction that changed it, which tells whether somebody has seen it."""
    topic: str = Field(primary_key=True)
    subject: UUID = Field(primary_key=True)
    """What has changed; no foreign key, since it may be gone."""
    told_at: datetime = Field(default_factory=now, sa_type=INSTANT)
