"""What holders do with what they were awarded: they accept it, and show it to others or not."""

from cairn.access import audit
from cairn.access.find import find
from cairn.access.refusal import NotAllowed
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.award import AwardId
from cairn.db.engine import Transaction
from cairn.db.ranges import now


async def accept_award(tx: Transaction, viewer: Viewer, *, award: AwardId) -> tables.Award:
    """Accepts an award, as its holder. It holds also where nobody did; again changes nothing.

    Args:
        award: The award.
    """
    found = await _own(tx, viewer, award)
    if found.accepted_at is None:
        found.accepted_at = now()
        tx.add(found)
        await audit.record(tx, viewer, "award.accept", found)
    return found


async def hide_award(tx: Transaction, viewer: Viewer, *, award: AwardId) -> tables.Award:
    """Hides an award from colleagues and from its public page, as its holder; again changes nothing.

    Copies of the signed document that others have can still be checked.

    Args:
        award: The award.
    """
    return await _hide(tx, viewer, award, is_hidden=True)


async def show_award(tx: Transaction, viewer: Viewer, *, award: AwardId) -> tables.Award:
    """Shows an award again that its holder has hidden, as its holder; again changes nothing.

    Args:
        award: The award.
    """
    return await _hide(tx, viewer, award, is_hidden=False)


async def _hide(tx: Transaction, viewer: Viewer, award: AwardId, *, is_hidden: bool) -> tables.Award:
    found = await _own(tx, viewer, award)
    if found.is_hidden != is_hidden:
        found.is_hidden = is_hidden
        tx.add(found)
        await audit.record(tx, viewer, "award.hide" if is_hidden else "award.show", found)
    return found


async def _own(tx: Transaction, viewer: Viewer, award: AwardId) -> tables.Award:
    found = await find(tx, viewer, tables.Award, award, lock=True)
    if viewer.employee != found.employee_id:
        raise NotAllowed("An award is its holder's to accept, to hide and to show.")
    return found
