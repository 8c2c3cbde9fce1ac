"""The proficiency scale and job roles: written by learning admins, with what held before on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import Range, now, since
from cairn.jobs.happenings import tell
from cairn.people.references import resolve
from cairn.skills import tables
from cairn.skills.assess import HIGHEST, SkillId
from cairn.skills.events import JOB_ROLE
from cairn.skills.turns import take_turn


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
    for path, given in (("code", code), ("name", name)):
        if not given.strip():
            raise invalid(path, "must not be empty")
    await resolve(tx, *((f"requires.{n}.skill", "skill", need.skill) for n, need in enumerate(requires)))
    await take_turn(tx, "job roles")
    role = (
        await tx.execute(select(tables.JobRole).where(col(tables.JobRole.code) == code))
    ).scalar_one_or_none() or tables.JobRole(code=code, name=name)
    role.name, role.description, role.occupation = name, description, occupation
    tx.add(role)
    await tx.flush()
    await _require(tx, role.id, requires, from_instant or now())
    await tell(tx, JOB_ROLE, [role.id])
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
