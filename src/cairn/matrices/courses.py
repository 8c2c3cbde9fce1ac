"""What people could come to: published pathways, less what they have done, and awards that follow."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from cairn.access.refusal import NotFound
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import INSTANT
from cairn.matrices.crew import Given
from cairn.matrices.fewer import fewer
from cairn.matrices.needs import met, named
from cairn.matrices.planning import Cell, Grant, Instance, Option
from cairn.matrices.reach import Offer, reach
from cairn.requirements import wire
from cairn.requirements.facts import NO_FACTS, Facts
from cairn.requirements.tree import All, AnyOf, PathwayDone, Requirement, StepDone


@dataclass
class Lesson:
    """A step of a published pathway."""

    minutes: int
    takes: Requirement
    """What it takes to start it and, where it is a pathway, to complete that."""
    is_optional: bool
    nested: UUID | None
    """The pathway that it is."""
    grants: list[Grant] = field(default_factory=list)


@dataclass
class Course:
    """A published pathway."""

    pathway: UUID
    completion: Requirement
    lessons: dict[UUID, Lesson] = field(default_factory=dict)
    """Its steps, in their order."""

    @cached_property
    def offers(self) -> dict[UUID, Offer]:
        """Each of its steps, as something to come to."""
        return {
            step: Offer(step, lesson.minutes, tuple(lesson.grants), lesson.takes, self.pathway)
            for step, lesson in self.lessons.items()
        }

    @cached_property
    def needed(self) -> frozenset[UUID]:
        """The steps that it cannot do without."""
        always = (each.step for each in _always(self.completion) if isinstance(each, StepDone))
        return frozenset(step for step in always if step in self.lessons)

    @cached_property
    def besides(self) -> Requirement:
        """What it takes to complete it once these are done."""
        return All(
            tuple(
                each
                for each in _always(self.completion)
                if not (isinstance(each, StepDone) and each.step in self.needed)
            )
        )

    @property
    def takes(self) -> Iterator[Requirement]:
        """All that it and its steps take."""
        yield self.besides
        yield from (lesson.takes for lesson in self.lessons.values())


def _always(node: Requirement) -> Iterator[Requirement]:
    """What a requirement always takes, one by one."""
    match node:
        case All(of):
            for branch in of:
                yield from _always(branch)
        case AnyOf(n, of) if n == len(of):
            for branch in of:
                yield from _always(branch)
        case _:
            yield node


_PUBLISHED = text("""
 select version.pathway_id, version.completion from pathway_version version
 join pathway on pathway.id = version.pathway_id
 where version.status = 'PUBLISHED'
 order by pathway.code
 limit 10000
""")
_STEPS = text("""
 select version.pathway_id, step.id as step_id, step.minutes, step.proof,
  step.is_optional, step.requirement, step.nested_pathway_id, step_grant.level,
  coalesce(later.successor_id, step_grant.skill_id) as skill_id
 from pathway_version version
 join step on step.version_id = version.id
 left join step_grant on step_grant.step_id = step.id
 left join skill_succession later on later.skill_id = step_grant.skill_id
 where version.status = 'PUBLISHED'
 order by version.pathway_id, step.position, skill_id
 limit 100000
""")


async def courses_of(given: Given, chosen: Sequence[UUID] | None) -> dict[UUID, Course]:
    """The pathways to choose from, and those that are part of them."""
    published = (await given.tx.execute(_PUBLISHED)).all()
    found = {row.pathway_id: Course(row.pathway_id, wire.parse(row.completion)) for row in published}
    for row in (await given.tx.execute(_STEPS)).all():
        if (course := found.get(row.pathway_id)) is None:
            continue
        if row.step_id not in course.lessons:
            course.lessons[row.step_id] = _lesson(row)
        if row.skill_id is not None:
            grant = Grant(row.skill_id, row.level, is_sure=row.proof != "SELF")
            course.lessons[row.step_id].grants.append(grant)
    if chosen is None:
        return found
    for pathway in chosen:
        if pathway not in found:
            raise NotFound("There is no such pathway that is published.", id=pathway)
    parts, waiting = set[UUID](), list(chosen)
    while waiting:
        each = waiting.pop()
        if each in found and each not in parts:
            parts.add(each)
            waiting += (lesson.nested for lesson in found[each].lessons.values() if lesson.nested)
    return {pathway: course for pathway, course in found.items() if pathway in parts}


def _lesson(row: Any) -> Lesson:
    takes = wire.parse(row.requirement)
    if row.nested_pathway_id is None:
        return Lesson(row.minutes, takes, row.is_optional, None)
    whole = All((PathwayDone(row.nested_pathway_id), takes))
    return Lesson(0, whole, row.is_optional, row.nested_pathway_id)


@dataclass(frozen=True)
class Honour:
    """A credential that is awarded by itself to whoever comes to meet its requirement."""

    credential: UUID
    takes: Requirement
    grants: tuple[Grant, ...]
    standing: frozenset[UUID]
    """Who was awarded it before: nobody is twice, by itself."""


Honours = Callable[[Transaction, Sequence[UUID]], Awaitable[list[Honour]]]
_honours: list[Honours] = []


def awarded_by_itself(load: Honours) -> Honours:
    """Registers how credentials are loaded that are awarded by themselves, for some people.

    What credentials are is known in the room of credentials, which stands above this one.
    """
    _honours.append(load)
    return load


async def honours_of(given: Given, crew: Sequence[UUID]) -> list[Honour]:
    """The credentials that could follow."""
    return [honour for load in _honours for honour in await load(given.tx, crew)]


@dataclass(frozen=True)
class Taken:
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


async def taken_by(given: Given, crew: Sequence[UUID], courses: Mapping[UUID, Course]) -> Taken:
    """What these people have done of these pathways, and what is assigned to them."""
    steps = [step for course in courses.values() for step in course.lessons]
    nested = [
        lesson.nested for course in courses.values() for lesson in course.lessons.values() if lesson.nested
    ]
    about: dict[str, Any] = {"people": list(crew), "pathways": [*courses, *nested]}
    done: dict[UUID, set[UUID]] = defaultdict(set)
    for row in (await given.tx.execute(_DONE, {"people": list(crew), "steps": steps, "now": now()})).all():
        done[row.employee_id].add(row.step_id)
    completed = (await given.tx.execute(_COMPLETED, {**about, "by": given.by})).all()
    return Taken(
        steps=done,
        complete={(row.employee_id, row.pathway_id) for row in completed if row.holds},
        lapsed={(row.employee_id, row.pathway_id) for row in completed if not row.holds},
        assigned={(row.employee_id, row.pathway_id) for row in (await given.tx.execute(_OPEN, about)).all()},
    )


def offers_of(
    person: UUID, courses: Mapping[UUID, Course], taken: Taken, honours: Sequence[Honour]
) -> list[Offer]:
    """What somebody could come to: pathways and steps that are not done, and awards that follow."""
    found: list[Offer] = []
    for pathway, course in courses.items():
        is_lapsed = (person, pathway) in taken.lapsed
        done = set() if is_lapsed else taken.steps.get(person, set())
        left = [
            course.offers[step]
            for step, lesson in course.lessons.items()
            if step not in done and (person, lesson.nested) not in taken.complete
        ]
        if (person, pathway) not in taken.complete:
            parts = tuple(each for each in left if each.id in course.needed)
            found.append(Offer(pathway, 0, (), course.besides, pathway, parts))
            left = [each for each in left if each.id not in course.needed]
        found += left
    return found + [
        Offer(honour.credential, 0, honour.grants, honour.takes)
        for honour in honours
        if person not in honour.standing
    ]


@dataclass(frozen=True)
class Useful:
    """What a plan chooses from."""

    options: list[Option]
    """By person."""
    barred: set[Cell]
    """Whom something would bring to a level that cannot be begun or earned."""


def useful(
    crew: Sequence[UUID],
    offers: Callable[[UUID], Sequence[Offer]],
    facts: Mapping[UUID, Facts],
    by: datetime,
    frame: Instance,
    most: int,
) -> Useful:
    """What could bring somebody to a level, with what that takes and the awards that follow.

    Args:
        crew: The people.
        offers: Gives what each of them could come to.
        facts: What is known of them, of all that the offers ask about.
        by: The date.
        frame: What the team has and wants.
        most: After so many options it is not gone on with: they are too many to choose from.
    """
    found = Useful([], set())
    for who in crew:
        if len(found.options) > most:
            break
        there = reach(who, offers(who), facts.get(who, NO_FACTS), by)
        found.barred.update(cell for option in there.barred for cell in _lifted(option, frame))
        by_id = {option.id: option for option in there.options}
        kept: set[UUID] = set()
        waiting = [option.id for option in there.options if _lifted(option, frame)]
        while waiting:
            option = by_id[waiting.pop()]
            if option.id not in kept:
                kept.add(option.id)
                waiting += named(option.takes)
                waiting += () if option.within is None else (option.within,)
        _add_awards(by_id, kept)
        taken = {id_ for each in kept for id_ in named(by_id[each].takes)}
        each = [
            replace(
                option.among(kept),
                grants=tuple(grant for grant in option.grants if grant.skill in frame.reach),
            )
            for option in there.options
            if option.id in kept and (not option.follows or option.id in taken or _lifts(option, frame))
        ]
        found.options.extend(fewer(each, {option.id for option in each if matters(option, frame)}))
    return found


def _add_awards(by_id: Mapping[UUID, Option], kept: set[UUID]) -> None:
    """Keeps the awards that could follow besides."""
    left = [option for option in by_id.values() if option.follows and option.id not in kept]
    while coming := [each.id for each in left if each.id not in kept and met(each.takes, kept)]:
        kept.update(coming)


def _lifts(option: Option, frame: Instance) -> bool:
    return any(grant.skill in frame.reach for grant in option.grants)


def _lifted(option: Option, frame: Instance) -> list[Cell]:
    """The levels that something would bring somebody to, and that count."""
    return [
        (option.person, grant.skill)
        for grant in option.grants
        if frame.counts_for(option.person, grant.skill)
        and _brings(
            grant, frame.needed(option.person, grant.skill), frame.held.get((option.person, grant.skill))
        )
    ]


def _brings(grant: Grant, needed: int, held: tuple[int, bool] | None) -> bool:
    level, is_sure = held or (0, False)
    return level < needed <= grant.level and (grant.is_sure or not is_sure)


def matters(option: Option, frame: Instance) -> bool:
    """Whether it could bring a level that counts, take one away that was claimed, or verify it."""
    for grant in option.grants:
        cell = (option.person, grant.skill)
        if frame.counts_for(*cell):
            held = frame.held.get(cell)
            is_first = grant.is_sure and not (held and held[1])
            if is_first or _brings(grant, frame.needed(*cell), held):
                return True
    return False
