"""The slow reference: each field by statements of its own, filtered, ordered and paged in plain Python.

It reads the same declarations as the engine (`node.py`) and the same access rules, and none of what puts
them together there: graphql-core's own executor walks the document, one resolver a field; visible rows are
loaded a table at a time, derived values are computed a row at a time, everything else is Python. What was
computed once for a row, a date and a viewer is kept, since the world stands still while it is asked.
"""

import asyncio
import base64
import json
import zlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cached_property
from itertools import count
from types import SimpleNamespace
from typing import get_args, get_origin
from uuid import UUID

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType, build_schema, execute, parse
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    Select,
    Text,
    Uuid,
    bindparam,
    cast,
    null,
    select,
    true,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.types import NullType

from cairn.access.rules import At, Columns, Terms, visible
from cairn.db.tables import INSTANT
from cairn.graph.given import record_of, records
from cairn.graph.node import Connection, Either, Listing, Lookup, One, Value, camel, nodes, parameters
from cairn.graph.scalars import bindable, sql_type, strip_optional
from cairn.graph.selection import constant

PAGE = 50
"""Items of a page that does not say how many."""
_TYPES = {
    bool: Boolean(),
    int: BigInteger(),
    str: Text(),
    UUID: Uuid(),
    datetime: INSTANT,
    date: Date(),
    list: ARRAY(Text),
}


def literal(value, type_):
    """A value as a term of a statement."""
    if isinstance(type_, NullType):
        type_ = next((made for python, made in _TYPES.items() if isinstance(value, python)), type_)
    if isinstance(type_, EnumType):
        type_ = Text()
    if value is None:
        return null() if isinstance(type_, NullType) else cast(null(), type_)
    return bindparam(f"literal{next(_numbers)}", value, type_)


_numbers = count()


def _argument(annotation, value):
    """The value of an argument as a term."""
    if record_of(annotation) is not None:
        return literal(records(annotation, _template(value)).read({}), Text())
    return literal(bindable(annotation)(_members(annotation, value)), sql_type(annotation))


def _template(value):
    """The template of a record that was given as it is."""
    if isinstance(value, dict):
        return {name: _template(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_template(each) for each in value]
    return None if value is None else constant(value)


def _members(annotation, value):
    """The members of an enumeration, for their names."""
    core, _ = strip_optional(annotation)
    if get_origin(core) is list:
        return [_members(get_args(core)[0], each) for each in value]
    return core(value) if isinstance(core, type) and issubclass(core, Enum) and value is not None else value


class Literals:
    """A row whose columns are terms with the values they have."""

    def __init__(self, row, types):
        self._row, self._types = row, types

    def __getattr__(self, name):
        if name not in self._types:
            raise AttributeError(name)
        return literal(self._row.get(name), self._types[name])


@dataclass(eq=False)
class Object:
    """A row as an object of the graph, at a date."""

    node: object
    row: dict
    types: dict
    at: datetime
    parts: dict = field(default_factory=dict)

    @property
    def key(self):
        """What tells it from others."""
        return (self.node.name, repr(sorted(self.row.items())), self.at, tuple(map(id, self.parts.values())))

    def moved(self, at, parts=None):
        """The same row at another date."""
        return Object(self.node, self.row, self.types, at, {**self.parts, **(parts or {})})


@dataclass(eq=False)
class Edge:
    node: Object
    cursor: str


@dataclass(eq=False)
class Page:
    edges: list
    has_next: bool
    has_previous: bool
    total: int


class Reference:
    """Answers documents as one viewer."""

    def __init__(self, schema, database, viewer, now):
        self.schema = schema
        self.database = database
        self.viewer = viewer
        self.now = now
        self.terms = Terms(
            employee=literal(viewer.employee, Uuid()),
            name=literal(viewer.name, Text()),
            roles=literal(sorted(viewer.roles), ARRAY(Text)),
            permissions=viewer.permissions,
            now=_at(now),
        )
        self._kept = {}
        self._busy = asyncio.Lock()

    async def answer(self, document, variables=None):
        """The data of an answer."""
        root = Object(nodes["Query"], {}, {}, self.now)
        result = execute(self.core, parse(document), root, variable_values=variables or {})
        result = await result if asyncio.iscoroutine(result) else result
        if result.errors:
            raise result.errors[0].original_error or result.errors[0]
        return result.data

    @cached_property
    def core(self):
        """The schema, ready for the executor."""
        core = build_schema(self.schema.printed())
        core.type_map["DateTime"].coerce_input_value = _parse_instant
        core.type_map["Date"].coerce_input_value = date.fromisoformat
        for name, type_ in core.type_map.items():
            if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
                type_.resolve_type = lambda found, *_: found.node.name
            if not isinstance(type_, GraphQLObjectType):
                continue
            declared = self.schema.by_graphql_name.get(name, {})
            for field_name, each in type_.fields.items():
                if field_name in declared:
                    each.resolve = self._resolver(declared[field_name])
                elif name == "PageInfo" or name.endswith(("Connection", "Edge")):
                    each.resolve = _PAGES[field_name]
        return core

    def _resolver(self, field_):
        async def resolve(source, _info, **arguments):
            match field_:
                case Value():
                    return _shown(await self.value(source, field_, arguments))
                case One():
                    return await self.one(source, field_, arguments)
                case Either():
                    for name, on in field_.on.items():
                        found = await self.one(source, One(name=field_.name, type=name, on=on), arguments)
                        if found is not None:
                            return found
                    return None
                case Listing():
                    return await self.listing(source, field_, arguments)
                case Connection():
                    return await self.page(source, field_, arguments)
                case Lookup(several=True):
                    return [await self.lookup(id_) for id_ in arguments["ids"]]
                case Lookup():
                    return await self.lookup(arguments["id"])

        return resolve

    # Statements.

    async def fetch(self, query):
        """The rows of a statement, and the types of its columns; enum members as the text they stand for."""
        columns = list(query.selected_columns)
        async with self._busy, self.database.transaction() as tx:
            rows = (await tx.execute(query)).all()
        types = {column.name: column.type for column in columns}
        return [
            {
                name: value.value if isinstance(value, Enum) else value
                for name, value in zip(types, row, strict=True)
            }
            for row in rows
        ], types

    async def kept(self, key, compute):
        """What was computed before under that key."""
        if key not in self._kept:
            self._kept[key] = await compute()
        return self._kept[key]

    async def rows(self, table):
        """The rows of a table that the viewer may see, by primary key."""

        async def load():
            source = table.__table__.alias()
            found, types = await self.fetch(select(*source.c).where(visible(source, table, self.terms)))
            return {_primary(table, row): row for row in found}, types

        return await self.kept(("rows", table.__name__), load)

    async def scalar(self, expression):
        """The value of an expression."""
        rows, _ = await self.fetch(select(expression.label("value")))
        return rows[0]["value"]

    async def call(self, build, source, arguments, *others):
        """What a function of a declaration builds, of the row as it is."""
        row = Literals(source.row, source.types) if source.types else None
        named = {}
        for name in parameters(build)[1 + len(others) :]:
            if name == "at":
                named[name] = _at(source.at)
            elif name == "viewer":
                named[name] = self.terms
            elif name == "frame":
                named[name] = self._frame(source, row, self.terms)
            elif name in arguments:
                named[name] = arguments[name]
            elif name in source.parts:
                named[name] = source.parts[name]
            else:
                row_beside, types = await self.companion(source, name)
                named[name] = Literals(row_beside or {}, types)
        return build(row, *others, **named)

    def _frame(self, source, row, terms):
        """What a declaration may ask of the engine's frame, for one row."""
        return SimpleNamespace(
            statement=SimpleNamespace(parameter=self._parameter, viewer=self.terms),
            node=source.node,
            row=row,
            from_=SimpleNamespace(
                source=SimpleNamespace(c={name: getattr(row, name) for name in source.types}), members=()
            ),
            seen_by=lambda other: self._frame(source, row, other),
            call=lambda build, _: build(
                row, **{name: {"at": _at(source.at), "viewer": terms}[name] for name in parameters(build)[1:]}
            ),
        )

    def _parameter(self, _name, type_, read):
        return literal(read(SimpleNamespace(proof={}, viewer=self.viewer, now=self.now)), type_)

    async def matching(self, table, condition, at=None):
        """The visible rows of a table that meet a condition, which asks what holds if `at` is given."""
        source = table.__table__.alias()
        met = await condition(Columns(source))
        keys = [column for column in source.c if column.primary_key]
        terms = self.terms if at is None else self.terms.asking(_at(at))
        found, _ = await self.fetch(select(*keys).where(met, visible(source, table, terms)))
        known, types = await self.rows(table)
        return [known[_primary(table, row)] for row in found], types

    async def companion(self, source, name):
        """The row beside another, and the types of its columns."""
        beside = source.node.companions[name]

        async def load():
            rows, types = await self.matching(
                beside.table,
                lambda other: self.call(beside.on, source, {}, other),
                source.at if "at" in parameters(beside.on) else None,
            )
            assert len(rows) <= 1
            return (rows[0] if rows else None), types

        return await self.kept(("companion", name, *source.key), load)

    # Fields.

    def _arguments(self, field_, given):
        """The arguments of a field as terms; None for those that are null or were not given."""
        return {
            name: None if (value := given.get(camel(name))) is None else _argument(argument.type, value)
            for name, argument in field_.arguments.items()
        }

    async def value(self, source, field_, given=None):
        """A leaf, as Python has it."""

        async def compute():
            if field_.guard is not None and not await self.allowed(source, field_):
                return None
            if field_.build is not None:
                return await self.scalar(
                    await self.call(field_.build, source, self._arguments(field_, given or {}))
                )
            if field_.companion is None:
                return source.row[field_.name]
            row, _ = await self.companion(source, field_.companion)
            return None if row is None else row[field_.name]

        return await self.kept(("value", field_.name, repr(given), *source.key), compute)

    async def allowed(self, source, field_):
        """Whether the viewer may see a guarded leaf."""
        found = await self.call(field_.guard, source, {})
        return found is true() or bool(await self.scalar(found))

    async def one(self, source, field_, given):
        """The object that a to-one relation leads to."""
        found = await self.related(source, field_, given)
        assert len(found) <= 1, found
        return found[0] if found else None

    async def related(self, source, field_, given):
        """The objects that a relation leads to, in whatever order."""
        at = given.get("at") or source.at
        own = {camel(name): given.get(camel(name)) for name in field_.arguments}
        return await self.kept(
            ("related", field_.name, field_.type, repr(own), *source.moved(at).key),
            lambda: self._related(source.moved(at), field_, own),
        )

    async def _related(self, source, field_, given):
        target, arguments = nodes[field_.type], self._arguments(field_, given)
        for name, build in getattr(field_, "parts", {}).items():
            source = source.moved(source.at, {name: await self.call(build, source, arguments)})
        if field_.rows is not None:
            query = await self.call(field_.rows, source, arguments)
            assert isinstance(query, Select)
            rows, types = await self.fetch(query)
        elif field_.on is not None:
            rows, types = await self.matching(
                target.table, lambda other: self.call(field_.on, source, arguments, other)
            )
        else:
            found, types = await self.rows(target.table)
            if isinstance(field_, Connection):
                rows = [row for row in found.values() if row[field_.via] == source.row["id"]]
            else:
                own = source.row
                if field_.companion is not None:
                    own, _ = await self.companion(source, field_.companion)
                key = None if own is None else own[field_.via]
                rows = [row for row in found.values() if row["id"] == key]
        return [Object(target, row, types, source.at, source.parts) for row in rows]

    async def listing(self, source, field_, given):
        """The objects of a list that is answered whole."""
        if field_.type == "Withheld" and source.node is not nodes["Sight"]:
            return [
                Object(nodes["Withheld"], {"field": camel(each.name), "reason": each.reason}, {}, source.at)
                for each in source.node.fields.values()
                if isinstance(each, Value) and each.guard is not None and not await self.allowed(source, each)
            ]
        found = await self.related(source, field_, given)
        return sorted(found, key=lambda each: each.row["position"])

    async def lookup(self, global_id):
        """The object of a global id."""
        name, _, key = global_id.partition(":")
        rows, types = await self.rows(nodes[name].table)
        row = rows.get((UUID(key),))
        return None if row is None else Object(nodes[name], row, types, self.now)

    # Lists.

    async def page(self, source, field_, given):
        """A page of a connection."""
        target = nodes[field_.type]
        found = [
            each
            for each in await self.related(source, field_, given)
            if await self.meets(each, given.get("where"))
        ]
        fields = self.schema.by_graphql_name[target.name]
        asked = [pair for each in given.get("orderBy") or () for pair in each.items()]
        if not asked and field_.positioned:
            asked, fields = [("position", "ASC")], {"position": Value(name="position", build=_position)}
        asked = asked or [
            (camel(name.removeprefix("-")), "DESC" if name.startswith("-") else "ASC")
            for name in field_.order or target.order
        ]
        names = [(name, direction == "DESC") for name, direction in asked] + [
            (name, False) for name in target.key
        ]
        keyed = []
        for each in found:
            values = [await self.compared(each, fields[name]) for name, _ in asked]
            keyed.append((values + [each.row[name] for name in target.key], each))
        downs = [down for _, down in names]
        keyed.sort(key=lambda pair: _place(pair[0], downs))
        spelled = ",".join(f"{name}{'-' if down else '+'}" for name, down in names)
        mark = f"{zlib.crc32(f'{source.node.name}.{field_.name}:{spelled}'.encode()):08x}"
        edges = [(_place(values, downs), Edge(each, _cursor(mark, values))) for values, each in keyed]
        return _cut(edges, given, lambda text: _place(_typed(text, mark, keyed, len(downs)), downs))

    async def compared(self, source, field_):
        """What a leaf is filtered and ordered by."""
        return source.row["id"] if field_.key else await self.value(source, field_)

    async def meets(self, source, where):
        """Whether an object meets a condition."""
        for name, inner in (where or {}).items():
            match name:
                case "and":
                    met = inner is None or all([await self.meets(source, each) for each in inner])
                case "or":
                    met = inner is None or any([await self.meets(source, each) for each in inner])
                case "not":
                    met = inner is None or not await self.meets(source, inner)
                case _:
                    met = await self._member(
                        source, self.schema.by_graphql_name[source.node.name][name], inner
                    )
            if not met:
                return False
        return True

    async def _member(self, source, field_, inner):
        if isinstance(field_, Value):
            value = await self.compared(source, field_)
            return all(_compare(field_, value, operator, given) for operator, given in (inner or {}).items())
        others = await self.related(source, field_, {})
        if isinstance(field_, One):
            return (not others) if inner is None else any([await self.meets(each, inner) for each in others])
        for quantifier, where in (inner or {}).items():
            if where is None:
                continue
            met = [await self.meets(each, where) for each in others]
            if not {"some": any(met), "none": not any(met), "every": all(met)}[quantifier]:
                return False
        return True


def _compare(field_, value, operator, given):
    if given is None:
        return {"eq": value is None, "ne": value is not None}.get(operator, True)
    if operator == "isNull":
        return (value is None) == given
    given = [_plain(field_, each) for each in given] if isinstance(given, list) else _plain(field_, given)
    match operator:
        case "eq":
            return value == given
        case "ne":
            return value != given
        case "in":
            return value in given
        case "notIn":
            return value not in given
    if value is None:
        return False
    return _OPERATORS[operator](value, given)


_OPERATORS = {
    "lt": lambda value, given: value < given,
    "lte": lambda value, given: value <= given,
    "gt": lambda value, given: value > given,
    "gte": lambda value, given: value >= given,
    "contains": lambda value, given: given.lower() in value.lower(),
    "startsWith": lambda value, given: value.lower().startswith(given.lower()),
    "endsWith": lambda value, given: value.lower().endswith(given.lower()),
}


def _plain(field_, given):
    """An operand as Python has the value it is compared with."""
    if field_.key:
        return UUID(given.partition(":")[2])
    if isinstance(field_.type, type) and issubclass(field_.type, Enum) and isinstance(given, str):
        return field_.type[given].value
    return given


def _position(row):
    return row.position


class _Down:
    """A value that is ordered the other way."""

    def __init__(self, value):
        self.value = value

    def __eq__(self, other):
        return self.value == other.value

    def __lt__(self, other):
        return other.value < self.value

    __hash__ = None


def _place(values, downs):
    """What a row is ordered by: nulls after everything going up, and before everything going down."""
    pairs = [(value is None, 0 if value is None else value) for value in values]
    return [_Down(pair) if down else pair for pair, down in zip(pairs, downs, strict=True)]


def _cut(edges, given, place):
    """The part of a list that a page shows, as the Relay specification cuts it."""
    first, last, total = given.get("first"), given.get("last"), len(edges)
    shown = edges
    if given.get("after") is not None:
        after = place(given["after"])
        shown = [pair for pair in shown if after < pair[0]]
    if given.get("before") is not None:
        before = place(given["before"])
        shown = [pair for pair in shown if pair[0] < before]
    has_next = has_previous = False
    if last is not None:
        has_previous = len(shown) > last
        if given.get("before") is not None:
            has_next = any(not pair[0] < before for pair in edges)
        shown = shown[len(shown) - last :] if last < len(shown) else shown
    else:
        size = PAGE if first is None else first
        has_next = len(shown) > size
        if given.get("after") is not None:
            has_previous = any(not after < pair[0] for pair in edges)
        shown = shown[:size]
    return Page([edge for _, edge in shown], has_next, has_previous, total)


def _cursor(mark, values):
    """The opaque text: what the engine promises of it is that it stays the same, so it is compared too."""
    written = json.dumps([mark, *(_written(value) for value in values)], ensure_ascii=False)
    return base64.urlsafe_b64encode(written.encode()).decode().rstrip("=")


def _typed(text, mark, keyed, count):
    """The values in a cursor, as Python has those of the list."""
    found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert found[0] == mark, "a cursor of another list"
    values = found[1:]
    assert len(values) == count
    for n, value in enumerate(values):
        like = next((row[n] for row, _ in keyed if row[n] is not None), None)
        match like:
            case UUID():
                values[n] = value and UUID(value)
            case datetime():
                values[n] = value and datetime.fromisoformat(value)
            case date():
                values[n] = value and date.fromisoformat(value)
    return values


def _primary(table, row):
    return tuple(row[column.name] for column in table.__table__.primary_key)


def _at(instant):
    return At(literal(instant, INSTANT), literal(instant.astimezone(UTC).date(), Date()))


def _written(value):
    match value:
        case datetime():
            return _instant(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case float() if value.is_integer():
            return int(value)  # as PostgreSQL writes it
    return value


def _shown(value):
    return [_written(each) for each in value] if isinstance(value, list) else _written(value)


def _instant(value):
    """As PostgreSQL writes it: without zeros at the end of the seconds."""
    text = value.astimezone(UTC).isoformat()
    seconds, point, rest = text.partition(".")
    if not point:
        return text
    fraction = rest.removesuffix("+00:00").rstrip("0")
    return f"{seconds}.{fraction}+00:00" if fraction else f"{seconds}+00:00"


_PAGES = {
    "edges": lambda page, _info: page.edges,
    "nodes": lambda page, _info: [edge.node for edge in page.edges],
    "pageInfo": lambda page, _info: page,
    "totalCount": lambda page, _info: page.total,
    "node": lambda edge, _info: edge.node,
    "cursor": lambda edge, _info: edge.cursor,
    "hasNextPage": lambda page, _info: page.has_next,
    "hasPreviousPage": lambda page, _info: page.has_previous,
    "startCursor": lambda page, _info: page.edges[0].cursor if page.edges else None,
    "endCursor": lambda page, _info: page.edges[-1].cursor if page.edges else None,
}


def _parse_instant(text):
    ever = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    found, moment = datetime.fromisoformat(text.upper()).astimezone(UTC), timedelta(microseconds=1)
    return min(max(found, ever[0] + moment), ever[1] - moment)
