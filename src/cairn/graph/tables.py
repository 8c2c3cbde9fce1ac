"""What the graph keeps: the outcome of mutations that came with an idempotency key."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from cairn.db.ranges import now
from cairn.db.tables import INSTANT, Row


class Outcome(Row, table=True):
    """What a mutation came to, so that the same request answers the same without being done again."""

    __table_args__ = (UniqueConstraint("viewer", "key"), Index(None, "created_at"))

    viewer: str
    """Who asked."""
    key: str
    verb: str
    input_hash: str
    result: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    created_at: datetime = Field(default_factory=now, sa_type=INSTANT)
