"""How long completions hold, and the rounds in which they are renewed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import text

from cairn.jobs.drain import drain
from cairn.pathways import currency
from pathways.writing import COMPLETE, assign, step, write
from stored import unchanged
from world import id_of

HELD = """
query ($id: ID!, $at: DateTime) {
  employee(id: $id, at: $at) {
    pathwayCompletions { nodes { pathway { code } holds since until } }
    assignments(orderBy: [{assignedAt: ASC}]) {
      nodes { pathway { code } cause round renews { code } dueOn status stepsDone }
    }
  }
}
"""
YEARLY = {"validity": "P1Y", "window": "P60D"}


@pytest.fixture
def ben(world):
    return world.gid("Employee", "Ben")


@pytest.fixture
async def safety(ask):
    return await write(ask, "safety", [step("read"), step("drill", after=["read"])], currency=YEARLY)


async def of(ask, who, at=None):
    """Their completions and assignments: of each assignment its pathway, round, status and steps done."""
    found = (await ask(HELD, {"id": who, "at": at and at.isoformat()}))["employee"]
    completions = {
        each["pathway"]["code"]: (each["holds"], each["until"] and datetime.fromisoformat(each["until"]))
        for each in found["pathwayCompletions"]["nodes"]
    }
    assignments = [
        (each["pathway"]["code"], each["cause"], each["round"], each["status"], each["stepsDone"])
        for each in found["assignments"]["nodes"]
    ]
    return completions, assignments


async def do(ask, who, pathway, *keys):
    for key in keys:
        done = await ask.do(COMPLETE, {"step": pathway.steps[key], "employee": who})
        assert done["__typename"] == "Progress", done


async def night(database, url):
    """What the worker does in a night."""
    async with database.transaction() as tx:
        await currency.open_rounds(tx, datetime.now(UTC))
    await drain(database, url)


async def test_a_year_and_a_half_of_a_yearly_pathway(ask, database, url, ben, safety):
    with time_machine.travel(datetime(2031, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        await assign(ask, safety, ben)
        await do(ask, ben, safety, "read", "drill")
        end = datetime(2032, 3, 1, 12, tzinfo=UTC)
        assert await of(ask, ben) == ({"safety": (True, end)}, [("safety", "MANAGER", 1, "COMPLETED", 2)])

        clock.move_to(end - timedelta(days=61))
        await night(database, url)
        assert len((await of(ask, ben))[1]) == 1
        clock.move_to(end - timedelta(days=59))
        for _ in range(2):
            await night(database, url)
        first = ("safety", "MANAGER", 1, "COMPLETED", 2)
        assert (await of(ask, ben))[1] == [first, ("safety", "RENEWAL", 2, "ASSIGNED", 0)]
        found = (await ask(HELD, {"id": ben}))["employee"]["assignments"]["nodes"][1]
        assert (found["renews"], found["dueOn"]) == ({"code": "safety"}, "2032-03-01")
        await do(ask, ben, safety, "read")
        assert (await of(ask, ben))[1] == [first, ("safety", "RENEWAL", 2, "IN_PROGRESS", 1)]

        clock.move_to(end + timedelta(days=5))
        lapsed = ("safety", "MANAGER", 1, "LAPSED", 2)
        assert await of(ask, ben) == (
            {"safety": (False, None)},
            [lapsed, ("safety", "RENEWAL", 2, "OVERDUE", 1)],
        )
        await do(ask, ben, safety, "drill")
        again = datetime(2033, 3, 6, 12, tzinfo=UTC)
        assert await of(ask, ben) == (
            {"safety": (True, again)},
            [first, ("safety", "RENEWAL", 2, "COMPLETED", 2)],
        )
        assert await of(ask, ben, end + timedelta(days=1)) == (
            {"safety": (False, None)},
            [lapsed, ("safety", "RENEWAL", 2, "OVERDUE", 1)],
        )


async def test_a_round_done_early_goes_on_from_when_it_was_done(ask, database, url, ben, safety):
    with time_machine.travel(datetime(2031, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        await assign(ask, safety, ben)
        await do(ask, ben, safety, "read", "drill")
        clock.move_to(datetime(2032, 2, 1, 12, tzinfo=UTC))
        await night(database, url)
        await do(ask, ben, safety, "read", "drill")
        completions, _ = await of(ask, ben)
        assert completions == {"safety": (True, datetime(2033, 2, 1, 12, tzinfo=UTC))}
        holes = "select count(*) from pathway_completion, unnest(held)"
        async with database.transaction() as tx:
            assert (await tx.execute(text(holes))).scalar_one() == 1


async def test_another_pathway_renews_it(ask, database, url, ben):
    short = await write(ask, "refresher", [step("quiz")])
    given = {"validity": "P1Y", "window": "P60D", "renewedBy": short.id}
    full = await write(ask, "first-aid", [step("read"), step("drill")], currency=given)
    with time_machine.travel(datetime(2031, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        await assign(ask, full, ben)
        await do(ask, ben, full, "read", "drill")
        for year in (2032, 2033):
            clock.move_to(datetime(year, 2, 1, 12, tzinfo=UTC))
            await night(database, url)
            assert (await of(ask, ben))[1][-1][:4] == ("refresher", "RENEWAL", year - 2030, "ASSIGNED")
            await do(ask, ben, short, "quiz")
            completions, assignments = await of(ask, ben)
            assert completions["first-aid"] == (True, datetime(year + 1, 2, 1, 12, tzinfo=UTC))
            assert assignments[-1][3] == "COMPLETED"


async def test_a_round_that_is_waived_is_not_opened_again(ask, database, url, ben, safety):
    waive = "mutation ($input: WaiveAssignmentInput!) { waiveAssignment(input: $input) { __typename } }"
    with time_machine.travel(datetime(2031, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        await assign(ask, safety, ben)
        await do(ask, ben, safety, "read", "drill")
        clock.move_to(datetime(2032, 2, 1, tzinfo=UTC))
        await night(database, url)
        open_ = """query ($id: ID!) {
          employee(id: $id) { assignments(where: {status: {eq: ASSIGNED}}) { nodes { id } } }
        }"""
        [renewal] = (await ask(open_, {"id": ben}))["employee"]["assignments"]["nodes"]
        await ask.do(waive, {"assignment": renewal["id"], "reason": "Teaches it"})
        clock.move_to(datetime(2032, 4, 1, tzinfo=UTC))
        await night(database, url)
        _, assignments = await of(ask, ben)
        assert [each[3] for each in assignments] == ["LAPSED", "WAIVED"]
        await assign(ask, safety, ben)
        _, assignments = await of(ask, ben)
        assert assignments[-1] == ("safety", "MANAGER", 3, "ASSIGNED", 0)


async def test_who_has_left_is_not_asked_to_renew(ask, database, url, ben, safety):
    leave = "mutation ($input: TerminateInput!) { terminate(input: $input) { __typename } }"
    with time_machine.travel(datetime(2031, 3, 1, 12, tzinfo=UTC), tick=False) as clock:
        await assign(ask, safety, ben)
        await do(ask, ben, safety, "read", "drill")
        await ask.do(leave, {"employee": ben, "lastDay": "2031-12-31"})
        await drain(database, url)
        clock.move_to(datetime(2032, 2, 1, tzinfo=UTC))
        await night(database, url)
        assert len((await of(ask, ben))[1]) == 1


@pytest.mark.parametrize(
    ("given", "path", "message"),
    [
        ({"validity": "PT45M"}, "validity", "must be whole years, months, weeks or days in ISO 8601"),
        ({"validity": "P30D", "window": "P1M"}, "window", "must be shorter than the validity"),
        (
            {"validity": "P1Y", "renewedBy": f"Pathway:{id_of('nothing')}"},
            "renewedBy",
            "there is no pathway with that id",
        ),
    ],
)
async def test_currency_that_makes_no_sense(ask, world, database, given, path, message):  # noqa: ARG001  # who asks
    input_ = {"code": "x", "title": "X", "steps": [step("read")], "currency": given}
    create = """mutation ($input: CreatePathwayInput!) {
      createPathway(input: $input) { __typename ... on InvalidInput { problems { path message } } }
    }"""
    async with unchanged(database):
        refused = await ask.do(create, input_)
    [problem] = refused["problems"]
    assert problem["path"] == ["currency", path]
    assert message in problem["message"]
