"""The protocol of `scim2-server` where we differ from it, on purpose.

- A PATCH answers 200 with the whole user or group: Okta and Entra read it, and 204 tells them nothing.
- Bodies are read leniently (`quirks.py`).
- A search answers documents as the storage finds them. The library makes a model of each resource, copies it
deeply and writes it through pydantic, which is too much work for a page of a hundred.
- `/Me` is the viewer's own record.
"""

import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from scim2_models import (
    Context,
    ForbiddenException,
    InvalidSyntaxException,
    InvalidValueException,
    NotFoundException,
    PatchOp,
    PayloadTooLargeException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
    User,
)
from scim2_server.bulk import BulkPlan
from scim2_server.conditions import Conditions
from scim2_server.handler import AsyncScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation, Target
from scim2_server.service import ScimService, scim_exception_of
from scim2_server.utils import parametrize

from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.hris.scim import quirks
from cairn.hris.scim.document import Document, located
from cairn.hris.scim.page import FURTHEST
from cairn.hris.scim.resources import GROUP, USER
from cairn.hris.scim.storage import PeopleStorage

READING = {Operation.query, Operation.search, Operation.search_with_body}


class LackingScopeException(ForbiddenException):
    """The token is right and does not reach (RFC 6750, section 3.1)."""

    def __init__(self, permission: Permission) -> None:
        super().__init__(detail=f"This takes the permission {permission.value}")
        self.permission = permission


class Service(ScimService):
    """The protocol."""

    def authorize(self, request: ScimRequest, target: Target, resource_type: ResourceType) -> None:  # noqa: ARG002
        """Raises `LackingScopeException`; one's own record everybody may read."""
        viewer: Viewer = request.subject
        if target.operation in READING and target.me:
            return
        needed = {Permission.READ_PEOPLE}
        if target.operation not in READING:
            needed.add(Permission.WRITE_PEOPLE)
        for permission in sorted(needed):
            if not viewer.may(permission):
                raise LackingScopeException(permission)

    def me_target(self, request: ScimRequest) -> tuple[ResourceType, str]:
        """The viewer's own record; a program has none. Raises `NotFoundException`."""
        viewer: Viewer = request.subject
        if viewer.employee is None:
            raise NotFoundException(detail="This token is a program's, which is no user")
        return self.resource_type_at("Users"), str(viewer.employee)

    def read_creation(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        """The body of a POST."""
        model = self.get_model(resource_type)
        found: Resource[Any] = self._read(model, body, content_type, Context.RESOURCE_CREATION_REQUEST)
        return found

    def read_replacement(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> Resource[Any]:
        """The body of a PUT."""
        model = self.get_model(resource_type)
        found: Resource[Any] = self._read(model, body, content_type, Context.RESOURCE_REPLACEMENT_REQUEST)
        return found

    def read_patch(
        self, resource_type: ResourceType, body: bytes, content_type: str | None
    ) -> "PatchOp[Any]":
        """The body of a PATCH."""
        payload = quirks.patch(self.decode_body(body, content_type))
        operations = payload.get("Operations") if isinstance(payload, dict) else None
        if isinstance(operations, list) and len(operations) > quirks.MOST_OPERATIONS:
            raise PayloadTooLargeException(detail=f"A PATCH has at most {quirks.MOST_OPERATIONS} operations")
        model = parametrize(PatchOp, self.get_model(resource_type))
        found: PatchOp[Any] = self._validated(model, payload, Context.RESOURCE_PATCH_REQUEST)
        return found

    def read_bulk(self, body: bytes, content_type: str | None) -> BulkPlan:
        """The body of a POST on `/Bulk`; what its operations carry is read as it is anywhere else."""
        payload = quirks.bulk(self.decode_body(body, content_type))
        return super().read_bulk(json.dumps(payload).encode(), content_type)

    def _read(self, model: Any, body: bytes, content_type: str | None, context: Context) -> Any:
        return self._validated(model, quirks.resource(self.decode_body(body, content_type)), context)

    @staticmethod
    def _validated(model: Any, payload: Any, context: Context) -> Any:
        if not isinstance(payload, dict):
            raise InvalidSyntaxException(detail="The body is a JSON object")
        try:
            return model.model_validate(payload, scim_ctx=context)
        except ValidationError as exception:
            raise scim_exception_of(exception) from exception
        except (RecursionError, UnicodeError):
            raise InvalidValueException(detail="The body cannot be read") from None

    def apply_replacement(
        self, current: Resource[Any], replacement: Resource[Any], conditions: Conditions
    ) -> Resource[Any] | None:
        """What is left out is cleared, but whether somebody is active: that takes a word."""
        if isinstance(replacement, User) and replacement.active is None:
            replacement.active = current.active  # type: ignore[attr-defined]
        return super().apply_replacement(current, replacement, conditions)

    def apply_patch(
        self, current: Resource[Any], patch_op: "PatchOp[Any]", conditions: Conditions
    ) -> Resource[Any] | None:
        """What cannot be a value is refused by its attribute, not by how the library came upon it."""
        try:
            return super().apply_patch(current, patch_op, conditions)
        except InvalidValueException as refused:
            if isinstance(refused.__cause__, ValidationError):
                raise scim_exception_of(refused.__cause__) from refused
            raise

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """200 with the body."""
        return self.replacement_response(base_url, resource, response_parameters)

    def listed(
        self,
        request: ScimRequest,
        types: list[ResourceType],
        page: Any,
        documents: Sequence[Document],
        asked: SearchRequest[Any],
    ) -> ScimResponse:
        """The answer of a search."""
        base = request.base_url.rstrip("/")
        shown = projected([located(each, base) for each in documents], asked)
        body: dict[str, Any] = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": page.total,
            "itemsPerPage": len(shown),
        }
        if asked.cursor is None:
            body["startIndex"] = min(asked.start_index or 1, FURTHEST)
        elif asked.count != 0:
            sealed = {
                "nextCursor": self._seal(types, asked, page.next),
                "previousCursor": self._seal(types, asked, page.previous),
            }
            body.update({key: value for key, value in sealed.items() if value is not None})
        body["Resources"] = shown
        return ScimResponse(HTTPStatus.OK, body)


class Handler(AsyncScimHandler):
    """Serves a request on a storage of people."""

    service: Service
    storage: PeopleStorage

    async def search(self, request: ScimRequest) -> ScimResponse:
        """GET on a resource type or the root."""
        return await self._search(request, Operation.search)

    async def search_with_body(self, request: ScimRequest) -> ScimResponse:
        """POST on `.search`."""
        return await self._search(request, Operation.search_with_body)

    async def _search(self, request: ScimRequest, operation: Operation) -> ScimResponse:
        service = self.service
        with service.provider:
            target = service.route(request, operation)
            types = service.searched_types(target.endpoint)
            authorized = service.authorized_types(request, target, types)
            if operation is Operation.search:
                asked, position = service.read_search_query(types, request.query)
            else:
                asked, position = service.read_search_body(
                    types, request.body, request.header("Content-Type")
                )
            page, documents = await self.storage.find(authorized, asked, position)
            return service.listed(request, types, page, documents, asked)


def projected(documents: list[Document], asked: ResponseParameters[Any]) -> list[Document]:
    """The documents with the attributes that were asked for (RFC 7644, section 3.9)."""
    if asked.attributes:
        paths = [_path(str(path)) for path in asked.attributes]
        if ["members", "display"] not in paths:
            _without_display(documents)
        return [_only(each, paths) for each in documents]
    _without_display(documents)
    if asked.excluded_attributes:
        paths = [_path(str(path)) for path in asked.excluded_attributes]
        return [_without(each, paths) for each in documents]
    return documents


def _without_display(documents: list[Document]) -> None:
    for document in documents:
        for member in document.get("members", ()):
            member.pop("display", None)


_CORE = re.compile(rf"^(?:{re.escape(USER)}|{re.escape(GROUP)}):", re.IGNORECASE)


def _path(text: str) -> list[str]:
    """The names that lead to an attribute; the extension's begin with its URN."""
    text = _CORE.sub("", text).casefold()
    if not text.startswith("urn:"):
        return text.split(".")
    urn, _, rest = text.rpartition(":")
    # The URN of an extension ends with a name too: `…:2.0:User`.
    return [text] if re.search(r":\d+\.\d+$", urn) else [urn, *rest.split(".")]


def _only(document: Document, paths: list[list[str]]) -> Document:
    found = {key: document[key] for key in ("schemas", "id")}
    for key, value in document.items():
        below = [path[1:] for path in paths if path[0] == key.casefold()]
        if not below:
            continue
        shown = value if any(not path for path in below) else _nested(value, below, _only_of)
        if shown not in ({}, [], None):
            found[key] = shown
    return found


def _only_of(value: dict[str, Any], below: list[list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, each in value.items():
        deeper = [path[1:] for path in below if path[0] == key.casefold()]
        if deeper:
            found[key] = each if any(not path for path in deeper) else _nested(each, deeper, _only_of)
    return found


def _without(document: Document, paths: list[list[str]]) -> Document:
    return {key: document[key] for key in ("schemas", "id")} | _without_of(
        {key: value for key, value in document.items() if key not in {"schemas", "id"}}, paths
    )


def _without_of(value: dict[str, Any], paths: list[list[str]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, each in value.items():
        below = [path[1:] for path in paths if path[0] == key.casefold()]
        if any(not path for path in below):
            continue
        found[key] = _nested(each, below, _without_of) if below else each
    return found


def _nested(value: Any, below: list[list[str]], apply: Any) -> Any:
    if isinstance(value, list):
        return [shown for each in value if (shown := _nested(each, below, apply))]
    return apply(value, below) if isinstance(value, dict) else value
