"""The limit: a Starlette route that sends the JSON of a statement written by hand, for that operation alone.

Each statement (`statements/`) says in one row what the operation asks for, and no row where the cookie's
session does not hold. They were tuned as long as anything came of it: what a list is walked by, and what is
joined to it once it is picked, is laid out; `now()` gives the planner an estimate that a parameter would not.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import asyncpg
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

STATEMENTS = Path(__file__).resolve().parent / "statements"
ABOVE = r"""(\1 = (select employee_id from me) or exists (select from reporting_line l
  where l.manager_id = (select employee_id from me) and l.employee_id = \1 and l.valid @> current_date))"""
"""What those who may not read everything must be to somebody."""
TEAMMATE = r"""(exists (select from team_membership t where t.employee_id = \1 and t.valid @> now()
  and exists (select from team_membership o where o.team_id = t.team_id and o.valid @> now()
      and o.employee_id = (select employee_id from me)))
  or exists (select from reporting_line t where t.employee_id = \1 and t.depth = 1 and t.valid @> current_date
    and exists (select from reporting_line o where o.manager_id = t.manager_id and o.depth = 1
      and o.valid @> current_date and o.employee_id = (select employee_id from me))))"""
"""Who may be shown what is verified, if the company allows it."""


def _statement(name: str, everything: bool, **terms: str) -> str:
    """A statement with the rules in it: for those who may read everything, or for anybody else."""
    text = (STATEMENTS / "me.sql").read_text() + (STATEMENTS / f"{name}.sql").read_text()
    if terms.get("AT") == "now()":
        text = "\n".join(line for line in text.splitlines() if not line.endswith("-- not today"))
    text = re.sub(r"SEES\(([\w.]+)\)", "true" if everything else ABOVE, text)
    text = re.sub(r"TEAMMATE\(([\w.]+)\)", TEAMMATE, text)
    for term, value in terms.items():
        text = re.sub(rf"\b{term}\b", lambda _, value=value: value, text)
    return text


class Limit:
    """The routes."""

    def __init__(self, pool: "asyncpg.Pool", *, everything: bool) -> None:
        self._pool = pool
        self._statements = {
            "viewer": _statement("viewer", everything),
            "profile": _statement("profile", everything),
            "page": _statement("page", everything),
            "matrix": _statement("matrix", everything, AT="now()", DAY="current_date"),
            "matrix-at": _statement("matrix", everything, AT="$3::timestamptz", DAY="$4::date"),
            "first": _statement("directory", everything, PLACE="true"),
            "deep": _statement(
                "directory", everything, PLACE="(e.display_name, e.id) > ($2::varchar, $3::uuid)"
            ),
        }

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/viewer", self.viewer),
            Route("/profile", self.profile),
            Route("/page", self.page),
            Route("/matrix", self.matrix),
            Route("/matrix-at", self.matrix_at),
            Route("/first", self.first),
            Route("/deep", self.deep),
        ]

    async def viewer(self, request: Request) -> Response:
        return await self._answer(request, "viewer")

    async def profile(self, request: Request) -> Response:
        return await self._answer(request, "profile", UUID(request.query_params["id"]))

    async def page(self, request: Request) -> Response:
        return await self._answer(request, "page")

    async def matrix(self, request: Request) -> Response:
        return await self._answer(request, "matrix", UUID(request.query_params["team"]))

    async def matrix_at(self, request: Request) -> Response:
        asked = datetime.fromisoformat(request.query_params["at"]).astimezone(UTC)
        return await self._answer(
            request, "matrix-at", UUID(request.query_params["team"]), asked, asked.date()
        )

    async def first(self, request: Request) -> Response:
        return await self._answer(request, "first")

    async def deep(self, request: Request) -> Response:
        return await self._answer(
            request, "deep", request.query_params["name"], UUID(request.query_params["id"])
        )

    async def _answer(self, request: Request, name: str, *arguments: object) -> Response:
        token = request.cookies.get("__Host-cairn", "")
        values: Sequence[object] = (sha256(token.encode()).digest(), *arguments)
        async with self._pool.acquire() as connection:
            body = await connection.fetchval(self._statements[name], *values)
        return Response(body, media_type="application/json") if body else Response("sign in", status_code=401)


def application(pool: "asyncpg.Pool", *, everything: bool) -> Starlette:
    """The limit as an application."""
    return Starlette(routes=Limit(pool, everything=everything).routes())


async def as_bytes(connection: asyncpg.Connection) -> None:
    """JSON comes as the bytes that are sent."""
    await connection.set_type_codec(
        "json", schema="pg_catalog", format="binary", encoder=bytes, decoder=bytes
    )


async def nothing_to_reset(_connection: asyncpg.Connection) -> None:
    """Reads leave nothing behind, and asyncpg's own way of clearing it is one more round trip."""
