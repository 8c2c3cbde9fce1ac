"""What people of a plan could take: published pathways, less what they have done and what lifts nobody."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from cairn.access.refusal import NotFound
from cairn.db.ranges import now
from cairn.db.tables import INSTANT
from cairn.matrices.crew import Given
from cairn.matrices.planning import Grant, Instance, Option


@dataclass
class Course:
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


async def courses_of(given: Given, chosen: Sequence[UUID] | None) -> dict[UUID, Course]:
    """The pathways to choose from, and those that are part of them; without what nobody could complete."""
    found: dict[UUID, Course] = {}
    for row in (await given.tx.execute(_STEPS)).all():
        course = found.setdefault(row.pathway_id, Course(row.pathway_id, row.version_id))
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
    steps = [step for course in courses.values() for step in course.steps]
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


def options_of(crew: Sequence[UUID], courses: Mapping[UUID, Course], taken: Taken) -> list[Option]:
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


def useful(
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
