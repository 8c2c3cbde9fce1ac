"""Mutations: what comes back, what is refused and how, and that what is refused leaves no trace."""

import asyncio
import logging

import orjson
import pytest
from sqlalchemy import func, select, text

from cairn.access.refusal import NotFound
from cairn.access.tables import AuditEntry
from cairn.db.tables import Table_
from cairn.graph.mutation import TRIES
from cairn.graph.problem import Code, Problem
from cairn.graph.serve import Answerer, Asked, Standing
from cairn.graph.tables import Outcome
from world import id_of

REFUSAL = "__typename ... on Refusal { message } ... on InvalidInput { problems { path message } }"
TEAM = f"""mutation($input: CreateTeamInput!) {{ createTeam(input: $input) {{ {REFUSAL}
  ... on Team {{ id name lead {{ givenName }} }}
}} }}"""
HIRE = f"""mutation($input: HireInput!) {{ hire(input: $input) {{ {REFUSAL}
  ... on Employee {{ id displayName status title manager {{ givenName reports {{ totalCount }} }} }}
  ... on EmailTaken {{ employee {{ displayName email }} }}
}} }}"""
WITHDRAW = f"""mutation($input: WithdrawEvidenceInput!) {{ withdrawEvidence(input: $input) {{ {REFUSAL}
  ... on NotFound {{ id }} ... on Evidence {{ withdrawnReason withdrawnBy {{ givenName }} }}
}} }}"""
BEN = "Evidence:" + str(id_of("Ben Python MANAGER 2024"))


@pytest.fixture
def pat(world):
    return world.viewer("Pat")


@pytest.fixture
async def counted(database):
    """How many rows each table has; that something was refused is written, and not counted."""
    refusals = Table_.metadata.tables["audit_entry"].c.verb.like("%.refuse")

    async def count():
        async with database.transaction() as tx:
            found = {
                name: (await tx.execute(select(func.count()).select_from(table))).scalar()
                for name, table in Table_.metadata.tables.items()
            }
            refused = await tx.execute(select(func.count()).where(refusals))
            found["audit_entry"] -= refused.scalar()
            return found

    return count


@pytest.fixture
def unchanged(counted):
    """That no table has gained or lost a row in between."""

    class Unchanged:
        async def __aenter__(self):
            self.before = await counted()

        async def __aexit__(self, kind, *_):
            if kind is None:
                assert await counted() == self.before

    return Unchanged


def replaced(monkeypatch, schema, name, verb):
    """Puts another function in the place of a verb."""
    monkeypatch.setattr(schema.verbs[name], "verb", verb)


# Results.


async def test_a_result_is_read_on_from_in_the_same_transaction(ask, world, pat):
    """The new report counts: the answer sees what the verb has just written."""
    position = {"manager": world.gid("Employee", "Ben"), "title": "Trainee"}
    given = {"givenName": "Gil", "familyName": "New", "startsOn": "2024-01-01", "position": position}
    hired = await ask.do(HIRE, given, viewer=pat)
    assert hired.pop("id").startswith("Employee:")
    assert hired == {
        "__typename": "Employee",
        "displayName": "Gil New",
        "status": "ACTIVE",
        "title": "Trainee",
        "manager": {"givenName": "Ben", "reports": {"totalCount": 2}},
    }


async def test_an_answer_to_who_writes_shows_no_more_than_they_may_see(ask, world):
    """Ada may withdraw what she gave, and sees Ben's address with it; Dan's she does not see."""
    document = """mutation($input: WithdrawEvidenceInput!) { withdrawEvidence(input: $input) {
      ... on Evidence {
        employee { email } assertedBy { email manager { email reports { nodes { email } } } }
      }
    } }"""
    shown = await ask.do(document, {"evidence": BEN, "reason": "x"}, viewer=world.viewer("Ada"))
    assert shown["employee"] == {"email": "ben@example.com"}
    assert shown["assertedBy"]["email"] == "ada@example.com"
    assert shown["assertedBy"]["manager"]["email"] is None
    emails = {each["email"] for each in shown["assertedBy"]["manager"]["reports"]["nodes"]}
    assert emails == {None, "ada@example.com"}


async def test_a_refusal_is_typed_and_has_its_facts(ask, pat, unchanged):
    given = {"givenName": "Ben", "familyName": "Twin", "startsOn": "2024-01-01", "position": {}}
    async with unchanged():
        refused = await ask.do(HIRE, {**given, "email": "Ben@Example.com"}, viewer=pat)
    assert refused["__typename"] == "EmailTaken"
    assert refused["message"]
    assert refused["employee"] == {"displayName": "Ben Test", "email": "ben@example.com"}
    allowed = await ask.do(HIRE, {**given, "email": "ben.twin@example.com"}, viewer=pat)
    assert allowed["__typename"] == "Employee"


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"name": " "}, ["name"]),
        ({"name": "Night", "lead": "Team:" + str(id_of("Ben"))}, ["lead"]),
        ({"name": "Night", "lead": "garbage"}, ["lead"]),
        ({"name": "Night", "lead": ""}, ["lead"]),
        ({"name": "n" * 20_001}, ["name"]),
    ],
)
async def test_input_that_makes_no_sense_is_told_by_its_path(ask, pat, unchanged, given, path):
    async with unchanged():
        refused = await ask.do(TEAM, given, viewer=pat)
    assert refused["__typename"] == "InvalidInput"
    [problem] = refused["problems"]
    assert problem["path"] == path
    assert problem["message"]


async def test_the_path_leads_into_lists_and_objects(ask, pat, world, unchanged):
    lena = world.viewer("Lena")
    document = f"mutation($input: DefineJobRoleInput!) {{ defineJobRole(input: $input) {{ {REFUSAL} }} }}"
    needs = [
        {"skill": world.gid("Skill", "SQL"), "level": 2},
        {"skill": world.gid("Employee", "Ben"), "level": 2},
    ]
    async with unchanged():
        refused = await ask.do(document, {"code": "x", "name": "X", "requires": needs}, viewer=lena)
        assert [each["path"] for each in refused["problems"]] == [["requires", "1", "skill"]]
        given = {
            "givenName": "A",
            "familyName": "B",
            "startsOn": "2024-01-01",
            "position": {"manager": "Skill:1"},
        }
        refused = await ask.do(HIRE, given, viewer=pat)
        assert [each["path"] for each in refused["problems"]] == [["position", "manager"]]


async def test_a_requirement_is_told_what_is_wrong_with_it(ask, world, unchanged):
    lena = world.viewer("Lena")
    document = f"mutation($input: CreatePathwayInput!) {{ createPathway(input: $input) {{ {REFUSAL} }} }}"
    requirement = {"any": {"n": 1, "of": [{"skill": {"id": world.gid("Team", "Core team"), "level": 2}}]}}
    steps = [{"key": "a", "title": "A", "kind": "COURSE", "requirement": requirement}]
    async with unchanged():
        refused = await ask.do(document, {"code": "x", "title": "X", "steps": steps}, viewer=lena)
    assert refused["__typename"] == "InvalidInput"
    path = ["steps", "0", "requirement", "any", "of", "0", "skill", "id"]
    assert [each["path"] for each in refused["problems"]] == [path]


async def test_what_one_may_not_see_is_not_there(ask, world, unchanged):
    """Dan is told of Ben's evidence what he is told of none at all; Ada, who gave it, withdraws it."""
    nothing = "Evidence:" + str(id_of("nothing"))
    async with unchanged():
        hidden = await ask.do(WITHDRAW, {"evidence": BEN, "reason": "x"}, viewer=world.viewer("Dan"))
        absent = await ask.do(WITHDRAW, {"evidence": nothing, "reason": "x"}, viewer=world.viewer("Dan"))
    assert hidden["__typename"] == absent["__typename"] == "NotFound"
    assert hidden["message"] == absent["message"]
    done = await ask.do(WITHDRAW, {"evidence": BEN, "reason": "x"}, viewer=world.viewer("Ada"))
    assert done == {"__typename": "Evidence", "withdrawnReason": "x", "withdrawnBy": {"givenName": "Ada"}}


async def test_what_one_may_see_and_not_do_is_not_allowed(ask, world, pat, unchanged):
    async with unchanged():
        refused = await ask.do(TEAM, {"name": "Night"}, viewer=world.viewer("Grace"))
    assert refused["__typename"] == "NotAllowed"
    assert (await ask.do(TEAM, {"name": "Night"}, viewer=pat))["__typename"] == "Team"


async def test_null_for_what_has_a_default_is_the_default(ask, pat):
    given = {"givenName": "Gil", "familyName": "New", "startsOn": "2024-01-01", "position": {"work": None}}
    hired = await ask.do(HIRE, {**given, "timeZone": None, "displayName": None}, viewer=pat)
    assert hired["__typename"] == "Employee"


async def test_the_parts_of_an_input_may_be_variables(ask, pat, world):
    document = """mutation($name: String!, $lead: ID, $try: Boolean) {
      createTeam(input: { name: $name, lead: $lead, dryRun: $try }) {
        ... on Team { name lead { givenName } }
      }
    }"""
    whole = await ask.whole(document, {"name": "Night"}, viewer=pat)
    assert whole["data"] == {"createTeam": {"name": "Night", "lead": None}}
    whole = await ask.whole(document, {"name": "Day", "lead": world.gid("Employee", "Ben")}, viewer=pat)
    assert whole["data"] == {"createTeam": {"name": "Day", "lead": {"givenName": "Ben"}}}


async def test_response_keys_that_postgresql_would_cut(ask, pat):
    one, two, three = ("k" * 70 + n for n in "123")
    document = f"""mutation($input: CreateTeamInput!) {{ {one}: createTeam(input: $input) {{
      ... on Team {{ {one}: name {two}: id }} ... on Refusal {{ {three}: message }}
    }} }}"""
    made = await ask.do(document, {"name": "Night"}, viewer=pat)
    assert made[one] == "Night"
    assert made[two].startswith("Team:")
    assert set(await ask.do(document, {"name": ""}, viewer=pat)) == {three}


# Idempotency keys.


async def test_the_same_request_with_the_same_key_is_done_once(ask, pat, counted):
    given = {"name": "Night", "idempotencyKey": "once"}
    first = await ask.do(TEAM, given, viewer=pat)
    before = await counted()
    again = await ask.do(TEAM, given, viewer=pat)
    assert again == first
    assert await counted() == before


async def test_a_replay_answers_what_is_asked_of_it_now(ask, pat, database):
    given = {"name": "Night", "idempotencyKey": "once"}
    first = await ask.do(TEAM, given, viewer=pat)
    async with database.transaction() as tx:
        await tx.execute(text("update team set name = 'Evening' where name = 'Night'"))
    other = """mutation($input: CreateTeamInput!) { createTeam(input: $input) {
      ... on Team { id name members { totalCount } }
    } }"""
    again = await ask.do(other, given, viewer=pat)
    assert again == {"id": first["id"], "name": "Evening", "members": {"totalCount": 0}}


async def test_a_key_is_refused_for_another_request(ask, pat, unchanged):
    await ask.do(TEAM, {"name": "Night", "idempotencyKey": "once"}, viewer=pat)
    department = (
        f"mutation($input: CreateDepartmentInput!) {{ createDepartment(input: $input) {{ {REFUSAL} }} }}"
    )
    async with unchanged():
        other = await ask.do(TEAM, {"name": "Day", "idempotencyKey": "once"}, viewer=pat)
        verb = await ask.do(department, {"name": "Night", "idempotencyKey": "once"}, viewer=pat)
    assert other["__typename"] == verb["__typename"] == "KeyReused"


async def test_a_key_is_one_viewers_own(ask, pat, counted):
    await ask.do(TEAM, {"name": "Night", "idempotencyKey": "once"}, viewer=pat)
    before = await counted()
    made = await ask.do(TEAM, {"name": "Day", "idempotencyKey": "once"})
    assert made["__typename"] == "Team"
    assert (await counted())["team"] == before["team"] + 1


async def test_a_refused_request_does_not_use_up_its_key(ask, pat, unchanged):
    async with unchanged():
        refused = await ask.do(TEAM, {"name": "", "idempotencyKey": "once"}, viewer=pat)
    assert refused["__typename"] == "InvalidInput"
    assert (await ask.do(TEAM, {"name": "Night", "idempotencyKey": "once"}, viewer=pat))[
        "__typename"
    ] == "Team"


@pytest.mark.parametrize("key", ["", None])
async def test_an_empty_key_is_none(ask, pat, key):
    first = await ask.do(TEAM, {"name": "Night", "idempotencyKey": key}, viewer=pat)
    again = await ask.do(TEAM, {"name": "Night", "idempotencyKey": key}, viewer=pat)
    assert first["id"] != again["id"]


async def test_concurrent_twins_are_done_once(ask, pat, counted):
    before = await counted()
    given = {"name": "Night", "idempotencyKey": "once"}
    found = await asyncio.gather(*(ask.do(TEAM, given, viewer=pat) for _ in range(4)))
    assert len({each["id"] for each in found}) == 1
    after = await counted()
    assert after["team"] == before["team"] + 1
    assert after["audit_entry"] == before["audit_entry"] + 1


async def test_the_twin_of_one_that_fails_is_done_in_its_stead(ask, pat, schema, monkeypatch, counted):
    """Both wait for the key; the first to have it breaks, and nothing of it is kept."""
    create, calls = schema.verbs["createTeam"].verb, []

    async def breaks_once(tx, viewer, **given):
        calls.append(given)
        made = await create(tx, viewer, **given)
        if len(calls) == 1:
            await asyncio.sleep(0.1)
            raise NotFound("not this time")
        return made

    replaced(monkeypatch, schema, "createTeam", breaks_once)
    before = await counted()
    given = {"name": "Night", "idempotencyKey": "once"}
    found = await asyncio.gather(*(ask.do(TEAM, given, viewer=pat) for _ in range(2)))
    assert sorted(each["__typename"] for each in found) == ["NotFound", "Team"]
    assert (await counted())["team"] == before["team"] + 1


# Dry runs.


async def test_a_dry_run_shows_what_would_come_of_it_and_changes_nothing(ask, pat, world, unchanged):
    position = {"manager": world.gid("Employee", "Ben")}
    given = {"givenName": "Gil", "familyName": "New", "startsOn": "2024-01-01", "position": position}
    async with unchanged():
        shown = await ask.do(HIRE, {**given, "dryRun": True, "idempotencyKey": "k"}, viewer=pat)
    done = await ask.do(HIRE, {**given, "idempotencyKey": "k"}, viewer=pat)
    assert shown.pop("id") != done.pop("id")
    assert shown == done
    assert done["manager"]["reports"]["totalCount"] == 2


async def test_a_dry_run_is_refused_like_the_real_one(ask, pat, unchanged):
    async with unchanged():
        refused = await ask.do(TEAM, {"name": "", "dryRun": True}, viewer=pat)
        real = await ask.do(TEAM, {"name": ""}, viewer=pat)
    assert refused == real


async def test_a_dry_run_of_what_was_done_shows_what_was_done(ask, pat, unchanged):
    done = await ask.do(TEAM, {"name": "Night", "idempotencyKey": "once"}, viewer=pat)
    async with unchanged():
        shown = await ask.do(TEAM, {"name": "Night", "idempotencyKey": "once", "dryRun": True}, viewer=pat)
    assert shown == done


# Transactions.


async def test_each_field_is_a_transaction_of_its_own(ask, pat, counted):
    document = f"""mutation {{
      first: createTeam(input: {{ name: "Night" }}) {{ {REFUSAL} }}
      second: createTeam(input: {{ name: "" }}) {{ {REFUSAL} }}
      third: createTeam(input: {{ name: "Day" }}) {{ ... on Team {{ name }} }}
    }}"""
    before = await counted()
    answer = await ask.whole(document, viewer=pat)
    assert "errors" not in answer
    assert list(answer["data"]) == ["first", "second", "third"]
    assert answer["data"]["second"]["__typename"] == "InvalidInput"
    assert answer["data"]["third"] == {"name": "Day"}
    assert (await counted())["team"] == before["team"] + 2


async def test_they_run_one_after_the_other(ask, pat):
    document = """mutation {
      a: createDepartment(input: { name: "A" }) { ... on Department { name } }
      b: createDepartment(input: { name: "B", dryRun: true }) { ... on Department { name parent { name } } }
    }"""
    answer = await ask.whole(document, viewer=pat)
    assert answer["data"] == {"a": {"name": "A"}, "b": {"name": "B", "parent": None}}


async def test_a_defect_is_masked_and_leaves_nothing(ask, pat, schema, monkeypatch, caplog, counted):
    create = schema.verbs["createTeam"].verb

    async def breaks(tx, viewer, **given):
        await create(tx, viewer, **given)
        if given["name"] == "Night":
            raise RuntimeError("the secret of the house")

    replaced(monkeypatch, schema, "createTeam", breaks)
    before = await counted()
    with caplog.at_level(logging.ERROR, "cairn.graph"):
        answer = await ask.whole(TEAM, {"input": {"name": "Night", "idempotencyKey": "k"}}, viewer=pat)
    assert answer["data"] is None
    [error] = answer["errors"]
    assert error["path"] == ["createTeam"]
    assert error["extensions"]["code"] == Code.INTERNAL
    assert error["extensions"]["id"] in error["message"]
    assert "secret" not in orjson.dumps(answer).decode()
    assert error["extensions"]["id"] in caplog.text
    assert "the secret of the house" in caplog.text
    assert await counted() == before


def lost(times, create, calls, state="40001"):
    """The verb, which loses against another transaction so many times."""

    async def verb(tx, viewer, **given):
        calls.append(given)
        made = await create(tx, viewer, **given)
        if len(calls) <= times:
            await tx.execute(text(f"do $$ begin raise exception 'lost' using errcode = '{state}'; end $$"))
        return made

    return verb


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_what_loses_against_another_transaction_is_begun_anew(
    ask, pat, schema, monkeypatch, counted, state
):
    calls = []
    replaced(
        monkeypatch, schema, "createTeam", lost(TRIES - 1, schema.verbs["createTeam"].verb, calls, state)
    )
    before = await counted()
    made = await ask.do(TEAM, {"name": "Night", "idempotencyKey": "k"}, viewer=pat)
    assert made["name"] == "Night"
    assert len(calls) == TRIES
    after = await counted()
    assert (after["team"], after["audit_entry"]) == (before["team"] + 1, before["audit_entry"] + 1)


async def test_what_goes_on_losing_is_unavailable(ask, pat, schema, monkeypatch, unchanged):
    calls = []
    replaced(monkeypatch, schema, "createTeam", lost(99, schema.verbs["createTeam"].verb, calls))
    async with unchanged():
        answer = await ask.whole(TEAM, {"input": {"name": "Night"}}, viewer=pat)
    assert len(calls) == TRIES
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == Code.UNAVAILABLE


async def test_events_are_told_with_what_they_tell_of(ask, pat, counted, unchanged):
    """A hire tells of a changed employment; one that is refused, or rehearsed, tells nobody."""
    given = {"givenName": "Gil", "familyName": "New", "startsOn": "2024-01-01", "position": {}}
    async with unchanged():
        await ask.do(HIRE, {**given, "email": "ben@example.com"}, viewer=pat)
        await ask.do(HIRE, {**given, "dryRun": True}, viewer=pat)
    before = (await counted())["event"]
    await ask.do(HIRE, given, viewer=pat)
    assert (await counted())["event"] == before + 1


async def test_the_audit_names_who_and_in_which_request(schema, database, pat):
    body = await Answerer(schema, database).answer(
        Asked(TEAM, None, {"input": {"name": "Night"}}), Standing(pat), request_id="r-1"
    )
    assert b"errors" not in body
    async with database.transaction() as tx:
        [entry] = (await tx.execute(select(AuditEntry))).scalars()
    assert (entry.viewer, entry.verb, entry.request_id) == ("employee:Pat", "team.create", "r-1")
    assert entry.on_behalf_of_id == id_of("Pat")


async def test_an_outcome_keeps_no_content_of_the_input(ask, pat, database):
    await ask.do(TEAM, {"name": "Very private", "idempotencyKey": "k"}, viewer=pat)
    async with database.transaction() as tx:
        [kept] = (await tx.execute(select(Outcome))).scalars()
    assert "private" not in repr(kept.model_dump())


# Limits.


async def test_what_would_be_too_much_to_answer_is_not_done(ask, pat, unchanged):
    deep = (
        "members(first: 200) { nodes { reports(first: 200) { nodes { teams(first: 9) { nodes { id } } } } } }"
    )
    document = (
        f"mutation($input: CreateTeamInput!) {{ createTeam(input: $input) {{ ... on Team {{ {deep} }} }} }}"
    )
    async with unchanged():
        answer = await ask.whole(document, {"input": {"name": "Night"}}, viewer=pat)
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] == Code.LIMIT


@pytest.mark.parametrize("arguments", ["first: -1", "first: 1, last: 1", 'after: "garbage"', "first: 201"])
async def test_what_cannot_be_answered_is_not_done(ask, pat, unchanged, arguments):
    members = f"members({arguments}) {{ nodes {{ id }} }}"
    team = f"{{ ... on Team {{ {members} }} }}"
    document = f"mutation($input: CreateTeamInput!) {{ createTeam(input: $input) {team} }}"
    async with unchanged():
        answer = await ask.whole(document, {"input": {"name": "Night"}}, viewer=pat)
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["code"] in {Code.BAD_INPUT, Code.LIMIT}


async def test_an_operation_has_only_so_many_mutations(ask, pat, unchanged):
    fields = " ".join(f'm{n}: createTeam(input: {{ name: "{n}" }}) {{ __typename }}' for n in range(51))
    async with unchanged():
        with pytest.raises(Problem, match="51 root fields"):
            await ask.whole(f"mutation {{ {fields} }}", viewer=pat)
