"""Frameworks, skills and job roles: written by learning admins and by imports, in versions of their own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import FieldProblem, InvalidInput, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import Range, now, since
from cairn.db.tables import Ref
from cairn.graph.scalars import Url
from cairn.people.references import resolve
from cairn.skills import tables
from cairn.skills.assess import HIGHEST, SkillId

FrameworkId = Annotated[UUID, Ref("Framework")]


@dataclass(frozen=True)
class SkillDraft:
    """A skill to be written."""

    code: str
    """Its code within the framework."""
    name: str
    """What it is called."""
    parent: str | None = None
    """The code of the broader skill it is part of."""
    description: str | None = None
    """What it means, in a sentence or two."""


@dataclass(frozen=True)
class RequiredSkill:
    """A skill that a job role requires."""

    skill: SkillId
    """The skill."""
    level: int
    """The level it takes, from 1 to 5."""
    weight: int = 3
    """How much it counts, from 1 to 5."""
    must_have: bool = False
    """Whether nobody is ready for the role without it."""


@dataclass(frozen=True)
class LevelDraft:
    """A step of the proficiency scale."""

    level: int
    """Its place on the scale."""
    name: str
    """What it is called."""
    descriptor: str
    """How to recognise somebody at this level."""


async def define_scale(tx: Transaction, viewer: Viewer, *, levels: list[LevelDraft]) -> None:
    """Names the steps of the company's proficiency scale.

    Args:
        levels: The steps, from the lowest.
    """
    viewer.require(Permission.WRITE_LEARNING)
    known = {row.level: row for row in (await tx.execute(select(tables.ProficiencyLevel))).scalars()}
    for draft in levels:
        row = known.get(draft.level) or tables.ProficiencyLevel(level=draft.level, name="", descriptor="")
        row.name, row.descriptor = draft.name, draft.descriptor
        tx.add(row)
    await audit.record(tx, viewer, "scale.define", None, after={"levels": [level.name for level in levels]})


async def define_framework(
    tx: Transaction,
    viewer: Viewer,
    *,
    name: str,
    version: str,
    skills: list[SkillDraft],
    publisher: str | None = None,
    url: Url | None = None,
    licence: str | None = None,
) -> tables.Framework:
    """Writes a framework of skills, or brings the skills of one that is there up to date.

    Args:
        name: What it is called.
        version: Its version.
        skills: Its skills; broader ones may come after those that are part of them, or be there already.
        publisher: Who publishes it.
        url: Where it is published.
        licence: On which terms.
    """
    viewer.require(Permission.WRITE_LEARNING)
    framework = (
        await tx.execute(
            select(tables.Framework).where(
                col(tables.Framework.name) == name, col(tables.Framework.version) == version
            )
        )
    ).scalar_one_or_none() or tables.Framework(name=name, version=version)
    found = await tx.execute(select(tables.Skill).where(col(tables.Skill.framework_id) == framework.id))
    known = {row.code: row for row in found.scalars()}
    codes = {row.id: row.code for row in known.values()}
    _check_parents(
        skills, {row.code: codes[row.parent_id] if row.parent_id else None for row in known.values()}
    )
    framework.publisher, framework.url, framework.licence = publisher, url, licence
    tx.add(framework)
    await tx.flush()
    for draft in skills:
        row = known.get(draft.code) or tables.Skill(framework_id=framework.id, code=draft.code, name="")
        row.name, row.description = draft.name, draft.description
        known[draft.code] = row
        tx.add(row)
    await tx.flush()
    for draft in skills:
        known[draft.code].parent_id = known[draft.parent].id if draft.parent else None
    await tx.flush()
    await audit.record(tx, viewer, "framework.define", framework, after={"skills": len(skills)})
    return framework


def _check_parents(skills: Sequence[SkillDraft], there: Mapping[str, str | None]) -> None:
    """Raises `InvalidInput` where the codes and parents, with those that are `there`, make no tree."""
    parents = {**there, **{draft.code: draft.parent for draft in skills}}
    problems: list[FieldProblem] = []
    seen: set[str] = set()
    for n, draft in enumerate(skills):
        if draft.code in seen:
            problems.append(FieldProblem(["skills", str(n), "code"], f"{draft.code} comes twice"))
        seen.add(draft.code)
    for n, draft in enumerate(skills):
        if draft.parent is not None and draft.parent not in parents:
            message = f"{draft.parent} is no code of the framework"
        elif ring := _ring(draft.code, parents):
            message = f"goes round in a circle: {' → '.join(ring)}"
        else:
            continue
        problems.append(FieldProblem(["skills", str(n), "parent"], message))
    if problems:
        raise InvalidInput("The skills do not fit together.", problems)


def _ring(code: str, parents: Mapping[str, str | None]) -> list[str]:
    """The way up from a code to itself; empty where it leads elsewhere."""
    ring, at = [code], parents[code]
    while at is not None and at not in ring:
        ring.append(at)
        at = parents.get(at)
    return [*ring, code] if at == code else []


async def define_job_role(
    tx: Transaction,
    viewer: Viewer,
    *,
    code: str,
    name: str,
    requires: list[RequiredSkill],
    description: str | None = None,
    occupation: str | None = None,
    from_instant: datetime | None = None,
) -> tables.JobRole:
    """Writes a job role and what it requires from an instant on; what it required before stays on record.

    Args:
        code: A short name that stays.
        name: What it is called.
        requires: The skills it takes.
        description: What somebody in it does.
        occupation: The O*NET-SOC code of the occupation it is modelled on.
        from_instant: From when; now by default.
    """
    viewer.require(Permission.WRITE_LEARNING)
    for n, need in enumerate(requires):
        if not 1 <= need.level <= HIGHEST:
            raise invalid(f"requires.{n}.level", f"must be from 1 to {HIGHEST}")
        if not 1 <= need.weight <= HIGHEST:
            raise invalid(f"requires.{n}.weight", f"must be from 1 to {HIGHEST}")
        if any(need.skill == earlier.skill for earlier in requires[:n]):
            raise invalid(f"requires.{n}.skill", "comes twice")
    await resolve(tx, *((f"requires.{n}.skill", "skill", need.skill) for n, need in enumerate(requires)))
    role = (
        await tx.execute(select(tables.JobRole).where(col(tables.JobRole.code) == code))
    ).scalar_one_or_none() or tables.JobRole(code=code, name=name)
    role.name, role.description, role.occupation = name, description, occupation
    tx.add(role)
    await tx.flush()
    await _require(tx, role.id, requires, from_instant or now())
    await audit.record(tx, viewer, "job_role.define", role, after={"name": name, "skills": len(requires)})
    return role


async def _require(tx: Transaction, role: UUID, requires: Sequence[RequiredSkill], start: datetime) -> None:
    """Ends what changes at `start` and begins the new; what stays as it is goes on, what was planned goes."""
    asked = {need.skill: need for need in requires}
    table = tables.RoleSkill
    rows = await tx.execute(
        select(table)
        .where(col(table.job_role_id) == role, col(table.valid).op("&&")(since(start)))
        .order_by(col(table.valid).desc())  # the last first: one may only go on where nothing follows
    )
    for row in rows.scalars().all():
        need, this = asked.get(row.skill_id), col(table.id) == row.id
        begun = row.valid.lower is None or row.valid.lower < start
        same = need is not None and (need.level, need.weight, need.must_have) == (
            row.level,
            row.weight,
            row.must_have,
        )
        if same and row.valid.contains(start):
            await tx.execute(update(table).where(this).values(valid=Range(row.valid.lower, None)))
            del asked[row.skill_id]
        elif begun:
            await tx.execute(update(table).where(this).values(valid=Range(row.valid.lower, start)))
        else:
            await tx.execute(delete(table).where(this))
    tx.add_all(
        table(
            job_role_id=role,
            skill_id=need.skill,
            level=need.level,
            weight=need.weight,
            must_have=need.must_have,
            valid=since(start),
        )
        for need in asked.values()
    )
    await tx.flush()
