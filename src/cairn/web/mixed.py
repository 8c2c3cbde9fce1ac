"""`multipart/mixed`, in which a statement and its attachments come and go together.

RFC 2046, section 5.1, as the Experience API uses it (1.0.3, part three, 1.5.2).
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

PARTS = 200
"""Parts of a message, at most."""


class Broken(ValueError):  # noqa: N818  # an answer
    """It is no such message; the text says what is wrong."""


@dataclass
class Part:
    """A part of a message."""

    headers: dict[str, str] = field(default_factory=dict)
    """By their names, in lower case."""
    content: bytearray = field(default_factory=bytearray)


def parts(content_type: str, body: bytes) -> list[Part]:
    """The parts of a message. Raises `Broken`."""
    said = Message()
    said["content-type"] = content_type
    boundary = said.get_param("boundary")
    if not isinstance(boundary, str) or not 0 < len(boundary) <= 70 or not boundary.isascii():
        raise Broken("its Content-Type names no boundary")
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]  # a typed dict there
        parser.write(body[max(body.find(b"--" + boundary.encode()), 0) :])  # what is before it is for nobody
        parser.finalize()
    except MultipartParseError as error:
        raise Broken(f"it cannot be read: {error}") from None
    if not reader.is_whole:
        raise Broken("it ends before its last boundary")
    return reader.found


def message(several: Sequence[tuple[Mapping[str, str], bytes]]) -> tuple[str, bytes]:
    """The Content-Type and the body of a message of so many parts."""
    boundary = secrets.token_hex(16)
    pieces = []
    for headers, content in several:
        pieces.append(f"--{boundary}\r\n".encode())
        pieces += [f"{name}: {value}\r\n".encode() for name, value in headers.items()]
        pieces += [b"\r\n", content, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return f'multipart/mixed; boundary="{boundary}"', b"".join(pieces)


class _Reader:
    """Collects what the parser finds."""

    def __init__(self) -> None:
        self.found: list[Part] = []
        self.is_whole = False
        self._name, self._value = bytearray(), bytearray()

    def callbacks(self) -> dict[str, object]:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self.found[-1].content.extend(data[start:end]),
            "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.found) >= PARTS:
            raise Broken(f"it has more than {PARTS} parts")
        self.found.append(Part())

    def _header(self) -> None:
        name = self._name.decode("latin-1").strip().lower()
        self.found[-1].headers[name] = self._value.decode("latin-1").strip()
        self._name.clear()
        self._value.clear()

    def _end(self) -> None:
        self.is_whole = True
