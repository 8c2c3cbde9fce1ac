"""Writing pathways: a version is written whole and checked; published (`publish.py`) it never changes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput, Refusal, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.tables import Ref
from cairn.graph.requirement import step_with_key
from cairn.graph.scalars import Url
from cairn.pathways import tables
from cairn.pathways.currency import CurrencyDraft, nonsense
from cairn.pathways.tables import Proof, StepKind, VersionStatus
from cairn.people.references import Reference, dangling
from cairn.requirements import wire
from cairn.requirements.check import check
from cairn.requirements.problems import Problem, ProblemKind
from cairn.requirements.rings import Requires
from cairn.requirements.tree import (
    NOTHING,
    All,
    AnyOf,
    PathwayDone,
    Points,
    Requirement,
    StepDone,
    Subject,
    SubjectKind,
    subjects,
)
from cairn.skills.assess import SkillId
from cairn.skills.claims import unfit
from cairn.skills.facts import asked, asking, names

PathwayId = Annotated[UUID, Ref("Pathway")]
PathwayVersionId = Annotated[UUID, Ref("PathwayVersion")]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
LONGEST = 1_000_000
"""Minutes of a step: two years, day and night."""


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
    url: Url | None = None
    """Where it is found."""
    activity: str | None = None
    """The IRI by which another system calls it when it reports what people did; by default its link."""
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
    currency: CurrencyDraft | None = None,
) -> tables.Pathway:
    """Writes a pathway and the draft of its first version.

    Args:
        code: A short name that stays.
        title: What it is called.
        steps: What it consists of, in order.
        completion: What completes it; by default all steps that are not optional.
        summary: What it leads to, in a sentence or two.
        provider: Who offers it.
        currency: How long a completion holds, and how it is renewed; by default it holds for ever.
    """
    viewer.require(Permission.WRITE_LEARNING)
    for path, text in (("code", code), ("title", title)):
        if not text.strip():
            raise invalid(path, "must not be empty")
    taken = select(col(tables.Pathway.id)).where(col(tables.Pathway.code) == code)
    if (owner := (await tx.execute(taken)).scalar_one_or_none()) is not None:
        raise CodeTaken(f"Another pathway has the code {code}.", pathway=owner)
    pathway = tables.Pathway(code=code, title=title, summary=summary, provider=provider)
    tx.add(pathway)
    await tx.flush()
    await _write(tx, pathway.id, 1, steps, completion, currency)
    await audit.record(tx, viewer, "pathway.create", pathway, after={"code": code, "steps": len(steps)})
    return pathway


async def draft_pathway_version(
    tx: Transaction,
    viewer: Viewer,
    *,
    pathway: PathwayId,
    steps: list[StepDraft],
    completion: Requirement | None = None,
    currency: CurrencyDraft | None = None,
) -> tables.PathwayVersion:
    """Writes the draft of a further version of a pathway.

    Args:
        pathway: The pathway.
        steps: What it consists of, in order.
        completion: What completes it; by default all steps that are not optional.
        currency: How long a completion holds, and how it is renewed; by default it holds for ever.
    """
    viewer.require(Permission.WRITE_LEARNING)
    await find(tx, viewer, tables.Pathway, pathway)
    last = select(func.max(tables.PathwayVersion.number)).where(
        col(tables.PathwayVersion.pathway_id) == pathway
    )
    number = (await tx.execute(last)).scalar_one() or 0
    version = await _write(tx, pathway, number + 1, steps, completion, currency)
    await audit.record(tx, viewer, "pathway.draft", version, after={"number": version.number})
    return version


async def _write(
    tx: Transaction,
    pathway: UUID,
    number: int,
    drafts: Sequence[StepDraft],
    completion: Requirement | None,
    currency: CurrencyDraft | None,
) -> tables.PathwayVersion:
    version = tables.PathwayVersion(
        pathway_id=pathway,
        number=number,
        completion={},
    )
    if currency is not None:
        version.validity, version.renewal_window = currency.validity, currency.window
        version.renewed_by_id = currency.renewed_by
    rows = {
        draft.key: tables.Step(
            version_id=version.id,
            key=draft.key,
            position=position,
            title=draft.title,
            kind=draft.kind,
            provider=draft.provider,
            url=draft.url,
            activity=draft.activity,
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
    asks = {draft.key: with_ids(before(draft), ids) for draft in drafts}
    whole = (
        with_ids(completion, ids)
        if completion is not None
        else All(tuple(StepDone(rows[draft.key].id) for draft in drafts if not draft.is_optional))
    )
    references = [*_references(drafts)]
    if currency is not None:
        references.append(("currency.renewedBy", "pathway", currency.renewed_by))
    problems = [*_nonsense(drafts), *nonsense(currency), *await dangling(tx, references)]
    wanted = [
        (["steps", str(n), "requirement"], with_ids(draft.requirement, ids))
        for n, draft in enumerate(drafts)
        if draft.requirement is not None
    ]
    if completion is not None:
        wanted.append((["completion"], whole))
    elif whole == NOTHING:
        problems.append(FieldProblem(["steps"], "must have one that is not optional"))
    own = {Subject(SubjectKind.STEP, row.id) for row in rows.values()}
    mentioned = {subject for _, requirement in wanted for subject in subjects(requirement)}
    known = own | set(await names(tx, (each for each in mentioned if each.kind is not SubjectKind.STEP)))
    for path, requirement in wanted:
        problems += [_told(path, each) for each in check(requirement, known=known) if not each.is_warning]
    for row in rows.values():
        row.requirement = wire.serialise(asks[row.key])
    if len(rows) == len(drafts):
        steps = list(rows.values())
        rings = await _rings(tx, pathway, whole, steps)
        problems += [FieldProblem(_place(each, drafts, steps), each.message) for each in rings]
    if problems:
        raise InvalidInput("The pathway does not fit together.", problems)
    version.completion = wire.serialise(whole)
    tx.add(version)
    await tx.flush()
    tx.add_all(rows.values())
    await tx.flush()
    tx.add_all(
        tables.StepGrant(step_id=rows[draft.key].id, skill_id=grant.skill, level=grant.level)
        for draft in drafts
        for grant in draft.grants
    )
    await tx.flush()
    return version


def before(draft: StepDraft) -> Requirement:
    """What comes before a step: the steps it is after, and what else it takes."""
    after = [StepDone(step_with_key(key)) for key in draft.after]
    return All((*after, draft.requirement) if draft.requirement is not None else tuple(after))


def _nonsense(drafts: Sequence[StepDraft]) -> Iterator[FieldProblem]:
    """What is wrong with steps by themselves, and with how they name each other."""
    keys = [draft.key for draft in drafts]
    for n, draft in enumerate(drafts):
        at = ["steps", str(n)]
        if draft.key in keys[:n]:
            yield FieldProblem([*at, "key"], f"{draft.key} comes twice")
        if not draft.key.strip():
            yield FieldProblem([*at, "key"], "must not be empty")
        if not draft.title.strip():
            yield FieldProblem([*at, "title"], "must not be empty")
        if not 0 <= draft.minutes <= LONGEST:
            yield FieldProblem([*at, "minutes"], f"must be from 0 to {LONGEST}")
        if draft.pass_mark is not None and not 0 <= draft.pass_mark <= 100:
            yield FieldProblem([*at, "passMark"], "must be from 0 to 100")
        if draft.activity is not None and not is_iri(draft.activity):
            yield FieldProblem([*at, "activity"], "must be an IRI such as https://lms.example/courses/7")
        for key in draft.after:
            if key not in keys:
                yield FieldProblem([*at, "after"], f"{key} is no step of this pathway")
        if (draft.kind is StepKind.PATHWAY) != (draft.pathway is not None):
            yield FieldProblem([*at, "pathway"], "goes with the kind PATHWAY, and only with it")
        yield from unfit(draft.grants, [*at, "grants"])


def is_iri(text: str) -> bool:
    """Whether a text is an absolute IRI, as far as that matters: a scheme, and something after it."""
    scheme, colon, rest = text.partition(":")
    return bool(colon and rest and _SCHEME.fullmatch(scheme)) and not any(each.isspace() for each in rest)


def _references(drafts: Sequence[StepDraft]) -> Iterator[Reference]:
    for n, draft in enumerate(drafts):
        yield f"steps.{n}.pathway", "pathway", draft.pathway
        for k, grant in enumerate(draft.grants):
            yield f"steps.{n}.grants.{k}.skill", "skill", grant.skill


def _told(path: Sequence[str], problem: Problem) -> FieldProblem:
    """A problem of a requirement, where the input has it."""
    if problem.kind is ProblemKind.UNKNOWN_REFERENCE and problem.path[-1] == "step":
        return FieldProblem([*path, *problem.path[:-1], "stepKey"], "is no step of this pathway")
    return FieldProblem([*path, *problem.path], problem.message)


async def rings_of(tx: Transaction, version: tables.PathwayVersion) -> list[Problem]:
    """What of a version that was written would ask, by way of what was published since, for itself."""
    steps = await tx.execute(select(tables.Step).where(col(tables.Step.version_id) == version.id))
    return await _rings(tx, version.pathway_id, wire.parse(version.completion), list(steps.scalars()))


async def _rings(
    tx: Transaction, pathway: UUID, whole: Requirement, steps: Sequence[tables.Step]
) -> list[Problem]:
    """What of a version would ask, by way of others, for itself; a ring begins with who asks."""
    own = Subject(SubjectKind.PATHWAY, pathway)
    asks = {Subject(SubjectKind.STEP, row.id): _to_finish(row) for row in steps}
    everything = await asked(tx) | asks | {own: whole}
    known = await names(tx, everything) | {Subject(SubjectKind.STEP, row.id): row.title for row in steps}

    def of(owner: Subject, requires: Requires) -> list[Problem]:
        problems = check(
            everything[owner],
            requires=requires,
            owner=owner,
            name_of=lambda subject: known.get(subject, "this pathway"),
        )
        return [each for each in problems if each.kind is ProblemKind.CYCLE and each.ring[0] == owner]

    # What leads round by way of a step is told of the step.
    around = of(own, lambda subject: None if subject in asks else everything.get(subject))
    return around + [problem for step in asks for problem in of(step, everything.get)]


def _to_finish(row: tables.Step) -> Requirement:
    """What must come before a step can be done: its requirement, and the pathway in it."""
    before = wire.parse(row.requirement)
    return before if row.nested_pathway_id is None else All((before, PathwayDone(row.nested_pathway_id)))


def _place(problem: Problem, drafts: Sequence[StepDraft], steps: Sequence[tables.Step]) -> list[str]:
    """Where the input has what closes a ring."""
    if problem.ring[0].kind is SubjectKind.PATHWAY:
        return ["completion", *problem.path]
    n = next(n for n, row in enumerate(steps) if row.id == problem.ring[0].id)
    draft, path = drafts[n], problem.path
    if draft.pathway is not None:
        if path[:2] == ("all", "1"):
            return ["steps", str(n), "pathway"]
        path = path[2:]
    if int(path[1]) < len(draft.after):
        return ["steps", str(n), "after"]
    return ["steps", str(n), "requirement", *path[2:]]


@asking
async def asked_by_pathways(tx: Transaction) -> Mapping[Subject, Requirement]:
    """The completions of published pathways, and what comes before their steps."""
    published = col(tables.PathwayVersion.status) == VersionStatus.PUBLISHED
    versions = await tx.execute(
        select(col(tables.PathwayVersion.pathway_id), col(tables.PathwayVersion.completion)).where(published)
    )
    steps = await tx.execute(select(tables.Step).join(tables.PathwayVersion).where(published))
    return {
        **{Subject(SubjectKind.PATHWAY, id_): wire.parse(written) for id_, written in versions.all()},
        **{Subject(SubjectKind.STEP, row.id): _to_finish(row) for row in steps.scalars()},
    }


def with_ids(node: Requirement, ids: Mapping[UUID, UUID]) -> Requirement:
    """The requirement with the ids of steps in place of what stood for their keys."""
    match node:
        case All(of):
            return All(tuple(with_ids(branch, ids) for branch in of))
        case AnyOf(n, of):
            return AnyOf(n, tuple(with_ids(branch, ids) for branch in of))
        case Points(minimum, of):
            return Points(minimum, tuple((weight, with_ids(branch, ids)) for weight, branch in of))
        case StepDone(step):
            return StepDone(ids.get(step, step))
    return node
