"""What awards have granted, and would: what matrices and plans ask of this room."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, bindparam, text

from cairn.access.rules import Terms
from cairn.credentials import tables
from cairn.db.engine import Transaction
from cairn.matrices.courses import Honour, awarded_by_itself
from cairn.matrices.planning import Grant
from cairn.matrices.whatif import granted_by_credential
from cairn.requirements import wire


@granted_by_credential
def granted(evidence: Any, credential: Any, viewer: Terms) -> ColumnElement[bool]:
    """Whether an award of a credential, which the viewer sees, granted evidence."""
    return viewer.sees_any(
        tables.Award,
        lambda award: and_(award.id == evidence.cause_id, award.credential_id == credential),
    )


_BY_ITSELF = text(
    "select version.credential_id, version.requirement,"
    " array(select coalesce(later.successor_id, granted.skill_id)"
    "  from credential_grant granted left join skill_succession later on later.skill_id = granted.skill_id"
    "  where granted.version_id = version.id order by 1) as skills,"
    " array(select granted.level"
    "  from credential_grant granted left join skill_succession later on later.skill_id = granted.skill_id"
    "  where granted.version_id = version.id"
    "  order by coalesce(later.successor_id, granted.skill_id)) as levels,"
    " array(select employee_id from award where award.credential_id = version.credential_id"
    "  and award.employee_id = any(:people) and revoked_at is null) as standing"
    " from credential_version version"
    " where version.status = 'PUBLISHED' and version.awarded_by = 'AUTOMATIC'"
    " order by version.credential_id limit 10000"
).bindparams(bindparam("people", type_=ARRAY(Uuid)))


@awarded_by_itself
async def by_itself(tx: Transaction, people: Sequence[UUID]) -> list[Honour]:
    """Credentials that are awarded to whoever meets what earns them, and who was awarded them before."""
    return [
        Honour(
            row.credential_id,
            wire.parse(row.requirement),
            tuple(
                Grant(skill, level, is_sure=True) for skill, level in zip(row.skills, row.levels, strict=True)
            ),
            frozenset(row.standing),
        )
        for row in (await tx.execute(_BY_ITSELF, {"people": list(people)})).all()
    ]
