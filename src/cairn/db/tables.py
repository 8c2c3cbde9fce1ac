"""The base of every table.

One company is one PostgreSQL schema: no table has a company column, no statement names a schema,
`search_path` picks it (`db/engine.py`). Keys are version 7 UUIDs made in Python, so a row's id is
known before it is written and pages by id lie in order of creation.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import TIMESTAMP, Enum, FromClause, MetaData, Table, TableClause
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

#: Constraint names are part of the interface: a violated one is mapped to a typed refusal.
NAMING = {
    "pk": "%(table_name)s_pk",
    "fk": "%(table_name)s_%(column_0_name)s_fk",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "ck": "%(table_name)s_%(constraint_name)s_check",
}

#: An instant: `timestamp with time zone`, always UTC in Python. For `Field(sa_type=INSTANT)`.
INSTANT: Any = TIMESTAMP(timezone=True)


def choice(values: type[StrEnum], name: str) -> Any:
    """A text column that holds one of `values`, checked by the constraint `<table>_<name>_check`.

    Text and not a PostgreSQL enum: a new value is one constraint to swap, and nothing but tables
    lives in a company's schema.
    """
    return Enum(
        values,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda enum: [member.value for member in enum],
    )


@dataclass(frozen=True)
class Ref:
    """Marks a UUID as the id of a node of the graph: `Annotated[UUID, Ref("Employee")]`."""

    node: str


def snake(name: str) -> str:
    """`JobRole` → `job_role`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Table_(SQLModel):  # noqa: N801  # `Table` is SQLAlchemy's; rooms say Row or Link
    """What every table has: its name in snake case and a place in the metadata."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMING)
    model_config = {"arbitrary_types_allowed": True}
    __table__: ClassVar[Table]

    @declared_attr.directive
    def __tablename__(cls) -> str:  # noqa: N805  # SQLAlchemy calls it with the class
        return snake(cls.__name__)


class Row(Table_):
    """A table whose rows have an identity of their own."""

    id: UUID = Field(default_factory=uuid7, primary_key=True)

    @staticmethod
    def new_id() -> UUID:
        """An id for a row that is inserted with others in one statement."""
        return uuid7()


class Link(Table_):
    """A table whose rows are told apart by what they tie together: it names its own primary key."""


def occurrence(table: type[Table_], name: str | None = None) -> FromClause:
    """A table in a statement that is written by hand, under a name of its own.

    On the surface `Table.alias()` would do. But it copies all that is known of every column each time, which
    is half of what it takes to plan a large document.
    """
    return _by_name(table.__table__).alias(name)


@cache
def _by_name(table: Table) -> TableClause:
    return sql_table(table.name, *(sql_column(each.name, each.type) for each in table.columns))
