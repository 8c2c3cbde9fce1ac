"""Evidence for the sample company, made from what each role requires; every note says that it is made up.

Nobody publishes what individual employees can do. The rule stands in `data/README.md` and uses hashes of
the login and the skill in place of chance, so the same day gives the same company.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from cairn.skills.assess import EvidenceDraft
from cairn.skills.tables import Source

NOTE = "Made up for the sample company"
MISTAKE = "entered for the wrong person"
THREE_YEARS = timedelta(days=3 * 365)


@dataclass(frozen=True)
class Worker:
    """Somebody of the sample company, as far as evidence goes."""

    id: UUID
    login: str
    since: datetime
    """The start of the employment."""
    manager: UUID | None
    peers: Sequence[UUID]
    """The others under the same manager."""


@dataclass(frozen=True)
class Need:
    """A skill the worker's role requires."""

    code: str
    skill: UUID
    level: int
    must_have: bool


def made_up(worker: Worker, need: Need, today: datetime) -> Iterator[EvidenceDraft]:
    """The evidence of one person's skill; that which is to be withdrawn has the note `MISTAKE`."""
    b = sha256(f"{worker.login}|{need.code}".encode()).digest()
    level = _level(need.level, b[1], sha256(worker.login.encode()).digest()[0])
    if b[0] < (8 if need.must_have else 20) or level < 1:
        return
    source, by = _voice(worker, b)
    since = max(worker.since, today - timedelta(days=14 + (256 * b[3] + b[4]) % 1100))
    until = since + THREE_YEARS if source in {Source.ASSESSMENT, Source.IMPORT} else None

    def draft(
        level: int,
        source: Source,
        since: datetime,
        until: datetime | None,
        by: UUID | None,
        note: str = NOTE,
    ) -> EvidenceDraft:
        return EvidenceDraft(worker.id, need.skill, level, source, since, until, by, note)

    yield draft(level, source, since, until, by)
    before = since - timedelta(days=200 + 2 * b[7])
    if b[5] < 77 and level > 1 and before >= worker.since:
        earlier, who = (Source.MANAGER, worker.manager) if b[6] % 2 == 0 else (Source.SELF, worker.id)
        yield draft(level - 1, earlier if who else Source.SELF, before, since, who or worker.id)
    claimed = min(since + timedelta(days=1 + b[10] % 60), today - timedelta(days=1))
    if b[8] < 51 and source is not Source.SELF and claimed > worker.since:
        yield draft(min(5, max(1, level + b[9] % 3 - 1)), Source.SELF, claimed, None, worker.id)
    if b[11] < 5 and worker.manager is not None:
        yield draft(5, Source.MANAGER, since - timedelta(days=1), None, worker.manager, MISTAKE)


def _level(required: int, b: int, person: int) -> int:
    steps: Mapping[int, int] = {8: -2, 77: -1, 208: 0, 246: 1, 256: 2}
    level = required + next(step for below, step in steps.items() if b < below)
    return min(5, level + (1 if person < 20 else -1 if person >= 236 else 0))


def _voice(worker: Worker, b: bytes) -> tuple[Source, UUID | None]:
    sources = {
        96: Source.MANAGER,
        141: Source.ASSESSMENT,
        166: Source.IMPORT,
        179: Source.PORTFOLIO,
        218: Source.SELF,
        256: Source.PEER,
    }
    source = next(each for below, each in sources.items() if b[2] < below)
    match source:
        case Source.MANAGER if worker.manager is not None:
            return source, worker.manager
        case Source.PEER if worker.peers:
            return source, worker.peers[b[12] % len(worker.peers)]
        case Source.MANAGER | Source.PEER:
            return Source.ASSESSMENT, None
        case Source.SELF:
            return source, worker.id
    return source, None
