"""From the gaps of a team to a plan: who should take which pathway, so that it covers its skills by a date.

Facts come by a few statements for the whole team, `planning.py` searches on a thread of its own, and the
engine completes the people and pathways of the answer. The search is bounded: what is too large to search is
refused, and what is not finished in time says by how much it could be better.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from time import monotonic
from uuid import UUID

from cairn.access.refusal import InvalidInput, NotAllowed, NotFound, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.graph.think import Later, think
from cairn.matrices.assume import CredentialId
from cairn.matrices.courses import Course, Taken, courses_of, honours_of, offers_of, taken_by, useful
from cairn.matrices.crew import Crew, Given, check_skills, crew_of, levels_at, roles_of
from cairn.matrices.needs import used
from cairn.matrices.planning import Instance, Option, Solution
from cairn.matrices.reach import Offer
from cairn.matrices.search import solve
from cairn.pathways.author import PathwayId
from cairn.pathways.progress import StepId
from cairn.people.history import EmployeeId
from cairn.people.teams import TeamId
from cairn.requirements.tree import subjects
from cairn.skills.assess import SkillId
from cairn.skills.facts import load

MOST_PEOPLE = 200
MOST_SKILLS = 100
MOST_PATHWAYS = 500
MOST_OPTIONS = 40_000
"""Pathways that somebody of a team could take, and steps there is a choice of, all together."""
SECONDS = 4.0
"""How long a plan is searched for, what there is to choose from included; a second at least."""
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
    REQUIREMENT = "REQUIREMENT"
    """Too few people could begin the pathways, or earn the credentials, that would bring it."""
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
    """What to complete; of one that is complete, `steps` are to be done besides."""
    minutes: int
    """How long these steps take."""
    is_assigned: bool
    """Whether the person is assigned to it already."""
    steps: list[StepId]
    """The steps to do, in an order in which they can be done: those that complete it in the least time after
    what the person has done, and those that are worth it for what they grant. The person does not need the
    others for this plan. A step that is a pathway is done by completing that, which is in `after`."""
    optional_steps: list[StepId]
    """Those of them that are optional."""
    after: list[PathwayId]
    """The pathways of the plan of which something has to be done before it can be begun or completed."""
    closes: list[PlanGap]
    """What it is for by itself; nothing for one that others, or an award, take."""


@dataclass(frozen=True)
class PlanAward:
    """A credential that will award itself on the way."""

    employee: EmployeeId
    """Who will have it."""
    credential: CredentialId
    """The credential."""
    earned_by: list[PathwayId]
    """The pathways of the plan that earn it."""
    closes: list[PlanGap]
    """What is closed by what it grants."""


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
    """Who should take what, by person, in the order in which it can be completed."""
    awards: list[PlanAward]
    """The credentials that will follow, and that grant some of these skills or allow to go on."""
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
    """How many pathways the people could take, and steps there is a choice of, all together."""
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
    of the steps that complete it in the least time, as its completion asks for all or for some of them,
    without those that the person has done; its other steps are planned where what they grant is worth their
    time. What a step takes to be started is done, held or planned before it. Credentials that award
    themselves on the way bring what they grant.

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
    if depth is not None and depth < 1:
        raise invalid("depth", "must be 1 or more, or null for everybody below")
    if given.by.date() < now().date():
        raise invalid("by", "must not lie in the past")
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
    honours = await honours_of(given, crew.people)
    takes = {each for course in courses.values() for each in course.takes} | {each.takes for each in honours}
    facts = await load(tx, crew.people, {subject for each in takes for subject in subjects(each)})
    frame = Instance(
        people=crew.people,
        skills=shown,
        held=held,
        required=required,
        options=(),
        coverage={skill: wanted.get(skill, coverage) for skill in shown},
        least=dict.fromkeys(shown, 2) if no_single_points else {},
        budget=budget_minutes,
        budget_each=minutes_each,
    )
    started = monotonic()

    def offers(person: UUID) -> list[Offer]:
        return offers_of(person, courses, taken, honours)

    choice = await asyncio.to_thread(useful, crew.people, offers, facts, given.by, frame, MOST_OPTIONS)
    _bound(people=len(crew.people), skills=len(shown), pathways=len(courses), options=len(choice.options))
    instance = replace(frame, options=choice.options, barred=choice.barred)
    left = max(1.0, SECONDS - (monotonic() - started))

    async def search() -> TeamPlan:
        async with _searching:
            solution = await asyncio.to_thread(solve, instance, left)
        return _Told(given.by, crew, instance, solution, taken, courses).plan()

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


class _Told:
    """What came of a search, as it is told."""

    def __init__(
        self,
        by: datetime,
        crew: Crew,
        instance: Instance,
        solution: Solution,
        taken: Taken,
        courses: Mapping[UUID, Course],
    ) -> None:
        self.by = by
        self.crew = crew
        self.instance = instance
        self.solution = solution
        self.taken = taken
        self.courses = courses
        self.chosen = solution.ordered()
        self.before = instance.levels(instance.following(()))
        self.after = instance.levels(self.chosen)

    def plan(self) -> TeamPlan:
        """All of it."""
        targets = [self._target(skill) for skill in self.instance.skills]
        return TeamPlan(
            by=self.by,
            is_reached=all(target.is_reached for target in targets),
            minutes=self.solution.minutes,
            picks=self._picks(),
            awards=[
                PlanAward(
                    employee=option.person,
                    credential=option.id,
                    earned_by=self._needs([option]),
                    closes=self._closes([option]),
                )
                for option in self.chosen
                if option.follows
            ],
            targets=targets,
            is_optimal=self.solution.is_optimal,
            gap=self.solution.gap,
            left_out=self.crew.left_out,
            leaving=self.crew.leaving,
        )

    def _target(self, skill: UUID) -> PlanTarget:
        instance = self.instance
        met, covering = instance.counts(self.before, skill)
        then, covered = instance.counts(self.after, skill)
        wanted, least = instance.wanted(skill), instance.least.get(skill, 0)
        is_reached = then >= wanted and covered >= least
        return PlanTarget(
            skill=skill,
            required=len(instance.asked_of(skill)),
            wanted=wanted,
            before=met,
            after=then,
            covering_before=covering,
            covering_after=covered,
            is_reached=is_reached,
            short_of=None if is_reached else _short_of(instance, self.solution, skill),
        )

    def _picks(self) -> list[PlanPick]:
        """Pathways, each with the steps of it that are taken, after those that they need."""
        of: dict[tuple[UUID, UUID], list[Option]] = {}
        for option in self.chosen:
            if option.pathway is not None:
                of.setdefault((option.person, option.pathway), []).append(option)
        complete = {(option.person, option.id): n for n, option in enumerate(self.chosen)}
        order = sorted(of, key=lambda key: complete.get(key, complete[key[0], of[key][-1].id]))
        found: list[PlanPick] = []
        for _, each in groupby(order, key=lambda key: key[0]):
            waiting = [self._pick(*key, of[key]) for key in each]
            while waiting:
                left = {pick.pathway for pick in waiting}
                first = next((pick for pick in waiting if left.isdisjoint(pick.after)), waiting[0])
                waiting.remove(first)
                found.append(first)
        return found

    def _pick(self, person: UUID, pathway: UUID, parts: Sequence[Option]) -> PlanPick:
        steps = [step for part in parts for step in part.steps]
        lessons = self.courses[pathway].lessons
        return PlanPick(
            employee=person,
            pathway=pathway,
            minutes=sum(part.minutes for part in parts),
            is_assigned=(person, pathway) in self.taken.assigned,
            steps=steps,
            optional_steps=[step for step in steps if lessons[step].is_optional],
            after=[other for other in self._needs(parts) if other != pathway],
            closes=self._closes(parts),
        )

    def _needs(self, parts: Sequence[Option]) -> list[UUID]:
        """The pathways of the plan that these take something of, in its order."""
        person = parts[0].person
        order = [option for option in self.chosen if option.person == person]
        needed: set[UUID] = set()
        for part in parts:
            there = {option.id for option in order[: order.index(part)]}
            needed |= used(part.takes, there)
        return list(
            dict.fromkeys(
                option.pathway for option in order if option.id in needed and option.pathway is not None
            )
        )

    def _closes(self, parts: Sequence[Option]) -> list[PlanGap]:
        """The gaps that are closed for the person, as far as these bring the level."""
        found: dict[UUID, PlanGap] = {}
        for option in parts:
            for grant in option.grants:
                cell = (option.person, grant.skill)
                needed, had = self.instance.needed(*cell), self.before.get(cell)
                will = self.after.get(cell, (0, False))[0]
                if grant.level >= needed > (had[0] if had else 0) and will >= needed:
                    found[grant.skill] = PlanGap(
                        skill=grant.skill,
                        before=had[0] if had else None,
                        after=will,
                        required=needed,
                        is_required=cell in self.instance.required,
                    )
        return list(found.values())


def _short_of(instance: Instance, solution: Solution, skill: UUID) -> ShortOf:
    wanted, least = instance.wanted(skill), instance.least.get(skill, 0)
    could, could_cover = instance.reachable(skill)
    if could < wanted or could_cover < least:
        barred = [cell for cell in instance.barred if cell[1] == skill]
        asked = sum(cell in instance.required for cell in barred)
        is_barred = could + asked >= wanted and could_cover + len(barred) >= least
        return ShortOf.REQUIREMENT if is_barred else ShortOf.NOTHING_TEACHES_IT
    if not solution.is_optimal:
        return ShortOf.SEARCH
    bounded = instance.budget is not None or instance.budget_each is not None
    return ShortOf.BUDGET if bounded else ShortOf.NOTHING_TEACHES_IT
