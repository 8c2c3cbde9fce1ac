"""What was agreed with each identity provider: who we are to it, and what its claims mean here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cairn.access.permissions import Permission, Role
from cairn.settings import SettingError

PROGRAM = "client:"
"""What a client id is prefixed with where the role map names a program; no group can be called so."""
SCOPES: Mapping[str, Permission] = {
    each.value: each for each in Permission if each is not Permission.MANAGE_ACCESS
}
"""What scopes mean unless something else was agreed: the permissions by their values. Managing access is for
people, so no scope means it."""


@dataclass(frozen=True)
class Provider:
    """One identity provider."""

    issuer: str
    """Exactly as its discovery document and its tokens say it."""
    client_id: str
    audience: str
    """What access tokens for our API name as their audience."""
    client_secret: str | None = field(default=None, repr=False)
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    role_claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    """What a group means here; a group that is not listed means nothing."""
    permissions: Mapping[str, Permission] = field(default_factory=lambda: SCOPES)
    """What a scope of an access token means here; a scope that is not listed means nothing."""
    number_claim: str = "employee_number"
    label: str = "single sign-on"
    """What the button says, where there are several."""
    email_domains: frozenset[str] = frozenset()
    """The domains whose people sign in here, where there are several. Where it has any, its word about an
    address counts in these alone: one company's provider does not say who somebody is at another."""
    sources: frozenset[str] = frozenset()
    """The feeds whose people it may say who they are, by number or address; everybody's where it has none.
    Two companies may well have the same employee number."""
    reads_userinfo: bool = True
    """Whether to ask the userinfo end point for what an ID token leaves out."""
    vouches_for_emails: bool = False
    """Whether an address counts as verified although `email_verified` is missing; never if it is false."""
    plain_access_tokens: bool = False
    """Whether access tokens may come with the type `JWT`, as before RFC 9068. Then only their audience tells
    them from ID tokens, so it must not be the client id."""
    trusted_audiences: frozenset[str] = frozenset()
    """Who else an ID token may be for."""
    max_age: int | None = None
    """Seconds since somebody last proved to it who they are, after which it must ask them again."""
    development: bool = False
    """Whether it may be one that lets anybody in as anybody."""

    def __post_init__(self) -> None:
        if self.plain_access_tokens and self.audience == self.client_id:
            raise SettingError(
                "plain access tokens need an audience of their own: CAIRN_OIDC_AUDIENCE must not be "
                "CAIRN_OIDC_CLIENT_ID"
            )

    def roles_of(self, groups: Sequence[str]) -> frozenset[Role]:
        """The roles that a person's groups mean."""
        return frozenset(
            self.roles[group] for group in groups if group in self.roles and not group.startswith(PROGRAM)
        )

    def permissions_of(self, scopes: Iterable[str]) -> frozenset[Permission]:
        """The permissions that a token's scopes mean."""
        return frozenset(self.permissions[scope] for scope in scopes if scope in self.permissions)

    def role_of_program(self, client_id: str) -> Role | None:
        """The role of a program, where it is one we know."""
        return self.roles.get(PROGRAM + client_id)


def claim(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its name, or by the path to it: `attributes.employee_number`; None where there is none."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return None
        found = found[part]
    return found


def groups(claims: Mapping[str, Any], path: str) -> list[str]:
    """Somebody's groups. None where they are missing or did not fit into the token: then rights shrink."""
    found = claim(claims, path)
    elsewhere = claims.get("_claim_names")
    if isinstance(elsewhere, Mapping) and path in elsewhere:
        return []
    if isinstance(found, str):
        return [found]
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []
