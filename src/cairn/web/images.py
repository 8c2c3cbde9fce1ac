"""Pictures of credentials, the issuer's logo, and what certificates show: given as a file, and taken away.

`PUT /definitions/{id}/image`, `PUT /issuer/image` and `PUT /certificate-images/{name}` take PNG, JPEG, WebP
or SVG as the body, or `?url=`; `DELETE` takes away what was given. They are for whoever writes credential
definitions.
"""

import asyncio

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.access.permissions import Permission
from cairn.access.refusal import InvalidInput, NotFound, Refusal
from cairn.access.viewer import Viewer
from cairn.credentials.design import show_on_certificates
from cairn.credentials.fetch import Web
from cairn.credentials.illustrate import MOST_BYTES, Subject, illustrate, redrawn
from cairn.credentials.picture import Picture
from cairn.credentials.report import Unavailable
from cairn.credentials.tables import Image
from cairn.credentials.vector import NotDrawable
from cairn.db.engine import Database, Transaction
from cairn.graph.serve import Turned
from cairn.identity.door import Door
from cairn.web.pages import body_of, plain, said

SECONDS = 30.0


def routes(database: Database, door: Door) -> list[Route]:
    """Where pictures are given."""
    turn = asyncio.Semaphore(1)

    async def change(request: Request) -> Response:
        standing = await door.admit(request.scope, permission=Permission.WRITE_LEARNING)
        if isinstance(standing, Turned):
            return plain(standing)
        try:
            picture = None
            if request.method == "PUT":
                async with asyncio.timeout(SECONDS):
                    url = request.query_params.get("url")
                    data = await Web().get(url) if url else await body_of(request, MOST_BYTES)
                if data is None:
                    return said(413, f"A picture has at most {MOST_BYTES // 1_000_000} MB.")
                async with turn:  # each may take a hundred megabytes
                    picture = await asyncio.to_thread(redrawn, data)
            async with database.transaction() as tx:
                made = await keep(tx, standing.viewer, request, picture)
        except (NotDrawable, Unavailable) as error:
            return said(422, f"The picture is not taken: {error}.")
        except InvalidInput as refusal:
            return said(422, refusal.message)
        except NotFound as refusal:
            return said(404, refusal.message)
        except Refusal as refusal:
            return said(403, refusal.message)
        except TimeoutError:
            return said(408, "It did not come to its end in time; send it again.")
        except ClientDisconnect:
            return said(400, "It broke off.")
        if made is None:
            return Response(status_code=204, headers={"cache-control": "no-store"})
        told = {"width": made.width, "height": made.height, "isVector": made.svg is not None}
        return Response(orjson.dumps(told), 200, {"cache-control": "no-store"}, "application/json")

    async def keep(
        tx: Transaction, viewer: Viewer, request: Request, picture: Picture | None
    ) -> Image | None:
        if (name := request.path_params.get("name")) is not None:
            return await show_on_certificates(tx, viewer, name, picture)
        return await illustrate(tx, viewer, Subject(request.path_params.get("credential")), picture)

    return [
        Route("/certificate-images/{name}", change, methods=["PUT", "DELETE"]),
        Route("/definitions/{credential:uuid}/image", change, methods=["PUT", "DELETE"]),
        Route("/issuer/image", change, methods=["PUT", "DELETE"]),
    ]
