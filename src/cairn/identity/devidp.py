"""A development identity provider: it lets anybody in as anybody, and keeps to the standards otherwise.

OpenID Connect with PKCE (S256, required), access tokens of RFC 9068, client credentials, rotating refresh
tokens, sessions of its own with `sid`, end session, back-channel logout, key rotation. All of it is in
memory; the keys are made as it starts. It runs beside the demo on another host name than the application,
because cookies do not tell ports apart, and never in production.
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from httpx2 import AsyncBaseTransport, AsyncClient, HTTPError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from cairn.identity.cookies import is_loopback, secret
from cairn.identity.devmint import GrantRefusedError, Mint, Person, Visit
from cairn.identity.outbound import ProviderError
from cairn.identity.pages import HEADERS, Choice, page
from cairn.settings import Environment, SettingError

PERSONA_GRANT = "urn:cairn:grant:persona"
"""A token for whoever is named by `login`: how the command line asks, which has no browser."""
COMMAND_LINE = "cairn-cli"
"""The client that may ask so."""
_COOKIE = "cairn-development-identity"
_SITE = "Development sign-in"


@dataclass(frozen=True)
class Client:
    """A program that people sign in to, or that asks for tokens of its own."""

    id: str
    secret: str | None = field(default=None, repr=False)
    redirect_uris: tuple[str, ...] = ()
    logout_uris: tuple[str, ...] = ()
    """Where people may be sent back to after signing out."""
    backchannel_uri: str | None = None
    """Where it is told that sessions have ended."""


class DevelopmentProvider:
    """The provider; `app` is to be served at `issuer`."""

    def __init__(
        self,
        issuer: str,
        audience: str,
        clients: Sequence[Client],
        people: Sequence[Person],
        *,
        environment: Environment = Environment.DEVELOPMENT,
        transport: AsyncBaseTransport | None = None,
    ) -> None:
        """Raises `SettingError`. `transport` reaches the clients: over the network, by default."""
        if environment is Environment.PRODUCTION or not is_loopback(issuer):
            raise SettingError(
                "CAIRN_OIDC_ISSUER: a development identity provider lets anybody in as anybody"
            )
        self.issuer = issuer
        self.mint = Mint(issuer, audience)
        self.clients = {client.id: client for client in [*clients, Client(COMMAND_LINE)]}
        self.people = {person.subject: person for person in people}
        self._transport = transport
        self._visits: dict[str, Visit] = {}
        self.app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._jwks),
                Route("/authorize", self._ask, methods=["GET"]),
                Route("/authorize", self._choose, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo, methods=["GET", "POST"]),
                Route("/end-session", self._end_session, methods=["GET", "POST"]),
                Route("/rotate-keys", self._rotate, methods=["POST"]),
            ],
            exception_handlers={GrantRefusedError: _refusal},
        )

    async def end(self, subject: str) -> None:
        """Ends somebody's sessions here, and tells the clients they were carried into."""
        for cookie, visit in list(self._visits.items()):
            if visit.person.subject == subject:
                await self._end(cookie)

    async def _discovery(self, _request: Request) -> Response:
        at = self.issuer
        grants = ["authorization_code", "refresh_token", "client_credentials", PERSONA_GRANT]
        return JSONResponse(
            {
                "issuer": at,
                "authorization_endpoint": f"{at}/authorize",
                "token_endpoint": f"{at}/token",
                "userinfo_endpoint": f"{at}/userinfo",
                "jwks_uri": f"{at}/jwks",
                "end_session_endpoint": f"{at}/end-session",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "code_challenge_methods_supported": ["S256"],
                "scopes_supported": ["openid", "profile", "email"],
                "grant_types_supported": grants,
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                    "none",
                ],
                "authorization_response_iss_parameter_supported": True,
                "backchannel_logout_supported": True,
                "backchannel_logout_session_supported": True,
                "cairn_development": True,
            }
        )

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse(self.mint.key_set())

    async def _rotate(self, _request: Request) -> Response:
        self.mint.rotate()
        return Response(status_code=204)

    async def _ask(self, request: Request) -> Response:
        """Who are you? Somebody who has a session here is not asked again."""
        asked = dict(request.query_params)
        client, redirect_uri = self._known(asked)
        wrong = _problem(asked)
        if wrong is not None:
            return self._back(redirect_uri, asked, error=wrong)
        visit = self._visits.get(request.cookies.get(_COOKIE, ""))
        prompt = asked.get("prompt", "")
        if visit is not None and prompt not in {"login", "select_account"}:
            return self._back(redirect_uri, asked, code=self.mint.code(client.id, visit, asked))
        if prompt == "none":
            return self._back(redirect_uri, asked, error="login_required")
        choices = [
            Choice(each.name, "/authorize", {**asked, "person": each.subject}, "post", each.note)
            for each in self.people.values()
        ]
        noted = [choice for choice in choices if choice.note] or choices
        target = urlsplit(redirect_uri)
        return page(
            "Sign in as",
            ["This is a development identity provider: whoever gets here can be anybody."],
            choices=noted,
            others=[choice for choice in choices if choice not in noted],
            summary="Anybody else",
            leads_to=[f"{target.scheme}://{target.netloc}"],
            site=_SITE,
        )

    async def _choose(self, request: Request) -> Response:
        asked = await _form(request)
        client, redirect_uri = self._known(asked)
        person = self.people.get(asked.pop("person", ""))
        wrong = _problem(asked) or ("access_denied" if person is None else None)
        if person is None or wrong is not None:
            return self._back(redirect_uri, asked, error=wrong or "access_denied")
        self._visits.pop(request.cookies.get(_COOKIE, ""), None)
        visit = self._visits[cookie := secret()] = Visit(person)
        response = self._back(redirect_uri, asked, code=self.mint.code(client.id, visit, asked))
        response.set_cookie(_COOKIE, cookie, httponly=True, samesite="lax")
        return response

    def _known(self, asked: Mapping[str, str]) -> tuple[Client, str]:
        """The client and where to answer it; what is wrong with these is never answered elsewhere."""
        client = self.clients.get(asked.get("client_id", ""))
        redirect_uri = asked.get("redirect_uri", "")
        if client is None or redirect_uri not in client.redirect_uris:
            raise GrantRefusedError("invalid_request", "no such client, or not a redirect URI of its own")
        return client, redirect_uri

    def _back(self, redirect_uri: str, asked: Mapping[str, str], **answer: str) -> Response:
        if "state" in asked:
            answer["state"] = asked["state"]
        query = urlencode({**answer, "iss": self.issuer})
        return RedirectResponse(f"{redirect_uri}?{query}", 303, HEADERS)

    async def _token(self, request: Request) -> Response:
        asked = await _form(request)
        client = self._authenticated(request.headers.get("authorization", ""), asked)
        return JSONResponse(self._granted(client, asked), headers=HEADERS)

    def _granted(self, client: Client, asked: Mapping[str, str]) -> dict[str, Any]:
        match asked.get("grant_type"):
            case "authorization_code":
                shown = (asked.get(name, "") for name in ("code", "code_verifier", "redirect_uri"))
                return self.mint.for_code(client.id, *shown)
            case "refresh_token":
                return self.mint.for_refresh_token(client.id, asked.get("refresh_token", ""))
            case "client_credentials" if client.secret is not None:
                return self.mint.access_token(client.id, client.id, asked.get("scope", ""), {})
            case grant if grant == PERSONA_GRANT and client.id == COMMAND_LINE:
                person = self._by_login(asked.get("login", ""))
                return self.mint.access_token(person.subject, client.id, "openid", person.claims())
        raise GrantRefusedError("unsupported_grant_type", "this client cannot ask so")

    def _authenticated(self, authorization: str, asked: Mapping[str, str]) -> Client:
        id_, password = asked.get("client_id", ""), asked.get("client_secret", "")
        scheme, _, encoded = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                id_, _, password = base64.b64decode(encoded).decode().partition(":")
            except ValueError:
                id_ = ""
        client = self.clients.get(unquote(id_))
        expected = (client.secret or "") if client is not None else secret()
        if client is None or not hmac.compare_digest(expected.encode(), unquote(password).encode()):
            raise GrantRefusedError("invalid_client", "the client is unknown or its secret is wrong", 401)
        return client

    def _by_login(self, login: str) -> Person:
        for person in self.people.values():
            if login.lower() in {person.email.lower(), person.subject.lower()}:
                return person
        raise GrantRefusedError("invalid_grant", f"nobody here signs in as {login[:100]!r}")

    async def _userinfo(self, request: Request) -> Response:
        subject = self.mint.subject(request.headers.get("authorization", "").partition(" ")[2])
        person = self.people.get(subject) if subject is not None else None
        if person is None:
            return JSONResponse({"error": "invalid_token"}, 401, HEADERS)
        return JSONResponse({"sub": person.subject, **person.claims()}, headers=HEADERS)

    async def _end_session(self, request: Request) -> Response:
        """OpenID Connect RP-Initiated Logout 1.0."""
        asked = await _form(request) if request.method == "POST" else dict(request.query_params)
        hint = asked.get("logout_hint")
        hinted = [cookie for cookie, visit in self._visits.items() if visit.sid == hint]
        for cookie in {request.cookies.get(_COOKIE, ""), *hinted}:
            await self._end(cookie)
        client = self.clients.get(asked.get("client_id", ""))
        target = asked.get("post_logout_redirect_uri", "")
        if client is None or target not in client.logout_uris:
            return page("You are signed out", ["Here, and wherever you went from here."], site=_SITE)
        response = RedirectResponse(target, 303, HEADERS)
        response.delete_cookie(_COOKIE)
        return response

    async def _end(self, cookie: str) -> None:
        visit = self._visits.pop(cookie, None)
        if visit is None:
            return
        for client in [self.clients[each] for each in sorted(visit.clients)]:
            if client.backchannel_uri is not None:
                notice = {"logout_token": self.mint.logout_token(visit, client.id)}
                async with AsyncClient(transport=self._transport, timeout=3) as messenger:
                    try:
                        await messenger.post(client.backchannel_uri, data=notice)
                    except HTTPError:
                        continue


def _problem(asked: Mapping[str, str]) -> str | None:
    """The error of an authorisation request, in the words of RFC 6749, section 4.1.2.1."""
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    if "openid" not in asked.get("scope", "").split():
        return "invalid_scope"
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        return "invalid_request"
    return None


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode("ascii", "replace"), keep_blank_values=True))


async def _refusal(_request: Request, error: Exception) -> Response:
    assert isinstance(error, GrantRefusedError)
    return JSONResponse({"error": error.error, "error_description": error.description}, error.status, HEADERS)


async def fetch_token(issuer: str, login: str, *, transport: AsyncBaseTransport | None = None) -> str:
    """An access token for whoever signs in as `login`, from a development provider that runs.

    Raises `ProviderError` with what to tell who asked.
    """
    async with AsyncClient(transport=transport, timeout=5) as client:
        asked = {"grant_type": PERSONA_GRANT, "client_id": COMMAND_LINE, "login": login}
        try:
            response = await client.post(f"{issuer.rstrip('/')}/token", data=asked)
            answer = response.json()
        except (HTTPError, ValueError):
            raise ProviderError(
                f"no development identity provider answers at {issuer}", unavailable=True
            ) from None
    if response.status_code != 200 or not isinstance(answer, dict):
        raise ProviderError(str(answer.get("error_description")) if isinstance(answer, dict) else "no token")
    return str(answer["access_token"])
