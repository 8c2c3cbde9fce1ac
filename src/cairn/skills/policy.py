"""What the company has decided for itself about what people can do, and how levels follow from evidence."""

from sqlalchemy import select
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.refusal import invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.graph.scalars import Duration, check_calendar
from cairn.jobs.events import publish
from cairn.skills import tables
from cairn.skills.assess import SkillId
from cairn.skills.counting import recount
from cairn.skills.events import EvidenceImported
from cairn.skills.tables import Precedence, Source
from cairn.skills.turns import take_turn, take_turn_with_policies


async def change_policy(tx: Transaction, viewer: Viewer, *, teammates_see_levels: bool) -> tables.Policy:
    """Decides what colleagues see of each other's skills.

    Args:
        teammates_see_levels: Whether teammates see each other's verified levels, as of today.
    """
    viewer.require(Permission.WRITE_LEARNING)
    await take_turn(tx, "policy")
    found = (await tx.execute(select(tables.Policy))).scalar_one_or_none()
    before = None if found is None else found.model_dump()
    policy = found or tables.Policy()
    policy.teammates_see_levels = teammates_see_levels
    tx.add(policy)
    await tx.flush()
    await audit.record(tx, viewer, "policy.change", policy, before=before, after=policy)
    return policy


async def change_level_policy(
    tx: Transaction,
    viewer: Viewer,
    *,
    skill: SkillId | None = None,
    verified_by: list[Source] | None = None,
    precedence: Precedence | None = None,
    fades_after: Duration | None = None,
) -> tables.LevelPolicy:
    """Decides how levels follow from evidence, at any date; what is left out is as for all skills.

    Levels of the past follow anew as well: a policy is how the company reads what was said.

    Args:
        skill: The skill; by default all that have no policy of their own.
        verified_by: The sources that count as verified; for all skills, by default, all but SELF and PEER.
        precedence: Which evidence decides where several hold; for all skills, by default, the highest.
        fades_after: How long evidence counts when no other of the skill comes; by default it does not fade.
    """
    viewer.require(Permission.WRITE_LEARNING)
    if skill is not None:
        await find(tx, viewer, tables.Skill, skill)
    if verified_by is not None and len(set(verified_by)) < len(verified_by):
        raise invalid("verifiedBy", "must not have a source twice")
    check_calendar(fades_after, "fadesAfter")
    await take_turn_with_policies(tx)
    same = select(tables.LevelPolicy).where(col(tables.LevelPolicy.skill_id).is_not_distinct_from(skill))
    found = (await tx.execute(same)).scalar_one_or_none()
    before = None if found is None else found.model_dump()
    policy = found or tables.LevelPolicy(skill_id=skill)
    policy.verified_by = None if verified_by is None else [str(each) for each in verified_by]
    policy.precedence = precedence
    policy.fades_after = fades_after
    tx.add(policy)
    await tx.flush()
    await audit.record(tx, viewer, "level_policy.change", policy, before=before, after=policy)
    changed = await recount(tx, None if skill is None else [skill])
    people, skills = {person for person, _ in changed}, {each for _, each in changed}
    if changed:
        await publish(tx, EvidenceImported(sorted(people), sorted(skills)))
    return policy
