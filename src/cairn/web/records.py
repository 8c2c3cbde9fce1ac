"""A learner record as a page, as the signed document, or as a JWT, by what is asked for (`Accept`).

`/records/{id}` is for whom it is of, and for who manages access; a share leads others to it
(`/share/{token}/passport`). Nothing of it is public by itself: it is all that somebody has earned.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cairn.access.find import find
from cairn.access.refusal import NotFound
from cairn.credentials import tables
from cairn.credentials.certificate import day, holder
from cairn.credentials.document import KINDS
from cairn.credentials.outside import Outside
from cairn.db.engine import Database
from cairn.graph.serve import Turned
from cairn.identity.door import Door
from cairn.web.credentials import HTML, JSON, JWT, wanted
from cairn.web.pages import page, plain

ENDINGS = {"json": JSON, "jwt": JWT}


@dataclass(frozen=True)
class Record:
    """A record as it was signed."""

    document: str
    jwt: str


def split(name: str) -> tuple[str, str | None]:
    """`0190….json` → the id, and the media type that its ending asks for; None for no ending."""
    stem, dot, ending = name.partition(".")
    return stem, ENDINGS.get(ending, "") if dot else None


async def shown(request: Request, outside: Outside, record: Record, media: str | None, here: str) -> Response:
    """A record as what is asked for; `here` is its address without an ending."""
    media = media or wanted(request, [JSON, HTML, JWT])
    headers = {"cache-control": "no-store", "vary": "accept"}
    if media == HTML:
        found: Response = await _page(outside, orjson.loads(record.document), here)
        found.headers.update(headers)
        return found
    body, ending = (record.jwt, "jwt") if media == JWT else (record.document, "json")
    attached = {"content-disposition": f'attachment; filename="record.{ending}"'}
    return Response(body, 200, {**headers, **attached}, media)


async def _page(outside: Outside, document: dict[str, Any], here: str) -> Response:
    subject = document["credentialSubject"]
    report = await outside.check(document)
    return page(
        "record.html",
        name=document["name"],
        holder=holder(document),
        issuer=document["issuer"],
        signed=day(document["validFrom"]),
        is_stack=any(each["associationType"] == "isPartOf" for each in subject.get("association", [])),
        members=[_member(each) for each in subject["verifiableCredential"]],
        checks=[each for each in report.checks if each.name != "members"],
        inside=[each for each in report.checks if each.name == "members"],
        is_verified=report.is_verified,
        here=here,
        did=f"{outside.address}/.well-known/did.json",
    )


def _member(document: Mapping[str, Any]) -> dict[str, Any]:
    about = document["credentialSubject"]["achievement"]
    return {
        "name": document["name"],
        "url": document["id"],
        "kind": KINDS.get(about.get("achievementType", ""), "Credential"),
        "awarded": day(document["awardedDate"]),
        "until": day(document["validUntil"]) if "validUntil" in document else None,
    }


def routes(database: Database, door: Door, outside: Outside) -> list[Route]:
    """Where one's own records are."""

    async def own(request: Request) -> Response:
        standing = await door.admit(request.scope, page=True)
        name, media = split(request.path_params["name"])
        if isinstance(standing, Turned):
            is_page = (media or wanted(request, [JSON, HTML, JWT])) == HTML
            if standing.status == 401 and is_page:
                return RedirectResponse(f"/auth/login?{urlencode({'next': request.url.path})}", 303)
            return plain(standing)
        try:
            async with database.transaction() as tx:
                row = await find(tx, standing.viewer, tables.LearnerRecord, UUID(name))
        except (NotFound, ValueError):
            return page("nothing.html", status=404, title="No such record", says="There is no record here.")
        return await shown(request, outside, Record(row.document, row.jwt), media, f"/records/{name}")

    return [Route("/records/{name}", own, methods=["GET"])]
