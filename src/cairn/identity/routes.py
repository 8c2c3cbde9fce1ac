"""The addresses of signing in and out, and what a browser or an identity provider meets there."""

import logging
import re
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from cairn.access.refused import Refused
from cairn.access.viewer import Viewer
from cairn.db.ranges import now
from cairn.graph.http import request_id
from cairn.identity import claims as tokens
from cairn.identity import sessions, signin
from cairn.identity.claims import LOGOUT_LIFETIME, InvalidTokenError, Logout
from cairn.identity.forms import FormError, form
from cairn.identity.issuer import Issuer
from cairn.identity.origin import asking, ours
from cairn.identity.outbound import ProviderError
from cairn.identity.pages import HEADERS, Choice, Question, page
from cairn.identity.rates import Kind, Rates
from cairn.identity.realm import METADATA, Realm
from cairn.identity.signin import NotSignedInError
from cairn.identity.tables import Ending, LogoutNotice, Session

log = logging.getLogger("cairn.identity")

LONGEST_BROWSER = 200
"""Characters of what a browser calls itself."""

_PROMPTS = {"login", "select_account"}
"""What a link may have the provider ask, although the person is signed in there."""
_SPOKEN = {"state", "code", "error", "iss"}
"""What an identity provider says at the callback, each once."""


def routes(realm: Realm, rates: Rates | None = None) -> list[Route]:
    """The routes under `/auth`, and what is told to programs that look for a token."""
    here = _Routes(realm)
    return [
        Route("/auth/login", _safe(here.login, rates), methods=["GET"]),
        Route("/auth/callback", _safe(here.callback, rates), methods=["GET"]),
        Route("/auth/logout", _safe(here.ask_to_log_out), methods=["GET"]),
        Route("/auth/logout", _safe(here.log_out), methods=["POST"]),
        Route("/auth/backchannel-logout", here.backchannel_logout, methods=["POST"]),
        Route(METADATA, here.metadata, methods=["GET"]),
    ]


class _NotSignedOutError(Exception):
    """Another site asked to sign somebody out."""

    def __init__(self, leads_to: Sequence[str]) -> None:
        super().__init__()
        self.leads_to = leads_to


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _safe(handler: Handler, rates: Rates | None = None) -> Handler:
    """A handler whose failures are pages: what happened, what to do, and an id to quote."""

    async def handle(request: Request) -> Response:
        id_ = uuid4().hex[:12]
        wait = rates.count(Kind.SIGN_IN, request.scope.get("cairn.address", "")) if rates is not None else 0
        if wait:
            texts = ["Too many people sign in from your network at once.", f"Try again in {wait} seconds."]
            again = [Choice("Sign in", "/auth/login", {})]
            found = page("You are not signed in", texts, status=429, choices=again, quote=id_)
            found.headers["retry-after"] = str(wait)
            return found
        try:
            return await handler(request)
        except NotSignedInError as error:
            log.warning("sign-in %s came to nothing: %s", id_, error.reason)
            wanted = {"next": error.next} if error.next != signin.HOME else {}
            again = [Choice("Sign in", "/auth/login", wanted)]
            if error.others_may:
                other = {**wanted, "prompt": "select_account"}
                again = [Choice("Sign in with another account", "/auth/login", other)]
            found = page("You are not signed in", error.texts, status=error.status, choices=again, quote=id_)
            if error.status == 503:
                found.headers["retry-after"] = "10"
            return found
        except _NotSignedOutError as error:
            log.warning("sign-out %s came to nothing: another site asked for it", id_)
            texts = [
                "Another site asked to sign you out.",
                "If that is what you want, press the button here.",
            ]
            out = [Choice("Sign out", "/auth/logout", {}, method="post")]
            return page(
                "You were not signed out",
                texts,
                status=403,
                choices=out,
                quote=id_,
                leads_to=error.leads_to,
            )
        except ClientDisconnect:
            raise
        except Exception:
            log.exception("defect %s", id_)
            texts = ["Something went wrong on our side.", "Try again; if it happens again, report it."]
            again = [Choice("Try again", "/", {})]
            return page("That did not work", texts, status=500, choices=again, quote=id_)

    return handle


class _Routes:
    def __init__(self, realm: Realm) -> None:
        self.realm = realm
        self.cookies = realm.cookies
        self._refused = Refused(realm.database)

    async def login(self, request: Request) -> Response:
        """Sends the browser to its identity provider; where there are several, asks which."""
        wanted = request.query_params.get("next")
        hint = request.query_params.get("login_hint", "").strip()[:320]
        prompt = request.query_params.get("prompt")
        issuer = self._chosen(request.query_params.get("provider"), hint)
        if issuer is None:
            return self._choice(wanted, hint)
        begun = await signin.begin(
            self.realm,
            issuer,
            wanted,
            login_hint=hint or None,
            prompt=prompt if prompt in _PROMPTS else None,
        )
        response = _elsewhere(begun.url)
        for name in self.cookies.abandoned(request.cookies):
            response.headers.append("set-cookie", self.cookies.without_sign_in(name))
        response.headers.append("set-cookie", self.cookies.for_sign_in(begun.state, begun.mark))
        return response

    def _chosen(self, name: str | None, hint: str) -> Issuer | None:
        issuers = self.realm.issuers
        if len(issuers) == 1:
            return issuers[0]
        if not issuers:
            raise NotSignedInError(
                503,
                "no identity provider is set up",
                "Nobody can sign in here yet: no identity provider is set up.",
                "Tell those who run Cairn to set CAIRN_OIDC_ISSUER or CAIRN_OIDC_PROVIDERS.",
            )
        domain = hint.rpartition("@")[2].lower()
        by_domain = [each for each in issuers if domain and domain in each.provider.email_domains]
        return self.realm.issuer(name) or (by_domain[0] if by_domain else None)

    def _choice(self, wanted: str | None, hint: str) -> Response:
        """Asks by address, where providers have domains, and by button."""
        known = {"next": signin.local(wanted)}
        choices = [
            Choice(
                f"Sign in with {each.provider.label}",
                "/auth/login",
                {**known, "provider": each.provider.issuer},
            )
            for each in self.realm.issuers
        ]
        if not any(each.provider.email_domains for each in self.realm.issuers):
            return page("Sign in", ["Choose where your account is."], choices=choices)
        texts = ["Say your address at work, or choose where your account is."]
        if "@" in hint:
            texts = ["Nobody is known to sign in with an address of that domain.", *texts]
        asked = Question("Address at work", "login_hint", "/auth/login", known, "Go on")
        return page("Sign in", texts, choices=choices, question=asked)

    async def callback(self, request: Request) -> Response:
        """Takes the browser back from its identity provider."""
        pairs = [(name, value) for name, value in request.query_params.multi_items() if name in _SPOKEN]
        answer = dict(pairs)
        asked = asking(request.scope)
        name = self.cookies.sign_in_name(answer.get("state", ""))
        try:
            if len(answer) != len(pairs):
                raise signin.begin_again("the provider says something twice")
            finished = await signin.finish(
                self.realm,
                answer,
                request.cookies.get(name),
                previous=self.cookies.session_token(asked.cookie),
                browser=_browser(asked.agent),
            )
        except NotSignedInError as error:
            if error.status != 503:
                address = request.scope.get("cairn.address", "")
                viewer = Viewer(request_id=request_id(request.scope))
                told = {"reason": error.reason, "status": error.status}
                await self._refused.note(address, viewer, "sign_in.refuse", told)
            if error.status == 400 and not request.cookies and not self.realm.origin.startswith("https:"):
                error.texts += (
                    "Your browser sent no cookie at all: Safari keeps none from http://localhost.",
                )
            raise
        response = _elsewhere(finished.next)
        response.headers.append("set-cookie", self.cookies.without_sign_in(name))
        response.headers.append("set-cookie", self.cookies.for_session(finished.token))
        return response

    async def ask_to_log_out(self, request: Request) -> Response:
        """A page with a button: to follow an address must not sign anybody out."""
        if self.cookies.session_token(asking(request.scope).cookie) is None:
            again = [Choice("Sign in", "/auth/login", {})]
            return page("You are signed out", ["Close the browser if others use it too."], choices=again)
        out = [Choice("Sign out", "/auth/logout", {}, method="post")]
        return page("Sign out", ["This ends your session here."], choices=out, leads_to=self._end_points())

    def _end_points(self) -> list[str]:
        """Where signing out may lead; what is not known yet is not needed either."""
        known = [each.known() for each in self.realm.issuers]
        found = [each.metadata.end_session_endpoint for each in known if each is not None]
        return [f"{urlsplit(each).scheme}://{urlsplit(each).netloc}" for each in found if each]

    async def log_out(self, request: Request) -> Response:
        """Ends the session here, then at the identity provider (OpenID Connect RP-Initiated Logout 1.0)."""
        asked = asking(request.scope)
        if not ours(request.scope, asked, self.realm.origin.encode()):
            raise _NotSignedOutError(self._end_points())
        token = self.cookies.session_token(asked.cookie)
        ended: Sequence[Session] = ()
        if token is not None:
            async with self.realm.database.transaction() as tx:
                ended = await sessions.end(tx, None, Ending.SIGNED_OUT, sessions.holding(token))
        response = _elsewhere(self._farewell(ended) or "/auth/logout")
        response.headers.append("set-cookie", self.cookies.without_session())
        return response

    def _farewell(self, ended: Sequence[Session]) -> str | None:
        """Where the identity provider ends its own session."""
        issuer = self.realm.issuer(ended[0].issuer) if ended else None
        known = issuer.known() if issuer is not None else None
        if issuer is None or known is None or known.metadata.end_session_endpoint is None:
            return None
        asked = {
            "client_id": issuer.provider.client_id,
            "post_logout_redirect_uri": f"{self.realm.origin}/auth/logout",
        }
        if ended[0].sid is not None:
            asked["logout_hint"] = ended[0].sid
        address = known.metadata.end_session_endpoint
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"

    async def backchannel_logout(self, request: Request) -> Response:
        """Ends the sessions that an identity provider names (OpenID Connect Back-Channel Logout 1.0)."""
        try:
            given = (await form(request)).get("logout_token", "")
            issuer = self.realm.issuer(tokens.unverified(given).get("iss"))
            if issuer is None:
                raise InvalidTokenError("is from a provider we do not know")  # noqa: TRY301  # one answer for all
            logout = await tokens.logout_token(given, issuer)
        except (InvalidTokenError, FormError) as error:
            reason = error.reason if isinstance(error, InvalidTokenError) else str(error)
            log.warning("logout token refused: it %s", reason)
            return _spoken(400, {"error": "invalid_request", "error_description": f"the token {reason}"})
        except ProviderError as error:
            log.warning("logout token cannot be checked: the provider %s", error.reason)
            return _spoken(503, {"error": "temporarily_unavailable"}, {"retry-after": "5"})
        if not await self._obey(issuer, logout):
            return _spoken(
                400, {"error": "invalid_request", "error_description": "the token was used before"}
            )
        return _spoken(200, {})

    async def _obey(self, issuer: Issuer, logout: Logout) -> bool:
        """Ends the sessions once; false for a token that was obeyed before."""
        name = issuer.provider.issuer
        which = [col(Session.issuer) == name]
        if logout.sid is not None:
            which.append(col(Session.sid) == logout.sid)
        if logout.subject is not None:
            which.append(col(Session.subject) == logout.subject)
        notice = insert(LogoutNotice).values(issuer=name, jti=logout.jti, expires_at=now() + LOGOUT_LIFETIME)
        async with self.realm.database.transaction() as tx:
            first = await tx.execute(notice.on_conflict_do_nothing().returning(col(LogoutNotice.jti)))
            if first.first() is None:
                return False
            await sessions.end(tx, None, Ending.BY_PROVIDER, *which)
        return True

    async def metadata(self, _request: Request) -> Response:
        """Who gives out tokens for this API, and which scopes mean something here (RFC 9728, section 2)."""
        providers = [each.provider for each in self.realm.issuers]
        told = {
            "resource": self.realm.origin,
            "authorization_servers": [each.issuer for each in providers],
            "scopes_supported": sorted({scope for each in providers for scope in each.permissions}),
            "bearer_methods_supported": ["header"],
        }
        return JSONResponse(told, headers={"cache-control": "public, max-age=300"})


def _elsewhere(address: str) -> Response:
    return RedirectResponse(address, 303, HEADERS)


def _spoken(status: int, body: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Response:
    return JSONResponse(body, status, {**HEADERS, **(headers or {})})


def _browser(agent: bytes | None) -> str | None:
    if agent is None:
        return None
    return re.sub(r"[^\x20-\x7e]", "", agent.decode("latin-1"))[:LONGEST_BROWSER] or None
