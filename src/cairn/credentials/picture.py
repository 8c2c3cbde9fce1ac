"""Pictures of credentials: a badge drawn from its definition, and a signed document put into one (baking).

Open Badges 3.0, section 5.3: in a PNG one uncompressed iTXt chunk `openbadgecredential`, in an SVG one
element `openbadges:credential`.
"""

import re
import struct
import zlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Literal
from xml.parsers import expat

PNG = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"
NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
PIXELS_PER_INCH = 144.0
HUES = (250, 215, 180, 150, 290, 320, 20)
_SEVERAL = "there are several credentials in the picture, and it does not say which one it is of"
_ROOT = re.compile(r"<svg\b[^>]*>")


@dataclass(frozen=True)
class Picture:
    """A picture that somebody gave, drawn anew."""

    png: bytes
    svg: str | None
    """Where it was given as curves."""
    width: int
    height: int

    def as_(self, form: Literal["png", "svg"]) -> bytes:
        """The picture; pixels alone are an SVG too, with nothing in it but them."""
        if form == "png":
            return self.png
        if self.svg is not None:
            return self.svg.encode()
        inside = b64encode(self.png).decode()
        size = f'width="{self.width}" height="{self.height}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}">'
            f'<image {size} href="data:image/png;base64,{inside}"/></svg>'
        ).encode()


@dataclass(frozen=True)
class Badge:
    """What a badge shows: its picture, or, where there is none, what is drawn of its name."""

    name: str
    kind: str
    """As people read it: `Certificate`."""
    issuer: str
    picture: Picture | None = None

    @property
    def hue(self) -> int:
        """An angle on the wheel of colours, the same for the same name."""
        return HUES[sha256(self.name.encode()).digest()[0] % len(HUES)]


def drawn(badge: Badge, form: Literal["png", "svg"]) -> bytes:
    """The badge, as a picture or as curves. It takes some 20 ms, once, where it has no picture of its own."""
    return badge.picture.as_(form) if badge.picture is not None else _drawn(badge, form)


@lru_cache(maxsize=256)
def _drawn(badge: Badge, form: Literal["png", "svg"]) -> bytes:
    shown = {"name": badge.name[:120], "kind": badge.kind, "issuer": badge.issuer[:60], "hue": str(badge.hue)}
    return compiled("badge.typ", shown, form)


def compiled(template: str, inputs: dict[str, str], form: Literal["png", "svg"]) -> bytes:
    """A template of `data/typst` with those inputs; nothing but what lies there is read."""
    import typst  # noqa: PLC0415  # a compiler, and few processes draw

    found = typst.compile(
        files("cairn.credentials").joinpath("data", "typst", template).read_bytes(),
        format=form,
        ppi=PIXELS_PER_INCH,
        sys_inputs=inputs,
        ignore_system_fonts=True,
    )
    assert isinstance(found, bytes)
    return found


def rasterised(svg: str) -> bytes:
    """An SVG as pixels, its longer side as wide as badges are drawn."""
    return compiled("raster.typ", {"svg": svg}, "png")


def bake_png(picture: bytes, credential: str) -> bytes:
    """The picture with a credential in it. Raises `ValueError` where it is no PNG."""
    end = next(
        (start for start, kind, _ in _chunks(picture) if kind == b"IEND"),
        None,
    )
    if end is None:
        raise ValueError("the picture has no end")
    kept = b"".join(
        picture[start : start + 12 + len(data)]
        for start, kind, data in _chunks(picture)
        if kind != b"IEND" and not _is_ours(kind, data)
    )
    text = KEYWORD + b"\0\0\0\0\0" + credential.encode()
    return PNG + kept + _chunk(b"iTXt", text) + picture[end:]


def bake_svg(picture: bytes, credential: str) -> bytes:
    """The picture with a credential in it. Raises `ValueError` where it is no SVG."""
    text = picture.decode()
    root = _ROOT.search(text)
    if root is None:
        raise ValueError("the picture has no svg element")
    inside = credential.replace("]]>", "]]]]><![CDATA[>")
    element = (
        f'<openbadges:credential xmlns:openbadges="{NAMESPACE}"><![CDATA[{inside}]]></openbadges:credential>'
    )
    return (text[: root.end()] + element + text[root.end() :]).encode()


def unbaked_png(picture: bytes) -> str | None:
    """The credential in a PNG, if there is one. Raises `ValueError`."""
    ours = [(kind, data.partition(b"\0")) for _, kind, data in _chunks(picture) if _is_ours(kind, data)]
    found = [each for each in ours if each[1][0] == KEYWORD] or ours  # one of Open Badges 2 may be beside it
    if not found:
        return None
    if len(found) > 1:
        raise ValueError(_SEVERAL)
    [(kind, (_, _, rest))] = found
    if kind == b"tEXt":
        return rest.decode("latin-1")
    if len(rest) < 4 or rest[0]:
        raise ValueError("the credential in the picture is compressed, which the standard rules out")
    _, _, text = rest[2:].partition(b"\0")
    return text.partition(b"\0")[2].decode()


def unbaked_svg(picture: bytes) -> str | None:
    """The credential in an SVG, if there is one. Raises `ValueError`."""
    found: list[list[str]] = []
    given: list[str | None] = []
    is_inside = False

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal is_inside
        if not is_inside and name.partition(":")[2] in {"credential", "assertion"}:
            is_inside = True
            found.append([])
            given.append(attributes.get("verify"))

    def end(name: str) -> None:
        nonlocal is_inside
        if name.partition(":")[2] in {"credential", "assertion"}:
            is_inside = False

    def text(part: str) -> None:
        if is_inside:
            found[-1].append(part)

    def entity(*_: object) -> None:
        raise ValueError("the picture declares entities, which are not read")

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler, parser.EntityDeclHandler = text, entity
    try:
        parser.Parse(picture.decode(), True)
    except expat.ExpatError as error:
        raise ValueError(f"the picture is no well-formed SVG ({error})") from None
    if len(found) > 1:
        raise ValueError(_SEVERAL)
    return ("".join(found[0]).strip() or given[0]) if found else None


def _is_ours(kind: bytes, data: bytes) -> bool:
    return kind in {b"iTXt", b"tEXt"} and data.partition(b"\0")[0] in {KEYWORD, b"openbadges"}


def _chunks(picture: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Where each chunk starts, its kind, and what is in it (PNG, section 5.3). Raises `ValueError`."""
    if not picture.startswith(PNG):
        raise ValueError("it is no PNG")
    start = len(PNG)
    while start + 12 <= len(picture):
        length, kind = struct.unpack(">I4s", picture[start : start + 8])
        data = picture[start + 8 : start + 8 + length]
        if len(data) < length:
            raise ValueError("the picture ends in the middle")
        yield start, kind, data
        if kind == b"IEND":
            return
        start += 12 + length


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
