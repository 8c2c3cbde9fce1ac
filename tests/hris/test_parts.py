"""`POST /hris/feeds/{source}` with several files: the feed's own, and those that its map looks up in."""

import gzip
import json
from pathlib import Path

import pytest
from sqlalchemy import text

from cairn.demo import data
from cairn.hris import parts as several
from cairn.hris.keep import keep_feed_map
from hris.test_upload import app, send, unchanged  # noqa: F401  # fixtures

ORACLE = Path(__file__).with_name("oracle_hr")
BOUNDARY = "----of-the-test"
MAP = """
[person]
externalId = "id"
givenName = "name"
title = "job.title"

[look-up.job]
file = "jobs.csv"
column = "job"
key = "code"
"""
PEOPLE, JOBS = "id,name,job\n1,Ann,A\n2,Bob,B\n", "code,title\nA,Architect\nB,Baker\n"
OWN, BESIDE = ("file", "people.csv", PEOPLE), ("job", "jobs.csv", JOBS)


def form(*files, end=True):
    """A body as curl and browsers write it: name, file name and content of each part."""
    body = b""
    for name, file, content, *type_ in files:
        said = f'Content-Disposition: form-data; name="{name}"' + (f'; filename="{file}"' if file else "")
        head = f"--{BOUNDARY}\r\n{said}\r\nContent-Type: {type_[0] if type_ else 'text/csv'}\r\n\r\n"
        body += head.encode() + (content.encode() if isinstance(content, str) else content) + b"\r\n"
    return body + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


@pytest.fixture
async def deliver(send, database, world):  # noqa: F811
    """Keeps a map for the source and sends files for it."""

    async def sent(*files, map_=MAP, query="", end=True, **headers):
        if map_ is not None:
            async with database.transaction() as tx:
                await keep_feed_map(tx, world.viewer("Pat"), source="payroll", text=map_)
        headers.setdefault("content_type", f"multipart/form-data; boundary={BOUNDARY}")
        return await send(form(*files, end=end), query, **headers)

    return sent


async def titles(database):
    query = """
    select e.given_name, m.title from employee e join employment m on m.employee_id = e.id
    where e.source = 'payroll' and m.valid @> current_date
    """
    async with database.transaction() as tx:
        return dict((await tx.execute(text(query))).all())


@pytest.mark.parametrize("files", [(OWN, BESIDE), (BESIDE, OWN)])
async def test_what_is_looked_up_comes_as_another_part_before_the_file_or_behind_it(deliver, database, files):
    status, _, answer = await deliver(*files, query="?mode=snapshot")
    assert (status, answer["counts"]["new"], answer["counts"]["received"]) == (200, 2, 2)
    assert await titles(database) == {"Ann": "Architect", "Bob": "Baker"}


async def test_each_part_may_be_packed_by_itself_and_say_its_own_encoding(deliver, database):
    own = ("file", "x", PEOPLE.replace("Ann", "Zoë").encode("latin-1"), "text/csv; charset=iso-8859-1")
    status, *_ = await deliver(("job", "jobs.csv", gzip.compress(JOBS.encode())), own)
    assert (status, await titles(database)) == (200, {"Zoë": "Architect", "Bob": "Baker"})


async def test_a_file_that_looks_up_in_itself_is_sent_once(deliver, database):
    map_ = MAP.replace("jobs.csv", "people.csv").replace('"job"\n', '"boss"\n').replace('"code"', '"id"')
    people = "id,name,title,boss\n1,Ann,Head,\n2,Bob,Clerk,1\n"
    status, *_ = await deliver(("file", "people.csv", people), map_=map_)
    assert (status, await titles(database)) == (200, {"Ann": None, "Bob": "Head"})


async def test_a_map_that_looks_nothing_up_takes_a_form_too(deliver, database):
    content = '{"externalId": "1", "givenName": "Ann", "title": "Head"}\n'
    status, *_ = await deliver(("file", None, content, "application/x-ndjson"), map_=None)
    assert (status, await titles(database)) == (200, {"Ann": "Head"})


@pytest.mark.parametrize(
    ("files", "path", "said"),
    [
        ((OWN,), "jobs.csv", "The files that the map reads beside the feed's own are missing: jobs.csv"),
        ((BESIDE,), "body", "has no part called file"),
        ((), "body", "has no part called file"),
        ((OWN, ("job", "places.csv", "x"), BESIDE), "places.csv", "its map reads jobs.csv"),
        ((BESIDE, OWN, ("mode", None, "snapshot")), "mode", "its map reads jobs.csv"),
        ((BESIDE, BESIDE, OWN), "jobs.csv", "must come only once"),
        ((OWN, OWN, BESIDE), "file", "must come only once"),
        ((BESIDE, OWN, OWN), "file", "must come only once"),
        ((BESIDE, OWN, BESIDE), "jobs.csv", "must come only once"),
    ],
)
async def test_parts_that_are_missing_unknown_or_there_twice_are_named(deliver, database, files, path, said):
    await deliver(BESIDE, OWN, query="?dryRun=true")
    async with unchanged(database):
        status, _, answer = await deliver(*files)
    assert (status, answer["title"], answer["fields"][0]["path"]) == (400, "Invalid", [path])
    assert said in answer["detail"] + answer["fields"][0]["message"]


async def test_one_file_alone_is_told_how_to_bring_the_other(send, deliver, database):  # noqa: F811
    await deliver(BESIDE, OWN, query="?dryRun=true")
    async with unchanged(database):
        status, _, answer = await send(PEOPLE, content_type="text/csv")
    assert (status, answer["fields"][0]["path"]) == (400, ["map"])
    assert "reads jobs.csv beside the file: send both as parts of multipart/form-data" in answer["detail"]


async def test_a_form_that_ends_before_its_end_changes_nothing(deliver, database):
    await deliver(BESIDE, OWN, query="?dryRun=true")
    for files in ((BESIDE, OWN), (OWN, BESIDE)):
        async with unchanged(database):
            status, _, answer = await deliver(*files, end=False)
        assert (status, answer["title"]) == (400, "Broken file")


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"content_type": "multipart/form-data"}, 400, "must name the boundary"),
        ({"content_type": f"multipart/form-data; boundary={'x' * 300}"}, 400, "makes no sense"),
        ({"content_type": "multipart/form-data; boundary=another"}, 400, "makes no sense"),
        ({"content_type": "multipart/mixed; boundary=x"}, 415, "multipart/form-data"),
        ({"content_encoding": "gzip"}, 415, "each is packed with gzip by itself"),
    ],
)
async def test_a_body_that_is_no_form_is_refused_in_words(deliver, database, headers, status, said):
    await deliver(BESIDE, OWN, query="?dryRun=true")
    async with unchanged(database):
        found, _, answer = await deliver(BESIDE, OWN, **headers)
    assert (found, said in answer["detail"]) == (status, True), answer


async def test_what_is_kept_on_disk_has_a_limit_and_the_file_itself_has_none_where_it_comes_last(
    deliver, monkeypatch
):
    monkeypatch.setattr(several, "MOST_BYTES", 200)
    long = PEOPLE + "".join(f"{n},P{n},A\n" for n in range(3, 99))
    status, _, answer = await deliver(("file", "people.csv", long), BESIDE)
    assert (status, answer["fields"][0]["path"]) == (400, ["file"])
    assert "send the part file last" in answer["detail"]
    assert (await deliver(BESIDE, ("file", "people.csv", long)))[2]["counts"]["new"] == 98


# Real files


async def test_adventure_works_comes_with_its_roles(deliver):
    names = ("employees", "roles")
    files = {name: (data.FOLDER / f"{name}.csv").read_bytes() for name in names}
    map_ = (data.FOLDER / "employees.toml").read_text(encoding="utf-8")
    status, _, answer = await deliver(
        ("file", "employees.csv", files["employees"]),
        ("roles", "roles.csv", files["roles"]),
        map_=map_,
        query="?mode=snapshot",
    )
    assert (status, answer["counts"]["new"], answer["counts"]["refused"]) == (200, 290, 0)
    status, _, again = await deliver(
        ("roles", "roles.csv", files["roles"]),
        ("file", "employees.csv", files["employees"]),
        map_=map_,
        query="?mode=snapshot",
    )
    assert (status, again["counts"]["same"], again["counts"]["received"]) == (200, 290, 290)


async def test_oracle_hr_comes_with_its_job_history_and_what_it_is_looked_up_in(deliver, ask):
    files = {each.name: each.read_bytes() for each in sorted(ORACLE.glob("*.csv"))}
    own = files.pop("employees.csv")
    map_ = (ORACLE / "map.toml").read_text()
    read = [(name, name, content) for name, content in files.items() if name in map_]
    status, _, answer = await deliver(
        *read, ("file", "employees.csv", own), map_=map_, query="?mode=snapshot"
    )
    assert (status, answer["counts"]["new"], answer["counts"]["refused"]) == (200, 107, 0), json.dumps(answer)
    query = """{ employees(where: {email: {eq: "nyang@hr.example"}}) { nodes {
      displayName employments { nodes { since until title location } } manager { displayName } } } }"""
    [person] = (await ask(query))["employees"]["nodes"]
    assert (person["displayName"], person["manager"]["displayName"]) == ("Neena Yang", "Steven King")
    assert [(each["since"], each["title"], each["location"]) for each in person["employments"]["nodes"]] == [
        ("2007-09-21", "Public Accountant", "Seattle"),
        ("2011-10-28", "Accounting Manager", "Seattle"),
        ("2015-09-21", "Administration Vice President", "Seattle"),
    ]
