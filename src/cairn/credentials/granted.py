"""What awards have granted: what a matrix asks of this room that thinks a credential away."""

from typing import Any

from sqlalchemy import ColumnElement, and_

from cairn.access.rules import Terms
from cairn.credentials import tables
from cairn.matrices.whatif import granted_by_credential


@granted_by_credential
def granted(evidence: Any, credential: Any, viewer: Terms) -> ColumnElement[bool]:
    """Whether an award of a credential, which the viewer sees, granted evidence."""
    return viewer.sees_any(
        tables.Award,
        lambda award: and_(award.id == evidence.cause_id, award.credential_id == credential),
    )
