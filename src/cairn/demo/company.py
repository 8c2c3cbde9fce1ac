"""Loads the sample company: through the importer of feeds and the verbs, as anybody would.

Each part is one transaction. What is there is left alone, so loading twice is loading once.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlmodel import col

from cairn.access.viewer import Viewer, system
from cairn.credentials.define import CredentialText, define_credential
from cairn.credentials.issuer import describe_issuer
from cairn.credentials.tables import AwardedBy, Credential, CredentialKind, IssuerProfile, OnLapse
from cairn.db.engine import Database, Transaction
from cairn.db.ranges import midnight, now
from cairn.db.tables import Row
from cairn.demo import data
from cairn.demo.evidence import MISTAKE, Need, Worker, made_up
from cairn.graph.requirement import step_with_key
from cairn.graph.scalars import Duration, Url
from cairn.hris.apply import apply
from cairn.hris.intake import Feed, open_run, stage
from cairn.hris.lines import lines
from cairn.hris.mapping import read_map
from cairn.hris.tables import SyncMode
from cairn.pathways import assign, author, progress, publish
from cairn.pathways import tables as pathways
from cairn.pathways.author import GrantDraft, StepDraft
from cairn.pathways.tables import Proof, StepKind
from cairn.people import employ, history, leaving, teams
from cairn.people import tables as people
from cairn.people.history import Position
from cairn.requirements.tree import (
    All,
    AnyOf,
    CredentialHeld,
    PathwayDone,
    Requirement,
    SkillAt,
    StepDone,
)
from cairn.skills import assess, define, frameworks
from cairn.skills import tables as skills
from cairn.skills.define import LevelDraft, RequiredSkill
from cairn.skills.releases import SkillDraft

SOURCE = "adventure-works"
LOADER = system("demo")
_ELEMENTS = ("workload_hours", "eqf_level", "assessment", "participation", "quality_assurance")
"""What a credential says of itself where its file does."""
FIRST_DAY = datetime(2006, 1, 1, tzinfo=UTC)
"""Before anybody of the sample company was hired."""

TEAMS = {
    "Product design": "roberto0 gail0 jossef0 dylan0 diane1 gigi0 michael6 sharon0 rob0",
    "Information services": "jean0 stephanie0 ashvini0 peter1 dan0 françois0 karen1 janaina0",
    "Quality": "hazem0 sean0 mark0 andreas0 zainal0 arvind0",
    "Shop floor safety": "peter0 andy0 brenda0 cristian0 david6 hazem0 jack0 james1 jolynn0",
}
"""Teams across departments by the logins of their people, the lead first."""


async def load(database: Database, say: Callable[[str], None] = lambda _: None) -> None:
    """Loads what is missing, and says what it does."""
    parts: Sequence[tuple[str, Any]] = (
        ("Skills and job roles", _skills),
        ("People and where they work", _people),
        ("Teams", _teams),
        ("Evidence of skills", _evidence),
        ("Pathways", _pathways),
        ("Credentials", _credentials),
        ("What some have learned already", _progress),
    )
    for name, part in parts:
        say(name)
        async with database.transaction() as tx:
            await part(tx, LOADER)


async def _skills(tx: Transaction, viewer: Viewer) -> None:
    if await _any(tx, skills.Skill):
        return
    rows = data.table("levels")
    levels = [LevelDraft(int(row["level"]), row["name"], row["descriptor"]) for row in rows]
    await define.define_scale(tx, viewer, levels=levels)
    await frameworks.define_framework(
        tx,
        viewer,
        name="Adventure Works, after O*NET",
        version="29.3",
        skills=[SkillDraft(row["code"], row["name"], row["parent"] or None) for row in data.table("skills")],
        publisher="U.S. Department of Labor, Employment and Training Administration",
        url=Url("https://www.onetcenter.org/database.html"),
        licence="CC BY 4.0; with technology and Python skills added by Adventure Works",
    )
    ids = await _ids(tx, skills.Skill.code, skills.Skill.id)
    needs: dict[str, list[RequiredSkill]] = {}
    for row in data.table("role_skills"):
        need = RequiredSkill(
            ids[row["skill"]], int(row["level"]), int(row["weight"]), must_have=row["must_have"] == "true"
        )
        needs.setdefault(row["role"], []).append(need)
    for role, occupation in {row["role"]: row["soc"] for row in data.table("roles")}.items():
        await define.define_job_role(
            tx,
            viewer,
            code=data.slug(role),
            name=role,
            requires=needs[role],
            occupation=occupation,
            from_instant=FIRST_DAY,
        )


async def _people(tx: Transaction, viewer: Viewer) -> None:
    if await _any(tx, people.Employee):
        return
    run = await open_run(tx, viewer, Feed(SOURCE, SyncMode.SNAPSHOT))
    map_ = read_map((data.FOLDER / "employees.toml").read_text(encoding="utf-8"))
    feed = lines(data.stream("employees.csv"), map_, beside=data.stream)
    await stage(tx, viewer, run.id, [line async for line in feed])
    await apply(tx, viewer, run.id)
    by_email = await _ids(tx, people.Employee.email, people.Employee.id)
    roles = await _ids(tx, skills.JobRole.code, skills.JobRole.id)
    departments = await _ids(tx, people.Department.name, people.Department.id)
    # The published file knows no leaver, nobody yet to come, and no move; a company does.
    today = now().date()
    roberto = by_email["roberto0@adventure-works.com"]
    await employ.hire(
        tx,
        viewer,
        given_name="Vera",
        family_name="Lindqvist",
        email="vera0@adventure-works.com",
        starts_on=today + timedelta(days=30),
        position=Position("Design Engineer", roberto, departments["Engineering"], roles["design-engineer"]),
    )
    leaver = by_email["guy1@adventure-works.com"]
    await leaving.terminate(tx, viewer, employee=leaver, last_day=today - timedelta(days=60))
    mover = by_email["sharon0@adventure-works.com"]
    stint = next(s for s in await history.read(tx, mover) if s.covers(today))
    tool_design = Position(
        "Tool Designer", stint.position.manager, departments["Tool Design"], roles["tool-designer"]
    )
    await employ.change_position(
        tx, viewer, employee=mover, from_day=today - timedelta(days=200), position=tool_design
    )


async def _teams(tx: Transaction, viewer: Viewer) -> None:
    if await _any(tx, people.Team):
        return
    by_email = await _ids(tx, people.Employee.email, people.Employee.id)
    start = now() - timedelta(days=3 * 365)
    for name, people_of_it in TEAMS.items():
        lead, *logins = people_of_it.split()
        team = await teams.create_team(tx, viewer, name=name, lead=by_email[f"{lead}@adventure-works.com"])
        for login in dict.fromkeys((lead, *logins)):
            employee = by_email[f"{login}@adventure-works.com"]
            await teams.join_team(tx, viewer, team=team.id, employee=employee, from_instant=start)


async def _evidence(tx: Transaction, viewer: Viewer) -> None:
    if await _any(tx, skills.Evidence):
        return
    codes = await _ids(tx, skills.Skill.id, skills.Skill.code)
    needs: dict[UUID, list[Need]] = {}
    for row in (await tx.execute(select(skills.RoleSkill))).scalars():
        need = Need(codes[row.skill_id], row.skill_id, row.level, row.must_have)
        needs.setdefault(row.job_role_id, []).append(need)
    today = midnight(now().date())
    drafts = [
        draft
        for worker, role in await _workers(tx)
        for need in sorted(needs.get(role, []), key=lambda need: need.code)
        for draft in made_up(worker, need, today)
    ]
    await assess.import_evidence(tx, viewer, drafts=drafts)
    wrong = await tx.execute(select(skills.Evidence).where(col(skills.Evidence.note) == MISTAKE))
    for evidence in wrong.scalars().all():
        await assess.withdraw_evidence(tx, viewer, evidence=evidence.id, reason=MISTAKE.capitalize() + ".")


async def _workers(tx: Transaction) -> list[tuple[Worker, UUID]]:
    """Everybody employed today, with their job role."""
    today = now().date()
    rows = (
        await tx.execute(
            select(people.Employee, people.Employment)
            .join(people.Employment, col(people.Employment.employee_id) == col(people.Employee.id))
            .order_by(col(people.Employee.email), func.lower(people.Employment.valid))
        )
    ).all()
    since: dict[UUID, date] = {}
    current: dict[UUID, tuple[people.Employee, people.Employment]] = {}
    for employee, employment in rows:
        start, end = employment.valid.lower, employment.valid.upper
        assert start is not None
        since.setdefault(employee.id, start)
        if start <= today and (end is None or today < end):
            current[employee.id] = (employee, employment)
    below: dict[UUID | None, list[UUID]] = {}
    for employee, employment in current.values():
        below.setdefault(employment.manager_id, []).append(employee.id)
    return [
        (
            Worker(
                id=employee.id,
                login=(employee.email or str(employee.id)).partition("@")[0],
                since=midnight(since[employee.id]),
                manager=employment.manager_id,
                peers=[id_ for id_ in below[employment.manager_id] if id_ != employee.id],
            ),
            employment.job_role_id,
        )
        for employee, employment in current.values()
        if employment.job_role_id is not None
    ]


async def _pathways(tx: Transaction, viewer: Viewer) -> None:
    codes = await _ids(tx, skills.Skill.code, skills.Skill.id)
    known = await _ids(tx, pathways.Pathway.code, pathways.Pathway.id)
    for written in data.document("pathways")["pathway"]:
        if written["key"] in known:
            continue
        steps = [
            StepDraft(
                key=step["key"],
                title=step["title"],
                kind=StepKind(step["kind"]),
                minutes=step["minutes"],
                provider=step["provider"],
                url=step.get("url"),
                is_optional=step.get("optional", False),
                proof=Proof(step["proof"]),
                pass_mark=step.get("pass_mark"),
                after=step.get("requires", []),
                grants=_grants(step.get("grants", []), codes),
                pathway=known[step["pathway"]] if "pathway" in step else None,
            )
            for step in written["step"]
        ]
        pathway = await author.create_pathway(
            tx,
            viewer,
            code=written["key"],
            title=written["title"],
            summary=written["summary"],
            provider=written["provider"],
            steps=steps,
            completion=_requirement(written["completion"], {}),
        )
        known[written["key"]] = pathway.id
        draft = select(col(pathways.PathwayVersion.id)).where(
            col(pathways.PathwayVersion.pathway_id) == pathway.id
        )
        await publish.publish_pathway(tx, viewer, version=(await tx.execute(draft)).scalar_one())


async def _credentials(tx: Transaction, viewer: Viewer) -> None:
    if not await _any(tx, IssuerProfile):
        await describe_issuer(
            tx,
            viewer,
            name="Adventure Works",
            country="US",
            description="Makes bicycles, and is made up; what it awards is for trying things out.",
        )
    codes = await _ids(tx, skills.Skill.code, skills.Skill.id)
    ids: dict[str, Mapping[str, UUID]] = {
        "skill": codes,
        "pathway": await _ids(tx, pathways.Pathway.code, pathways.Pathway.id),
        "credential": {},
    }
    known = await _ids(tx, Credential.code, Credential.id)
    for written in data.document("credentials")["credential"]:
        if written["key"] not in known:
            credential = await define_credential(
                tx,
                viewer,
                code=written["key"],
                kind=CredentialKind(written["kind"]),
                text=CredentialText(
                    name=written["name"],
                    description=written["description"],
                    criteria=written["criteria"],
                    **{each: written[each] for each in _ELEMENTS if each in written},
                ),
                requirement=_requirement(written["requirement"], {**ids, "credential": known}),
                awarded_by=AwardedBy(written["award"]),
                validity=Duration(written["validity"]) if "validity" in written else None,
                on_lapse=OnLapse(written["on_lapse"]),
                grants=_grants(written["grants"], codes),
            )
            known[written["key"]] = credential.id


def _grants(written: Sequence[Mapping[str, Any]], codes: Mapping[str, UUID]) -> list[GrantDraft]:
    return [GrantDraft(codes[grant["skill"]], grant["level"]) for grant in written]


def _requirement(written: Mapping[str, Any], ids: Mapping[str, Mapping[str, UUID]]) -> Requirement:
    """A requirement as the data files write it: as on the wire, with keys and codes in place of ids."""
    [(kind, body)] = written.items()
    match kind:
        case "all":
            return All(tuple(_requirement(each, ids) for each in body))
        case "any":
            return AnyOf(body["n"], tuple(_requirement(each, ids) for each in body["of"]))
        case "step":
            return StepDone(step_with_key(body))
        case "pathway":
            return PathwayDone(ids["pathway"][body])
        case "credential":
            return CredentialHeld(ids["credential"][body])
        case "skill":
            return SkillAt(ids["skill"][body["code"]], body["level"])
    raise ValueError(f"{kind} is no kind of requirement")


async def _progress(tx: Transaction, viewer: Viewer) -> None:
    """Some are on their way: one has a whole stack, one two of its three badges, one a third of the first."""
    if await _any(tx, pathways.Progress):
        return
    by_email = await _ids(tx, people.Employee.email, people.Employee.id)
    ids = await _ids(tx, pathways.Pathway.code, pathways.Pathway.id)
    everything = ("python-foundations", "python-collections", "python-objects")
    for login, done, begun in (
        ("dylan0", everything[:2], ()),
        ("stephanie0", everything, ()),
        ("gail0", (), ("python-foundations",)),
        ("sean0", ("quality-inspection",), ()),
    ):
        employee = by_email[f"{login}@adventure-works.com"]
        for code in (*done, *begun):
            await assign.assign_pathway(tx, viewer, pathway=ids[code], employees=[employee])
            version = await assign.assignable(tx, ids[code])
            steps = await _in_order(tx, version.id)
            for step in steps if code in done else steps[: len(steps) // 3]:
                score = max(step.pass_mark or 0, 90) if step.pass_mark is not None else None
                await progress.complete_step(tx, viewer, step=step.id, employee=employee, score=score)


async def _in_order(tx: Transaction, version: UUID) -> list[pathways.Step]:
    """The steps that are not another pathway, in their order, which is one in which they can be done."""
    found = select(pathways.Step).where(
        col(pathways.Step.version_id) == version, col(pathways.Step.nested_pathway_id).is_(None)
    )
    return list((await tx.execute(found.order_by(col(pathways.Step.position)))).scalars())


async def _any(tx: Transaction, table: type[Row]) -> bool:
    """Whether there is anything in that table: a part is loaded whole, or not yet."""
    return bool((await tx.execute(select(exists().where(col(table.id).is_not(None))))).scalar())


async def _ids(tx: Transaction, key: Any, value: Any) -> dict[Any, Any]:
    found = await tx.execute(select(col(key), col(value)))
    return dict(found.all())
