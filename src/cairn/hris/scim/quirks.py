"""What Entra ID sends that the RFC does not foresee, in the words of the RFC.

Only what the library does not read by itself: a manager as a bare string, references that are null, addresses
and numbers that are empty, and paths with brackets among the attributes of an operation without a path.
"""

from typing import Any

from cairn.hris.scim.resources import ENTERPRISE

_MANAGER = f"{ENTERPRISE}:manager".casefold()
_NOT_THEIRS = {"id", "meta", "groups", "password"}
"""What is ours to say; and a password, which nobody has here."""
_LISTED = {"emails", "phonenumbers"}
MOST_OPERATIONS = 1_000
"""Operations of one PATCH."""


def resource(payload: Any) -> Any:
    """The body of a POST or a PUT."""
    if not isinstance(payload, dict):
        return payload
    found = {key: value for key, value in payload.items() if key.casefold() not in _NOT_THEIRS}
    for key, value in payload.items():
        if key.casefold() == ENTERPRISE.casefold():
            found[key] = _extension(value)
        elif key.casefold() == _MANAGER:
            found[key] = _manager(value)
        elif key.casefold() in _LISTED:
            found[key] = _valued(value)
    return without_null_references(found)


def bulk(payload: Any) -> Any:
    """The body of a POST on `/Bulk`: what each operation carries."""
    operations = payload.get("Operations") if isinstance(payload, dict) else None
    if not isinstance(operations, list):
        return payload
    return {**payload, "Operations": [_carried(each) for each in operations]}


def _carried(operation: Any) -> Any:
    if not isinstance(operation, dict) or "data" not in operation:
        return operation
    is_patch = str(operation.get("method")).upper() == "PATCH"
    return {**operation, "data": (patch if is_patch else resource)(operation["data"])}


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
            if key.casefold() == ENTERPRISE.casefold():
                rest[key] = _extension(each)
            elif key.casefold() in _LISTED:
                rest[key] = _valued(each)
        rest = {key: _members(each) if key.casefold() == "members" else each for key, each in rest.items()}
        value_key = names["value"]
        found = [{**operation, value_key: without_null_references(rest)}] if rest or not bracketed else []
        return [*found, *({**operation, "path": key, value_key: each} for key, each in bracketed.items())]
    if "value" in names:
        value = without_null_references(value)
        name = path.casefold() if isinstance(path, str) else ""
        if name == ENTERPRISE.casefold():
            value = _extension(value)
        elif name.rpartition(":")[2] in _LISTED:
            value = _valued(value)
        elif name.rpartition(":")[2] == "members":
            value = _members(value)
        return [{**operation, names["value"]: value}]
    return [operation]


def _extension(value: Any) -> Any:
    """The extension for enterprises, with its manager as an object."""
    if not isinstance(value, dict):
        return value
    return {name: _manager(each) if name.casefold() == "manager" else each for name, each in value.items()}


def _valued(value: Any) -> Any:
    """Addresses or numbers without those that are empty: so OneLogin and others write that there is none."""
    if not isinstance(value, list):
        return value
    return [each for each in value if not (isinstance(each, dict) and _is_empty(each))]


def _is_empty(entry: dict[str, Any]) -> bool:
    return any(key.casefold() == "value" and value == "" for key, value in entry.items())


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
