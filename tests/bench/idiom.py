"""The same answers in the common idiom: Strawberry resolvers and DataLoaders over an AsyncSession a request.

As Strawberry's guides for DataLoaders and SQLAlchemy have it, and tuned as somebody would who cares:
documents are parsed and validated once, what a parent has read is an attribute and not a resolver, whatever
repeats goes through a loader that batches it, and a matrix is loaded row by row rather than cell by cell. No
operation has an N+1.
"""

import asyncio
import base64
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from hashlib import sha256
from typing import Any
from uuid import UUID

import strawberry
from sqlalchemy import and_, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlmodel import col
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, SchemaExtension, ValidationCache

from cairn.db.ranges import now
from cairn.identity.proofs import IDLE
from cairn.identity.tables import Session
from cairn.people.tables import Department as DepartmentRow
from cairn.people.tables import Employee as EmployeeRow
from cairn.people.tables import Employment, ReportingLine, TeamMembership, Work
from cairn.skills.tables import CLAIMED, Evidence, RoleSkill
from cairn.skills.tables import JobRole as JobRoleRow
from cairn.skills.tables import Skill as SkillRow


class Loaders:
    """What a request loads, each thing once."""

    def __init__(self, context: "Context") -> None:
        self._context = context
        self._turn = asyncio.Lock()  # a session executes one statement at a time
        self.departments = self._by_id(DepartmentRow)
        self.employees = self._by_id(EmployeeRow)
        self.job_roles = self._by_id(JobRoleRow)
        self.skills = self._by_id(SkillRow)
        self.employments = DataLoader(self._employments)
        self.levels = DataLoader(self._levels)
        self.requirements = DataLoader(self._requirements)
        self.members = DataLoader(self._members)
        self.manages = DataLoader(self._manages)

    async def execute(self, query: Any) -> Any:
        async with self._turn:
            return await self._context.session.execute(query)

    def _by_id(self, table: Any) -> "DataLoader[UUID, Any]":
        async def load(ids: list[UUID]) -> list[Any]:
            found = await self.execute(select(table).where(col(table.id).in_(ids)))
            by_id = {row.id: row for row in found.scalars()}
            return [by_id.get(id_) for id_ in ids]

        return DataLoader(load)

    async def _employments(self, keys: list[tuple[UUID, date]]) -> list[Employment | None]:
        """By employee and day."""
        [day] = {day for _, day in keys}
        wanted = [employee for employee, _ in keys]
        today = col(Employment.valid).contains(self._context.at.date())
        query = select(Employment).where(
            col(Employment.employee_id).in_(wanted),
            col(Employment.valid).contains(day),
            self._context.history(today, col(Employment.employee_id)),
        )
        by_employee = {row.employee_id: row for row in (await self.execute(query)).scalars()}
        return [by_employee.get(employee) for employee in wanted]

    async def _levels(self, keys: list[tuple[UUID, datetime]]) -> list[dict[UUID, tuple[int, bool]]]:
        """By employee and instant: the level of each skill, and whether it is verified."""
        [at] = {at for _, at in keys}
        wanted = [employee for employee, _ in keys]
        query = select(Evidence.employee_id, Evidence.skill_id, Evidence.level, Evidence.source).where(
            col(Evidence.employee_id).in_(wanted),
            col(Evidence.withdrawn_at).is_(None),
            col(Evidence.valid).contains(at),
        )
        sure: dict[tuple[UUID, UUID], int] = {}
        claimed: dict[tuple[UUID, UUID], int] = {}
        for employee, skill, level, source in await self.execute(query):
            best = claimed if source in CLAIMED else sure
            best[employee, skill] = max(level, best.get((employee, skill), 0))
        found: dict[UUID, dict[UUID, tuple[int, bool]]] = defaultdict(dict)
        for (employee, skill), level in claimed.items():
            found[employee][skill] = (level, False)
        for (employee, skill), level in sure.items():
            found[employee][skill] = (level, True)
        return [found[employee] for employee in wanted]

    async def _requirements(self, keys: list[tuple[UUID, datetime]]) -> list[dict[UUID, int]]:
        """By job role and instant: the level of each skill it takes."""
        [at] = {at for _, at in keys}
        wanted = [role for role, _ in keys]
        query = select(RoleSkill.job_role_id, RoleSkill.skill_id, RoleSkill.level).where(
            col(RoleSkill.job_role_id).in_(wanted), col(RoleSkill.valid).contains(at)
        )
        found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
        for role, skill, level in await self.execute(query):
            found[role][skill] = level
        return [found[role] for role in wanted]

    async def _members(self, keys: list[tuple[UUID, datetime]]) -> list[list[EmployeeRow]]:
        """By team and instant: its members by name."""
        [at] = {at for _, at in keys}
        wanted = [team for team, _ in keys]
        query = (
            select(TeamMembership.team_id, EmployeeRow)
            .join(EmployeeRow, col(EmployeeRow.id) == TeamMembership.employee_id)
            .where(
                col(TeamMembership.team_id).in_(wanted),
                col(TeamMembership.valid).contains(at),
                self._context.history(
                    col(TeamMembership.valid).contains(self._context.at), col(TeamMembership.employee_id)
                ),
            )
            .order_by(col(EmployeeRow.display_name), col(EmployeeRow.id))
        )
        found: dict[UUID, list[EmployeeRow]] = defaultdict(list)
        for team, employee in await self.execute(query):
            found[team].append(employee)
        return [found[team] for team in wanted]

    async def _manages(self, employees: list[UUID]) -> list[bool]:
        """Whether the viewer is above that employee today."""
        query = select(ReportingLine.employee_id).where(
            ReportingLine.manager_id == self._context.viewer,
            col(ReportingLine.employee_id).in_(employees),
            col(ReportingLine.valid).contains(self._context.at.date()),
        )
        below = set((await self.execute(query)).scalars())
        return [employee in below for employee in employees]


@dataclass
class Context:
    """What resolvers are given."""

    token: str
    everything: bool
    at: datetime = field(default_factory=now)
    viewer: UUID | None = None
    session: AsyncSession = field(init=False)
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self)

    def history(self, today: Any, employee: Any) -> Any:
        """What was is for the person, those above, and who may read everything."""
        if self.everything:
            return true()
        line = select(ReportingLine.employee_id).where(
            ReportingLine.manager_id == self.viewer,
            col(ReportingLine.employee_id) == employee,
            col(ReportingLine.valid).contains(self.at.date()),
        )
        return or_(today, employee == self.viewer, line.exists())

    async def may_see(self, employee: UUID) -> bool:
        """The person, those above, and who may read everything."""
        return self.everything or employee == self.viewer or await self.loaders.manages.load(employee)


Info = strawberry.Info[Context, None]


def key(id_: str) -> UUID:
    return UUID(id_.partition(":")[2])


@strawberry.type
class Department:
    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: DepartmentRow) -> "Department":
        return cls(id=strawberry.ID(f"Department:{row.id}"), name=row.name)


@strawberry.type
class JobRole:
    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: JobRoleRow) -> "JobRole":
        return cls(id=strawberry.ID(f"JobRole:{row.id}"), name=row.name)


@strawberry.type
class Skill:
    id: strawberry.ID
    name: str

    @classmethod
    def of(cls, row: SkillRow) -> "Skill":
        return cls(id=strawberry.ID(f"Skill:{row.id}"), name=row.name)


@strawberry.type
class PageInfo:
    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Level:
    skill_id: strawberry.Private[UUID]
    level: int
    is_verified: bool

    @strawberry.field
    async def skill(self, info: Info) -> Skill:
        return Skill.of(await info.context.loaders.skills.load(self.skill_id))


@strawberry.type
class LevelConnection:
    nodes: list[Level]


@strawberry.type
class Employee:
    row: strawberry.Private[EmployeeRow]
    at: strawberry.Private[datetime]
    id: strawberry.ID
    display_name: str

    @classmethod
    def of(cls, row: EmployeeRow, at: datetime) -> "Employee":
        return cls(row=row, at=at, id=strawberry.ID(f"Employee:{row.id}"), display_name=row.display_name)

    async def _employment(self, info: Info) -> Employment | None:
        return await info.context.loaders.employments.load((self.row.id, self.at.date()))

    @strawberry.field
    async def email(self, info: Info) -> str | None:
        return self.row.email if await info.context.may_see(self.row.id) else None

    @strawberry.field
    async def title(self, info: Info) -> str | None:
        employment = await self._employment(info)
        return employment and employment.title

    @strawberry.field
    async def location(self, info: Info) -> str | None:
        employment = await self._employment(info)
        return employment and employment.location

    @strawberry.field
    async def department(self, info: Info) -> Department | None:
        employment = await self._employment(info)
        if employment is None or employment.department_id is None:
            return None
        return Department.of(await info.context.loaders.departments.load(employment.department_id))

    @strawberry.field
    async def manager(self, info: Info) -> "Employee | None":
        employment = await self._employment(info)
        if employment is None or employment.manager_id is None:
            return None
        return Employee.of(await info.context.loaders.employees.load(employment.manager_id), self.at)

    @strawberry.field
    async def job_role(self, info: Info) -> JobRole | None:
        employment = await self._employment(info)
        if employment is None or employment.job_role_id is None:
            return None
        return JobRole.of(await info.context.loaders.job_roles.load(employment.job_role_id))

    @strawberry.field
    async def levels(self, info: Info, first: int = 50) -> LevelConnection:
        if not await info.context.may_see(self.row.id):
            return LevelConnection(nodes=[])
        found = await info.context.loaders.levels.load((self.row.id, self.at))
        return LevelConnection(
            nodes=[
                Level(skill_id=skill, level=level, is_verified=is_verified)
                for skill, (level, is_verified) in sorted(found.items())[:first]
            ]
        )


@strawberry.type
class EmployeeConnection:
    nodes: list[Employee]
    page_info: PageInfo


@strawberry.type
class MatrixColumn:
    skill: Skill


@strawberry.type
class MatrixCell:
    level: int | None
    is_verified: bool
    required: int | None
    gap: int | None


@strawberry.type
class MatrixRow:
    matrix: strawberry.Private["TeamMatrix"]
    member: strawberry.Private[EmployeeRow]
    employee: Employee

    @strawberry.field
    async def job_role(self, info: Info) -> JobRole | None:
        return await self.employee.job_role(info)

    @strawberry.field
    async def cells(self, info: Info) -> list[MatrixCell]:
        columns = await self.matrix.skills(info)
        employment = await info.context.loaders.employments.load((self.member.id, self.matrix.at.date()))
        role = employment and employment.job_role_id
        requires = await info.context.loaders.requirements.load((role, self.matrix.at)) if role else {}
        visible = await info.context.may_see(self.member.id)
        has = await info.context.loaders.levels.load((self.member.id, self.matrix.at)) if visible else {}
        cells = []
        for skill in columns:
            level, is_verified = has.get(skill.id, (None, False))
            required = requires.get(skill.id)
            gap = None if required is None else max(required - (level or 0), 0)
            cells.append(MatrixCell(level=level, is_verified=is_verified, required=required, gap=gap))
        return cells


@strawberry.type
class TeamMatrix:
    team: strawberry.Private[UUID]
    at: strawberry.Private[datetime]
    found: strawberry.Private["asyncio.Task[list[SkillRow]] | None"] = None

    async def skills(self, info: Info) -> list[SkillRow]:
        """What the members' job roles require, looked up once."""
        if self.found is None:
            self.found = asyncio.ensure_future(self._skills(info.context.loaders))
        return await self.found

    async def _skills(self, loaders: Loaders) -> list[SkillRow]:
        members = await loaders.members.load((self.team, self.at))
        positions = await loaders.employments.load_many([(each.id, self.at.date()) for each in members])
        roles = {each.job_role_id for each in positions if each and each.job_role_id}
        requires = await loaders.requirements.load_many([(role, self.at) for role in roles])
        wanted = {skill for each in requires for skill in each}
        return sorted(await loaders.skills.load_many(list(wanted)), key=lambda row: (row.name, row.id))

    @strawberry.field
    async def columns(self, info: Info) -> list[MatrixColumn]:
        return [MatrixColumn(skill=Skill.of(each)) for each in await self.skills(info)]

    @strawberry.field
    async def rows(self, info: Info) -> list[MatrixRow]:
        members = await info.context.loaders.members.load((self.team, self.at))
        return [MatrixRow(matrix=self, member=each, employee=Employee.of(each, self.at)) for each in members]


@strawberry.enum
class EmployeeStatus(Enum):
    ACTIVE = "ACTIVE"
    ON_LEAVE = "ON_LEAVE"


@strawberry.enum
class Direction(Enum):
    ASC = "ASC"
    DESC = "DESC"


@strawberry.input
class EmployeeStatusFilter:
    eq: EmployeeStatus


@strawberry.input
class EmployeeWhere:
    status: EmployeeStatusFilter


@strawberry.input
class EmployeeOrder:
    display_name: Direction


@strawberry.type
class Viewer:
    @strawberry.field
    async def employee(self, info: Info) -> Employee | None:
        assert info.context.viewer is not None
        row = await info.context.loaders.employees.load(info.context.viewer)
        return Employee.of(row, info.context.at)


@strawberry.type
class Query:
    @strawberry.field
    def viewer(self) -> Viewer:
        return Viewer()

    @strawberry.field
    async def employee(self, info: Info, id: strawberry.ID) -> Employee | None:  # noqa: A002  # the argument's name
        row = await info.context.loaders.employees.load(key(id))
        return row and Employee.of(row, info.context.at)

    @strawberry.field
    async def employees(
        self,
        info: Info,
        first: int = 50,
        after: str | None = None,
        where: EmployeeWhere | None = None,
        order_by: list[EmployeeOrder] | None = None,
    ) -> EmployeeConnection:
        columns: list[Any] = [col(EmployeeRow.display_name)] if order_by else []
        columns.append(col(EmployeeRow.id))
        query: Any = select(EmployeeRow)
        if where is not None:
            today = and_(
                col(Employment.employee_id) == col(EmployeeRow.id),
                col(Employment.valid).contains(info.context.at.date()),
            )
            query = query.join(Employment, today).where(Employment.work == Work(where.status.eq.value))
        if after is not None:
            *names, id_ = json.loads(base64.urlsafe_b64decode(after))
            query = query.where(tuple_(*columns) > (*names, UUID(id_)))
        found = (
            (await info.context.loaders.execute(query.order_by(*columns).limit(first + 1))).scalars().all()
        )
        page: Sequence[EmployeeRow] = found[:first]
        end = None
        if page:
            place = [page[-1].display_name, str(page[-1].id)] if order_by else [str(page[-1].id)]
            end = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
        return EmployeeConnection(
            nodes=[Employee.of(row, info.context.at) for row in page],
            page_info=PageInfo(has_next_page=len(found) > first, end_cursor=end),
        )

    @strawberry.field
    def team_matrix(self, info: Info, team: strawberry.ID, at: datetime | None = None) -> TeamMatrix:
        return TeamMatrix(team=key(team), at=at.astimezone(UTC) if at else info.context.at)


def signed_in(sessions: async_sessionmaker[AsyncSession]) -> type[SchemaExtension]:
    """An extension that opens a session for each operation and finds out who asks."""

    class SignedIn(SchemaExtension):
        async def on_operation(self) -> AsyncIterator[None]:
            context = self.execution_context.context
            async with sessions() as context.session:
                query = (
                    select(Session.employee_id)
                    .join(Employment, col(Employment.employee_id) == Session.employee_id)
                    .where(
                        Session.key == sha256(context.token.encode()).digest(),
                        col(Session.ended_at).is_(None),
                        col(Session.expires_at) > context.at,
                        col(Session.seen_at) > context.at - IDLE,
                        col(Employment.valid).contains(context.at.date()),
                    )
                )
                context.viewer = (await context.session.execute(query)).scalar_one_or_none()
                if context.viewer is None:
                    raise HTTPException(401)
                yield

    return SignedIn


class Endpoint(GraphQL[Context, None]):
    """Strawberry's own ASGI application."""

    everything: bool

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        return Context(request.cookies.get("__Host-cairn", ""), self.everything)


def application(sessions: async_sessionmaker[AsyncSession], *, everything: bool) -> Starlette:
    """The idiom as an application."""
    schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache, signed_in(sessions)])
    endpoint = Endpoint(schema, graphql_ide=None)
    endpoint.everything = everything
    return Starlette(routes=[Route("/graphql", endpoint)])
