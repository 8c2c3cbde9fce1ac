"""The facts that requirements are evaluated on, for many people at once: one statement a kind of subject.

Each room that keeps facts says how they are loaded, and which events tell that they have changed; a
requirement loads only the kinds it mentions, and who follows what comes of it is called whoever tells.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, String, Uuid, any_, bindparam, select, text

from cairn.access.find import terms
from cairn.access.rules import visible
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import midnight
from cairn.db.tables import Table_
from cairn.graph.node import nodes
from cairn.graph.requirement import NODE_OF
from cairn.jobs.events import kinds, subscribe
from cairn.jobs.handlers import name_of
from cairn.people.events import EmploymentChanged
from cairn.requirements.facts import Fact, Facts, gather
from cairn.requirements.times import Times
from cairn.requirements.tree import ANYWHERE, Requirement, Subject, SubjectKind
from cairn.skills.events import EvidenceChanged, EvidenceImported
from cairn.skills.tables import CLAIMED

Found = tuple[UUID, SubjectKind, UUID | str | None, Fact]
"""Whose fact, about what, and the fact."""
Loader = Callable[[Transaction, list[UUID], list[Any]], Awaitable[Iterable[Found]]]
"""Employees and ids of subjects of one kind → their facts."""

_loaders: dict[SubjectKind, Loader] = {}


def facts_of(kind: SubjectKind) -> Callable[[Loader], Loader]:
    """Registers how the facts about subjects of a kind are loaded."""

    def register(loader: Loader) -> Loader:
        _loaders[kind] = loader
        return loader

    return register


async def load(
    tx: Transaction, employees: Collection[UUID], subjects: Iterable[Subject]
) -> Mapping[UUID, Facts]:
    """The facts of these employees about these subjects; who has none is not in the answer."""
    rows: list[Found] = []
    for kind, ids in _by_kind(subjects).items():
        rows.extend(await _loaders[kind](tx, list(employees), ids))
    return gather(rows)


Follower = Callable[[Transaction, Collection[UUID], SubjectKind, Collection[UUID] | None], Awaitable[None]]
"""Employees whose facts have changed, about subjects of which kind, and which of them; None: any."""
Changed = tuple[Collection[UUID], SubjectKind, Collection[UUID] | None]
"""The same, as an event tells it."""

_telling: dict[type, Callable[[Any], Changed]] = {}
_following: list[tuple[Follower, Collection[type]]] = []


def tells(event: type, of: Callable[[Any], Changed]) -> None:
    """Registers that an event tells of facts that have changed, and of which."""
    _telling[event] = of
    for follower, but in _following:
        _tie(event, follower, but)


def follows(*, but: Collection[type] = ()) -> Callable[[Follower], Follower]:
    """Has the decorated function called for each event that tells of changed facts, but for those in `but`.

    Rooms above may tell of facts that this room has never heard of.
    """

    def register(follower: Follower) -> Follower:
        _following.append((follower, but))
        for event in _telling:
            _tie(event, follower, but)
        return follower

    return register


def _tie(event: type, follower: Follower, but: Collection[type]) -> None:
    if event in but:
        return

    async def follow(tx: Transaction, told: Any) -> None:
        await follower(tx, *_telling[event](told))

    subscribe(event, name=f"{name_of(follower)}.{kinds[event].name}")(follow)


tells(EmploymentChanged, lambda told: (told.employees, SubjectKind.EMPLOYMENT, None))
tells(EvidenceChanged, lambda told: ([told.employee], SubjectKind.SKILL, [told.skill]))
tells(EvidenceImported, lambda told: (told.employees, SubjectKind.SKILL, told.skills))


Asking = Callable[[Transaction], Awaitable[Mapping[Subject, Requirement]]]
"""What is published and asks for something → what it asks for."""

_asking: list[Asking] = []


def asking(load: Asking) -> Asking:
    """Registers what the subjects of a room ask for."""
    _asking.append(load)
    return load


async def asked(tx: Transaction) -> dict[Subject, Requirement]:
    """What everything published asks for: to find what would ask, by way of others, for itself."""
    return {subject: requirement for load in _asking for subject, requirement in (await load(tx)).items()}


_MENTIONS = {
    SubjectKind.SKILL: "$.**.skill.id",
    SubjectKind.CREDENTIAL: "$.**.credential",
    SubjectKind.STEP: "$.**.step",
    SubjectKind.PATHWAY: "$.**.pathway",
    SubjectKind.EMPLOYMENT: "$.**.employed",
}
"""Where a stored requirement mentions subjects of a kind, as a path of PostgreSQL's."""


def mentions(requirement: str) -> str:
    """The condition that a stored requirement mentions the subjects of `mentioned`, of the column's name."""
    return (
        f"exists (select 1 from jsonb_path_query({requirement}, cast(:path as jsonpath)) mentioned(id)"  # noqa: S608  # a column of ours
        " where :anything or mentioned.id = any(select to_jsonb(unnest(cast(:ids as text[])))))"
    )


def mentioned(kind: SubjectKind, ids: Collection[UUID] | None) -> dict[str, Any]:
    """The parameters of `mentions`: those subjects; any of the kind, for no `ids`."""
    return {"path": _MENTIONS[kind], "anything": ids is None, "ids": [str(id_) for id_ in ids or ()]}


_NAMES = {
    SubjectKind.SKILL: ("skill", "name"),
    SubjectKind.CREDENTIAL: ("credential", "code"),
    SubjectKind.STEP: ("step", "title"),
    SubjectKind.PATHWAY: ("pathway", "title"),
    SubjectKind.ROLE: ("job_role", "name"),
    SubjectKind.DEPARTMENT: ("department", "name"),
    SubjectKind.TEAM: ("team", "name"),
}
"""Tables are named here and not imported, because half of them stand in rooms above."""


async def names(
    tx: Transaction, subjects: Iterable[Subject], viewer: Viewer | None = None
) -> dict[Subject, str]:
    """What people call those of the subjects that exist; with a viewer, of those that they may see."""
    found: dict[Subject, str] = {}
    for kind, ids in _by_kind(subjects).items():
        if kind not in _NAMES:
            found |= {Subject(kind, id_): str(id_) for id_ in ids}
            continue
        table, column = _NAMES[kind]
        source = Table_.metadata.tables[table]
        query = select(source.c.id, source.c[column]).where(
            source.c.id == any_(bindparam("ids", ids, ARRAY(Uuid)))
        )
        if viewer is not None and (of := nodes[NODE_OF[kind]].table) is not None:
            query = query.where(visible(source, of, terms(viewer)))
        found |= {Subject(kind, id_): name for id_, name in (await tx.execute(query)).all()}
    return found


def _by_kind(subjects: Iterable[Subject]) -> dict[SubjectKind, list[Any]]:
    found: dict[SubjectKind, list[Any]] = {}
    for subject in subjects:
        found.setdefault(subject.kind, []).append(subject.id)
    return found


_EMPLOYEES = bindparam("employees", type_=ARRAY(Uuid))
_IDS = bindparam("ids", type_=ARRAY(Uuid))

# Of a skill that was merged the other one is asked; and what a skill succeeds counts as its own.
_EVIDENCE = text(
    "with asked as (select unnest(cast(:ids as uuid[])) as id),"
    " meant as (select asked.id, coalesce(later.successor_id, asked.id) as skill_id"
    "  from asked left join skill_succession later on later.skill_id = asked.id and later.is_same),"
    " counted as (select id, skill_id from meant union select id, id from asked"
    "  union select meant.id, earlier.skill_id"
    "  from meant join skill_succession earlier on earlier.successor_id = meant.skill_id)"
    " select employee_id, counted.id as skill_id, evidence.id, level, valid,"
    " coalesce(decided, source <> all(:claimed)) as is_verified"
    " from evidence join counted on counted.skill_id = evidence.skill_id"
    " where employee_id = any(:employees) and withdrawn_at is null"
    " order by employee_id, counted.id"
).bindparams(_EMPLOYEES, _IDS, bindparam("claimed", list(CLAIMED), ARRAY(String)))


@facts_of(SubjectKind.SKILL)
async def skills(tx: Transaction, employees: list[UUID], ids: list[UUID]) -> Iterable[Found]:
    """Levels over time, as the policy has them."""
    rows = (await tx.execute(_EVIDENCE, {"employees": employees, "ids": ids})).all()
    by_skill: dict[tuple[UUID, UUID], list[Any]] = {}
    for row in rows:
        by_skill.setdefault((row.employee_id, row.skill_id), []).append(row)
    return [
        (employee, SubjectKind.SKILL, skill, fact)
        for (employee, skill), evidence in by_skill.items()
        for fact in pieces(evidence)
    ]


def pieces(evidence: Iterable[Any]) -> Iterator[Fact]:
    """One person's evidence of one skill as pieces of the level over time.

    Verified evidence counts while it holds; what is only claimed counts while nothing verified does.
    """
    sure = [row for row in evidence if row.is_verified]
    for row in sure:
        yield Fact(row.valid.lower, row.valid.upper, (row.id,), row.level, verified=True)
    known = Times.of([(row.valid.lower, row.valid.upper) for row in sure])
    for row in evidence:
        if not row.is_verified:
            for since, until in Times.between(row.valid.lower, row.valid.upper) - known:
                yield Fact(since, until, (row.id,), row.level)


_EMPLOYMENTS = (
    "select employee_id, {subject} as subject, id, valid from employment where employee_id = any(:employees)"
)


def _by_days(row: Any) -> Fact:
    since, until = row.valid.lower, row.valid.upper
    return Fact(since and midnight(since), until and midnight(until), (row.id,))


def _employments(kind: SubjectKind, subject: str, condition: str) -> Loader:
    query = text(f"{_EMPLOYMENTS.format(subject=subject)}{condition}").bindparams(_EMPLOYEES)

    async def load_employments(tx: Transaction, employees: list[UUID], ids: list[Any]) -> Iterable[Found]:
        given = {"employees": employees} | ({"ids": ids} if ":ids" in condition else {})
        return [
            (
                row.employee_id,
                kind,
                row.subject,
                _by_days(row),
            )
            for row in (await tx.execute(query, given)).all()
        ]

    return load_employments


facts_of(SubjectKind.ROLE)(
    _employments(SubjectKind.ROLE, "job_role_id", " and job_role_id = any(cast(:ids as uuid[]))")
)
facts_of(SubjectKind.LOCATION)(
    _employments(SubjectKind.LOCATION, "location", " and location = any(cast(:ids as text[]))")
)
facts_of(SubjectKind.EMPLOYMENT)(_employments(SubjectKind.EMPLOYMENT, "null", ""))
assert ANYWHERE.id is None

_DEPARTMENTS = text(
    "with within as ("
    " select id as subject, id, daterange(null, null) as valid from department where id = any(:ids)"
    " union all select above_id, department_id, valid from department_line where above_id = any(:ids))"
    " select employee_id, subject, employment.id, employment.valid * within.valid as valid"
    " from employment join within on within.id = department_id and employment.valid && within.valid"
    " where employee_id = any(:employees)"
).bindparams(_EMPLOYEES, _IDS)


@facts_of(SubjectKind.DEPARTMENT)
async def departments(tx: Transaction, employees: list[UUID], ids: list[UUID]) -> Iterable[Found]:
    """Employments in a department, or in one that is part of it."""
    return [
        (
            row.employee_id,
            SubjectKind.DEPARTMENT,
            row.subject,
            _by_days(row),
        )
        for row in (await tx.execute(_DEPARTMENTS, {"employees": employees, "ids": ids})).all()
    ]


_TEAMS = text(
    "select employee_id, team_id, id, valid from team_membership"
    " where employee_id = any(:employees) and team_id = any(:ids)"
).bindparams(_EMPLOYEES, _IDS)


@facts_of(SubjectKind.TEAM)
async def teams(tx: Transaction, employees: list[UUID], ids: list[UUID]) -> Iterable[Found]:
    """Memberships of teams."""
    return [
        (row.employee_id, SubjectKind.TEAM, row.team_id, Fact(row.valid.lower, row.valid.upper, (row.id,)))
        for row in (await tx.execute(_TEAMS, {"employees": employees, "ids": ids})).all()
    ]
