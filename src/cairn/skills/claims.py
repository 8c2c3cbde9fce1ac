"""Skills at levels, as somebody says that something shows or grants them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Protocol
from uuid import UUID

from cairn.access.refusal import FieldProblem
from cairn.db.engine import Transaction
from cairn.db.tables import Ref
from cairn.people.references import dangling
from cairn.skills.assess import HIGHEST

MOST_CLAIMS = 20


class AtLevel(Protocol):
    """A skill at a level."""

    @property
    def skill(self) -> UUID:
        """The skill."""

    @property
    def level(self) -> int:
        """On the company's scale."""


@dataclass(frozen=True)
class SkillClaim:
    """A skill at a level that an item shows."""

    skill: Annotated[UUID, Ref("Skill")]
    """The skill."""
    level: int
    """On the company's scale."""


def unfit(claims: Sequence[AtLevel], path: Sequence[str]) -> Iterator[FieldProblem]:
    """Those that make no sense, whatever they are claimed of: a level off the scale, a skill twice."""
    for n, each in enumerate(claims):
        if not 1 <= each.level <= HIGHEST:
            yield FieldProblem([*path, str(n), "level"], f"must be from 1 to {HIGHEST}")
        if any(each.skill == earlier.skill for earlier in claims[:n]):
            yield FieldProblem([*path, str(n), "skill"], "comes twice")


async def unfit_claims(tx: Transaction, claims: Sequence[SkillClaim]) -> list[FieldProblem]:
    """What is wrong with `claims`, the argument of a verb, with skills that there are not."""
    problems = list(unfit(claims, ["claims"]))
    if len(claims) > MOST_CLAIMS:
        problems.append(FieldProblem(["claims"], f"at most {MOST_CLAIMS}"))
    named = ((f"claims.{n}.skill", "skill", each.skill) for n, each in enumerate(claims))
    return [*problems, *await dangling(tx, named)]
