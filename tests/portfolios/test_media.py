"""What a file is, told from its content."""

import io
import zipfile
import zlib

import pytest
from PIL import Image

from cairn.portfolios import media
from portfolios.making import TINY_PDF


def packed(*names, said=""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, said)
    return out.getvalue()


def image(form, mode="RGB", size=(20, 10)):
    out = io.BytesIO()
    Image.new(mode, size).save(out, form)
    return out.getvalue()


def bomb():
    """A PNG of a few hundred bytes that says it is of a hundred million pixels."""
    data = bytearray(image("PNG"))
    data[16:24] = (10_000).to_bytes(4, "big") * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (image("PNG", "RGBA"), "image/png"),
        (image("PNG", "P"), "image/png"),
        (image("PNG", "I;16"), "image/png"),
        (image("GIF", "P"), "image/png"),
        (image("WEBP"), "image/webp"),
        (image("JPEG", "CMYK"), "image/jpeg"),
        (image("JPEG", "L", (5000, 40)), "image/jpeg"),
        (TINY_PDF, "application/pdf"),
        (b'{"a": [1]}', "application/json"),
        ("Grüße".encode(), "text/plain"),
        (packed("a.txt"), "application/zip"),
        (
            packed("mimetype", said="application/vnd.oasis.opendocument.text"),
            "application/vnd.oasis.opendocument.text",
        ),
        (packed("[Content_Types].xml", "word/document.xml"), "…wordprocessingml.document"),
        (packed("[Content_Types].xml", "word/vbaProject.bin"), "macros"),
        (b"[" + b"1," * 600_000 + b"1]", "text/plain"),
        (b"{not json}", "text/plain"),
        (b"a" * 300_000 + b"\xff", "none of the kinds"),
        (b"a" * 300_000 + b"\0", "none of the kinds"),
        (packed(*(f"{n:06}{'x' * 60}" for n in range(9_000))), "too many files"),
        (b"", "empty"),
        (b" \n<!DOCTYPE html><script>1</script>", "would run"),
        (b'<?xml version="1.0"?><svg/>', "would run"),
        (b"#!/bin/sh\n", "would run"),
        (b"MZ\x90\x00\x03\x00\x00\x00\xff\xff", "none of the kinds"),
        (b"PK\x03\x04 broken", "broken ZIP"),
        (image("PNG")[:45], "broken image"),
        (b"\x89PNG\r\n\x1a\n" + b"x" * 50, "broken image"),
        (bomb(), "million pixels"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_a_file_is(data, told):
    if " " in told or told in {"macros", "empty"}:
        with pytest.raises(media.NotTaken, match=told):
            media.taken(io.BytesIO(data), len(data))
        return
    found = media.taken(io.BytesIO(data), len(data))
    with found.file:
        assert found.type.endswith(told.removeprefix("…"))
        if found.width is not None:
            with Image.open(found.file) as drawn:
                assert max(drawn.size) == max(found.width, found.height) <= media.WIDEST
                assert not drawn.getexif()
