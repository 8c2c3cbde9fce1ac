"""Feeds in the graph: records in chunks, runs, what they changed and could not do."""

import pytest

from stored import unchanged

SYNC = """
mutation ($input: SyncEmployeesInput!) {
  syncEmployees(input: $input) {
    __typename
    ... on SyncRun {
      id status mode received new changed same missing refused warned isComplete refusal refusalMessage
      changes { nodes { kind employee { displayName } } }
      warnings { nodes { rowNumber externalId field message } }
      refusals { nodes { rowNumber externalId field message } }
    }
    ... on Refusal { message }
    ... on InvalidInput { problems { path message } }
  }
}
"""


def record(name, **said):
    return {
        "externalId": name.lower(),
        "givenName": name,
        "familyName": "Feed",
        "email": f"{name.lower()}@feed.example",
        "hiredOn": "2024-01-01",
        **said,
    }


@pytest.fixture
def push(ask, world):
    async def sent(*records, viewer="Pat", source="feed", **input_):
        return await ask.do(
            SYNC, {"source": source, "records": [*records], **input_}, viewer=world.viewer(viewer)
        )

    return sent


async def seen(ask):
    query = """{ employees(where: {familyName: {eq: "Feed"}}, orderBy: [{givenName: ASC}]) {
      nodes { givenName title phone manager { givenName } } } }"""
    return {each.pop("givenName"): each for each in (await ask(query))["employees"]["nodes"]}


async def test_one_request_is_a_run_that_is_answered_with_what_it_did(push, ask):
    run = await push(
        record("Ann", title="Head"),
        record("Bob", manager="ann", department="nowhere"),
        record("Cyd", email="nobody"),
        mode="SNAPSHOT",
    )
    assert (run["status"], run["received"], run["new"], run["refused"], run["warned"]) == (
        "APPLIED",
        3,
        2,
        1,
        1,
    )
    assert [(each["kind"], each["employee"]["displayName"]) for each in run["changes"]["nodes"]] == [
        ("NEW", "Ann Feed"),
        ("NEW", "Bob Feed"),
    ]
    assert [(each["rowNumber"], each["externalId"], each["field"]) for each in run["refusals"]["nodes"]] == [
        (3, "cyd", "email")
    ]
    assert [(each["rowNumber"], each["externalId"], each["field"]) for each in run["warnings"]["nodes"]] == [
        (2, "bob", "department")
    ]
    assert await seen(ask) == {
        "Ann": {"title": "Head", "phone": None, "manager": None},
        "Bob": {"title": None, "phone": None, "manager": {"givenName": "Ann"}},
    }


async def test_chunks_go_into_one_run_and_only_the_last_changes_anything(push, ask, database):
    first = await push(record("Bob", manager="ann"), mode="SNAPSHOT", isLast=False)
    assert (first["status"], first["received"], await seen(ask)) == ("RECEIVING", 1, {})
    async with unchanged(database):
        again = await push(record("Bob", manager="ann"), run=first["id"], after=0, isLast=False)
        assert again["received"] == 1
    last = await push(record("Ann"), run=first["id"])
    assert (last["id"], last["status"], last["received"], last["new"]) == (first["id"], "APPLIED", 2, 2)
    assert (await seen(ask))["Bob"]["manager"] == {"givenName": "Ann"}
    async with unchanged(database):
        assert (await push(record("Cyd"), run=first["id"]))["__typename"] == "RunFinished"
        assert (await push(record("Ann"), run=first["id"], after=1))["status"] == "APPLIED"


async def test_a_chunk_that_is_sent_again_otherwise_is_refused_and_the_first_is_kept(push, ask, database):
    bad = record("Cyd", email="nobody")
    run = (await push(record("Ann"), record("Bob"), bad, mode="SNAPSHOT", isLast=False))["id"]
    async with unchanged(database):
        for chunk in (
            [record("Ann", title="Head"), record("Bob"), bad],
            [record("Ann"), record("Bob"), record("Cyd")],
            [record("Bob"), record("Ann")],
        ):
            again = await push(*chunk, run=run, after=0, isLast=False)
            assert again["__typename"] == "OtherContent", chunk
        assert (await push(record("Bob"), bad, run=run, after=1, isLast=False))["received"] == 3
    # A part that came before, and what is new.
    last = await push(record("Bob"), bad, record("Dee"), run=run, after=1)
    assert (last["status"], last["received"], last["new"], last["refused"]) == ("APPLIED", 4, 3, 1)
    assert sorted(await seen(ask)) == ["Ann", "Bob", "Dee"]


async def test_what_a_record_leaves_out_stays_and_null_takes_away(push, ask):
    await push(record("Ann", title="Head", phone="1"))
    await push({"externalId": "ann", "phone": None})
    assert await seen(ask) == {"Ann": {"title": "Head", "phone": None, "manager": None}}


async def test_a_history_comes_as_posts(push, ask):
    posts = [
        {"since": "2020-01-01", "lastDay": "2021-12-31", "title": "Trainee"},
        {"since": "2024-01-01", "title": "Engineer", "engagement": "CONTRACTOR"},
    ]
    run = await push({"externalId": "ann", "givenName": "Ann", "familyName": "Feed", "posts": posts})
    assert (run["new"], run["refusals"]["nodes"]) == (1, [])
    query = """{ employees(where: {familyName: {eq: "Feed"}}) { nodes {
      title engagement employments(orderBy: [{since: ASC}]) { nodes { since until title } } } } }"""
    assert (await ask(query))["employees"]["nodes"] == [
        {
            "title": "Engineer",
            "engagement": "CONTRACTOR",
            "employments": {
                "nodes": [
                    {"since": "2020-01-01", "until": "2022-01-01", "title": "Trainee"},
                    {"since": "2024-01-01", "until": None, "title": "Engineer"},
                ]
            },
        }
    ]


async def test_the_same_key_is_the_same_run(push, database):
    first = await push(record("Ann"), runKey="n1")
    async with unchanged(database):
        assert await push(record("Ann"), runKey="n1", after=0) == first
    assert (await push(record("Ann"), runKey="n1", mode="SNAPSHOT"))["__typename"] == "OtherContent"


async def test_a_request_with_an_idempotency_key_is_done_once(push, ask):
    first = await push(record("Ann"), idempotencyKey="once", isLast=False)
    assert await push(record("Ann"), idempotencyKey="once", isLast=False) == first
    assert len((await ask("{ syncRuns { nodes { id } } }"))["syncRuns"]["nodes"]) == 1


async def test_a_dry_run_shows_the_run_and_keeps_nothing(push, database):
    async with unchanged(database):
        run = await push(record("Ann"), dryRun=True)
    assert (run["status"], run["new"], run["changes"]["nodes"][0]["kind"]) == ("APPLIED", 1, "NEW")


async def test_a_run_that_is_refused_as_a_whole_says_why(push, ask):
    await push(record("Ann"), record("Bob"))
    run = await push(record("Ann"), mode="SNAPSHOT")
    assert (run["status"], run["refusal"], run["missing"]) == ("REFUSED", "TOO_MANY_LEAVE", 0)
    assert "1 of 2 people would leave" in run["refusalMessage"]
    assert set(await seen(ask)) == {"Ann", "Bob"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"records": [record("Ann")] * 1_001}, "records"),
        ({"threshold": 2.0}, "threshold"),
        ({"source": " "}, "source"),
        ({"after": 7}, "after"),
        ({"takenAt": "2099-01-01T00:00:00Z"}, "takenAt"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_its_path(ask, world, database, given, path):
    async with unchanged(database):
        answer = await ask.do(
            SYNC, {"source": "feed", "records": [record("Ann")], **given}, viewer=world.viewer("Pat")
        )
    assert (answer["__typename"], answer["problems"][0]["path"]) == ("InvalidInput", [path])


async def test_a_run_of_another_source_is_not_found(push, database):
    run = await push(record("Ann"), isLast=False)
    async with unchanged(database):
        answer = await push(record("Bob"), run=run["id"], source="other")
    assert answer["__typename"] == "NotFound"


# Reading


RUNS = """{ syncRuns { totalCount nodes { source startedBy startedByEmployee { givenName }
  changes { totalCount } refusals { nodes { field run { source } } } } } }"""


async def test_runs_are_read_by_who_may_read_people_and_nobody_else(push, ask, world):
    run = await push(record("Ann"), record("Bob", email="nobody"))
    for viewer in ("Pat", "Auda"):
        found = await ask(RUNS, viewer=world.viewer(viewer))
        assert found["syncRuns"] == {
            "totalCount": 1,
            "nodes": [
                {
                    "source": "feed",
                    "startedBy": "employee:Pat",
                    "startedByEmployee": {"givenName": "Pat"},
                    "changes": {"totalCount": 1},
                    "refusals": {"nodes": [{"field": "email", "run": {"source": "feed"}}]},
                }
            ],
        }
    one = "query ($id: ID!) { syncRun(id: $id) { id } node(id: $id) { id } }"
    assert await ask(one, {"id": run["id"]}, viewer=world.viewer("Pat")) == {
        "syncRun": {"id": run["id"]},
        "node": {"id": run["id"]},
    }
    for viewer in ("Ada", "Lena"):
        assert (await ask(RUNS, viewer=world.viewer(viewer)))["syncRuns"] == {"totalCount": 0, "nodes": []}
        assert await ask(one, {"id": run["id"]}, viewer=world.viewer(viewer)) == {
            "syncRun": None,
            "node": None,
        }


async def test_what_feeds_changed_about_somebody_is_found_by_the_person(push, ask):
    await push(record("Ann"))
    await push({"externalId": "ann", "phone": "1"})
    query = """{ employees(where: {familyName: {eq: "Feed"}}) { nodes {
      syncChanges { nodes { kind before after run { source } } } } } }"""
    [ann] = (await ask(query))["employees"]["nodes"]
    assert [each["kind"] for each in ann["syncChanges"]["nodes"]] == ["CHANGED", "NEW"]
    assert ann["syncChanges"]["nodes"][0] | {"kind": ""} == {
        "kind": "",
        "before": {"phone": None},
        "after": {"phone": "1"},
        "run": {"source": "feed"},
    }


async def test_a_map_is_kept_for_a_source_and_read_again(ask, world, database):
    keep = """mutation ($input: KeepFeedMapInput!) { keepFeedMap(input: $input) {
      __typename ... on FeedMap { source text keptBy } ... on InvalidInput { message } } }"""
    text = '[person]\nexternalId = "Nr"\n'
    pat = world.viewer("Pat")
    kept = {"source": "hr", "text": text, "keptBy": "employee:Pat"}
    assert await ask.do(keep, {"source": "hr", "text": text}, viewer=pat) == {"__typename": "FeedMap", **kept}
    async with unchanged(database):
        await ask.do(keep, {"source": "hr", "text": text}, viewer=pat)
        wrong = await ask.do(keep, {"source": "hr", "text": "[person]"}, viewer=pat)
    assert (wrong["__typename"], "person.externalId is missing" in wrong["message"]) == ("InvalidInput", True)
    query = "{ feedMaps { nodes { source text keptBy } } }"
    assert (await ask(query, viewer=pat))["feedMaps"]["nodes"] == [kept]
    assert (await ask(query, viewer=world.viewer("Ada")))["feedMaps"]["nodes"] == []
