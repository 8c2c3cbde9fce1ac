"""Declaring the graph: what a type is read from, and how each of its fields is.

    @node(tables.Evidence)
    class Evidence:
        '''The fact that somebody has a skill at a level.'''

        level: int                                        # the column of that name
        skill: Skill                                      # to-one, by the foreign key skill_id
        since: datetime = derived(lambda row: func.lower(row.valid))

    @extend(Employee)                                     # an upper room adds to a lower type
    class _:
        evidence: Many[Evidence]                          # to-many: a Relay connection

A declaration holds functions that build SQL. Their first parameter is the row the field belongs to;
a relation's second is the row it leads to; the others are asked for by name: `at` (the date the read is
asked of), `viewer`, a companion or a part of the type, or one of the field's own arguments, which is
None where it was not given.

A field without a docstring of its own takes that of the table's column; a field without either does
not build.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Generic, TypeVar

from sqlalchemy import true

from cairn.db.tables import Table_

T = TypeVar("T")
Build = Callable[..., Any]


class Many(Generic[T]):
    """A to-many relation, answered as a Relay connection."""


@dataclass(frozen=True)
class Argument:
    """An argument of a field."""

    type: Any
    """A leaf or a list of leaves; or a list of a dataclass, which is bound as one JSON text (`records`)."""
    description: str
    default: Any = None
    check: Callable[[Any], Any] | None = None
    """Given what was asked for, gives what is bound; raises a `Problem` where it makes no sense."""
    input: Callable[[Any], Any] | None = None
    """Makes its type in the graph of the schema's types, where it is an input object; the functions of the
    declaration are then given it as it was written (`frame.Given`)."""


@dataclass(frozen=True)
class Field:
    """How a field is read; `name` and `type` are filled in from the annotation."""

    name: str = ""
    type: Any = None
    """The Python type of a leaf, or the name of the type a relation leads to."""
    nullable: bool = False
    description: str = ""
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    reads_at: bool = False
    """Takes `at`, because what it answers depends on a date."""


@dataclass(frozen=True)
class Value(Field):
    """A leaf: a column, or something derived from the row."""

    build: Build | None = None
    companion: str | None = None
    guard: Build | None = None
    """Where it is false the value is null, in answers, filters and orderings alike."""
    reason: str = ""
    """Why, as `withheld` tells it."""
    selects: bool = True
    """Whether lists can be filtered and ordered by it."""
    key: bool = False
    """Answered as a global id, compared as the key it holds."""


@dataclass(frozen=True)
class One(Field):
    """A to-one relation."""

    on: Build | None = None
    rows: Build | None = None
    via: str | None = None
    companion: str | None = None
    parts: Mapping[str, Build] = field(default_factory=dict)


@dataclass(frozen=True)
class Either(Field):
    """A to-one relation that leads to one of several types."""

    union: str = ""
    """The name of the union, its description, and how each member belongs to the row."""
    union_description: str = ""
    on: Mapping[str, Build] = field(default_factory=dict)


@dataclass(frozen=True)
class Considered(Field):
    """A record that Python comes to for each row of an answer, for all of them at once (`consider.py`)."""

    thinking: Callable[..., Any] | None = None


@dataclass(frozen=True)
class Connection(Field):
    """A to-many relation, paged."""

    on: Build | None = None
    rows: Build | None = None
    via: str | None = None
    order: tuple[str, ...] = ()
    positioned: bool = False
    """Whether its rows have a column `position`, by which they come where no other order is asked for."""
    filtered: bool = False
    """Whether it takes `where` although its rows are those of a select."""
    parts: Mapping[str, Build] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition(Field):
    """Something that lists are filtered by and that is no field of the type."""

    input: Callable[[Any], Any] | None = None
    """Makes its type in the graph, of the schema's types."""
    build: Build | None = None
    """The row and what was given (`frame.Given`) → whether the row meets it."""


@dataclass(frozen=True)
class Lookup(Field):
    """The node of a global id, or the nodes of several, whatever their types."""

    several: bool = False


@dataclass(frozen=True)
class Listing(Field):
    """A to-many relation that is answered whole: its rows come in the order of a column."""

    rows: Build | None = None
    by: str = "position"
    """Which column: another one where the rows may have a `position` of their own."""
    estimate: int = 10
    """How many rows to expect, for the limit on an operation's cost."""


@dataclass
class Companion:
    """A second row that stands beside a node's own, at most one at a date: joined once, by who needs it."""

    table: type[Table_]
    on: Build
    name: str = ""


@dataclass
class Node:
    """A type of the graph."""

    name: str
    cls: type
    description: str
    table: type[Table_] | None
    key: tuple[str, ...]
    fields: dict[str, Field] = field(default_factory=dict)
    companions: dict[str, Companion] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    pending: list[type] = field(default_factory=list)
    """Classes whose fields are not read yet."""
    dated: bool = False
    """Whether what it answers depends on the date it is asked of."""

    @property
    def identified(self) -> bool:
        """Whether it has a global id, and is a `Node` of the graph."""
        return self.table is not None and "id" in self.table.__table__.c

    def __repr__(self) -> str:
        return self.name


nodes: dict[str, Node] = {}
"""The types by name: filled by the decorators, read when the schema is built."""


def identified(name: str) -> Node | None:
    """The type of that name, if it has ids."""
    found = nodes.get(name)
    return found if found is not None and found.identified else None


def node(
    table: type[Table_] | None = None, *, key: tuple[str, ...] = ("id",), order: tuple[str, ...] = ()
) -> Callable[[type[T]], type[T]]:
    """Declares a type of the graph, read from `table`; without one, from the rows a relation gives.

    `key` tells rows apart and ends every ordering; `order` is the ordering of lists that ask for none.
    """

    def declare(cls: type[T]) -> type[T]:
        if cls.__name__ in nodes:
            raise TypeError(f"two types of the graph are called {cls.__name__}; rename one")
        nodes[cls.__name__] = Node(
            cls.__name__, cls, inspect.cleandoc(cls.__doc__ or ""), table, key, order=order, pending=[cls]
        )
        return cls

    return declare


def extend(cls: type) -> Callable[[type], type]:
    """Adds the decorated class's fields to the type that `cls` declares."""

    def add(addition: type) -> type:
        nodes[cls.__name__].pending.append(addition)
        return addition

    return add


def parameters(build: Build) -> list[str]:
    """The names of what `build` asks for, beyond the rows it is given by position."""
    return list(inspect.signature(build).parameters)


def _arguments(given: Mapping[str, Argument] | None) -> Mapping[str, Argument]:
    return dict(given or {})


def derived(build: Build, *, arguments: Mapping[str, Argument] | None = None, selects: bool = True) -> Any:
    """A value computed from the row: `derived(lambda row, at: row.valid.contains(at.instant))`."""
    return Value(build=build, arguments=_arguments(arguments), selects=selects)


def guarded(guard: Build, reason: str, *, build: Build | None = None) -> Any:
    """A value that some may not see: null for them, and `withheld` says `reason`."""
    return Value(build=build, guard=guard, reason=reason)


@dataclass(frozen=True)
class Beside:
    """A value or to-one relation of the row beside, by the column of the same name."""

    companion: str


def beside(companion: str) -> Any:
    """A value or to-one relation of the companion's row, by the column of the same name."""
    return Beside(companion)


def one(
    on: Build | None = None,
    *,
    rows: Build | None = None,
    via: str | None = None,
    arguments: Mapping[str, Argument] | None = None,
    parts: Mapping[str, Build] | None = None,
) -> Any:
    """A to-one relation: by a condition, by rows, or by a foreign key not named after the field."""
    return One(on=on, rows=rows, via=via, arguments=_arguments(arguments), parts=dict(parts or {}))


def either(name: str, description: str, **on: Build) -> Any:
    """A to-one relation to one of several types: `either("Cause", "What …", Award=lambda row, award: …)`."""
    return Either(union=name, union_description=description, on=on)


def many(
    on: Build | None = None,
    *,
    rows: Build | None = None,
    via: str | None = None,
    arguments: Mapping[str, Argument] | None = None,
    order: tuple[str, ...] = (),
    positioned: bool = False,
    filtered: bool = False,
    parts: Mapping[str, Build] | None = None,
) -> Any:
    """A connection: by a condition, by rows, or by the target's foreign key `via`.

    With a condition and rows, lists are filtered by the one and read from the other.
    """
    return Connection(
        on=on,
        rows=rows,
        via=via,
        arguments=_arguments(arguments),
        order=order,
        positioned=positioned,
        filtered=filtered,
        parts=dict(parts or {}),
    )


def condition(build: Build, input: Callable[[Any], Any]) -> Any:  # noqa: A002  # as GraphQL calls it
    """Something that lists are filtered by: `condition(lambda row, given, at: …, requirement_input)`."""
    return Condition(build=build, input=input)


def listing(rows: Build, *, estimate: int = 10, arguments: Mapping[str, Argument] | None = None) -> Any:
    """A list answered whole; `rows` has a column `position` that orders it."""
    return Listing(rows=rows, estimate=estimate, arguments=_arguments(arguments))


def companion(table: type[Table_], on: Build) -> Any:
    """A row of `table` beside each row: `companion(tables.Employment, lambda row, other, at: …)`."""
    return Companion(table, on)


def by_id(annotation: Any) -> Any:
    """A root field that finds a node by its id: `by_id(EmployeeId)`."""
    return one(
        lambda _, other, id: other.id == id,  # noqa: A006  # the argument's name
        arguments={"id": Argument(annotation, "Its id.")},
    )


def everything() -> Any:
    """A root field that lists every node of a type that the viewer may see."""
    return many(lambda _row, _other: true())


def docstrings(cls: type) -> dict[str, str]:
    """The docstrings that stand under the attributes of a class."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(cls)))
    except (OSError, TypeError):
        return {}
    (body,) = (statement.body for statement in tree.body if isinstance(statement, ast.ClassDef))
    found: dict[str, str] = {}
    for before, after in pairwise(body):
        name = _target(before)
        if (
            name
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
            and isinstance(after.value.value, str)
        ):
            found[name] = inspect.cleandoc(after.value.value)
    return found


def _target(statement: ast.stmt) -> str | None:
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]):
            return name
    return None


_ARGUMENT = re.compile(r"^    (\w+): ", re.MULTILINE)


def sections(doc: str) -> tuple[str, dict[str, str]]:
    """The text of a docstring, and the descriptions under its `Args:`."""
    text, _, after = doc.partition("\nArgs:\n")
    arguments, _, _ = after.partition("\n\n")
    parts = _ARGUMENT.split(arguments)[1:]
    described = {name: " ".join(part.split()) for name, part in zip(parts[::2], parts[1::2], strict=True)}
    return text.split("\nRaises:\n")[0].strip(), described


def camel(name: str) -> str:
    """`display_name` → `displayName`."""
    first, *rest = name.strip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)
