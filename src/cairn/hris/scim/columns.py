"""What the attributes of users and groups are in SQL: each a term of a statement on its row."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from scim2_models import AttributeBinding, InvalidFilterException
from sqlalchemy import (
    ARRAY,
    BIGINT,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import BIT, JSONB

from cairn.access.rules import At, some
from cairn.db.tables import occurrence
from cairn.hris.scim.resources import ENTERPRISE, SOURCE
from cairn.people import tables
from cairn.people.profile import fold

_LIKE = re.compile("[%_]")
Equals = Callable[[str], ColumnElement[bool]]


@dataclass(frozen=True)
class One:
    """An attribute with one value."""

    value: Any
    """A term of type text, boolean or timestamptz."""
    equals: Equals | None = None
    """How an index finds a value, for attributes that clients look people up by."""
    folded: bool = False
    """Whether the term is in the form in which strings of it compare."""
    text: bool = True
    """Whether it is text."""


@dataclass(frozen=True)
class Many:
    """An attribute with many values: a term of type jsonb that is an array of objects, or null."""

    value: Any
    contains: Equals | None = None
    """What holds wherever an element has that value, in lower case, and an index finds it."""


class UserColumns:
    """The attributes of users, on an occurrence `row` of the table of employees."""

    name = "User"

    def __init__(self, row: Any, at: At) -> None:
        self.row = row
        self.at = at

    def exists(self) -> ColumnElement[bool]:
        """Whether SCIM knows the person."""
        return self.row.removed_at.is_(None)  # type: ignore[no-any-return]

    def _kept(self, *path: str) -> Any:
        term = self.row.attributes
        for key in path:
            term = term[key]
        return func.nullif(term.astext, "")

    def _or_kept(self, key: str, value: Any) -> Any:
        """A column, unless what the directory says of it is kept beside it."""
        return case((self.row.attributes.has_key(key), self.row.attributes[key].astext), else_=value)

    def _stint(self, value: Callable[[Any], Any], otherwise: Any) -> Any:
        """Of today's employment; of what is kept for one where there is none."""
        stint = occurrence(tables.Employment)
        today = and_(stint.c.employee_id == self.row.id, stint.c.valid.contains(self.at.day))
        # An employment without a title has none, whatever was kept: hence the array, which is then not null.
        found = select(func.array_append(cast(literal_column("'{}'"), ARRAY(Text)), value(stint.c)))
        array = type_coerce(found.where(today).scalar_subquery(), ARRAY(Text))
        return case((self._employed(), array[1]), else_=otherwise)

    def _employed(self) -> ColumnElement[bool]:
        return some(
            tables.Employment,
            lambda stint: and_(stint.employee_id == self.row.id, stint.valid.contains(self.at.day)),
        )

    def _list(self, key: str, value: Any, type_: str | None, *, primary: bool = False) -> Many:
        pairs: list[Any] = ["value", value]
        if type_ is not None:
            pairs += ["type", type_]
        if primary:
            pairs += ["primary", literal_column("true")]
        built = func.jsonb_build_array(func.jsonb_build_object(*pairs))
        known = self.row.attributes
        return Many(case((known.has_key(key), known[key]), (value.is_not(None), built)))

    def _mailed(self, value: str) -> ColumnElement[bool]:
        """Whether the address stands in the column, or anywhere in what the directory says of addresses."""
        if '"' in value or "\\" in value:
            return true()  # JSON writes it in another way
        # As the index is written: a name that is bound would not be known to be its own.
        emails = self.row.attributes.op("->")(literal_column("'emails'"))
        kept = func.lower(cast(emails, Text))
        return or_(_is(self.row.email, value), kept.like("%" + _LIKE.sub(r"\\\g<0>", value) + "%"))

    def column(self, path: str) -> One | Many | None:  # noqa: C901, PLR0912  # one case for each attribute
        """The attribute of that path, such as `name.givenName`; None where it is complex itself."""
        row = self.row
        match path:
            case "id":
                return One(cast(row.id, Text), _same_id(row.id))
            case "externalId":
                return One(
                    case((row.source == SOURCE, row.external_id)),
                    lambda value: and_(_is(row.source, SOURCE), _is(row.external_id, value)),
                )
            case "userName":
                return One(
                    func.coalesce(row.user_name_key, row.email, cast(row.id, Text)),
                    lambda value: or_(
                        _is(row.user_name_key, fold(value)),
                        and_(row.user_name_key.is_(None), _is(row.email, fold(value))),
                    ),
                    folded=True,
                )
            case "name.givenName":
                return One(func.nullif(row.given_name, ""))
            case "name.familyName":
                return One(func.nullif(row.family_name, ""))
            case "displayName":
                return One(self._or_kept("displayName", row.display_name))
            case "locale":
                return One(self._or_kept("locale", row.locale))
            case "timezone":
                return One(self._or_kept("timezone", row.time_zone))
            case "title":
                return One(self._stint(lambda stint: stint.title, self._kept("title")))
            case "userType":
                engaged = self._stint(lambda stint: func.initcap(stint.engagement), null())
                return One(self._or_kept("userType", engaged))
            case "active":
                kept = self.row.attributes.has_key("active")
                return One(case((kept, null()), else_=self._employed()), text=False)
            case "meta.created":
                return One(row.created_at, text=False)
            case "meta.lastModified":
                return One(func.greatest(row.created_at, row.changed_at), text=False)
            case "meta.resourceType":
                return One(literal("User", Text))
            case "emails":
                return replace(self._list("emails", row.email, "work", primary=True), contains=self._mailed)
            case "phoneNumbers":
                return self._list("phoneNumbers", row.phone, "work")
            case "groups":
                return Many(_teams(row.id, self.at), _linked("employee_id", row.id, "team_id"))
            case "ims" | "photos" | "addresses" | "entitlements" | "roles" | "x509Certificates":
                return Many(row.attributes[path])
            case "nickName" | "profileUrl" | "preferredLanguage":
                return One(self._kept(path))
            case "password":
                return One(cast(null(), Text))
        if path.startswith("name."):
            return One(self._kept("name", path.removeprefix("name.")))
        return None

    def extension(self, path: str) -> One | None:
        """The attribute of that path of the extension for enterprises."""
        match path:
            case "employeeNumber":
                return One(self.row.number)
            case "costCenter" | "organization" | "division":
                return One(self._kept(ENTERPRISE, path))
            case "department":
                return One(self._stint(_department, self._kept(ENTERPRISE, "department")))
            case "manager.value":
                return One(
                    self._stint(
                        lambda stint: func.coalesce(cast(stint.manager_id, Text), stint.manager_ref),
                        self._kept(ENTERPRISE, "manager", "value"),
                    )
                )
        return None

    def parts(self, path: str) -> list[str]:
        """The simple attributes that a complex one has."""
        match path:
            case "name":
                names = ("formatted", "familyName", "givenName", "middleName")
                return [f"name.{each}" for each in (*names, "honorificPrefix", "honorificSuffix")]
            case "manager":
                return ["manager.value"]
            case "meta":
                return ["meta.created"]
        return []


class GroupColumns:
    """The attributes of groups, on an occurrence `row` of the table of teams."""

    name = "Group"

    def __init__(self, row: Any, at: At) -> None:
        self.row = row
        self.at = at

    def exists(self) -> ColumnElement[bool]:
        """Whether SCIM knows the team."""
        return self.row.closed_at.is_(None)  # type: ignore[no-any-return]

    def column(self, path: str) -> One | Many | None:
        """The attribute of that path."""
        row = self.row
        match path:
            case "id":
                return One(cast(row.id, Text), _same_id(row.id))
            case "externalId":
                return One(
                    case((row.source == SOURCE, row.external_id)),
                    lambda value: and_(_is(row.source, SOURCE), _is(row.external_id, value)),
                )
            case "displayName":
                return One(row.name)
            case "meta.created":
                return One(_made(row.id, row.changed_at), text=False)
            case "meta.lastModified":
                return One(row.changed_at, text=False)
            case "meta.resourceType":
                return One(literal("Group", Text))
            case "members":
                return Many(_members(row.id, self.at), _linked("team_id", row.id, "employee_id"))
        return None

    def extension(self, _path: str) -> One | None:
        """Groups have none."""
        return None

    def parts(self, path: str) -> list[str]:
        """The simple attributes that a complex one has."""
        return ["meta.lastModified"] if path == "meta" else []


Columns = UserColumns | GroupColumns


def find(columns: Columns, binding: AttributeBinding) -> One | Many | list[One]:
    """What an attribute is: one value, many, or the simple ones it is made of.

    Raises `InvalidFilterException` for one that is not kept here.
    """
    _, _, path = binding.urn.rpartition(":")
    extended = binding.urn.casefold().startswith(ENTERPRISE.casefold() + ":")
    head = path.partition(".")[0]
    found = columns.extension(path) if extended else columns.column(head if binding.is_multivalued else path)
    if found is not None:
        return found
    column = columns.extension if extended else columns.column
    parts = [one for part in columns.parts(path) if isinstance(one := column(part), One)]
    if parts:
        return parts
    raise InvalidFilterException(detail=f"{path} cannot be filtered or sorted on here")


def _is(column: Any, value: str) -> ColumnElement[bool]:
    """Equal; false and not null where there is none, in a form that an index is used for."""
    return and_(column.is_not(None), column == value)


def _same_id(column: Any) -> Equals:
    def equals(value: str) -> ColumnElement[bool]:
        try:
            id_ = UUID(value)
        except ValueError:
            return false()
        return column == id_ if str(id_) == value else false()

    return equals


def _department(stint: Any) -> Any:
    department = occurrence(tables.Department)
    name = select(department.c.name).where(department.c.id == stint.department_id).scalar_subquery()
    return func.coalesce(name, stint.department_ref)


def _teams(employee: Any, at: At) -> Any:
    member, team = occurrence(tables.TeamMembership), occurrence(tables.Team)
    built = func.jsonb_build_object("value", team.c.id, "display", team.c.name, "type", "direct")
    found = select(func.jsonb_agg(built, type_=JSONB)).select_from(
        member.join(team, team.c.id == member.c.team_id)
    )
    found = found.where(
        member.c.employee_id == employee, member.c.valid.contains(at.instant), team.c.closed_at.is_(None)
    )
    return _of_row(found, employee)


def _members(team: Any, at: At) -> Any:
    member, who = occurrence(tables.TeamMembership), occurrence(tables.Employee)
    built = func.jsonb_build_object("value", who.c.id, "display", who.c.display_name, "type", "User")
    found = select(func.jsonb_agg(built, type_=JSONB)).select_from(
        member.join(who, who.c.id == member.c.employee_id)
    )
    found = found.where(
        member.c.team_id == team, member.c.valid.contains(at.instant), who.c.removed_at.is_(None)
    )
    return _of_row(found, team)


def _linked(column: str, row: Any, other: str) -> Equals:
    """Whether there is, or was, a membership with that id at its other end."""

    def equals(value: str) -> ColumnElement[bool]:
        try:
            id_ = UUID(value)
        except ValueError:
            return false()
        return some(
            tables.TeamMembership,
            lambda member: and_(getattr(member, column) == row, getattr(member, other) == id_),
        )

    return equals


def _of_row(found: Select[Any], column: Any) -> Any:
    """A query on the row of a column, wherever it stands: within a FROM it would be on every row."""
    return found.correlate(column.table).scalar_subquery()


def _made(id_: Any, otherwise: Any) -> Any:
    """When a version 7 UUID was made; `document.made` in SQL."""
    digits = func.replace(cast(id_, Text), "-", "")
    milliseconds = cast(cast(literal_column("'x'").op("||")(func.left(digits, 12)), BIT(48)), BIGINT)
    seven = func.substr(digits, 13, 1) == "7"
    return case((seven, func.to_timestamp(milliseconds / literal_column("1000.0"))), else_=otherwise)


__all__ = ["Columns", "GroupColumns", "Many", "One", "UserColumns", "find"]
