"""Keeping the map of a source, so that whatever brings its next file need not."""

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.hris.mapping import Map, read_map
from cairn.hris.tables import FeedMap

LONGEST_MAP = 100_000
"""Characters."""


async def keep_feed_map(tx: Transaction, viewer: Viewer, *, source: str, text: str) -> FeedMap:
    """Keeps what the columns of a source's files mean; feeds of that source are read by it from now on.

    Args:
        source: The feed whose files it is for.
        text: The map, in TOML; `cairn sync FILE --source NAME --map MAP` suggests one.

    Raises:
        InvalidInput: The map makes no sense; nothing was kept.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    if not source.strip() or len(source) > 100:
        raise invalid("source", "must be a name of at most 100 characters")
    if len(text) > LONGEST_MAP:
        raise invalid("text", f"must have at most {LONGEST_MAP} characters")
    read_map(text)
    query = select(FeedMap).where(col(FeedMap.source) == source).with_for_update()
    kept: FeedMap | None = (await tx.execute(query)).scalar_one_or_none()
    if kept is not None and kept.text == text:
        return kept
    before = kept.model_dump() if kept is not None else None
    kept = kept or FeedMap(source=source, text="", kept_by="")
    kept.text, kept.kept_by, kept.kept_at = text, viewer.name, now()
    tx.add(kept)
    await audit.record(tx, viewer, "feedMap.keep", kept, before=before, after=kept)
    await tx.flush()
    return kept


async def kept_map(tx: Transaction, source: str) -> Map | None:
    """The map that is kept for a source, if there is one."""
    text = (await tx.execute(select(col(FeedMap.text)).where(col(FeedMap.source) == source))).scalar()
    return read_map(text) if text is not None else None
