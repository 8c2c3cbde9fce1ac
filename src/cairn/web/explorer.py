"""GraphiQL at `/graphql` for a browser, with examples that fit whoever has signed in."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from cairn.graph.serve import Answerer, Asked, Standing, Turned
from cairn.identity.door import Door
from cairn.web.pages import page

ABOUT_ME = """
query {
  viewer {
    name
    permissions
    employee {
      id
      displayName
      reports(first: 1) { totalCount }
      teams(first: 1) { nodes { id name } }
    }
  }
  pathways(first: 1, where: {published: {number: {gte: 1}}}) { nodes { id title } }
}
"""

ME = """\
# Who you are, what you can do, and what you are learning.
query Me {
  viewer {
    employee {
      displayName
      title
      manager { displayName }
      levels(first: 50) {
        nodes { level isVerified until skill { name } }
      }
      assignments {
        nodes { status dueOn stepsDone stepsTotal pathway { title } }
      }
      awards {
        nodes { status until version { name } }
      }
    }
  }
}
"""

MATRIX = """\
# Who can do what, beside what their job roles require.
# For another day, say so: at: "2025-01-01T00:00:00Z"
query Matrix {
  teamMatrix(%s) {
    columns { skill { name } }
    rows {
      employee { displayName }
      jobRole { name }
      isWithheld
      cells { level isVerified required gap until }
    }
  }
}
"""

ASSIGN = """\
# Assigns a pathway to people.
# As a dry run it shows what would come of it, and changes nothing.
mutation Assign {
  assignPathway(input: {
    pathway: "%s"
    employees: ["%s"]
    dryRun: true
  }) {
    ... on AssignPathwayPayload {
      pathway { title }
      results { outcome employee { displayName } assignment { id status } }
    }
    ... on Refusal { __typename message }
  }
}
"""

PEOPLE = """\
# People, filtered and ordered; a page at a time with `after`.
query People {
  employees(
    first: 20
    where: {status: {eq: ACTIVE}, department: {name: {startsWith: "Prod"}}}
    orderBy: [{familyName: ASC}]
  ) {
    totalCount
    pageInfo { hasNextPage endCursor }
    nodes { displayName title department { name } manager { displayName } email withheld { field reason } }
  }
}
"""

AUDIT = """\
# What was done, by whom, newest first.
query Audit {
  auditEntries(first: 20, orderBy: [{at: DESC}]) {
    nodes { at viewer verb subjectType before after }
  }
}
"""


class Explorer:
    """`/graphql`: a page for a browser that opens it, the API for everything else."""

    def __init__(self, api: ASGIApp, door: Door, answerer: Answerer) -> None:
        self.api = api
        self.door = door
        self.answerer = answerer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if not _opened_in_a_browser(scope):
            await self.api(scope, receive, send)
            return
        standing = await self.door.enter(scope, page=True)
        if isinstance(standing, Turned):
            response: Any = RedirectResponse("/auth/login?next=/graphql", 303)
        else:
            about = await self._about(standing)
            if about is None:
                response = RedirectResponse("/auth/login?next=/graphql", 303)
            else:
                name = about["viewer"]["employee"] or {"displayName": about["viewer"]["name"]}
                setup = orjson.dumps({"examples": examples(about)}).decode().replace("<", "\\u003c")
                response = page("explorer.html", name=name["displayName"], setup=setup)
        await response(scope, receive, send)

    async def _about(self, standing: Standing) -> dict[str, Any] | None:
        body = await self.answerer.answer(Asked(ABOUT_ME, None, {}), standing)
        return None if body is None else orjson.loads(body)["data"]


def _opened_in_a_browser(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET":
        return False
    request = Request(scope)
    return "text/html" in request.headers.get("accept", "") and "query" not in request.query_params


def examples(about: dict[str, Any]) -> list[dict[str, str]]:
    """Queries that answer something to this viewer, the most telling first."""
    viewer = about["viewer"]
    me = viewer["employee"]
    found: list[str] = []
    if me is not None:
        teams = [f'team: "{team["id"]}"' for team in me["teams"]["nodes"]]
        whose = f'manager: "{me["id"]}"' if me["reports"]["totalCount"] else next(iter(teams), None)
        found += (
            [ME] if whose is None else [MATRIX % whose, ME] if "manager" in whose else [ME, MATRIX % whose]
        )
    found.append(PEOPLE)
    for pathway in about["pathways"]["nodes"] if me is not None else ():
        found.append(ASSIGN % (pathway["id"], me["id"]))
    if "READ_AUDIT" in viewer["permissions"]:
        found.insert(0, AUDIT)
    return [{"query": query} for query in found]
