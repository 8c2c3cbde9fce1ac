"""From a document to the statements that are signed.

JSON-LD 1.1 is expanded by PyLD, and the canonical form (RDFC-1.0) is pyoxigraph's.

PyLD reads, because pyoxigraph's own reader applies only the last type-scoped context of a node with several
types. Nothing is ever fetched: a context is one of those that are here (`contexts.py`), or the document is
refused.

A process that signs and verifies nothing does not load this: its libraries take 15 MB.

What is dropped on the way is not signed, and what is not signed can be changed by anybody. So `statements`
refuses whatever a reader would leave out: a property no context defines, an IRI that is relative or no IRI.
"""

import threading
from collections import Counter, defaultdict
from typing import Any

import pyoxigraph
from cachetools import LRUCache
from pyld.context_resolver import ContextResolver
from pyld.jsonld import JsonLdError, JsonLdProcessor
from pyld.nquads import serialize_nquads

from cairn.credentials.contexts import Unsignable, context

_BASE = "https://relative.invalid/"
"""Whatever resolves against it was relative."""
MOST_QUADS = 20_000
MOST_OF_ONE = 500
"""Values that one node has of one property: PyLD compares each with all the others."""
MOST_ALIKE = 8
"""Blank nodes that only what lies around them tells apart: it may take this factorial."""


_caches: dict[bool, Any] = {False: LRUCache(100), True: LRUCache(100)}
_lock = threading.Lock()
"""PyLD's caches are not made for several threads."""


def statements(document: dict[str, Any], *, earlier: bool = False) -> str:
    """The canonical N-Quads of a document. Raises `Unsignable`.

    `earlier` reads the Open Badges context 3.0.3 in its first text.
    """
    lines, count = _lines(document, earlier=earlier)
    try:
        dataset = pyoxigraph.Dataset(pyoxigraph.parse(lines, format=pyoxigraph.RdfFormat.N_QUADS))
    except SyntaxError as error:
        raise Unsignable(f"a value is no IRI: {error.msg}") from None
    if len(dataset) != count:
        raise Unsignable("two readers do not find the same number of statements in it")
    _must_be_tellable(dataset)
    dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0)
    quads = (f"{quad} .\n" for quad in dataset)
    return "".join(sorted(quads))


def _lines(document: dict[str, Any], *, earlier: bool) -> tuple[str, int]:
    """The statements by PyLD, and how many."""
    dropped: list[str] = []

    def load(url: str, _options: Any) -> dict[str, Any]:
        try:
            text = context(url, earlier=earlier)
        except KeyError:
            raise Unsignable(f"@context: {url[:200]} is not among the contexts that are known here") from None
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": text,
        }

    processor = JsonLdProcessor(on_property_dropped=lambda name: dropped.append(str(name)))
    with _lock:
        options = {
            "base": _BASE,
            "documentLoader": load,
            "contextResolver": ContextResolver(_caches[earlier], load),
            "processingMode": "json-ld-1.1",
        }
        try:
            expanded = processor.expand(document, dict(options))
            if dropped:
                raise Unsignable(f"{dropped[0]}: no context defines it, so nothing would protect it")
            _must_be_absolute(expanded, "")
            _must_be_few(expanded)
            dataset = processor.to_rdf(expanded, {"base": _BASE, "documentLoader": load})
        except JsonLdError as error:
            cause = error.__cause__ if isinstance(error.__cause__, Unsignable) else None
            raise Unsignable(str(cause) if cause else f"it is no JSON-LD: {error.args[0]}") from None
        except RecursionError:
            raise Unsignable("it is nested too deeply") from None
    found = serialize_nquads(dataset)
    count = len(set(found.splitlines()))
    if count > MOST_QUADS:
        raise Unsignable(f"it has {count} statements; at most {MOST_QUADS} are read")
    return found, count


def _must_be_few(expanded: Any) -> None:
    """Refuses a node with very many values of one property, wherever in the document it is given them."""
    counts: Counter[tuple[Any, str]] = Counter()
    left = [expanded]
    while left:
        node = left.pop()
        if isinstance(node, list):
            left.extend(node)
        elif isinstance(node, dict):
            for name, value in node.items():
                if isinstance(value, list | dict):
                    counts[node.get("@id", id(node)), name] += len(value)
                    left.append(value)
    most = max(counts, key=lambda each: counts[each], default=None)
    if most is not None and counts[most] > MOST_OF_ONE:
        raise Unsignable(f"{most[1][:200]}: more than {MOST_OF_ONE} values of one thing")


def _must_be_absolute(node: Any, path: str) -> None:
    match node:
        case list():
            for each in node:
                _must_be_absolute(each, path)
        case {"@value": _}:
            pass
        case dict():
            for key, value in node.items():
                if key in {"@id", "@type"}:
                    for iri in value if isinstance(value, list) else [value]:
                        _must_be_an_iri(iri, f"{path or 'the document'} {key}")
                else:
                    if not key.startswith("@"):
                        _must_be_an_iri(key, "a property")
                    _must_be_absolute(value, key)


def _must_be_an_iri(iri: Any, where: str) -> None:
    if not isinstance(iri, str) or iri.startswith(_BASE) or ":" not in iri:
        raise Unsignable(f"{where}: {str(iri).removeprefix(_BASE)[:200]!r} is not an absolute IRI")
    if iri.startswith("_:"):
        return
    if any(each in iri for each in ' <>"{}|\\^`') or not iri.isprintable():
        raise Unsignable(f"{where}: {iri[:200]!r} is no IRI")


def _must_be_tellable(dataset: pyoxigraph.Dataset) -> None:
    """Refuses a graph whose canonical form would take for ever (RDFC-1.0, section 7.1).

    Nodes that look alike are told apart by their neighbours. Where all of those look like no other, that is
    one look at each; where they look alike themselves, every order of them may have to be tried.
    """
    around: dict[str, list[str]] = defaultdict(list)
    beside: dict[str, set[str]] = defaultdict(set)
    for quad in dataset:
        terms = (quad.subject, quad.predicate, quad.object, quad.graph_name)
        nodes = {str(term) for term in terms if isinstance(term, pyoxigraph.BlankNode)}
        for node in nodes:
            shown = [
                ("_:a" if str(term) == node else "_:z")
                if isinstance(term, pyoxigraph.BlankNode)
                else str(term)
                for term in terms
            ]
            around[node].append(" ".join(shown))
            beside[node] |= nodes - {node}
    looks = {node: tuple(sorted(found)) for node, found in around.items()}
    counts = Counter(looks.values())
    alike = {node for node, look in looks.items() if counts[look] > 1}
    same = Counter((looks[node], frozenset(beside[node])) for node in alike)
    hard = sum(1 for node in alike if beside[node] & alike)
    if max(hard, *same.values(), 0) > MOST_ALIKE:
        raise Unsignable(f"more than {MOST_ALIKE} of its unnamed parts are alike; give them ids")
