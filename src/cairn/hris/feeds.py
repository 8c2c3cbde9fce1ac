"""Where feeds are sent over HTTP. A process that is never sent one does not load what reads them."""

import re
from importlib import import_module
from typing import Any

from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from cairn.db.engine import Database
from cairn.identity.door import Door

PATH, COMPLETIONS = "/hris/feeds", "/completions"


class Later:
    """An application that takes files, loaded when it is first asked."""

    def __init__(self, module: str, name: str, *given: Any) -> None:
        self._where, self._given = (module, name), given
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if self._app is None:
            module, name = self._where
            self._app = getattr(import_module(module), name)(*self._given)
        await self._app(scope, receive, send)


def mounts(database: Database, door: Door) -> list[BaseRoute]:
    """The routes of them: of feeds all below, also a path with a line feed, at which Starlette's ends."""
    feeds = Mount(PATH, Later("cairn.hris.upload", "Uploads", database, door))
    feeds.path_regex = re.compile(feeds.path_regex.pattern, re.DOTALL)
    completions = Later("cairn.hris.reported", "Completions", database, door)
    return [feeds, Route(COMPLETIONS, completions, methods=None)]
