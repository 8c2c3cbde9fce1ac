"""What was agreed with each identity provider: who we are to it, and what its claims mean here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cairn.access.permissions import Role
from cairn.settings import Environment, SettingError, Settings

PROGRAM = "client:"
"""What a client id is prefixed with where the role map names a program; no group can be called so."""


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
    number_claim: str = "employee_number"
    label: str = "single sign-on"
    """What the button says, where there are several."""
    email_domains: frozenset[str] = frozenset()
    """The domains whose people sign in here, where there are several."""
    reads_userinfo: bool = True
    """Whether to ask the userinfo end point for what an ID token leaves out."""
    vouches_for_emails: bool = False
    """Whether an address counts as verified although `email_verified` is missing; never if it is false."""
    plain_access_tokens: bool = False
    """Whether access tokens may come with the type `JWT`, as before RFC 9068. Then only their audience tells
    them from ID tokens, so it must not be the client id."""
    trusted_audiences: frozenset[str] = frozenset()
    """Who else an ID token may be for."""
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

    def role_of_program(self, client_id: str) -> Role | None:
        """The role of a program, where it is one we know."""
        return self.roles.get(PROGRAM + client_id)


def of_settings(settings: Settings, public_url: str) -> tuple[Provider, ...]:
    """The providers that the settings name. Raises `SettingError`."""
    if not settings.oidc_issuer:
        return ()
    production = settings.env is Environment.PRODUCTION
    scheme = urlsplit(settings.oidc_issuer).scheme
    if scheme != "https" and (production or scheme != "http"):
        raise SettingError("CAIRN_OIDC_ISSUER: must be an https address")
    secret = settings.oidc_client_secret
    return (
        Provider(
            issuer=settings.oidc_issuer,
            client_id=settings.oidc_client_id,
            client_secret=secret.get_secret_value() if secret is not None else None,
            audience=settings.oidc_audience or public_url,
            scopes=tuple(dict.fromkeys(["openid", *settings.oidc_scopes.split()])),
            role_claim=settings.oidc_role_claim,
            roles={group: _role(group, name) for group, name in settings.oidc_role_map.items()},
            number_claim=settings.oidc_number_claim,
            development=not production,
        ),
    )


def _role(group: str, name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise SettingError(
            f"CAIRN_OIDC_ROLE_MAP: {name!r}, of {group!r}, is none of {', '.join(sorted(Role))}"
        ) from None


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
