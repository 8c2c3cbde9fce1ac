"""How a requirement somebody has just written stands for people: met, since and until when, what is missing.

Facts are loaded by a statement a kind for everybody who is asked about, and the same pure function explains
them that decides about pathways and credentials. Since it tells of all times at which something was so, it
answers only who may see the records themselves: skills, steps, pathways and credentials are learning records,
employments and teams are the history of a person; the person and whoever is above them see both.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select

from cairn.access.find import terms
from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref, occurrence
from cairn.graph.page import MOST
from cairn.graph.requirement import refuse
from cairn.graph.think import think
from cairn.people import tables as people
from cairn.people.access import answers_for
from cairn.people.history import DepartmentId, EmployeeId, JobRoleId
from cairn.people.teams import TeamId
from cairn.requirements import explain, outcome
from cairn.requirements.check import check
from cairn.requirements.explain import Account, Explanation
from cairn.requirements.facts import NO_FACTS, Facts
from cairn.requirements.plan import Plan
from cairn.requirements.standing import stand
from cairn.requirements.tree import Kind, Requirement, Subject, SubjectKind, subjects
from cairn.skills.assess import SkillId
from cairn.skills.facts import load, names


class RequirementKind(StrEnum):
    """What a part of a requirement asks for."""

    ALL = "ALL"
    """All of several."""
    ANY = "ANY"
    """Some of several."""
    POINTS = "POINTS"
    """Enough points of several."""
    NOT_BEFORE = "NOT_BEFORE"
    """An instant that has come."""
    SKILL = "SKILL"
    """A skill at a level."""
    CREDENTIAL = "CREDENTIAL"
    """A credential that is held."""
    STEP = "STEP"
    """A step that is done."""
    PATHWAY = "PATHWAY"
    """A pathway that is completed."""
    EMPLOYED = "EMPLOYED"
    """An employment."""


@dataclass(frozen=True)
class RequirementNode(Account):
    """A part of a requirement, and how it stands for somebody."""

    kind: RequirementKind
    """What it asks for."""
    path: list[str]
    """Where it stands in the requirement, for example `["all", "2", "any", "of", "0"]`; empty for all."""
    skill: SkillId | None = None
    """The skill it asks for."""
    credential: Annotated[UUID, Ref("Credential")] | None = None
    """The credential it asks for."""
    pathway: Annotated[UUID, Ref("Pathway")] | None = None
    """The pathway it asks for."""
    step: Annotated[UUID, Ref("Step")] | None = None
    """The step it asks for."""
    job_role: JobRoleId | None = None
    """The job role it asks for."""
    department: DepartmentId | None = None
    """The department it asks for."""
    team: TeamId | None = None
    """The team it asks for."""
    location: str | None = None
    """The location it asks for."""
    evidence: list[Annotated[UUID, Ref("Evidence")]] = field(default_factory=list)
    """Of a skill: the evidence behind what is held."""
    awards: list[Annotated[UUID, Ref("Award")]] = field(default_factory=list)
    """Of a credential: the awards behind it."""


@dataclass(frozen=True)
class Soonest:
    """What would meet a requirement first."""

    obtain: list[RequirementNode]
    """What to obtain and keep, in the order of the requirement; nothing if time alone brings it. What is met
    already and stands here would lapse too early."""
    met_from: datetime
    """With these obtained on the date asked of, when the requirement is met."""


@dataclass(frozen=True)
class Evaluation:
    """How a requirement stands for somebody at a date."""

    employee: EmployeeId
    """For whom."""
    at: datetime
    """The date asked of."""
    met: bool
    """Whether it is met."""
    since: datetime | None
    """Since when it is met; null if it is not, or always was."""
    until: datetime | None
    """Until when it is met; null if it is not, or stays so."""
    progress: float
    """From 0 to 1; 1 exactly if it is met."""
    blocking: list[RequirementNode]
    """The skills, credentials and such that stand in its way, in order; nothing if it is met."""
    explanation: list[RequirementNode]
    """Every part of it, each before its own parts."""
    soonest: Soonest | None
    """What would meet it first; null if it is met, or nothing ever could."""


async def evaluate(
    tx: Transaction,
    viewer: Viewer,
    *,
    requirement: Requirement,
    employee: EmployeeId,
    at: datetime | None = None,
) -> Evaluation | None:
    """How a requirement stands for somebody, explained; null where you may not see what it asks about.

    Args:
        requirement: The requirement; it need not be kept anywhere.
        employee: The person.
        at: The date it is asked of; now by default.
    """
    found = await evaluated(tx, viewer, requirement, [employee], at or now())
    return found[0] if found else None


@dataclass(frozen=True)
class Evaluations:
    """How a requirement stands for several people at a date."""

    met: int
    """How many of them meet it."""
    evaluations: list[Evaluation]
    """Each of them, in the order asked for; without those of whom you may not see what it is about."""


async def evaluate_each(
    tx: Transaction,
    viewer: Viewer,
    *,
    requirement: Requirement,
    employees: list[EmployeeId],
    at: datetime | None = None,
) -> Evaluations:
    """How a requirement stands for several people, explained for each.

    Whoever only wants to know who meets it, of however many, filters `employees` by `meets`.

    Args:
        requirement: The requirement; it need not be kept anywhere.
        employees: The people, 200 at most.
        at: The date it is asked of; now by default.
    """
    if len(employees) > MOST:
        raise invalid("employees", f"{MOST} at most; ask in several requests")
    found = await evaluated(tx, viewer, requirement, list(dict.fromkeys(employees)), at or now())
    return Evaluations(sum(each.met for each in found), found)


async def evaluated(
    tx: Transaction, viewer: Viewer, requirement: Requirement, employees: Sequence[UUID], at: datetime
) -> list[Evaluation]:
    """How a requirement stands for those of the employees of whom the viewer may see what it asks about.

    Raises `InvalidInput` where it makes no sense.
    """
    known = await names(tx, subjects(requirement), viewer)
    refuse(check(requirement, known=known), "requirement")
    found = await _each(tx, viewer, [(requirement, employee) for employee in employees], at, known)
    return [each for each in found if each is not None]


async def evaluated_each(
    tx: Transaction, viewer: Viewer, pairs: Sequence[tuple[Requirement, UUID]], at: datetime
) -> list[Evaluation | None]:
    """How requirements that are kept stand, each for an employee; None where the viewer may not see it.

    However many they are, facts are loaded by a statement a kind.
    """
    about = frozenset(subject for requirement, _ in pairs for subject in subjects(requirement))
    return await _each(tx, viewer, pairs, at, await names(tx, about, viewer))


async def _each(
    tx: Transaction,
    viewer: Viewer,
    pairs: Sequence[tuple[Requirement, UUID]],
    at: datetime,
    known: Mapping[Subject, str],
) -> list[Evaluation | None]:
    at = at.astimezone(UTC)
    about = {requirement: subjects(requirement) for requirement, _ in pairs}
    employees = {employee for _, employee in pairs}
    open_ = {
        kinds: await _open(tx, viewer, employees, kinds)
        for kinds in {_concerns(each) for each in about.values()}
    }
    shown = [
        about[requirement] <= known.keys() and employee in open_[_concerns(about[requirement])]
        for requirement, employee in pairs
    ]
    asked = [pair for pair, is_shown in zip(pairs, shown, strict=True) if is_shown]
    facts = await load(
        tx,
        {employee for _, employee in asked},
        {subject for requirement, _ in asked for subject in about[requirement]},
    )
    return [
        _evaluation(requirement, employee, facts.get(employee, NO_FACTS), at, known) if is_shown else None
        for (requirement, employee), is_shown in zip(pairs, shown, strict=True)
    ]


_LEARNING = frozenset({SubjectKind.SKILL, SubjectKind.CREDENTIAL, SubjectKind.STEP, SubjectKind.PATHWAY})


def _concerns(about: Collection[Subject]) -> frozenset[Permission]:
    """Who may see all facts about these subjects has to have it: of the person, or of everyone."""
    kinds = {subject.kind for subject in about}
    learning = set() if _LEARNING.isdisjoint(kinds) else {Permission.READ_LEARNING}
    return frozenset(learning | (set() if _LEARNING.issuperset(kinds) else {Permission.READ_PEOPLE}))


async def _open(
    tx: Transaction, viewer: Viewer, employees: Collection[UUID], concerns: Collection[Permission]
) -> set[UUID]:
    """Those of the employees of whom the viewer may see what takes these permissions of everyone else."""
    person, as_ = occurrence(people.Employee), terms(viewer)
    these = person.c.id == any_(bindparam("ids", list(employees), ARRAY(Uuid)))
    asked = select(person.c.id).where(these, person.c.erased_at.is_(None))
    for permission in sorted(concerns):
        asked = asked.where(answers_for(as_, person.c.id, permission))
    return set((await tx.execute(asked)).scalars())


def _evaluation(
    requirement: Requirement, employee: UUID, facts: Facts, at: datetime, known: Mapping[Subject, str]
) -> Evaluation:
    standing = stand(requirement, facts, at)
    found = outcome.of_standing(standing, at)
    explained = explain.of_standing(standing, at, lambda subject: known.get(subject, str(subject.id)))
    nodes = {tuple(each.path): _node(each) for each in explained.flatten()}
    plan = found.plan
    return Evaluation(
        employee=employee,
        at=at,
        met=found.met,
        since=found.since,
        until=found.until,
        progress=found.progress,
        blocking=[nodes[leaf.path] for leaf in found.blocks],
        explanation=list(nodes.values()),
        soonest=None if plan is None or found.met else _soonest(plan, nodes),
    )


def _soonest(plan: Plan, nodes: Mapping[tuple[str, ...], RequirementNode]) -> Soonest:
    return Soonest([nodes[leaf.path] for leaf in plan.obtain], plan.met_from)


_FIELD = {
    SubjectKind.SKILL: "skill",
    SubjectKind.CREDENTIAL: "credential",
    SubjectKind.STEP: "step",
    SubjectKind.PATHWAY: "pathway",
    SubjectKind.ROLE: "job_role",
    SubjectKind.DEPARTMENT: "department",
    SubjectKind.TEAM: "team",
    SubjectKind.LOCATION: "location",
}


def _node(each: Explanation) -> RequirementNode:
    about: dict[str, Any] = {}
    if each.subject is not None and each.subject.kind in _FIELD:
        about[_FIELD[each.subject.kind]] = each.subject.id
    if each.kind is Kind.SKILL:
        about["evidence"] = list(each.sources)
    if each.kind is Kind.CREDENTIAL:
        about["awards"] = list(each.sources)
    return RequirementNode(
        kind=RequirementKind[each.kind.name],
        path=list(each.path),
        **{shared.name: getattr(each, shared.name) for shared in fields(Account)},
        **about,
    )


think(evaluate)
think(evaluate_each)
