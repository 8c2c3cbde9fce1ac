"""Where feeds are sent over HTTP. A process that is never sent one does not load what reads them."""

from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from cairn.db.engine import Database
from cairn.identity.door import Door

PATH = "/hris/feeds"


class Later:
    """The application that takes feeds, loaded when it is first asked."""

    def __init__(self, database: Database, door: Door) -> None:
        self._given = database, door
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if self._app is None:
            from cairn.hris.upload import Uploads  # noqa: PLC0415  # see above

            self._app = Uploads(*self._given)
        await self._app(scope, receive, send)


def mount(database: Database, door: Door) -> Mount:
    """The route of it."""
    return Mount(PATH, Later(database, door))
