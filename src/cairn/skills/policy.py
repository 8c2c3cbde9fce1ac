"""What the company has decided for itself about what people can do."""

from sqlalchemy import select

from cairn.access import audit
from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.skills import tables


async def change_policy(tx: Transaction, viewer: Viewer, *, teammates_see_levels: bool) -> tables.Policy:
    """Decides what colleagues see of each other's skills.

    Args:
        teammates_see_levels: Whether teammates see each other's verified levels, as of today.
    """
    viewer.require(Permission.WRITE_LEARNING)
    found = (await tx.execute(select(tables.Policy).with_for_update())).scalar_one_or_none()
    before = None if found is None else found.model_dump()
    policy = found or tables.Policy()
    policy.teammates_see_levels = teammates_see_levels
    tx.add(policy)
    await tx.flush()
    await audit.record(tx, viewer, "policy.change", policy, before=before, after=policy)
    return policy
