"""All that is stored about a person, part by part, as they are given it.

Which rows those are, `access/personal.py` tells from the foreign keys, so a table that is added is part of
it. Of others there are no names and no notes, only ids; of what somebody did to others, that and when.
Bytes are left out: they are digests of secrets.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    DateTime,
    LargeBinary,
    Select,
    Table,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import DATERANGE, TSTZMULTIRANGE, TSTZRANGE
from sqlmodel import col

from cairn.access import audit
from cairn.access.forgotten import about_them
from cairn.access.permissions import Permission
from cairn.access.personal import ID, PERSON, about, belonging, condition, mentioning
from cairn.access.refusal import NotAllowed, NotFound
from cairn.access.tables import AuditEntry
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.tables import Link, Row, Table_
from cairn.graph.node import docstrings
from cairn.people.history import EmployeeId
from cairn.people.tables import Employee

BATCH = 200
"""Rows that are in memory at a time."""
_TIMES = (DateTime, Date, DATERANGE, TSTZRANGE, TSTZMULTIRANGE)
_LABELS = ("title", "name", "code")
"""What a row is called, the first of these columns that its table has."""
_USUAL = {
    "id": "Its id.",
    "valid": "When it holds.",
    "held": "When it holds.",
    "employee_id": "Whose it is: your id.",
}


@dataclass(frozen=True)
class Part:
    """One kind of rows."""

    name: str
    """The table, or what else tells it from others."""
    description: str
    """What a row of it is."""
    fields: dict[str, str]
    """Column → what it is."""
    query: Select[Any]

    @property
    def title(self) -> str:
        """The name, for people."""
        return self.name.replace("_", " ").replace(".", ": ").capitalize()


@cache
def parts() -> Sequence[Part]:
    """The parts of an archive, the person's own record first."""
    tables = Table_.metadata.tables
    found = [_part(tables[PERSON], tables[PERSON].c.id == ID)]
    found += [_part(table, condition(table)) for table in sorted(about(), key=lambda table: table.name)]
    found += [_part(table, term) for table, term in belonging()]
    return [*found, *_audited(), *_mentioned()]


def _part(table: Table, term: ColumnElement[bool]) -> Part:
    cls = _classes()[table.name]
    said = {name: text for base in reversed(cls.__mro__) for name, text in _said(base).items()}
    fields: dict[str, str] = {}
    columns: list[ColumnElement[Any]] = []
    for column in table.columns:
        if isinstance(column.type, LargeBinary):
            continue
        fields[column.name] = said.get(column.name) or _usual(column)
        columns.append(column)
        if (label := _label(column)) is not None:
            name = column.name.removesuffix("_id")
            fields[name] = f"What that {_target(column)} is called."
            columns.append(label.label(name))
    query = select(*columns).where(term).order_by(*table.primary_key.columns)
    return Part(table.name, " ".join((cls.__doc__ or "").split()), fields, query)


def _classes() -> dict[str, type[Table_]]:
    return {str(each.__tablename__): each for base in (Row, Link) for each in base.__subclasses__()}


def _said(cls: type) -> dict[str, str]:
    is_table = issubclass(cls, Table_) and cls.__module__ != Table_.__module__
    return docstrings(cls) if is_table else {}


def _usual(column: Column[Any]) -> str:
    if column.name in _USUAL:
        return _USUAL[column.name]
    if (target := _target(column)) is not None:
        return "The id of a colleague, or yours." if target == PERSON else f"The id of a {target}."
    return f"{column.name.replace('_', ' ').capitalize()}."


def _target(column: Column[Any]) -> str | None:
    return next((key.column.table.name.replace("_", " ") for key in column.foreign_keys), None)


def _label(column: Column[Any]) -> ColumnElement[str] | None:
    """What the row is called that a foreign key leads to; of people nothing."""
    for key in column.foreign_keys:
        of = key.column.table.alias()
        names = [name for name in _LABELS if name in of.c]
        if key.column.table.name != PERSON and key.column.table not in about() and names:
            found = select(of.c[names[0]]).where(of.c[key.column.name] == column)
            return found.correlate(column.table).scalar_subquery()
    return None


def _audited() -> Iterator[Part]:
    entry = AuditEntry.__table__.c
    said = docstrings(AuditEntry)
    others = ~func.coalesce(about_them(), literal(value=False))

    def part(name: str, description: str, names: Sequence[str], *terms: ColumnElement[bool]) -> Part:
        fields = {name: said.get(name) or _usual(entry[name]) for name in names}
        query = select(*(entry[name] for name in names)).where(*terms).order_by(entry.id)
        return Part(name, description, fields, query)

    what = ("at", "verb", "subject_type", "request_id")
    details = ("viewer", "subject_id", "before", "after")
    yield part(
        "audit.about_you", "What was done to your records, and by whom.", (*what, *details), about_them()
    )
    by_them = col(AuditEntry.on_behalf_of_id) == ID
    yield part("audit.by_you", "What you did to other records, and when.", what, by_them, others)


def _mentioned() -> Iterator[Part]:
    """Rows about others in which the person is named: which, and when."""
    for column in mentioning():
        table = column.table
        if table is AuditEntry.__table__:
            continue
        times = [each for each in table.columns if isinstance(each.type, _TIMES)]
        kept = [*table.primary_key.columns, *(each for each in times if not each.primary_key)]
        others = [~condition(table)] if table in about() else []
        yield Part(
            f"{table.name}.{column.name}",
            f"Records of others that name you as {column.name.removesuffix('_id').replace('_', ' ')}.",
            {each.name: _usual(each) for each in kept},
            select(*kept).where(column == ID, *others).order_by(*table.primary_key.columns),
        )


async def rows(tx: Transaction, part: Part, employee: UUID) -> AsyncIterator[list[dict[str, Any]]]:
    """The rows of a part as JSON has them, a batch at a time."""
    found = await tx.stream(part.query, {"person": employee})
    async for batch in found.mappings().partitions(BATCH):
        yield [{name: audit.plain(value) for name, value in row.items()} for row in batch]


@dataclass
class ArchivedRows:
    """How many rows of one kind there are."""

    name: str
    """What they are, as the archive calls them."""
    count: int
    """How many there are."""


@dataclass
class DataArchive:
    """Where all that is stored about somebody can be had, and how much it is."""

    employee: EmployeeId
    """Whose data they are."""
    url: str
    """Where the archive is: a zip file, made when it is fetched, with the same session or token."""
    rows: list[ArchivedRows]
    """How many rows there are, by kind."""


async def export_my_data(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId | None = None
) -> DataArchive:
    """Gives all that is stored about a person as one archive, to read and for programs.

    It has a page to read or print, the same as JSON with what each field means, and the person's signed
    credentials as files. Of others there are no names in it.

    Args:
        employee: Whose data: yours by default, anybody's if you manage access.
    """
    found = await owner(tx, viewer, employee)
    counted = [
        select(literal(n).label("n"), func.count().label("count")).select_from(part.query.subquery())
        for n, part in enumerate(parts())
    ]
    counts = dict((await tx.execute(union_all(*counted), {"person": found.id})).all())
    told = [ArchivedRows(part.name, counts[n]) for n, part in enumerate(parts()) if counts[n]]
    await audit.record(tx, viewer, "employee.export", found)
    return DataArchive(found.id, path_of(found.id), told)


def path_of(employee: UUID) -> str:
    """Where somebody's archive is."""
    return f"/employees/{employee}/export.zip"


async def owner(tx: Transaction, viewer: Viewer, employee: UUID | None) -> Employee:
    """Whose data a viewer asks for. Raises `NotFound`, `NotAllowed`."""
    id_ = employee or viewer.employee
    found = None if id_ is None else await tx.get(Employee, id_)
    if found is None or found.erased_at is not None:
        raise NotFound("There is no such employee: say whose data you want.", id=id_)
    if viewer.employee != found.id and not viewer.may(Permission.MANAGE_ACCESS):
        raise NotAllowed("Data are for the person they are about, and for those who manage access.")
    return found
