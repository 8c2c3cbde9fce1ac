"""`/unsubscribe/{token}`: no more mails of reminders, by one click and without signing in (RFC 8058).

Looking at the address changes nothing, since mail servers look at every link in a mail; only a POST does,
from a mail program or by the page's button. Who has the link can do nothing else with it. The page is in the
language of the mail.
"""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.db.engine import Database
from cairn.pathways.mails import locale_of, unsubscribe
from cairn.pathways.wording import wording
from cairn.web.pages import page

LONGEST = 100
"""Characters of a token."""


def routes(database: Database) -> list[Route]:
    """The page, and what it sends."""

    async def show(request: Request) -> Response:
        token = request.path_params["token"]
        async with database.transaction() as tx:
            locale = await locale_of(tx, token) if len(token) <= LONGEST else None
            done = locale is not None and request.method == "POST" and await unsubscribe(tx, token)
        words = wording(locale or re.split("[,;]", request.headers.get("accept-language", ""))[0])
        status = 200 if locale is not None else 404
        return page("unsubscribe.html", status=status, words=words, known=locale is not None, done=done)

    return [Route("/unsubscribe/{token}", show, methods=["GET", "POST"])]
