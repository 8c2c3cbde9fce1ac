"""Which rows are about a person, as the foreign keys tell, and what becomes of them when they are erased.

A row is about somebody where a foreign key `ON DELETE CASCADE` leads from it to their employee, or to another
row about them: it goes. A column `ON DELETE SET NULL` only mentions them: it becomes null. The employee's own
row stays without anything that tells who they were, so that counts and the history of others hold. What the
foreign keys leave open is said beside the table's rule, in `access.py` of its room:

    keeps(tables.Award, "employee_id", blank={"note": None})         # about them; stays, without its note
    mentions(tables.Employment, "manager_id")                        # names them on, who have no name now
    clears(tables.Team, "lead_id")                                   # becomes null
    impersonal(tables.StatusEntry)                                   # what it holds tells of nobody

    @forgets(tables.Outcome)                                         # no foreign key tells whose it is
    async def outcomes(tx: Transaction, person: Person) -> int: ...  # how many rows are gone or changed

    belongs(tables.Outcome, lambda row: row.viewer == …)             # so it is given to them
    belongs(tables.SyncChange, lambda row: …, goes=True)             # and it goes, as if one did

`undecided` says of which tables it is not known; a test fails while there is one.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    JSON,
    Column,
    ColumnElement,
    Enum,
    ForeignKey,
    LargeBinary,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy import column as sql_column

from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.tables import Table_

PERSON = "employee"
"""The table of people, by its name: it stands in a room above."""
ID: ColumnElement[UUID] = bindparam("person", type_=Uuid())
"""Whose rows are meant, in `condition`."""
SHORTEST = 5
"""Characters; what is shorter is found in what is about somebody else."""

_TELLING = {"email", "phone", "user_name", "given_name", "family_name", "display_name"}
"""Columns that are about people wherever they stand."""


@dataclass(frozen=True)
class Person:
    """Who is erased."""

    id: UUID
    by: Viewer
    """Who erases."""
    texts: tuple[str, ...]
    """What tells who they are and may stand anywhere as a whole value: names, addresses, ids elsewhere."""

    @property
    def patterns(self) -> list[str]:
        """The texts as JSON has them, in small letters; numbers only as whole values, and none too short."""
        long = [each.lower() for each in self.texts if len(each) >= SHORTEST]
        found = {json.dumps(each, ensure_ascii=False) for each in long}
        return sorted(each if each[1:-1].isdigit() else each[1:-1] for each in found)


def tells(column: Any) -> ColumnElement[bool]:
    """That a text, or JSON, has one of the person's texts in it, which are the parameter `patterns`."""
    texts = bindparam("patterns", type_=ARRAY(Text))
    patterns = func.unnest(texts).table_valued(sql_column("pattern", Text()), name="told").render_derived()
    found = func.strpos(func.lower(cast(column, Text)), patterns.c.pattern) > 0
    return select(literal_column("1")).select_from(patterns).where(found).exists()


Forgetting = Callable[[Transaction, Person], Awaitable[int]]
Belonging = Callable[[Any], ColumnElement[bool]]
"""The columns of a table → that a row of it is about the person of `ID`."""
Blanks = Mapping[str, Any]
"""Column → what stands in it afterwards: a value, or a function of the table's columns."""


@dataclass
class _Fates:
    keeps: dict[tuple[str, str], Blanks] = field(default_factory=dict)
    mentions: set[tuple[str, str]] = field(default_factory=set)
    clears: set[tuple[str, str]] = field(default_factory=set)
    impersonal: set[str] = field(default_factory=set)
    forgets: dict[str, Forgetting] = field(default_factory=dict)
    belongs: dict[str, Belonging] = field(default_factory=dict)
    goes: set[str] = field(default_factory=set)


_fates = _Fates()


def keeps(table: type[Table_], column: str, *, blank: Blanks) -> None:
    """Rows that are about a person by that foreign key stay, without what is in `blank`."""
    _fates.keeps[_name(table), column] = blank


def mentions(table: type[Table_], *columns: str) -> None:
    """Foreign keys that only mention a person, and go on naming the one who was erased."""
    _fates.mentions |= {(_name(table), column) for column in columns}


def clears(table: type[Table_], *columns: str) -> None:
    """Foreign keys that only mention a person, and become null."""
    _fates.clears |= {(_name(table), column) for column in columns}


def impersonal(*tables: type[Table_]) -> None:
    """Tables whose JSON, bytes, texts and ids without a foreign key tell nothing of any person."""
    _fates.impersonal |= {_name(table) for table in tables}


def forgets(*tables: type[Table_]) -> Callable[[Forgetting], Forgetting]:
    """Has the decorated function erase a person from tables whose foreign keys do not tell where they are.

    It runs before the rows about the person go, and gives how many rows it has changed or deleted.
    """

    def register(function: Forgetting) -> Forgetting:
        for table in tables:
            if _fates.forgets.setdefault(_name(table), function) is not function:
                raise TypeError(f"{table.__name__} is forgotten by two functions; make them one")
        return function

    return register


def belongs(table: type[Table_], condition: Belonging, *, goes: bool = False) -> None:
    """Rows that are about a person although no foreign key tells: they are given to the person.

    With `goes` they are deleted as the person is erased; else a function with `forgets` says what becomes of
    them.
    """
    _fates.belongs[_name(table)] = condition
    if goes:
        _fates.goes.add(_name(table))


def belonging() -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """The tables with rows about a person that no foreign key tells of, and which rows those are."""
    for name, condition in sorted(_fates.belongs.items()):
        table = Table_.metadata.tables[name]
        yield table, condition(table.c)


def _name(table: type[Table_]) -> str:
    return str(table.__tablename__)


def _leads(key: ForeignKey) -> bool:
    """Whether a row is about whomever this foreign key leads to."""
    column = key.parent
    return key.ondelete == "CASCADE" or (column.table.name, column.name) in _fates.keeps


@cache
def about() -> Mapping[Table, list[ForeignKey]]:
    """The tables with rows about a person, and the foreign keys that tell; what is led to comes first."""
    found: dict[Table, list[ForeignKey]] = {}
    for table in Table_.metadata.sorted_tables:
        keys = [
            key
            for key in sorted(table.foreign_keys, key=lambda key: key.parent.name)
            if (key.column.table.name == PERSON or key.column.table in found) and _leads(key)
        ]
        if keys and table.name != PERSON:
            found[table] = keys
    return found


def condition(table: Table) -> ColumnElement[bool]:
    """That a row of a table is about the person of the parameter `person`."""
    terms = [
        key.parent == ID
        if key.column.table.name == PERSON
        else key.parent.in_(select(key.column).where(condition(key.column.table)))
        for key in about()[table]
    ]
    return or_(*terms)


def mentioning() -> Iterator[Column[Any]]:
    """The columns that may mention a person in a row about somebody else or about nothing."""
    for table in Table_.metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            if key.column.table.name == PERSON and not _leads(key):
                yield key.parent


def undecided() -> Iterator[str]:
    """What nobody has said of which table, and what to write; nothing where all is decided."""
    deleted = {table for table in about() if not _stays(table)}
    for table in Table_.metadata.sorted_tables:
        for key in table.foreign_keys:
            of, column = key.column.table, key.parent.name
            known = key.ondelete in {"CASCADE", "SET NULL"} or {(table.name, column)} & {
                *_fates.keeps,
                *_fates.mentions,
                *_fates.clears,
            }
            if not known and (of.name == PERSON or of in deleted):
                yield f"{table.name}.{column} leads to {of.name}: {_DECIDE}"
        if table in deleted or table.name in {*_fates.impersonal, *_fates.forgets, *_fates.goes}:
            continue
        blank, kept = _blanks(table), _stays(table)
        open_ = [column.name for column in table.columns if _may_tell(column, kept=kept)]
        if left := [name for name in open_ if name not in blank]:
            hint = _BLANK if kept else _SAY
            yield f"{table.name} has {', '.join(left)}, which may tell of a person: {hint}"


_DECIDE = (
    "give its foreign key an ondelete (CASCADE: the row is about the person and goes; SET NULL: it mentions "
    "them), or write keeps, mentions or clears for it in access.py of its room (see cairn/access/personal.py)"
)
_BLANK = "add it to the blank of its keeps in access.py of its room (see cairn/access/personal.py)"
_SAY = (
    "in access.py of its room write impersonal(…) if it never does, or a function with @forgets(…) that "
    "erases a person from it (see cairn/access/personal.py)"
)


def _stays(table: Table) -> bool:
    return any(of == table.name for of, _ in _fates.keeps)


def _blanks(table: Table) -> Blanks:
    """What is blanked in the rows of a table that stay."""
    return {
        name: value
        for (of, _), blank in _fates.keeps.items()
        if of == table.name
        for name, value in blank.items()
    }


def _may_tell(column: Column[Any], *, kept: bool) -> bool:
    kind = column.type
    if isinstance(kind, JSON | LargeBinary) or column.name in _TELLING:
        return True
    if isinstance(kind, Uuid):
        return not column.foreign_keys and not column.primary_key
    return kept and isinstance(kind, String) and not isinstance(kind, Enum)


@dataclass(frozen=True)
class Gone:
    """What became of a table."""

    table: str
    deleted: int = 0
    changed: int = 0


async def erase(tx: Transaction, person: Person) -> list[Gone]:
    """Erases a person but for their employee's own row, which is its room's to blank. By table, in order."""
    given = {"person": person.id}
    deleted: dict[str, int] = {}
    changed: dict[str, int] = {}

    def add(counts: dict[str, int], table: str, count: int) -> None:
        if count:
            counts[table] = counts.get(table, 0) + count

    for function in dict.fromkeys(_fates.forgets.values()):
        name = next(table for table, each in _fates.forgets.items() if each is function)
        add(changed, name, await function(tx, person))
    for table, condition_ in belonging():
        if table.name in _fates.goes:
            add(deleted, table.name, await _count(tx, delete(table).where(condition_), given))
    for table in reversed(list(about())):
        if _stays(table):
            if not (blank := _blanks(table)):
                continue
            values = {name: value(table.c) if callable(value) else value for name, value in blank.items()}
            blanked = update(table).where(condition(table)).values(values)
            add(changed, table.name, await _count(tx, blanked, given))
        else:
            add(deleted, table.name, await _count(tx, delete(table).where(condition(table)), given))
    for column in mentioning():
        if (column.table.name, column.name) not in _fates.mentions:
            cleared = update(column.table).where(column == ID).values({column.name: None})
            add(changed, column.table.name, await _count(tx, cleared, given))
    return [Gone(name, deleted.get(name, 0), changed.get(name, 0)) for name in sorted({*deleted, *changed})]


async def _count(tx: Transaction, statement: Any, given: Mapping[str, Any]) -> int:
    count: int = (await tx.execute(statement, given)).rowcount  # type: ignore[attr-defined]
    return count
