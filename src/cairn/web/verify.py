"""`/verify`: anybody drops a file or names an address, and sees each check of the credential in it."""

import asyncio
from typing import Any

import orjson
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.credentials.fetch import Web
from cairn.credentials.outside import Outside
from cairn.credentials.report import MOST_BYTES, Report, Unavailable, Unreadable, id_of, listed
from cairn.credentials.verify import verify
from cairn.web.pages import page, sentence
from cairn.web.verify_many import Batches, drained

AT_ONCE = 4
"""Credentials that are checked at a time; others wait, and not for long."""
SECONDS = 20.0


def routes(outside: Outside) -> list[Route]:
    """The page, and what it sends."""
    room = asyncio.Semaphore(AT_ONCE)

    async def show(request: Request) -> Response:
        if request.method == "GET":
            return page("verify.html")
        if int(request.headers.get("content-length", "0") or 0) > MOST_BYTES + 10_000:
            await drained(request, 4 * MOST_BYTES)
            return page("verify.html", status=413, problem="The file is larger than 5 MB.")
        as_json = "json" in request.headers.get("accept", "")
        try:
            async with asyncio.timeout(SECONDS), room:
                report = await _checked(request, outside)
        except (Unreadable, Unavailable) as error:
            return page("verify.html", status=422, problem=sentence(str(error)))
        except TimeoutError:
            return page("verify.html", status=504, problem="What it points to does not answer in time.")
        except HTTPException as error:
            return page("verify.html", status=error.status_code, problem="The form could not be read.")
        if as_json:
            return Response(orjson.dumps(report.as_json()), media_type="application/json")
        return page("verify.html", report=report, about=_about(report), members=_members(report))

    return [
        Route("/verify", show, methods=["GET", "POST"]),
        Route("/verify/batch", Batches(lambda: OwnAndOthers(outside)).check, methods=["POST"]),
    ]


async def _checked(request: Request, outside: Outside) -> Report:
    """The report of what a form holds. Raises `Unreadable`, `Unavailable`."""
    sources = OwnAndOthers(outside)
    async with request.form(max_files=1, max_fields=2, max_part_size=100_000) as form:
        file, url = form.get("file"), form.get("url")
        if isinstance(file, UploadFile) and file.size:
            return await verify(await file.read(MOST_BYTES + 1), sources)
        if isinstance(url, str) and url.strip():
            return await verify(await sources.get(url.strip()), sources)
    raise Unreadable("choose a file, or give an address")


class OwnAndOthers(Web):
    """The network, but for what is our own."""

    def __init__(self, outside: Outside) -> None:
        super().__init__()
        self._outside = outside

    async def did(self, did: str) -> Any:
        """Our own DID document, or another's."""
        own = self._outside.own
        return await own.did(did) if did == own.name else await super().did(did)

    async def trusts(self, issuer: str) -> bool:
        """Whether the company trusts an issuer."""
        return await self._outside.trusts(issuer)

    async def get(self, url: str) -> bytes:
        """Something of ours, or of others."""
        own = self._outside.own
        return await own.get(url) if url.startswith(f"{self._outside.address}/") else await super().get(url)


def _members(report: Report) -> list[tuple[str, str]]:
    """What the credentials in a record call themselves, and their issuers; of the first hundred."""
    subject = report.document.get("credentialSubject")
    given = subject.get("verifiableCredential") if isinstance(subject, dict) else None
    found = []
    for each in listed(given or [])[:100]:
        issuer = each.get("issuer") if isinstance(each, dict) else None
        names = (each.get("name"), issuer.get("name")) if isinstance(issuer, dict) else (None, None)
        found.append(tuple(name[:300] if isinstance(name, str) else "" for name in names))
    return [(name or "A credential", issuer) for name, issuer in found]


def _about(report: Report) -> dict[str, Any]:
    """What a credential calls itself; nothing of it is known to be true."""
    document = report.document
    subject = document.get("credentialSubject")
    inner = subject.get("achievement") if isinstance(subject, dict) else document.get("badge")
    issuer = document.get("issuer") or (inner.get("issuer") if isinstance(inner, dict) else None)
    names = {
        "Name": document.get("name") or (inner.get("name") if isinstance(inner, dict) else None),
        "Issuer calls itself": issuer.get("name") if isinstance(issuer, dict) else None,
        "Issuer": id_of(issuer),
        "Address": document.get("id"),
    }
    return {label: value[:300] for label, value in names.items() if isinstance(value, str)}
