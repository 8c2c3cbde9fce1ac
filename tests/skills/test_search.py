"""Finding skills by what somebody types."""

from uuid import UUID

import pytest

from cairn.skills import frameworks
from cairn.skills.curate import rename_skill
from cairn.skills.releases import SkillDraft
from world import EVERYTHING

SEARCH = """query ($text: String!, $first: Int) {
  skillSearch(text: $text, first: $first) { nodes { skill { name } matched score } }
}"""
SKILLS = (
    ("Python (computer programming)", ["Python", "Python 3K"], "Scripts and larger programs"),
    ("Java (computer programming)", ["Java"], None),
    ("JavaScript", ["ECMAScript", "JS"], "Programs of pages"),
    ("C#", [], None),
    ("C++", [], None),
    ("manage musical staff", ["lead an orchestra"], None),
    ("manage staff", [], "Of any kind, but no orchestra"),
    ("project management", [], None),
    ("management of budgets", [], None),
    ("Übersetzen", ["translate"], None),
)


@pytest.fixture
async def find(ask, database):
    """The names of the skills that a text finds."""
    async with database.transaction() as tx:
        drafts = [SkillDraft(f"{n}", *each[:1], None, each[2], each[1]) for n, each in enumerate(SKILLS)]
        await frameworks.define_framework(tx, EVERYTHING, name="Own", version="1", skills=drafts)

    async def find(text, first=20):
        found = await ask(SEARCH, {"text": text, "first": first})
        return [each["skill"]["name"] for each in found["skillSearch"]["nodes"]]

    return find


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("python", "Python (computer programming)"),
        ("pyhton", "Python (computer programming)"),
        ("PYTHN", "Python (computer programming)"),
        ("jva", "Java (computer programming)"),
        ("javascrpt", "JavaScript"),
        ("js", "JavaScript"),
        ("c#", "C#"),
        ("C++", "C++"),
        ("manag mus staf", "manage musical staff"),
        ("musical staff", "manage musical staff"),
        ("projct managment", "project management"),
        ("orchestra", "manage musical staff"),
        ("übersetzen", "Übersetzen"),
        ("larger programs", "Python (computer programming)"),
    ],
)
async def test_what_was_meant_comes_first(find, text, first):
    found = await find(text)
    assert found[:1] == [first], found


async def test_the_name_before_its_beginning_before_an_alias_before_a_description(find):
    assert await find("manage staff") == ["manage staff", "manage musical staff"]
    assert await find("management") == ["management of budgets", "project management"]
    assert await find("orchestra") == ["manage musical staff", "manage staff"]
    assert (await find("java"))[:2] == ["Java (computer programming)", "JavaScript"]


async def test_a_hit_says_what_matched(ask, find):
    await find("python")
    [hit] = (await ask(SEARCH, {"text": "ecmascript"}))["skillSearch"]["nodes"]
    assert (hit["skill"]["name"], hit["matched"]) == ("JavaScript", "ECMAScript")
    assert 4 < hit["score"] < 5


@pytest.mark.parametrize("text", [" C++ ", "\tmanage  staff\n"])
async def test_spaces_around_and_between_make_no_difference(ask, find, text):
    assert await find(text) == await find(" ".join(text.split()))
    found = await ask(SEARCH, {"text": text, "first": 1})
    assert found["skillSearch"]["nodes"][0]["score"] == 6


async def test_nothing_finds_nothing(find):
    assert await find("") == await find("  ") == []


async def test_what_the_company_renamed_is_found_by_its_published_name_before_what_is_like_it(
    ask, find, database
):
    found = await ask('{ skills(where: {name: {eq: "manage staff"}}) { nodes { id } } }')
    key = UUID(found["skills"]["nodes"][0]["id"].partition(":")[2])
    async with database.transaction() as tx:
        await rename_skill(tx, EVERYTHING, skill=key, name="Leadership")
    assert (await find("manage staff"))[0] == "Leadership"
    found = await ask(SEARCH, {"text": "manage staff", "first": 1})
    assert found["skillSearch"]["nodes"][0]["matched"] == "manage staff"


@pytest.mark.parametrize(
    "text", ["", " ", "xyzzy", "'", "\\", "a & b | !c:*", "%_%", "\U0010ffff", "()" * 99]
)
async def test_whatever_is_typed_is_no_mistake(find, text):
    assert isinstance(await find(text), list)


async def test_pages_go_on_where_they_ended(ask, find):
    both = await find("management")
    page = """query ($after: String) {
      skillSearch(text: "management", first: 1, after: $after) {
        nodes { skill { name } } pageInfo { endCursor hasNextPage } totalCount
      }
    }"""
    first = (await ask(page))["skillSearch"]
    second = (await ask(page, {"after": first["pageInfo"]["endCursor"]}))["skillSearch"]
    assert [each["nodes"][0]["skill"]["name"] for each in (first, second)] == both
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert first["totalCount"] == 2


async def test_what_was_renamed_is_found_by_its_name_and_what_was_retired_not_at_all(find, database):
    async with database.transaction() as tx:
        drafts = [SkillDraft("3", "C sharp"), SkillDraft("4", "C++")]
        await frameworks.define_framework(
            tx, EVERYTHING, name="Own", version="2", skills=drafts, retire_others=True
        )
    assert (await find("C sharp"))[0] == "C sharp"
    assert await find("python") == []
