"""Reading a feed of periods: people tell apart, periods touch, a manager is named by any of their rows."""

from datetime import date

import pytest

from cairn.demo import data
from cairn.demo.company import EMPLOYEES
from cairn.hris import csv
from cairn.hris.csv import Columns
from cairn.hris.feed import Person, Post

COLUMNS = Columns(
    person="login",
    row="key",
    manager="boss",
    given_name="given",
    family_name="family",
    email="email",
    title="title",
    department="department",
    since="start",
)
HEAD = "key,login,given,family,email,title,department,boss,start,end\n"


@pytest.fixture
def people(tmp_path):
    """Reads a file with those lines."""

    def read(*lines, **more):
        file = tmp_path / "people.csv"
        file.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
        return list(csv.read(file, COLUMNS, **more))

    return read


def test_a_row_is_a_person_with_a_post(people):
    found = people(
        "1,ada,Ada,Lovelace,Ada@Example.com,Engineer,Platform,,2020-01-01,",
        job_role=str.lower,
        location=lambda title: f"Where the {title} sits",
    )
    assert found == [
        Person(
            external_id="ada",
            given_name="Ada",
            family_name="Lovelace",
            email="ada@example.com",
            posts=(
                Post(
                    since=date(2020, 1, 1),
                    title="Engineer",
                    department="Platform",
                    job_role="engineer",
                    location="Where the Engineer sits",
                ),
            ),
        )
    ]


def test_periods_last_until_the_next_whatever_their_end_says(people):
    [person] = people(
        "3,ada,Ada,King,,Head,,,2022-01-01,",
        "1,ada,Ada,Byron,,Engineer,,,2020-01-01,2020-12-31",
        "2,ada,Ada,Byron,,Engineer,,,2021-01-01,2022-01-01",
    )
    assert person.family_name == "King"
    assert [(post.since, post.until, post.title) for post in person.posts] == [
        (date(2020, 1, 1), date(2021, 1, 1), "Engineer"),
        (date(2021, 1, 1), date(2022, 1, 1), "Engineer"),
        (date(2022, 1, 1), None, "Head"),
    ]


def test_a_manager_is_named_by_any_of_their_rows(people):
    found = people(
        "1,ada,Ada,King,,Head,,,2020-01-01,",
        "2,ada,Ada,King,,Head,,,2021-01-01,",
        "3,ben,Ben,Ten,,Engineer,,1,2020-01-01,",
        "4,cleo,Cleo,Ten,,Engineer,,2,2020-01-01,",
        "5,dan,Dan,Ten,,Engineer,,9,2020-01-01,",
    )
    assert {person.external_id: person.posts[0].manager for person in found} == {
        "ada": None,
        "ben": "ada",
        "cleo": "ada",
        "dan": None,
    }


def test_what_is_empty_is_nothing(people):
    [person] = people("1,ada,Ada,King,,Head,,,2020-01-01,")
    assert person.email is None
    assert person.posts[0].department is None


def test_the_sample_feed_has_its_people_and_periods():
    people = list(csv.read(data.FOLDER / "employees.csv", EMPLOYEES))
    assert (len(people), sum(len(person.posts) for person in people)) == (290, 296)
    ids = {person.external_id for person in people}
    managers = {post.manager for person in people for post in person.posts}
    assert managers - ids == {None}
    assert sum(post.manager is None for person in people for post in person.posts) == 1
