"""Requirements in the graph: one input type wherever one is written.

The input has the form of `requirements/wire.py`, with the graph's ids in it. A step of a pathway that is
only being written has no id yet and is named by its key.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import strawberry
from sqlalchemy import Integer

from cairn.access.refusal import FieldProblem, InvalidInput
from cairn.graph.frame import Given
from cairn.graph.problem import Problem, bad_input
from cairn.graph.scalars import Duration, listed, optional, parse_id
from cairn.graph.selection import Leaf, Template, Variables
from cairn.graph.types import Types, input_type
from cairn.requirements import problems as requirements
from cairn.requirements import wire
from cairn.requirements.check import check
from cairn.requirements.problems import Malformed
from cairn.requirements.tree import Requirement, walk

_KEYS = UUID("5e0f6f2c-5a53-4a0f-9a58-0c6f3b0d6a10")

NODE_OF = {
    "skill": "Skill",
    "credential": "Credential",
    "step": "Step",
    "pathway": "Pathway",
    "role": "JobRole",
    "department": "Department",
    "team": "Team",
}
"""The types of what requirements name, by the key that names it."""


def step_with_key(key: str) -> UUID:
    """What stands for a step in a requirement until the step has an id."""
    return uuid5(_KEYS, key)


def requirement_input(types: Types) -> Any:
    """The input type `RequirementInput`."""
    if "RequirementInput" in types.inputs:
        return types.inputs["RequirementInput"]
    node = types.inputs["RequirementInput"] = type("RequirementInput", (), {})
    several = listed(node)
    skill = input_type(
        "SkillAtInput",
        "A skill at a level.",
        {
            "id": (strawberry.ID, "The skill."),
            "level": (int, "The level it takes at least."),
            "verified": (bool | None, "Whether somebody else than the person and peers must vouch for it."),
        },
    )
    any_of = input_type(
        "AnyOfInput",
        "Some of several requirements.",
        {"n": (int, "How many of them, at least."), "of": (several, "The requirements.")},
    )
    weighted = input_type(
        "WeightedInput",
        "A requirement that counts for points.",
        {"weight": (int, "The points."), "when": (node, "The requirement.")},
    )
    points = input_type(
        "PointsInput",
        "Points from several requirements.",
        {
            "min": (int, "How many points it takes, at least."),
            "of": (listed(weighted), "What counts for points."),
        },
    )
    employed = input_type(
        "EmployedInput",
        "An employment; at most one of role, department, team and location.",
        {
            "role": (strawberry.ID | None, "In this job role."),
            "department": (strawberry.ID | None, "In this department, or one that is part of it."),
            "team": (strawberry.ID | None, "In this team."),
            "location": (str | None, "At this location."),
            "for": (optional(Duration), "For at least this long, without a break."),
        },
    )
    return input_type(
        "RequirementInput",
        "What somebody must have, hold or have done; exactly one of its fields is given.",
        {
            "all": (optional(several), "All of these; with none, always met."),
            "any": (optional(any_of), "Some of these."),
            "points": (optional(points), "Enough points of these."),
            "notBefore": (datetime | None, "Not before this instant."),
            "skill": (optional(skill), "A skill at a level."),
            "credential": (strawberry.ID | None, "A credential that is held."),
            "step": (strawberry.ID | None, "A step that is done."),
            "stepKey": (str | None, "A step of the pathway being written, by its key."),
            "pathway": (strawberry.ID | None, "A pathway that is completed."),
            "employed": (optional(employed), "An employment."),
        },
        one_of=True,
        into=node,
    )


def read(given: Any, path: str) -> Requirement:
    """The requirement of a coerced `RequirementInput`. Raises `InvalidInput` with the paths."""
    return _understood(_plain(given), path)


class Written:
    """A requirement in a statement: which nodes it has is in the text, what they say is bound.

    What each request says is read and checked anew, and refused where it makes no sense.
    """

    def __init__(self, given: Given, path: str) -> None:
        """`path` is where it stands in the arguments."""
        self._given = given
        self._path = path
        self._last: tuple[Any, list[Requirement]] | None = None
        self.requirement = self._checked(_values(given.template, lambda leaf: leaf.value))
        self.paths = [each for each, _, _ in walk(self.requirement)]
        """Of each node, in the order of `walk`."""

    def bind(self, read: Callable[[Any], Any], place: int, type_: Any) -> Any:
        """A parameter read from the node at a place in the order of `walk`."""
        return self._given.bind(lambda variables: read(self._nodes(variables)[place]), type_)

    def check(self) -> None:
        """Has each request checked also where nothing of it is bound."""
        self._given.bind(lambda variables: len(self._nodes(variables)), Integer())

    def _nodes(self, variables: Variables) -> list[Requirement]:
        if self._last is None or self._last[0] is not variables:
            found = self._checked(_values(self._given.template, lambda leaf: leaf.read(variables)))
            self._last = variables, [node for _, _, node in walk(found)]
        return self._last[1]

    def _checked(self, written: Any) -> Requirement:
        try:
            found = _understood(written, self._path)
            refuse(check(found), self._path)
        except InvalidInput as invalid:
            raise wrong(invalid) from None
        return found


def refuse(problems: Iterable[requirements.Problem], path: str) -> None:
    """Raises `InvalidInput` where problems that were found are more than warnings."""
    told = [
        FieldProblem([*path.split("."), *each.path], each.message) for each in problems if not each.is_warning
    ]
    if told:
        raise InvalidInput("The requirement makes no sense.", told)


def wrong(invalid: InvalidInput) -> Problem:
    """What a reader is told of an input that makes no sense: the problems are in the error's extensions."""
    told = "; ".join(f"{'.'.join(each.path)}: {each.message}" for each in invalid.problems)
    found = bad_input(told or invalid.message)
    found.extensions = {
        **(found.extensions or {}),
        "problems": [{"path": each.path, "message": each.message} for each in invalid.problems],
    }
    return found


def _understood(given: Any, path: str) -> Requirement:
    problems: list[FieldProblem] = []
    written = _wire(given, path.split("."), problems)
    if problems:
        raise InvalidInput("The requirement makes no sense.", problems)
    try:
        return wire.parse(written)
    except Malformed as malformed:
        found = [FieldProblem([*path.split("."), *each.path], each.message) for each in malformed.problems]
        raise InvalidInput("The requirement makes no sense.", found) from None


def _values(template: Template, of: Callable[[Leaf], Any]) -> Any:
    """A template with the values of a request."""
    match template:
        case dict():
            return {name: _values(each, of) for name, each in template.items()}
        case list():
            return [_values(each, of) for each in template]
        case Leaf():
            return of(template)
    return template


def _plain(given: Any) -> Any:
    """An input object by the names of the graph."""
    if isinstance(given, list):
        return [_plain(each) for each in given]
    if not hasattr(given, "__strawberry_definition__"):
        return given
    fields = type(given).__strawberry_definition__.fields
    found = {each.graphql_name: getattr(given, each.python_name) for each in fields}
    return {name: _plain(value) for name, value in found.items() if value is not strawberry.UNSET}


def _wire(given: Any, path: list[str], problems: list[FieldProblem]) -> Any:
    if isinstance(given, list):
        return [_wire(each, [*path, str(n)], problems) for n, each in enumerate(given)]
    if not isinstance(given, dict):
        return given.isoformat() if hasattr(given, "isoformat") else given
    written: dict[str, Any] = {}
    for name, value in given.items():
        at = [*path, name]
        if value is None:
            continue
        if name == "stepKey":
            written["step"] = str(step_with_key(value))
        elif name in NODE_OF and isinstance(value, str):
            written[name] = _key(value, NODE_OF[name], at, problems)
        elif name == "id":
            written[name] = _key(value, "Skill", at, problems)
        else:
            written[name] = _wire(value, at, problems)
    return written


def _key(value: str, node: str, path: list[str], problems: list[FieldProblem]) -> str:
    try:
        return str(parse_id(value, node))
    except Problem as problem:
        problems.append(FieldProblem(path, problem.message))
        return value
