"""GraphQL over a WebSocket: the protocol, its bounds, and streams whose events the engine reads."""

import asyncio
import json
import shutil
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cairn.app import SERVING
from cairn.db.tables import Ref
from cairn.graph import limits, socket
from cairn.graph.mutation import exposed
from cairn.graph.resolve import DeclarationError
from cairn.graph.schema import Schema
from cairn.graph.serve import Answerer
from cairn.graph.socket import Patience, Socket
from cairn.graph.stream import Stream
from cairn.people.history import EmployeeId
from cairn.people.tables import Employee
from graph.talk import talking
from graph.test_audit import AUDIT, run, served
from graph.wire import OpenDoor, ShutDoor
from world import EVERYTHING, id_of

INIT = '{"type": "connection_init"}'
BEN = "query($id: ID!) { employee(id: $id) { displayName } }"
CREATE = """
mutation($name: String!) {
  createTeam(input: {name: $name}) { __typename ... on Team { name } ... on Refusal { message } }
}
"""


@dataclass
class Tick:
    """That a clock has ticked."""

    number: int
    """Which tick it was."""


class Feed:
    """Streams as a room would declare them, fed by the test."""

    def __init__(self):
        self.forget()

    def forget(self):
        self.events = asyncio.Queue()
        self.begun = asyncio.Event()
        self.ended = 0

    def streams(self):
        async def employee_changed(
            _database, _viewer, *, manager: EmployeeId | None = None
        ) -> AsyncGenerator[Annotated[UUID, Ref("Employee")], None]:
            """Each employee who changes.

            Args:
                manager: Only who reports to them.
            """
            self.asked = manager
            self.begun.set()
            try:
                while (event := await self.events.get()) is not None:
                    if isinstance(event, Exception):
                        raise event
                    yield event
            finally:
                self.ended += 1

        async def employee_hired(_database, _viewer) -> AsyncGenerator[Employee, None]:
            """Each employee who is hired."""
            yield Employee(id=id_of("Ada"))

        async def ticked(_database, _viewer, *, most: int = 2) -> AsyncGenerator[Tick, None]:
            """The ticks of a clock.

            Args:
                most: How many.
            """
            for number in range(most):
                yield Tick(number)

        return [Stream(employee_changed), Stream(employee_hired), Stream(ticked)]


@pytest.fixture(scope="module")
def streaming():
    """A feed and the schema with its streams: to make one takes seconds."""
    feed = Feed()
    return feed, Schema(exposed, feed.streams())


@pytest.fixture
def feed(streaming):
    streaming[0].forget()
    return streaming[0]


@pytest.fixture
def answerer(streaming, feed, database):  # noqa: ARG001  # whoever is asked has forgotten the last test
    return Answerer(streaming[1], database)


@pytest.fixture
def endpoint(answerer):
    return Socket(answerer, OpenDoor(EVERYTHING))


async def test_a_query_has_the_answer_it_has_over_http(endpoint, world):
    asked = {"variables": {"id": world.gid("Employee", "Ben")}}
    async with talking(endpoint) as talk:
        answer = await talk.ask(BEN, **asked)
        assert answer["data"] == {"employee": {"displayName": "Ben Test"}}
        assert answer["extensions"]["cost"]["rows"] == 1
        named = "query A { __typename } query B { viewer { name } }"
        assert (await talk.ask(named, operationName="B"))["data"] == {"viewer": {"name": EVERYTHING.name}}


async def test_a_mutation_is_done_once_and_read_by_the_engine(endpoint, database, world):  # noqa: ARG001
    async with talking(endpoint) as talk:
        answer = await talk.ask(CREATE, variables={"name": "Night shift"})
    assert answer == {"data": {"createTeam": {"__typename": "Team", "name": "Night shift"}}}


async def test_operations_of_one_socket_run_beside_each_other(endpoint, feed, world):
    async with talking(endpoint) as talk:
        talk.subscribe("subscription { employeeChanged { id } }", "slow")
        await feed.begun.wait()
        assert (await talk.ask("{ viewer { name } }", "quick"))["data"]["viewer"]["name"] == EVERYTHING.name
        feed.events.put_nowait(id_of("Ben"))
        assert (await talk.hear())["id"] == "slow"
    assert world.gid("Employee", "Ben")


async def test_each_event_of_a_stream_is_read_by_one_statement(endpoint, feed, world, statements):
    query = """
        subscription($manager: ID) {
          changed: employeeChanged(manager: $manager) { id displayName manager { displayName } }
        }
    """
    async with talking(endpoint) as talk:
        talk.subscribe(query, variables={"manager": world.gid("Employee", "Ada")})
        await feed.begun.wait()
        assert feed.asked == id_of("Ada")
        for name, manager in (("Ben", "Ada"), ("Cleo", "Ben")):
            before = len(statements)
            feed.events.put_nowait(id_of(name))
            assert await talk.hear() == {
                "id": "1",
                "type": "next",
                "payload": {
                    "data": {
                        "changed": {
                            "id": world.gid("Employee", name),
                            "displayName": f"{name} Test",
                            "manager": {"displayName": f"{manager} Test"},
                        }
                    }
                },
            }
            await asyncio.sleep(0)
            assert len(statements) == before + 1
        feed.events.put_nowait(None)
        assert await talk.hear() == {"type": "complete", "id": "1"}


async def test_streams_of_rows_and_of_records(endpoint, world):  # noqa: ARG001
    async with talking(endpoint) as talk:
        talk.subscribe("subscription { employeeHired { displayName } }")
        assert (await talk.hear())["payload"] == {"data": {"employeeHired": {"displayName": "Ada Test"}}}
        assert (await talk.hear())["type"] == "complete"
        talk.subscribe("subscription { ticked(most: 3) { number } }")
        for number in range(3):
            assert (await talk.hear())["payload"] == {"data": {"ticked": {"number": number}}}
        assert (await talk.hear())["type"] == "complete"


async def test_what_the_viewer_may_not_see_is_passed_over(endpoint, feed, world):  # noqa: ARG001
    async with talking(endpoint) as talk:
        talk.subscribe("subscription { employeeChanged { displayName } }")
        feed.events.put_nowait(id_of("nobody"))
        feed.events.put_nowait(id_of("Ben"))
        assert (await talk.hear())["payload"] == {"data": {"employeeChanged": {"displayName": "Ben Test"}}}


async def test_a_stream_ends_when_the_client_has_enough_and_when_it_leaves(endpoint, feed, world):  # noqa: ARG001
    async with talking(endpoint) as talk:
        talk.subscribe("subscription { employeeChanged { id } }")
        await feed.begun.wait()
        talk.say({"type": "complete", "id": "1"})
        talk.say({"type": "complete", "id": "never begun"})
        assert (await talk.ask("{ viewer { name } }"))["data"]
        assert feed.ended == 1
        feed.begun.clear()
        talk.subscribe("subscription { employeeChanged { id } }")
        await feed.begun.wait()
    assert feed.ended == 2


async def test_a_stream_that_breaks_is_told_by_an_id_alone(endpoint, feed, world, caplog):  # noqa: ARG001
    async with talking(endpoint) as talk:
        talk.subscribe("subscription { employeeChanged { id } }")
        feed.events.put_nowait(RuntimeError("what nobody should read"))
        answer = await talk.hear()
        assert answer["type"] == "error"
        [error] = answer["payload"]
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
        assert "nobody should read" not in str(answer)
        assert error["extensions"]["id"] in caplog.text
        assert (await talk.ask("{ viewer { name } }"))["data"]


async def test_arguments_that_make_no_sense_are_refused(endpoint, world):
    async with talking(endpoint) as talk:
        query = "subscription($id: ID) { employeeChanged(manager: $id) { id } }"
        assert await talk.refused(query, variables={"id": world.gid("Team", "Core")}) == "BAD_USER_INPUT"
        assert await talk.refused(query, variables={"id": 1.5}) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": BEN}, "BAD_USER_INPUT"),
        ({"query": BEN, "variables": {"id": "\0"}}, "BAD_USER_INPUT"),
        ({"query": "{ viewer { name } }", "operationName": "X"}, "BAD_REQUEST"),
        ({"query": "x" * (limits.DOCUMENT + 1)}, "LIMIT_EXCEEDED"),
        (
            {"query": "subscription { ticked(most: 1) { number } again: ticked { number } }"},
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_what_cannot_be_answered_is_an_error_of_that_operation(endpoint, payload, code):
    async with talking(endpoint) as talk:
        assert await talk.refused(id_="bad", **payload) == code
        assert (await talk.ask("{ __typename }"))["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("no JSON", 4400),
        ("[]", 4400),
        ("{}", 4400),
        ({"type": 7}, 4400),
        ({"type": "start"}, 4400),
        ({"type": "subscribe", "payload": {"query": "{ __typename }"}}, 4400),
        ({"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}, 4400),
        ({"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}, 4400),
        ({"type": "subscribe", "id": "x" * 201, "payload": {"query": "{ __typename }"}}, 4400),
        ({"type": "subscribe", "id": "1"}, 4400),
        ({"type": "subscribe", "id": "1", "payload": []}, 4400),
        ({"type": "subscribe", "id": "1", "payload": {"query": 7}}, 4400),
        ({"type": "subscribe", "id": "1", "payload": {"query": "{ x }", "variables": []}}, 4400),
        ({"type": "complete"}, 4400),
        ({"type": "connection_init"}, 4429),
        ('{"type": "ping", "payload": {"x": "' + "x" * limits.BODY + '"}}', 1009),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_messages_that_are_none_end_the_conversation(endpoint, said, code):
    async with talking(endpoint) as talk:
        talk.say(said)
        assert (await talk.hear())[0] == code


async def test_bytes_are_no_message(endpoint):
    async with talking(endpoint) as talk:
        talk.said.put_nowait({"type": "websocket.receive", "bytes": b"{}"})
        assert await talk.hear() == (4400, "Invalid message: send text")


async def test_an_id_is_one_operations(endpoint, feed, world):  # noqa: ARG001
    async with talking(endpoint) as talk:
        talk.subscribe("subscription { employeeChanged { id } }", "one")
        await feed.begun.wait()
        talk.subscribe("{ viewer { name } }", "one")
        assert await talk.hear() == (4409, "Subscriber for one already exists")
    assert feed.ended == 1


async def test_pings_are_answered_with_what_they_bring(endpoint):
    async with talking(endpoint) as talk:
        talk.say({"type": "ping"}, {"type": "pong"}, {"type": "ping", "payload": {"n": 1}})
        assert await talk.hear() == {"type": "pong"}
        assert await talk.hear() == {"type": "pong", "payload": {"n": 1}}


async def test_the_protocol_must_be_spoken(endpoint):
    async with talking(endpoint, protocols=("graphql-ws",), init=False) as talk:
        assert (await talk.raw())["type"] == "websocket.accept"
        assert await talk.hear() == (4406, "Subprotocol not acceptable")


async def test_nothing_is_done_before_the_greeting(endpoint, answerer):
    for said, end in (
        ({"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }"}}, (4401, "Unauthorized")),
        ({"type": "ping"}, (4400, "Say connection_init first")),
    ):
        async with talking(endpoint, init=False) as talk:
            await talk.raw()
            talk.say(said)
            assert await talk.hear() == end
    hasty = Socket(answerer, OpenDoor(EVERYTHING), Patience(init=0.05))
    async with talking(hasty, init=False) as talk:
        await talk.raw()
        assert await talk.hear() == (4408, "Connection initialisation timeout")


async def test_whoever_is_nobody_is_not_greeted(answerer):
    endpoint = Socket(answerer, ShutDoor())
    async with talking(endpoint, init=False) as talk:
        await talk.raw()
        talk.say({"type": "connection_init"})
        assert await talk.hear() == (4401, "Unauthorized")
    headers = [("authorization", "Bearer x")]
    async with talking(endpoint, init=False, headers=headers) as talk:
        answer = await talk.raw()
        assert (answer["type"], answer["status"]) == ("websocket.http.response.start", 401)
        assert (b"www-authenticate", b"Bearer") in answer["headers"]
    async with talking(endpoint, init=False, headers=headers, answers_http=False) as talk:
        assert (await talk.hear())[0] == 4401


async def test_sockets_are_counted_and_so_are_those_of_each(endpoint, monkeypatch):
    monkeypatch.setattr(socket, "CONNECTIONS_EACH", 1)
    async with talking(endpoint):
        async with talking(endpoint, init=False) as second:
            await second.raw()
            second.say({"type": "connection_init"})
            assert (await second.hear())[0] == 1013
        monkeypatch.setattr(socket, "CONNECTIONS", 1)
        async with talking(endpoint, init=False) as third:
            answer = await third.raw()
            assert (answer["status"], (b"retry-after", b"10") in answer["headers"]) == (503, True)
    assert (endpoint.open, endpoint.open_of) == (0, {})
    async with talking(endpoint) as talk:
        assert (await talk.ask("{ __typename }"))["data"]


async def test_operations_under_way_are_bounded(endpoint, feed, world, monkeypatch):  # noqa: ARG001
    monkeypatch.setattr(socket, "OPERATIONS", 1)
    async with talking(endpoint) as talk:
        talk.subscribe("subscription { employeeChanged { id } }")
        await feed.begun.wait()
        assert await talk.refused("{ viewer { name } }", "2") == "LIMIT_EXCEEDED"
        feed.events.put_nowait(None)
        assert (await talk.hear())["type"] == "complete"
        assert (await talk.ask("{ viewer { name } }", "3"))["data"]


async def test_a_client_that_takes_nothing_is_left(answerer):
    endpoint = Socket(answerer, OpenDoor(EVERYTHING), Patience(send=0.05))
    told = iter([{"type": "websocket.connect"}, {"type": "websocket.receive", "text": INIT}])

    async def receive():
        return next(told, None) or await asyncio.Event().wait()

    async def send(message):
        if message["type"] != "websocket.accept":
            await asyncio.Event().wait()

    scope = {"type": "websocket", "headers": [], "subprotocols": ["graphql-transport-ws"]}
    await asyncio.wait_for(endpoint(scope, receive, send), 20)
    assert endpoint.open == 0


async def test_a_mutation_is_finished_although_the_client_has_gone(endpoint, database, world, monkeypatch):  # noqa: ARG001
    began, go = asyncio.Event(), asyncio.Event()
    answer = endpoint.answerer.answer

    async def slow(*given, **named):
        began.set()
        await go.wait()
        return await answer(*given, **named)

    monkeypatch.setattr(endpoint.answerer, "answer", slow)
    async with talking(endpoint) as talk:
        talk.subscribe(CREATE, variables={"name": "Afterwards"})
        await began.wait()
        talk.say({"type": "complete", "id": "1"})
        talk.say({"type": "ping"})
        assert await talk.hear() == {"type": "pong"}
        talk.said.put_nowait({"type": "websocket.disconnect", "code": 1001})
        go.set()
    monkeypatch.undo()
    async with talking(endpoint) as talk:
        found = await talk.ask('{ teams(where: {name: {eq: "Afterwards"}}) { totalCount } }')
    assert found["data"] == {"teams": {"totalCount": 1}}


def test_a_stream_that_does_not_describe_itself_is_no_part_of_the_schema():
    async def silent(_database, _viewer, *, loud: bool) -> AsyncGenerator[Tick, None]:
        """Says nothing of its argument."""
        yield Tick(int(loud))

    with pytest.raises(DeclarationError, match="loud"):
        Stream(silent)


class Choosy(OpenDoor):
    """Lets in who shows a token in the handshake or in the greeting."""

    async def enter(self, scope):
        shown = dict(scope["headers"]).get(b"authorization")
        return self.standing if shown == b"Bearer good" else await ShutDoor().enter(scope)


async def test_a_client_that_cannot_set_headers_shows_its_token_in_the_greeting(answerer):
    endpoint = Socket(answerer, Choosy(EVERYTHING))
    async with talking(endpoint, payload={"authorization": "Bearer good"}) as talk:
        assert (await talk.ask("{ viewer { name } }"))["data"]["viewer"] == {"name": EVERYTHING.name}
    for payload, end in (
        ({"authorization": "Bearer bad"}, 4401),
        ({"authorization": 7}, 4403),
        ({"authorization": "Bearer \u00e9"}, 4403),
        ({"token": "good"}, 4401),
    ):
        async with talking(endpoint, init=False) as talk:
            await talk.raw()
            talk.say({"type": "connection_init", "payload": payload})
            assert (await talk.hear())[0] == end, payload
    async with talking(endpoint, init=False, headers=[("authorization", "Bearer good")]) as talk:
        await talk.raw()
        talk.say({"type": "connection_init", "payload": {"authorization": "Bearer good"}})
        assert (await talk.hear())[0] == 4403


async def test_over_the_network_it_is_spoken_to_by_a_client_of_others(endpoint, answerer):
    options = {name: value for name, value in SERVING.items() if name.startswith("ws")}
    async with served(endpoint, **options) as address:
        url = address.replace("http:", "ws:")
        async with connect(url, subprotocols=["graphql-transport-ws"]) as client:
            await client.send(INIT)
            assert json.loads(await client.recv()) == {"type": "connection_ack"}
            await client.send(json.dumps({"type": "ping", "payload": {"x": "x" * limits.BODY}}))
            with pytest.raises(ConnectionClosed) as closed:
                await client.recv()
            assert closed.value.rcvd.code == 1009
    async with served(Socket(answerer, Choosy(EVERYTHING)), **options) as address:
        with pytest.raises(InvalidStatus) as refused:
            async with connect(
                address.replace("http:", "ws:"), additional_headers={"authorization": "Bearer x"}
            ):
                pass
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["www-authenticate"] == "Bearer"


async def test_the_reference_client_of_the_protocol_is_served(endpoint, feed, world, tmp_path):
    """graphql-ws is by those who wrote the protocol."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("no Node here to run the client with")
    for name in ("package.json", "package-lock.json", "socket.mjs"):
        shutil.copy(AUDIT / name, tmp_path)
    status, _, errors = await run("npm", "ci", "--ignore-scripts", "--no-audit", cwd=tmp_path, seconds=60)
    if status:
        pytest.skip(f"the client cannot be fetched: {errors.strip().splitlines()[-1:]}")
    for name in ("Ben", "Cleo"):
        feed.events.put_nowait(id_of(name))
    feed.events.put_nowait(None)
    async with served(endpoint) as address:
        url = address.replace("http:", "ws:")
        status, output, errors = await run(
            "node", "socket.mjs", url, world.gid("Employee", "Ada"), cwd=tmp_path, seconds=60
        )
    assert status == 0, errors
    assert [json.loads(line) for line in output.splitlines()] == [
        {"data": {"employee": {"displayName": "Ada Test"}}},
        {"error": "GRAPHQL_VALIDATION_FAILED"},
        {"data": {"createTeam": {"__typename": "Team"}}},
        {"data": {"employeeChanged": {"displayName": "Ben Test"}}},
        {"data": {"employeeChanged": {"displayName": "Cleo Test"}}},
        {"complete": True},
    ]
