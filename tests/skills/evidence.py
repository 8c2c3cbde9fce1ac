"""Evidence by chance, and the policy in plain Python: what a level is, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from hypothesis import strategies as st
from sqlalchemy import delete, insert

from cairn.db.ranges import Range
from cairn.skills import tables
from cairn.skills.tables import Source
from world import id_of, on

TERMS = 20
CLAIMS = {Source.SELF, Source.PEER}


def term(n):
    """The start of a term of a hundred and thirty days; they run from 2020 on."""
    return on(2020) + timedelta(days=130 * n)


@dataclass(frozen=True)
class Piece:
    """A piece of evidence."""

    employee: UUID
    skill: UUID
    level: int
    source: Source
    since: datetime
    until: datetime | None
    withdrawn: bool

    def holds(self, instant):
        return not self.withdrawn and self.since <= instant and (self.until is None or instant < self.until)

    def row(self):
        return {
            "id": tables.Evidence.new_id(),
            "employee_id": self.employee,
            "skill_id": self.skill,
            "level": self.level,
            "source": self.source,
            "valid": Range(self.since, self.until),
            "recorded_at": self.since,
            "withdrawn_at": self.since if self.withdrawn else None,
            "withdrawn_reason": "By chance" if self.withdrawn else None,
        }


@st.composite
def pieces(draw, people=("Cleo",), skills=("Python", "SQL")):
    """A piece that begins with a term, of any length or without an end."""
    since = draw(st.integers(0, TERMS - 1))
    length = draw(st.none() | st.integers(1, 8))
    return Piece(
        employee=id_of(draw(st.sampled_from(people))),
        skill=id_of(draw(st.sampled_from(skills))),
        level=draw(st.integers(0, 5)),
        source=draw(st.sampled_from(Source)),
        since=term(since),
        until=None if length is None else term(since + length),
        withdrawn=draw(st.integers(0, 7)) == 0,
    )


async def put(tx, evidence):
    """Makes this all the evidence there is."""
    await tx.execute(delete(tables.Evidence))
    if evidence:
        await tx.execute(insert(tables.Evidence), [piece.row() for piece in evidence])


def level(evidence, instant):
    """The level and whether it is verified: the highest vouched for, else the highest claimed, or None."""
    held = [piece for piece in evidence if piece.holds(instant)]
    sure = [piece.level for piece in held if piece.source not in CLAIMS]
    if sure:
        return max(sure), True
    return (max(piece.level for piece in held), False) if held else None


def suffices(found, asked, *, verified):
    return found is not None and found[0] >= asked and (found[1] or not verified)


def until(evidence, instant):
    """When the level that holds at an instant will have sunk; None where it never does."""
    asked, verified = level(evidence, instant)
    edges = {edge for piece in evidence for edge in (piece.since, piece.until) if edge and edge > instant}
    for edge in sorted(edges):
        if not suffices(level(evidence, edge), asked, verified=verified):
            return edge
    return None


def since(evidence, instant):
    """Since when the level that holds at an instant has not been lower, nor less verified."""
    asked, verified = level(evidence, instant)
    edges = {edge for piece in evidence for edge in (piece.since, piece.until) if edge and edge <= instant}
    begun = instant
    for edge in sorted(edges, reverse=True):
        if not suffices(level(evidence, edge), asked, verified=verified):
            break
        begun = edge
    return begun


def of(evidence, employee, skill):
    return [piece for piece in evidence if (piece.employee, piece.skill) == (id_of(employee), id_of(skill))]
