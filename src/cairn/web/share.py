"""`/share/{token}`: what somebody shows of their portfolio, to whoever has the link.

A page without scripts, which no other site can frame, search engines leave out, and no cache keeps: the next
time it is opened it shows what is there then, or nothing.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.credentials.certificate import day
from cairn.credentials.outside import Outside
from cairn.db.engine import Database
from cairn.portfolios import shares
from cairn.portfolios.storage import storage
from cairn.settings import Settings
from cairn.web.files import sent
from cairn.web.pages import page
from cairn.web.records import Record, shown, split

HEADERS = {"referrer-policy": "no-referrer", "x-robots-tag": "noindex, nofollow", "cache-control": "no-store"}
GONE = "This link leads nowhere: it was revoked, its time is over, or it never was."


def routes(database: Database, settings: Settings, outside: Outside) -> list[Route]:
    """The page, and the files on it."""

    async def show(request: Request) -> Response:
        browser = shares.browser_of(request.headers.get("user-agent", ""))
        async with database.transaction() as tx:
            found = await shares.opened(tx, request.path_params["token"], browser)
        if found is None:
            return _nothing()
        response: Response = page(
            "share.html",
            shown=found,
            until=day(found.expires_at.isoformat()),
            passport=day(found.passport.isoformat()) if found.passport else None,
            here=f"/share/{request.path_params['token']}",
            day=lambda instant: day(instant.isoformat()),
            length=_length,
        )
        response.headers.update(HEADERS)
        return response

    async def fetch(request: Request) -> Response:
        browser = shares.browser_of(request.headers.get("user-agent", ""))
        token, file = request.path_params["token"], request.path_params["file"]
        async with database.transaction() as tx:
            found = await shares.opened_file(tx, token, file, browser)
        if found is None:
            return _nothing()
        response = await sent(storage(settings), found.key, found.name, found.media_type, found.size)
        response.headers.update(HEADERS)
        return response

    async def passport(request: Request) -> Response:
        browser = shares.browser_of(request.headers.get("user-agent", ""))
        async with database.transaction() as tx:
            found = await shares.opened_passport(tx, request.path_params["token"], browser)
        if found is None:
            return _nothing()
        here = f"/share/{request.path_params['token']}/passport"
        media = split(request.url.path.rpartition("/")[2])[1]
        response = await shown(request, outside, Record(*found), media, here)
        response.headers.update(HEADERS)
        return response

    return [
        *(
            Route(f"/share/{{token}}/passport{ending}", passport, methods=["GET"])
            for ending in ("", ".json", ".jwt")
        ),
        Route("/share/{token}", show, methods=["GET"]),
        Route("/share/{token}/files/{file:uuid}", fetch, methods=["GET"]),
    ]


def _nothing() -> Response:
    response: Response = page("nothing.html", status=404, title="Nothing to see", says=GONE)
    response.headers.update(HEADERS)
    return response


def _length(size: int) -> str:
    """`1.4 MB`."""
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{max(size / 1_000, 0.1):.1f} kB"
