"""What somebody outside sees of a credential: a page, the signed document, pictures, a certificate.

All of it is read by the engine as a viewer who may see what everybody may; what a holder hides is not there.
Nothing here waits for a worker, and nothing runs in the browser.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cairn.access.viewer import Viewer
from cairn.credentials import document as documents
from cairn.credentials.certificate import LANGUAGE, badge_of, certificate, day, holder, is_language, outcomes
from cairn.credentials.contexts import CREDENTIALS, OPEN_BADGES, contexts
from cairn.credentials.document import KINDS, Achievement, Issuer
from cairn.credentials.outside import Outside
from cairn.credentials.picture import Badge, Picture, bake_png, bake_svg, drawn
from cairn.graph.serve import Answerer, Asked, Standing
from cairn.settings import SettingError
from cairn.web.pages import page

JSON, JWT, HTML = "application/vc+ld+json", "application/vc+jwt", "text/html"
PNG, SVG, PDF = "image/png", "image/svg+xml", "application/pdf"
EXTENSIONS = {"json": JSON, "jwt": JWT, "png": PNG, "svg": SVG, "pdf": PDF}
ALIASES = {
    "application/json": JSON,
    "application/ld+json": JSON,
    "application/vc": JSON,
    "application/jwt": JWT,
}
_SAID = """
fragment Said on EndorsementConnection { nodes { id name comment document endorser { id } } }
"""
_STANDING = "endorsements(first: 50, where: {withdrawnAt: {isNull: true}, state: {eq: VERIFIED}}) { ...Said }"
CREDENTIAL = f"""
query ($id: ID!) {{
  award(id: $id) {{
    status until revokedAt revokedReason document jwt signedAt
    {_STANDING}
    version {{ {_STANDING} }}
  }}
  issuer {{ {_STANDING} }}
}}
{_SAID}"""
ACHIEVEMENT = f"query ($id: ID!) {{ node(id: $id) {{ ... on CredentialVersion {{ {_STANDING} }} }} }} {_SAID}"
ISSUER = f"{{ issuer {{ {_STANDING} }} }} {_SAID}"
ENDORSEMENT = "query ($id: ID!) { node(id: $id) { ... on Endorsement { document state endorser { id } } } }"
DRAWN_AT_ONCE = 20
"""Certificates that are drawn or wait for it in a process: each takes a twentieth of a second of a core."""
PICTURED = 3_600
"""Seconds that a picture may be kept for: somebody may give another one."""
ENDORSED = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#endorsement"
"""What a link to an endorsement is called (RFC 8288, section 2.1.2).

In the body, Open Badges has a place for whole endorsements alone, which would describe the same id again.
"""
VARY = "accept, user-agent"
"""What it depends on whether a page is answered."""
_SHOWS_LINKS = re.compile(
    r"bot\b|facebookexternalhit|whatsapp|skypeuripreview|mastodon|cardyb|iframely|embedly", re.IGNORECASE
)
"""How programs call themselves that show people where a link leads, and search engines."""
PUBLIC = Standing(Viewer(name="public"))
"""Anybody: no role, and nobody's employee."""


def routes(outside: Outside, answerer: Answerer) -> list[Route]:
    """The addresses that a credential mentions."""
    pages = _Pages(outside, answerer)
    return [
        Route("/credentials/{name}", pages.credential),
        Route("/endorsements/{name}", pages.endorsement),
        Route("/achievements/{name}", pages.achievement),
        Route("/achievements/{name}/image", pages.achievement_image),
        Route("/issuer", pages.issuer),
        Route("/issuer/image", pages.logo, methods=["GET"]),
        Route("/.well-known/did.json", pages.did),
        Route("/status/{name}", pages.status),
        Route("/contexts/{name}", pages.context),
    ]


def wanted(request: Request, offered: list[str]) -> str:
    """The one of the offered types that is wanted most (RFC 9110, section 12.5.1); the first for no wish.

    What shows people where a link leads reads the page's Open Graph tags, and says that it takes anything.
    """
    best, most = offered[0], (0.0, 0)
    for part in request.headers.get("accept", "").lower().split(",")[:50]:
        name, *parameters = (each.strip() for each in part.split(";"))
        quality = 1.0
        for each in parameters:
            if each.startswith("q="):
                try:
                    quality = float(each[2:])
                except ValueError:
                    quality = 0.0
        name = ALIASES.get(name, name)
        exactness = 0 if name == "*/*" else 1 if name.endswith("/*") else 2
        for each in offered:
            if name in {each, "*/*", f"{each.split('/')[0]}/*"} and (quality, exactness) > most:
                best, most = each, (quality, exactness)
    if most[1] < 2 and HTML in offered and _SHOWS_LINKS.search(request.headers.get("user-agent", "")):
        return HTML
    return best


def answer(
    request: Request,
    body: bytes,
    media: str,
    *,
    seconds: int = 60,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Something that anybody may read, from anywhere, and keep for a while."""
    tag = f'"{sha256(body).hexdigest()[:32]}"'
    all_headers = {
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "etag",
        "cache-control": f"public, max-age={seconds}",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        if media == SVG
        else "default-src 'none'",
        "etag": tag,
        "vary": "accept",
        "x-content-type-options": "nosniff",
        **(headers or {}),
    }
    if status == 200 and tag in {
        each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")
    }:
        return Response(status_code=304, headers=all_headers)
    return Response(body, status, all_headers, media)


def refused(media: str, status: int, title: str, says: str) -> Response:
    """An answer that says why there is nothing to see, and no more; as a page or as JSON (RFC 9457)."""
    headers = {"cache-control": "public, max-age=30", "access-control-allow-origin": "*", "vary": VARY}
    if media == HTML:
        found: Response = page("nothing.html", status=status, title=title, says=says)
        found.headers.update(headers)
        return found
    body = orjson.dumps({"title": title, "status": status, "detail": says})
    return Response(body, status, headers, "application/problem+json")


def _id(name: str) -> UUID | None:
    try:
        found = UUID(name)
    except ValueError:
        return None
    return found if str(found) == name else None


def _split(name: str, known: Mapping[str, str]) -> tuple[UUID | None, str | None]:
    """`0190….png` → the id, and the media type that its ending asks for."""
    stem, dot, ending = name.partition(".")
    return (_id(stem), known.get(ending)) if dot else (_id(name), None)


@dataclass(frozen=True)
class _Found:
    """A signed credential, and how it stands."""

    id: UUID
    status: str
    until: str | None
    revoked_at: str | None
    revoked_reason: str | None
    document: dict[str, Any]
    jwt: str
    endorsements: "_Said"
    achievement_endorsements: "_Said"
    issuer_endorsements: "_Said"

    @property
    def text(self) -> str:
        """The document, the same bytes as were signed."""
        return orjson.dumps(self.document, option=orjson.OPT_INDENT_2).decode()

    @property
    def version(self) -> UUID | None:
        """The version of the definition that it is an award of."""
        about = self.document["credentialSubject"]["achievement"]
        return _id(about["id"].rpartition("/")[2])

    @property
    def kind(self) -> str:
        """What it is, as people read it."""
        return KINDS[self.document["credentialSubject"]["achievement"]["achievementType"]]


class _Pages:
    def __init__(self, outside: Outside, answerer: Answerer) -> None:
        self.outside = outside
        self.answerer = answerer
        self._drawing = 0

    async def credential(self, request: Request) -> Response:
        id_, media = _split(request.path_params["name"], EXTENSIONS)
        media = media or wanted(request, [JSON, HTML, JWT, PNG, SVG, PDF])
        found = None if id_ is None else await self._find(id_)
        if found is None:
            return await self._nothing(media, id_)
        kinds: dict[str, Callable[[Request, _Found], Awaitable[Response]]] = {
            HTML: self._page,
            PNG: self._png,
            SVG: self._svg,
            PDF: self._pdf,
        }
        if media in kinds:
            return await kinds[media](request, found)
        link = f'<{found.document["id"]}.jwt>; rel="alternate"; type="{JWT}"'
        body = found.jwt.encode() if media == JWT else found.text.encode()
        return answer(request, body, media, headers={"link": link, "vary": VARY})

    async def _find(self, id_: UUID) -> _Found | None:
        body = await self.answerer.answer(Asked(CREDENTIAL, None, {"id": f"Award:{id_}"}), PUBLIC)
        data = {} if body is None else orjson.loads(body)["data"]
        award = data.get("award")
        if award is None or award["document"] is None:
            return None
        return _Found(
            id_,
            award["status"],
            award["until"],
            award["revokedAt"],
            award["revokedReason"],
            award["document"],
            award["jwt"],
            _said(award),
            _said(award["version"]),
            _said(data["issuer"]),
        )

    async def _endorsements(self, query: str, root: str, **variables: str) -> "_Said":
        body = await self.answerer.answer(Asked(query, None, variables), PUBLIC)
        return [] if body is None else _said(orjson.loads(body)["data"][root])

    async def _nothing(self, media: str, id_: UUID | None) -> Response:
        match None if id_ is None else await self.outside.state(id_):
            case "hidden":
                says = "Its holder does not show this credential."
                return refused(media, 403, "Not shown", says)
            case "erased":
                says = "The record of this credential was erased. Copies of it can still be checked."
                return refused(media, 410, "Erased", says)
            case "revoked":
                says = "This credential was revoked before it was signed."
                return refused(media, 410, "Revoked", says)
            case "over":
                says = "This credential does not hold, and was never signed."
                return refused(media, 404, "Does not hold", says)
            case "there":
                says = "This credential is being signed. Try again in a moment."
                found = refused(media, 503, "Not signed yet", says)
                found.headers.update({"retry-after": "5", "cache-control": "no-store"})
                return found
        return refused(media, 404, "No such credential", "There is no credential at this address.")

    async def _badge(self, found: _Found) -> Badge:
        picture = None if found.version is None else await self.outside.picture(found.version)
        return badge_of(found.document, picture)

    async def _png(self, request: Request, found: _Found) -> Response:
        picture = await asyncio.to_thread(drawn, await self._badge(found), "png")
        return answer(request, bake_png(picture, found.text), PNG)

    async def _svg(self, request: Request, found: _Found) -> Response:
        picture = await asyncio.to_thread(drawn, await self._badge(found), "svg")
        return answer(request, bake_svg(picture, found.text), SVG)

    async def _pdf(self, request: Request, found: _Found) -> Response:
        language = request.query_params.get("language", LANGUAGE)
        if not is_language(language):
            return refused(HTML, 400, "No language", "The language is a tag such as de-AT.")
        if self._drawing >= DRAWN_AT_ONCE:
            response = refused(HTML, 503, "Busy", "Many certificates are being drawn. Try again in a moment.")
            response.headers.update({"retry-after": "5", "cache-control": "no-store"})
            return response
        self._drawing += 1
        try:
            badge, logo = await self._badge(found), await self.outside.picture(None)
            template = await self.outside.template(found.id)
            body = await certificate(found.document, badge, logo, template, language)
        finally:
            self._drawing -= 1
        headers = {"content-disposition": f'inline; filename="certificate-{found.id}.pdf"'}
        return answer(request, body, PDF, headers=headers)

    async def _page(self, _request: Request, found: _Found) -> Response:
        document = found.document
        subject = document["credentialSubject"]
        about = subject["achievement"]
        report = await self.outside.check(document)
        response = page(
            "credential.html",
            holder=holder(document),
            name=about["name"],
            kind=found.kind,
            description=about["description"],
            criteria=about["criteria"]["narrative"],
            issuer=document["issuer"],
            awarded=day(document["awardedDate"]),
            until=day(document["validUntil"]) if "validUntil" in document else None,
            outcomes=outcomes(document),
            credits=f"{about['creditsAvailable']:g}" if "creditsAvailable" in about else None,
            evidence=document.get("evidence", []),
            standing=_standing(found),
            endorsements=found.endorsements,
            achievement_endorsements=found.achievement_endorsements,
            issuer_endorsements=found.issuer_endorsements,
            checks=[each for each in report.checks if each.decides],  # that we trust ourselves says nothing
            url=document["id"],
            achievement=about["id"],
            method=document["proof"][0]["verificationMethod"],
            list_=document["credentialStatus"]["statusListCredential"],
            did=f"{self.outside.address}/.well-known/did.json",
            linkedin=_linkedin(found),
            linked=_facts(found),
        )
        response.headers["cache-control"] = "no-cache"
        response.headers["vary"] = VARY
        return response

    async def achievement(self, request: Request) -> Response:
        known = {"json": JSON, "png": PNG, "svg": SVG}
        id_, media = _split(request.path_params["name"], known)
        media = media or wanted(request, [JSON, HTML, PNG, SVG])
        found = None if id_ is None else await self.outside.achievement(id_)
        if found is None:
            return refused(media, 404, "No such achievement", "There is no achievement at this address.")
        issuer, about = found
        badge = _badge(issuer, about, await self.outside.picture(about.version))
        if media in {PNG, SVG}:
            return await _pictured(request, badge, "png" if media == PNG else "svg")
        document = documents.achievement(self.outside.address, issuer, about)
        said = await self._endorsements(ACHIEVEMENT, "node", id=f"CredentialVersion:{about.version}")
        match media:
            case "text/html":
                response = page(
                    "achievement.html",
                    about=document,
                    kind=badge.kind,
                    outcomes=[
                        (about.slug(each), each.name, about.scale.get(each.level, ("", "")))
                        for each in about.outcomes
                    ],
                    issuer=issuer,
                    endorsements=said,
                )
                response.headers["vary"] = VARY
                return response
        return self._described(request, document, said)

    def _described(self, request: Request, document: Mapping[str, Any], said: "_Said") -> Response:
        """What is not signed itself, with links to the endorsements of it."""
        body = {"@context": [CREDENTIALS, OPEN_BADGES], **document}
        links = [f'<{self.outside.address}/endorsements/{each["key"]}>; rel="{ENDORSED}"' for each in said]
        headers = {
            "access-control-expose-headers": "etag, link",
            "vary": VARY,
            **({"link": ", ".join(links)} if links else {}),
        }
        content = orjson.dumps(body, option=orjson.OPT_INDENT_2)
        return answer(request, content, "application/ld+json", headers=headers)

    async def achievement_image(self, request: Request) -> Response:
        """What is awarded, as the picture that documents lead to."""
        id_ = _id(request.path_params["name"])
        found = None if id_ is None else await self.outside.achievement(id_)
        if found is None:
            return refused(JSON, 404, "No such achievement", "There is no achievement at this address.")
        badge = _badge(*found, await self.outside.picture(id_))
        return await _pictured(request, badge, "png")

    async def logo(self, request: Request) -> Response:
        """The issuer's logo."""
        found = await self.outside.picture(None)
        if found is None:
            return refused(JSON, 404, "No logo", "The issuer has no logo here.")
        return answer(request, found.png, PNG, seconds=PICTURED)

    async def endorsement(self, request: Request) -> Response:
        """What a colleague, or somebody outside, said, as it was signed."""
        id_, _ = _split(request.path_params["name"], {"json": JSON})
        asked = Asked(ENDORSEMENT, None, {"id": f"Endorsement:{id_}"})
        body = None if id_ is None else await self.answerer.answer(asked, PUBLIC)
        found = None if body is None else orjson.loads(body)["data"]["node"]
        if not found or found["document"] is None or found["state"] != "VERIFIED":
            return refused(JSON, 404, "No such endorsement", "There is no endorsement at this address.")
        if isinstance(found["document"], str):
            return answer(request, found["document"].encode(), JWT)
        return answer(request, orjson.dumps(found["document"], option=orjson.OPT_INDENT_2), JSON)

    async def issuer(self, request: Request) -> Response:
        """Who awards: described for programs, or a page that is asked for as such."""
        issuer = await self.outside.issuer()
        said = await self._endorsements(ISSUER, "issuer")
        if wanted(request, [JSON, HTML]) == JSON:
            return self._described(request, documents.profile(issuer), said)
        response = page("issuer.html", issuer=issuer, endorsements=said)
        response.headers["vary"] = VARY
        return response

    async def did(self, request: Request) -> Response:
        body = orjson.dumps(await self.outside.did_document(), option=orjson.OPT_INDENT_2)
        return answer(request, body, "application/did+json")

    async def status(self, request: Request) -> Response:
        id_, media = _split(request.path_params["name"], {"json": JSON, "jwt": JWT})
        media = media or wanted(request, [JSON, JWT])
        try:
            found = None if id_ is None else await self.outside.status_list(id_)
        except SettingError:
            return refused(media, 503, "No key", "The list cannot be signed at the moment.")
        if found is None:
            return refused(media, 404, "No such list", "There is no status list at this address.")
        document, jwt = found
        return answer(request, jwt.encode() if media == JWT else document, media, seconds=30)

    async def context(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in contexts().values():
            return refused(JSON, 404, "No such context", "There is no context at this address.")
        body = files("cairn.credentials").joinpath("data", "contexts", name).read_bytes()
        return answer(request, body, "application/ld+json", seconds=86_400)


_Said = list[dict[str, Any]]
"""Endorsements that stand, each with the last part of its address as `key`."""


def _said(endorsed: Mapping[str, Any] | None) -> _Said:
    """The endorsements that stand, of something that has some, or of nothing."""
    nodes = endorsed["endorsements"]["nodes"] if endorsed else []
    return [each | {"key": each["id"].removeprefix("Endorsement:")} for each in nodes if each["document"]]


def _badge(issuer: Issuer, about: Achievement, picture: Picture | None) -> Badge:
    return Badge(about.name, KINDS[documents.TYPES[about.kind]], issuer.name, picture)


async def _pictured(request: Request, badge: Badge, form: Literal["png", "svg"]) -> Response:
    body = await asyncio.to_thread(drawn, badge, form)
    return answer(request, body, PNG if form == "png" else SVG, seconds=PICTURED)


def _standing(found: _Found) -> dict[str, str]:
    """How it stands now, for a person."""
    until = day(found.until) if found.until else None
    match found.status:
        case "VALID":
            says = f"It holds today, and until {until}." if until else "It holds today, and without an end."
            return {"word": "Valid", "tone": "good", "says": says}
        case "PENDING":
            says = f"It holds from {day(found.document['validFrom'])} on."
            return {"word": "Not valid yet", "tone": "wait", "says": says}
        case "SUSPENDED":
            says = "It does not hold at the moment. It may be restored."
            return {"word": "Suspended", "tone": "bad", "says": says}
        case "REVOKED":
            says = f"Its issuer took it back on {day(found.revoked_at or '')}: {found.revoked_reason}"
            return {"word": "Revoked", "tone": "bad", "says": says}
    says = f"It held until {until}." if until else "It no longer holds."
    return {"word": "Expired", "tone": "bad", "says": says}


def _facts(found: _Found) -> list[tuple[str, str]]:
    """What LinkedIn asks for, to copy."""
    document = found.document
    facts = [
        ("Name", document["name"]),
        ("Issuing organization", document["issuer"]["name"]),
        ("Issue date", day(document["awardedDate"])),
        ("Expiration date", day(document["validUntil"]) if "validUntil" in document else ""),
        ("Credential ID", str(found.id)),
        ("Credential URL", document["id"]),
    ]
    return [(name, value) for name, value in facts if value]


def _linkedin(found: _Found) -> str:
    document = found.document
    issued, until = document["awardedDate"], document.get("validUntil", "")
    fields = {
        "startTask": "CERTIFICATION_NAME",
        "name": document["name"],
        "organizationName": document["issuer"]["name"],
        "issueYear": issued[:4],
        "issueMonth": issued[5:7].lstrip("0"),
        "expirationYear": until[:4],
        "expirationMonth": until[5:7].lstrip("0"),
        "certUrl": document["id"],
        "certId": str(found.id),
    }
    filled = {name: value for name, value in fields.items() if value}
    return f"https://www.linkedin.com/profile/add?{urlencode(filled)}"
