"""Pages for people: templates, the files beside them, and the headers that go with every page.

Nothing on a page comes from another host, and nothing runs that is not a file of ours.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from cairn.graph.serve import Turned

_HERE = Path(__file__).parent
_TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape(), trim_blocks=True
)
_PIECEMEAL = _TEMPLATES.overlay(enable_async=True)

HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
}
"""What a page says of itself; the rest the front adds to every answer (`front.py`)."""


def page(template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A page of a template."""
    html = _TEMPLATES.get_template(template).render(**values)
    return HTMLResponse(html, status, HEADERS)


async def piecemeal(template: str, **values: Any) -> AsyncIterator[str]:
    """The text of a page whose list is still being made: each item as soon as it is there."""
    held: list[str] = []
    async for piece in _PIECEMEAL.get_template(template).generate_async(**values):
        held.append(piece)
        if "</li>" in piece:
            yield "".join(held)
            held.clear()
    yield "".join(held)


def sentence(said: str) -> str:
    """What was said, with a capital where a sentence has one, and its full stop."""
    begun = said if said.startswith(("http", "did:")) else f"{said[:1].upper()}{said[1:]}"
    return begun if begun.endswith((".", "!", "?")) else f"{begun}."


for _environment in (_TEMPLATES, _PIECEMEAL):
    _environment.filters["sentence"] = sentence


async def body_of(request: Request, most: int) -> bytes | None:
    """What is sent, read piece by piece; None where it is longer than that."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            return None
    return bytes(body)


def said(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in a sentence, where programs and browsers ask for a file or send one."""
    return Response(f"{message}\n", status, {"cache-control": "no-store", **(headers or {})}, "text/plain")


def plain(turned: Turned) -> Response:
    """The answer to who is not let in, where programs and browsers ask for a file."""
    headers = {name.decode(): value.decode() for name, value in turned.headers}
    return Response(f"{turned.message}\n", turned.status, headers, "text/plain")


def template(name: str) -> Template:
    """A template whose parts are put together elsewhere."""
    return _TEMPLATES.get_template(name)


def static() -> StaticFiles:
    """The files that pages are made of."""
    return StaticFiles(directory=_HERE / "static")
