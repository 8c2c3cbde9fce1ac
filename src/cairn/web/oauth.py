"""Apps outside and the people they ask: registering, the page on which somebody consents, tokens.

OAuth 2.0 as Open Badges 3.0 (section 7) has it: dynamic registration (RFC 7591), the authorisation code flow
with PKCE (RFC 6749, 7636), rotating refresh tokens, revocation (RFC 7009), told by RFC 8414 and RFC 9207.
"""

import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlmodel import col
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cairn.access.refusal import NotFound
from cairn.access.viewer import Viewer
from cairn.db.engine import Database, Transaction
from cairn.graph.serve import Turned
from cairn.identity import apps, grants
from cairn.identity.apps import AUTH_METHODS, GRANT_TYPES, AppScope, RegistrationError
from cairn.identity.door import Door
from cairn.identity.forms import FormError, form, single
from cairn.identity.grants import GrantError, Wanted
from cairn.identity.origin import asking, ours
from cairn.identity.rates import Kind, Rates
from cairn.identity.tables import App, ConnectedApp
from cairn.people.tables import Employee
from cairn.web.pages import HEADERS, body_of, page, plain

log = logging.getLogger("cairn.web")

METADATA = "/.well-known/oauth-authorization-server"
LONGEST_REGISTRATION = 20_000
NO_STORE = {"cache-control": "no-store", "pragma": "no-cache"}
ALLOWS = {
    AppScope.READ_CREDENTIALS: (
        "See your credentials",
        "What you were awarded here and do not hide, and what you brought from elsewhere.",
    ),
    AppScope.WRITE_CREDENTIALS: (
        "Add credentials to yours",
        "What others awarded you. Each is checked, and is evidence once somebody here accepts it.",
    ),
    AppScope.READ_PROFILE: (
        "See your profile",
        "Your name, your e-mail address at work, and what you say of yourself.",
    ),
    AppScope.WRITE_PROFILE: ("Change what you say of yourself", "Your page and your description."),
    AppScope.OFFLINE: ("Go on while you are away", "Until you end it. Without this, for an hour."),
}
"""What each scope means, as the person is told who is asked."""


def routes(database: Database, door: Door, rates: Rates, origin: str) -> list[Route]:
    """Where apps register, ask people, and have their tokens; and where people see which apps they let in."""
    here = _OAuth(database, door, rates, origin)
    return [
        Route("/oauth/register", _told(here.register), methods=["POST"]),
        Route("/oauth/authorize", here.ask, methods=["GET"]),
        Route("/oauth/authorize", here.decide, methods=["POST"]),
        Route("/oauth/token", _told(here.token), methods=["POST"]),
        Route("/oauth/revoke", _told(here.revoke), methods=["POST"]),
        Route("/oauth/about", here.about, methods=["GET"]),
        Route(METADATA, here.metadata, methods=["GET"]),
        Route("/me/apps", here.apps, methods=["GET", "POST"]),
    ]


Handler = Callable[[Request], Awaitable[Response]]


def _told(handler: Handler) -> Handler:
    """A handler for programs, whose refusals are told as OAuth has it."""

    async def handle(request: Request) -> Response:
        try:
            return await handler(request)
        except (RegistrationError, GrantError) as error:
            return _json(400, {"error": error.error, "error_description": error.why})
        except FormError as error:
            return _json(400, {"error": "invalid_request", "error_description": f"what was sent {error}"})
        except ClientDisconnect:
            return _json(400, {"error": "invalid_request"})

    return handle


def _json(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, {**NO_STORE, **(headers or {})}, "application/json")


class _NotTheAppError(Exception):
    """Who asks has not shown to be the app (RFC 6749, section 5.2)."""


class _WrongRequest(Exception):  # noqa: N818  # it is about the request
    """What an app asks a person for makes no sense; it is told so where the person would be sent to."""

    def __init__(self, where: str, told: Mapping[str, str]) -> None:
        super().__init__()
        self.where = where
        self.told = told


class _OAuth:
    def __init__(self, database: Database, door: Door, rates: Rates, origin: str) -> None:
        self.database = database
        self.door = door
        self.rates = rates
        self.origin = origin

    async def register(self, request: Request) -> Response:
        if wait := self.rates.count(Kind.SIGN_IN, request.scope.get("cairn.address", "")):
            return _json(429, {"error": "temporarily_unavailable"}, {"retry-after": str(wait)})
        body = await body_of(request, LONGEST_REGISTRATION)
        try:
            said = orjson.loads(body or b"")
        except orjson.JSONDecodeError:
            said = None
        if not isinstance(said, dict):
            most = f"at most {LONGEST_REGISTRATION} bytes"
            raise RegistrationError("invalid_client_metadata", f"send a JSON object of {most}")
        async with self.database.transaction() as tx:
            return _json(201, apps.metadata(await apps.register(tx, said)))

    async def ask(self, request: Request) -> Response:
        """The page on which somebody is asked, once the request makes sense and somebody is signed in."""
        try:
            asked = single(request.query_params.multi_items())
        except FormError:
            return _nothing("The app that sent you here says something twice.")
        async with self.database.transaction() as tx:
            try:
                both = await self._asked(tx, request, asked)
            except _WrongRequest as wrong:
                back = self._back(wrong.where, wrong.told).headers["location"]
                host = urlsplit(wrong.where).netloc
                return page(
                    "back.html", status=400, why=wrong.told["error_description"], back=back, host=host
                )
            if isinstance(both, Response):
                return both
            found, viewer = both
            employee = await tx.get_one(Employee, viewer.employee)
            return _asking_page(found, asked, employee)

    async def decide(self, request: Request) -> Response:
        """Takes what somebody decided, from our own page alone (RFC 9700, section 4.7 and 4.16)."""
        read = asking(request.scope)
        if not read.origin or not ours(request.scope, read, self.origin.encode()):
            return _nothing("Another site sent this. Go back to the app, and begin again there.", 403)
        try:
            asked = await form(request)
        except FormError:
            return _nothing("What was sent is no form of ours.")
        async with self.database.transaction() as tx:
            try:
                both = await self._asked(tx, request, asked)
            except _WrongRequest as wrong:
                return self._back(wrong.where, wrong.told)
            if isinstance(both, Response):
                return both
            found, viewer = both
            if asked.get("decision") != "allow":
                refused = {"error": "access_denied", "error_description": "the person said no"}
                return self._back(found.redirect_uri, {**refused, "state": found.state})
            code = await grants.connect(tx, viewer, found)
        told = {"code": code, "state": found.state, "scope": " ".join(found.scopes)}
        return self._back(found.redirect_uri, told)

    async def _asked(
        self, tx: Transaction, request: Request, asked: Mapping[str, str]
    ) -> tuple[Wanted, Viewer] | Response:
        """What is asked for, and of whom; or the answer where nobody is to be sent anywhere.

        Raises `_WrongRequest` once somebody is signed in, and not before: anybody may register an app, and
        an address of ours must not lead strangers to theirs (RFC 9700, section 4.11.2).
        """
        app = await apps.app_of(tx, asked.get("client_id", ""))
        if app is None:
            return _nothing("The app that sent you here is none that is known here.")
        where = grants.redirect_of(app, asked)
        if where is None:
            return _nothing(f"{app.name} asks to send you somewhere that it has not registered.")
        viewer = await self._person(request)
        if isinstance(viewer, Response):
            return viewer
        try:
            return grants.wanted(app, where, asked), viewer
        except GrantError as error:
            state = asked.get("state", "")[: grants.LONGEST_STATE]
            told = {"error": error.error, "error_description": error.why}
            raise _WrongRequest(where, told | ({"state": state} if state else {})) from None

    async def _person(self, request: Request) -> Viewer | Response:
        """Who is signed in with this browser; a token cannot consent for a person."""
        standing = await self.door.admit(request.scope, page=True)
        if asking(request.scope).authorization:
            return _nothing("A person consents, signed in with a browser.", 403)
        if isinstance(standing, Turned):
            if standing.status != 401:
                return plain(standing)
            query = request.url.query if request.method == "GET" else ""
            here = f"{request.url.path}?{query}" if query else "/me/apps"
            return RedirectResponse(f"/auth/login?{urlencode({'next': here})}", 303, NO_STORE)
        if standing.viewer.employee is None:
            return _nothing("A person consents, signed in with a browser.", 403)
        return standing.viewer

    def _back(self, where: str, told: Mapping[str, str]) -> Response:
        """Sends the browser back to the app, saying who says so (RFC 9207)."""
        joint = "&" if urlsplit(where).query else "?"
        address = f"{where}{joint}{urlencode({**told, 'iss': self.origin})}"
        return RedirectResponse(address, 303, {**NO_STORE, "referrer-policy": "no-referrer"})

    async def token(self, request: Request) -> Response:
        asked = await form(request)
        exchange = {GRANT_TYPES[0]: grants.exchange, GRANT_TYPES[1]: grants.refresh}.get(
            asked.get("grant_type", ""), grants.unknown
        )
        try:
            async with self.database.transaction() as tx:
                app = await self._app(tx, request, asked)
                return _json(200, (await exchange(tx, app, asked)).told())
        except _NotTheAppError:
            return self._not_the_app(request)
        except GrantError as error:
            if error.misused is not None:  # what was read is undone; that it ends must stay
                async with self.database.transaction() as tx:
                    await grants.end_misused(tx, error.misused)
            raise

    async def revoke(self, request: Request) -> Response:
        asked = await form(request)
        try:
            async with self.database.transaction() as tx:
                app = await self._app(tx, request, asked)
                if not asked.get("token"):
                    raise GrantError("invalid_request", "token: say which")
                await grants.give_up(tx, app, asked["token"])
        except _NotTheAppError:
            return self._not_the_app(request)
        return Response(status_code=200, headers=NO_STORE)

    async def _app(self, tx: Transaction, request: Request, asked: Mapping[str, str]) -> App:
        """The app that asks, shown as it registered (RFC 6749, section 2.3). Raises `_NotTheAppError`."""
        address = request.scope.get("cairn.address", "")
        if self.rates.spent(Kind.FAILURE, address):
            raise _NotTheAppError
        basic = request.headers.getlist("authorization")
        name, given, method = asked.get("client_id", ""), asked.get("client_secret"), AUTH_METHODS[1]
        if basic:
            if given is not None or len(basic) > 1:
                raise GrantError("invalid_request", "show who you are in one way")
            name, given = _basic(basic[0], name)
            method = AUTH_METHODS[0]
        app = await apps.app_of(tx, name)
        expected = AUTH_METHODS[2] if given is None else method
        if app is None or app.auth_method != expected or not apps.is_theirs(app, given):
            raise _NotTheAppError
        return app

    def _not_the_app(self, request: Request) -> Response:
        self.rates.count(Kind.FAILURE, request.scope.get("cairn.address", ""))
        told = {"error": "invalid_client", "error_description": "that is no app here, or not its secret"}
        return _json(401, told, {"www-authenticate": 'Basic realm="cairn"'})

    async def metadata(self, _request: Request) -> Response:
        """RFC 8414, section 2."""
        told = {
            "issuer": self.origin,
            "authorization_endpoint": f"{self.origin}/oauth/authorize",
            "token_endpoint": f"{self.origin}/oauth/token",
            "registration_endpoint": f"{self.origin}/oauth/register",
            "revocation_endpoint": f"{self.origin}/oauth/revoke",
            "scopes_supported": [each.value for each in AppScope],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": list(GRANT_TYPES),
            "token_endpoint_auth_methods_supported": list(AUTH_METHODS),
            "revocation_endpoint_auth_methods_supported": list(AUTH_METHODS),
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        headers = {"cache-control": "public, max-age=300", "access-control-allow-origin": "*"}
        return Response(orjson.dumps(told), 200, headers, "application/json")

    async def about(self, _request: Request) -> Response:
        """What becomes of what apps read and write: the terms and the privacy policy of this door."""
        return page("about_apps.html", allows=ALLOWS.values())

    async def apps(self, request: Request) -> Response:
        """The apps that act for somebody, each with a button that ends it."""
        read = asking(request.scope)
        is_post = request.method == "POST"
        if is_post and not (read.origin and ours(request.scope, read, self.origin.encode())):
            return _nothing("Another site sent this.", 403)
        viewer = await self._person(request)
        if isinstance(viewer, Response):
            return viewer
        if is_post:
            try:
                which = UUID((await form(request)).get("app", ""))
                async with self.database.transaction() as tx:
                    await apps.disconnect_app(tx, viewer, connected_app=which)
            except (FormError, ValueError, NotFound):
                return _nothing("There is no such app among yours.", 404)
            return RedirectResponse("/me/apps", 303, NO_STORE)
        async with self.database.transaction() as tx:
            query = (
                select(ConnectedApp, App)
                .join(App, col(App.id) == col(ConnectedApp.app_id))
                .where(col(ConnectedApp.employee_id) == viewer.employee, col(ConnectedApp.ended_at).is_(None))
                .order_by(col(App.name), col(ConnectedApp.id))
            )
            found = [(connected, app) for connected, app in (await tx.execute(query)).all()]
            employee = await tx.get_one(Employee, viewer.employee)
            shown = [
                {
                    "id": connected.id,
                    "name": app.name,
                    "hosts": _hosts(app.redirect_uris),
                    "allows": [ALLOWS[each][0] for each in apps.scopes_of(connected.scopes)],
                    "connected": connected.connected_at,
                    "used": connected.used_at,
                }
                for connected, app in found
            ]
            return page("apps.html", apps=shown, name=employee.display_name)


def _basic(header: str, named: str) -> tuple[str, str]:
    """The id and the secret of an app (RFC 6749, section 2.3.1). Raises `GrantError`, `_NotTheAppError`."""
    scheme, _, rest = header.partition(" ")
    try:
        text = base64.b64decode(rest.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        raise _NotTheAppError from None
    name, colon, given = text.partition(":")
    if scheme.lower() != "basic" or not colon:
        raise _NotTheAppError
    if named and named != unquote_plus(name):
        raise GrantError("invalid_request", "client_id and the header name two apps")
    return unquote_plus(name), unquote_plus(given)


def _asking_page(found: Wanted, asked: Mapping[str, str], employee: Employee) -> Response:
    parts = urlsplit(found.redirect_uri)
    kept = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge")
    response = page(
        "consent.html",
        app=found.app,
        host=parts.netloc,
        name=employee.display_name,
        email=employee.email,
        allows=[ALLOWS[each] for each in found.scopes],
        fields={each: asked[each] for each in (*kept, "code_challenge_method") if each in asked},
    )
    policy = HEADERS["content-security-policy"]
    targets = f"form-action 'self' {parts.scheme}://{parts.netloc}"  # browsers follow no other redirect
    response.headers["content-security-policy"] = policy.replace("form-action 'self'", targets)
    return response


def _hosts(addresses: list[str]) -> str:
    return ", ".join(dict.fromkeys(urlsplit(each).netloc for each in addresses))


def _nothing(says: str, status: int = 400) -> Response:
    return page("nothing.html", status=status, title="That did not work", says=says)
