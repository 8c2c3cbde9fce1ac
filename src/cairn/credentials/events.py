"""What other rooms may want to know about credentials."""

from dataclasses import dataclass
from uuid import UUID

from cairn.jobs.events import event
from cairn.requirements.tree import SubjectKind
from cairn.skills.facts import tells


@event
@dataclass(frozen=True)
class AwardChanged:
    """Somebody was awarded a credential, or the times during which an award holds have changed."""

    employee: UUID
    credential: UUID


tells(AwardChanged, lambda told: ([told.employee], SubjectKind.CREDENTIAL, [told.credential]))


@event
@dataclass(frozen=True)
class AwardsMade:
    """Some people were awarded a credential in one go."""

    employees: tuple[UUID, ...]
    credential: UUID


tells(AwardsMade, lambda told: (told.employees, SubjectKind.CREDENTIAL, [told.credential]))


@event
@dataclass(frozen=True)
class CredentialDue:
    """There may be people who have earned a credential, and no fact has changed that would tell of it."""

    credential: UUID
    after: UUID | None = None
    """The last of those who were looked at."""


@event
@dataclass(frozen=True)
class KeyCompromised:
    """Others may have a key that signed credentials: what it signed has to be signed anew."""

    key: UUID


@event
@dataclass(frozen=True)
class SigningDue:
    """There may be awards that are not signed as they should be."""


@event
@dataclass(frozen=True)
class EndorsementBrought:
    """Somebody brought an endorsement that was signed outside: it is to be checked."""

    endorsement: UUID


@event
@dataclass(frozen=True)
class CheckDue:
    """An outside credential is to be checked, again or for the first time."""

    credential: UUID
