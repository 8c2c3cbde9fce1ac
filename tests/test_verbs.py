"""Every verb by every kind of viewer: who may does it, who may not is told why, and changes nothing.

Who may stands in `verbs.py`. What may be done is done as a dry run, so that the company stays as it is.
"""

import json
from datetime import timedelta
from itertools import chain
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import text

import verbs
from cairn.access.permissions import Role
from cairn.access.viewer import Viewer
from cairn.credentials import tables as credentials
from cairn.db.ranges import MultiRange, Range, from_day, since
from cairn.db.tables import Table_
from cairn.graph.serve import Answerer, Asked, Standing
from cairn.identity import tables as identity
from cairn.identity.tokens import service
from cairn.pathways import tables as pathways
from cairn.people import departments
from cairn.people import tables as people
from cairn.people.reporting import refresh
from cairn.skills import tables as skills
from graph import academy
from verbs import NOT_FOUND, TABLE, VIEWERS
from world import LONG_AGO, TODAY, id_of, on

WHO = {
    verbs.PERSON: ("Cleo", None),
    verbs.TEAMMATE: ("Tess", None),
    verbs.MANAGER: ("Ben", None),
    verbs.MANAGER_AT_3: ("Grace", None),
    verbs.FORMER: ("Dan", None),
    verbs.REVIEWER: ("Dan", Role.REVIEWER),
    verbs.LEARNING: ("Lena", Role.LEARNING_ADMIN),
    verbs.PEOPLE: ("Pat", Role.PEOPLE_ADMIN),
    verbs.AUDITOR: ("Auda", Role.AUDITOR),
}
CASES = [(verb, number) for verb, cases in TABLE.items() for number in range(len(cases))]


def viewer_named(name):
    if name == verbs.FEED:
        return service("feed", ["READ_PEOPLE", "WRITE_PEOPLE"])
    if name == verbs.STRANGER:
        return Viewer()
    who, role = WHO[name]
    return Viewer(id_of(who), frozenset({Role.EMPLOYEE, *([role] if role else [])}), f"employee:{who}")


@pytest.fixture(scope="module")
async def database(server_url):
    """The company with its academy, and what the table speaks of besides."""
    async with academy.standing(server_url) as (found, _):
        async with found.transaction() as tx:
            await academy.put(tx, chain(_people(), _learning(), _steps(), _accounts()))
            await refresh(tx, [id_of("Tess")])
            await departments.refresh(tx, [id_of("Empty")])
        yield found


def _people():
    yield people.Department(id=id_of("Empty"), name="Empty")
    yield people.Employee(
        id=id_of("Tess"), given_name="Tess", family_name="Test", display_name="Tess Test", created_at=LONG_AGO
    )
    yield people.Employee(
        id=id_of("Leah"), given_name="Leah", family_name="Test", display_name="Leah Test", created_at=LONG_AGO
    )
    yield people.Employment(
        id=id_of("Tess's"), employee_id=id_of("Tess"), valid=from_day(TODAY), manager_id=id_of("Dan")
    )
    yield people.Employment(
        id=id_of("Leah's"),
        employee_id=id_of("Leah"),
        valid=from_day(TODAY, TODAY + timedelta(days=30)),
        work=people.Work.ON_LEAVE,
    )
    yield people.TeamMembership(
        id=id_of("Tess in Core"),
        team_id=id_of("Core team"),
        employee_id=id_of("Tess"),
        valid=since(on(2024)),
    )


def _learning():
    for who, source in (("Tess", skills.Source.PEER), ("Cleo", skills.Source.SELF)):
        yield skills.Evidence(
            id=id_of(f"{who} on Cleo"),
            employee_id=id_of("Cleo"),
            skill_id=id_of("Negotiation"),
            level=2,
            source=source,
            valid=since(on(2024)),
            asserted_by_id=id_of(who),
            recorded_at=on(2024),
        )
    yield skills.AssessmentRequest(
        id=id_of("Tess asked about Cleo"),
        employee_id=id_of("Cleo"),
        skill_id=id_of("Negotiation"),
        assessor_id=id_of("Tess"),
        requested_by_id=id_of("Ben"),
        requested_at=on(2024),
    )
    for pathway in ("Extra", "Other"):
        yield pathways.Pathway(id=id_of(f"{pathway} pathway"), code=pathway.lower(), title=pathway)
        yield pathways.PathwayVersion(
            id=id_of(f"{pathway} 1"),
            pathway_id=id_of(f"{pathway} pathway"),
            number=1,
            status=pathways.VersionStatus.PUBLISHED,
            completion=academy.ALWAYS,
            published_at=on(2024),
        )
    yield pathways.AssignmentRule(
        id=id_of("Old rule"), code="old", title="Old", pathway_id=id_of("Other pathway")
    )
    for pathway, cause, by in (("Welcome", "MANAGER", "Ben"), ("Other", "SELF", "Cleo")):
        yield pathways.Assignment(
            id=id_of(f"Cleo on {pathway}"),
            employee_id=id_of("Cleo"),
            pathway_id=id_of(f"{pathway} pathway"),
            version_id=id_of(f"{pathway} 1"),
            cause=pathways.Cause(cause),
            assigned_by_id=id_of(by),
            assigned_at=on(2025),
        )
    yield credentials.CredentialVersion(
        id=id_of("Forgotten badge 1"),
        credential_id=id_of("Forgotten badge"),
        number=1,
        name="Remembered",
        description="Whoever asks has earned it",
        criteria="Ask",
        requirement=academy.ALWAYS,
        awarded_by=credentials.AwardedBy.APPROVAL,
        published_at=on(2024),
    )
    yield credentials.AwardToApprove(
        id=id_of("Cleo's"), employee_id=id_of("Cleo"), version_id=id_of("Forgotten badge 1")
    )
    yield credentials.Credential(
        id=id_of("Managers' badge"), code="managers", kind=credentials.CredentialKind.BADGE
    )
    yield credentials.CredentialVersion(
        id=id_of("Managers' badge 1"),
        credential_id=id_of("Managers' badge"),
        number=1,
        name="Approved",
        description="Whoever asks has earned it",
        criteria="Ask",
        requirement=academy.ALWAYS,
        awarded_by=credentials.AwardedBy.MANAGER,
        published_at=on(2024),
    )
    yield credentials.AwardToApprove(
        id=id_of("Cleo's of managers"), employee_id=id_of("Cleo"), version_id=id_of("Managers' badge 1")
    )
    for name, suspended in (("Kept badge", {}), ("Paused badge", PAUSED)):
        yield credentials.Credential(
            id=id_of(name), code=name.split()[0].lower(), kind=credentials.CredentialKind.BADGE
        )
        yield credentials.CredentialVersion(
            id=id_of(f"{name} 1"),
            credential_id=id_of(name),
            number=1,
            name=name,
            description="Whoever asks has earned it",
            criteria="Ask",
            requirement=academy.ALWAYS,
            awarded_by=credentials.AwardedBy.APPROVAL,
            published_at=on(2024),
        )
        yield credentials.Award(
            id=id_of(f"Cleo's {name}"),
            employee_id=id_of("Cleo"),
            credential_id=id_of(name),
            version_id=id_of(f"{name} 1"),
            cause=credentials.AwardCause.APPROVAL,
            awarded_at=on(2024),
            held=MultiRange([Range(on(2024), on(2025) if suspended else None)]),
            **suspended,
        )


def _steps():
    for position, proof in enumerate(pathways.Proof):
        for pathway in ("Extra", "Other"):
            yield pathways.Step(
                id=id_of(f"{pathway} {proof}"),
                version_id=id_of(f"{pathway} 1"),
                key=proof.lower(),
                position=position,
                title=proof.capitalize(),
                kind=pathways.StepKind.COURSE,
                proof=proof,
                requirement=academy.ALWAYS,
            )
        yield pathways.Progress(
            id=id_of(f"Other {proof} done"),
            employee_id=id_of("Cleo"),
            step_id=id_of(f"Other {proof}"),
            kind=pathways.ProgressKind.COMPLETED,
            valid=since(on(2025)),
            recorded_at=on(2025),
        )


def _accounts():
    yield pathways.Notification(
        id=id_of("Cleo's"),
        employee_id=id_of("Cleo"),
        assignment_id=id_of("Cleo on Welcome"),
        kind=pathways.ReminderKind.ASSIGNED,
        occasion=on(2025).date(),
    )
    yield identity.Session(
        id=id_of("Cleo's phone"),
        key=id_of("Cleo's phone").bytes * 2,
        employee_id=id_of("Cleo"),
        issuer="https://idp.test",
        subject="Cleo",
        roles=["EMPLOYEE"],
        created_at=on(2025),
        seen_at=on(2025),
        expires_at=academy.LATER,
    )
    yield identity.ServiceToken(
        id=id_of("Cleo's token"),
        key=id_of("Cleo's token").bytes * 2,
        name="cleo",
        ending="abcd",
        permissions=["READ_PEOPLE"],
        owner_id=id_of("Cleo"),
        created_at=on(2025),
        expires_at=academy.LATER,
    )


PAUSED = {"suspended_at": on(2025), "suspended_reason": "An inquiry"}
_STATE = " union all ".join(
    f"select '{name}' as name, md5(string_agg(row::text, ' ' order by row::text)) from \"{name}\" row"
    + (" where verb not like '%.refuse'" if name == "audit_entry" else "")
    for name in sorted(Table_.metadata.tables)
)


async def state(database):
    """All that is stored, told apart by table."""
    async with database.transaction() as tx:
        return dict((await tx.execute(text(_STATE))).all())


BULK = {
    "awardCredentials": "AwardCredentialsPayload",
    "assignPathway": "AssignPathwayPayload",
    "changeAssignments": "ChangeAssignmentsPayload",
    "closeAssignments": "ChangeAssignmentsPayload",
}
"""Verbs that have a result for each thing they are about."""


class Doer:
    def __init__(self, schema, database):
        self.answerer = Answerer(schema, database)

    async def __call__(self, verb, input_, viewer):
        """The result: what a refusal is called, with its facts; None where it was done."""
        stem = verb[0].upper() + verb[1:]
        document = f"""mutation($input: {stem}Input!) {{ {verb}(input: $input) {{
          __typename
          ... on Refusal {{ message }}
          ... on NotFound {{ id }}
          {f"... on {BULK[verb]} {{ results {{ outcome }} }}" if verb in BULK else ""}
        }} }}"""
        standing = Standing(viewer_named(viewer))
        answer = orjson.loads(await self.answerer.answer(Asked(document, None, {"input": input_}), standing))
        assert "errors" not in answer, answer
        result = answer["data"][verb]
        if {"outcome": "NOT_ALLOWED"} in result.get("results", ()):
            return {"__typename": verbs.NOT_ALLOWED}
        return result if "message" in result else None


@pytest.fixture
def do(schema, database):
    return Doer(schema, database)


@pytest.mark.parametrize(("verb", "number"), CASES, ids=str)
async def test_who_may_does_it_and_who_may_not_changes_nothing(do, database, verb, number):
    case = TABLE[verb][number]
    before = await state(database)
    results = {
        viewer: await do(verb, {**case.input, "dryRun": case.expected(viewer) is None}, viewer)
        for viewer in VIEWERS
    }
    found = {viewer: result and result["__typename"] for viewer, result in results.items()}
    assert found == {viewer: case.expected(viewer) for viewer in VIEWERS}, results
    assert await state(database) == before
    for viewer, result in results.items():
        if found[viewer] == NOT_FOUND:
            await as_if_it_did_not_exist(do, verb, case, viewer, result)


async def as_if_it_did_not_exist(do, verb, case, viewer, result):
    """What is invisible and what does not exist are the same answer."""
    nowhere = str(uuid4())
    input_ = json.loads(json.dumps(case.input).replace(result["id"] or "nothing", nowhere))
    assert input_ != case.input, f"{verb} was not asked about {result['id']}"
    assert await do(verb, input_, viewer) == {**result, "id": nowhere}, viewer


async def test_what_is_done_is_done(do, database):
    """Without the dry run, to show that the state above would tell."""
    before = await state(database)
    assert await do("assessSkill", TABLE["assessSkill"][0].input, verbs.TEAMMATE) is None
    after = await state(database)
    assert {name for name in after if after[name] != before[name]} >= {"evidence", "audit_entry"}
