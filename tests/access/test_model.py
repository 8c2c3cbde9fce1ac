"""Companies by chance: the rules in SQL come to what the model in plain Python says, however one asks.

People with managers at any depth, of today, of the past and to come; who left, came back, or has yet to
start; evidence, assignments, progress and awards of any time. Everybody of a company asks, and programs do:
single nodes, lists, counts, filters, orderings, aggregates, at several dates; mutations; and SCIM.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import orjson
import pytest
from httpx2 import ASGITransport, AsyncClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from access import model
from access.model import SEEN, Asker, Company
from cairn.access.permissions import Permission, Role
from cairn.access.viewer import Viewer
from cairn.app import application
from cairn.credentials import tables as credentials
from cairn.db.ranges import MultiRange, Range, from_day, since
from cairn.db.tables import Table_
from cairn.graph.serve import Answerer, Asked, Standing
from cairn.identity.sessions import digest
from cairn.identity.tables import ServiceToken
from cairn.identity.tokens import PREFIX, service
from cairn.pathways import tables as pathways
from cairn.people import tables as people
from cairn.people.reporting import refresh
from cairn.skills import tables as skills
from cairn.skills.tables import Source
from conftest import empty
from world import LONG_AGO, TODAY, id_of

NOW = datetime.combine(TODAY, time(12), UTC)
DAYS = (-900, -600, -300, -30, -1, 0, 1, 30, 200, 400)
"""When something begins or ends, in days from today; few, so that beginnings and ends meet."""
ROLES = (Role.EMPLOYEE, Role.LEARNING_ADMIN, Role.PEOPLE_ADMIN, Role.AUDITOR)
PROGRAMS = {
    "a feed": service("feed", ["READ_PEOPLE", "WRITE_PEOPLE"]),
    "a reader of learning": service("learning", ["READ_LEARNING"]),
    "a program": Viewer(None, frozenset(), "client:nobody"),
}
NODES = {
    "employment": "Employment",
    "evidence": "Evidence",
    "assignment": "Assignment",
    "progress": "Progress",
    "award": "Award",
    "withdrawn_employment": "WithdrawnEmployment",
}


def day(n):
    return TODAY + timedelta(days=n)


def instant(n):
    return datetime.combine(day(n), time(), UTC)


@dataclass
class Drawn:
    """What is written: rows by table, and who everybody is."""

    people: list
    roles: dict
    shares: bool
    """Whether teammates see levels."""
    rows: dict = field(default_factory=dict)

    def add(self, table, **row):
        self.rows.setdefault(table, []).append(row)


@st.composite
def stretches(draw):
    """A day it begins with, and one before which it ends; half go on."""
    start = draw(st.sampled_from(DAYS))
    return start, draw(st.none() | st.sampled_from([each for each in DAYS if each > start] or [None]))


@st.composite
def companies(draw):
    names = [f"P{n}" for n in range(draw(st.integers(3, 6)))]
    roles = {name: draw(st.sampled_from((*ROLES[:1] * 4, *ROLES))) for name in names}
    found = Drawn(names, roles, shares=draw(st.booleans()))
    for n, name in enumerate(names):
        cuts = sorted(draw(st.sets(st.sampled_from(DAYS), min_size=1, max_size=3)))
        for start, end in zip(cuts, [*cuts[1:], None], strict=True):
            if end is None and draw(st.integers(0, 3)) == 0:
                continue
            if end is not None and draw(st.integers(0, 4)) == 0:
                continue
            found.add(
                people.Employment,
                employee_id=id_of(name),
                valid=from_day(day(start), None if end is None else day(end)),
                manager_id=id_of(draw(st.sampled_from(names[:n]))) if n else None,
                title=draw(st.sampled_from(["Cook", "Smith"])),
            )
    somebody = st.sampled_from(names)
    for table, most, more in (
        (skills.Evidence, 6, _evidence),
        (pathways.Assignment, 3, _assignment),
        (pathways.Progress, 3, _progress),
        (credentials.Award, 3, _award),
        (people.TeamMembership, 4, _membership),
        (people.WithdrawnEmployment, 1, _mistake),
    ):
        for number in range(draw(st.integers(0, most))):
            start, end = draw(stretches())
            found.add(table, employee_id=id_of(draw(somebody)), **more(draw, names, number, start, end))
    return found


def _lasting(start, end):
    return since(instant(start), None if end is None else instant(end))


def _evidence(draw, names, _, start, end):
    by = draw(st.none() | st.sampled_from(names))
    return {
        "skill_id": id_of(draw(st.sampled_from(["Python", "SQL"]))),
        "level": draw(st.integers(0, 5)),
        "source": draw(st.sampled_from([Source.SELF, Source.PEER, Source.MANAGER, Source.IMPORT])),
        "valid": _lasting(start, end),
        "asserted_by_id": by and id_of(by),
        "recorded_at": instant(start),
        "note": "A note",
    }


def _assignment(draw, names, number, start, end):
    by, first = draw(st.none() | st.sampled_from(names)), draw(st.none() | st.sampled_from(DAYS))
    return {
        "assigned_by_id": by and id_of(by),
        "starts_on": None if first is None else day(first),
        "pathway_id": id_of(f"pathway {number}"),
        "version_id": id_of(f"version {number}"),
        "cause": pathways.Cause.SELF,
        "assigned_at": instant(start),
        "closed_at": None if end is None else instant(end),
        "closure": None if end is None else pathways.Closure.CANCELLED,
    }


def _progress(_draw, _names, _, start, end):
    return {
        "step_id": id_of("step"),
        "kind": pathways.ProgressKind.STARTED,
        "valid": _lasting(start, end),
        "recorded_at": instant(start),
    }


def _award(draw, _names, number, start, end):
    return {
        "credential_id": id_of(f"badge {number}"),
        "version_id": id_of(f"badge {number} 1"),
        "cause": credentials.AwardCause.APPROVAL,
        "awarded_at": instant(start),
        "held": MultiRange([_lasting(start, end)]),
        "is_hidden": draw(st.booleans()),
    }


def _membership(_draw, _names, number, start, end):
    return {"team_id": id_of(f"team {number}"), "valid": _lasting(start, end)}


def _mistake(_draw, _names, _, start, end):
    return {
        "valid": from_day(day(start), None if end is None else day(end)),
        "title": "Nobody",
        "work": people.Work.ACTIVE,
        "engagement": people.Engagement.EMPLOYEE,
        "recorded_at": LONG_AGO,
        "withdrawn_by": "employee:x",
        "reason": "A mistake",
    }


async def write(tx, drawn):
    """Writes a company, with what its people may learn."""
    put = [
        *([skills.Policy(id=id_of("policy"), teammates_see_levels=True)] if drawn.shares else []),
        skills.Framework(id=id_of("Own"), name="Own", version="1"),
        *(
            skills.Skill(id=id_of(name), framework_id=id_of("Own"), code=name, name=name)
            for name in ("Python", "SQL")
        ),
        *(pathways.Pathway(id=id_of(f"pathway {n}"), code=f"p{n}", title="P") for n in range(4)),
        *(
            pathways.PathwayVersion(
                id=id_of(f"version {n}"),
                pathway_id=id_of(f"pathway {n}"),
                number=1,
                status=pathways.VersionStatus.PUBLISHED,
                completion={"all": []},
                published_at=LONG_AGO,
            )
            for n in range(4)
        ),
        pathways.Step(
            id=id_of("step"),
            version_id=id_of("version 3"),
            key="s",
            position=1,
            title="S",
            kind=pathways.StepKind.COURSE,
            proof=pathways.Proof.MANAGER,
            requirement={"all": []},
        ),
        *(
            credentials.Credential(
                id=id_of(f"badge {n}"), code=f"b{n}", kind=credentials.CredentialKind.BADGE
            )
            for n in range(3)
        ),
        *(
            credentials.CredentialVersion(
                id=id_of(f"badge {n} 1"),
                credential_id=id_of(f"badge {n}"),
                number=1,
                name="B",
                description="B",
                criteria="B",
                requirement={"all": []},
                awarded_by=credentials.AwardedBy.APPROVAL,
                published_at=LONG_AGO,
            )
            for n in range(3)
        ),
        *(
            people.Employee(
                id=id_of(name),
                given_name=name,
                family_name="Test",
                display_name=name,
                email=f"{name.lower()}@example.com",
                created_at=LONG_AGO,
            )
            for name in drawn.people
        ),
        people.Employee(
            id=id_of("Pat"),
            given_name="Pat",
            family_name="Test",
            display_name="Pat",
            email="pat@example.com",
            created_at=LONG_AGO,
        ),
        people.Employment(id=id_of("Pat's"), employee_id=id_of("Pat"), valid=from_day(day(-900))),
        *(people.Team(id=id_of(f"team {n}"), name=f"Team {n}") for n in range(4)),
    ]
    for row in put:
        tx.add(row)
        await tx.flush()
    for table, rows in drawn.rows.items():
        for n, row in enumerate(rows):
            row["id"] = id_of(f"{table.__name__} {n}")
        await tx.execute(insert(table), rows)
    await refresh(tx, [id_of(name) for name in drawn.people])


TABLES = (
    "employee",
    "employment",
    "withdrawn_employment",
    "team_membership",
    "evidence",
    "pathway_version",
    "policy",
    "assignment",
    "progress",
    "award",
)


async def read(tx):
    """The rows as they are stored."""
    tables = Table_.metadata.tables
    return {
        name: [dict(row) for row in (await tx.execute(tables[name].select())).mappings()] for name in TABLES
    }


class Seen:
    """What somebody may see of a company, by the model."""

    def __init__(self, asker):
        self.asker = asker
        self.company = asker.company

    def rows(self, table, **named):
        """The rows of a table that they see."""
        return [
            row
            for row in self.company.rows[table]
            if all(row[name] == value for name, value in named.items()) and SEEN[table](row, self.asker)
        ]

    def ids(self, table, **named):
        return {f"{NODES[table]}:{row['id']}" for row in self.rows(table, **named)}

    def position(self, employee, at):
        """The employment at a date, where they see it."""
        row = self.company.employment(employee, at.date())
        return row if row is not None and model.holding(row, self.asker, at) else None

    def status(self, employee, at):
        today = at.date() == self.company.today
        if not today and not model.known_at(employee, Permission.READ_PEOPLE, self.asker, at):
            return None
        if self.company.employment(employee, at.date()) is not None:
            return "ACTIVE"
        stints = [row for row in self.company.rows["employment"] if row["employee_id"] == employee]
        later = [row for row in stints if row["valid"].lower > at.date()]
        told = [row for row in later if SEEN["employment"](row, self.asker)]
        return "PREHIRE" if told or (later and later == stints) else "TERMINATED"

    def above(self, manager, employee, at):
        """Whether they see that somebody is above somebody at a date."""
        above = self.company.is_above(manager, employee, at.date())
        return above and model.holding({"employee_id": employee}, self.asker, at)

    def teams(self, employee, at):
        return sorted(
            f"Team:{row['team_id']}"
            for row in self.company.rows["team_membership"]
            if row["employee_id"] == employee and at in row["valid"] and model.holding(row, self.asker, at)
        )

    def levels(self, employee, at):
        """By skill: the level and whether it is verified; of teammates what is."""
        known = model.known_at(employee, Permission.READ_LEARNING, self.asker, at)
        if not known and not model.shared(employee, self.asker, at):
            return {}
        found = {}
        for skill in ("Python", "SQL"):
            held = [
                row
                for row in self.company.rows["evidence"]
                if row["employee_id"] == employee and row["skill_id"] == id_of(skill) and at in row["valid"]
            ]
            sure = [row["level"] for row in held if row["source"] not in {Source.SELF, Source.PEER}]
            if sure or (held and known):
                found[skill] = (max(sure or [row["level"] for row in held]), bool(sure))
        return found

    def bounds(self, row):
        """From when and until when an employment is, as far as they may know."""
        first, after = row["valid"].lower, row["valid"].upper
        return (
            str(first) if model.began(row, self.asker) else None,
            str(after) if after and model.ends(row, self.asker) else None,
        )


RECORDS = """
query ($ids: [ID!]!, $hidden: ID!) {
  nodes(ids: $ids) { id }
  node(id: $hidden) { id }
  assignments(first: 200) { totalCount nodes { id } }
  awards(first: 200) { totalCount nodes { id } }
  closed: assignments(where: { closedAt: { isNull: false } }) { totalCount }
  employees(first: 200) {
    nodes {
      id email
      employments(orderBy: [{ until: ASC }, { since: DESC }]) { totalCount nodes { id since until } }
      withdrawnEmployments { totalCount }
      evidence(where: { note: { eq: "A note" } }) { totalCount nodes { id note } }
      assignments { totalCount }
      progress { totalCount nodes { id } }
      awards(where: { isHidden: { eq: true } }) { totalCount }
    }
  }
  reachable: employees(where: { email: { isNull: false } }) { totalCount }
  by_email: employees(where: { email: { startsWith: "p" } }) { totalCount }
  going: employees(where: { employments: { some: { until: { isNull: false } } } }) { totalCount }
  staying: employees(where: { employments: { every: { until: { isNull: true } } } }) { totalCount }
  skilled: employees(where: { evidence: { some: { level: { gte: 3 } } } }) { totalCount }
  unskilled: employees(where: { evidence: { none: {} } }) { totalCount }
  holders: credentials(where: { awards: { some: { isHidden: { eq: true } } } }) { totalCount }
}
"""


def expected_records(seen):
    everybody = [row["id"] for row in seen.company.rows["employee"]]
    reach = {id_: model.contact(id_, seen.asker) for id_ in everybody}
    stints = {id_: seen.rows("employment", employee_id=id_) for id_ in everybody}
    ends = {id_: [seen.bounds(row)[1] for row in rows] for id_, rows in stints.items()}
    evidence = {id_: seen.rows("evidence", employee_id=id_) for id_ in everybody}
    made = [row for row in seen.rows("assignment") if row["assigned_at"] <= seen.company.now]
    closed = [row for row in made if row["closed_at"] is not None]
    hidden = [row for row in seen.rows("award") if row["is_hidden"]]
    return {
        "assignments": {f"Assignment:{row['id']}" for row in made},
        "awards": seen.ids("award"),
        "closed": len(closed),
        "employees": {
            f"Employee:{id_}": {
                "email": seen.company.by_id[id_]["email"] if reach[id_] else None,
                "employments": sorted((f"Employment:{row['id']}", *seen.bounds(row)) for row in stints[id_]),
                "withdrawn": len(seen.rows("withdrawn_employment", employee_id=id_)),
                "evidence": {
                    f"Evidence:{row['id']}" for row in evidence[id_] if model.noted(row, seen.asker)
                },
                "assignments": sum(
                    row["assigned_at"] <= seen.company.now for row in seen.rows("assignment", employee_id=id_)
                ),
                "progress": seen.ids("progress", employee_id=id_),
                "hidden": sum(row["employee_id"] == id_ for row in hidden),
            }
            for id_ in everybody
        },
        "reachable": sum(reach.values()),
        "by_email": sum(reach.values()),
        "going": sum(any(each) for each in ends.values()),
        "staying": sum(not any(each) for each in ends.values()),
        "skilled": sum(any(row["level"] >= 3 for row in rows) for rows in evidence.values()),
        "unskilled": sum(not rows for rows in evidence.values()),
        "holders": len({row["credential_id"] for row in hidden}),
    }


def told_records(data):
    """An answer in the form of the expectation; counts are those of the rows, and nulls come last."""
    employees = {}
    for each in data["employees"]["nodes"]:
        stints = each["employments"]["nodes"]
        for connection in ("employments", "evidence", "progress"):
            assert each[connection]["totalCount"] == len(each[connection]["nodes"])
        ends = [stint["until"] for stint in stints]
        assert ends == sorted(ends, key=lambda end: (end is None, end or "")), "in order, what is hidden last"
        assert all(row["note"] == "A note" for row in each["evidence"]["nodes"])
        employees[each["id"]] = {
            "email": each["email"],
            "employments": sorted((stint["id"], stint["since"], stint["until"]) for stint in stints),
            "withdrawn": each["withdrawnEmployments"]["totalCount"],
            "evidence": {row["id"] for row in each["evidence"]["nodes"]},
            "assignments": each["assignments"]["totalCount"],
            "progress": {row["id"] for row in each["progress"]["nodes"]},
            "hidden": each["awards"]["totalCount"],
        }
    lists = {}
    for name in ("assignments", "awards"):
        lists[name] = {row["id"] for row in data[name]["nodes"]}
        assert data[name]["totalCount"] == len(lists[name])
    counts = ("closed", "reachable", "by_email", "going", "staying", "skilled", "unskilled", "holders")
    return {"employees": employees, **lists, **{name: data[name]["totalCount"] for name in counts}}


HOLDING = """
query ($at: DateTime!, $team: ID!, $manager: ID!) {
  employees(first: 200, at: $at, orderBy: [{ title: ASC }, { displayName: ASC }]) {
    nodes {
      id title status manager { id } managers { nodes { id } }
      reports(depth: null) { totalCount nodes { id } }
      teams { nodes { id } } levels { totalCount nodes { skill { name } level isVerified } }
    }
  }
  cooks: employees(at: $at, where: { title: { eq: "Cook" } }) { totalCount }
  untitled: employees(at: $at, where: { title: { isNull: true } }) { totalCount }
  active: employees(at: $at, where: { status: { eq: ACTIVE } }) { totalCount }
  gone: employees(at: $at, where: { status: { eq: TERMINATED } }) { totalCount }
  managed: employees(at: $at, where: { manager: { id: { eq: $manager } } }) { totalCount }
  team(id: $team) { members(at: $at) { totalCount nodes { id } } }
  teamMatrix(at: $at, manager: $manager, depth: null, skills: []) { rows { employee { id } isWithheld } }
}
"""


def expected_holding(seen, at, top):
    everybody = [row["id"] for row in seen.company.rows["employee"]]
    found = {}
    for id_ in everybody:
        position = seen.position(id_, at)
        manager = position and position["manager_id"]
        found[f"Employee:{id_}"] = {
            "title": position and position["title"],
            "status": seen.status(id_, at),
            "manager": manager and f"Employee:{manager}",
            "managers": {f"Employee:{each}" for each in everybody if seen.above(each, id_, at)},
            "reports": {f"Employee:{each}" for each in everybody if seen.above(id_, each, at)},
            "teams": seen.teams(id_, at),
            "levels": seen.levels(id_, at),
        }
    each = found.values()
    return {
        "employees": found,
        "cooks": sum(row["title"] == "Cook" for row in each),
        "untitled": sum(row["title"] is None for row in each),
        "active": sum(row["status"] == "ACTIVE" for row in each),
        "gone": sum(row["status"] == "TERMINATED" for row in each),
        "managed": sum(row["manager"] == f"Employee:{top}" for row in each),
        "team": {id_ for id_, row in found.items() if f"Team:{id_of('team 0')}" in row["teams"]},
        "matrix": {
            f"Employee:{id_}": not model.known_at(id_, Permission.READ_LEARNING, seen.asker, at)
            and not model.shared(id_, seen.asker, at)
            for id_ in everybody
            if seen.above(top, id_, at)
        },
    }


def told_holding(data):
    titles = [row["title"] for row in data["employees"]["nodes"]]
    assert titles == sorted(titles, key=lambda title: (title is None, title or "")), "hidden last"
    found = {}
    for each in data["employees"]["nodes"]:
        for connection in ("reports", "levels"):
            assert each[connection]["totalCount"] == len(each[connection]["nodes"])
        found[each["id"]] = {
            "title": each["title"],
            "status": each["status"],
            "manager": each["manager"] and each["manager"]["id"],
            "managers": {row["id"] for row in each["managers"]["nodes"]},
            "reports": {row["id"] for row in each["reports"]["nodes"]},
            "teams": sorted(row["id"] for row in each["teams"]["nodes"]),
            "levels": {
                row["skill"]["name"]: (row["level"], row["isVerified"]) for row in each["levels"]["nodes"]
            },
        }
    members = data["team"]["members"]
    assert members["totalCount"] == len(members["nodes"])
    return {
        "employees": found,
        **{name: data[name]["totalCount"] for name in ("cooks", "untitled", "active", "gone", "managed")},
        "team": {row["id"] for row in members["nodes"]},
        "matrix": {row["employee"]["id"]: row["isWithheld"] for row in data["teamMatrix"]["rows"]},
    }


VERBS = """
mutation ($assess: AssessSkillInput!, $withdraw: WithdrawEvidenceInput!, $cancel: CancelAssignmentInput!,
          $start: StartStepInput!, $assign: AssignPathwayInput!) {
  assess: assessSkill(input: $assess) { __typename }
  withdraw: withdrawEvidence(input: $withdraw) { __typename }
  cancel: cancelAssignment(input: $cancel) { __typename }
  start: startStep(input: $start) { __typename }
  assign: assignPathway(input: $assign) {
    __typename ... on AssignPathwayPayload { results { outcome } }
  }
}
"""
NOBODY = id_of("nobody")


def asked_of(company, employee):
    """What is asked of the verbs about somebody, as a dry run."""
    gid = f"Employee:{employee}"

    def first(table):
        rows = [row for row in company.rows[table] if row["employee_id"] == employee]
        return rows[0] if rows else {"id": NOBODY}

    return {
        "assess": {"employee": gid, "skill": f"Skill:{id_of('SQL')}", "level": 1},
        "withdraw": {"evidence": f"Evidence:{first('evidence')['id']}", "reason": "A mistake"},
        "cancel": {"assignment": f"Assignment:{first('assignment')['id']}", "reason": "Enough"},
        "start": {"employee": gid, "step": f"Step:{id_of('step')}"},
        "assign": {"employees": [gid], "pathway": f"Pathway:{id_of('pathway 3')}"},
    }


def expected_verbs(seen, employee, input_):
    """What each comes to: whether it is theirs to do, seen, or not there."""
    asker, company = seen.asker, seen.company
    learning_admin, own = asker.may(Permission.WRITE_LEARNING), asker.me == employee
    above = asker.manages(employee)
    will = asker.manages(employee, Range(company.today, None, bounds="[)"))

    def about(table, id_, may):
        row = company.by_id.get(id_)
        if row is None or not SEEN[table](row, asker):
            return "NotFound"
        return None if may(row) else "NotAllowed"

    def key(gid):
        return next(id_ for id_ in (*company.by_id, NOBODY) if str(id_) == gid.partition(":")[2])

    peer = asker.me is not None and not asker.may(Permission.READ_AUDIT)
    said = about(
        "evidence",
        key(input_["withdraw"]["evidence"]),
        lambda row: learning_admin or (asker.me is not None and row["asserted_by_id"] == asker.me),
    )

    def ends(row):
        waits = row["starts_on"] is not None and row["starts_on"] > company.today
        assigned = asker.me is not None and row["assigned_by_id"] == asker.me
        return learning_admin or own or above or (will and (waits or assigned))

    ended = about("assignment", key(input_["cancel"]["assignment"]), ends)
    return {
        "assess": None if own or above or learning_admin or peer else "NotAllowed",
        "withdraw": said,
        "cancel": ended,
        "start": None if own or above or learning_admin else "NotAllowed",
        "assign": None if own or will or learning_admin else "NotAllowed",
    }


def told_verbs(data):
    """Whether it was refused for who asked; what else may be wrong with it is no matter here."""
    refusals = {"NotFound", "NotAllowed"}
    found = {name: each["__typename"] for name, each in data.items()}
    if {"outcome": "NOT_ALLOWED"} in data["assign"].get("results", ()):
        found["assign"] = "NotAllowed"
    return {name: type_ if type_ in refusals else None for name, type_ in found.items()}


def differences(found, expected, path=()):
    """Where two answers differ; pytest's own comparison of what is so deep takes minutes."""
    if isinstance(found, dict) and isinstance(expected, dict) and found.keys() == expected.keys():
        return [each for name in found for each in differences(found[name], expected[name], (*path, name))]
    return [] if found == expected else [(".".join(path), found, expected)]


@pytest.fixture
def answerer(schema, database, monkeypatch):
    monkeypatch.setattr("cairn.graph.serve.now", lambda: NOW)
    return Answerer(schema, database)


class Ask:
    def __init__(self, answerer, viewer):
        self.answerer = answerer
        self.viewer = viewer

    async def __call__(self, query, **variables):
        body = await self.answerer.answer(Asked(query, None, variables), Standing(self.viewer))
        answer = orjson.loads(body)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(companies(), st.data())
async def test_any_company_by_any_way_of_asking(answerer, directory, database, drawn, data):
    await empty(database)
    async with database.transaction() as tx:
        await write(tx, drawn)
        company = Company(await read(tx), NOW)
    ids = {table: [f"{type_}:{row['id']}" for row in company.rows[table]] for table, type_ in NODES.items()}
    everything = [each for some in ids.values() for each in some]
    top = id_of(data.draw(st.sampled_from(drawn.people[:2])))
    ats = data.draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=2, unique=True))
    viewers = {
        name: Viewer(id_of(name), frozenset({Role.EMPLOYEE, drawn.roles[name]}), f"employee:{name}")
        for name in drawn.people
    }
    asking = data.draw(st.lists(st.sampled_from([*viewers, *PROGRAMS]), min_size=2, max_size=3, unique=True))
    for name in asking:
        viewer = viewers.get(name) or PROGRAMS[name]
        seen, ask = Seen(Asker(viewer, company)), Ask(answerer, viewer)
        shown = set().union(*(seen.ids(table) for table in NODES))
        hidden = min(set(everything) - shown, default=f"Evidence:{NOBODY}")
        found = await ask(RECORDS, ids=everything, hidden=hidden)
        assert {each["id"] for each in found["nodes"] if each} == shown, name
        assert found["node"] is None, name
        assert differences(told_records(found), expected_records(seen)) == [], name
        for at in (*(instant(each) for each in ats), NOW):
            variables = {
                "at": at.isoformat(),
                "team": f"Team:{id_of('team 0')}",
                "manager": f"Employee:{top}",
            }
            found = await ask(HOLDING, **variables)
            assert differences(told_holding(found), expected_holding(seen, at, top)) == [], (name, at)
        about = id_of(data.draw(st.sampled_from(drawn.people)))
        input_ = asked_of(company, about)
        dry = {verb: {**each, "dryRun": True} for verb, each in input_.items()}
        assert differences(told_verbs(await ask(VERBS, **dry)), expected_verbs(seen, about, input_)) == [], (
            name
        )
    await directories_see_people_or_nothing(database, directory, company)


@pytest.fixture
async def directory(database):
    """The program's whole front, as a directory reaches it."""
    app = application(database, [], "https://cairn.test")
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="https://cairn.test") as client,
    ):
        yield client


async def directories_see_people_or_nothing(database, directory, company):
    """By SCIM everybody, with the permission to read people; without it not even who is there."""
    secrets = {name: f"{PREFIX}{name}" for name in ("READ_PEOPLE", "READ_LEARNING")}
    async with database.transaction() as tx:
        for name, secret in secrets.items():
            tx.add(
                ServiceToken(
                    name=name,
                    key=digest(secret),
                    ending="abcd",
                    permissions=[name],
                    owner_id=id_of("Pat"),
                    expires_at=datetime.now(UTC) + timedelta(days=1),
                )
            )
    everybody = {str(row["id"]) for row in company.rows["employee"]}
    paths = ("?count=100", f"/{min(everybody)}", f"/{NOBODY}", '?filter=displayName eq "P0"')
    found = {}
    for name, secret in secrets.items():
        headers = {"authorization": f"Bearer {secret}"}
        found[name] = [await directory.get(f"/scim/v2/Users{path}", headers=headers) for path in paths]
    assert [answer.status_code for answer in found["READ_PEOPLE"]] == [200, 200, 404, 200]
    listed = found["READ_PEOPLE"][0].json()
    assert listed["totalResults"] == len(everybody)
    assert {each["id"] for each in listed["Resources"]} == everybody
    assert found["READ_PEOPLE"][3].json()["totalResults"] == 1
    told = {(answer.status_code, answer.content) for answer in found["READ_LEARNING"]}
    assert [status for status, _ in told] == [403], "the same answer, whoever is there"
