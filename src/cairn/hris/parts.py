"""A body of several files (multipart/form-data, RFC 7578): the feed's own, and those its map looks up in.

The feed's own is the part called `file`; the others are known by their file names, as the map writes them,
and are kept on disk. The own one is read as it comes where all that it is read with came before it; else it
waits on disk, too.
"""

from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Collection
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import PurePosixPath
from tempfile import TemporaryFile
from typing import IO, Any, Self

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from cairn.access.refusal import FieldProblem, InvalidInput, invalid
from cairn.hris.read import BrokenFile

OWN = "file"
"""What the part is called that is the feed's own file."""
MOST_BYTES = 500_000_000
"""Of all that is kept on disk for a request."""
LONGEST_NAME = 60
PIECE = 1_000_000


@dataclass(frozen=True)
class _Head:
    name: str
    file: str | None
    type: str


class _End:
    """A part has come to its end."""


class Parts:
    """The files of a body. Use it as a context: what is kept on disk goes with it.

    `own` is there, and `beside` opens the others, after `begin`.
    """

    def __init__(self, body: AsyncIterable[bytes], type_: str, needed: Collection[str]) -> None:
        _, options = parse_options_header(type_)
        boundary = options.get(b"boundary", b"")
        if not boundary:
            raise invalid("body", "must name the boundary of its parts: Content-Type: …; boundary=…")
        try:
            self._parser = MultipartParser(boundary, self._callbacks())
        except FormParserError as error:
            raise invalid("body", f"makes no sense as multipart/form-data: {error}") from None
        self._body = aiter(body)
        self._needed = {PurePosixPath(each).name: each for each in needed} | {each: each for each in needed}
        self._came: deque[_Head | _End | bytes] = deque()
        self._header: list[bytearray] = []
        self._headers: dict[bytes, bytes] = {}
        self._is_whole = False
        self._files = ExitStack()
        self._kept: dict[str, IO[bytes]] = {}
        self._bytes = 0
        self._waits = False
        self.type: str | None = None
        """What the feed's own file is called by its content type."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    async def begin(self) -> None:
        """Reads up to where the feed's own file can be read. Raises `InvalidInput`, `BrokenFile`."""
        while (head := await self._next()) is not None:
            assert isinstance(head, _Head)
            name = self._known(head)
            if name == OWN:
                self.type = head.type
                also = self._needed.get(PurePosixPath(head.file or "").name)
                if also is None and set(self._needed.values()) <= self._kept.keys():
                    return
                self._waits = True
                await self._keep(OWN)
                if also is not None:
                    self._kept[also] = self._kept[OWN]
            else:
                await self._keep(name)
        if self.type is None:
            raise invalid("body", f"has no part called {OWN}: that is the feed's own file")
        if missing := sorted({*self._needed.values()} - self._kept.keys()):
            raise InvalidInput(
                "The files that the map reads beside the feed's own are missing: "
                f"{', '.join(missing)}; send each as a part with that file name.",
                [FieldProblem([each], "is missing; the map reads it") for each in missing],
            )

    async def own(self) -> AsyncIterator[bytes]:
        """The feed's own file. Raises `InvalidInput` where something follows it, and `BrokenFile`."""
        if self._waits:
            async for piece in _read(self._kept[OWN]):
                yield piece
            return
        while isinstance(part := await self._next(), bytes):
            yield part
        if (head := await self._next()) is not None:
            assert isinstance(head, _Head)
            raise _wrong(self._known(head), "must come only once, and nothing behind it that nobody reads")

    def beside(self, name: str) -> AsyncIterator[bytes]:
        """Another file, from its beginning."""
        return _read(self._kept[name])

    def _known(self, head: _Head) -> str:
        """What the map calls a part. Raises `InvalidInput` for one that is twice there, or nobody reads."""
        called = PurePosixPath(head.file or "").name
        name = OWN if head.name == OWN else self._needed.get(called) or self._needed.get(head.name)
        if name is None:
            reads = ", ".join(sorted({*self._needed.values()}))
            raise _wrong(
                (called or head.name)[:LONGEST_NAME] or "body",
                f"is nothing that is read: the feed's own file is the part called {OWN}, and "
                + (f"its map reads {reads}" if reads else "its map reads no other file"),
            )
        if name in self._kept or (name == OWN and self.type is not None):
            raise _wrong(name, "must come only once")
        return name

    async def _keep(self, name: str) -> None:
        """Keeps a part on disk."""
        file = TemporaryFile()  # noqa: SIM115  # it is closed with all the others
        self._kept[name] = self._files.enter_context(file)
        while isinstance(part := await self._next(), bytes):
            self._bytes += len(part)
            if self._bytes > MOST_BYTES:
                raise _wrong(
                    name,
                    f"is too large to be kept: send the part {OWN} last, and of the others at most"
                    f" {MOST_BYTES} bytes",
                )
            file.write(part)

    async def _next(self) -> _Head | _End | bytes | None:
        """What comes next; nothing behind the last part. Raises `InvalidInput`, `BrokenFile`."""
        while not self._came:
            if self._is_whole:
                async for _ in self._body:
                    pass  # what stands behind the last boundary means nothing (RFC 2046, section 5.1.1)
                return None
            piece = await anext(self._body, None)
            if piece is None:
                raise BrokenFile("the body ends before the boundary behind its last part")
            try:
                self._parser.write(piece)
            except FormParserError as error:
                raise invalid("body", f"makes no sense as multipart/form-data: {error}") from None
        return self._came.popleft()

    def _callbacks(self) -> Any:
        def part_begin() -> None:
            self._headers = {}

        def header_begin() -> None:
            self._header = [bytearray(), bytearray()]

        def header_end() -> None:
            name, value = self._header
            self._headers[bytes(name).lower()] = bytes(value)

        def headers_finished() -> None:
            _, said = parse_options_header(_text(self._headers.get(b"content-disposition", b"")))
            file = said.get(b"filename")
            self._came.append(
                _Head(
                    _name(said.get(b"name", b"")),
                    None if file is None else _name(file),
                    _text(self._headers.get(b"content-type", b"")),
                )
            )

        def end() -> None:
            self._is_whole = True

        return {
            "on_part_begin": part_begin,
            "on_header_begin": header_begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": header_end,
            "on_headers_finished": headers_finished,
            "on_part_data": lambda data, start, end: self._came.append(bytes(data[start:end])),
            "on_part_end": lambda: self._came.append(_End()),
            "on_end": end,
        }


def _wrong(part: str, message: str) -> InvalidInput:
    """What is wrong with a part, which may have a dot in its name."""
    return InvalidInput(f"{part}: {message}", [FieldProblem([part], message)])


def _text(value: bytes) -> str:
    return value.decode("latin-1")


def _name(value: bytes) -> str:
    """A name, which browsers and curl write in UTF-8 (RFC 7578, section 5.1)."""
    return value.decode("utf-8", "replace")


async def _read(file: IO[bytes]) -> AsyncIterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):  # from a disk it takes no time, and reading rows gives others their turn
        yield piece
