"""From the gaps of a team to a plan: who should take which pathway, so that it covers its skills by a date.

Facts come by a few statements for the whole team, `planning.py` searches on a thread of its own, and the
engine completes the people and pathways of the answer. The search is bounded: what is too large to search is
refused, and what is not finished in time says by how much it could be better.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from cairn.access.refusal import InvalidInput, NotAllowed, NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.graph.think import Later, think
from cairn.matrices.courses import Taken, courses_of, options_of, taken_by, useful
from cairn.matrices.crew import Crew, Given, check_skills, crew_of, levels_at, roles_of
from cairn.matrices.planning import Instance, Option, Solution, solve
from cairn.pathways.author import PathwayId
from cairn.people.history import EmployeeId
from cairn.people.teams import TeamId
from cairn.skills.assess import SkillId

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
    given = Given(tx, viewer, (by or now()).astimezone(UTC))
    wanted = _wanted(coverage, targets or [])
    for path, value in (("budgetMinutes", budget_minutes), ("minutesEach", minutes_each)):
        if value is not None and not 0 <= value <= 10_000_000:
            raise invalid(path, "must be from 0 to 10,000,000 minutes")
    crew = await crew_of(given, team, manager, depth)
    roles = await roles_of(given, set(crew.roles.values()))
    required = {
        (person, skill): level
        for person, role in crew.roles.items()
        for skill, level in roles.get(role, {}).items()
    }
    shown = list(dict.fromkeys(skills)) if skills is not None else sorted({skill for _, skill in required})
    shown += [skill for skill in wanted if skill not in shown]
    await check_skills(tx, shown)
    _bound(people=len(crew.people), skills=len(shown))
    courses = await courses_of(given, pathways)
    _bound(people=len(crew.people), skills=len(shown), pathways=len(courses))
    held = await levels_at(given, crew.people, shown)
    required = {cell: level for cell, level in required.items() if cell[1] in shown}
    taken = await taken_by(given, crew.people, courses)
    options = useful(options_of(crew.people, courses, taken), crew.people, shown, held, required)
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


def _told(by: datetime, crew: Crew, instance: Instance, solution: Solution, taken: Taken) -> TeamPlan:
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
