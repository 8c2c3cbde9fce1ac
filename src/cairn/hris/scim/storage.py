"""Where the protocol reads and writes: people's tables and verbs, one transaction for each operation."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from scim2_models import (
    Context,
    ForbiddenException,
    InvalidValueException,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimProvider,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import AsyncScimStorage, SearchPage
from sqlalchemy import Date, literal, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from cairn.access.refusal import NotAllowed, NotFound, Refusal
from cairn.access.rules import At
from cairn.access.viewer import Viewer
from cairn.db.engine import Database, Transaction, sqlstate
from cairn.db.ranges import now
from cairn.db.tables import INSTANT
from cairn.hris.scim import groups, users
from cairn.hris.scim.document import Document
from cairn.hris.scim.document import groups as group_documents
from cairn.hris.scim.document import users as user_documents
from cairn.hris.scim.page import Page, search
from cairn.hris.scim.resources import ENTERPRISE
from cairn.people import tables
from cairn.people.lost import LastAdministrator

_UNIQUE = "23505"
_OVERLAP = "23P01"


class PeopleStorage(AsyncScimStorage):
    """Users are the people, groups the teams; as `viewer` writes them.

    While it is `writing`, what is read is locked until the operation ends, so that the next writer waits
    instead of being told that it changed meanwhile.
    """

    supports_cursors = True

    def __init__(
        self, database: Database, viewer: Viewer, provider: ScimProvider, *, writing: bool = False
    ) -> None:
        self._database = database
        self._viewer = viewer
        self._provider = provider
        self._writing = writing
        self._open: Transaction | None = None

    @asynccontextmanager
    async def operation(self) -> AsyncIterator[None]:
        """One transaction: all of an operation, or nothing of it."""
        try:
            async with self._database.transaction() as tx:
                self._open = tx
                try:
                    yield
                finally:
                    self._open = None
        except IntegrityError as error:
            # Whoever wrote at the same time was first: what was free when it was looked for is not any more.
            if sqlstate(error) in {_UNIQUE, _OVERLAP}:
                raise UniquenessException(detail="Another user or group has that value") from None
            raise
        except NotFound as refusal:
            raise NotFoundException(detail=refusal.message) from None
        except (NotAllowed, LastAdministrator) as refusal:
            raise ForbiddenException(detail=refusal.message) from None
        except Refusal as refusal:
            raise InvalidValueException(detail=refusal.message) from None

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[Transaction]:
        if self._open is not None:
            yield self._open
            return
        async with self.operation():
            assert self._open is not None
            yield self._open

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """A user or a group. Raises `NotFoundException`."""
        async with self._transaction() as tx:
            row = await self._row(tx, resource_type, resource_id, lock=self._writing)
            members = response_parameters is None or wants(response_parameters, "members")
            return self._resource(await _document(tx, row, members=members))

    async def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """A page of resources. Raises what the filter, the order or the position is refused with."""
        page, documents = await self.find(resource_types, search_request, position)
        return SearchPage(page.total, [self._resource(each) for each in documents], page.next, page.previous)

    async def find(
        self, resource_types: Sequence[ResourceType], request: SearchRequest[Any], position: Any
    ) -> tuple[Page, list[Document]]:
        """A page as `search` finds it, of documents; to make resources of them would take longer."""
        async with self._transaction() as tx:
            at = _at()
            page = await search(tx, self._provider, resource_types, request, at, position)
            ids: dict[str, list[UUID]] = {"User": [], "Group": []}
            for kind, id_ in page.found:
                ids[kind].append(id_)
            documents = {
                each["id"]: each
                for each in (
                    *await user_documents(tx, ids["User"], at, groups=wants(request, "groups")),
                    *await group_documents(tx, ids["Group"], at, members=wants(request, "members")),
                )
            }
        return page, [documents[str(id_)] for _, id_ in page.found if str(id_) in documents]

    async def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Writes a new one. Raises `UniquenessException`, `InvalidValueException`."""
        async with self._transaction() as tx:
            kind = users if resource_type.name == "User" else groups
            id_ = await kind.create(tx, self._viewer, _plain(resource))
            return self._resource(await _document(tx, await self._row(tx, resource_type, str(id_))))

    async def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        """Writes its new state. Raises like `create`, and `PreconditionFailedException`."""
        async with self._transaction() as tx:
            row = await self._row(tx, resource_type, str(resource.id), lock=True)
            await self._expect(tx, row, expected_version)
            current = self._resource(await _document(tx, row))
            if _plain(current) == _plain(resource):
                return current
            if isinstance(row, tables.Employee):
                await users.change(tx, self._viewer, row, _plain(resource))
            else:
                await groups.change(tx, self._viewer, row, _plain(resource))
            return self._resource(await _document(tx, row))

    async def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """Deactivates a user, who is then not found any more; dissolves a group."""
        async with self._transaction() as tx:
            row = await self._row(tx, resource_type, resource_id, lock=True)
            await self._expect(tx, row, expected_version)
            if isinstance(row, tables.Employee):
                await users.remove(tx, self._viewer, row)
            else:
                await groups.remove(tx, self._viewer, row)

    async def _row(
        self, tx: Transaction, type_: ResourceType, id_: str, *, lock: bool = False
    ) -> tables.Employee | tables.Team:
        table: Any = tables.Employee if type_.name == "User" else tables.Team
        gone = tables.Employee.removed_at if type_.name == "User" else tables.Team.closed_at
        query = select(table).where(table.id == _uuid(id_, type_), col(gone).is_(None))
        if lock:
            query = query.with_for_update(key_share=True)
        query = query.execution_options(populate_existing=True)
        found: tables.Employee | tables.Team | None = (await tx.execute(query)).scalar_one_or_none()
        if found is None:
            raise NotFoundException(detail=f"There is no {type_.name} with the id {id_!r}")
        return found

    @staticmethod
    async def _expect(
        tx: Transaction, row: tables.Employee | tables.Team, expected_version: str | None
    ) -> None:
        if expected_version is None:
            return
        document = await _document(tx, row, members=False)
        if document["meta"]["version"] != expected_version:
            raise PreconditionFailedException

    def _resource(self, document: Document) -> Resource[Any]:
        model: Any = self._provider.model_for(document["meta"]["resourceType"])
        found: Resource[Any] = model.model_validate(document, scim_ctx=Context.DEFAULT)
        return found


def wants(parameters: ResponseParameters[Any], attribute: str) -> bool:
    """Whether an answer has an attribute: one that takes a look at other rows."""
    named = [str(path).rpartition(":")[2].casefold() for path in parameters.attributes or ()]
    if named:
        return any(each.partition(".")[0] == attribute for each in named)
    excluded = [str(path).rpartition(":")[2].casefold() for path in parameters.excluded_attributes or ()]
    return attribute not in excluded


def _at() -> At:
    moment = now()
    return At(literal(moment, INSTANT), literal(moment.date(), Date))


def _uuid(value: str, type_: ResourceType) -> UUID:
    """An id as it was given out; another spelling of it is none."""
    try:
        found = UUID(value)
    except ValueError:
        found = None
    if found is None or str(found) != value:
        raise NotFoundException(detail=f"There is no {type_.name} with the id {value!r}")
    return found


async def _document(tx: Transaction, row: tables.Employee | tables.Team, *, members: bool = True) -> Document:
    if isinstance(row, tables.Employee):
        [document] = await user_documents(tx, [row.id], _at())
    else:
        [document] = await group_documents(tx, [row.id], _at(), members=members)
    return document


def _plain(resource: Resource[Any]) -> Document:
    """A resource as JSON, without what is read only or secret. Raises `InvalidValueException` for U+0000."""
    document: Document = resource.model_dump()
    for key in ("password", "groups", "meta", "id", "schemas"):
        document.pop(key, None)
    # Two who have none are not two with the same one.
    for place, key in ((document, "externalId"), (document.get(ENTERPRISE) or {}, "employeeNumber")):
        if not str(place.get(key) or "").strip():
            place.pop(key, None)
    _check(document)
    return document


LONGEST = 10_000
"""Characters of one value."""


def _check(value: Any) -> None:
    match value:
        case str():
            if "\x00" in value:
                raise InvalidValueException(detail="U+0000 cannot be kept; leave it out")
            if len(value) > LONGEST:
                raise InvalidValueException(detail=f"A value has at most {LONGEST} characters")
        case dict():
            for key, each in value.items():
                _check(key)
                _check(each)
        case list():
            for each in value:
                _check(each)
