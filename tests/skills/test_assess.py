"""Evidence: said by whoever may say so, withdrawn with a reason, imported in bulk."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from cairn.access.refusal import InvalidInput, NotAllowed
from cairn.access.viewer import Viewer
from cairn.skills import assess, tables
from cairn.skills.assess import EvidenceDraft
from cairn.skills.tables import Source
from stored import stored, unchanged
from world import TODAY, id_of, on

NOWHERE = uuid4()
LEVELS = """
query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    levels(orderBy: [{level: DESC}]) { nodes { skill { name } level isVerified until } }
  }
}
"""
ASSESS = """
mutation ($input: AssessSkillInput!) {
  assessSkill(input: $input) {
    __typename
    ... on Evidence {
      employee { displayName } skill { name } level source assertedBy { displayName } until holds note
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
    ... on NotFound { id }
  }
}
"""
WITHDRAW = """
mutation ($input: WithdrawEvidenceInput!) {
  withdrawEvidence(input: $input) {
    __typename
    ... on Evidence { holds withdrawnBy { displayName } withdrawnReason }
    ... on Refusal { message }
    ... on AlreadyWithdrawn { evidence { level } }
  }
}
"""


def says(world, whose, skill="SQL", level=3, **more):
    return {
        "employee": world.gid("Employee", whose),
        "skill": world.gid("Skill", skill),
        "level": level,
        **more,
    }


async def levels(ask, world, whose, at=None, viewer=None):
    """The levels of somebody, by skill: level, verified, until."""
    given = {"id": world.gid("Employee", whose), "at": at and at.isoformat()}
    found = await ask(LEVELS, given, **({"viewer": viewer} if viewer else {}))
    return {
        each["skill"]["name"]: (each["level"], each["isVerified"], each["until"])
        for each in found["employee"]["levels"]["nodes"]
    }


@pytest.mark.parametrize(
    ("who", "source", "verified"),
    [
        ("Cleo", "SELF", False),
        ("Ben", "MANAGER", True),
        ("Grace", "MANAGER", True),
        ("Lena", "ASSESSMENT", True),
        ("Dan", "PEER", False),
    ],
)
async def test_the_voice_follows_from_who_says_it(ask, world, who, source, verified):
    said = await ask.do(ASSESS, says(world, "Cleo", note="We worked on it"), viewer=world.viewer(who))
    assert said == {
        "__typename": "Evidence",
        "employee": {"displayName": "Cleo Test"},
        "skill": {"name": "SQL"},
        "level": 3,
        "source": source,
        "assertedBy": {"displayName": f"{who} Test"},
        "until": None,
        "holds": True,
        "note": "We worked on it",
    }
    assert (await levels(ask, world, "Cleo"))["SQL"] == (3, verified, None)


async def test_who_has_left_was_a_manager(ask, world):
    said = await ask.do(ASSESS, says(world, "Ada"), viewer=world.viewer("Eve"))
    assert said["source"] == "PEER"


async def test_a_peer_sees_what_they_said_and_nothing_else(ask, world):
    dan = world.viewer("Dan")
    await ask.do(ASSESS, says(world, "Cleo"), viewer=dan)
    query = """query ($id: ID!) {
      employee(id: $id) { evidence { nodes { level source } } levels { nodes { level } } }
    }"""
    found = await ask(query, {"id": world.gid("Employee", "Cleo")}, viewer=dan)
    assert found["employee"] == {
        "evidence": {"nodes": [{"level": 3, "source": "PEER"}]},
        "levels": {"nodes": []},
    }
    allowed = await ask(query, {"id": world.gid("Employee", "Cleo")}, viewer=world.viewer("Ben"))
    assert len(allowed["employee"]["levels"]["nodes"]) == 2


async def test_an_auditor_vouches_for_nobody(ask, world, database):
    async with unchanged(database):
        refused = await ask.do(ASSESS, says(world, "Cleo"), viewer=world.viewer("Auda"))
    assert refused == {
        "__typename": "NotAllowed",
        "message": "Auditors read everything and vouch for nobody.",
    }
    assert (await ask.do(ASSESS, says(world, "Cleo"), viewer=world.viewer("Pat")))["source"] == "PEER"


async def test_a_program_without_the_permission_assesses_nobody(ask, world, database):
    async with unchanged(database):
        refused = await ask.do(ASSESS, says(world, "Cleo"), viewer=Viewer(name="service:feed"))
    assert refused == {"__typename": "NotAllowed", "message": "Only people assess people."}
    allowed = await ask.do(ASSESS, says(world, "Cleo"))
    assert (allowed["source"], allowed["assertedBy"]) == ("ASSESSMENT", None)


async def test_an_assessment_may_hold_for_a_time(ask, world):
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=30)
    await ask.do(ASSESS, says(world, "Ada", "SQL", 5, until=until.isoformat()), viewer=world.viewer("Grace"))
    assert (await levels(ask, world, "Ada"))["SQL"] == (5, True, until.isoformat())
    assert (await levels(ask, world, "Ada", until))["SQL"] == (4, True, None)


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"level": -1}, "level", "must be from 0 to 5"),
        ({"level": 6}, "level", "must be from 0 to 5"),
        ({"until": "2020-01-01T00:00:00Z"}, "until", "must lie in the future"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_field(ask, world, database, given, path, message):
    async with unchanged(database):
        refused = await ask.do(ASSESS, says(world, "Cleo") | given, viewer=world.viewer("Ben"))
    assert refused["problems"] == [{"path": [path], "message": message}]


async def test_people_and_skills_that_do_not_exist_are_not_found(ask, world, database):
    async with unchanged(database):
        for missing in ({"employee": f"Employee:{NOWHERE}"}, {"skill": f"Skill:{NOWHERE}"}):
            refused = await ask.do(ASSESS, says(world, "Cleo") | missing, viewer=world.viewer("Ben"))
            assert (refused["__typename"], refused["id"]) == ("NotFound", str(NOWHERE))


# Withdrawing


def withdrawn(world, name, reason="A mistake"):
    return {"evidence": world.gid("Evidence", name), "reason": reason}


CLEOS_PYTHON = "Cleo Python PEER 2024"


@pytest.mark.parametrize("who", ["Ben", "Lena"])
async def test_whoever_gave_it_or_a_learning_admin_withdraws_it(ask, world, who):
    assert (await levels(ask, world, "Cleo"))["Python"] == (3, False, None)
    gone = await ask.do(WITHDRAW, withdrawn(world, CLEOS_PYTHON), viewer=world.viewer(who))
    assert gone == {
        "__typename": "Evidence",
        "holds": False,
        "withdrawnBy": {"displayName": f"{who} Test"},
        "withdrawnReason": "A mistake",
    }
    assert await levels(ask, world, "Cleo") == {}
    assert await levels(ask, world, "Cleo", on(2025)) == {}


async def test_a_peer_withdraws_what_they_gave(ask, world, database):
    said = await ask.do(
        ASSESS.replace("note", "gid: id"), says(world, "Ada", "SQL", 1), viewer=world.viewer("Dan")
    )
    given = {"evidence": said["gid"], "reason": "It was somebody else"}
    async with unchanged(database):
        denied = await ask.do(WITHDRAW, given, viewer=world.viewer("Cleo"))
    assert denied == {"__typename": "NotFound", "message": "There is no such evidence."}
    gone = await ask.do(WITHDRAW, given, viewer=world.viewer("Dan"))
    assert gone["withdrawnBy"] == {"displayName": "Dan Test"}


@pytest.mark.parametrize("who", ["Cleo", "Ada", "Grace", "Auda"])
async def test_who_sees_it_but_did_not_give_it_may_not(ask, world, database, who):
    async with unchanged(database):
        refused = await ask.do(WITHDRAW, withdrawn(world, CLEOS_PYTHON), viewer=world.viewer(who))
    assert refused == {
        "__typename": "NotAllowed",
        "message": "Evidence is withdrawn by whoever gave it, or by a learning admin.",
    }


@pytest.mark.parametrize("who", ["Dan", "Pat"])
async def test_for_who_does_not_see_it_there_is_none(ask, world, database, who):
    async with unchanged(database):
        hidden = await ask.do(WITHDRAW, withdrawn(world, CLEOS_PYTHON), viewer=world.viewer(who))
        absent = await ask.do(WITHDRAW, withdrawn(world, "nothing"), viewer=world.viewer(who))
    assert hidden == absent == {"__typename": "NotFound", "message": "There is no such evidence."}


async def test_it_is_withdrawn_once_and_for_a_reason(ask, world, database):
    async with unchanged(database):
        again = await ask.do(WITHDRAW, withdrawn(world, "mistake"), viewer=world.viewer("Ben"))
        unsaid = await ask.do(WITHDRAW, withdrawn(world, CLEOS_PYTHON, " "), viewer=world.viewer("Ben"))
    assert again == {
        "__typename": "AlreadyWithdrawn",
        "message": "It was withdrawn before.",
        "evidence": {"level": 5},
    }
    assert unsaid == {"__typename": "InvalidInput", "message": "reason: must say why"}


async def test_evidence_is_told_of_and_leaves_an_entry(ask, world, database):
    ben = world.viewer("Ben")
    await ask.do(ASSESS, says(world, "Cleo"), viewer=ben)
    await ask.do(WITHDRAW, withdrawn(world, CLEOS_PYTHON), viewer=ben)
    async with database.transaction() as tx:
        events = (await tx.execute(text("select name, payload from event order by id"))).all()
    assert [tuple(each) for each in events] == [
        ("EvidenceChanged", {"employee": str(id_of("Cleo")), "skill": str(id_of(skill))})
        for skill in ("SQL", "Python")
    ]
    entries = await ask(
        "{ auditEntries(orderBy: [{at: ASC}]) { nodes { viewer verb after } } }", viewer=world.viewer("Auda")
    )
    assert entries["auditEntries"]["nodes"] == [
        {
            "viewer": "employee:Ben",
            "verb": "skill.assess",
            "after": {"skill": str(id_of("SQL")), "level": 3, "source": "MANAGER"},
        },
        {"viewer": "employee:Ben", "verb": "evidence.withdraw", "after": {"reason": "A mistake"}},
    ]


# Importing


def draft(whose, skill="SQL", level=3, since=None, until=None):
    start, note = since or on(2024), "From the old system"
    return EvidenceDraft(id_of(whose), id_of(skill), level, Source.IMPORT, start, until, note=note)


async def test_evidence_comes_in_for_many_at_once(ask, world, database):
    drafts = [draft("Cleo"), draft("Ben", level=5, until=on(TODAY.year + 1)), draft("Cleo", "Negotiation", 1)]
    async with database.transaction() as tx:
        assert await assess.import_evidence(tx, world.viewer("Lena"), drafts=drafts) == 3
    assert await levels(ask, world, "Cleo") == {
        "SQL": (3, True, None),
        "Python": (3, False, None),
        "Negotiation": (1, True, None),
    }
    assert (await levels(ask, world, "Ben"))["SQL"] == (5, True, f"{TODAY.year + 1}-01-01T00:00:00+00:00")
    async with database.transaction() as tx:
        [(name, payload)] = (await tx.execute(text("select name, payload from event"))).all()
    assert name == "EvidenceImported"
    assert payload == {
        "employees": sorted(str(id_of(who)) for who in ("Ben", "Cleo")),
        "skills": sorted(str(id_of(skill)) for skill in ("SQL", "Negotiation")),
    }


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        (draft("Cleo", level=6), ["drafts", "1", "level"]),
        (draft("Cleo", since=on(2024), until=on(2024)), ["drafts", "1", "until"]),
        (draft("nobody"), ["drafts", "1", "employee"]),
        (draft("Cleo", "nothing"), ["drafts", "1", "skill"]),
    ],
)
async def test_an_import_is_all_or_nothing(world, database, wrong, path):
    async with unchanged(database):
        with pytest.raises(InvalidInput) as refused:
            async with database.transaction() as tx:
                await assess.import_evidence(tx, world.viewer("Lena"), drafts=[draft("Cleo"), wrong])
        assert [problem.path for problem in refused.value.problems] == [path]


async def test_only_learning_admins_import(world, database):
    async with unchanged(database):
        with pytest.raises(NotAllowed):
            async with database.transaction() as tx:
                await assess.import_evidence(tx, world.viewer("Ada"), drafts=[draft("Cleo")])


async def test_more_than_one_insert_takes(world, database):
    many = [draft("Cleo", since=on(2024) + timedelta(minutes=n)) for n in range(assess.BATCH + 1)]
    before = len((await stored(database))["evidence"])
    async with database.transaction() as tx:
        await assess.import_evidence(tx, world.viewer("Lena"), drafts=many)
        rows = (await tx.execute(select(tables.Evidence.id))).all()
    assert len(rows) == before + assess.BATCH + 1
