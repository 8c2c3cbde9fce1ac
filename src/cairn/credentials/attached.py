"""The credential that is attached to a PDF, as certificates of ours have theirs.

A certificate is what people send to an employer, and what stands on its page anybody can write: it is the
attachment that can be checked. Nothing of a PDF is read but the files that are embedded in it (ISO 32000-2,
section 7.11.4), each at most `MOST` bytes when it is unpacked; none of an encrypted one.
"""

import re
import zlib
from collections.abc import Iterator

PDF = b"%PDF-"
MOST = 5_000_000
MOST_FILES = 20
"""Embedded files that are looked at."""
_FILE = re.compile(rb"/EmbeddedFile(?![A-Za-z])")
_BEGINS = re.compile(rb"stream\r?\n")
WIDEST = 4_000
"""Bytes of an embedded file's dictionary, on either side of its type."""


def attached(pdf: bytes) -> str | None:
    """The credential in a PDF, if there is one. Raises `ValueError`."""
    found = {text for each in _embedded(pdf) if (text := _text(each)) is not None and _is_one(text)}
    if len(found) > 1:
        raise ValueError("several credentials are attached to the PDF; they cannot be told apart")
    return found.pop() if found else None


def _embedded(pdf: bytes) -> Iterator[bytes]:
    """The embedded files, unpacked as far as they can be."""
    for n, said in enumerate(_FILE.finditer(pdf)):
        if n == MOST_FILES:
            return
        begins = _BEGINS.search(pdf, said.end(), said.end() + WIDEST)
        ends = pdf.find(b"endstream", said.end())
        if begins is None or ends < begins.end():
            continue
        about = pdf[max(0, said.start() - WIDEST) : begins.start()].rpartition(b" obj")[2]
        body = pdf[begins.end() : ends]
        if b"/Filter" not in about:
            yield body
        elif b"/FlateDecode" in about:
            try:
                yield zlib.decompressobj().decompress(body, MOST + 1)
            except zlib.error:
                continue


def _text(body: bytes) -> str | None:
    try:
        return body.decode().strip() if len(body) <= MOST else None
    except UnicodeDecodeError:
        return None


def _is_one(text: str) -> bool:
    """Whether it looks like a credential, and not like something else that came along."""
    return (text.startswith("{") and '"@context"' in text) or re.fullmatch(
        r"[\w-]+(\.[\w-]+){2}", text
    ) is not None
