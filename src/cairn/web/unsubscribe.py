"""`/unsubscribe/{token}`: no more mails of reminders, by one click and without signing in (RFC 8058).

Looking at the address changes nothing, since mail servers look at every link in a mail; only a POST does,
from a mail program or by the page's button. Who has the link can do nothing else with it.
"""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.db.engine import Database
from cairn.pathways.mails import unsubscribe
from cairn.web.pages import page

LONGEST = 100
"""Characters of a token."""


def routes(database: Database) -> list[Route]:
    """The page, and what it sends."""

    async def show(request: Request) -> Response:
        if request.method != "POST":
            return page("unsubscribe.html", done=False, known=True)
        token = request.path_params["token"]
        async with database.transaction() as tx:
            known = len(token) <= LONGEST and await unsubscribe(tx, token)
        return page("unsubscribe.html", status=200 if known else 404, done=known, known=known)

    return [Route("/unsubscribe/{token}", show, methods=["GET", "POST"])]
