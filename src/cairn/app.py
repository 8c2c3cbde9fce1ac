"""Assembles what the rooms declare: the schema, the routes, and how the server runs."""

import gc
import linecache
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

import cairn.access.forgotten
import cairn.credentials.access
import cairn.credentials.due
import cairn.credentials.granted
import cairn.credentials.graph
import cairn.credentials.lapsing
import cairn.credentials.sign
import cairn.credentials.templates
import cairn.graph.access
import cairn.hris.abandoned
import cairn.hris.access
import cairn.hris.graph
import cairn.hris.live
import cairn.identity.access
import cairn.identity.graph
import cairn.identity.leavers
import cairn.jobs.access
import cairn.jobs.sealing
import cairn.matrices.graph
import cairn.matrices.live
import cairn.pathways.access
import cairn.pathways.graph
import cairn.pathways.home
import cairn.pathways.live
import cairn.pathways.mails
import cairn.pathways.notifications
import cairn.pathways.team
import cairn.pathways.waiting
import cairn.people.access
import cairn.people.erased
import cairn.people.graph
import cairn.portfolios.access
import cairn.portfolios.graph
import cairn.skills.access
import cairn.skills.graph  # noqa: F401  # each registers its types, rules and verbs
from cairn.credentials.outside import Outside
from cairn.db.engine import Database, database
from cairn.graph.http import Endpoint
from cairn.graph.limits import BODY
from cairn.graph.mutation import exposed
from cairn.graph.schema import Schema
from cairn.graph.serve import Answerer
from cairn.graph.socket import Socket
from cairn.graph.stream import streams
from cairn.graph.think import thoughts
from cairn.graph.trusted import documents
from cairn.hris.feeds import mounts as feeds
from cairn.hris.scim.mount import mount as scim
from cairn.identity.door import Door
from cairn.identity.providers import Provider
from cairn.identity.rates import Rates, Turnstile, turned_by_address
from cairn.identity.realm import Realm
from cairn.identity.routes import routes as sign_in_routes
from cairn.identity.trusted import of_settings
from cairn.jobs.live import Live
from cairn.settings import settings
from cairn.web.audit import routes as audit_routes
from cairn.web.bringing import routes as bringing_routes
from cairn.web.certificates import routes as certificate_routes
from cairn.web.credentials import routes as credential_routes
from cairn.web.explorer import Explorer
from cairn.web.export import routes as export_routes
from cairn.web.files import file_routes, upload_routes
from cairn.web.front import Front, front
from cairn.web.images import routes as image_routes
from cairn.web.matrix import routes as matrix_routes
from cairn.web.metrics import FOLDER
from cairn.web.metrics import routes as metrics_routes
from cairn.web.oauth import routes as oauth_routes
from cairn.web.openbadges import routes as open_badges_routes
from cairn.web.pages import static
from cairn.web.records import routes as record_routes
from cairn.web.share import routes as share_routes
from cairn.web.unsubscribe import routes as unsubscribe_routes
from cairn.web.verify import routes as verify_routes
from cairn.web.wire import CONNECTIONS
from cairn.web.xapi import routes as xapi_routes

log = logging.getLogger("cairn")

SERVING: dict[str, Any] = {
    "loop": "uvloop",
    "http": "cairn.web.wire:Wire",
    "limit_concurrency": CONNECTIONS,
    "lifespan": "on",
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "date_header": False,
    "proxy_headers": False,
    "ws_max_size": BODY,
    "ws_per_message_deflate": False,  # it would keep a window of each socket in memory
    "timeout_keep_alive": 60,
    "timeout_graceful_shutdown": 10,
}
"""How uvicorn serves; what is in hand when it is to stop has ten seconds to end."""


@cache
def schema() -> Schema:
    """The schema of all rooms. Raises `DeclarationError` where something does not fit."""
    built = Schema(exposed, streams, thoughts)
    linecache.clearcache()  # the sources that descriptions were read from
    gc.collect()
    gc.freeze()  # it stays: else the collector walks all of it again and again, in the midst of requests
    return built


class Site(Starlette):
    """An application behind its front, which also sees what Starlette answers by itself."""

    def __init__(self, front: Front, **given: Any) -> None:
        super().__init__(**given)
        self._front = front
        self.direct: dict[str, ASGIApp] = {}
        """What is asked past Starlette's router and its handlers of errors, by path: the graph has its own,
        and they would take a tenth of a small query's time."""

    def build_middleware_stack(self) -> ASGIApp:
        """The front, outside of all else."""
        return self._front.around(super().build_middleware_stack(), self.direct)


def application(opened: Database, trusted: Sequence[Provider], address: str) -> Site:
    """The server on an open database. Raises `SettingError`.

    `trusted` are the identity providers, `address` is what people type.
    """
    realm = Realm(opened, trusted, address, environment=settings().env)
    rates = Rates(opened, settings())
    door = Door(realm, rates)
    live = Live(opened)
    answerer = Answerer(schema(), opened, live, documents(settings()))
    outside = Outside(opened, settings(), address)

    async def ready(_request: Request) -> Response:
        try:
            await opened.reads.fetchval("select 1", timeout=2)
        except Exception:  # noqa: BLE001  # whatever is wrong with it, it is not ready
            return JSONResponse({"ready": False, "why": "the database does not answer"}, 503)
        return JSONResponse({"ready": True})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await live.aclose()
        await door.aclose()
        await rates.aclose()
        await realm.aclose()

    site = Site(
        front(settings(), address),
        routes=[
            Route("/", _home),
            WebSocketRoute("/graphql", Socket(answerer, door)),
            scim(opened, door, realm.origin),
            *feeds(opened, door),
            *turned_by_address(sign_in_routes(realm, rates), rates),
            *turned_by_address(credential_routes(outside, answerer), rates),
            *turned_by_address(verify_routes(outside), rates),
            *turned_by_address(oauth_routes(opened, door, rates, realm.origin), rates),
            *turned_by_address(open_badges_routes(opened, outside, rates, settings()), rates),
            *turned_by_address(share_routes(opened, settings(), outside), rates),
            *turned_by_address(upload_routes(opened, settings()), rates),
            *file_routes(opened, door, settings()),
            *record_routes(opened, door, outside),
            *bringing_routes(opened, door),
            *image_routes(opened, door),
            *certificate_routes(opened, door),
            *turned_by_address(unsubscribe_routes(opened), rates),
            *export_routes(opened, door),
            *audit_routes(opened, door),
            *matrix_routes(answerer, door),
            *xapi_routes(opened, door, realm.origin),
            *metrics_routes(opened, settings()),
            Route("/healthz", _alive),
            Route("/readyz", ready),
            Mount("/static", Turnstile(static(), rates)),
        ],
        lifespan=lifespan,
    )
    site.direct["/graphql"] = Explorer(Endpoint(answerer, door), door, answerer)
    return site


async def _home(_request: Request) -> Response:
    return RedirectResponse("/graphql", 303)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"alive": True})


def config(app: Starlette, host: str, port: int) -> uvicorn.Config:
    """How uvicorn serves an application of ours."""
    return uvicorn.Config(app, host=host, port=port, **SERVING)


def create() -> Starlette:
    """The server as the settings have it, with its database open while it runs; for uvicorn's workers."""
    found = settings()
    assert found.database_url is not None
    url = found.database_url.get_secret_value()

    @asynccontextmanager
    async def lifespan(outer: Site) -> AsyncIterator[None]:
        async with database(url, pool=found.database_pool) as opened:
            inner = application(opened, of_settings(found, found.address), found.address)
            outer.router.routes.extend(inner.routes)
            outer.direct.update(inner.direct)
            async with inner.router.lifespan_context(inner):
                yield

    return Site(front(found, found.address), lifespan=lifespan)


def serve() -> None:
    """Serves as the settings say until it is told to stop, in as many processes."""
    found = settings()
    with tempfile.TemporaryDirectory(prefix="cairn-metrics-") as folder:
        if found.workers > 1:
            os.environ.setdefault(FOLDER, folder)
        uvicorn.run(
            "cairn.app:create",
            factory=True,
            host=found.host,
            port=found.port,
            workers=found.workers,
            **SERVING,
        )
