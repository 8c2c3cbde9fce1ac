"""What is measured: the operations, as GraphQL for Cairn and the idiom, and as a path for the limit."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import asyncpg

VIEWER = """query Viewer { viewer { employee { id displayName title } } }"""

PROFILE = """
query Profile($id: ID!) {
  employee(id: $id) {
    id displayName email title location
    department { id name }
    manager { id displayName }
    jobRole { id name }
    levels(first: 50) { nodes { skill { id name } level isVerified } }
  }
}"""

PAGE = """
query Page {
  employees(first: 50) {
    nodes { id displayName title department { id name } manager { id displayName } jobRole { id name } }
    pageInfo { hasNextPage endCursor }
  }
}"""

MATRIX = """
query Matrix($team: ID!) {
  teamMatrix(team: $team) {
    columns { skill { id name } }
    rows { employee { id displayName title } jobRole { id name } cells { level isVerified required gap } }
  }
}"""

MATRIX_AT = MATRIX.replace("($team: ID!)", "($team: ID!, $at: DateTime!)").replace(
    "(team: $team)", "(team: $team, at: $at)"
)

FIRST = """
query Directory {
  employees(first: 50, where: { status: { eq: ACTIVE } }, orderBy: [{ displayName: ASC }]) {
    nodes { id displayName title department { id name } }
    pageInfo { hasNextPage endCursor }
  }
}"""

DEEP = FIRST.replace("Directory {", "Directory($after: String!) {").replace(
    "first: 50,", "first: 50, after: $after,"
)

DEPTH = 19_000


@dataclass(frozen=True)
class Sample:
    """One way to ask an operation."""

    variables: Mapping[str, Any]
    parameters: Mapping[str, str]
    """The same for the limit, in its query string."""


@dataclass(frozen=True)
class Operation:
    """Something that a client asks for."""

    name: str
    title: str
    document: str
    samples: Sequence[Sample]

    def graphql(self, sample: Sample, after: str | None = None) -> bytes:
        """The body of a GraphQL request; `after` is the server's own cursor for a place in the list."""
        variables = {**sample.variables} if after is None else {**sample.variables, "after": after}
        return json.dumps({"query": self.document, "variables": variables}).encode()

    def path(self, sample: Sample) -> str:
        """The path of a request to the limit."""
        query = urlencode(sample.parameters)
        return f"/{self.name}?{query}" if query else f"/{self.name}"


async def operations(connection: asyncpg.Connection, above: str = "0") -> list[Operation]:
    """All operations, with samples from the company: people below the employee of that number."""
    year_ago = (datetime.now(UTC) - timedelta(days=365)).replace(microsecond=0)
    people = await connection.fetch(
        "select employment.employee_id::text as id"
        " from employment join reporting_line line using (employee_id)"
        " join employee manager on manager.id = line.manager_id"
        " where manager.external_id = $1 and work = 'ACTIVE'"
        " and employment.valid @> current_date and line.valid @> current_date"
        " order by md5(employment.employee_id::text) limit 200",
        above,
    )
    teams = await connection.fetch(_TEAMS, year_ago, above)
    places = await connection.fetch(_PLACES, DEPTH - 500, 20)
    profiles = [Sample({"id": f"Employee:{row['id']}"}, {"id": row["id"]}) for row in people]
    matrices = [(row["id"], f"Team:{row['id']}") for row in teams]
    at = year_ago.isoformat()
    deep = [
        Sample(
            {"after": cursor(row["display_name"], row["id"])}, {"name": row["display_name"], "id": row["id"]}
        )
        for row in places
    ]
    return [
        Operation("viewer", "viewer", VIEWER, [Sample({}, {})]),
        Operation("profile", "profile with skills", PROFILE, profiles),
        Operation("page", "page of 50, three relations", PAGE, [Sample({}, {})]),
        Operation(
            "matrix",
            "team matrix 50 × 40",
            MATRIX,
            [Sample({"team": gid}, {"team": id_}) for id_, gid in matrices],
        ),
        Operation(
            "matrix-at",
            "matrix a year ago",
            MATRIX_AT,
            [Sample({"team": gid, "at": at}, {"team": id_, "at": at}) for id_, gid in matrices],
        ),
        Operation("first", "filtered, ordered: first page", FIRST, [Sample({}, {})]),
        Operation("deep", f"the same page {DEPTH:,} deep", DEEP, deep),
    ]


def cursor(name: str, id_: str) -> str:
    """A place in the directory, as the common idiom writes it."""
    return base64.urlsafe_b64encode(json.dumps([name, id_]).encode()).decode()


_TEAMS = """
with sized as (
  select team_id, at, count(distinct member.employee_id) as people, count(distinct skill_id) as skills
  from (values (now()), ($1)) as asked(at)
  join team_membership member on member.valid @> at
  join employment on employment.employee_id = member.employee_id and employment.valid @> at::date
  join role_skill using (job_role_id)
  where exists (select from reporting_line line join employee manager on manager.id = line.manager_id
    where manager.external_id = $2 and line.employee_id = member.employee_id and line.valid @> current_date)
  group by 1, 2
)
select team_id::text as id from sized where people = 50 and skills = 40
group by 1 having count(*) = 2 order by 1 limit 50
"""

_PLACES = """
select display_name, id::text from (
  select employee.display_name, employee.id, row_number() over (order by display_name, employee.id) as place
  from employee join employment on employee_id = employee.id
  where valid @> current_date and work = 'ACTIVE'
) numbered where place > $1 and place % 25 = 0 order by place limit $2
"""
