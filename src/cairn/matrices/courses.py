"""What people could come to: published pathways, less what they have done, and awards that follow."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from cairn.access.refusal import NotFound
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import INSTANT
from cairn.matrices.crew import Given
from cairn.matrices.planning import Cell, Instance, Option
from cairn.matrices.ways import Grant, Offer, Person, Way
from cairn.requirements import wire
from cairn.requirements.facts import NO_FACTS, Facts
from cairn.requirements.tree import All, PathwayDone, Requirement


@dataclass
class Lesson:
    """A step of a published pathway."""

    minutes: int
    takes: Requirement
    """What it takes to start it."""
    grants: list[Grant] = field(default_factory=list)


@dataclass
class Course:
    """A published pathway."""

    pathway: UUID
    version: UUID
    steps: dict[UUID, Lesson] = field(default_factory=dict)
    """Those that are not optional, and no other pathways."""
    optional: dict[UUID, Lesson] = field(default_factory=dict)
    """Those that are."""
    nested: list[UUID] = field(default_factory=list)
    """Other pathways that are steps of it."""
    nested_takes: list[Requirement] = field(default_factory=list)
    """What it takes to start these."""


_STEPS = text("""
 select version.pathway_id, version.id as version_id, step.id as step_id, step.minutes, step.proof,
  step.is_optional, step.requirement, step.nested_pathway_id, step_grant.level,
  coalesce(later.successor_id, step_grant.skill_id) as skill_id
 from pathway_version version
 join pathway on pathway.id = version.pathway_id
 join step on step.version_id = version.id
 left join step_grant on step_grant.step_id = step.id
 left join skill_succession later on later.skill_id = step_grant.skill_id
 where version.status = 'PUBLISHED'
 order by pathway.code, step.position, skill_id
 limit 100000
""")


async def courses_of(given: Given, chosen: Sequence[UUID] | None) -> dict[UUID, Course]:
    """The pathways to choose from, and those that are part of them; without what nobody could complete."""
    found: dict[UUID, Course] = {}
    for row in (await given.tx.execute(_STEPS)).all():
        course = found.setdefault(row.pathway_id, Course(row.pathway_id, row.version_id))
        if row.nested_pathway_id is not None:
            if row.nested_pathway_id not in course.nested and not row.is_optional:
                course.nested.append(row.nested_pathway_id)
                course.nested_takes.append(wire.parse(row.requirement))
            continue
        lessons = course.optional if row.is_optional else course.steps
        if row.step_id not in lessons:
            lessons[row.step_id] = Lesson(row.minutes, wire.parse(row.requirement))
        if row.skill_id is not None:
            grant = Grant(row.skill_id, row.level, is_sure=row.proof != "SELF")
            lessons[row.step_id].grants.append(grant)
    if chosen is not None:
        for pathway in chosen:
            if pathway not in found:
                raise NotFound("There is no such pathway that is published.", id=pathway)
    wanted = list(found) if chosen is None else list(chosen)
    whole: dict[UUID, Course] = {}
    for pathway in wanted:
        parts = _parts(found, pathway)
        whole |= {each: found[each] for each in parts or ()}
    return {pathway: found[pathway] for pathway in found if pathway in whole}


def _parts(courses: Mapping[UUID, Course], pathway: UUID) -> set[UUID] | None:
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
    steps = [step for course in courses.values() for step in (*course.steps, *course.optional)]
    about: dict[str, Any] = {"people": list(crew), "pathways": list(courses)}
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
    """What somebody could come to: what they have not completed, optional steps, and awards that follow."""
    found: list[Offer] = []
    for pathway, course in courses.items():
        is_lapsed = (person, pathway) in taken.lapsed
        done = set() if is_lapsed else taken.steps.get(person, set())
        if (person, pathway) not in taken.complete:
            left = [lesson for step, lesson in course.steps.items() if step not in done]
            takes = [
                *(PathwayDone(other) for other in course.nested),
                *course.nested_takes,
                *(lesson.takes for lesson in left),
            ]
            found.append(
                Offer(
                    pathway,
                    sum(lesson.minutes for lesson in left),
                    tuple(grant for lesson in left for grant in lesson.grants),
                    All(tuple(dict.fromkeys(takes))),
                    pathway,
                    frozenset(course.steps),
                )
            )
        found += [
            Offer(step, lesson.minutes, tuple(lesson.grants), lesson.takes, pathway)
            for step, lesson in course.optional.items()
            if step not in done
        ]
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
    is_trimmed: bool
    """Whether there are more ways to something than are looked at."""


def useful(
    crew: Sequence[UUID],
    offers: Mapping[UUID, Sequence[Offer]],
    facts: Mapping[UUID, Facts],
    by: datetime,
    frame: Instance,
) -> Useful:
    """What could bring somebody to a level, with what that takes and the awards that follow.

    Args:
        crew: The people.
        offers: What each of them could come to.
        facts: What is known of them, of all that the offers ask about.
        by: The date.
        frame: What the team has and wants.
    """
    found = Useful([], set(), is_trimmed=False)
    for who in crew:
        person = Person(offers[who], facts.get(who, NO_FACTS), by)
        ways = person.every()
        lifting = {id_: cells for id_ in person.offers if (cells := _lifted(who, person.offers[id_], frame))}
        for id_, cells in lifting.items():
            found.barred.update(() if ways[id_] else cells)
        kept: set[UUID] = set()
        waiting = [id_ for id_ in lifting if ways[id_]]
        while waiting:
            id_ = waiting.pop()
            if id_ not in kept:
                kept.add(id_)
                waiting += [other for way in ways[id_] for other in way]
        for award in _awards(person, ways, kept):
            ways[award] = [way for way in ways[award] if way <= kept]
        taken = {other for id_ in kept for way in ways[id_] for other in way}
        found.options.extend(
            Option(
                who,
                offer.id,
                offer.minutes,
                tuple(grant for grant in offer.grants if grant.skill in frame.reach),
                tuple(ways[offer.id]),
                follows=offer.is_award,
            )
            for offer in person.offers.values()
            if offer.id in kept and (not offer.is_award or offer.id in taken or _lifts_any(offer, frame))
        )
        if person.is_trimmed:
            found = replace(found, is_trimmed=True)
    return found


def _awards(person: Person, ways: Mapping[UUID, Sequence[Way]], kept: set[UUID]) -> Iterator[UUID]:
    """The awards that could follow besides from what is kept, which they then are too."""
    left = [each.id for each in person.offers.values() if each.is_award]
    while coming := [id_ for id_ in left if id_ not in kept and any(way <= kept for way in ways[id_])]:
        kept.update(coming)
        yield from coming


def _lifts_any(offer: Offer, frame: Instance) -> bool:
    return any(grant.skill in frame.reach for grant in offer.grants)


def _lifted(who: UUID, offer: Offer, frame: Instance) -> list[Cell]:
    """The levels that something would bring somebody to."""
    cells = []
    for grant in offer.grants:
        if grant.skill in frame.reach:
            level, is_sure = frame.held.get((who, grant.skill), (0, False))
            if level < frame.needed(who, grant.skill) <= grant.level and (grant.is_sure or not is_sure):
                cells.append((who, grant.skill))
    return cells
