"""Documents that are known beforehand: asked by identifiers, and where that is wanted nothing else."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from cairn.graph.http import Endpoint
from cairn.graph.serve import Answerer
from cairn.graph.trusted import documents
from cairn.settings import SettingError, Settings
from graph.wire import JSON, RESPONSE, Client, OpenDoor, answered, refused
from world import EVERYTHING

TEAMS = "query Teams($n: Int) { teams(first: $n) { nodes { name } } }"
MAKE = 'mutation Make { createTeam(input: { name: "Night" }) { __typename } }'
TEAMS_ID = f"sha256:{sha256(TEAMS.encode()).hexdigest()}"
SKILLS = "{ skills { totalCount } }"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "deeper").mkdir()
    (tmp_path / "teams.graphql").write_text(TEAMS)
    (tmp_path / "deeper" / "make.gql").write_text(MAKE)
    (tmp_path / "notes.txt").write_text("no document")
    return tmp_path


@pytest.fixture
def client_of(schema, database):
    def client(path, *, required=True):
        known = documents(Settings(documents=path, documents_required=required))
        return Client(Endpoint(Answerer(schema, database, documents=known), OpenDoor(EVERYTHING)))

    return client


async def post(client, accept=RESPONSE, **given):
    return await client.send(json.dumps(given).encode(), accept=accept)


async def test_a_document_is_asked_by_its_digest_or_its_name(client_of, folder, world):
    client = client_of(folder)
    by_text = answered(await client.post(TEAMS, {"n": 1}))
    assert by_text["teams"]["nodes"], world
    assert answered(await post(client, documentId=TEAMS_ID, variables={"n": 1})) == by_text
    assert answered(await post(client, documentId="teams", variables={"n": 1})) == by_text
    assert answered(await client.get(documentId=TEAMS_ID, variables='{"n": 1}')) == by_text
    apollo = {"persistedQuery": {"version": 1, "sha256Hash": TEAMS_ID.removeprefix("sha256:")}}
    assert answered(await post(client, extensions=apollo, variables={"n": 1})) == by_text
    assert answered(await client.get(extensions=json.dumps(apollo), variables='{"n": 1}')) == by_text


async def test_a_manifest_names_documents(client_of, tmp_path):
    manifest = tmp_path / "manifest.json"
    relay = {"0a1b": TEAMS, "2c3d": MAKE}
    operations = [{"id": name, "name": "x", "type": "query", "body": text} for name, text in relay.items()]
    for written in (
        relay,
        {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations},
    ):
        manifest.write_text(json.dumps(written))
        client = client_of(manifest)
        by_name = answered(await post(client, documentId="0a1b", variables={"n": 2}))
        assert answered(await post(client, documentId=TEAMS_ID, variables={"n": 2})) == by_name
        assert answered(await post(client, documentId="2c3d")) == {"createTeam": {"__typename": "Team"}}


async def test_nothing_else_is_answered_unless_that_is_wanted(client_of, folder):
    client = client_of(folder)
    assert "known beforehand" in refused(await client.post(SKILLS), 400, "FORBIDDEN")
    refused(await client.post("{ __schema { queryType { name } } }"), 400, "FORBIDDEN")
    refused(await client.post(TEAMS + " "), 400, "FORBIDDEN")
    assert answered(await client_of(folder, required=False).post(SKILLS))
    assert answered(await client_of(None).post(SKILLS))


async def test_what_is_not_known_is_named(client_of, folder):
    client = client_of(folder)
    for id_ in ("sha256:0", "nothing", ""):
        assert repr(id_) in refused(await post(client, documentId=id_), 400, "PERSISTED_QUERY_NOT_FOUND")
    refused(await post(client, JSON, documentId="nothing"), 200, "PERSISTED_QUERY_NOT_FOUND", JSON)
    refused(await post(client_of(None), documentId=TEAMS_ID), 400, "PERSISTED_QUERY_NOT_FOUND")
    refused(await post(client, documentId=7), 400, "BAD_REQUEST")
    message = refused(await post(client, query=TEAMS, documentId="make"), 400, "BAD_REQUEST")
    assert message == "the query is not the document that 'make' names"
    assert answered(await post(client, query=TEAMS, documentId=TEAMS_ID))
    assert answered(await post(client, query=TEAMS, documentId="teams"))


async def test_a_known_mutation_needs_post(client_of, folder):
    client = client_of(folder)
    refused(await client.get(documentId="make"), 405, "BAD_REQUEST")
    assert answered(await post(client, documentId="make")) == {"createTeam": {"__typename": "Team"}}


def test_what_is_no_folder_and_no_manifest_is_refused_at_the_start(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "twice" / "a").mkdir(parents=True)
    (tmp_path / "twice" / "x.gql").write_text(TEAMS)
    (tmp_path / "twice" / "a" / "x.graphql").write_text(TEAMS)
    for name, text in {
        "broken.json": "{",
        "list.json": "[1]",
        "numbers.json": '{"a": 1}',
        "operations.json": '{"operations": [1]}',
        "long.json": json.dumps({"a": "#" * 100_001}),
    }.items():
        (tmp_path / name).write_text(text)
    for name, said in {
        "nowhere": "cannot be read",
        "empty": "has 0 documents",
        "twice": "two documents called x",
        "broken.json": "is not JSON",
        "list.json": "must be an object",
        "numbers.json": "must be an object",
        "operations.json": "each of the operations",
        "long.json": "a has 100001 characters",
    }.items():
        with pytest.raises(SettingError, match=said):
            documents(Settings(documents=Path(tmp_path / name)))


def test_a_document_that_is_not_answered_is_named(schema, tmp_path):
    (tmp_path / "good.graphql").write_text(TEAMS)
    (tmp_path / "old.graphql").write_text("{ teams { nodes { nickname } } }")
    (tmp_path / "torn.graphql").write_text("{ teams {")
    wrong = list(documents(Settings(documents=tmp_path)).wrong(schema.core))
    assert [line.split(" is ")[0] for line in wrong] == ["The document old", "The document torn"]
