"""The sample company in one process: PostgreSQL, an identity provider, the server and a worker.

Ctrl-C stops all of it; the data stay.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import uvicorn
from sqlalchemy import select
from sqlmodel import col
from starlette.applications import Starlette

from cairn.access.permissions import Role
from cairn.credentials.events import SigningDue
from cairn.db.engine import Database, database
from cairn.db.migrate import migrate
from cairn.demo import company, endorsed, portfolio
from cairn.demo.personas import PERSONAS
from cairn.identity.devidp import Client, DevelopmentProvider
from cairn.identity.devmint import Person
from cairn.identity.providers import Provider
from cairn.jobs.drain import drain
from cairn.jobs.events import publish
from cairn.jobs.worker import work
from cairn.people.tables import Employee
from cairn.settings import Settings

Say = Callable[[str], None]
Build = Callable[[Database, Sequence[Provider], str], Starlette]
Configure = Callable[[Starlette, str, int], uvicorn.Config]


@dataclass(frozen=True)
class Addresses:
    """Where the demo is found."""

    app: str
    issuer: str
    share: str = ""
    """A link that shows somebody's portfolio, once there is one."""


def addresses(settings: Settings) -> Addresses:
    """The server on `localhost` and the identity provider on `127.0.0.1`: cookies do not tell ports apart."""
    return Addresses(settings.address, f"http://127.0.0.1:{settings.port + 1}")


async def run(
    url: str,
    settings: Settings,
    *,
    build: Build,
    configure: Configure,
    say: Say,
    ready: Callable[[Addresses], None],
) -> None:
    """Runs until SIGINT or SIGTERM. `build` and `configure` are the application's."""
    at = addresses(settings)
    await migrate(url)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    async with database(url, pool=settings.database_pool) as opened:
        await company.load(opened, say)
        async with opened.transaction() as tx:
            await publish(tx, SigningDue())  # the address may be another than the last time
        say("What follows from it, and signing what was awarded")
        await drain(opened, url, concurrency=4)
        await portfolio.load(opened)
        await endorsed.load(opened)
        await drain(opened, url, concurrency=4)
        at = replace(at, share=await portfolio.share(opened))
        provider = await identity_provider(opened, at)
        app = build(opened, [trusted(at)], at.app)
        servers = [
            _Quiet(configure(app, settings.host, settings.port)),
            _Quiet(configure(provider.app, "127.0.0.1", settings.port + 1)),
        ]
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        running = [asyncio.create_task(server.serve()) for server in servers]
        running.append(asyncio.create_task(work(opened, url, stop=stop)))
        stopping = asyncio.create_task(stop.wait())
        announcing = asyncio.create_task(_announce(servers, at, ready))
        await asyncio.wait([stopping, *running], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        announcing.cancel()
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*running)
        stopping.cancel()


class _Quiet(uvicorn.Server):
    """A server whose signals are the demo's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Captures none."""
        yield


async def _announce(
    servers: Sequence[uvicorn.Server], at: Addresses, ready: Callable[[Addresses], None]
) -> None:
    while not all(server.started for server in servers):  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.02)
    ready(at)


async def identity_provider(opened: Database, at: Addresses) -> DevelopmentProvider:
    """A development identity provider that knows the people of the sample company."""
    personas = {persona.email: persona for persona in PERSONAS}
    async with opened.transaction() as tx:
        rows = await tx.execute(select(Employee).where(col(Employee.email).is_not(None)))
        known = {row.email: row for row in rows.scalars() if row.email is not None}
    order = [*personas, *sorted(set(known) - set(personas))]
    people = [
        Person(
            subject=str(known[email].id),
            name=known[email].display_name,
            email=email,
            number=known[email].number,
            groups=personas[email].groups if email in personas else (),
            note=personas[email].what if email in personas else "",
        )
        for email in order
    ]
    client = Client(
        "cairn",
        redirect_uris=(f"{at.app}/auth/callback",),
        logout_uris=(f"{at.app}/auth/logout", f"{at.app}/"),
        backchannel_uri=f"{at.app}/auth/backchannel-logout",
    )
    return DevelopmentProvider(at.issuer, at.app, [client], people)


def trusted(at: Addresses) -> Provider:
    """The identity provider as the server trusts it."""
    return Provider(
        issuer=at.issuer,
        client_id="cairn",
        client_secret=None,
        audience=at.app,
        roles={role.value: role for role in Role},
        development=True,
    )
