"""What is in a PDF: its streams, and with poppler's programs, where they are, its text and its looks."""

import re
import shutil
import subprocess
import zlib
from contextlib import suppress
from pathlib import Path

import pytest

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)


def streams(pdf: bytes) -> list[bytes]:
    """All that is embedded in it, unpacked."""
    found = []
    for each in _STREAM.findall(pdf):
        with suppress(zlib.error):
            found.append(zlib.decompress(each))
    return [*found, *_STREAM.findall(pdf)]


def text(pdf: bytes) -> str:
    """What stands in it, in the order of reading."""
    return _run(["pdftotext", "-", "-"], pdf).decode().strip()


def fonts(pdf: bytes, folder: Path) -> str:
    """The fonts in it, as a table."""
    (folder / "fonts.pdf").write_bytes(pdf)
    return _run(["pdffonts", str(folder / "fonts.pdf")], b"").decode()


def picture(pdf: bytes, to: Path) -> None:
    """Its first page as a PNG."""
    _run(["pdftoppm", "-r", "60", "-png", "-singlefile", "-", str(to.with_suffix(""))], pdf)


def _run(command: list[str], given: bytes) -> bytes:
    if shutil.which(command[0]) is None:
        pytest.skip(f"there is no {command[0]} here")
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout
