"""Which resources a search finds: counted, in order, a page of them by index or by cursor (RFC 9865).

Several resource types are one collection. The order is that of the sort value, resources without one last,
and then that of the ids, which is the order of their making: a page is the same page when it is asked for
again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from scim2_models import (
    InvalidCursorException,
    InvalidPathException,
    ResourceType,
    ScimFilter,
    ScimProvider,
    SearchRequest,
)
from sqlalchemy import (
    Boolean,
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    cast,
    collate,
    func,
    literal,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB

from cairn.access.rules import At
from cairn.db.engine import Transaction
from cairn.db.tables import occurrence
from cairn.hris.scim.columns import Columns, GroupColumns, Many, One, UserColumns, find
from cairn.hris.scim.filter import condition
from cairn.people import tables

FURTHEST = 2**31 - 1
"""The highest index a page may start at; behind it nothing is found."""
EVERY = 10_000
"""Resources that a search without a count finds at most; over HTTP one always has a count."""

_TABLES: dict[str, tuple[type[Columns], Any]] = {
    "User": (UserColumns, tables.Employee),
    "Group": (GroupColumns, tables.Team),
}


@dataclass
class Page:
    """What was found: the kinds and ids of the page's resources, and the positions beside it."""

    total: int
    found: list[tuple[str, UUID]] = field(default_factory=list)
    next: Any = None
    previous: Any = None


async def search(
    tx: Transaction,
    provider: ScimProvider,
    types: Sequence[ResourceType],
    request: SearchRequest[Any],
    at: At,
    position: Any,
) -> Page:
    """One page. Raises `InvalidFilterException`, `InvalidPathException` and `InvalidCursorException`."""
    queries = [_of_type(provider, type_, request, at) for type_ in types]
    count = EVERY if request.count is None else min(request.count, EVERY)
    if request.cursor is None and request.sort_by is None and len(queries) == 1 and count > 0:
        return await _by_index(tx, queries[0], min((request.start_index or 1) - 1, FURTHEST), count)
    page = Page(await _count(tx, queries))
    if count == 0:
        return page
    descending = request.sort_order == SearchRequest.SortOrder.descending and request.sort_by is not None
    backward, anchor = _read(position)
    rows = queries[0].subquery() if len(queries) == 1 else union_all(*queries).subquery()
    keys = [rows.c.missing, rows.c.key, rows.c.id]
    if request.sort_by is None:
        keys = [rows.c.id]
        anchor = anchor and anchor[2:]
    query = select(rows.c.kind, rows.c.id, rows.c.missing, rows.c.key)
    falling = descending != backward
    query = query.order_by(*(key.desc() if falling else key.asc() for key in keys))
    if request.cursor is None:
        query = query.offset(min((request.start_index or 1) - 1, FURTHEST)).limit(count)
        page.found = [(kind, id_) for kind, id_, *_ in (await tx.execute(query)).all()]
        return page
    if anchor is not None:
        query = query.where(tuple_(*keys) < tuple_(*anchor) if falling else tuple_(*keys) > tuple_(*anchor))
    listed = list((await tx.execute(query.limit(count + 1))).all())
    more, listed = len(listed) > count, listed[:count]
    if backward:
        listed.reverse()
    page.found = [(kind, id_) for kind, id_, *_ in listed]
    if listed:
        if more or backward:
            page.next = _position("next", listed[-1])
        if anchor is not None and (more or not backward):
            page.previous = _position("previous", listed[0])
    return page


async def _by_index(tx: Transaction, query: Select[Any], skipped: int, count: int) -> Page:
    """A page in the order of ids. What was skipped is counted already: only what follows is counted then."""
    id_ = query.selected_columns.id
    found = (await tx.execute(query.order_by(id_).offset(skipped).limit(count))).all()
    if not found:
        return Page(await _count(tx, [query]))
    last = found[-1].id
    after = await _count(tx, [query.where(id_ > last)]) if len(found) == count else 0
    return Page(skipped + len(found) + after, [(kind, id_) for kind, id_, *_ in found])


async def _count(tx: Transaction, queries: Sequence[Select[Any]]) -> int:
    total = 0
    for query in queries:
        # What is counted needs no sort value.
        counted = query.with_only_columns(func.count(), maintain_column_froms=True)
        total += (await tx.execute(counted)).scalar_one()
    return total


def _of_type(provider: ScimProvider, type_: ResourceType, request: SearchRequest[Any], at: At) -> Select[Any]:
    kind, table = _TABLES[str(type_.name)]
    source: FromClause = occurrence(table)
    columns = kind(source.c, at)
    model = provider.model_for(type_)
    where: list[ColumnElement[bool]] = [columns.exists()]
    if request.filter is not None:
        # A filter on several resource types is bound to each: what one of them lacks matches none of it.
        bound: ScimFilter[Any] = ScimFilter.__class_getitem__(model)(str(request.filter))
        where.append(condition(columns, bound))
    key = _sort_key(columns, request, model)
    return (
        select(
            literal(kind.name, Text).label("kind"),
            source.c.id,
            key.is_(None).label("missing"),
            func.coalesce(key, collate(literal("", Text), "C")).label("key"),
        )
        .select_from(source)
        .where(and_(*where))
    )


def _sort_key(columns: Columns, request: SearchRequest[Any], model: Any) -> Any:
    nothing = collate(cast(null(), Text), "C")
    if request.sort_by is None:
        return nothing
    binding = request.sort_binding(model)
    if binding is None:
        return nothing
    found = find(columns, binding)
    if isinstance(found, Many):
        sub = binding.urn.rpartition(":")[2].partition(".")[2] or "value"
        elements = func.jsonb_array_elements(found.value, type_=JSONB).table_valued(
            "value", with_ordinality="place", name="entry"
        )
        elements = elements.render_derived()
        entry = cast(elements.c.value, JSONB)
        first = select(entry[sub].astext).select_from(elements)
        first = first.order_by((entry["primary"].astext == "true").desc().nulls_last(), elements.c.place)
        value: Any = first.limit(1).correlate_except(elements).scalar_subquery()
        text = cast(value, Text)
        return collate(text if binding.case_exact else func.lower(text), "C")
    if not isinstance(found, One):
        raise InvalidPathException(detail=f"{request.sort_by} is complex; sort by one of its sub-attributes")
    value = found.value
    if binding.target_type is bool:
        return collate(cast(value, Text), "C")
    if binding.target_type is datetime:
        format_: Any = literal_column("""'YYYY-MM-DD"T"HH24:MI:SS.US'""")
        return collate(func.to_char(func.timezone(literal_column("'UTC'"), value), format_), "C")
    folded = found.folded or binding.case_exact
    return collate(cast(value if folded else func.lower(value), Text), "C")


def _position(direction: str, row: Any) -> dict[str, Any]:
    _, id_, missing, key = row
    return {"d": direction, "k": None if missing else key, "i": str(id_)}


def _read(position: Any) -> tuple[bool, Any]:
    """Whether a position leads backward, and the keys it is beside. Raises `InvalidCursorException`."""
    if position is None:
        return False, None
    try:
        direction, key, id_ = position["d"], position["k"], UUID(position["i"])
    except (TypeError, KeyError, ValueError, AttributeError):
        raise InvalidCursorException from None
    anchor = (
        literal(key is None, Boolean),
        collate(literal(key or "", Text), "C"),
        literal(id_, Uuid),
    )
    return direction == "previous", anchor
