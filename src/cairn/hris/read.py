"""Files as rows: CSV or NDJSON, plain or gzip, in whatever pieces they come, holding one piece at a time.

Rows are numbered as a spreadsheet shows them: the header of a CSV is row 1, an empty line counts, and a line
break within quotes does not. Of NDJSON a row is a line. A row that makes no sense is given as a `BadRow` and
the rest is read on; what makes the whole file doubtful raises `UnreadableFile`; a file that ends before its
end raises `BrokenFile`, after the rows before it were given.
"""

import asyncio
import codecs
import csv
import re
import zlib
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeVar, overload

import orjson

from cairn.access.refusal import Refusal

T = TypeVar("T")

PIECE = 65_536
"""Bytes that are read on at a time."""
LONGEST_LINE = 1_000_000
"""Characters of a line, and of a row with line breaks in it."""
LONGEST_CELL = 131_072
"""Characters of a cell: the limit that Python's `csv` is set to."""
MOST_COLUMNS = 1_000
MOST_BYTES = 2_000_000_000
"""Of a file, when it is unpacked."""
MOST_RATIO = 100
"""How many times larger a file may become when it is unpacked, once it is larger than 10 MB: lists of people
are packed to a tenth or so, and a thousandth is a trap."""
DELIMITERS = (",", ";", "\t", "|")
_GZIP = b"\x1f\x8b"
_BINARY = {
    b"PK\x03\x04": "an XLSX or ZIP file",
    b"\xd0\xcf\x11\xe0": "an XLS file",
    b"%PDF": "a PDF",
}
_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)")
_FOREIGN = re.compile("[\udc80-\udcff]")
"""What stands for a byte that is not of the encoding, after Python's `surrogateescape`."""


class Format(StrEnum):
    """How a file is written."""

    CSV = "csv"
    NDJSON = "ndjson"


class Encoding(StrEnum):
    """How a file's bytes mean characters, by the names of the WHATWG."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    WINDOWS_1250 = "windows-1250"
    WINDOWS_1251 = "windows-1251"
    WINDOWS_1252 = "windows-1252"
    ISO_8859_1 = "iso-8859-1"
    ISO_8859_15 = "iso-8859-15"
    MACINTOSH = "macintosh"
    SHIFT_JIS = "shift_jis"
    GB18030 = "gb18030"
    BIG5 = "big5"
    EUC_KR = "euc-kr"


_ONE_BYTE = {each for each in Encoding if each.startswith(("windows", "iso", "mac"))}
"""Encodings in which each byte is a letter; a text in them is never UTF-8 as well, but for plain ASCII."""


@dataclass(frozen=True)
class Form:
    """What is known of a file before it is read; what is absent is told from the file itself."""

    format: Format | None = None
    encoding: Encoding = Encoding.UTF_8
    delimiter: str | None = None
    header_row: int = 1
    """The row of a CSV that names the columns: reports often begin with a title."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: of a CSV its texts by column, of NDJSON the object."""

    number: int
    cells: dict[str, Any]
    is_object: bool = False
    """Whether it is one of NDJSON, which leaves out what it likes."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be read, and why; the others can."""

    number: int
    column: str | None
    message: str


@dataclass
class UnreadableFile(Refusal):
    """The file as a whole cannot be read; nothing of it is done."""

    row: int | None = None
    """The row where it shows; the header of a CSV is row 1."""
    column: str | None = None
    """The column of that row."""

    def __post_init__(self) -> None:
        place = "" if self.row is None else f"row {self.row}"
        if self.column is not None:
            place += f", column {self.column}"
        if place:
            self.message = f"{place}: {self.message}"
        super().__post_init__()


class BrokenFile(Exception):  # noqa: N818  # what came of the file is still good
    """The file ended before its end: its sender was cut off, or only a part of it was kept."""


def parsed(number: int, line: bytes) -> Row | BadRow:
    """A line of NDJSON, which is not empty. Raises `UnreadableFile`."""
    try:
        given = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        try:
            line.decode()
        except UnicodeDecodeError as wrong:
            raise UnreadableFile(_not_utf8(line[wrong.start]), number) from None
        return BadRow(number, None, f"this is not JSON: {error.msg}, at character {error.colno}")
    if not isinstance(given, dict):
        return BadRow(number, None, "each line is one JSON object, and this is something else")
    return Row(number, given, is_object=True)


@overload
def read(stream: AsyncIterable[bytes], form: Form | None = None) -> AsyncIterator[Row | BadRow]: ...
@overload
def read(
    stream: AsyncIterable[bytes], form: Form | None = None, *, parse: Callable[[int, bytes], T]
) -> AsyncIterator[Row | BadRow | T]: ...
async def read(
    stream: AsyncIterable[bytes], form: Form | None = None, *, parse: Callable[[int, bytes], Any] = parsed
) -> AsyncIterator[Any]:
    """The rows of a file, in order; of NDJSON, what `parse` makes of each line.

    Raises `UnreadableFile` and `BrokenFile`, and what `stream` raises.
    """
    form = form or Form()
    pieces = _pieces(_unpacked(_pieces(stream)))
    first = await anext(pieces, b"")
    if first.startswith(codecs.BOM_UTF8):  # which is said more surely than any map can
        form = replace(form, encoding=Encoding.UTF_8)
    first = _without_mark(first, form)
    _check_encoding(first, form.encoding)
    given = form.format or _format(first)
    whole = _again(first, pieces)
    async for row in _objects(whole, parse) if given is Format.NDJSON else _records(whole, form):
        yield row


async def _pieces(stream: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    """The bytes in pieces of one length, so that no sender decides how often a row is looked at."""
    held = bytearray()
    async for part in stream:
        held += part
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
            await asyncio.sleep(0)  # a file on disk never waits, and others want their turn
    if held:
        yield bytes(held)


async def _unpacked(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The bytes as they were before gzip (RFC 1952), if it was gzip; several members are one file."""
    first = await anext(pieces, b"")
    if not first.startswith(_GZIP):
        size = 0
        async for piece in _again(first, pieces):
            size += len(piece)
            if size > MOST_BYTES:
                raise UnreadableFile(
                    f"the file has more than {MOST_BYTES} bytes; send it in parts, as deltas"
                )
            yield piece
        return
    packed = unpacked = 0
    member = zlib.decompressobj(wbits=31)
    async for piece in _again(first, pieces):
        packed += len(piece)
        left = piece
        while left:
            if member.eof:
                member = zlib.decompressobj(wbits=31)
            try:
                out = member.decompress(left, PIECE)
            except zlib.error:
                raise BrokenFile("the file is damaged: what was packed with gzip does not unpack") from None
            left = member.unused_data if member.eof else member.unconsumed_tail
            unpacked += len(out)
            if unpacked > MOST_BYTES or (unpacked > 10_000_000 and unpacked > packed * MOST_RATIO):
                most = f"more than {MOST_BYTES} bytes, or more than {MOST_RATIO} times its size"
                raise UnreadableFile(f"the file unpacks to {most}")
            if out:
                yield out
    while not member.eof and (out := member.decompress(b"", PIECE)):
        yield out
    if not member.eof:
        raise BrokenFile("the file ends in the middle of what was packed with gzip")


async def _again(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for piece in rest:
        yield piece


def _without_mark(first: bytes, form: Form) -> bytes:
    """The beginning of a file without its byte order mark. Raises `UnreadableFile`."""
    for magic, name in _BINARY.items():
        if first.startswith(magic):
            raise UnreadableFile(f'this is {name}; save it as "CSV UTF-8" and send that')
    if form.encoding is Encoding.UTF_16:
        return first
    mark = next((name for mark, name in _MARKS.items() if first.startswith(mark)), None)
    if mark is None and first[:200].count(0) > len(first[:200]) // 4:
        mark = "UTF-16 without a byte order mark"
    if mark is not None:
        raise UnreadableFile(f"the file is {mark}; save it as UTF-8{_or_say(Encoding.UTF_16, mark)}")
    return first.removeprefix(codecs.BOM_UTF8)


def _check_encoding(first: bytes, encoding: Encoding) -> None:
    """Raises `UnreadableFile` for UTF-8 that is taken for something else: letters would be two wrong ones."""
    if encoding not in _ONE_BYTE or first.isascii():
        return
    try:
        codecs.getincrementaldecoder("utf-8")().decode(first)
    except UnicodeDecodeError:
        return
    raise UnreadableFile(f"the file is UTF-8, and is to be read as {encoding}; correct encoding in its map")


def _or_say(encoding: Encoding, named: str) -> str:
    return f', or write encoding = "{encoding}" in its map' if named.lower() == encoding else ""


def _format(first: bytes) -> Format:
    start = first.lstrip()[:1]
    if start == b"[":
        raise UnreadableFile("this is a JSON array; send NDJSON, one object on each line")
    return Format.NDJSON if start == b"{" else Format.CSV


# NDJSON


async def _objects(pieces: AsyncIterator[bytes], parse: Callable[[int, bytes], T]) -> AsyncIterator[T]:
    number = 0
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            number += 1
            if line.strip():
                yield parse(number, line)
        if len(rest) > LONGEST_LINE:
            raise UnreadableFile(f"the line has more than {LONGEST_LINE} bytes", number + 1)
    if rest.strip():
        if not rest.rstrip().endswith(b"}") and isinstance(parsed(number + 1, rest), BadRow):
            raise BrokenFile(f"the file ends in the middle of line {number + 1}")
        yield parse(number + 1, rest)


# CSV


class _StarvedError(Exception):
    """There are no more lines yet."""


class _Lines:
    """Lines for a `csv.reader` that ends in the middle of a row and goes on when there is more."""

    def __init__(self) -> None:
        self.waiting: deque[str] = deque()
        self.taken: list[str] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if not self.waiting:
            if self.ended:
                raise StopIteration
            raise _StarvedError
        line = self.waiting.popleft()
        self.taken.append(line)
        return line

    def back(self) -> None:
        """Puts back what was taken of a row that is not whole."""
        self.waiting.extendleft(reversed(self.taken))
        self.taken.clear()


async def _records(pieces: AsyncIterator[bytes], form: Form) -> AsyncIterator[Row | BadRow]:
    table = _Table(form)
    decoder = codecs.getincrementaldecoder(form.encoding.value)("surrogateescape")
    rest = ""
    async for piece in pieces:
        try:
            text = rest + decoder.decode(piece)
        except UnicodeDecodeError:  # where two bytes are a character, one alone stands for nothing
            raise UnreadableFile(f"the file is not {form.encoding}", table.number + 1) from None
        whole = _whole(text)
        table.lines.waiting.extend(_LINE.findall(text[:whole]))
        rest = text[whole:]
        for found in table.rows():
            yield found
        if len(rest) > LONGEST_LINE:
            raise UnreadableFile(f"the line has more than {LONGEST_LINE} characters", table.number + 1)
    rest += decoder.decode(b"", final=True)
    whole = max(rest.rfind("\n"), rest.rfind("\r")) + 1
    last = rest[whole:]
    table.lines.waiting.extend([*_LINE.findall(rest[:whole]), *filter(None, [last])])
    table.lines.ended = True
    table.is_cut = bool(last)
    for found in table.rows():
        yield found
    if table.header is None:
        raise UnreadableFile("the file is empty: its first row names the columns")


def _whole(text: str) -> int:
    """How much of a text is whole lines; the line feed of a carriage return at its end may still come."""
    end = len(text) - text.endswith("\r")
    return max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1


class _Table:
    """A CSV as far as it was read (RFC 4180)."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.lines = _Lines()
        self.number = 0
        self.header: list[str] | None = None
        self.is_cut = False
        """Whether the last line does not end as one."""
        self._reader: Any = None

    def rows(self) -> Iterator[Row | BadRow]:
        """The rows that are whole by now."""
        lines = self.lines
        while True:
            if self._reader is None and not self._begin():
                return
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except _StarvedError:
                if sum(map(len, lines.taken)) > LONGEST_LINE:
                    raise self._unclosed() from None
                lines.back()
                return
            except csv.Error as error:
                yield self._wrong(error)
                continue
            lines.taken.clear()
            self.number += 1
            found = self._row(cells)
            if found is not None:
                yield found

    def _begin(self) -> bool:
        """Whether there is a line that tells what separates the cells."""
        while self.lines.waiting and self.number < self.form.header_row - 1:
            self.lines.waiting.popleft()
            self.number += 1
        if not self.lines.waiting:
            return False
        delimiter = self.form.delimiter or delimiter_of(self.lines.waiting[0])
        self._reader = csv.reader(self.lines, delimiter=delimiter, strict=True)
        return True

    def _row(self, cells: list[str]) -> Row | BadRow | None:
        if self.header is None:
            self.header = self._columns(cells)
            return None
        if not "".join(cells).strip():
            return None
        for at, cell in enumerate(cells):
            if not cell.isascii() and (foreign := _FOREIGN.search(cell)):
                raise self._foreign(foreign[0], self.number, self._name(at))
        while len(cells) > len(self.header) and not cells[-1]:  # as spreadsheets have it beside a table
            cells.pop()
        if len(cells) == len(self.header):
            return Row(self.number, dict(zip(self.header, cells, strict=True)))
        if self.is_cut and not self.lines.waiting and len(cells) < len(self.header):
            raise BrokenFile(f"the file ends in the middle of row {self.number}")
        return self._ragged(cells, self.header)

    def _columns(self, cells: list[str]) -> list[str]:
        """The names of the columns. Raises `UnreadableFile`."""
        names = [cell.strip() for cell in cells]
        for at, name in enumerate(names):
            if foreign := _FOREIGN.search(name):
                raise self._foreign(foreign[0], self.number, str(at + 1))
        if not any(names):
            raise UnreadableFile("the header is empty: it names the columns", self.number)
        if len(names) > MOST_COLUMNS:
            raise UnreadableFile(f"the header names more than {MOST_COLUMNS} columns", self.number)
        seen: dict[str, int] = {}
        for at, name in enumerate(names, 1):
            if name and name in seen:
                raise UnreadableFile(
                    f"the header names it twice, as columns {seen[name]} and {at}; rename one of them",
                    self.number,
                    name,
                )
            seen[name] = at
        return names

    def _name(self, at: int) -> str:
        """What a column is called; by its position where it has no name."""
        names = self.header or []
        return names[at] if at < len(names) and names[at] else str(at + 1)

    def _ragged(self, cells: list[str], header: list[str]) -> BadRow:
        """A row with fewer or more cells than there are columns."""
        if len(cells) < len(header):
            column, missing = self._name(len(cells)), len(header) - len(cells)
            what = f"the row ends before it: {len(cells)} cells where the header names {len(header)} columns"
            hint = "a delimiter is missing" if missing == 1 else f"{missing} cells are missing"
            return BadRow(self.number, column, f"{what}; {hint}")
        what = f"{len(cells)} cells where the header names {len(header)} columns"
        return BadRow(
            self.number,
            str(len(header) + 1),
            f"{what}; a text with a delimiter in it stands in quotes",
        )

    def _wrong(self, error: csv.Error) -> BadRow:
        """What is wrong with a row's quotes. Raises `UnreadableFile` where the rest is in doubt too."""
        said = str(error)
        if "field larger" in said or "unexpected end" in said:
            raise self._unclosed() from None
        self.number += 1
        self.lines.taken.clear()
        return BadRow(
            self.number, None, "a quote within a text is written twice, and the whole text stands in quotes"
        )

    def _unclosed(self) -> UnreadableFile:
        return UnreadableFile(
            "a quote is opened and not closed, or a cell is too long; nothing after it is certain",
            self.number + 1,
        )

    def _foreign(self, mark: str, row: int, column: str) -> UnreadableFile:
        byte = ord(mark) - 0xDC00
        if self.form.encoding is Encoding.UTF_8:
            return UnreadableFile(_not_utf8(byte), row, column)
        return UnreadableFile(f"the byte 0x{byte:02X} is nothing in {self.form.encoding}", row, column)


def _not_utf8(byte: int) -> str:
    return (
        f"the byte 0x{byte:02X} is not UTF-8; the file is probably Windows-1252: "
        'save it as "CSV UTF-8", or write encoding = "windows-1252" in its map'
    )


def delimiter_of(header: str) -> str:
    """What separates the cells of a header: of the usual ones that which is there most often."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)
