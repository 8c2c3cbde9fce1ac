"""A picture of curves (SVG) that somebody gave, written anew with what draws and nothing else.

What is not on these lists is not in the new one: scripts, styles, animations, links, anything from elsewhere.
"""

import re
from xml.etree import ElementTree as ET

MOST_BYTES = 500_000
MOST_NODES = 20_000
DEEPEST = 50
SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "title",
        "desc",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "linearGradient",
        "radialGradient",
        "stop",
        "clipPath",
        "mask",
        "pattern",
    ]
)
_ATTRIBUTES = frozenset(
    [
        "id",
        "viewBox",
        "width",
        "height",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "fx",
        "fy",
        "d",
        "points",
        "transform",
        "href",
        "preserveAspectRatio",
        "fill",
        "fill-opacity",
        "fill-rule",
        "stroke",
        "stroke-width",
        "stroke-opacity",
        "stroke-linecap",
        "stroke-linejoin",
        "stroke-miterlimit",
        "stroke-dasharray",
        "stroke-dashoffset",
        "opacity",
        "color",
        "stop-color",
        "stop-opacity",
        "offset",
        "gradientUnits",
        "gradientTransform",
        "spreadMethod",
        "clip-path",
        "clip-rule",
        "clipPathUnits",
        "mask",
        "maskUnits",
        "maskContentUnits",
        "patternUnits",
        "patternContentUnits",
        "patternTransform",
        "font-family",
        "font-size",
        "font-weight",
        "font-style",
        "text-anchor",
        "letter-spacing",
        "dx",
        "dy",
        "rotate",
        "display",
        "visibility",
        "overflow",
        "style",
    ]
)
_DECLARED = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_URL = re.compile(r"url\s*\(\s*['\"]?(?!#)", re.IGNORECASE)


class NotDrawable(ValueError):  # noqa: N818  # it is about the file
    """A file is no picture that is taken; the message says why."""


def is_vector(data: bytes) -> bool:
    """Whether a file looks like an SVG."""
    head = data[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return head.startswith((b"<svg", b"<?xml", b"<!--", b"<!doctype svg"))


def clean(data: bytes) -> str:
    """The same picture with nothing in it that could act. Raises `NotDrawable`."""
    if len(data) > MOST_BYTES:
        raise NotDrawable(f"an SVG has at most {MOST_BYTES // 1_000} kB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotDrawable("the SVG is not in UTF-8") from None
    if _DECLARED.search(text):
        raise NotDrawable("the SVG declares a document type or entities; save it without (as plain SVG)")
    try:
        root = ET.fromstring(text)  # noqa: S314  # no entity gets as far as here
    except ET.ParseError:
        raise NotDrawable("the SVG is not well-formed") from None
    if root.tag != f"{{{SVG}}}svg":
        raise NotDrawable("it is XML and no SVG")
    _must_fit(root)
    if "viewBox" not in root.attrib and not {"width", "height"} <= root.attrib.keys():
        raise NotDrawable("the SVG says neither a viewBox nor a width and height")
    ET.register_namespace("", SVG)
    return ET.tostring(_kept(root, 0), encoding="unicode")


def _must_fit(root: ET.Element) -> None:
    """Raises `NotDrawable` where it has too many elements, those counted again that are used again."""
    named = {node.attrib["id"]: node for node in root.iter() if "id" in node.attrib}
    known: dict[ET.Element, int] = {}

    def size(node: ET.Element, around: tuple[ET.Element, ...]) -> int:
        if node in around or len(around) > DEEPEST:
            raise NotDrawable(f"the SVG is nested more than {DEEPEST} deep, or in itself")
        if node not in known:
            link = node.get("href") or node.get(_LINK) or ""
            used = named.get(link.removeprefix("#"))
            inside = [*node, *([used] if used is not None else [])]
            known[node] = 1 + sum(size(each, (*around, node)) for each in inside)
        if known[node] > MOST_NODES:
            raise NotDrawable(f"the SVG has more than {MOST_NODES} elements")
        return known[node]

    size(root, ())


def _kept(node: ET.Element, depth: int) -> ET.Element:
    if depth > DEEPEST:
        raise NotDrawable(f"the SVG is nested more than {DEEPEST} deep")
    found = ET.Element(node.tag)
    found.text = node.text
    for name, value in node.attrib.items():
        plain = "href" if name == _LINK else name
        if plain in _ATTRIBUTES and _is_harmless(plain, value):
            found.set(plain, value)
    for child in node:
        if child.tag.removeprefix(f"{{{SVG}}}") in _ELEMENTS:  # comments are not read at all
            kept = _kept(child, depth + 1)
            kept.tail = child.tail
            found.append(kept)
    return found


def _is_harmless(name: str, value: str) -> bool:
    """Whether it leads nowhere but into the picture itself."""
    if name == "href":
        return value.startswith("#")
    escaped = "\\" in value or "@" in value or "expression" in value.lower()
    return not _URL.search(value) and not (name == "style" and escaped)
