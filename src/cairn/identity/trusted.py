"""Which identity providers are trusted: one that the environment describes, or several in a file.

One is described by `CAIRN_OIDC_ISSUER` and its siblings. Several, for a group of companies, stand in the TOML
or JSON file that `CAIRN_OIDC_PROVIDERS` names, each with all that was agreed with it:

    [[provider]]
    issuer = "https://login.north.example"
    label = "North"
    client_id = "cairn"
    client_secret_file = "/run/secrets/north"
    email_domains = ["north.example"]
    sources = ["north-hris"]
    number_claim = "attributes.employee_number"
    roles = { "hr" = "PEOPLE_ADMIN", "client:payroll" = "HRIS" }

What makes no sense is refused as the server starts, with the provider and the field.
"""

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from cairn.access.permissions import Permission, Role
from cairn.identity.providers import SCOPES, Provider
from cairn.settings import Environment, SettingError, Settings

FILE = "CAIRN_OIDC_PROVIDERS"
LONGEST_FILE = 1_000_000
"""Bytes of the file."""
MOST = 100
"""Providers in it."""

_DOMAIN = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")


def of_settings(settings: Settings, public_url: str) -> tuple[Provider, ...]:
    """The providers that the settings name, in their order. Raises `SettingError`."""
    production = settings.env is Environment.PRODUCTION
    if settings.oidc_providers is None:
        return (_of_environment(settings, public_url, production),) if settings.oidc_issuer else ()
    if settings.oidc_issuer:
        raise SettingError(f"CAIRN_OIDC_ISSUER: {FILE} is set too; describe that provider in the file")
    entries = _entries(settings.oidc_providers)
    found = tuple(entry.provider(public_url, production, name) for name, entry in entries)
    _check_apart(found)
    return found


def _of_environment(settings: Settings, public_url: str, production: bool) -> Provider:
    try:
        issuer = _issuer(settings.oidc_issuer)
    except ValueError as error:
        raise SettingError(f"CAIRN_OIDC_ISSUER: {error}") from None
    _check_scheme(issuer, production, "CAIRN_OIDC_ISSUER")
    secret = settings.oidc_client_secret
    roles = {
        group: _one_of(Role, name, "CAIRN_OIDC_ROLE_MAP") for group, name in settings.oidc_role_map.items()
    }
    scopes = {
        scope: _one_of(Permission, name, "CAIRN_OIDC_SCOPE_MAP")
        for scope, name in (settings.oidc_scope_map or {}).items()
    }
    return Provider(
        issuer=issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret is not None else None,
        audience=settings.oidc_audience or public_url,
        scopes=tuple(dict.fromkeys(["openid", *settings.oidc_scopes.split()])),
        role_claim=settings.oidc_role_claim,
        roles=roles,
        permissions=SCOPES if settings.oidc_scope_map is None else scopes,
        number_claim=settings.oidc_number_claim,
        label=_host(issuer),
        development=not production,
    )


E = TypeVar("E", Role, Permission)


def _one_of(kind: type[E], name: str, setting: str) -> E:
    try:
        return _named(kind, name)
    except ValueError as error:
        raise SettingError(f"{setting}: {error}") from None


def _named(kind: type[E], name: object) -> E:
    """A role or permission by its name or by its value. Raises `ValueError`."""
    for each in kind:
        if name in {each.name, each.value}:
            return each
    raise ValueError(f"{name!r} is none of {', '.join(sorted(kind))}")


def _issuer(address: str) -> str:
    """An issuer identifier (OpenID Connect Discovery 1.0, section 3). Raises `ValueError`."""
    try:
        parts = urlsplit(address)
        fits = parts.scheme in {"https", "http"} and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an https address without ? and #, as the provider's discovery says it")
    return address


def _check_scheme(issuer: str, production: bool, setting: str) -> None:
    if production and not issuer.startswith("https:"):
        raise SettingError(f"{setting}: must be an https address")


def _host(issuer: str) -> str:
    return urlsplit(issuer).hostname or issuer


def _domain(given: str) -> str:
    folded = given.strip().lower().removeprefix("@")
    if not _DOMAIN.fullmatch(folded):
        raise ValueError("must be the part of an address after @, such as example.com")
    return folded


def _words(given: Any) -> Any:
    return given.split() if isinstance(given, str) else given


Text = Annotated[str, Field(min_length=1, max_length=500)]
Domain = Annotated[str, AfterValidator(_domain)]
RoleName = Annotated[Role, BeforeValidator(lambda given: _named(Role, given))]
PermissionName = Annotated[Permission, BeforeValidator(lambda given: _named(Permission, given))]


class _Entry(BaseModel):
    """One provider in the file. The defaults are those of the environment's settings."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    issuer: Annotated[Text, AfterValidator(_issuer)]
    label: Text | None = None
    """What its button says; its host by default."""
    client_id: Text = "cairn"
    client_secret: SecretStr | None = None
    client_secret_file: Path | None = None
    audience: Text | None = None
    scopes: Annotated[list[Text], BeforeValidator(_words)] = ["openid", "profile", "email"]
    role_claim: Text = "groups"
    roles: dict[Text, RoleName] = {}
    scope_map: dict[Text, PermissionName] | None = None
    number_claim: Text = "employee_number"
    email_domains: list[Domain] = []
    """Whose addresses lead here, and the only ones it may vouch for."""
    sources: list[Text] = []
    """The feeds whose people sign in here; everybody's where none is named."""
    userinfo: bool = True
    vouches_for_emails: bool = False
    plain_access_tokens: bool = False
    trusted_audiences: list[Text] = []
    max_age: Annotated[int, Field(ge=0, le=31_536_000)] | None = None
    """Seconds since the person last proved who they are; beyond, the provider asks them again."""

    @model_validator(mode="after")
    def _one_secret(self) -> "_Entry":
        if self.client_secret is not None and self.client_secret_file is not None:
            raise ValueError("client_secret and client_secret_file are both given; keep one")
        return self

    def provider(self, public_url: str, production: bool, name: str) -> Provider:
        """What was agreed. Raises `SettingError`."""
        _check_scheme(self.issuer, production, f"{name}: issuer")
        secret = self.client_secret.get_secret_value() if self.client_secret is not None else None
        if self.client_secret_file is not None:
            secret = _read(self.client_secret_file, f"{name}: client_secret_file").decode().strip()
        audience = self.audience or public_url
        if self.plain_access_tokens and audience == self.client_id:
            raise SettingError(
                f"{name}: plain_access_tokens: only with an audience that is not the client_id, which alone "
                "would tell them from ID tokens"
            )
        return Provider(
            issuer=self.issuer,
            client_id=self.client_id,
            client_secret=secret or None,
            audience=audience,
            scopes=tuple(dict.fromkeys(["openid", *self.scopes])),
            role_claim=self.role_claim,
            roles=self.roles,
            permissions=SCOPES if self.scope_map is None else self.scope_map,
            number_claim=self.number_claim,
            label=self.label or _host(self.issuer),
            email_domains=frozenset(self.email_domains),
            sources=frozenset(self.sources),
            reads_userinfo=self.userinfo,
            vouches_for_emails=self.vouches_for_emails,
            plain_access_tokens=self.plain_access_tokens,
            trusted_audiences=frozenset(self.trusted_audiences),
            max_age=self.max_age,
            development=not production,
        )


def _read(path: Path, setting: str) -> bytes:
    try:
        with path.open("rb") as file:
            found = file.read(LONGEST_FILE + 1)
    except OSError as error:
        raise SettingError(f"{setting}: {path} cannot be read ({error.strerror})") from None
    if len(found) > LONGEST_FILE:
        raise SettingError(f"{setting}: {path} is longer than {LONGEST_FILE} bytes")
    return found


def _entries(path: Path) -> list[tuple[str, _Entry]]:
    """Each provider of the file, with what to call it where something is wrong."""
    text = _read(path, FILE)
    try:
        is_json = text.lstrip()[:1] == b"{"
        document: Any = json.loads(text) if is_json else tomllib.loads(text.decode())
    except (ValueError, RecursionError) as error:
        problem = str(error) if isinstance(error, json.JSONDecodeError | tomllib.TOMLDecodeError) else ""
        raise SettingError(f"{FILE}: {path} is neither TOML nor JSON {problem}".rstrip()) from None
    given = document.get("provider") if isinstance(document, dict) else None
    if not isinstance(given, list) or not 0 < len(given) <= MOST or len(document) != 1:
        raise SettingError(f"{FILE}: {path} must have 1 to {MOST} tables [[provider]], and nothing else")
    return [_entry(number, each) for number, each in enumerate(given, start=1)]


def _entry(number: int, given: object) -> tuple[str, _Entry]:
    issuer = given.get("issuer") if isinstance(given, Mapping) else None
    name = f"{FILE}: provider {number}" + (f" ({issuer})" if isinstance(issuer, str) else "")
    try:
        return name, _Entry.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise SettingError(": ".join(filter(None, (name, field, message)))) from None


def _check_apart(found: Sequence[Provider]) -> None:
    """That the providers can be told apart: by issuer, by button, and by the domain of an address."""
    for what, values in (
        ("issuer", [each.issuer for each in found]),
        ("label", [each.label for each in found]),
        ("email_domains", [domain for each in found for domain in each.email_domains]),
    ):
        twice = {each for each in values if values.count(each) > 1}
        if twice:
            raise SettingError(f"{FILE}: {what}: {min(twice)} is given twice; it must be one provider's")
