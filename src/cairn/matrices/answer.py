"""The answer of the graph that pictures and files of a matrix are made of: one operation of its viewer's.

It is read into compact records: a matrix of a thousand people and sixty skills has sixty thousand cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import msgspec

from cairn.matrices.assume import AssumptionKind

_WHOSE = {
    "Team": ("team", "about: team(id: $id) { name }"),
    "Employee": ("manager", "about: employee(id: $id) { name: displayName }"),
    "Department": ("department", "about: department(id: $id) { name }"),
    "JobRole": ("jobRole", "about: jobRole(id: $id) { name }"),
}
WHOSE = tuple(_WHOSE)
"""The types of which there are matrices."""

_MATRIX = """
query Matrix(
  $id: ID!, $depth: Int, $skills: [ID!], $at: DateTime, $within: Duration!,
  $whatIf: [AssumptionInput!], $supposes: Boolean!
) {
  %(about)s
  scale: proficiencyScale(first: 20) { nodes { level name } }
  matrix: teamMatrix(%(argument)s: $id, depth: $depth, skills: $skills, at: $at, whatIf: $whatIf) {
    at
    columns {
      skill { id name }
      required counted coverage average canCover isSinglePointOfFailure isSuppressed
      coveredBy { displayName }
    }
    rows {
      employee { id displayName }
      jobRole { name }
      isWithheld showsVerifiedOnly readiness
      isAssumed @include(if: $supposes)
      cells { level isVerified required gap assumptions @include(if: $supposes) { ...assumed } }
    }
    expiring(within: $within) { employee { id } skill { id } until }
    assumptions { applies employee { displayName } ...assumed }
  }
}
fragment assumed on MatrixAssumption {
  kind level
  jobRole { name } pathway { title } skill { name } credential { code published { name } }
}
"""


def document(type_: str) -> str:
    """The operation that asks for the matrix of a team, a manager, a department or a job role."""
    argument, about = _WHOSE[type_]
    return _MATRIX % {"argument": argument, "about": about}


class _Record(msgspec.Struct, rename="camel", gc=False):
    """Part of an answer; nothing in it refers back, so the collector need not look."""


class Named(_Record):
    """Whatever has a name."""

    name: str


class Skill(_Record):
    """The skill of a column."""

    id: str
    name: str


class Person(_Record):
    """Somebody."""

    display_name: str
    id: str = ""


class Column(_Record):
    """A column of the matrix."""

    skill: Skill
    required: int
    counted: int
    coverage: float | None
    average: float | None
    can_cover: int | None
    is_single_point_of_failure: bool | None
    is_suppressed: bool
    covered_by: list[Person]


class Titled(_Record):
    """Whatever has a title."""

    title: str


class Credential(_Record):
    """A credential."""

    code: str
    published: Named | None


class Assumed(_Record):
    """Something that is assumed."""

    kind: AssumptionKind
    level: int | None
    job_role: Named | None
    pathway: Titled | None
    skill: Named | None
    credential: Credential | None

    @property
    def says(self) -> str:
        """What is assumed, in words that follow the name of whom it is assumed of."""
        role = f" as {self.job_role.name}" if self.job_role else ""
        match self.kind:
            case AssumptionKind.LEAVES:
                return "leaves"
            case AssumptionKind.JOINS:
                return f"joins{role}"
            case AssumptionKind.MOVES:
                return f"works{role}"
            case AssumptionKind.COMPLETES:
                return f"completes {self.pathway.title if self.pathway else 'a pathway'}"
            case AssumptionKind.REACHES:
                return f"reaches level {self.level}" + (f" in {self.skill.name}" if self.skill else "")
            case AssumptionKind.LOSES:
                return "loses all evidence" + (f" of {self.skill.name}" if self.skill else "")
            case AssumptionKind.EXPIRES:
                found = self.credential
                name = "a credential" if found is None else found.code
                name = found.published.name if found is not None and found.published is not None else name
                return f"no longer holds {name}"


class Assumption(Assumed):
    """Something that the matrix assumes."""

    applies: bool
    employee: Person | None


class Cell(_Record):
    """A cell of the matrix."""

    level: int | None
    is_verified: bool
    required: int | None
    gap: int | None
    assumptions: list[Assumed] = []

    @property
    def assumed(self) -> str:
        """Which assumptions make it what it is; nothing where it is so."""
        return "; ".join(each.says for each in self.assumptions)


class Row(_Record):
    """A row of the matrix."""

    employee: Person
    job_role: Named | None
    is_withheld: bool
    shows_verified_only: bool
    readiness: float | None
    cells: list[Cell]
    is_assumed: bool = False

    @property
    def shown(self) -> str:
        """Which of the levels the viewer sees: a square without one means nothing where they see none."""
        return "none" if self.is_withheld else "verified only" if self.shows_verified_only else "all"


class Id(_Record):
    """Whatever is only referred to."""

    id: str


class Sinking(_Record):
    """A level that will sink."""

    employee: Id
    skill: Id
    until: datetime


class Matrix(_Record):
    """The matrix."""

    at: datetime
    columns: list[Column]
    rows: list[Row]
    expiring: list[Sinking]
    assumptions: list[Assumption]


class Step(_Record):
    """A step of the scale."""

    level: int
    name: str


class Scale(_Record):
    """The scale."""

    nodes: list[Step]


class Data(_Record):
    """What was asked for."""

    about: Named | None
    scale: Scale
    matrix: Matrix


class _Answer(_Record):
    data: Data


@dataclass(frozen=True)
class Found:
    """A matrix as somebody sees it."""

    name: str
    """Of whom it is."""
    scale: Mapping[int, str]
    """The names of the levels."""
    matrix: Matrix

    @cached_property
    def until(self) -> Mapping[tuple[str, str], datetime]:
        """When levels will have sunk, by the ids of person and skill."""
        return {(each.employee.id, each.skill.id): each.until for each in self.matrix.expiring}

    @property
    def assumes(self) -> Sequence[str]:
        """The assumptions it makes that apply, in words."""
        return [
            f"{each.employee.display_name if each.employee else 'Everybody'} {each.says}"
            for each in self.matrix.assumptions
            if each.applies
        ]


_DECODER = msgspec.json.Decoder(_Answer)


def read(body: bytes) -> Found | None:
    """The matrix in an answer; None where whose it should be is not there, or not to be seen."""
    data = _DECODER.decode(body).data
    if data.about is None:
        return None
    scale = {each.level: each.name for each in data.scale.nodes}
    return Found(data.about.name, scale, data.matrix)


def says(row: Row, column: Column, cell: Cell, until: datetime | None, scale: Mapping[int, str]) -> str:
    """A cell in words."""
    said: list[str] = []
    if cell.level is not None:
        name = scale.get(cell.level)
        said.append(f"level {cell.level}" + (f" ({name})" if name else ""))
        said.append("verified" if cell.is_verified else "not verified")
    elif row.is_withheld:
        said.append("withheld")
    else:
        said.append("no verified level" if row.shows_verified_only else "no level")
    if cell.required is not None:
        missing = f", {cell.gap} missing" if cell.gap else ""
        said.append(f"level {cell.required} required{missing}")
    if until is not None:
        said.append(f"until {until:%Y-%m-%d}")
    if cell.assumptions:
        said.append(f"assumed: {cell.assumed}")
    return f"{row.employee.display_name}, {column.skill.name}: {', '.join(said)}"
