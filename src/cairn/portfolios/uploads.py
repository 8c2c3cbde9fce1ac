"""Files of portfolio items: asked for in the graph, sent once over HTTP, and deleted when nobody needs them.

A mutation gives an address that takes one file, for a quarter of an hour; it is all that whoever sends the
file needs, so a browser can send it from a page, and a program with one line of `curl`.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from sqlalchemy import ARRAY, Text, any_, bindparam, delete, func, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.personal import ID, Person, forgets
from cairn.access.refusal import NotAllowed, NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph.record import once
from cairn.identity.cookies import secret
from cairn.identity.sessions import digest
from cairn.jobs.events import publish, subscribe
from cairn.jobs.schedule import every
from cairn.portfolios import tables
from cairn.portfolios.events import FilesUnneeded, SweepDue
from cairn.portfolios.items import PortfolioItemId, own_item
from cairn.portfolios.media import MOST_BYTES, Media, named
from cairn.portfolios.storage import storage
from cairn.settings import settings

PortfolioFileId = Annotated[UUID, Ref("PortfolioFile")]

FOR = timedelta(minutes=15)
MOST_FILES = 20
"""Of one item, with those that were asked for and not sent yet."""
UNKNOWN_AFTER = timedelta(days=1)
"""After that, what is kept and nothing leads to is not on its way any more."""


@dataclass
class PortfolioUpload:
    """Where one file can be sent."""

    url: str | None = once()
    """Send the file there once: its bytes with PUT, or a form that has it with POST. Shown this once, and
    null when the request is repeated."""
    expires_at: datetime | None = None
    """Until when."""
    most_bytes: int = MOST_BYTES
    """How long the file may be."""


@dataclass
class RemovedPortfolioFile:
    """A file that is in the portfolio no more."""

    name: str
    """What it was called."""


@dataclass
class UploadUsed(Refusal):
    """The address has taken its file, or is too old: ask for another one."""


async def request_upload(
    tx: Transaction, viewer: Viewer, *, item: PortfolioItemId, name: str
) -> PortfolioUpload:
    """Asks for an address that takes one file for an item of your portfolio.

    What the file is, is told from its content: PDF, images, films, office documents, ZIP, text. Images are
    drawn anew, without what a camera or an editor hid in them.

    Args:
        item: The item; it does not wait for a review.
        name: What the file is called.
    """
    found = await own_item(tx, viewer, item)
    name = name.strip().rpartition("/")[2].rpartition("\\")[2]
    if not 0 < len(name) <= 120 or not name.isprintable():
        raise invalid("name", "must be a file's name of 1 to 120 characters")
    instant = now()
    of_it = col(tables.Upload.item_id) == found.id
    await tx.execute(delete(tables.Upload).where(of_it, col(tables.Upload.expires_at) < instant))
    counts = [
        (await tx.execute(select(func.count()).where(col(each.item_id) == found.id))).scalar_one()
        for each in (tables.Upload, tables.PortfolioFile)
    ]
    if sum(counts) >= MOST_FILES:
        raise invalid("item", f"has {MOST_FILES} files; an item has no more")
    token = secret()
    row = tables.Upload(item_id=found.id, key=digest(token), name=name, expires_at=instant + FOR)
    tx.add(row)
    await tx.flush()
    await audit.record(tx, viewer, "portfolio.request_upload", found, after={"name": name})
    return PortfolioUpload(f"{settings().address}/uploads/{token}", row.expires_at)


async def awaited(tx: Transaction, token: str) -> bool:
    """Whether an address takes a file."""
    return await _upload(tx, token) is not None


async def _upload(tx: Transaction, token: str, *, lock: bool = False) -> tables.Upload | None:
    wanted = select(tables.Upload).where(
        col(tables.Upload.key) == digest(token), col(tables.Upload.expires_at) > now()
    )
    if lock:
        wanted = wanted.with_for_update()
    return (await tx.execute(wanted)).scalar_one_or_none()


async def receive(tx: Transaction, token: str, media: Media, key: str) -> tables.PortfolioFile:
    """Adds a file that was sent, and is kept under that key. Raises `UploadUsed`."""
    upload = await _upload(tx, token, lock=True)
    item = None if upload is None else await tx.get(tables.PortfolioItem, upload.item_id)
    if upload is None or item is None:
        raise UploadUsed("This address takes no file any more: ask for another one.")
    owner = Viewer(item.employee_id, name=f"employee:{item.employee_id}")
    await own_item(tx, owner, item.id)
    row = tables.PortfolioFile(
        item_id=item.id,
        name=named(upload.name, media.type),
        media_type=media.type,
        size=media.size,
        digest=_digest(media),
        key=key,
        width=media.width,
        height=media.height,
    )
    tx.add(row)
    await tx.delete(upload)
    await audit.record(
        tx,
        owner,
        "portfolio.upload",
        item,
        after={"name": row.name, "type": row.media_type, "size": row.size},
    )
    await tx.flush()
    return row


def _digest(media: Media) -> bytes:
    media.file.seek(0)
    return hashlib.file_digest(media.file, "sha256").digest()  # type: ignore[arg-type]  # any file does


async def readable(tx: Transaction, viewer: Viewer, file: UUID) -> tables.PortfolioFile:
    """A file that a viewer may read. Raises `NotFound`."""
    return await find(tx, viewer, tables.PortfolioFile, file)


async def remove_portfolio_file(
    tx: Transaction, viewer: Viewer, *, file: PortfolioFileId
) -> RemovedPortfolioFile:
    """Takes a file out of your portfolio, for good.

    Args:
        file: The file.
    """
    found = await find(tx, viewer, tables.PortfolioFile, file)
    item = await tx.get(tables.PortfolioItem, found.item_id)
    if item is None:
        raise NotFound("There is no such portfolio file.", id=file)
    if item.employee_id != viewer.employee:
        raise NotAllowed("A portfolio is its owner's to change.")
    item = await own_item(tx, viewer, item.id)
    await tx.delete(found)
    await audit.record(tx, viewer, "portfolio.remove_file", item, after={"name": found.name})
    await publish(tx, FilesUnneeded([found.key]))
    return RemovedPortfolioFile(found.name)


@forgets(tables.PortfolioFile)
async def files_of(tx: Transaction, person: Person) -> int:
    """Has the bytes of a person's files deleted once their rows are gone."""
    items = select(col(tables.PortfolioItem.id)).where(col(tables.PortfolioItem.employee_id) == ID)
    keys = select(col(tables.PortfolioFile.key)).where(col(tables.PortfolioFile.item_id).in_(items))
    if found := (await tx.execute(keys, {"person": person.id})).scalars().all():
        await publish(tx, FilesUnneeded(list(found)))
    return 0


@subscribe(FilesUnneeded, name="credentials.delete_files")  # as it was when it was new
async def delete_files(tx: Transaction, event: FilesUnneeded) -> None:
    """Deletes the bytes of files that are gone."""
    await storage().delete(await _unknown(tx, event.keys))


@every("41 2 * * *", name="credentials.sweep_daily")
async def sweep_daily(tx: Transaction, _at: datetime) -> None:
    """Looks for what is kept and nothing leads to."""
    await publish(tx, SweepDue())


@subscribe(SweepDue, name="credentials.sweep", timeout=600)
async def sweep(tx: Transaction, _event: SweepDue) -> None:
    """Deletes what is kept and nothing leads to: a file whose sending was cut off."""
    await tx.execute(delete(tables.Upload).where(col(tables.Upload.expires_at) < now()))
    kept = storage()
    async for keys in kept.old(now() - UNKNOWN_AFTER):
        await kept.delete(await _unknown(tx, keys))


async def _unknown(tx: Transaction, keys: list[str]) -> list[str]:
    """Those of the keys that no file has."""
    known = select(col(tables.PortfolioFile.key)).where(
        col(tables.PortfolioFile.key) == any_(bindparam("keys", keys, ARRAY(Text)))
    )
    there = set((await tx.execute(known)).scalars())
    return [key for key in keys if key not in there]
