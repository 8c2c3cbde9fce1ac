"""Where SCIM is answered. A process that is never asked for it does not load its models: they take 20 MB."""

import re

from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from cairn.db.engine import Database
from cairn.hris.scim import PATH
from cairn.identity.door import Door


class Later:
    """SCIM's application, loaded when it is first asked."""

    def __init__(self, database: Database, door: Door, origin: str) -> None:
        self._given = database, door, origin
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if self._app is None:
            from cairn.hris.scim.endpoint import Scim  # noqa: PLC0415  # see above

            self._app = Scim(*self._given)
        await self._app(scope, receive, send)


def mount(database: Database, door: Door, origin: str) -> Mount:
    """The route of it: of all below, also of a path with a line feed, at which Starlette's pattern ends."""
    found = Mount(PATH, Later(database, door, origin))
    found.path_regex = re.compile(found.path_regex.pattern, re.DOTALL)
    return found
