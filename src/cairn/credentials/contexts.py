"""The JSON-LD contexts that are here, as their publishers wrote them: what documents may refer to."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"

_EARLIER = {OPEN_BADGES: "ob-3.0.3-2025-04.json"}
"""The Open Badges context 3.0.3 was edited in place after publication: its text before."""


class Unsignable(ValueError):  # noqa: N818  # it is about the document
    """A document does not say what it seems to; the message names the property."""


@cache
def contexts() -> dict[str, str]:
    """The contexts that are here: the file of each URL."""
    found: dict[str, str] = json.loads(_data("index.json"))
    return found


@cache
def context(url: str, *, earlier: bool = False) -> dict[str, Any]:
    """A context, as its publisher wrote it. Raises `KeyError`."""
    name = contexts()[url]
    found: dict[str, Any] = json.loads(_data(_EARLIER.get(url, name) if earlier else name))
    return found


def _data(name: str) -> str:
    return files("cairn.credentials").joinpath("data", "contexts", name).read_text(encoding="utf-8")
