"""Reading the records of a feed: what is checked, and how it is said what is wrong."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cairn.hris.read import UnreadableFile
from cairn.hris.record import UNSET, Post, Problem, Reader, Record, Standing
from cairn.people.tables import Engagement


def read(**values):
    return Reader().values(1, {"externalId": "ann", **values})


def problems(**values):
    line = read(**values)
    assert line.record is None
    assert line.external_id == "ann"
    return [(each.field, each.message) for each in line.problems]


def test_what_is_left_out_is_not_said_and_null_is():
    line = Reader().json(3, b'{"externalId":"ann","title":null,"email":"Ann@Example.com"}')
    assert (line.number, line.problems, line.external_id) == (3, (), "ann")
    assert line.record == Record("ann", title=None, email="ann@example.com")
    assert [name for name in ("title", "email", "manager") if line.record.said(name)] == ["title", "email"]
    assert line.record.manager is UNSET
    assert line.written == b'{"externalId":"ann","email":"ann@example.com","title":null}'


def test_values_may_be_text_and_ids_numbers():
    line = read(externalId=7, manager=8, hiredOn="2024-02-29", status=" active ", engagement="contractor")
    assert line.record == Record(
        "7",
        manager="8",
        hired_on=date(2024, 2, 29),
        status=Standing.ACTIVE,
        engagement=Engagement.CONTRACTOR,
    )


def test_space_around_a_value_is_none_of_it():
    assert read(externalId=" ann ", title="  ", location=" Lisbon ", givenName=" ").record == Record(
        "ann", title=None, location="Lisbon", given_name=""
    )


def test_the_end_of_time_is_no_last_day():
    assert read(lastDay="9999-12-31").record == Record("ann", last_day=None)
    line = read(posts=[{"since": "2020-01-01", "lastDay": "9999-12-31", "title": " ", "department": " d "}])
    assert line.record.posts == (Post(date(2020, 1, 1), title=None, department="d"),)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"title": "a\0b"}, [("title", "must not have the character U+0000 in it")]),
        ({"hiredOn": "2023-02-29"}, [("hiredOn", "must be a day such as 2024-03-01")]),
        ({"email": "ann"}, [("email", "must be an address such as ada@example.com")]),
        ({"timeZone": "Mars/Base"}, [("timeZone", "must be a name such as Europe/Berlin")]),
        ({"locale": "?"}, [("locale", "must be a language tag such as de-AT")]),
        ({"status": "gone"}, [("status", "'GONE' is none of PREHIRE, ACTIVE, ON_LEAVE, TERMINATED")]),
        ({"givenName": None}, [("givenName", "must be a text")]),
        ({"title": "x" * 201}, [("title", "must have at most 200 characters")]),
        ({"title": "\ud800"}, [(None, "has half a character in it")]),
        ({"hiredOn": "2024-02-01", "lastDay": "2024-01-31"}, [("lastDay", "must not come before hiredOn")]),
        (
            {"posts": [{"since": "2024-01-01", "title": "a\0"}]},
            [("posts.0.title", "must not have the character U+0000 in it")],
        ),
        ({"posts": [{"title": "x"}]}, [("posts.0.since", "is missing")]),
        (
            {"posts": [{"since": "2024-01-01"}, {"since": "2024-01-01", "lastDay": "2023-01-01"}]},
            [
                ("posts.1.lastDay", "must not come before since"),
                ("posts.1.since", "must come after the post before it"),
            ],
        ),
        (
            {"posts": [], "title": "x"},
            [("title", "is said by posts already; leave one of them out")],
        ),
    ],
)
def test_a_value_that_cannot_be_kept_is_named_with_its_field(values, expected):
    assert problems(**values) == expected


def test_a_backslash_before_u0000_is_harmless():
    assert read(title="a\\u0000").record.title == "a\\u0000"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[]", "each line is one JSON object, and this is something else"),
        (b"{", "this is not JSON: unexpected end of data, at character 2"),
        (b'{"externalId":"\\ud800"}', "this is not JSON: no low surrogate in string, at character 16"),
    ],
)
def test_a_line_that_is_no_record_is_refused(text, message):
    assert Reader().json(1, text).problems == (Problem(None, message),)


def test_a_line_that_is_not_utf_8_makes_the_file_doubtful():
    with pytest.raises(UnreadableFile, match="row 3: the byte 0xFF is not UTF-8"):
        Reader().json(3, b'{"externalId":"\xff"}')


def test_a_record_has_to_say_whom_it_is_about():
    assert Reader().values(1, {"title": "x"}).problems == (Problem("externalId", "is missing"),)
    assert Reader().values(1, {"externalId": " "}).problems == (Problem("externalId", "must not be empty"),)


def test_a_field_that_nobody_knows_is_worth_one_warning_a_feed():
    reader = Reader()
    first, second = (reader.json(n, b'{"externalId":"ann","shoe":44,"title":"x"}') for n in (1, 2))
    assert first.problems == (Problem("shoe", "is a field nobody knows, here and below"),)
    assert second.problems == ()
    assert first.record == second.record == Record("ann", title="x")


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20)


@given(
    st.dictionaries(
        st.sampled_from(["title", "location", "phone", "number", "userName", "displayName"]), texts
    )
)
def test_what_is_written_of_a_record_reads_as_the_same_record(values):
    line = read(**values)
    assert line.record is not None
    again = Reader().json(1, line.written)
    assert (again.record, again.written) == (line.record, line.written)
    assert msgspec.json.decode(line.written, type=Record) == line.record


def test_a_word_that_is_none_of_the_words_is_refused_with_them():
    assert problems(status="weird") == [
        ("status", "'WEIRD' is none of PREHIRE, ACTIVE, ON_LEAVE, TERMINATED")
    ]
    assert problems(posts=[{"since": "2024-01-01", "work": "gone"}]) == [
        ("posts.0.work", "'GONE' is none of ACTIVE, ON_LEAVE")
    ]


@pytest.mark.parametrize("none", ["0001-01-01", "1900-01-01"])
def test_days_by_which_systems_write_that_there_is_none_are_no_days(none):
    for field in ("hiredOn", "lastDay", "effectiveOn"):
        assert [field for field, _ in problems(**{field: none})] == [field]
    assert ("posts.0.since", "must be a day after 1900-01-01; where there is none, leave it out") in problems(
        posts=[{"since": none}]
    )
