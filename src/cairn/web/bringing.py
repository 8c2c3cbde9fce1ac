"""`POST /me/credentials`: what somebody else awarded, as a file (JSON, JWT, a picture) or by its address.

What `bringCredential` does in the graph, for what is longer than a text there may be, or lies elsewhere.
"""

import asyncio

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.access.refusal import NotAllowed, Refusal
from cairn.credentials.brought import bring_credential
from cairn.credentials.fetch import Web
from cairn.credentials.report import MOST_BYTES, Unavailable, Unreadable, text_of
from cairn.db.engine import Database
from cairn.graph.scalars import global_id
from cairn.graph.serve import Turned
from cairn.identity.door import Door
from cairn.web.pages import body_of, plain, said

AT_ONCE = 4
SECONDS = 30.0


def routes(database: Database, door: Door) -> list[Route]:
    """Where credentials are brought."""
    room = asyncio.Semaphore(AT_ONCE)

    async def bring(request: Request) -> Response:
        standing = await door.admit(request.scope)
        if isinstance(standing, Turned):
            return plain(standing)
        try:
            async with asyncio.timeout(SECONDS), room:
                url = request.query_params.get("url")
                data = await Web().get(url) if url else await body_of(request, MOST_BYTES)
                if data is None:
                    return said(422, f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
                document = await asyncio.to_thread(text_of, data)
                async with database.transaction() as tx:
                    row = await bring_credential(tx, standing.viewer, document=document)
        except (Unreadable, Unavailable) as error:
            return said(422, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        except Refusal as refusal:
            return said(403 if isinstance(refusal, NotAllowed) else 422, refusal.message)
        except TimeoutError:
            return said(408, "It did not come to its end in time; send it again.")
        except ClientDisconnect:
            return said(400, "It broke off.")
        told = {
            "credential": global_id("OutsideCredential", row.id),
            "name": row.name,
            "issuer": row.issuer,
            "state": row.state,
        }
        return Response(orjson.dumps(told), 201, {"cache-control": "no-store"}, "application/json")

    return [Route("/me/credentials", bring, methods=["POST"])]
