"""Requirements in the graph: one input type wherever one is written.

The input has the form of `requirements/wire.py`, with the graph's ids in it. A step of a pathway that is
only being written has no id yet and is named by its key.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import strawberry

from cairn.access.refusal import FieldProblem, InvalidInput
from cairn.graph.problem import Problem
from cairn.graph.scalars import Duration, listed, optional, parse_id
from cairn.graph.types import Types, input_type
from cairn.requirements import wire
from cairn.requirements.problems import Malformed
from cairn.requirements.tree import Requirement

_KEYS = UUID("5e0f6f2c-5a53-4a0f-9a58-0c6f3b0d6a10")

_NODE_OF = {
    "skill": "Skill",
    "credential": "Credential",
    "step": "Step",
    "pathway": "Pathway",
    "role": "JobRole",
    "department": "Department",
    "team": "Team",
}


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
    problems: list[FieldProblem] = []
    written = _wire(given, path.split("."), problems)
    if problems:
        raise InvalidInput("The requirement makes no sense.", problems)
    try:
        return wire.parse(written)
    except Malformed as malformed:
        found = [FieldProblem([*path.split("."), *each.path], each.message) for each in malformed.problems]
        raise InvalidInput("The requirement makes no sense.", found) from None


def _wire(given: Any, path: list[str], problems: list[FieldProblem]) -> Any:
    if isinstance(given, list):
        return [_wire(each, [*path, str(n)], problems) for n, each in enumerate(given)]
    if not hasattr(given, "__strawberry_definition__"):
        return given.isoformat() if hasattr(given, "isoformat") else given
    written: dict[str, Any] = {}
    kind = type(given).__strawberry_definition__.name
    for field in type(given).__strawberry_definition__.fields:
        value, name = getattr(given, field.python_name), field.graphql_name
        if value is strawberry.UNSET or value is None:
            continue
        at = [*path, name]
        if name == "stepKey":
            written["step"] = str(step_with_key(value))
        elif name in _NODE_OF and isinstance(value, str):
            written[name] = _key(value, _NODE_OF[name], at, problems)
        elif name == "id" and kind == "SkillAtInput":
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
