"""Documents that are known beforehand, and asked by an identifier in place of their text.

As the GraphQL over HTTP specification has them (appendix A, Persisted Documents): `documentId` is `sha256:`
and the digest of the text, or a name of their own. A company that knows all that its front end asks can have
nothing else answered: then nobody can ask what was not reviewed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import GraphQLSchema

from cairn.graph import limits
from cairn.graph.document import Document, Refused
from cairn.graph.problem import Code, Problem
from cairn.settings import SettingError, Settings

MOST = 10_000
"""Documents in a folder or a manifest."""
_SUFFIXES = {".graphql", ".gql"}


class Documents:
    """The known documents, by their identifiers."""

    def __init__(self, texts: Mapping[str, str], *, required: bool) -> None:
        """`texts` by names of their own; where `required`, nothing else is answered."""
        digests = {f"sha256:{digest(text)}": text for text in texts.values()}
        self._texts = {**texts, **digests}
        self._all = frozenset(texts.values())
        self._required = required

    def asked(self, given: Mapping[str, Any]) -> str:
        """The text that a request asks for, by `documentId` or by Apollo's `persistedQuery`, or as it is.

        Raises a `Problem` where it is not known, or has to be.
        """
        query, id_ = given.get("query"), given.get("documentId")
        if id_ is None and (extensions := given.get("extensions")):
            id_ = _of_apollo(extensions)
        if id_ is not None and not isinstance(id_, str):
            raise Problem(Code.BAD_REQUEST, "documentId must be a text")
        if id_ is not None and not query:
            if id_ not in self._texts:
                raise Problem(Code.UNKNOWN_DOCUMENT, f"no document is known by {id_[:100]!r}")
            return self._texts[id_]
        if not isinstance(query, str) or not query:
            raise Problem(
                Code.BAD_REQUEST, "query must be the text of a GraphQL document, or documentId name one"
            )
        if id_ is not None and id_ not in {f"sha256:{digest(query)}", *self._names(query)}:
            raise Problem(Code.BAD_REQUEST, f"the query is not the document that {id_[:100]!r} names")
        if self._required and query not in self._all:
            raise Problem(
                Code.FORBIDDEN,
                "only documents that are known beforehand are answered here: send a documentId",
            )
        return query

    def _names(self, query: str) -> Iterator[str]:
        return (name for name, text in self._texts.items() if text == query)

    def wrong(self, schema: GraphQLSchema) -> Iterator[str]:
        """What is wrong with each, as sentences."""
        for name, text in self._texts.items():
            if not name.startswith("sha256:"):
                try:
                    Document(schema, text)
                except (Refused, Problem) as refusal:
                    yield f"The document {name} is not answered: {refusal}"


NONE = Documents({}, required=False)
"""Where none is known, each is answered by its text."""


def digest(text: str) -> str:
    """The SHA-256 of a document's text, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _of_apollo(extensions: Any) -> str | None:
    """The identifier that Apollo's clients send among the extensions."""
    found = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    hashed = found.get("sha256Hash") if isinstance(found, dict) else None
    return f"sha256:{hashed}" if isinstance(hashed, str) else None


def documents(found: Settings) -> Documents:
    """The documents in a folder, or in a manifest. Raises `SettingError`.

    In a folder each file that ends in `.graphql` or `.gql` is one, named as the file is without its ending.
    A manifest is a JSON object of texts by their names, as Relay's compiler writes it, or Apollo's
    (`"operations": [{"id": …, "body": …}]`).
    """
    path = found.documents
    if path is None:
        return NONE
    try:
        texts = _in_folder(path) if path.is_dir() else _in_manifest(path)
    except (OSError, UnicodeDecodeError) as error:
        raise _error(f"{path} cannot be read: {error}") from None
    if not 0 < len(texts) <= MOST:
        raise _error(f"{path} has {len(texts)} documents: a folder or manifest has from 1 to {MOST}")
    for name, text in texts.items():
        if len(text) > limits.DOCUMENT:
            raise _error(f"{name} has {len(text)} characters; {limits.DOCUMENT} is the most")
    return Documents(texts, required=found.documents_required)


def _error(message: str) -> SettingError:
    return SettingError(f"CAIRN_DOCUMENTS: {message}")


def _in_folder(path: Path) -> Mapping[str, str]:
    files = sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES and each.is_file())
    found: dict[str, str] = {}
    for file in files[: MOST + 1]:
        if file.stem in found:
            raise _error(f"{path} has two documents called {file.stem}")
        found[file.stem] = file.read_text("utf-8")
    return found


def _in_manifest(path: Path) -> Mapping[str, str]:
    try:
        given = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _error(f"{path} is not JSON: {error}") from None
    if isinstance(given, dict) and isinstance(given.get("operations"), list):
        rows = given["operations"]
        if not all(isinstance(each, dict) for each in rows):
            raise _error(f"{path}: each of the operations must be an object with id and body")
        given = {each.get("id"): each.get("body") for each in rows}
    if not isinstance(given, dict) or not all(
        isinstance(name, str) and isinstance(text, str) for name, text in given.items()
    ):
        raise _error(f"{path} must be an object of documents by their names")
    return given
