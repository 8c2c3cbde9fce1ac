"""What credentials and their issuer look like: pictures that somebody gave, drawn anew and kept.

A picture is no part of what a version says, which never changes: it is found at the version's address
(`/achievements/{id}/image`), and another one takes its place there without anything being signed again.
"""

from dataclasses import dataclass
from io import BytesIO
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.picture import Picture, rasterised
from cairn.credentials.vector import NotDrawable, clean, is_vector
from cairn.db.engine import Transaction

MOST_BYTES = 2_000_000
MOST_PIXELS = 25_000_000
WIDEST = 1_200
"""Pixels of the longer side; a larger one is made smaller."""
NARROWEST = 64
_FORMATS = ("PNG", "JPEG", "WEBP")


def redrawn(data: bytes) -> Picture:
    """A picture that somebody gave, drawn anew. Raises `NotDrawable`. It takes up to a second."""
    if not data or len(data) > MOST_BYTES:
        raise NotDrawable(f"a picture has 1 to {MOST_BYTES} bytes")
    if is_vector(data):
        svg = clean(data)
        return _pixels(rasterised(svg), svg)
    return _pixels(data, None)


def _pixels(data: bytes, svg: str | None) -> Picture:
    """The pixels alone: nothing of what a file may hold besides comes along."""
    from PIL import Image, ImageOps  # noqa: PLC0415  # 10 MB, and few processes draw

    Image.MAX_IMAGE_PIXELS = None  # it would warn of what is refused below, and before anything is unpacked
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            _must_fit(*image.size)
            drawn = ImageOps.exif_transpose(image).convert("RGBA")
            drawn.thumbnail((WIDEST, WIDEST))
            plain = Image.new("RGBA", drawn.size)
            plain.paste(drawn)
    except NotDrawable:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, ArithmeticError, TypeError, KeyError):
        raise NotDrawable("it is no PNG, JPEG, WebP or SVG, or a broken one") from None
    for again in (plain, plain.quantize(256)):
        out = BytesIO()
        again.save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            return Picture(out.getvalue(), svg, *plain.size)
    raise NotDrawable("it is too much even with 256 colours; make it smaller")


def _must_fit(width: int, height: int) -> None:
    """Until here only the head of the file was read."""
    if width * height > MOST_PIXELS:
        raise NotDrawable(f"it has more than {MOST_PIXELS // 1_000_000} million pixels")
    if min(width, height) < NARROWEST:
        raise NotDrawable(f"it is less than {NARROWEST} pixels wide or high")


@dataclass(frozen=True)
class Subject:
    """What a picture is of: a credential, or the issuer where there is none."""

    credential: UUID | None = None


async def illustrate(
    tx: Transaction, viewer: Viewer, subject: Subject, picture: Picture | None
) -> tables.Image | None:
    """Gives a credential its picture, or the issuer its logo, or takes it away. Raises `NotFound`."""
    viewer.require(Permission.WRITE_LEARNING)
    row, name = await _pictured(tx, viewer, subject)
    before: UUID | None = getattr(row, name)
    made = None
    if picture is not None:
        made = tables.Image(png=picture.png, svg=picture.svg, width=picture.width, height=picture.height)
        tx.add(made)
        await tx.flush()
    setattr(row, name, made.id if made is not None else None)
    tx.add(row)
    await tx.flush()
    if before is not None:
        await tx.execute(delete(tables.Image).where(col(tables.Image.id) == before))
    after = {"image": None if made is None else f"{made.width} × {made.height}"}
    verb = "issuer.illustrate" if subject.credential is None else "credential.illustrate"
    await audit.record(tx, viewer, verb, row, after=after)
    return made


async def _pictured(
    tx: Transaction, viewer: Viewer, subject: Subject
) -> tuple[tables.Credential | tables.IssuerProfile, str]:
    if subject.credential is not None:
        return await find(tx, viewer, tables.Credential, subject.credential, lock=True), "image_id"
    found = (await tx.execute(select(tables.IssuerProfile).with_for_update())).scalar_one_or_none()
    if found is None:
        raise NotFound("Say who the company is first (describeIssuer).")
    return found, "logo_id"
