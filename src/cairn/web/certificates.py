"""Templates of certificates, given as a file: `PUT /certificate-templates/{code}` takes typst source.

What the compiler says is answered a line each, with line and column, for whoever writes them in an editor.
"""

import asyncio

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.access.permissions import Permission
from cairn.access.refusal import InvalidInput
from cairn.credentials.design import define_certificate_template
from cairn.credentials.typeset import BrokenTemplate
from cairn.db.engine import Database
from cairn.graph.limits import TEXT
from cairn.graph.serve import Turned
from cairn.identity.door import Door
from cairn.web.pages import body_of, plain, said

SECONDS = 30.0


def routes(database: Database, door: Door) -> list[Route]:
    """Where templates are given."""

    async def define(request: Request) -> Response:
        standing = await door.admit(request.scope, permission=Permission.WRITE_LEARNING)
        if isinstance(standing, Turned):
            return plain(standing)
        try:
            async with asyncio.timeout(SECONDS):
                data = await body_of(request, 4 * TEXT)
            source = None if data is None else data.decode("utf-8-sig")
            if source is None or len(source) > TEXT:
                return said(413, f"A template has at most {TEXT:,} characters.")
            if "\0" in source:
                return said(422, "The template has the character U+0000 in it.")
            async with database.transaction() as tx:
                code = request.path_params["code"]
                await define_certificate_template(tx, standing.viewer, code=code, source=source)
        except UnicodeDecodeError:
            return said(422, "The template is not in UTF-8.")
        except BrokenTemplate as refusal:
            return said(422, "\n".join(map(str, refusal.problems)))
        except InvalidInput as refusal:
            return said(422, refusal.message)
        except TimeoutError:
            return said(408, "It did not come to its end in time; send it again.")
        except ClientDisconnect:
            return said(400, "It broke off.")
        return Response(status_code=204, headers={"cache-control": "no-store"})

    return [Route("/certificate-templates/{code}", define, methods=["PUT"])]
