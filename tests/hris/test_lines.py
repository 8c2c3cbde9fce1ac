"""Rows as lines of a feed, by a map that says which column means what."""

from pathlib import Path

import orjson
import pytest

from cairn.access.refusal import InvalidInput
from cairn.demo import data
from cairn.hris.lines import lines
from cairn.hris.mapping import day, read_map
from cairn.hris.read import UnreadableFile
from cairn.hris.record import Standing

ORACLE = Path(__file__).with_name("oracle_hr")


async def stream(content):
    yield content if isinstance(content, bytes) else content.encode()


async def said(content, map_=None, **files):
    """The lines of a file, by a map in TOML, with other files beside it."""

    def beside(name):
        return stream(files[name.removesuffix(".csv")])

    found = read_map(map_) if map_ is not None else None
    return [line async for line in lines(stream(content), found, beside=beside)]


async def records(content, map_=None, **files):
    return [written(line) for line in await said(content, map_, **files)]


def written(line):
    assert line.record is not None, line
    return orjson.loads(line.written)


def problems(lines):
    return [
        (line.number, line.external_id, each.field, each.message) for line in lines for each in line.problems
    ]


IDS = '[person]\nexternalId = "id"\n'


# What a column means


async def test_columns_become_fields_and_the_others_are_left():
    map_ = IDS + 'givenName = "First"\nhiredOn = { column = "Hired", date = "DD.MM.YYYY" }\n'
    assert await records("id,First,Hired,Shoe\n 7 , Ann ,31.01.2024,38\n", map_) == [
        {"externalId": "7", "givenName": "Ann", "hiredOn": "2024-01-31"}
    ]


async def test_a_value_may_be_of_a_column_a_text_or_the_same_for_everybody():
    map_ = f"""{IDS}
email = {{ text = "{{first}}.{{last}}@example.com", write = "lower" }}
location = {{ value = "Lisbon" }}
jobRole = {{ column = "title", write = "code" }}
"""
    [ann, bob] = await records("id,first,last,title\n1,Ann,Lee,Design Engineer\n2,Bob,,\n", map_)
    assert ann == {
        "externalId": "1",
        "email": "ann.lee@example.com",
        "location": "Lisbon",
        "jobRole": "design-engineer",
    }
    assert bob == {"externalId": "2", "email": None, "location": "Lisbon", "jobRole": None}


async def test_words_of_the_file_mean_what_the_map_says_whatever_their_case():
    map_ = IDS + 'status = { column = "s", values = { "A" = "ACTIVE", "Gone" = "TERMINATED" } }\n'
    found = await said("id,s\n1,a\n2,GONE\n3,on_leave\n4,\n5,Sabbatical\n", map_)
    assert [line.record and (line.record.said("status") and line.record.status.value) for line in found] == [
        "ACTIVE",
        "TERMINATED",
        "ON_LEAVE",
        False,
        None,
    ]
    assert problems(found) == [
        (
            6,
            "5",
            "status",
            f'the map does not say what "Sabbatical" means; add it to values: {", ".join(Standing)}',
        )
    ]
    map_ = IDS + 'status = { column = "s", values = { "A" = "ACTIVE" }, otherwise = "TERMINATED" }\n'
    assert [each["status"] for each in await records("id,s\n1,A\n2,x\n", map_)] == ["ACTIVE", "TERMINATED"]


async def test_an_empty_cell_takes_away_unless_the_map_says_that_it_keeps():
    map_ = IDS + 'title = "t"\ngivenName = "t"\nphone = { column = "t", empty = "keeps" }\n'
    assert await records("id,t\n1,\n", map_) == [{"externalId": "1", "title": None}]


async def test_columns_called_as_the_fields_need_no_map():
    assert await records("externalId,title\n1,Head\n") == [{"externalId": "1", "title": "Head"}]
    with pytest.raises(UnreadableFile, match="no map says what they mean"):
        await said("id,title\n1,Head\n")


async def test_ndjson_leaves_out_what_it_does_not_say():
    assert await records('{"externalId": "1", "title": null}\n{"externalId": "2"}\n') == [
        {"externalId": "1", "title": None},
        {"externalId": "2"},
    ]
    map_ = IDS + 'givenName = "name.given"\ntitle = "title"\n'
    assert await records('{"id": 1, "name": {"given": "Ann"}}\n', map_) == [
        {"externalId": "1", "givenName": "Ann"}
    ]


@pytest.mark.parametrize(
    ("written", "pattern", "iso"),
    [
        ("2024-02-29", "YYYY-MM-DD", "2024-02-29"),
        ("2024-02-29T08:00:00Z", "YYYY-MM-DD", "2024-02-29"),
        ("9/3/24", "M/D/YY", "2024-09-03"),
        ("3-Sep-99", "DD-MON-YY", "1999-09-03"),
        ("Sept. 3, 2024", "MON DD, YYYY", "2024-09-03"),
        ("20240903", "YYYYMMDD", "2024-09-03"),
        ("45538", "spreadsheet", "2024-09-03"),
        ("03.09.2024 00:00", "DD.MM.YYYY", "2024-09-03"),
    ],
)
def test_days_are_read_as_they_are_written(written, pattern, iso):
    assert day(written, pattern).isoformat() == iso


@pytest.mark.parametrize(
    ("written", "pattern"), [("31.02.2024", "DD.MM.YYYY"), ("x", "spreadsheet"), ("1e999", "spreadsheet")]
)
def test_what_is_no_day_is_refused(written, pattern):
    with pytest.raises(ValueError, match="is no date written as"):
        day(written, pattern)


# What is wrong, by row and column


async def test_every_mistake_is_told_with_its_row_and_whom_it_is_about():
    map_ = IDS + 'email = "mail"\nhiredOn = "since"\n'
    found = await said(
        "id,mail,since\n1,nobody,2024-02-30\n,a@x.example,\n3,c@x.example\n4,d@x.example,\n", map_
    )
    assert [line.number for line in found] == [2, 3, 4, 5]
    assert [line.record is None for line in found] == [True, True, True, False]
    assert problems(found)[:2] == [
        (2, "1", "hiredOn", '"2024-02-30" is no date written as YYYY-MM-DD'),
        (2, "1", "email", "must be an address such as ada@example.com"),
    ]
    assert problems(found)[2] == (3, None, "externalId", "is empty; it tells people apart")
    assert problems(found)[3][3].startswith("column since: the row ends before it")


async def test_a_column_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(UnreadableFile, match="there is no such column; there are First, Last, id"):
        await said("id,First,Last\n1,Ann,Lee\n", IDS + 'title = "Rank"\n')


async def test_what_could_not_be_read_in_a_row_is_told_once():
    found = await said("id,from,to,title,boss,name\n1,soon,,Clerk,,Ann\n1,2020-01-01,,Head,,Ann\n", ROWS)
    assert problems(found) == [(2, "1", "hiredOn", '"soon" is no date written as YYYY-MM-DD')]


async def test_a_column_that_is_not_there_is_named_with_what_may_be_meant():
    with pytest.raises(UnreadableFile) as refused:
        await said("id,E-Mail\n1,a@x.example\n", IDS + 'email = "Email"\n')
    assert refused.value.message == (
        "row 1, column Email: the map reads email from it, and there is no such column; did you mean E-Mail?"
    )


@pytest.mark.parametrize(
    ("map_", "wrong"),
    [
        ("person", "The map is not TOML"),
        ("[person]\ntitle = 't'", "person.externalId is missing"),
        (IDS + "emial = 'm'", "person.emial is no field of a person; did you mean email?"),
        (IDS + "title = { column = 't', value = 'x' }", "person.title: say one of column, text and value"),
        (IDS + "title = { column = 't', upper = true }", "person.title.upper: nobody knows it"),
        (
            IDS + "hiredOn = { column = 't', date = 'DD.MM' }",
            "person.hiredOn.date: a date is written with YYYY",
        ),
        (IDS + "[file]\ndelimiter = 'x'", "file: delimiter is one of"),
        (IDS + "[history]\nrow = 'r'", "with a history, person.hiredOn says"),
        (
            IDS + "hiredOn = 'h'\n[history]\nfile = 'x.csv'",
            "history: period says at least externalId and since",
        ),
    ],
)
def test_a_map_that_makes_no_sense_is_refused_by_the_place(map_, wrong):
    with pytest.raises(InvalidInput) as refused:
        read_map(map_)
    assert wrong in refused.value.message


# Other files, and histories


async def test_more_is_looked_up_in_other_files_one_after_the_other():
    map_ = f"""{IDS}
title = "job.name"
location = "site.city"
[look-up.job]
file = "jobs.csv"
column = "job"
key = "code"
[look-up.site]
file = "sites.csv"
column = "job.site"
key = "id"
"""
    files = {"jobs": "code,name,site\nA,Architect,1\nB,Baker,\n", "sites": "id,city\n1,Lisbon\n"}
    assert await records("id,job\n1,A\n2,B\n3,C\n", map_, **files) == [
        {"externalId": "1", "title": "Architect", "location": "Lisbon"},
        {"externalId": "2", "title": "Baker", "location": None},
        {"externalId": "3", "title": None, "location": None},
    ]


async def test_what_would_have_to_be_looked_up_is_refused_where_there_is_one_file_only():
    map_ = read_map(IDS + '[look-up.job]\nfile = "jobs.csv"\ncolumn = "id"\nkey = "id"\n')
    with pytest.raises(InvalidInput, match=r"reads jobs\.csv beside the file: send both"):
        [line async for line in lines(stream("id\n1\n"), map_)]


ROWS = (
    IDS
    + 'hiredOn = "from"\nlastDay = "to"\ntitle = "title"\nmanager = "boss"\ngivenName = "name"\n[history]\n'
)


async def test_rows_of_one_person_are_periods_wherever_they_stand():
    content = """id,from,to,title,boss,name
1,2024-01-01,,Head,,Annie
2,2023-01-01,,Clerk,1,Bob
1,2020-01-01,2021-06-30,Clerk,,Ann
"""
    ann, bob = await records(content, ROWS)
    assert (ann["givenName"], [(post["since"], post["lastDay"], post["title"]) for post in ann["posts"]]) == (
        "Annie",
        [("2020-01-01", "2021-06-30", "Clerk"), ("2024-01-01", None, "Head")],
    )
    assert [post["manager"] for post in bob["posts"]] == ["1"]


async def test_a_manager_may_be_named_by_any_row_of_theirs():
    content = """k,id,from,to,title,boss,name
1,ann,2020-01-01,,Clerk,,Ann
2,bob,2023-01-01,,Clerk,1,Bob
3,ann,2024-01-01,,Head,9,Ann
"""
    ann, bob = await records(content, ROWS + 'row = "k"\n')
    assert bob["posts"][0]["manager"] == "ann"
    assert [post["manager"] for post in ann["posts"]] == [None, "9"]
    with pytest.raises(UnreadableFile, match='row 3, column k: "1" tells no rows apart'):
        await said("k,id,from,to,title,boss,name\n1,a,,,,,\n1,b,,,,,\n", ROWS + 'row = "k"\n')


async def test_a_mistake_in_a_period_is_told_with_the_row_it_is_in():
    content = """id,from,to,title,boss,name
1,2020-01-01,,Clerk,,Ann
2,2020-01-01,,Clerk,,Bob
1,2020-01-01,,Head,,Ann
2,2021,,Head,,Bob
"""
    found = await said(content, ROWS)
    assert problems(found)[0] == (2, "1", "posts.1.since", "row 4: must come after the post before it")
    assert (3, "2", "hiredOn", 'row 5: "2021" is no date written as YYYY-MM-DD') in problems(found)
    assert [line.number for line in found] == [2, 3]


# Real files


async def test_adventure_works_with_its_superseded_rows_is_read_by_a_map_alone():
    map_ = (data.FOLDER / "employees.toml").read_text(encoding="utf-8")
    files = {name: (data.FOLDER / f"{name}.csv").read_bytes() for name in ("employees", "roles")}
    found = await records(files["employees"], map_, **files)
    assert (len(found), sum(len(each["posts"]) for each in found)) == (290, 296)
    rob = next(each for each in found if each["externalId"].endswith("rob0"))
    assert [(post["since"], post["title"], post["jobRole"]) for post in rob["posts"]] == [
        ("2007-07-05", "Senior Tool Designer", "senior-tool-designer"),
        ("2009-12-28", "Senior Tool Designer", "senior-tool-designer"),
    ]
    known = {each["externalId"] for each in found}
    managers = {post["manager"] for each in found for post in each["posts"]}
    assert managers - known == {None}


async def test_oracle_hr_with_its_job_history_is_read_by_a_map_alone():
    files = {each.stem: each.read_bytes() for each in ORACLE.glob("*.csv")}
    found = await records(files["employees"], (ORACLE / "map.toml").read_text(), **files)
    assert (len(found), sum(len(each["posts"]) for each in found)) == (107, 117)
    by_id = {each["externalId"]: each for each in found}
    assert [
        (post["since"], post["lastDay"], post["title"], post["departmentName"])
        for post in by_id["101"]["posts"]
    ] == [
        ("2007-09-21", "2011-10-27", "Public Accountant", "Accounting"),
        ("2011-10-28", "2015-03-15", "Accounting Manager", "Accounting"),
        ("2015-09-21", None, "Administration Vice President", "Executive"),
    ]
    assert (
        by_id["114"]["posts"][-1]["since"] == "2018-01-01"
    )  # hired before, by the file, than the history ends
    assert by_id["100"]["email"] == "sking@hr.example"


@pytest.mark.parametrize("field", ["externalId", "manager", "number", "department"])
async def test_a_number_that_a_spreadsheet_rounded_is_refused(field):
    """Two people would be one, or a manager somebody else."""
    map_ = f'[person]\nexternalId = "id"\n{field} = "n"\n' if field != "externalId" else IDS
    header = "id,n" if field != "externalId" else "id"
    for written_ in ("1,23457E+12", "1.23457E+12", "4E+15"):
        row = f'7,"{written_}"' if field != "externalId" else f'"{written_}"'
        [line] = await said(f"{header}\n{row}\n", map_)
        assert line.record is None
        assert [
            (each.field, f'"{written_}" is what a spreadsheet' in each.message) for each in line.problems
        ] == [(field, True)]
