"""What Entra ID sends that the RFC does not foresee, in the words of the RFC.

Only what the library does not read by itself: a manager as a bare string, references that are null, and
paths with brackets among the attributes of an operation without a path.
"""

from typing import Any

from cairn.hris.scim.resources import ENTERPRISE

_MANAGER = f"{ENTERPRISE}:manager".casefold()
_NOT_THEIRS = {"id", "meta", "groups", "password"}
"""What is ours to say; and a password, which nobody has here."""
MOST_OPERATIONS = 1_000
"""Operations of one PATCH."""


def resource(payload: Any) -> Any:
    """The body of a POST or a PUT."""
    if not isinstance(payload, dict):
        return payload
    found = {key: value for key, value in payload.items() if key.casefold() not in _NOT_THEIRS}
    for key, value in payload.items():
        if key.casefold() == ENTERPRISE.casefold() and isinstance(value, dict):
            found[key] = {
                name: _manager(each) if name.casefold() == "manager" else each for name, each in value.items()
            }
        elif key.casefold() == _MANAGER:
            found[key] = _manager(value)
    return without_null_references(found)


def patch(payload: Any) -> Any:
    """The body of a PATCH."""
    if not isinstance(payload, dict):
        return payload
    found = dict(payload)
    for key, operations in payload.items():
        if key.casefold() == "operations" and isinstance(operations, list):
            found[key] = [each for operation in operations for each in _operations(operation)]
    return found


def _operations(operation: Any) -> list[Any]:
    if not isinstance(operation, dict):
        return [operation]
    names = {key.casefold(): key for key in operation}
    path = operation.get(names.get("path", "path"))
    value = operation.get(names.get("value", "value"))
    if isinstance(path, str) and path.casefold() == _MANAGER:
        manager = _manager(value)
        return [{**operation, names.get("value", "value"): manager}] if "value" in names else [operation]
    if path is None and isinstance(value, dict):
        bracketed = {key: each for key, each in value.items() if "[" in key}
        rest = {key: each for key, each in value.items() if key not in bracketed}
        rest = {key: _manager(each) if key.casefold() == _MANAGER else each for key, each in rest.items()}
        for key, each in rest.items():
            if key.casefold() == ENTERPRISE.casefold() and isinstance(each, dict):
                rest[key] = {
                    name: _manager(one) if name.casefold() == "manager" else one for name, one in each.items()
                }
        rest = {key: _members(each) if key.casefold() == "members" else each for key, each in rest.items()}
        value_key = names["value"]
        found = [{**operation, value_key: without_null_references(rest)}] if rest or not bracketed else []
        return [*found, *({**operation, "path": key, value_key: each} for key, each in bracketed.items())]
    if "value" in names:
        value = without_null_references(value)
        if isinstance(path, str) and path.casefold().rpartition(":")[2] == "members":
            value = _members(value)
        return [{**operation, names["value"]: value}]
    return [operation]


def _members(value: Any) -> Any:
    """Members without what only their own records say."""
    if isinstance(value, list):
        return [_members(each) for each in value]
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if key.casefold() != "display"}
    return value


def _manager(value: Any) -> Any:
    """A manager as an object; none where it is null or empty, or names nobody."""
    if isinstance(value, str):
        return {"value": value} if value else None
    if isinstance(value, dict):
        named = {key: each for key, each in value.items() if each not in (None, "")}
        return named or None
    return value


def without_null_references(value: Any) -> Any:
    """A value without each `"$ref": null` that its objects hold."""
    if isinstance(value, list):
        return [without_null_references(each) for each in value]
    if isinstance(value, dict):
        return {
            key: without_null_references(each)
            for key, each in value.items()
            if not (key == "$ref" and each is None)
        }
    return value
