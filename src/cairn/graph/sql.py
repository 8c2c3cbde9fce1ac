"""From a selection to one SQL statement whose result is already the JSON of the answer.

Every object of the answer is a row with the response keys as its columns, and `to_json` around the
root turns the nest of rows into text at once. To-one fields join, each as a lateral select that the planner
pulls up into a plain join; to-many fields are arrays of rows from a correlated select. A connection picks
the rows of its page first and joins what they need only then.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    TableClause,
    Text,
    Uuid,
    and_,
    cast,
    column,
    func,
    literal_column,
    not_,
    select,
    table,
    true,
)
from sqlalchemy.sql.expression import ColumnClause

from cairn.graph.filter import Filter, holds
from cairn.graph.frame import Frame, From, Statement, wanted
from cairn.graph.limits import check_width
from cairn.graph.node import (
    Connection,
    Considered,
    Either,
    Field,
    Listing,
    Lookup,
    Node,
    One,
    Value,
    identified,
)
from cairn.graph.page import MOST, Key, beyond, cursor, mark, ordering, place, window
from cairn.graph.problem import Code, Problem, bad_input
from cairn.graph.record import rows_beside
from cairn.graph.scalars import constant, split_id
from cairn.graph.selection import Selected

LONGEST_NAME = 63
"""Bytes of a PostgreSQL identifier; a longer one is cut without a word."""
MOST_PAIRS = 50
"""A function takes a hundred arguments, and an object with long keys is built by one."""

NOTHING: ColumnElement[Any] = literal_column("null::json")

Columns = Sequence[tuple[str, ColumnElement[Any]]]


def _whole(source: Any) -> ColumnElement[Any]:
    """The row of a FROM entry as one value."""
    row: ColumnElement[Any] = source.table_valued()
    return row


def _object(from_: From, columns: Columns) -> tuple[Select[Any], Callable[[FromClause], ColumnElement[Any]]]:
    """A select whose rows are objects, and how an object is named where the select stands in FROM."""
    check_width(len(columns))
    if columns and all(len(key) <= LONGEST_NAME for key, _ in columns):
        return from_.query(*(column.label(key) for key, column in columns)), _whole
    if len(columns) > MOST_PAIRS:
        raise Problem(
            Code.LIMIT,
            f"an object with a response key over {LONGEST_NAME} characters has at most {MOST_PAIRS} fields",
        )
    pairs = [part for key, column in columns for part in (constant(key), column)]
    return from_.query(func.json_build_object(*pairs).label("json")), lambda source: source.c.json


def _stand_in(name: str, query: Select[Any]) -> TableClause:
    """What a common table is called by while it is not yet known which of its columns are wanted."""
    return table(name, *(column(each.name, each.type) for each in query.selected_columns))


def _used(query: Select[Any], source: FromClause) -> set[str]:
    """The columns of `source` that a query mentions.

    Its parts are part of many others, so each is looked at once: there are far more ways to them.
    """
    found: set[str] = set()
    seen: dict[int, Any] = {}
    waiting: list[Any] = [query]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen[id(each)] = each
        if isinstance(each, ColumnClause) and getattr(each.table, "element", None) is source:
            found.add(each.name)
        waiting += each.get_children()
    return found


def _only(query: Select[Any], names: set[str]) -> Select[Any]:
    """A query without the columns that nobody reads; PostgreSQL does the same, but not for common tables."""
    wanted = [each for each in query.selected_columns if each.name in names]
    return query.with_only_columns(*wanted or [literal_column("1").label("one")])


class Writer:
    """Writes the statement of one operation."""

    def __init__(
        self,
        statement: Statement,
        fields: Callable[[Node], Mapping[str, Field]],
        target: Callable[[Field], Node],
    ) -> None:
        self.statement = statement
        self.fields = fields
        self.target = target
        self.filter = Filter(fields, target)

    def root(self, frame: Frame, selected: Selected) -> ColumnElement[Any]:
        """A root field as one JSON value."""
        value = self.column(frame, selected)
        return func.to_json(cast(value, Text) if selected.name == "__typename" else value)

    def columns(self, frame: Frame, selected: Sequence[Selected]) -> Columns:
        """The fields of an object by their response keys."""
        return [(each.key, self.column(frame, each)) for each in selected]

    def column(self, frame: Frame, selected: Selected) -> ColumnElement[Any]:
        """A field of an object."""
        if selected.name == "__typename":
            return constant(frame.node.name)
        match self.fields(frame.node)[selected.name]:
            case Value() as field:
                return NOTHING if self.statement.finds else frame.value(field, selected)
            case One() as field:
                return self._one(frame, field, selected)
            case Considered() as field:
                return self._considered(frame, field, selected)
            case Either() as field:
                return self._either(frame, field, selected)
            case Listing() as field:
                return self._listing(frame, field, selected)
            case Connection() as field:
                return _Page(self, frame, field, selected).column()
            case Lookup(several=False):
                return self._node(selected)
            case Lookup():
                return self._nodes(selected)
            case other:
                raise TypeError(f"{frame.node}.{selected.name} is not read by the engine: {other!r}")

    def single(
        self, rows: Frame, below: Sequence[Selected], condition: ColumnElement[bool]
    ) -> ColumnElement[Any]:
        """The one row of a frame as JSON."""
        query, of = _object(rows.from_, self.columns(rows, below))
        lateral = query.where(condition).lateral(self.statement.name(rows.node.name))
        return select(func.to_json(of(lateral))).select_from(lateral).scalar_subquery()

    def _one(self, frame: Frame, field: One, selected: Selected) -> ColumnElement[Any]:
        target = self.target(field)
        other, tie = frame.related(field, target, selected)
        query, of = _object(other.from_, self.columns(other, selected.of(target.name)))
        lateral = query.where(tie).lateral(self.statement.name(field.name))
        if frame.from_.source is None:
            return select(of(lateral)).select_from(lateral).scalar_subquery()
        frame.from_.join(lateral, true())
        return of(lateral)

    def _considered(self, frame: Frame, field: Considered, selected: Selected) -> ColumnElement[Any]:
        here = frame.moved(self.statement.at(frame.scope, selected))
        number = self.statement.question(field, here.scope.at, frame.arguments(field, selected))
        if self.statement.finds:
            return func.json_build_object(constant(wanted(number)), frame.row.id)
        target = self.target(field)
        rows = here.rows(rows_beside(target, self.statement.considered(number), frame.row.id), target)
        query, of = _object(rows.from_, self.columns(rows, selected.of(target.name)))
        lateral = query.lateral(self.statement.name(field.name))
        frame.from_.join(lateral, true())
        return of(lateral)

    def _either(self, frame: Frame, field: Either, selected: Selected) -> ColumnElement[Any]:
        return func.coalesce(
            *(
                func.to_json(self._one(frame, One(name=field.name, type=name, on=on), selected))
                for name, on in field.on.items()
            )
        )

    def _listing(self, frame: Frame, field: Listing, selected: Selected) -> ColumnElement[Any]:
        target = self.target(field)
        assert field.rows is not None
        here = frame.moved(self.statement.at(frame.scope, selected))
        rows = here.rows(here.call(field.rows, frame.arguments(field, selected)), target)
        query, of = _object(rows.from_, self.columns(rows, selected.of(target.name)))
        each = query.order_by(getattr(rows.row, field.by)).subquery(self.statement.name("each"))
        return func.array(select(of(each)).select_from(each).scalar_subquery())

    def _node(self, selected: Selected) -> ColumnElement[Any]:
        leaf = selected.arguments["id"]
        name, _ = split_id(leaf.value)
        key = self.statement.bind(leaf.then(lambda value: split_id(value)[1]), Uuid())
        other, found = self._known(name, key)
        return self.single(other, selected.of(name), found)

    def _nodes(self, selected: Selected) -> ColumnElement[Any]:
        leaf = selected.arguments["ids"]
        if len(leaf.value) > MOST:
            raise Problem(Code.LIMIT, f"nodes takes at most {MOST} ids; ask in several requests")
        types = leaf.then(lambda values: [split_id(value)[0] for value in values])
        keys = leaf.then(lambda values: [split_id(value)[1] for value in values])
        asked = (
            func.unnest(self.statement.bind(types, ARRAY(Text)), self.statement.bind(keys, ARRAY(Uuid)))
            .table_valued(column("type", Text()), column("key", Uuid()), with_ordinality="position")
            .render_derived(name=self.statement.name("asked"))
        )
        from_, found = From(asked), []
        for name in sorted(set(types.value)):
            other, tie = self._known(name, asked.c.key)
            query, of = _object(other.from_, self.columns(other, selected.of(name)))
            lateral = query.where(tie, asked.c.type == constant(name)).lateral(self.statement.name(name))
            from_.join(lateral, true())
            found.append(func.to_json(of(lateral)))
        if not found:
            return func.array(
                select(literal_column("null::json")).where(literal_column("false")).scalar_subquery()
            )
        ordered = from_.query(func.coalesce(*found)).order_by(asked.c.position)
        return func.array(ordered.scalar_subquery())

    def _known(self, name: str, key: ColumnElement[Any]) -> tuple[Frame, ColumnElement[bool]]:
        """The row of a global id, wherever it is of a type that has ids."""
        node = identified(name)
        if node is None:
            raise bad_input(f"{name[:80]!r} is no type that has ids")
        other, allowed = self.statement.occurrence(node, self.statement.scope)
        return other, and_(other.row.id == key, allowed)


class _Page:
    """One connection of the answer."""

    def __init__(self, writer: Writer, frame: Frame, field: Connection, selected: Selected) -> None:
        self.writer = writer
        self.statement = writer.statement
        self.frame = frame
        self.field = field
        self.selected = selected
        self.target = writer.target(field)
        self.window = window(selected)
        self.size: ColumnElement[int] = literal_column(str(self.window.size), Integer())
        """In the text: a planner that is not told how few rows are wanted plans for a tenth of the table."""

    def column(self) -> ColumnElement[Any]:
        """The connection as an object."""
        wanted = self.selected.of(f"{self.target.name}Connection")
        readers = [each for each in wanted if each.name in {"edges", "nodes", "pageInfo"}]
        if readers:
            picked = self._picked(peek=any(each.name == "pageInfo" for each in readers))
            name = self.statement.name("page")
            self.shared = _stand_in(name, picked) if self._shares(readers) else None
            self.page = picked.lateral(name) if self.shared is None else self.shared
        query, of = _object(From(None), [(each.key, self._field(each)) for each in wanted])
        if readers and self.shared is not None:
            picked = _only(picked, _used(query, self.shared))
            query = query.add_cte(picked.cte(name, nesting=True), nest_here=True)
        lateral = query.lateral(self.statement.name(self.field.name))
        return select(of(lateral)).select_from(lateral).scalar_subquery()

    @staticmethod
    def _shares(readers: Sequence[Selected]) -> bool:
        return len(readers) > 1 or readers[0].name == "pageInfo"

    def _field(self, selected: Selected) -> ColumnElement[Any]:
        match selected.name:
            case "edges":
                return self._edges(selected)
            case "nodes":
                return self._nodes(selected)
            case "pageInfo":
                return self._info(selected)
            case "totalCount":
                rows, conditions = self._matching(walked=False)
                return rows.from_.query(func.count()).where(*conditions).scalar_subquery()
        return constant(f"{self.target.name}Connection")

    def _matching(self, *, walked: bool = True) -> tuple[Frame, list[ColumnElement[bool]]]:
        """A frame on the rows of the list, and what they must meet."""
        rows, tie = self.frame.related(self.field, self.target, self.selected)
        where = self.selected.arguments.get("where")
        if where is None:
            return rows, [tie]
        return rows, [tie, self.writer.filter.condition(rows, where, walked=walked)]

    def _ordering(self, rows: Frame) -> list[Key]:
        fields = self.writer.fields(self.target)
        asked = [
            (name, direction.value.value == "DESC")
            for each in self.selected.arguments.get("orderBy") or ()
            for name, direction in each.items()
        ]
        if not asked and self.field.positioned:
            first = [Key(rows.row.position, int, descending=False, nullable=False)]
            return self._marked(rows, first, ["position"])
        asked = asked or [
            (name.removeprefix("-"), name.startswith("-")) for name in self.field.order or self.target.order
        ]
        keys = ordering(rows, [(fields[name], descending) for name, descending in asked])
        return self._marked(rows, keys, [name for name, _ in asked])

    def _marked(self, rows: Frame, keys: list[Key], asked: list[str]) -> list[Key]:
        unique = [
            Key(getattr(rows.row, name), UUID, descending=False, nullable=False) for name in self.target.key
        ]
        names = [*asked, *self.target.key]
        self.mark = mark(f"{self.frame.node.name}.{self.field.name}", keys + unique, names)
        return keys + unique

    def _picked(self, *, peek: bool) -> Select[Any]:
        """The rows of the page, and with `peek` one more, to tell whether there are more."""
        rows, conditions = self._matching()
        keys = self._ordering(rows)
        self.after = self._place(self.window.after, keys)
        self.before = self._place(self.window.before, keys)
        if self.after is not None:
            conditions.append(beyond(keys, self.after))
        if self.before is not None:
            conditions.append(beyond([key.reversed() for key in keys], self.before))
        walked = [key.reversed() for key in keys] if self.window.backward else keys
        self.keys, self.scope, self.carried = keys, rows.scope, rows.found.keys()
        assert rows.from_.source is not None
        return (
            rows.from_.query(
                *rows.from_.source.c,
                *(key.expression.label(f"order${n}") for n, key in enumerate(keys)),
                *(each.label(f"{name}${each.name}") for name, row in rows.found.items() for each in row.c),
            )
            .where(*conditions)
            .order_by(*(key.clause() for key in walked))
            .limit(self.size + literal_column("1") if peek else self.size)
        )

    def _place(self, leaf: Any, keys: Sequence[Key]) -> list[ColumnElement[Any]] | None:
        return None if leaf is None else place(self.statement, leaf, self.mark, keys)

    def _rows(self) -> tuple[Frame, list[Key], list[Key]]:
        """A frame on the page, its ordering there, and the one in which its rows were picked."""
        source: FromClause = self.page
        if self.shared is not None:
            source = self.shared.alias(self.statement.name("row"))
        keys = [key.moved(source.c[f"order${n}"]) for n, key in enumerate(self.keys)]
        walked = [key.reversed() for key in keys] if self.window.backward else keys
        return Frame(self.statement, self.target, From(source), self.scope, self.carried), keys, walked

    def _items(
        self, columns: Callable[[Frame, Sequence[Key]], Sequence[ColumnElement[Any]]]
    ) -> tuple[FromClause, list[Key]]:
        """The items of the page with these columns, by number, and the ordering's values beside them."""
        rows, keys, walked = self._rows()
        numbered = columns(rows, keys)
        check_width(len(numbered))
        query = rows.from_.query(
            *(column.label(f"{n}$") for n, column in enumerate(numbered)),
            *(key.expression.label(f"order${n}") for n, key in enumerate(keys)),
        )
        if self.shared is not None:
            query = query.order_by(*(key.clause() for key in walked)).limit(self.size)
        items = query.lateral(self.statement.name("item"))
        return items, [key.moved(items.c[f"order${n}"]) for n, key in enumerate(keys)]

    def _nodes(self, selected: Selected) -> ColumnElement[Any]:
        below = selected.of(self.target.name)
        items, keys = self._items(lambda rows, _: self._node_columns(rows, below))
        node, whole = self._again(items, below, 0)
        return self._array(items.join(node, true()), [items, node], whole, keys)

    def _edges(self, selected: Selected) -> ColumnElement[Any]:
        edge = selected.of(f"{self.target.name}Edge")
        nodes = {each.key: each.of(self.target.name) for each in edge if each.name == "node"}

        def columns(rows: Frame, keys: Sequence[Key]) -> Sequence[ColumnElement[Any]]:
            found = [column for below in nodes.values() for column in self._node_columns(rows, below)]
            return [*found, cursor(self.mark, keys)]

        items, keys = self._items(columns)
        from_: FromClause = items
        beside: list[FromClause] = [items]
        objects: dict[str, ColumnElement[Any]] = {}
        start = 0
        for key, below in nodes.items():
            node, objects[key] = self._again(items, below, start)
            from_ = from_.join(node, true())
            beside.append(node)
            start += len(below)
        values = {"cursor": items.c[f"{start}$"], "__typename": constant(f"{self.target.name}Edge")}
        query, of = _object(From(None), [(e.key, objects.get(e.key, values.get(e.name))) for e in edge])  # type: ignore[misc]
        whole = query.correlate(*beside).lateral(self.statement.name("edge"))
        return self._array(from_.join(whole, true()), [*beside, whole], of(whole), keys)

    def _node_columns(self, rows: Frame, below: Sequence[Selected]) -> Sequence[ColumnElement[Any]]:
        return [column for _, column in self.writer.columns(rows, below)]

    def _again(
        self, items: FromClause, below: Sequence[Selected], start: int
    ) -> tuple[FromClause, ColumnElement[Any]]:
        """An object of some of the items' columns: what lies beside them must not show in it."""
        query, of = _object(From(None), [(each.key, items.c[f"{n}$"]) for n, each in enumerate(below, start)])
        lateral = query.correlate(items).lateral(self.statement.name("node"))
        return lateral, of(lateral)

    @staticmethod
    def _array(
        from_: FromClause, members: Sequence[FromClause], value: ColumnElement[Any], keys: Sequence[Key]
    ) -> ColumnElement[Any]:
        ordered = select(value).select_from(from_).order_by(*(key.clause() for key in keys))
        return func.array(ordered.correlate_except(*members).scalar_subquery())

    def _info(self, selected: Selected) -> ColumnElement[Any]:
        columns = [(each.key, self._info_field(each.name)) for each in selected.of("PageInfo")]
        query, of = _object(From(None), columns)
        lateral = query.lateral(self.statement.name("info"))
        return select(of(lateral)).select_from(lateral).scalar_subquery()

    def _info_field(self, name: str) -> ColumnElement[Any]:
        match name, self.window.backward:
            case (("startCursor" | "endCursor"), _):
                return self._edge_cursor(last=name == "endCursor")
            case ("hasNextPage", False) | ("hasPreviousPage", True):
                assert self.shared is not None
                found = select(func.count()).select_from(self.shared.alias(self.statement.name("row")))
                return found.scalar_subquery() > self.size
            case "hasNextPage", _:
                return self._other_side(self.before, forward=True)
            case "hasPreviousPage", _:
                return self._other_side(self.after, forward=False)
        return constant("PageInfo")

    def _edge_cursor(self, *, last: bool) -> ColumnElement[Any]:
        items, keys = self._items(lambda _rows, _keys: [])
        order = [key.reversed() for key in keys] if last else keys
        first = (
            select(*(key.expression for key in keys))
            .select_from(items)
            .order_by(*(key.clause() for key in order))
            .limit(literal_column("1"))
            .subquery(self.statement.name("edge"))
        )
        return select(
            cursor(self.mark, [key.moved(first.c[f"order${n}"]) for n, key in enumerate(keys)])
        ).scalar_subquery()

    def _other_side(
        self, place_: Sequence[ColumnElement[Any]] | None, *, forward: bool
    ) -> ColumnElement[Any]:
        """Whether rows of the list lie on the far side of the cursor that the page starts from."""
        if place_ is None:
            return literal_column("false")
        rows, conditions = self._matching()
        keys = self._ordering(rows)
        towards = [key.reversed() for key in keys] if forward else keys
        beside = rows.from_.query(literal_column("1")).where(
            *conditions, not_(holds(beyond(towards, place_)))
        )
        return beside.exists()
