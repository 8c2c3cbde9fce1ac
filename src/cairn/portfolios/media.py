"""What a file is, told from its content, and images drawn anew so that nothing is in them but the picture.

What is not on this list is refused: above all what a browser would run (HTML, SVG, scripts), whatever it is
called. An image loses its metadata, such as where it was taken, what an editor kept of earlier versions, and
whatever else was hidden in it, because only its pixels go into the new one.
"""

import codecs
import json
import zipfile
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import IO, Any

MOST_BYTES = 25_000_000
MOST_PIXELS = 25_000_000
"""Of an image; four times as many of a JPEG, which need not be unpacked whole."""
WIDEST = 4_000
"""Pixels of an image's longer side; a larger one is made smaller."""
HEAD = 4_096
"""Bytes by which a file is told."""
PIECE = 262_144
LONGEST_JSON = 1_000_000
LONGEST_LISTING = 1_000_000
"""Bytes of what a ZIP says is in it: some ten thousand files."""

_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_OPEN = {
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
}
_IMAGES = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP", "image/gif": "GIF"}
_ENDINGS = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe"),
    "image/webp": ("webp",),
    "application/pdf": ("pdf",),
    "video/mp4": ("mp4", "m4v"),
    "video/webm": ("webm",),
    "audio/mpeg": ("mp3",),
    "application/zip": ("zip",),
    "application/json": ("json", "ipynb", "geojson"),
    "text/plain": ("txt", "md", "csv", "tsv", "log", "rst", "tex", "bib", "sql", "yaml", "yml", "srt", "vtt"),
    **dict(zip(_OFFICE.values(), (("docx",), ("xlsx",), ("pptx",)), strict=True)),
    "application/vnd.oasis.opendocument.text": ("odt",),
    "application/vnd.oasis.opendocument.spreadsheet": ("ods",),
    "application/vnd.oasis.opendocument.presentation": ("odp",),
}
"""How the name of a file of each type may end; the first is what it ends in otherwise."""
_ACTIVE = (b"<!doctype", b"<html", b"<script", b"<svg", b"<?xml", b"<?php", b"#!")
KINDS = "PDF, PNG, JPEG, WebP, GIF, MP4, WebM, MP3, office documents, ZIP, JSON and plain text"
"""What is taken, for people."""


class NotTaken(ValueError):  # noqa: N818  # it is about the file
    """A file is none of those that are taken; the message says why."""


@dataclass(frozen=True)
class Media:
    """What a file is."""

    type: str
    file: IO[bytes]
    """What is to be kept: the file itself, or an image drawn anew."""
    size: int
    width: int | None = None
    height: int | None = None


def named(name: str, type_: str) -> str:
    """The name under which a file of that type is sent: nothing opens it by that but what shows the type.

    `photo.html` of a JPEG is `photo.html.jpg`, and a text called `run.bat` is `run.bat.txt`: whoever opens it
    from their own disk has only the name to go by.
    """
    endings = _ENDINGS.get(type_, ("bin",))
    bare = name.rstrip(". ") or "file"
    return bare if bare.lower().endswith(tuple(f".{each}" for each in endings)) else f"{bare}.{endings[0]}"


def taken(file: IO[bytes], size: int) -> Media:
    """What a file is, ready to be kept. Raises `NotTaken`. It takes up to a second, of an image."""
    file.seek(0)
    type_ = kind_of(file.read(HEAD), file)
    return _drawn(file, type_) if type_ in _IMAGES else Media(type_, file, size)


def kind_of(head: bytes, file: IO[bytes]) -> str:
    """The media type of a file, by its content. Raises `NotTaken`."""
    if not head:
        raise NotTaken("the file is empty")
    match head:
        case _ if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return "image/png"
        case _ if head.startswith(b"\xff\xd8\xff"):
            return "image/jpeg"
        case _ if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return "image/webp"
        case _ if head[:6] in {b"GIF87a", b"GIF89a"}:
            return "image/gif"
        case _ if head.startswith(b"%PDF-"):
            return "application/pdf"
        case _ if head[4:8] == b"ftyp" and head[8:12].strip() in {
            b"isom",
            b"iso2",
            b"mp41",
            b"mp42",
            b"avc1",
            b"M4V",
        }:
            return "video/mp4"
        case _ if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
            return "video/webm"
        case _ if head.startswith((b"ID3", b"\xff\xfb", b"\xff\xf3")):
            return "audio/mpeg"
        case _ if head.startswith(b"PK\x03\x04"):
            return _packed(file)
    return _text(head, file)


def _packed(file: IO[bytes]) -> str:
    """A ZIP, or the document that it is; nothing of it is unpacked but the name of its kind."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_557))
    tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise NotTaken("it is a broken ZIP file")
    if int.from_bytes(tail[end + 12 : end + 16], "little") > LONGEST_LISTING:
        raise NotTaken("it has too many files in it")
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
                said = archive.read("mimetype").decode("latin-1")
                if said in _OPEN:
                    return said
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError):
        raise NotTaken("it is a broken ZIP file") from None
    if any(name.endswith("vbaProject.bin") for name in names):
        raise NotTaken("it has macros in it; save it without")
    if "[Content_Types].xml" in names:
        for folder, type_ in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return type_
    return "application/zip"


def _text(head: bytes, file: IO[bytes]) -> str:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(_ACTIVE):
        raise NotTaken("it is something that a browser or a machine would run; save it as PDF, or pack it")
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(PIECE):
            if "\0" in decoder.decode(piece):
                raise NotTaken(f"it is none of the kinds that are taken: {KINDS}")
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise NotTaken(f"it is none of the kinds that are taken: {KINDS}") from None
    file.seek(0)
    return "application/json" if start[:1] in {b"{", b"["} and _is_json(file) else "text/plain"


def _is_json(file: IO[bytes]) -> bool:
    """Whether a text is JSON; one too long to be read whole is a text."""
    whole = file.read(LONGEST_JSON + 1)
    try:
        return len(whole) <= LONGEST_JSON and isinstance(json.loads(whole), dict | list)
    except (ValueError, RecursionError):
        return False


def _drawn(file: IO[bytes], type_: str) -> Media:
    """An image with the same pixels and nothing else; upright, and no larger than a screen shows."""
    from PIL import Image, ImageOps  # noqa: PLC0415  # 10 MB, and few processes draw

    Image.MAX_IMAGE_PIXELS = None  # it would warn of what is refused below, and before anything is unpacked
    file.seek(0)
    try:
        with Image.open(file, formats=[_IMAGES[type_]]) as image:
            _must_fit(image, type_)
            orientation = image.getexif().get(_ORIENTATION, 1)
            profile = image.info.get("icc_profile")
            image.draft(None, (WIDEST, WIDEST))  # of a JPEG only so much is unpacked
            alpha = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
            mode = "RGBA" if alpha else "RGB"
            direct = image.mode in {"RGB", "L", "CMYK"}
            drawn: Image.Image = image if direct else image.convert(mode)
            drawn.thumbnail((WIDEST, WIDEST))
            plain = Image.new(mode, drawn.size)
            plain.paste(_in_srgb(drawn, profile, mode))
    except NotTaken:
        raise
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, ArithmeticError, TypeError, KeyError):
        raise NotTaken("it is a broken image") from None
    if orientation in range(2, 9):
        plain.getexif()[_ORIENTATION] = orientation
        plain = ImageOps.exif_transpose(plain)
    return _saved(plain, type_)


def _must_fit(image: Any, type_: str) -> None:
    """Raises `NotTaken` where it would take too much to unpack it; until here only its head was read."""
    most = MOST_PIXELS * (4 if type_ == "image/jpeg" else 1)
    if image.width * image.height > most:
        raise NotTaken(f"it has more than {most // 1_000_000} million pixels")


_ORIENTATION = 0x0112


def _in_srgb(image: Any, profile: bytes | None, mode: str) -> Any:
    """The image in the colours that an image without a profile is taken to be in."""
    from PIL import ImageCms  # noqa: PLC0415  # likewise

    if profile and image.mode in {"RGB", "CMYK"}:
        try:
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            image = ImageCms.profileToProfile(image, given, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a profile that is broken, or of other colours, says nothing
    return image.convert(mode)


def _saved(image: Any, type_: str) -> Media:
    out: IO[bytes] = TemporaryFile()  # noqa: SIM115  # whoever keeps it closes it
    type_ = type_ if type_ in {"image/jpeg", "image/webp"} else "image/png"
    try:
        if type_ == "image/jpeg":
            image = image.convert("RGB")
        image.save(out, _IMAGES[type_], exif=b"", quality=88)
    except BaseException:
        out.close()
        raise
    return Media(type_, out, out.tell(), image.width, image.height)
