"""Subscriptions to what happens: who hears of what, over sockets and event streams, whatever is lost."""

import asyncio
import json
import time
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from cairn.graph import limits
from cairn.graph.http import Endpoint
from cairn.graph.serve import Answerer
from cairn.graph.socket import Patience, Socket
from cairn.hris.progress import Telling
from cairn.jobs import live as listening
from cairn.jobs.drain import drain
from cairn.jobs.happenings import RESUMABLE, forget, tell
from cairn.jobs.live import Live, Wish
from cairn.pathways import live as pathways_live
from cairn.pathways.reminders import RemindersDue, remind
from graph.talk import talking
from graph.wire import OpenDoor
from hris.test_graph import SYNC, record
from pathways.writing import START, assign, complete, step, write
from people.test_teams import JOIN
from skills.test_assess import ASSESS
from world import id_of

CHANGED = """
subscription ($employee: ID, $pathway: ID, $assignment: ID) {
  assignmentChanged(employee: $employee, pathway: $pathway, assignment: $assignment) {
    status stepsDone employee { displayName } pathway { code }
  }
}
"""
NOTIFIED = "subscription { notificationArrived { kind assignment { pathway { code } } } }"
MATRIX = """
subscription ($team: ID, $department: ID) {
  matrixChanged(team: $team, department: $department) {
    at rows { employee { displayName } cells { skill { name } level } }
  }
}
"""
OURS = "from pg_stat_activity where application_name = 'cairn live' and datname = current_database()"
RUNS = "subscription ($run: ID) { syncRunProgress(run: $run) { source status received } }"
STAGES = "subscription { syncRunProgress { status received progress { stage share } } }"


@pytest.fixture
async def live(database):
    found = Live(database)
    yield found
    await found.aclose()


@pytest.fixture
def answerer(schema, database, live):
    return Answerer(schema, database, live)


@pytest.fixture
def as_(answerer, world):
    """A conversation of somebody, who subscribes and is listening once it is returned."""

    @asynccontextmanager
    async def begun(who, query, **variables):
        async with talking(Socket(answerer, OpenDoor(world.viewer(who)))) as talk:
            ears = len(answerer.live._ears)
            talk.subscribe(query, variables=variables)
            async with asyncio.timeout(10):
                while len(answerer.live._ears) == ears:
                    await asyncio.sleep(0.01)
            yield talk

    return begun


async def told(talk):
    message = await talk.hear()
    assert message["type"] == "next", message
    [found] = message["payload"]["data"].values()
    return found


async def test_who_may_see_an_assignment_hears_of_it_by_one_statement(as_, ask, world, statements):
    data = await write(ask, "data", [step("read"), step("write")])
    other = await write(ask, "other", [step("talk")])
    cleo, pat = world.gid("Employee", "Cleo"), world.gid("Employee", "Pat")
    async with (
        as_("Cleo", CHANGED) as own,
        as_("Ada", CHANGED) as above,
        as_("Pat", CHANGED) as elsewhere,
        as_("Lena", CHANGED, pathway=other.id) as admin,
        as_("Ada", CHANGED, employee=pat) as above_nobody_of_them,
    ):
        before = len(statements)
        await assign(ask, data, cleo)
        expected = {
            "status": "ASSIGNED",
            "stepsDone": 0,
            "employee": {"displayName": "Cleo Test"},
            "pathway": {"code": "data"},
        }
        assert await told(own) == await told(above) == expected
        ran = [each for each in statements[before:] if "reporting_line" in each or "assignment" in each]
        assert len(ran) == 2  # one for each who hears; nothing at all for the others
        assert (await ask.do(START, {"step": data.steps["read"], "employee": cleo}))["kind"] == "STARTED"
        assert (await told(own))["status"] == (await told(above))["status"] == "IN_PROGRESS"
        for key, status in (("read", "IN_PROGRESS"), ("write", "COMPLETED")):
            await complete(ask, data, key, cleo)
            assert (await told(own))["status"] == (await told(above))["status"] == status
        await assign(ask, other, pat)
        assert (await told(admin))["employee"] == (await told(elsewhere))["employee"]
        assert own.heard.empty()
        assert above.heard.empty()
        assert above_nobody_of_them.heard.empty()


async def test_whoever_may_see_an_assignment_is_a_watcher_of_it(reader, standing):
    """The keys of assignments let through all that the rule does, for everybody, at any time."""
    database, world = standing
    statement = listening._statements[pathways_live.ASSIGNMENT]
    async with database.reads.acquire() as connection:
        ids = await connection.fetchval("select array_agg(id) from assignment")
        watched = {
            (who, f"Assignment:{id_}")
            for id_, kind, who in await connection.fetch(statement, ids)
            if kind == "watcher"
        }
    assert len(ids) > 3
    await asyncio.sleep(0)
    seen = set()
    for viewer in world.viewers.values():
        if not viewer.roles & {"LEARNING_ADMIN", "AUDITOR"}:
            found = await reader.data("{ assignments(first: 200) { nodes { id } } }", viewer=viewer)
            seen |= {(viewer.employee, each["id"]) for each in found["assignments"]["nodes"]}
    assert seen
    assert seen <= watched


async def test_what_happens_while_the_connection_is_lost_is_told_after_it(as_, ask, world, database, caplog):
    data = await write(ask, "data", [step("read")])
    async with as_("Ben", CHANGED) as talk:
        async with database.transaction() as tx:
            gone = f"select pg_terminate_backend(pid) {OURS}"
            assert (await tx.execute(text(gone))).scalars().all() == [True]
        await assign(ask, data, world.gid("Employee", "Cleo"))
        assert (await told(talk))["employee"]["displayName"] == "Cleo Test"
        await complete(ask, data, "read", world.gid("Employee", "Cleo"))
        assert (await told(talk))["status"] == "COMPLETED"
    assert "trying again" in caplog.text


async def test_a_transaction_that_commits_after_a_later_one_is_not_passed_over(live, database, world):  # noqa: ARG001
    first, second = id_of("first"), id_of("second")
    heard = live.ear().hear(Wish("anything"))
    next_ = asyncio.ensure_future(anext(heard))
    async with asyncio.timeout(10):
        while not live._ears:
            await asyncio.sleep(0.01)
    async with database.transaction() as slow:
        await tell(slow, "anything", [first])
        async with database.transaction() as quick:
            await tell(quick, "anything", [second])
            await tell(quick, "something else", [first])
        assert await next_ == second
    assert await asyncio.wait_for(anext(heard), 10) == first
    await heard.aclose()
    assert not live._ears
    assert not live._listening


async def test_a_matrix_is_told_when_what_one_sees_of_it_is_another(
    as_, ask, world, url, database, monkeypatch
):
    monkeypatch.setattr("cairn.matrices.live.PAUSE_SECONDS", 0.0)
    core = world.gid("Team", "Core team")

    async def assess(who, skill, level):
        given = {"employee": world.gid("Employee", who), "skill": world.gid("Skill", skill), "level": level}
        assert (await ask.do(ASSESS, given, viewer=world.viewer("Ada")))["__typename"] == "Evidence"

    unit = world.gid("Department", "Engineering")
    async with (
        as_("Ada", MATRIX, team=core) as lead,
        as_("Dan", MATRIX, team=core) as stranger,
        as_("Grace", MATRIX, department=unit) as head,
    ):
        await asyncio.sleep(0.2)  # both know how it begins
        await assess("Cleo", "SQL", 4)
        rows = {each["employee"]["displayName"]: each["cells"] for each in (await told(lead))["rows"]}
        assert {"skill": {"name": "SQL"}, "level": 4} in rows["Cleo Test"]
        assert len((await told(head))["rows"]) == 3
        await ask.do(JOIN, {"team": core, "employee": world.gid("Employee", "Lena")})
        assert len((await told(lead))["rows"]) == len((await told(stranger))["rows"]) == 4
        await drain(database, url)
        assert lead.heard.empty()  # what followed from it changed nothing that is seen
        assert stranger.heard.empty()  # and the assessment not at all
    async with talking(
        Socket(Answerer(ask.answerer.schema, database, None), OpenDoor(world.viewer("Ada")))
    ) as talk:
        assert await talk.refused("subscription { matrixChanged { at } }") == "BAD_USER_INPUT"


async def test_a_run_of_a_feed_is_told_to_who_may_read_people(as_, ask, world):
    async with as_("Pat", RUNS) as talk:
        given = {"source": "feed", "records": [record("Gwen"), record("Hal")]}
        await ask.do(SYNC, given, viewer=world.viewer("Pat"))
        assert await told(talk) == {"source": "feed", "status": "APPLIED", "received": 2}
    async with talking(Socket(ask.answerer, OpenDoor(world.viewer("Ada")))) as talk:
        talk.subscribe(RUNS)
        assert await talk.hear() == {"type": "complete", "id": "1"}


async def test_the_stages_of_a_run_are_told_while_it_is_applied(as_, ask, world, monkeypatch):
    """By chunks: the run is one that others can see, as of a feed that is read from its stream."""
    pat, heard, tells = world.viewer("Pat"), [], Telling.__call__
    async with as_("Pat", STAGES) as talk:

        async def paced(self, stage, share=None):
            await tells(self, stage, share)
            heard.append(await told(talk))

        monkeypatch.setattr(Telling, "__call__", paced)
        first = await ask.do(
            SYNC, {"source": "feed", "records": [record("Gwen")], "isLast": False}, viewer=pat
        )
        assert await told(talk) == {"status": "RECEIVING", "received": 1, "progress": None}
        given = {"source": "feed", "records": [record("Hal")], "run": first["id"]}
        assert (await ask.do(SYNC, given, viewer=pat))["status"] == "APPLIED"
        assert await told(talk) == {"status": "APPLIED", "received": 2, "progress": None}
    assert [each["progress"] for each in heard] == [
        {"stage": "MATCHING", "share": None},
        {"stage": "COMPARING", "share": 0.0},
        {"stage": "WRITING", "share": None},
        {"stage": "CONCLUDING", "share": None},
    ]
    assert {(each["status"], each["received"]) for each in heard} == {("RECEIVING", 1)}


# Event streams


class Reading:
    """A client of an event stream, without a network."""

    def __init__(self, app, query, headers, variables):
        self.events = asyncio.Queue()
        self.rest = b""
        self.status = None
        self.gone = asyncio.Event()
        body = json.dumps({"query": query, "variables": variables}).encode()
        self.sent = [{"type": "http.request", "body": body, "more_body": False}]
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": "/graphql",
            "query_string": b"",
            "headers": [
                (b"content-type", b"application/json"),
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ],
        }
        self.task = asyncio.create_task(app(self.scope, self._receive, self._send))

    async def _receive(self):
        if self.sent:
            return self.sent.pop()
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message):
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            return
        *blocks, self.rest = (self.rest + message["body"]).split(b"\n\n")
        for block in blocks:
            lines = [line.partition(b":") for line in block.split(b"\n")]
            self.events.put_nowait({name.decode(): value.strip().decode() for name, _, value in lines})

    async def hear(self, *, beats=False):
        """The next event that says something, with the ids of those before it."""
        while True:
            event = await asyncio.wait_for(self.events.get(), 20)
            if "id" in event:
                self.last = event["id"]
            if "event" in event or beats:
                return event


@asynccontextmanager
async def reading(app, query, *, variables=None, **headers):
    sent = {"accept": "text/event-stream"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    found = Reading(app, query, sent, variables or {})
    try:
        yield found
    finally:
        found.gone.set()
        await asyncio.wait_for(found.task, 20)


async def test_a_stream_goes_on_where_it_was(answerer, ask, world, live, database):
    data = await write(ask, "data", [step("read")])
    app = Endpoint(answerer, OpenDoor(world.viewer("Ada")))
    async with reading(app, CHANGED) as stream:
        while (await stream.hear(beats=True)).get("id") is None:
            pass
        assert stream.status == 200
        assert stream.headers[b"content-type"] == b"text/event-stream; charset=utf-8"
        await assign(ask, data, world.gid("Employee", "Cleo"))
        event = await stream.hear()
        assert event["event"] == "next"
        assert json.loads(event["data"])["data"]["assignmentChanged"]["employee"] == {
            "displayName": "Cleo Test"
        }
    assert not live._ears
    await assign(ask, data, world.gid("Employee", "Dan"), world.gid("Employee", "Ben"))
    async with reading(app, CHANGED, last_event_id=stream.last) as again:
        event = await again.hear()
        assert json.loads(event["data"])["data"]["assignmentChanged"]["employee"] == {
            "displayName": "Ben Test"
        }
    last, (at, _, position) = again.last, again.last.partition("-")
    async with reading(app, CHANGED, last_event_id=last) as nothing:
        await nothing.hear(beats=True)
        app.streams._open.copy().pop().beat()
        while "id" not in await nothing.hear(beats=True):
            pass
    async with database.transaction() as tx:
        await forget(tx)
        assert (await tx.execute(text("select count(*) from happening"))).scalar_one() > 0
    too_long = f"{int(time.time() - RESUMABLE.total_seconds()) - 1}-{position}"
    for wrong in ("yesterday", too_long, f"{at}-9000000:9000000:", f"{at}-9:1:", f"{at}-1:9:12,3"):
        async with reading(app, CHANGED, last_event_id=wrong) as stream:
            [error] = json.loads((await stream.hear())["data"])["errors"]
            assert error["extensions"]["code"] == "EVENTS_MISSED", wrong
            assert await stream.hear() == {"event": "complete", "data": ""}


async def test_a_socket_that_was_cut_off_misses_nothing(answerer, ask, world, live):
    data = await write(ask, "data", [step("read")])
    ben, cleo, dan = (world.gid("Employee", name) for name in ("Ben", "Cleo", "Dan"))
    app = Socket(answerer, OpenDoor(world.viewer("Ada")), Patience(point=0.01))

    async with talking(app) as talk:
        talk.subscribe(CHANGED, extensions={"after": None})
        begun = (await talk.hear())["payload"]["positions"]["1"]
        await assign(ask, data, cleo)
        while (message := await talk.hear())["type"] == "ping":
            pass
        assert message["payload"]["data"]["assignmentChanged"]["employee"] == {"displayName": "Cleo Test"}
        last = message["payload"]["extensions"]["position"]
    assert not live._ears
    assert not app.pointing
    await assign(ask, data, dan, ben)  # of Dan, Ada may not know
    for after, expected in ((last, ["Ben Test"]), (begun, ["Ben Test", "Cleo Test"])):
        async with talking(app) as talk:
            talk.subscribe(CHANGED, variables={}, extensions={"after": after})
            names, again = [], after
            while len(names) < len(expected) or again == after:
                message = await talk.hear()
                if message["type"] == "next":
                    names.append(message["payload"]["data"]["assignmentChanged"]["employee"]["displayName"])
                else:
                    again = message["payload"]["positions"]["1"]
                    assert again == after or len(names) == len(expected), "nothing is passed over"
            assert sorted(names) == expected
    async with talking(app) as talk:
        talk.subscribe(CHANGED, extensions={"after": again})
        await complete(ask, data, "read", cleo)
        while (message := await talk.hear())["type"] == "ping":
            pass
        assert message["payload"]["data"]["assignmentChanged"]["status"] == "COMPLETED"
    async with talking(app) as talk:
        talk.subscribe(CHANGED, extensions={"after": "yesterday"})
        message = await talk.hear()
        assert message["payload"][0]["extensions"]["code"] == "EVENTS_MISSED"


async def test_a_position_is_a_text(answerer, world):
    async with talking(Socket(answerer, OpenDoor(world.viewer("Ada")))) as talk:
        talk.subscribe(CHANGED, extensions={"after": 7})
        code, reason = await talk.hear()
        assert (code, "extensions.after" in reason) == (4400, True)


async def test_a_notification_is_told_to_whose_it_is(as_, ask, world, database):
    data = await write(ask, "data", [step("read")])
    async with as_("Cleo", NOTIFIED) as own, as_("Ben", NOTIFIED) as above, as_("Lena", NOTIFIED) as admin:
        await assign(ask, data, world.gid("Employee", "Cleo"))
        async with database.transaction() as tx:
            await remind(tx, RemindersDue())
        assert await told(own) == {"kind": "ASSIGNED", "assignment": {"pathway": {"code": "data"}}}
        assert above.heard.empty()
        assert admin.heard.empty()


async def test_everything_can_be_asked_on_a_stream(answerer, world, monkeypatch):
    app = Endpoint(answerer, OpenDoor(world.viewer("Ada")))
    for query, found in (
        ("{ viewer { name } }", {"data": {"viewer": {"name": "employee:Ada"}}}),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { matrixChanged { at } }", "BAD_USER_INPUT"),
    ):
        async with reading(app, query) as stream:
            answer = json.loads((await stream.hear())["data"])
            answer.pop("extensions", None)
            code = answer["errors"][0]["extensions"]["code"] if "errors" in answer else answer
            assert code == found
            assert await stream.hear() == {"event": "complete", "data": ""}
    monkeypatch.setattr(limits, "SUBSCRIPTIONS", 0)
    async with reading(app, CHANGED) as stream:
        assert "LIMIT_EXCEEDED" in (await stream.hear())["data"]
    monkeypatch.setattr(limits, "EVENT_STREAMS", 0)
    async with reading(app, CHANGED) as stream:
        await stream.task
        assert (stream.status, stream.headers[b"retry-after"]) == (503, b"10")


async def test_a_client_that_takes_nothing_is_told_that_it_missed_something(live, monkeypatch, database):
    monkeypatch.setattr(listening, "WAITING", 3)
    ear = live.ear()
    heard = ear.hear(Wish("anything"))
    next_ = asyncio.ensure_future(anext(heard))
    await asyncio.wait_for(ear.listens.wait(), 10)
    async with database.transaction() as tx:
        await tell(tx, "anything", [id_of(str(n)) for n in range(5)])
    with pytest.raises(listening.Missed, match="over 3 changes"):
        await asyncio.wait_for(next_, 10)


async def test_a_thousand_who_are_idle_cost_one_connection_and_one_look(live, database, statements):
    ears = [live.ear() for _ in range(1000)]
    waiting = [asyncio.ensure_future(anext(ear.hear(Wish("anything")))) for ear in ears]
    await asyncio.gather(*(asyncio.wait_for(ear.listens.wait(), 10) for ear in ears))
    async with database.transaction() as tx:
        await tell(tx, "anything", [id_of("one")])
    before = len(statements)
    assert set(await asyncio.wait_for(asyncio.gather(*waiting), 10)) == {id_of("one")}
    assert len(statements) == before
    async with database.transaction() as tx:
        count = f"select count(*) {OURS}"
        assert (await tx.execute(text(count))).scalar_one() == 1
