"""Who may see what of a record: `withheld` for whoever reads it, `whoCanSee` for the person it is about.

Nothing of it is written down a second time. The rule of the table and the guards of the fields are asked once
more, of others than the viewer: of who stands to the person in each of the ways that `access/audience.py`
tells apart, and of each role. It is part of the same statement as the record.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    case,
    cast,
    false,
    func,
    literal_column,
    not_,
    null,
    select,
    union_all,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import array

from cairn.access.audience import Audience, members
from cairn.access.permissions import Permission, Role, permissions
from cairn.access.personal import PERSON, about
from cairn.access.rules import explained, visible
from cairn.graph.frame import Frame
from cairn.graph.node import Build, Field, Listing, Node, One, Value, listing, node
from cairn.graph.scalars import constant

_ROLES = [role for role in Role if role.value in Audience.__members__]


@node()
class Withheld:
    """A field that is null for who may not see it."""

    field: str
    """The field's name."""
    reason: str
    """Who may see it."""


@node()
class Sight:
    """What an audience sees of a record, and why."""

    audience: Audience
    """Who is meant."""
    fields: list[str]
    """What they see of it; nothing where they do not see that there is such a record."""
    withheld: list[Withheld] = listing(lambda row: _withheld(row.hidden, row.reasons), estimate=3)
    """What they do not see of a record that they see, and why."""
    why: str
    """The rule that says who sees the record."""


@dataclass(frozen=True)
class _Told:
    """Fields that are seen together."""

    names: Sequence[str]
    guard: Build | None
    reasons: Sequence[str]


def add_withheld(of: Node, named: Callable[[str], str]) -> None:
    """Gives a type with guarded fields the field `withheld`; `named` spells a field's name."""
    guarded = [each for each in of.fields.values() if isinstance(each, Value) and each.guard is not None]
    if not guarded:
        return

    def rows(_row: Any, frame: Frame) -> Select[Any]:
        hidden = [not_(frame.call(each.guard, {}).is_(True)) for each in guarded if each.guard]
        names, reasons = [named(each.name) for each in guarded], [each.reason for each in guarded]
        return _withheld(_texts(names), _texts(reasons), array(hidden))

    of.fields["withheld"] = Listing(
        name="withheld",
        type="Withheld",
        description="The fields that are null because you may not see them, and why.",
        rows=rows,
        estimate=len(guarded),
    )


def _withheld(fields: Any, reasons: Any, hidden: Any = None) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [sql_column("field", Text()), sql_column("reason", Text())]
    arrays = [fields, reasons]
    if hidden is not None:
        columns.append(sql_column("hidden", Boolean()))
        arrays.append(hidden)
    each = func.unnest(*arrays).table_valued(*columns, with_ordinality="position").render_derived()
    found = select(each.c.field, each.c.reason, each.c.position)
    return found if hidden is None else found.where(each.c.hidden)


def add_who_can_see(of: Node, named: Callable[[str], str]) -> None:
    """Gives a type whose rows are about a person the field `whoCanSee`; `named` spells a field's name."""
    owner = _owner(of)
    if owner is None:
        return
    told = _told(of.fields.values(), named)
    of.fields["who_can_see"] = Listing(
        name="who_can_see",
        type="Sight",
        description="Who sees what of it, and why: for the person it is about, and empty for everybody else. "
        "Of what follows from other records, and of what lists hold, those tell by themselves.",
        rows=lambda row, frame: _sights(frame, getattr(row, owner), told),
        estimate=len(Audience),
    )


def _owner(of: Node) -> str | None:
    """The column that names the person whom the rows of a type are about."""
    if of.table is None:
        return None
    table = of.table.__table__
    if table.name == PERSON:
        return "id"
    keys = about().get(table, ())
    return next((key.parent.name for key in keys if key.column.table.name == PERSON), None)


def _told(fields: Iterable[Field], named: Callable[[str], str]) -> list[_Told]:
    by_guard: dict[Build | None, list[Field]] = {None: []}
    for each in fields:
        if isinstance(each, Value) or (isinstance(each, One) and each.rows is None):
            by_guard.setdefault(each.guard if isinstance(each, Value) else None, []).append(each)
    return [
        _Told([named(each.name) for each in told], guard, [getattr(each, "reason", "") for each in told])
        for guard, told in by_guard.items()
    ]


def _sights(frame: Frame, person: Any, told: Sequence[_Told]) -> Select[Any]:
    """`position, audience, fields, hidden, reasons, why`, for the person and nobody else."""
    asked = union_all(_by_standing(frame, person, told), *(_by_role(frame, role, told) for role in _ROLES))
    each = asked.subquery()
    always, *guarded = told
    seen, hidden, reasons = _texts(always.names), _texts([]), _texts([])
    for n, group in enumerate(guarded, 1):
        sees, nothing = each.c[str(n)], _texts([])
        seen = seen.concat(case((sees, _texts(group.names)), else_=nothing))
        hidden = hidden.concat(case((sees, nothing), else_=_texts(group.names)))
        reasons = reasons.concat(case((sees, nothing), else_=_texts(group.reasons)))
    assert frame.node.table is not None
    return select(
        each.c.position,
        each.c.audience,
        *(
            case((each.c["0"], texts), else_=_texts([])).label(label)
            for label, texts in (("fields", seen), ("hidden", hidden), ("reasons", reasons))
        ),
        constant(explained(frame.node.table)).label("why"),
    ).where(person == frame.statement.viewer.employee)


def _by_standing(frame: Frame, person: Any, told: Sequence[_Told]) -> Select[Any]:
    """An audience sees what any of those sees whom it is made of; where it has nobody it is not told of."""
    asking = frame.statement.viewer
    audiences = {audience: make(person, asking) for audience, make in members().items()}
    named = _named(frame, person)
    if named is not None:
        audiences[Audience.NAMED] = named
    groups = []
    for audience, found in audiences.items():
        who = found.subquery()
        groups.append(select(*_called(audience), next(iter(who.c)).label("who")).correlate_except(who))
    someone = union_all(*groups).subquery()
    answers = _answers(frame, someone.c.who, frozenset(), told)
    return (
        select(
            someone.c.position,
            someone.c.audience,
            *(func.bool_or(each).label(str(n)) for n, each in enumerate(answers)),
        )
        .select_from(someone)
        .group_by(someone.c.position, someone.c.audience)
        .correlate_except(someone)
    )


def _named(frame: Frame, person: Any) -> Select[Any] | None:
    """The other employees whom a record names."""
    assert frame.node.table is not None
    keys = [key for key in frame.node.table.__table__.foreign_keys if key.column.table.name == PERSON]
    names = sorted(key.parent.name for key in keys if key.parent.name != _owner(frame.node))
    if not names:
        return None
    each = (
        func.unnest(array([getattr(frame.row, name) for name in names])).table_valued("who").render_derived()
    )
    return select(each.c.who).where(each.c.who != person).correlate_except(each)


def _by_role(frame: Frame, role: Role, told: Sequence[_Told]) -> Select[Any]:
    answers = _answers(frame, cast(null(), Uuid()), permissions(frozenset({role})), told)
    columns = (each.label(str(n)) for n, each in enumerate(answers))
    return select(*_called(Audience(role.value)), *columns).correlate(*frame.from_.members)


def _answers(
    frame: Frame, who: Any, granted: frozenset[Permission], told: Sequence[_Told]
) -> list[ColumnElement[bool]]:
    """For each group of fields whether somebody sees it; the first is the group that has no guard."""
    terms = replace(frame.statement.viewer, employee=who, permissions=granted)
    source, table = frame.from_.source, frame.node.table
    assert source is not None
    assert table is not None
    other = frame.seen_by(terms)
    guards = [group.guard for group in told if group.guard is not None]
    answers = [visible(source, table, terms), *(other.call(guard, {}) for guard in guards)]
    return [func.coalesce(each, false()) for each in answers]


def _called(audience: Audience) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    position = literal_column(str(list(Audience).index(audience)), Integer())
    return position.label("position"), constant(audience.value).label("audience")


def _texts(values: Sequence[str]) -> ColumnElement[Any]:
    return cast(array([constant(value) for value in values]), ARRAY(Text))
