"""One statement in the making, and the frames it is made of.

A frame is an occurrence of a type's rows: the FROM entry they come from, what stands beside it, and the
date it is read at. The only way to an occurrence of a table is `Statement.occurrence`, which hands out
its access rule along with it.
"""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Date,
    FromClause,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    column,
    func,
    literal_column,
    select,
    true,
)

from cairn.access.permissions import Permission
from cairn.access.rules import At, Columns, Terms, under, visible
from cairn.access.viewer import Viewer
from cairn.db.tables import INSTANT, occurrence, snake
from cairn.graph.given import record_of, records
from cairn.graph.node import (
    Argument,
    Build,
    Companion,
    Connection,
    Considered,
    Field,
    Node,
    One,
    Value,
    camel,
    parameters,
)
from cairn.graph.scalars import bindable, sql_type
from cairn.graph.selection import Leaf, Selected, Template, Variables


@dataclass(slots=True)
class Request:
    """What a statement's parameters are read from."""

    variables: Mapping[str, Any]
    viewer: Viewer
    now: datetime
    proof: Mapping[str, Any] = field(default_factory=dict)
    """Values of the terms that show the viewer's credential to be still good."""
    result: str = ""
    """What a verb or a resolver came to, for the statement to complete: a key, or a record as JSON."""
    considered: Sequence[Mapping[UUID, str]] = ()
    """What Python came to for rows of the answer: for each question, records as JSON by their rows' keys."""


Read = Callable[[Request], Any]


@dataclass(frozen=True)
class Question:
    """A field of an operation that Python answers for all rows at once, and how its arguments are read."""

    field: Considered
    arguments: Mapping[str, Read]


@dataclass(frozen=True)
class Scope:
    """What holds for a part of the tree: the date, and the parts its ancestors share."""

    at: At
    parts: Mapping[str, Any] = field(default_factory=dict)


def wanted(number: int) -> str:
    """By which name a statement that finds rows has the key of one; no response key has a dollar sign."""
    return f"considered${number}"


class Statement:
    """The parameters, aliases and viewer of one statement."""

    def __init__(self, permissions: frozenset[Permission], *, finds: bool = False) -> None:
        """With `finds`, it answers what is to be considered with the keys of the rows."""
        self.finds = finds
        self.questions: list[Question] = []
        self.reads: dict[str, Read] = {}
        self._aliases: dict[str, int] = {}
        self._parts: dict[Hashable, Any] = {}
        now = At(
            self.parameter("now", INSTANT, lambda request: request.now),
            self.parameter("today", Date(), lambda request: request.now.date()),
        )
        self.viewer = Terms(
            employee=self.parameter("viewer", Uuid(), lambda request: request.viewer.employee),
            name=self.parameter("viewer_name", Text(), lambda request: request.viewer.name),
            roles=self.parameter("viewer_roles", ARRAY(Text), lambda request: sorted(request.viewer.roles)),
            permissions=permissions,
            now=now,
        )
        self.scope = Scope(now)

    def parameter(self, name: str, type_: Any, read: Read) -> BindParameter[Any]:
        """A parameter read from the request."""
        self.reads[name] = read
        return bindparam(name, type_=type_)

    def bind(self, leaf: Leaf, type_: Any) -> BindParameter[Any]:
        """A parameter that a leaf of an argument fills."""
        read = leaf.read
        return self.parameter(f"v{len(self.reads)}", type_, lambda request: read(request.variables))

    def term(self, argument: Argument, template: Template) -> Any:
        """An argument as a term; None where it is null or was not given."""
        if template is None:
            return None
        if record_of(argument.type) is not None:
            return self.bind(records(argument.type, template, argument.check), Text())
        leaf = template.then(bindable(argument.type))
        return self.bind(
            leaf if argument.check is None else leaf.then(argument.check), sql_type(argument.type)
        )

    def name(self, stem: str) -> str:
        """A new alias; a dollar sign keeps it apart from every column, so that it names the whole row."""
        self._aliases[stem] = self._aliases.get(stem, 0) + 1
        return f"{stem}${self._aliases[stem]}"

    def occurrence(self, node: Node, scope: Scope) -> tuple["Frame", ColumnElement[bool]]:
        """A frame on the table of `node`, and the rule that says which of its rows may be seen."""
        assert node.table is not None
        source = occurrence(node.table, self.name(node.table.__table__.name))
        return Frame(self, node, From(source), scope), visible(source, node.table, self.viewer)

    def part(self, key: Hashable, frame: "Frame", build: Build, arguments: Mapping[str, Any]) -> Any:
        """A part of a field of the answer, made once: its page and its count share common tables."""
        if key not in self._parts:
            self._parts[key] = frame.call(build, arguments)
        return self._parts[key]

    def question(self, field_: Considered, at: At, arguments: Mapping[str, Any]) -> int:
        """Notes what is to be considered, and tells under which number."""
        terms = {name: each for name, each in arguments.items() if each is not None}
        if "at" in parameters(field_.thinking or self.question):
            terms["at"] = at.instant
        self.questions.append(Question(field_, {name: self.reads[each.key] for name, each in terms.items()}))
        return len(self.questions) - 1

    def considered(self, number: int) -> FromClause:
        """What was considered under a number: `key`, `json`."""

        def found(request: Request) -> Mapping[UUID, str]:
            return request.considered[number]

        keys = self.parameter(f"keys{number}", ARRAY(Uuid), lambda request: list(found(request)))
        texts = self.parameter(f"texts{number}", ARRAY(Text), lambda request: list(found(request).values()))
        listed = func.unnest(keys, texts).table_valued(column("key", Uuid()), column("json", Text()))
        return listed.render_derived(name=self.name("considered"))

    def at(self, scope: Scope, selected: Selected) -> Scope:
        """The scope below a field: another date, if the field names one."""
        leaf = selected.arguments.get("at")
        if leaf is None:
            return scope
        day = leaf.then(lambda instant: instant.astimezone(UTC).date())
        return replace(scope, at=At(self.bind(leaf, INSTANT), self.bind(day, Date())))


@dataclass(frozen=True)
class Given:
    """An input object as it was written: its form is in the text of the statement, its values are bound."""

    statement: Statement
    template: Template

    def bind(self, read: Callable[[Variables], Any], type_: Any) -> BindParameter[Any]:
        """A parameter read from the variables of a request."""
        return self.statement.parameter(
            f"v{len(self.statement.reads)}", type_, lambda request: read(request.variables)
        )


class From:
    """A FROM entry: a source, and what was joined to it."""

    def __init__(self, source: FromClause | None) -> None:
        self.source = source
        self.joined: FromClause | None = source
        self.members = [] if source is None else [source]

    def join(self, other: FromClause, on: ColumnElement[bool]) -> None:
        """Joins `other` where it matches, and nothing where it does not."""
        assert self.joined is not None
        self.joined = self.joined.outerjoin(other, on)
        self.members.append(other)

    def query(self, *columns: Any) -> Select[Any]:
        """A select of these columns, free to mention the rows around it."""
        query = select(*columns)
        return (
            query if self.joined is None else query.select_from(self.joined).correlate_except(*self.members)
        )


class Frame:
    """An occurrence of a type's rows, read at a date."""

    def __init__(
        self,
        statement: Statement,
        node: Node,
        from_: From,
        scope: Scope,
        carried: Collection[str] = (),
    ) -> None:
        """`carried` are the companions whose columns stand among the rows' own, as `<companion>$<column>`."""
        self.statement = statement
        self.node = node
        self.from_ = from_
        self.scope = scope
        self.viewer = statement.viewer
        self.row: Any = Columns(from_.source) if from_.source is not None else None
        self.single = False
        """Whether it is one row, which a relation led to."""
        self.found: dict[str, FromClause] = {}
        """What `looked_up` found beside the rows."""
        self._companions = {
            name: Columns(from_.source, f"{name}$") for name in carried if from_.source is not None
        }

    def moved(self, scope: Scope) -> "Frame":
        """The same row in another scope: what stands beside it is joined anew."""
        return self if scope is self.scope else self._again(scope, self.viewer)

    def seen_by(self, viewer: Terms) -> "Frame":
        """The same row as somebody else sees it."""
        return self._again(self.scope, viewer)

    def _again(self, scope: Scope, viewer: Terms) -> "Frame":
        other = Frame(self.statement, self.node, self.from_, scope)
        other.viewer = viewer
        return other

    def companion(self, name: str) -> Any:
        """The row that stands beside this one, found at first use."""
        if name not in self._companions:
            find = self._look_up if self.single else self._join
            self._companions[name] = Columns(find(self.node.companions[name]))
        return self._companions[name]

    def _join(self, companion: Companion) -> FromClause:
        source, condition = self._beside(companion)
        self.from_.join(source, condition)
        return source

    def _look_up(self, companion: Companion) -> FromClause:
        """As a select of its own: that it is at most one row is then plain to the planner."""
        source, condition = self._beside(companion)
        query = select(*source.c).where(condition).limit(literal_column("1")).correlate_except(source)
        found = query.lateral(self.statement.name(companion.table.__table__.name))
        self.from_.join(found, true())
        return found

    def _beside(self, companion: Companion) -> tuple[FromClause, ColumnElement[bool]]:
        source = occurrence(companion.table, self.statement.name(companion.table.__table__.name))
        dated = "at" in parameters(companion.on)
        allowed = visible(source, companion.table, self.viewer.asking(self.scope.at if dated else None))
        return source, under(allowed, self.call(companion.on, {}, Columns(source)))

    def call(self, build: Build, arguments: Mapping[str, Any], *others: Any) -> Any:
        """Calls a function of a declaration with the rows and what it asks for by name."""
        rows = (self.row, *others)
        return build(*rows, **{name: self._named(name, arguments) for name in parameters(build)[len(rows) :]})

    def _named(self, name: str, arguments: Mapping[str, Any]) -> Any:
        match name:
            case "at":
                return self.scope.at
            case "viewer":
                return self.viewer
            case "frame":
                return self
        if name in arguments:
            return arguments[name]
        return self.scope.parts[name] if name in self.scope.parts else self.companion(name)

    def value(self, field_: Value, selected: Selected | None = None) -> ColumnElement[Any]:
        """The expression of a leaf; null where its guard does not hold."""
        if field_.build is not None:
            expression = self.call(field_.build, self.arguments(field_, selected))
        else:
            row = self.row if field_.companion is None else self.companion(field_.companion)
            expression = getattr(row, field_.name)
        if field_.guard is not None:
            allowed = self.call(field_.guard, {})
            if allowed is not true():
                expression = case((allowed, expression))
        found: ColumnElement[Any] = expression
        return found

    def comparable(self, field_: Value) -> ColumnElement[Any]:
        """What lists are filtered and ordered by for this leaf."""
        return self.row.id if field_.key else self.value(field_)

    def looked_up(self, field_: Value) -> ColumnElement[Any]:
        """The same, for a list of which only the first rows are wanted.

        Joined, a value that only PostgreSQL can tell (`status`) hides from its planner how many rows will be
        left, and it joins and sorts them all for a page of fifty. A row that is looked up is at most one, and
        the planner knows it: it walks the list in its order, as far as the page goes.
        """
        needed = self.node.companions.keys() & set(parameters(field_.build) if field_.build else ())
        for name in sorted(needed - self.found.keys()):
            self.found[name] = self._look_up(self.node.companions[name])
        if not needed:
            return self.comparable(field_)
        frame = Frame(self.statement, self.node, self.from_, self.scope)
        frame._companions = {name: Columns(source) for name, source in self.found.items()}
        return frame.value(field_)

    def arguments(self, field_: Field, selected: Selected | None) -> dict[str, Any]:
        """The field's own arguments as terms; None for those not given."""
        given = selected.arguments if selected is not None else {}
        return {
            name: self._term(argument, given.get(camel(name))) for name, argument in field_.arguments.items()
        }

    def _term(self, argument: Argument, template: Template) -> Any:
        if argument.input is not None:
            return None if template is None else Given(self.statement, template)
        return self.statement.term(argument, template)

    def related(
        self, field_: One | Connection, target: Node, selected: Selected | None = None
    ) -> tuple["Frame", ColumnElement[bool]]:
        """A frame on the rows a relation leads to, and the condition that ties them to this one."""
        statement, scope = self.statement, self.scope
        if selected is not None:
            scope = statement.at(scope, selected)
        arguments = self.arguments(field_, selected)
        if field_.parts:
            for name, build in field_.parts.items():
                part = statement.part((self.from_, id(selected), name), self.moved(scope), build, arguments)
                scope = replace(scope, parts={**scope.parts, name: part})
        here = self.moved(scope)
        if field_.rows is not None and (selected is not None or field_.on is None):
            return here.rows(here.call(field_.rows, arguments), target), true()
        frame, allowed = statement.occurrence(target, scope)
        frame.single = isinstance(field_, One) and selected is not None
        return frame, under(allowed, here.tie(field_, frame, arguments))

    def rows(self, query: Select[Any], target: Node) -> "Frame":
        """A frame on the rows of a query that may mention this row."""
        source = query.correlate(*self.from_.members).lateral(self.statement.name(snake(target.name)))
        return Frame(self.statement, target, From(source), self.scope)

    def tie(
        self, field_: One | Connection, target: "Frame", arguments: Mapping[str, Any]
    ) -> ColumnElement[bool]:
        """The condition between this row and the row of `target` that a relation leads to."""
        if field_.on is not None:
            return self.call(field_.on, arguments, target.row)  # type: ignore[no-any-return]
        assert field_.via is not None
        if isinstance(field_, Connection):
            return getattr(target.row, field_.via) == self.row.id  # type: ignore[no-any-return]
        own = self.row if field_.companion is None else self.companion(field_.companion)
        return target.row.id == getattr(own, field_.via)  # type: ignore[no-any-return]
