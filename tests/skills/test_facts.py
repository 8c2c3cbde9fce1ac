"""The facts that requirements are evaluated on: employments, departments and teams as pieces of time."""

import pytest

from cairn.requirements.evaluate import evaluate
from cairn.requirements.facts import NO_FACTS
from cairn.requirements.times import Times
from cairn.requirements.tree import ANYWHERE, Employed, Subject, SubjectKind
from cairn.skills.facts import load, names
from world import LONG_AGO, TODAY, id_of, on

SINCE_2024 = Times.since(on(2024))


@pytest.mark.parametrize(
    ("who", "subject", "expected"),
    [
        ("Ben", ANYWHERE, Times.since(on(2021))),
        ("Eve", ANYWHERE, Times.between(on(2020), on(2023))),
        ("Ben", Subject(SubjectKind.ROLE, id_of("Engineer role")), SINCE_2024),
        ("Ben", Subject(SubjectKind.ROLE, id_of("Seller role")), Times.between(on(2021), on(2024))),
        ("Ben", Subject(SubjectKind.LOCATION, "Berlin"), SINCE_2024),
        ("Ben", Subject(SubjectKind.LOCATION, "Paris"), Times.of([])),
        ("Ben", Subject(SubjectKind.DEPARTMENT, id_of("Platform")), SINCE_2024),
        ("Ben", Subject(SubjectKind.DEPARTMENT, id_of("Engineering")), SINCE_2024),
        ("Ben", Subject(SubjectKind.DEPARTMENT, id_of("Company")), Times.since(on(2021))),
        ("Cleo", Subject(SubjectKind.DEPARTMENT, id_of("Sales")), Times.of([])),
        ("Cleo", Subject(SubjectKind.TEAM, id_of("Core team")), Times.since(LONG_AGO)),
        ("Dan", Subject(SubjectKind.TEAM, id_of("Core team")), Times.of([])),
    ],
)
@pytest.mark.usefixtures("world")
async def test_an_employment_counts_while_it_lasts(database, who, subject, expected):
    async with database.transaction() as tx:
        facts = await load(tx, [id_of(who)], {subject})
    assert evaluate(Employed(subject), facts.get(id_of(who), NO_FACTS)) == expected


@pytest.mark.usefixtures("world")
async def test_who_starts_later_is_employed_from_then_on(database):
    async with database.transaction() as tx:
        facts = await load(tx, [id_of("Finn")], {ANYWHERE})
    [(since, until)] = evaluate(Employed(), facts[id_of("Finn")])
    assert (since.date() - TODAY).days == 60
    assert until is None


@pytest.mark.usefixtures("world")
async def test_subjects_have_the_names_people_know_them_by(database):
    asked = {
        Subject(SubjectKind.SKILL, id_of("SQL")): "SQL",
        Subject(SubjectKind.ROLE, id_of("Engineer role")): "Engineer",
        Subject(SubjectKind.DEPARTMENT, id_of("Platform")): "Platform",
        Subject(SubjectKind.TEAM, id_of("Core team")): "Core",
        Subject(SubjectKind.LOCATION, "Berlin"): "Berlin",
    }
    async with database.transaction() as tx:
        assert await names(tx, [*asked, Subject(SubjectKind.SKILL, id_of("nothing"))]) == asked
