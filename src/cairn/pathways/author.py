"""Writing pathways: a version is written whole, checked, and published; then it never changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput, NotFound, Refusal
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref
from cairn.graph.requirement import step_with_key
from cairn.pathways import tables
from cairn.pathways.tables import Proof, StepKind, VersionStatus
from cairn.requirements import wire
from cairn.requirements.check import check
from cairn.requirements.tree import (
    All,
    AnyOf,
    Points,
    Requirement,
    StepDone,
    Subject,
    SubjectKind,
    subjects,
)
from cairn.skills.assess import SkillId
from cairn.skills.facts import names

PathwayId = Annotated[UUID, Ref("Pathway")]
PathwayVersionId = Annotated[UUID, Ref("PathwayVersion")]


@dataclass(frozen=True)
class GrantDraft:
    """A skill at a level that a completed step is evidence of."""

    skill: SkillId
    """The skill."""
    level: int
    """On the company's scale."""


@dataclass(frozen=True)
class StepDraft:
    """A step to be written."""

    key: str
    """A short name within the pathway, for other steps to refer to."""
    title: str
    """What it is called."""
    kind: StepKind
    """What it consists of."""
    minutes: int = 0
    """How long it takes, about."""
    provider: str | None = None
    """Who offers it."""
    url: str | None = None
    """Where it is found."""
    is_optional: bool = False
    """Whether the pathway can be completed without it."""
    proof: Proof = Proof.SELF
    """Who says that it is completed."""
    pass_mark: int | None = None
    """The score an assessment takes to pass, in percent."""
    after: list[str] = field(default_factory=list)
    """The keys of the steps that come before it."""
    requirement: Requirement | None = None
    """What else it takes to start it."""
    grants: list[GrantDraft] = field(default_factory=list)
    """The skills that completing it is evidence of."""
    pathway: PathwayId | None = None
    """The pathway to complete, of a step of that kind."""


@dataclass
class CodeTaken(Refusal):
    """Another pathway has that code."""

    pathway: PathwayId | None = None
    """The pathway that has it."""


@dataclass
class AlreadyPublished(Refusal):
    """The version was published before, and never changes."""

    version: PathwayVersionId | None = None
    """The version."""


async def create_pathway(
    tx: Transaction,
    viewer: Viewer,
    *,
    code: str,
    title: str,
    steps: list[StepDraft],
    completion: Requirement | None = None,
    summary: str | None = None,
    provider: str | None = None,
) -> tables.Pathway:
    """Writes a pathway and the draft of its first version.

    Args:
        code: A short name that stays.
        title: What it is called.
        steps: What it consists of, in order.
        completion: What completes it; by default all steps that are not optional.
        summary: What it leads to, in a sentence or two.
        provider: Who offers it.
    """
    viewer.require(Permission.WRITE_LEARNING)
    taken = select(col(tables.Pathway.id)).where(col(tables.Pathway.code) == code)
    if (owner := (await tx.execute(taken)).scalar_one_or_none()) is not None:
        raise CodeTaken(f"Another pathway has the code {code}.", pathway=owner)
    pathway = tables.Pathway(code=code, title=title, summary=summary, provider=provider)
    tx.add(pathway)
    await tx.flush()
    await _write(tx, pathway.id, 1, steps, completion)
    await audit.record(tx, viewer, "pathway.create", pathway, after={"code": code, "steps": len(steps)})
    return pathway


async def publish_pathway(
    tx: Transaction, viewer: Viewer, *, version: PathwayVersionId
) -> tables.PathwayVersion:
    """Publishes a draft: from now on people are assigned to it, and it never changes.

    Who follows an earlier version stays with it.

    Args:
        version: The draft.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = await tx.get(tables.PathwayVersion, version)
    if found is None:
        raise NotFound("There is no such version.", id=version)
    if found.status is not VersionStatus.DRAFT:
        raise AlreadyPublished("It was published before.", version=version)
    earlier = update(tables.PathwayVersion).where(
        col(tables.PathwayVersion.pathway_id) == found.pathway_id,
        col(tables.PathwayVersion.status) == VersionStatus.PUBLISHED,
    )
    await tx.execute(earlier.values(status=VersionStatus.RETIRED))
    found.status, found.published_at = VersionStatus.PUBLISHED, now()
    tx.add(found)
    await tx.flush()
    await audit.record(tx, viewer, "pathway.publish", found, after={"number": found.number})
    return found


async def draft_pathway_version(
    tx: Transaction,
    viewer: Viewer,
    *,
    pathway: PathwayId,
    steps: list[StepDraft],
    completion: Requirement | None = None,
) -> tables.PathwayVersion:
    """Writes the draft of a further version of a pathway.

    Args:
        pathway: The pathway.
        steps: What it consists of, in order.
        completion: What completes it; by default all steps that are not optional.
    """
    viewer.require(Permission.WRITE_LEARNING)
    if await tx.get(tables.Pathway, pathway) is None:
        raise NotFound("There is no such pathway.", id=pathway)
    last = select(func.max(tables.PathwayVersion.number)).where(
        col(tables.PathwayVersion.pathway_id) == pathway
    )
    number = (await tx.execute(last)).scalar_one() or 0
    version = await _write(tx, pathway, number + 1, steps, completion)
    await audit.record(tx, viewer, "pathway.draft", version, after={"number": version.number})
    return version


async def _write(
    tx: Transaction, pathway: UUID, number: int, drafts: Sequence[StepDraft], completion: Requirement | None
) -> tables.PathwayVersion:
    version = tables.PathwayVersion(pathway_id=pathway, number=number, completion={})
    rows = {
        draft.key: tables.Step(
            version_id=version.id,
            key=draft.key,
            position=position,
            title=draft.title,
            kind=draft.kind,
            provider=draft.provider,
            url=draft.url,
            minutes=draft.minutes,
            is_optional=draft.is_optional,
            proof=draft.proof,
            pass_mark=draft.pass_mark,
            requirement={},
            nested_pathway_id=draft.pathway,
        )
        for position, draft in enumerate(drafts)
    }
    ids = {step_with_key(key): row.id for key, row in rows.items()}
    titles = {Subject(SubjectKind.STEP, row.id): row.title for row in rows.values()}
    requirements: dict[Subject, Requirement] = {}
    problems = list(_duplicates(drafts))
    for n, draft in enumerate(drafts):
        asks = All(tuple(StepDone(step_with_key(key)) for key in draft.after))
        if draft.requirement is not None:
            asks = All((*asks.of, draft.requirement))
        requirements[Subject(SubjectKind.STEP, rows[draft.key].id)] = _with_ids(asks, ids)
        problems += [
            FieldProblem(["steps", str(n), "after"], f"{key} is no step of this pathway")
            for key in draft.after
            if key not in rows
        ]
        if (draft.kind is StepKind.PATHWAY) != (draft.pathway is not None):
            problems.append(
                FieldProblem(["steps", str(n), "pathway"], "goes with the kind PATHWAY, and only with it")
            )
    whole = (
        _with_ids(completion, ids)
        if completion is not None
        else All(tuple(StepDone(rows[draft.key].id) for draft in drafts if not draft.is_optional))
    )
    mentioned = set().union(*(subjects(each) for each in [whole, *requirements.values()]))
    own = set(requirements)
    known = own | set(await names(tx, (each for each in mentioned if each.kind is not SubjectKind.STEP)))
    for n, draft in enumerate(drafts):
        owner = Subject(SubjectKind.STEP, rows[draft.key].id)
        path = ["steps", str(n), "requirement"]
        problems += _checked(requirements[owner], path, known, owner, requirements, titles)
    problems += _checked(whole, ["completion"], known, None, requirements, titles)
    if problems:
        raise InvalidInput("The pathway does not fit together.", problems)
    version.completion = wire.serialise(whole)
    tx.add(version)
    await tx.flush()
    for draft in drafts:
        row = rows[draft.key]
        row.requirement = wire.serialise(requirements[Subject(SubjectKind.STEP, row.id)])
        tx.add(row)
    await tx.flush()
    tx.add_all(
        tables.StepGrant(step_id=rows[draft.key].id, skill_id=grant.skill, level=grant.level)
        for draft in drafts
        for grant in draft.grants
    )
    await tx.flush()
    return version


def _duplicates(drafts: Sequence[StepDraft]) -> list[FieldProblem]:
    seen: set[str] = set()
    found = []
    for n, draft in enumerate(drafts):
        if draft.key in seen:
            found.append(FieldProblem(["steps", str(n), "key"], f"{draft.key} comes twice"))
        seen.add(draft.key)
    return found


def _checked(
    requirement: Requirement,
    path: list[str],
    known: set[Subject],
    owner: Subject | None,
    requirements: Mapping[Subject, Requirement],
    titles: Mapping[Subject, str],
) -> list[FieldProblem]:
    problems = check(
        requirement,
        known=known,
        requires=requirements.get,
        owner=owner,
        name_of=lambda subject: titles.get(subject, str(subject.id)),
    )
    return [FieldProblem([*path, *each.path], each.message) for each in problems if not each.is_warning]


def _with_ids(node: Requirement, ids: Mapping[UUID, UUID]) -> Requirement:
    """The requirement with the ids of steps in place of what stood for their keys."""
    match node:
        case All(of):
            return All(tuple(_with_ids(branch, ids) for branch in of))
        case AnyOf(n, of):
            return AnyOf(n, tuple(_with_ids(branch, ids) for branch in of))
        case Points(minimum, of):
            return Points(minimum, tuple((weight, _with_ids(branch, ids)) for weight, branch in of))
        case StepDone(step):
            return StepDone(ids.get(step, step))
    return node
