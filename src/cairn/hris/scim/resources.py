"""What is served at `/scim/v2`: the resource types, and what the service announces about itself.

RFC 7643, with the extension for enterprises; cursors as RFC 9865 has them.
"""

from typing import Annotated, Any
from unicodedata import normalize

import email_validator
from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Extension,
    Filter,
    Mutability,
    Pagination,
    Patch,
    Reference,
    Required,
    Resource,
    ResourceType,
    Returned,
    ScimPolicy,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
    User,
    default_comparison_key,
)

from cairn.people.profile import fold
from cairn.people.waiting import DIRECTORY

# Addresses at `.local`, `.test` and their like are those of many a company's own network.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
SOURCE = DIRECTORY
"""The feed that people and teams provisioned here come from."""

PAGE = 100
"""Resources on a page, unless a client asks for another number."""
LONGEST_PAGE = 200
BULK_OPERATIONS = 1_000
BULK_BYTES = 4 * 1024 * 1024
BODY_BYTES = 1024 * 1024
CURSOR_SECONDS = 3_600


class Manager(ComplexAttribute):
    """The manager of a user, without their `displayName`: that is in the manager's own record."""

    value: Annotated[str | None, CaseExact.true] = None
    """The id of the SCIM resource representing the User's manager."""
    ref: Reference[User[Any]] | None = Field(None, serialization_alias="$ref", validation_alias="$ref")
    """The URI of the SCIM resource representing the User's manager."""


class EnterpriseUser(Extension):
    """The extension for enterprises (RFC 7643, section 4.3).

    The library's own has `manager.$ref` required, as the letter of the RFC's schema does; no client sends it.
    """

    __schema__ = URN(ENTERPRISE)

    employee_number: str | None = None
    """Numeric or alphanumeric identifier assigned to a person, typically by order of hire or association
    with an organization."""
    cost_center: str | None = None
    """Identifies the name of a cost center."""
    organization: str | None = None
    """Identifies the name of an organization."""
    division: str | None = None
    """Identifies the name of a division."""
    department: str | None = None
    """Identifies the name of a department."""
    manager: Manager | None = None
    """The User's manager."""


class Member(ComplexAttribute):
    """Who is in a group.

    `display` is the name of their record, which only that says; an answer has it where it was asked for.
    """

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """Identifier of the member of this Group."""
    ref: Annotated[Reference[User[Any]] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The reference URI of a target resource, if the attribute is a reference."""
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    """A label indicating the type of resource: `User`."""
    display: Annotated[str | None, Mutability.read_only, Returned.request] = None
    """The name of the user."""


class Group(Resource[Any]):
    """A group: a team. Groups are not in groups."""

    __schema__ = URN(GROUP)

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    """A human-readable name for the Group."""
    members: list[Member] | None = None
    """A list of members of the Group."""


def _comparison_key(binding: Any, value: str) -> str:
    """How strings compare; user names as the people room keeps them, folded."""
    key: str = fold(value) if binding.field_name == "user_name" else default_comparison_key(binding, value)
    return normalize("NFC", key)


POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    comparison_key=_comparison_key,
)
"""Attributes that mean nothing here are ignored, as RFC 7644, section 3.3, allows; the rest is Entra."""

CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=True, max_operations=BULK_OPERATIONS, max_payload_size=BULK_BYTES),
    filter=Filter(supported=True, max_results=LONGEST_PAGE),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=True),
    etag=ETag(supported=True),
    pagination=Pagination(
        cursor=True,
        index=True,
        default_pagination_method=Pagination.DefaultPaginationMethod.index,
        default_page_size=PAGE,
        max_page_size=LONGEST_PAGE,
        cursor_timeout=CURSOR_SECONDS,
    ),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="OAuth Bearer Token",
            description="An access token of the identity provider, or a service token of Cairn's own.",
            spec_uri="https://www.rfc-editor.org/info/rfc6750",
            primary=True,
        )
    ],
)


def provider() -> ScimProvider:
    """The description of the service."""
    return ScimProvider(
        models=[User, EnterpriseUser, Group],
        resource_types=[
            ResourceType.from_resource(User[EnterpriseUser]),
            ResourceType.from_resource(Group),
        ],
        config=CONFIG,
        policy=POLICY,
    )
