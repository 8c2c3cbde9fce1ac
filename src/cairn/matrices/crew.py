"""Whom a plan is for: who is in the team, what their jobs ask for, and what they will still be able to do."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Uuid, and_, any_, bindparam, func, literal, not_, select, text

from cairn.access.find import find, terms
from cairn.access.refusal import NotAllowed, NotFound, invalid
from cairn.access.rules import At, Terms
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.tables import INSTANT, occurrence
from cairn.people import tables as people
from cairn.people.access import ends
from cairn.requirements.facts import Fact
from cairn.requirements.tree import Subject, SubjectKind
from cairn.skills import readiness
from cairn.skills.access import learning
from cairn.skills.facts import load

MOST_READ = 2_000
"""Members that are read; of more, a plan would be refused anyway."""


@dataclass(frozen=True)
class Given:
    """Who asks, and of which date."""

    tx: Transaction
    viewer: Viewer
    by: datetime

    @property
    def at(self) -> At:
        """The date, for a statement."""
        return At(literal(self.by, INSTANT), literal(self.by.date(), Date()))


@dataclass(frozen=True)
class Crew:
    """Who is planned for, and who is not."""

    people: list[UUID]
    """By name."""
    roles: dict[UUID, UUID]
    left_out: list[UUID]
    leaving: list[UUID]


async def crew_of(given: Given, team: UUID | None, manager: UUID | None, depth: int | None) -> Crew:
    """Who is in the team today, in which job role, and who of them will have left."""
    if (team is None) == (manager is None):
        raise invalid("team", "name a team or a manager, one of them")
    if team is not None:
        await find(given.tx, given.viewer, people.Team, team)
    else:
        assert manager is not None
        await find(given.tx, given.viewer, people.Employee, manager)
    as_ = terms(given.viewer)
    members = _members(as_, team, manager, depth).subquery()
    person, employment = occurrence(people.Employee), occurrence(people.Employment)
    found = (
        select(
            person.c.id,
            employment.c.job_role_id,
            learning(as_, person.c.id).label("open"),
            and_(
                func.upper(employment.c.valid) <= given.at.day,
                ends(employment.c, as_),
                not_(_stays(person, given.at)),
            ).label("leaves"),
        )
        .select_from(
            members.join(person, person.c.id == members.c.employee_id).join(
                employment,
                and_(employment.c.employee_id == person.c.id, employment.c.valid.contains(as_.now.day)),
            )
        )
        .where(person.c.erased_at.is_(None))
        .order_by(person.c.display_name, person.c.id)
        .limit(MOST_READ)
    )
    rows = (await given.tx.execute(found)).all()
    planned = [row for row in rows if row.open and not row.leaves]
    if rows and not any(row.open for row in rows):
        raise NotAllowed("A plan takes seeing what people can do, and you may not see it of anybody here.")
    return Crew(
        people=[row.id for row in planned],
        roles={row.id: row.job_role_id for row in planned if row.job_role_id is not None},
        left_out=[row.id for row in rows if not row.open],
        leaving=[row.id for row in rows if row.open and row.leaves],
    )


def _members(as_: Terms, team: UUID | None, manager: UUID | None, depth: int | None) -> Any:
    if team is not None:
        member = occurrence(people.TeamMembership)
        in_it = and_(member.c.team_id == literal(team, Uuid()), member.c.valid.contains(as_.now.instant))
        return select(member.c.employee_id).where(in_it).distinct()
    line = occurrence(people.ReportingLine)
    below = and_(line.c.manager_id == literal(manager, Uuid()), line.c.valid.contains(as_.now.day))
    if depth is not None:
        below = and_(below, line.c.depth <= depth)
    return select(line.c.employee_id).where(below).distinct()


def _stays(person: Any, at: At) -> Any:
    later = occurrence(people.Employment)
    there = and_(later.c.employee_id == person.c.id, later.c.valid.contains(at.day))
    return select(later.c.id).where(there).correlate_except(later).exists()


async def roles_of(given: Given, roles: Collection[UUID]) -> dict[UUID, dict[UUID, int]]:
    """What job roles ask for at the date."""
    asked = readiness.required(given.at, any_(bindparam("roles", list(roles), ARRAY(Uuid))))
    found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    for row in (await given.tx.execute(asked)).all():
        found[row.job_role_id][row.skill_id] = row.level
    return found


_KNOWN = text("select id from skill where id = any(:ids)").bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def check_skills(tx: Transaction, skills: Sequence[UUID]) -> None:
    """Raises `NotFound` for one that is not there."""
    known = set((await tx.execute(_KNOWN, {"ids": list(skills)})).scalars())
    for skill in skills:
        if skill not in known:
            raise NotFound("There is no such skill.", id=skill)


async def levels_at(
    given: Given, crew: Sequence[UUID], skills: Sequence[UUID]
) -> dict[tuple[UUID, UUID], tuple[int, bool]]:
    """The levels that will hold at the date, if nothing new comes."""
    facts = await load(given.tx, crew, [Subject(SubjectKind.SKILL, skill) for skill in skills])
    found: dict[tuple[UUID, UUID], tuple[int, bool]] = {}
    for person, about in facts.items():
        for subject, pieces in about.items():
            holding = [fact for fact in pieces if fact.holds_at(given.by)]
            if holding and isinstance(subject.id, UUID):
                best = max(holding, key=_rank)
                found[person, subject.id] = (best.level, best.verified)
    return found


def _rank(fact: Fact) -> tuple[bool, int]:
    return fact.verified, fact.level
