"""`/ims/ob/v3p0`: the API of Open Badges 3.0 (section 6), for apps that people let act for them.

A token of such an app opens this and nothing else, and nothing else opens this. Refusals are told as
`Imsx_StatusInfo` (appendix B.3.1).
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.access.refusal import InvalidInput, NotAllowed
from cairn.credentials import brought, document, holder
from cairn.credentials.outside import Outside
from cairn.credentials.report import Result, Unreadable, id_of, instant_of, read, strings
from cairn.db.engine import Database
from cairn.identity import grants
from cairn.identity.apps import AppScope
from cairn.identity.grants import Caller
from cairn.identity.rates import Kind, Rates
from cairn.people.tables import Employee
from cairn.settings import Settings
from cairn.web.discovery import description
from cairn.web.pages import body_of
from cairn.web.verify import OwnAndOthers

log = logging.getLogger("cairn.web")

BASE = "/ims/ob/v3p0"
MOST, BY_DEFAULT = 200, 50
"""Credentials of a page."""
LONGEST = brought.LONGEST + 1_000
AT_ONCE = 4
"""Credentials that are checked at a time; others wait."""
SECONDS = 60.0
NO_STORE = {"cache-control": "no-store"}
_TYPES = {"OpenBadgeCredential", "AchievementCredential"}
_CODES = {
    400: "invalid_query_parameter",
    401: "unauthorizedrequest",
    403: "forbidden",
    404: "not_found",
    405: "not_allowed",
    422: "invalid_data",
    429: "server_busy",
    500: "internal_server_error",
    503: "server_busy",
}


class _Refused(Exception):  # noqa: N818  # it is an answer
    """An answer that says why not (appendix B.3.1 to B.3.6)."""

    def __init__(
        self, status: int, why: str, code: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(why)
        self.status = status
        self.why = why
        self.code = code or _CODES[status]
        self.headers = headers or {}

    def answer(self) -> Response:
        severity = "status" if self.code == "not_found" else "error"
        told = {
            "imsx_codeMajor": "failure",
            "imsx_severity": severity,
            "imsx_description": self.why,
            "imsx_codeMinor": {
                "imsx_codeMinorField": [
                    {"imsx_codeMinorFieldName": "cairn", "imsx_codeMinorFieldValue": self.code}
                ]
            },
        }
        return Response(orjson.dumps(told), self.status, {**NO_STORE, **self.headers}, "application/json")


def routes(database: Database, outside: Outside, rates: Rates, settings: Settings) -> list[Route]:
    """The API."""
    here = _Api(database, outside, rates, settings)
    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    return [
        Route(f"{BASE}/discovery", _shaped({"GET": here.discovery}), methods=every),
        Route(f"{BASE}/credentials", _shaped({"GET": here.read, "POST": here.write}), methods=every),
        Route(f"{BASE}/profile", _shaped({"GET": here.profile, "PUT": here.describe}), methods=every),
        Route(f"{BASE}/{{rest:path}}", _shaped({}), methods=every),
    ]


Handler = Callable[[Request], Awaitable[Response]]


def _shaped(handlers: Mapping[str, Handler]) -> Handler:
    """One address, whatever is asked of it, with refusals and defects in the shape of the standard."""

    async def handle(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        try:
            if not handlers:
                raise _Refused(404, "There is nothing at this address.")  # noqa: TRY301  # one shape for all
            if method not in handlers:
                allow = {"allow": ", ".join(handlers)}
                raise _Refused(405, f"{method} is not for this address.", headers=allow)  # noqa: TRY301
            return await handlers[method](request)
        except _Refused as refused:
            return refused.answer()
        except ClientDisconnect:
            return _Refused(422, "What was sent broke off.").answer()
        except Exception:
            id_ = uuid4().hex[:12]
            log.exception("defect %s", id_)
            return _Refused(500, f"Something went wrong on our side; quote {id_}.").answer()

    return handle


class _Api:
    def __init__(self, database: Database, outside: Outside, rates: Rates, settings: Settings) -> None:
        self.database = database
        self.outside = outside
        self.rates = rates
        self.settings = settings
        self._room = asyncio.Semaphore(AT_ONCE)

    async def discovery(self, _request: Request) -> Response:
        """Section 6.3: for everybody."""
        issuer = await self.outside.issuer()
        told = description(self.outside.address, issuer.name, self.settings)
        headers = {"cache-control": "public, max-age=300", "access-control-allow-origin": "*"}
        return Response(orjson.dumps(told, option=orjson.OPT_INDENT_2), 200, headers, "application/json")

    async def read(self, request: Request) -> Response:
        """Section 6.2.2, with pages as section 6.4 has them."""
        caller = await self._caller(request, AppScope.READ_CREDENTIALS)
        limit, offset = _number(request, "limit", BY_DEFAULT, 1), _number(request, "offset", 0, 0)
        limit, since = min(limit, MOST), _since(request)
        async with self.database.transaction() as tx:
            employee = caller.viewer.employee
            assert employee is not None
            found = await holder.credentials(tx, employee, since=since, limit=limit, offset=offset)
        told = {
            "credential": [orjson.Fragment(each) for each in found.documents if each.startswith("{")],
            "compactJwsString": [each for each in found.documents if not each.startswith("{")],
        }
        given = request.query_params.get("since")
        links = self._links(found.total, limit, offset, {"since": given} if given else {})
        headers = {**NO_STORE, "x-total-count": str(found.total), "link": links}
        return Response(orjson.dumps(told), 200, headers, "application/json")

    def _links(self, total: int, limit: int, offset: int, more: Mapping[str, str]) -> str:
        """RFC 8288."""
        last = max(0, (total - 1) // limit * limit)
        places = {"first": 0, "last": last}
        if offset + limit < total:
            places["next"] = offset + limit
        if offset > 0:
            places["prev"] = max(0, offset - limit)
        here = f"{self.outside.address}{BASE}/credentials"
        return ", ".join(
            f'<{here}?{urlencode({"limit": limit, "offset": place, **more})}>; rel="{name}"'
            for name, place in places.items()
        )

    async def write(self, request: Request) -> Response:
        """Section 6.2.3: takes a credential, once it is checked; a newer one of the same id replaces it."""
        caller = await self._caller(request, AppScope.WRITE_CREDENTIALS)
        written = (await _body(request)).decode("utf-8", "replace").strip()
        try:
            content, jwt = read(written.encode())
        except Unreadable as error:
            raise _Refused(422, f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        if not {*strings(content.get("type"))} & _TYPES:
            raise _Refused(422, "type: it is no OpenBadgeCredential.")
        media = "text/plain" if jwt else "application/vc+ld+json"
        status = await self._kept(caller, written, content)
        return Response(written, status, NO_STORE, media)

    async def _kept(self, caller: Caller, written: str, content: Mapping[str, Any]) -> int:
        async with self.database.transaction() as tx:
            person = await tx.get_one(Employee, caller.viewer.employee)
            email, name = person.email, person.display_name
        try:
            async with asyncio.timeout(SECONDS), self._room:
                report = await brought.looked_at(written.encode(), OwnAndOthers(self.outside), email, name)
        except TimeoutError:
            raise _Refused(
                503, "There is much to check; send it again.", headers={"retry-after": "30"}
            ) from None
        failed = [f"{each.name}: {each.says}" for each in report.problems if each.result is Result.FAILED]
        if failed:
            raise _Refused(422, f"It does not hold. {' '.join(failed)}"[:1_000])
        if id_of(content.get("issuer")) == document.did_web(self.outside.address):
            return 200  # ours, and the holder's: it is here
        try:
            async with self.database.transaction() as tx:
                row, is_new = await brought.keep(tx, caller.viewer, written, replaces=report.is_verified)
                await brought.settle(tx, row, report)
        except InvalidInput as refusal:
            says = "; ".join(each.message for each in refusal.problems)
            raise _Refused(422, says) from None
        return 201 if is_new else 200

    async def profile(self, request: Request) -> Response:
        """Section 6.2.4."""
        caller = await self._caller(request, AppScope.READ_PROFILE)
        assert caller.viewer.employee is not None
        async with self.database.transaction() as tx:
            found = await holder.profile(tx, caller.viewer.employee, caller.app.id)
        return Response(orjson.dumps(found), 200, NO_STORE, "application/json")

    async def describe(self, request: Request) -> Response:
        """Section 6.2.5."""
        caller = await self._caller(request, AppScope.WRITE_PROFILE)
        try:
            given = orjson.loads(await _body(request))
        except orjson.JSONDecodeError:
            given = None
        if not isinstance(given, dict):
            raise _Refused(422, "Send a Profile, as a JSON object.")
        try:
            async with self.database.transaction() as tx:
                found = await holder.describe(tx, caller.viewer, caller.app.id, given)
        except NotAllowed as refusal:
            raise _Refused(403, refusal.message) from None
        except InvalidInput as refusal:
            says = "; ".join(f"{'.'.join(each.path)}: {each.message}" for each in refusal.problems)
            raise _Refused(422, says) from None
        return Response(orjson.dumps(found), 200, NO_STORE, "application/json")

    async def _caller(self, request: Request, scope: AppScope) -> Caller:
        """Who asks, with that scope (section 7.1.3; RFC 6750, section 3). Raises `_Refused`."""
        address = request.scope.get("cairn.address", "")
        if wait := self.rates.spent(Kind.FAILURE, address):
            raise _busy(wait)
        headers = request.headers.getlist("authorization")
        scheme, _, token = headers[0].partition(" ") if len(headers) == 1 else ("", "", "")
        if not headers:
            told = {"www-authenticate": 'Bearer realm="cairn"'}
            raise _Refused(401, "Send a bearer token.", headers=told)
        async with self.database.transaction() as tx:
            found = await grants.caller(tx, token.strip() if scheme.lower() == "bearer" else "")
        if found is None:
            self.rates.count(Kind.FAILURE, address)
            says = "The access token is unknown, too old, or was ended."
            told = {
                "www-authenticate": f'Bearer realm="cairn", error="invalid_token", error_description="{says}"'
            }
            raise _Refused(401, says, headers=told)
        request.scope["cairn.viewer"] = found.viewer.name
        if wait := self.rates.count(Kind.TOKEN, f"app:{found.connected}"):
            raise _busy(wait)
        if scope not in found.scopes:
            told = {"www-authenticate": f'Bearer realm="cairn", error="insufficient_scope", scope="{scope}"'}
            raise _Refused(403, f"This takes the scope {scope}.", headers=told)
        return found


def _busy(wait: int) -> _Refused:
    return _Refused(
        429, f"Too many requests; try again in {wait} seconds.", headers={"retry-after": str(wait)}
    )


def _number(request: Request, name: str, default: int, least: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 10 and int(given) >= least):
        raise _Refused(400, f"{name}: a whole number from {least} on.")
    return int(given)


def _since(request: Request) -> datetime | None:
    given = request.query_params.get("since")
    try:
        return None if given is None else instant_of(given.replace(" ", "+"))
    except ValueError:
        raise _Refused(400, "since: an instant such as 2026-01-31T12:00:00Z.") from None


async def _body(request: Request) -> bytes:
    found = await body_of(request, LONGEST)
    if found is None:
        raise _Refused(422, f"At most {LONGEST} bytes.")
    return found
