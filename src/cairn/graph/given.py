"""Records that a field of a query takes as an argument: dataclasses, bound whole as one JSON text.

The statement is the same however many there are, and nothing of them is in its text. A dataclass with
`one_of = True` takes exactly one of its fields.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from cairn.graph.node import camel
from cairn.graph.scalars import bindable, strip_optional
from cairn.graph.selection import Leaf, Template, Variables


def record_of(annotation: Any) -> type | None:
    """The dataclass that an argument is a list of; None for leaves."""
    core, _ = strip_optional(annotation)
    inner = strip_optional(get_args(core)[0])[0] if get_origin(core) is list else core
    return inner if isinstance(inner, type) and dataclasses.is_dataclass(inner) else None


def records(annotation: Any, template: Template, check: Callable[[Any], Any] | None = None) -> Leaf:
    """A list of records as a JSON text: their fields by Python's names, and with each its `position`."""
    read = _reader(annotation, template)

    def text(variables: Variables) -> str:
        found = read(variables)
        return orjson.dumps(found if check is None else check(found), default=str).decode()

    return Leaf(None, text)


def _reader(annotation: Any, template: Template) -> Callable[[Variables], Any]:
    core, _ = strip_optional(annotation)
    match template:
        case None:
            return lambda _: None
        case Leaf():
            return template.then(bindable(core)).read
        case list():
            each = [_reader(get_args(core)[0], item) for item in template]
            return lambda variables: [
                {"position": n, **found} if isinstance(found := read(variables), dict) else found
                for n, read in enumerate(each)
            ]
    hints = get_type_hints(core, include_extras=True)
    members = {
        name: _reader(hint, template[camel(name)])
        for name, hint in hints.items()
        if camel(name) in template  # a ClassVar never is
    }
    return lambda variables: {name: read(variables) for name, read in members.items()}
