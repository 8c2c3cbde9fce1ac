"""From the gaps of a team to a plan: who should take which pathway, so that it covers its skills by a date.

Facts come by a few statements for the whole team, `planning.py` searches on a thread of its own, and the
engine completes the people and pathways of the answer. The search is bounded: what is too large to search is
refused, and what is not finished in time says by how much it could be better.
"""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Date, Uuid, and_, any_, bindparam, func, literal, not_, select, text

from cairn.access.find import find, terms
from cairn.access.refusal import InvalidInput, NotAllowed, NotFound, Refusal, invalid
from cairn.access.rules import At, Terms
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import INSTANT, occurrence
from cairn.graph.think import Later, think
from cairn.matrices.planning import Grant, Instance, Option, Solution, solve
from cairn.pathways.author import PathwayId
from cairn.people import tables as people
from cairn.people.access import ends
from cairn.people.history import EmployeeId
from cairn.people.teams import TeamId
from cairn.requirements.facts import Fact
from cairn.requirements.tree import Subject, SubjectKind
from cairn.skills import readiness
from cairn.skills.access import learning
from cairn.skills.assess import SkillId
from cairn.skills.facts import load

MOST_PEOPLE = 200
MOST_SKILLS = 100
MOST_PATHWAYS = 500
MOST_OPTIONS = 20_000
"""Pathways that somebody of a team could take, all together."""
SECONDS = 4.0
"""How long a plan is searched for."""
AT_ONCE = 1
"""Plans that a process searches for at the same time: a search takes a processor."""

_searching = asyncio.Semaphore(AT_ONCE)


@dataclass(frozen=True)
class SkillTarget:
    """How far a skill is to be covered."""

    skill: SkillId
    """The skill."""
    coverage: float
    """The share of those whose job role asks for it who are to be at the level, from 0 to 1."""


class ShortOf(StrEnum):
    """Why a target is out of reach."""

    NOTHING_TEACHES_IT = "NOTHING_TEACHES_IT"
    """Too few people could come to the level by any of the pathways."""
    BUDGET = "BUDGET"
    """It would take more time than there is."""
    SEARCH = "SEARCH"
    """Not shown to be out of reach: the search ended before it was found."""


@dataclass(frozen=True)
class PlanGap:
    """A gap that a pathway closes for somebody."""

    skill: SkillId
    """The skill."""
    before: int | None
    """The level that would hold at the date without the plan; null for none."""
    after: int
    """The level that will hold with it."""
    required: int
    """The level it takes: what the person's job role asks for, or else the least that any other does."""
    is_required: bool
    """Whether the person's own job role asks for it; else the person comes to cover the skill for others."""


@dataclass(frozen=True)
class PlanPick:
    """A pathway that somebody should take."""

    employee: EmployeeId
    """Who."""
    pathway: PathwayId
    """What to complete."""
    minutes: int
    """How long what is left of it takes."""
    is_assigned: bool
    """Whether the person is assigned to it already."""
    closes: list[PlanGap]
    """What it is for."""


@dataclass(frozen=True)
class PlanTarget:
    """How far a skill is covered, without the plan and with it."""

    skill: SkillId
    """The skill."""
    required: int
    """Of how many people it is asked."""
    wanted: int
    """How many of them are to be at the level."""
    before: int
    """How many will be at the date without the plan."""
    after: int
    """How many will be with it."""
    covering_before: int
    """How many can cover it at the date without the plan, whatever their job roles ask for."""
    covering_after: int
    """How many can with it; one is a single point of failure."""
    is_reached: bool
    """Whether what was wanted is reached."""
    short_of: ShortOf | None
    """Why not; null where it is."""


@dataclass(frozen=True)
class TeamPlan:
    """The cheapest plan that reaches what is wanted, or comes closest."""

    by: datetime
    """The date by which."""
    is_reached: bool
    """Whether it reaches all that is wanted."""
    minutes: int
    """How long it takes all people together."""
    picks: list[PlanPick]
    """Who should take what, by person."""
    targets: list[PlanTarget]
    """Each skill that is looked at."""
    is_optimal: bool
    """Whether no other plan comes closer, or is cheaper."""
    gap: float
    """The share by which another plan might come closer or be cheaper, at most; 0 for one that is optimal."""
    left_out: list[EmployeeId]
    """People of the team who are not planned for because you may not see their levels."""
    leaving: list[EmployeeId]
    """People of the team who will have left by the date."""


@dataclass
class TooMuchToPlan(Refusal):
    """The search would be too large: ask for fewer people, skills or pathways."""

    people: int = 0
    """How many people there are."""
    most_people: int = MOST_PEOPLE
    """How many there may be."""
    skills: int = 0
    """How many skills there are."""
    most_skills: int = MOST_SKILLS
    """How many there may be."""
    pathways: int = 0
    """How many pathways there are."""
    most_pathways: int = MOST_PATHWAYS
    """How many there may be."""
    options: int = 0
    """How many pathways the people could take, all together."""
    most_options: int = MOST_OPTIONS
    """How many there may be."""


async def plan_for_team(
    tx: Transaction,
    viewer: Viewer,
    *,
    team: TeamId | None = None,
    manager: EmployeeId | None = None,
    depth: int | None = 1,
    by: datetime | None = None,
    skills: list[SkillId] | None = None,
    coverage: float = 1.0,
    targets: list[SkillTarget] | None = None,
    no_single_points: bool = False,
    pathways: list[PathwayId] | None = None,
    budget_minutes: int | None = None,
    minutes_each: int | None = None,
) -> Later[TeamPlan | TooMuchToPlan | InvalidInput | NotFound | NotAllowed]:
    """The cheapest set of pathways and people that brings a team to the coverage it wants by a date.

    What somebody can do at the date counts: a level that will have lapsed does not. A pathway costs the time
    of its steps that are not optional and that the person has not done, and brings what these steps grant.

    Args:
        team: The team.
        manager: A manager, for the people who report to them.
        depth: How far below the manager: 1, the default, for direct reports only; null for everybody.
        by: The date by which; now by default.
        skills: The skills to look at; those that the members' job roles ask for by default.
        coverage: The share of those whose job role asks for a skill who are to be at the level, from 0 to 1.
        targets: Other shares, for some of the skills.
        no_single_points: Whether at least two people are to be able to cover each skill.
        pathways: The pathways to choose from; all that are published by default.
        budget_minutes: How long it may take all together.
        minutes_each: How long it may take each person.
    """
    given = _Given(tx, viewer, (by or now()).astimezone(UTC))
    wanted = _wanted(coverage, targets or [])
    for path, value in (("budgetMinutes", budget_minutes), ("minutesEach", minutes_each)):
        if value is not None and not 0 <= value <= 10_000_000:
            raise invalid(path, "must be from 0 to 10,000,000 minutes")
    crew = await _crew(given, team, manager, depth)
    roles = await _roles(given, set(crew.roles.values()))
    required = {
        (person, skill): level
        for person, role in crew.roles.items()
        for skill, level in roles.get(role, {}).items()
    }
    shown = list(dict.fromkeys(skills)) if skills is not None else sorted({skill for _, skill in required})
    shown += [skill for skill in wanted if skill not in shown]
    await _check_skills(tx, shown)
    _bound(people=len(crew.people), skills=len(shown))
    courses = await _courses(given, pathways)
    _bound(people=len(crew.people), skills=len(shown), pathways=len(courses))
    held = await _held(given, crew.people, shown)
    required = {cell: level for cell, level in required.items() if cell[1] in shown}
    taken = await _taken(given, crew.people, courses)
    options = _useful(_options(crew.people, courses, taken), crew.people, shown, held, required)
    _bound(people=len(crew.people), skills=len(shown), pathways=len(courses), options=len(options))
    instance = Instance(
        people=crew.people,
        skills=shown,
        held=held,
        required=required,
        options=options,
        coverage={skill: wanted.get(skill, coverage) for skill in shown},
        least=dict.fromkeys(shown, 2) if no_single_points else {},
        budget=budget_minutes,
        budget_each=minutes_each,
    )

    async def search() -> TeamPlan:
        async with _searching:
            solution = await asyncio.to_thread(solve, instance, SECONDS)
        return _told(given.by, crew, instance, solution, taken)

    return Later(search)


think(plan_for_team)


@dataclass(frozen=True)
class _Given:
    """Who asks, and of which date."""

    tx: Transaction
    viewer: Viewer
    by: datetime

    @property
    def at(self) -> At:
        return At(literal(self.by, INSTANT), literal(self.by.date(), Date()))


@dataclass(frozen=True)
class _Crew:
    """Who is planned for, and who is not."""

    people: list[UUID]
    """By name."""
    roles: dict[UUID, UUID]
    left_out: list[UUID]
    leaving: list[UUID]


def _wanted(coverage: float, targets: Sequence[SkillTarget]) -> dict[UUID, float]:
    shares = [("coverage", coverage)]
    shares += [(f"targets.{n}.coverage", each.coverage) for n, each in enumerate(targets)]
    for path, share in shares:
        if not 0 <= share <= 1:
            raise invalid(path, "must be from 0 to 1")
    return {each.skill: each.coverage for each in targets}


def _bound(*, people: int, skills: int, pathways: int = 0, options: int = 0) -> None:
    if people > MOST_PEOPLE or skills > MOST_SKILLS or pathways > MOST_PATHWAYS or options > MOST_OPTIONS:
        raise TooMuchToPlan(
            "This is too much to plan at once: ask for fewer people, skills or pathways.",
            people=people,
            skills=skills,
            pathways=pathways,
            options=options,
        )


# The team


async def _crew(given: _Given, team: UUID | None, manager: UUID | None, depth: int | None) -> _Crew:
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
        .limit(10 * MOST_PEOPLE)
    )
    rows = (await given.tx.execute(found)).all()
    planned = [row for row in rows if row.open and not row.leaves]
    if rows and not any(row.open for row in rows):
        raise NotAllowed("A plan takes seeing what people can do, and you may not see it of anybody here.")
    return _Crew(
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


async def _roles(given: _Given, roles: Collection[UUID]) -> dict[UUID, dict[UUID, int]]:
    """What job roles ask for at the date."""
    asked = readiness.required(given.at, any_(bindparam("roles", list(roles), ARRAY(Uuid))))
    found: dict[UUID, dict[UUID, int]] = defaultdict(dict)
    for row in (await given.tx.execute(asked)).all():
        found[row.job_role_id][row.skill_id] = row.level
    return found


_KNOWN = text("select id from skill where id = any(:ids)").bindparams(bindparam("ids", type_=ARRAY(Uuid)))


async def _check_skills(tx: Transaction, skills: Sequence[UUID]) -> None:
    known = set((await tx.execute(_KNOWN, {"ids": list(skills)})).scalars())
    for skill in skills:
        if skill not in known:
            raise NotFound("There is no such skill.", id=skill)


async def _held(
    given: _Given, crew: Sequence[UUID], skills: Sequence[UUID]
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


# The pathways


@dataclass
class _Course:
    """A published pathway: its steps that are not optional."""

    pathway: UUID
    version: UUID
    steps: dict[UUID, int] = field(default_factory=dict)
    """The minutes of each."""
    grants: dict[UUID, list[Grant]] = field(default_factory=dict)
    """Of each step, what it is evidence of."""
    nested: list[UUID] = field(default_factory=list)
    """Other pathways that are steps of it."""


_STEPS = text("""
 select version.pathway_id, version.id as version_id, step.id as step_id, step.minutes, step.proof,
  step.nested_pathway_id, step_grant.skill_id, step_grant.level
 from pathway_version version
 join pathway on pathway.id = version.pathway_id
 join step on step.version_id = version.id and not step.is_optional
 left join step_grant on step_grant.step_id = step.id
 where version.status = 'PUBLISHED'
 order by pathway.code, step.position, step_grant.skill_id
 limit 100000
""")


async def _courses(given: _Given, chosen: Sequence[UUID] | None) -> dict[UUID, _Course]:
    """The pathways to choose from, and those that are part of them; without what nobody could complete."""
    found: dict[UUID, _Course] = {}
    for row in (await given.tx.execute(_STEPS)).all():
        course = found.setdefault(row.pathway_id, _Course(row.pathway_id, row.version_id))
        if row.nested_pathway_id is not None:
            if row.nested_pathway_id not in course.nested:
                course.nested.append(row.nested_pathway_id)
            continue
        course.steps[row.step_id] = row.minutes
        if row.skill_id is not None:
            grant = Grant(row.skill_id, row.level, is_sure=row.proof != "SELF")
            course.grants.setdefault(row.step_id, []).append(grant)
    if chosen is not None:
        for pathway in chosen:
            if pathway not in found:
                raise NotFound("There is no such pathway that is published.", id=pathway)
    wanted = list(found) if chosen is None else list(chosen)
    whole: dict[UUID, _Course] = {}
    for pathway in wanted:
        parts = _parts(found, pathway)
        whole |= {each: found[each] for each in parts or ()}
    return {pathway: found[pathway] for pathway in found if pathway in whole}


def _parts(courses: Mapping[UUID, _Course], pathway: UUID) -> set[UUID] | None:
    """A pathway and all that is part of it; None where some of it is not published."""
    seen: set[UUID] = set()
    waiting = [pathway]
    while waiting:
        each = waiting.pop()
        if each not in courses:
            return None
        if each not in seen:
            seen.add(each)
            waiting += courses[each].nested
    return seen


@dataclass(frozen=True)
class _Taken:
    """What people have done."""

    steps: dict[UUID, set[UUID]]
    """Of each person, the steps that are done."""
    complete: set[tuple[UUID, UUID]]
    """Person and pathway that will be complete at the date."""
    lapsed: set[tuple[UUID, UUID]]
    """Person and pathway that was complete and will not be: all of it has to be done again."""
    assigned: set[tuple[UUID, UUID]]


_DONE = text(
    "select distinct employee_id, step_id from progress where employee_id = any(:people)"
    " and step_id = any(:steps) and kind <> 'STARTED' and withdrawn_at is null"
    " and valid @> cast(:now as timestamptz)"
).bindparams(
    bindparam("people", type_=ARRAY(Uuid)),
    bindparam("steps", type_=ARRAY(Uuid)),
    bindparam("now", type_=INSTANT),
)
_COMPLETED = text(
    "select employee_id, pathway_id, held @> cast(:by as timestamptz) as holds from pathway_completion"
    " where employee_id = any(:people) and pathway_id = any(:pathways) and not isempty(held)"
).bindparams(
    bindparam("people", type_=ARRAY(Uuid)),
    bindparam("pathways", type_=ARRAY(Uuid)),
    bindparam("by", type_=INSTANT),
)
_OPEN = text(
    "select employee_id, pathway_id from assignment where employee_id = any(:people)"
    " and pathway_id = any(:pathways) and closed_at is null"
).bindparams(bindparam("people", type_=ARRAY(Uuid)), bindparam("pathways", type_=ARRAY(Uuid)))


async def _taken(given: _Given, crew: Sequence[UUID], courses: Mapping[UUID, _Course]) -> _Taken:
    steps = [step for course in courses.values() for step in course.steps]
    about: dict[str, Any] = {"people": list(crew), "pathways": list(courses)}
    done: dict[UUID, set[UUID]] = defaultdict(set)
    for row in (await given.tx.execute(_DONE, {"people": list(crew), "steps": steps, "now": now()})).all():
        done[row.employee_id].add(row.step_id)
    completed = (await given.tx.execute(_COMPLETED, {**about, "by": given.by})).all()
    return _Taken(
        steps=done,
        complete={(row.employee_id, row.pathway_id) for row in completed if row.holds},
        lapsed={(row.employee_id, row.pathway_id) for row in completed if not row.holds},
        assigned={(row.employee_id, row.pathway_id) for row in (await given.tx.execute(_OPEN, about)).all()},
    )


def _options(crew: Sequence[UUID], courses: Mapping[UUID, _Course], taken: _Taken) -> list[Option]:
    """What each person could take: every pathway that they have not completed."""
    found = []
    for person in crew:
        for pathway, course in courses.items():
            if (person, pathway) in taken.complete:
                continue
            done = set() if (person, pathway) in taken.lapsed else taken.steps.get(person, set())
            left = [step for step in course.steps if step not in done]
            found.append(
                Option(
                    person,
                    pathway,
                    sum(course.steps[step] for step in left),
                    tuple(grant for step in left for grant in course.grants.get(step, ())),
                    tuple(other for other in course.nested if (person, other) not in taken.complete),
                )
            )
    return found


def _useful(
    options: Sequence[Option],
    crew: Sequence[UUID],
    skills: Sequence[UUID],
    held: Mapping[tuple[UUID, UUID], tuple[int, bool]],
    required: Mapping[tuple[UUID, UUID], int],
) -> list[Option]:
    """Those that could bring somebody to a level, and what is part of them, with the grants that matter."""
    frame = Instance(crew, skills, held, required, (), {})
    wanted = set(skills)
    by_key = {(each.person, each.pathway): each for each in options}

    def lifts(option: Option) -> bool:
        for grant in option.grants:
            if grant.skill not in wanted:
                continue
            level, is_sure = held.get((option.person, grant.skill), (0, False))
            needed = frame.needed(option.person, grant.skill)
            if level < needed <= grant.level and (grant.is_sure or not is_sure):
                return True
        return False

    kept: set[tuple[UUID, UUID]] = set()
    waiting = [(each.person, each.pathway) for each in options if lifts(each)]
    while waiting:
        key = waiting.pop()
        if key not in kept:
            kept.add(key)
            waiting += [(key[0], other) for other in by_key[key].includes]
    return [
        Option(
            each.person,
            each.pathway,
            each.minutes,
            tuple(grant for grant in each.grants if grant.skill in wanted),
            each.includes,
        )
        for each in options
        if (each.person, each.pathway) in kept
    ]


# The answer


def _told(by: datetime, crew: _Crew, instance: Instance, solution: Solution, taken: _Taken) -> TeamPlan:
    before, after = instance.levels(()), instance.levels(solution.chosen)
    targets = []
    for skill in instance.skills:
        met, covering = instance.counts(before, skill)
        then, covered = instance.counts(after, skill)
        could, could_cover = instance.reachable(skill)
        wanted, least = instance.wanted(skill), instance.least.get(skill, 0)
        is_reached = then >= wanted and covered >= least
        reason = None
        if not is_reached:
            reason = _short_of(instance, solution, out_of_reach=could < wanted or could_cover < least)
        targets.append(
            PlanTarget(
                skill=skill,
                required=len(instance.asked_of(skill)),
                wanted=wanted,
                before=met,
                after=then,
                covering_before=covering,
                covering_after=covered,
                is_reached=is_reached,
                short_of=reason,
            )
        )
    return TeamPlan(
        by=by,
        is_reached=all(target.is_reached for target in targets),
        minutes=solution.minutes,
        picks=[
            PlanPick(
                employee=option.person,
                pathway=option.pathway,
                minutes=option.minutes,
                is_assigned=(option.person, option.pathway) in taken.assigned,
                closes=_closes(instance, option, before, after),
            )
            for option in solution.chosen
        ],
        targets=targets,
        is_optimal=solution.is_optimal,
        gap=solution.gap,
        left_out=crew.left_out,
        leaving=crew.leaving,
    )


def _short_of(instance: Instance, solution: Solution, *, out_of_reach: bool) -> ShortOf:
    if out_of_reach:
        return ShortOf.NOTHING_TEACHES_IT
    if not solution.is_optimal:
        return ShortOf.SEARCH
    bounded = instance.budget is not None or instance.budget_each is not None
    return ShortOf.BUDGET if bounded else ShortOf.NOTHING_TEACHES_IT


def _closes(
    instance: Instance,
    option: Option,
    before: Mapping[tuple[UUID, UUID], tuple[int, bool]],
    after: Mapping[tuple[UUID, UUID], tuple[int, bool]],
) -> list[PlanGap]:
    """The gaps that are closed for the person, as far as this pathway brings the level."""
    found: dict[UUID, PlanGap] = {}
    for grant in option.grants:
        cell = (option.person, grant.skill)
        needed, had = instance.needed(*cell), before.get(cell)
        will = after.get(cell, (0, False))[0]
        if grant.level >= needed > (had[0] if had else 0) and will >= needed:
            found[grant.skill] = PlanGap(
                skill=grant.skill,
                before=had[0] if had else None,
                after=will,
                required=needed,
                is_required=cell in instance.required,
            )
    return list(found.values())
