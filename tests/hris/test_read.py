"""Files as rows: CSV or NDJSON, plain or gzip, in whatever pieces they come."""

import csv
import gzip
import io
import tracemalloc

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.hris.read import (
    BadRow,
    BrokenFile,
    Encoding,
    Form,
    Format,
    Row,
    UnreadableFile,
    delimiter_of,
    read,
)


async def stream(data, size):
    for at in range(0, len(data), size):
        yield data[at : at + size]


async def rows(data, size=7, form=None):
    """The rows of a file that comes in pieces of so many bytes."""
    return [row async for row in read(stream(data, size), form)]


async def cells(data, **given):
    return [row.cells for row in await rows(data, **given)]


async def refused(data, **given):
    with pytest.raises(UnreadableFile) as found:
        await rows(data, **given)
    return found.value.message


# Reading


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize("packed", [False, True])
async def test_a_csv_gives_its_rows_by_column_numbered_as_a_spreadsheet_shows_them(size, packed):
    data = '\ufeffid,name\r\n1,"Ann, ""the"" first"\r\n\r\n2,"two\r\nlines"\r\n3,Ü\r\n'.encode()
    found = await rows(gzip.compress(data) if packed else data, size)
    assert found == [
        Row(2, {"id": "1", "name": 'Ann, "the" first'}),
        Row(4, {"id": "2", "name": "two\r\nlines"}),
        Row(5, {"id": "3", "name": "Ü"}),
    ]


async def test_ndjson_gives_its_objects_numbered_by_line():
    data = b'{"id": "1"}\n\n{"id": "2", "name": null}'
    first, second = await rows(data)
    assert (first.number, first.cells) == (1, {"id": "1"})
    assert (second.number, second.cells) == (3, {"id": "2", "name": None})
    assert first.is_object
    assert second.is_object


async def test_several_members_of_gzip_are_one_file():
    data = gzip.compress(b"i") + gzip.compress(b"d\n1\n") + gzip.compress(b"2\n")
    assert await cells(data) == [{"id": "1"}, {"id": "2"}]


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@given(
    table=st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=0, max_size=6),
    ends=ENDS,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    size=st.integers(1, 40),
    packed=st.booleans(),
)
async def test_what_pythons_csv_reads_is_read_wherever_the_pieces_end(table, ends, delimiter, size, packed):
    file = io.StringIO(newline="")
    written = csv.writer(file, delimiter=delimiter, lineterminator=ends, quoting=csv.QUOTE_ALL)
    written.writerows([["a", "b"], *table])
    data = file.getvalue().encode()
    found = await cells(gzip.compress(data) if packed else data, size=size, form=Form(Format.CSV))
    reference = csv.DictReader(io.StringIO(data.decode(), newline=""), delimiter=delimiter)
    assert found == [row for row in reference if "".join(row.values()).strip()]


@given(data=st.binary(max_size=300), size=st.integers(1, 50))
async def test_whatever_is_sent_the_pieces_it_comes_in_do_not_matter(data, size):
    async def outcome(size):
        found = []
        try:
            async for row in read(stream(data, size)):
                found.append(row)  # noqa: PERF401  # what came before the end counts
        except (UnreadableFile, BrokenFile) as error:
            found.append(str(error))
        return found

    assert await outcome(size) == await outcome(1000)


@given(
    objects=st.lists(st.dictionaries(TEXT, TEXT | st.none() | st.booleans(), min_size=1), max_size=5),
    size=st.integers(1, 40),
)
async def test_ndjson_is_read_wherever_the_pieces_end(objects, size):
    data = b"\n".join(orjson.dumps(each) for each in objects)
    assert await cells(data, size=size, form=Form(Format.NDJSON)) == objects


async def test_what_stands_over_the_header_is_passed_over():
    data = b"All workers\nas of,today\nid,name\n1,Ann\n"
    found = await rows(data, form=Form(header_row=3))
    assert found == [Row(4, {"id": "1", "name": "Ann"})]


def test_the_delimiter_is_told_from_the_header():
    assert delimiter_of('id;"name, given";x') == ";"
    assert delimiter_of("id\tname") == "\t"
    assert delimiter_of("id") == ","


# What is wrong, by row and column


async def test_a_row_with_too_few_or_too_many_cells_is_named_and_the_rest_is_read():
    data = b"id,name,mail\n1,Ann\n2,Bob,b@x,more\n3,Cyd,c@x\n"
    short, long, good = await rows(data)
    assert short == BadRow(
        2,
        "mail",
        "the row ends before it: 2 cells where the header names 3 columns; a delimiter is missing",
    )
    assert (long.number, long.column) == (3, "4")
    assert "4 cells where the header names 3 columns" in long.message
    assert good == Row(4, {"id": "3", "name": "Cyd", "mail": "c@x"})


async def test_a_stray_quote_spoils_its_own_row():
    found = await rows(b'id,name\n1,"An"n"\n2,Bob\n')
    assert isinstance(found[0], BadRow)
    assert found[0].number == 2
    assert found[1] == Row(3, {"id": "2", "name": "Bob"})


async def test_a_quote_that_is_never_closed_is_refused_by_the_row_it_opens_in():
    assert await refused(b'id,name\n1,Ann\n2,"Bob\n3,Cyd\n') == (
        "row 3: a quote is opened and not closed, or a cell is too long; nothing after it is certain"
    )


async def test_a_line_that_is_no_json_is_named_and_the_rest_is_read():
    bad, list_, good = await rows(b'{"id": 1,}\n[1]\n{"id": "2"}\n', form=Form(Format.NDJSON))
    assert (bad.number, list_.number, good.number, good.cells) == (1, 2, 3, {"id": "2"})
    assert bad.message.startswith("this is not JSON: ")
    assert list_.message == "each line is one JSON object, and this is something else"


NOT_UTF8 = (
    "the byte 0xE9 is not UTF-8; the file is probably Windows-1252: "
    'save it as "CSV UTF-8", or write encoding = "windows-1252" in its map'
)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty: its first row names the columns"),
        (b" , \n1,2\n", "row 1: the header is empty: it names the columns"),
        (
            b"id,mail,id\n",
            "row 1, column id: the header names it twice, as columns 1 and 3; rename one of them",
        ),
        (b'[{"id": 1}]', "this is a JSON array; send NDJSON, one object on each line"),
        (b"PK\x03\x04...", 'this is an XLSX or ZIP file; save it as "CSV UTF-8" and send that'),
        (
            "id\n1\n".encode("utf-16"),
            'the file is UTF-16; save it as UTF-8, or write encoding = "utf-16" in its map',
        ),
        ("id\n1\n".encode("utf-32"), "the file is UTF-32; save it as UTF-8"),
        (
            "id,name\n1,Ann\n2,José\n".encode("windows-1252"),
            f"row 3, column name: {NOT_UTF8}",
        ),
        (
            '{"id": "1"}\n{"name": "José"}'.encode("windows-1252"),
            f"row 2: {NOT_UTF8}",
        ),
        (b"id\n" + b"x" * 1_100_000, "row 2: the line has more than 1000000 characters"),
        (b'{"id":"' + b"x" * 1_100_000, "row 1: the line has more than 1000000 bytes"),
        (
            b'id\n"' + b"x\n" * 600_000,
            "row 2: a quote is opened and not closed, or a cell is too long; nothing after it is certain",
        ),
        (
            b",".join(b"c%d" % n for n in range(1001)) + b"\n",
            "row 1: the header names more than 1000 columns",
        ),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_by_name(data, said):
    assert await refused(data, size=50_000) == said


async def test_what_says_that_it_is_utf8_is_read_so_whatever_its_map_says():
    form = Form(encoding=Encoding.WINDOWS_1252)
    assert [row.cells async for row in read(stream("id,name\n1,José\n".encode("utf-8-sig"), 99), form)] == [
        {"id": "1", "name": "José"}
    ]
    with pytest.raises(UnreadableFile, match="the file is UTF-8, and is to be read as windows-1252"):
        [row async for row in read(stream("id,name\n1,José\n".encode(), 99), form)]


@pytest.mark.parametrize("encoding", [each for each in Encoding if each is not Encoding.BIG5])
async def test_an_encoding_that_is_named_is_read(encoding):
    text = {"windows-1251": "Ж", "shift_jis": "山", "gb18030": "山", "euc-kr": "김", "windows-1250": "ř"}
    name = text.get(encoding, "é")
    data = f"id,name\n1,{name}\n".encode(encoding)
    assert await cells(data, form=Form(encoding=encoding)) == [{"id": "1", "name": name}]


# Files that end before their end


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"id,name\n" + b"1,Ann\n" * 1000, mtime=0)[:-20],
        gzip.compress(b"id,name\n1,Ann\n", mtime=0)[:-2],
        gzip.compress(b"id,name\n1,Ann\n", mtime=0)[:-4] + b"abcd",
        b"id,name\n1,Ann\n2",
        b'{"id": "1"}\n{"id": "2',
    ],
)
async def test_a_file_that_was_cut_off_is_broken(data):
    with pytest.raises(BrokenFile):
        await rows(data)


async def test_a_last_line_without_a_line_end_is_whole():
    assert await cells(b"id,name\n1,Ann\n2,Bob") == [{"id": "1", "name": "Ann"}, {"id": "2", "name": "Bob"}]


# Bounds


async def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_refused_before_it_is_unpacked():
    bomb = gzip.compress(b"id\n" + (b"1" * 999 + b"\n") * 50_000)
    tracemalloc.start()
    try:
        assert "more than 100 times its size" in await _drained(bomb)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2_000_000 + len(bomb)


async def _drained(data):
    with pytest.raises(UnreadableFile) as found:
        async for _ in read(stream(data, 4096)):
            pass
    return found.value.message


async def test_a_long_file_takes_no_more_memory_than_a_short_one():
    async def long():
        yield b"id,name\n"
        for _ in range(40):
            yield b"1,%s\n" % (b"x" * 500) * 1000

    tracemalloc.start()
    try:
        count = 0
        async for _ in read(long()):
            count += 1
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 40_000
    assert most < 4_000_000


async def test_cells_beside_the_table_and_rows_of_space_that_are_empty_are_none():
    data = b"id,name\n1,Ann,,\n ,\t\n,,,\n2,Bob\n3,Cyd,,x\n"
    *found, last = await rows(data)
    assert found == [Row(2, {"id": "1", "name": "Ann"}), Row(5, {"id": "2", "name": "Bob"})]
    assert isinstance(last, BadRow)
    assert (last.number, "4 cells where the header names 2 columns" in last.message) == (6, True)
