"""The rows of a file as lines of a feed, by a map: what a file says, in the words of `record.py`.

The memory that a file takes does not grow with it; only what is looked up in other files is held.
"""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Mapping

from cairn.access.refusal import invalid
from cairn.hris.mapping import Cells, Columns, Map, Meaning, identity
from cairn.hris.periods import Periods
from cairn.hris.read import BadRow, Form, Row, UnreadableFile, read
from cairn.hris.record import Line, Problem, Reader

MOST_LOOKED_UP = 200_000
"""Rows of another file, which are held in memory."""
Opened = Callable[[str], AsyncIterable[bytes]]
"""Opens another file that a map names; raises `OSError`."""


def none_beside(name: str) -> AsyncIterable[bytes]:
    """Opens no other file: there is only the one. Raises `InvalidInput`."""
    raise invalid(
        "map",
        f"reads {name} beside the file: send both as parts of multipart/form-data, with the feed's own"
        " as the part called file",
    )


async def lines(
    stream: AsyncIterable[bytes],
    map_: Map | None = None,
    *,
    beside: Opened = none_beside,
) -> AsyncIterator[Line]:
    """The lines of a feed. Raises `UnreadableFile`, `BrokenFile`, `InvalidInput`, and what `stream` raises.

    Without a map the columns are called as the fields are. `beside` opens the other files of a map.
    """
    reader = Reader()
    if map_ is None:
        async for line in _unmapped(stream, reader):
            yield line
        return
    rows = read(stream, map_.file.form)
    if map_.history is not None:
        looked_up = await _looked_up(map_, beside)
        with Periods() as periods:
            await _gather(periods, rows, map_, looked_up, beside)
            async for line in periods.lines(reader, map_.history):
                yield line
    else:
        mapped = _Mapped(map_, await _looked_up(map_, beside))
        async for row in rows:
            yield _bad(row) if isinstance(row, BadRow) else _line(row.number, mapped.meaning(row), reader)


async def _unmapped(stream: AsyncIterable[bytes], reader: Reader) -> AsyncIterator[Line]:
    map_: Map | None = None
    columns: Columns | None = None
    async for row in read(stream, parse=reader.json):
        if isinstance(row, Line):
            yield row
        elif isinstance(row, BadRow):
            yield _bad(row)
        else:
            if columns is None:
                map_ = identity(row.cells)
                if map_ is None:
                    raise UnreadableFile(
                        "the columns are not called as the fields are, and no map says what they mean; "
                        "cairn sync FILE --source NAME --map MAP.toml suggests one"
                    )
                columns = Columns(map_.person, map_.file)
            yield _line(row.number, columns.meaning(row.cells), reader)


def _bad(row: BadRow) -> Line:
    place = "" if row.column is None else f"column {row.column}: "
    return Line(row.number, None, (Problem(None, place + row.message),))


def _line(number: int, meaning: Meaning, reader: Reader) -> Line:
    """The line of a row that is all there is of a person."""
    line = reader.values(number, meaning.values)
    if not meaning.problems:
        return line
    told = {each.field for each in meaning.problems}
    more = (each for each in line.problems if each.field not in told)
    return Line(number, None, (*meaning.problems, *more), line.external_id)


# Other files


LookedUp = Mapping[str, Mapping[str, Cells]]
"""By the name of a look-up, what is found by a value, with the columns as they are called then."""


async def _looked_up(map_: Map, beside: Opened) -> LookedUp:
    found: dict[str, dict[str, Cells]] = {}
    for name, look_up in map_.look_up.items():
        table = found[name] = {}
        async for row in _rows_beside(look_up.file, Form(encoding=look_up.encoding), beside):
            if look_up.key not in row.cells:
                raise UnreadableFile(f"{look_up.file} has no such column", 1, look_up.key)
            table[str(row.cells[look_up.key]).strip()] = {
                f"{name}.{key}": cell for key, cell in row.cells.items()
            }
            if len(table) > MOST_LOOKED_UP:
                raise UnreadableFile(f"{look_up.file} has more than {MOST_LOOKED_UP} rows to look up in")
    return found


async def _rows_beside(file: str, form: Form, beside: Opened) -> AsyncIterator[Row]:
    try:
        stream = beside(file)
        async for row in read(stream, form):
            if isinstance(row, BadRow):
                raise UnreadableFile(f"{file}: {row.message}", row.number, row.column)
            yield row
    except OSError as error:
        raise invalid("map", f"{file}, which it reads beside the file: {error.strerror}") from None


class _Mapped:
    """The fields of a map with what is looked up; the first row is checked for its columns."""

    def __init__(self, map_: Map, looked_up: LookedUp, columns: Columns | None = None) -> None:
        self._map = map_
        self._looked_up = looked_up
        self._nothing = {
            name: dict.fromkeys(next(iter(rows.values()), ())) for name, rows in looked_up.items()
        }
        self._columns = columns or Columns(map_.person, map_.file)
        self._checked = False

    def cells(self, row: Row) -> Cells:
        """The cells of a row and what is looked up by them."""
        if not self._map.look_up:
            return row.cells
        cells = dict(row.cells)
        for name, look_up in self._map.look_up.items():
            key = cells.get(look_up.column)
            cells.update(self._looked_up[name].get(str(key).strip(), self._nothing[name]))
        return cells

    def meaning(self, row: Row) -> Meaning:
        """What a row says. Raises `UnreadableFile` where a column is not there."""
        if not self._checked:
            self._check(row)
            self._checked = True
        return self._columns.meaning(self.cells(row))

    def _check(self, row: Row) -> None:
        if row.is_object:
            return
        known = set(row.cells)
        for name, look_up in self._map.look_up.items():
            if look_up.column not in known:
                raise UnreadableFile(
                    f"the map looks {name} up by it, and there is no such column",
                    self._map.file.header_row,
                    look_up.column,
                )
            known.update(*self._looked_up[name].values())
        self._columns.check(sorted(known), self._map.file.header_row)


async def _gather(
    periods: Periods, rows: AsyncIterator[Row | BadRow], map_: Map, looked_up: LookedUp, beside: Opened
) -> None:
    """Collects the periods of everybody: of another file, where the map names one, and of this."""
    history = map_.history
    assert history is not None
    if history.file is not None:
        earlier = _Mapped(map_, looked_up, Columns(history.period, map_.file))
        async for before in _rows_beside(history.file, Form(encoding=history.encoding), beside):
            periods.add_earlier(before.number, earlier.meaning(before))
    mapped = _Mapped(map_, looked_up)
    async for row in rows:
        if isinstance(row, BadRow):
            periods.add_bad(_bad(row))
            continue
        key = row.cells.get(history.row) if history.row is not None else None
        periods.add(row.number, mapped.meaning(row), None if key is None else str(key).strip())
