"""The environment, read once: every setting is `CAIRN_<NAME>`.

`cairn doctor` lists them with where each came from. A setting that makes no sense ends the program
with one sentence that names it.
"""

import json
import re
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

_ADDRESS = re.compile(r"[^\s<>()@,;:\"\\]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}", re.ASCII)


class Environment(StrEnum):
    """What may be taken for granted."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"
    """Refuses to start with anything that is fit for a laptop only."""


class Settings(BaseSettings):
    """All that can be set from outside."""

    model_config = SettingsConfigDict(env_prefix="CAIRN_", extra="ignore", frozen=True)

    env: Environment = Environment.DEVELOPMENT
    database_url: SecretStr | None = None
    """`postgresql://…`; absent: an embedded PostgreSQL in `data_dir`."""
    read_database_urls: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Replicas, separated by commas."""
    database_pool: int = Field(default=8, ge=1, le=200)
    """Connections for reads, for each server process; writes have as many of their own."""
    data_dir: Path = Path(".cairn")
    public_url: str = ""
    """What people type, for example `https://cairn.example.com`; absent: from host and port."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    workers: int = Field(default=1, ge=1, le=64)
    oidc_providers: Path | None = None
    """A TOML or JSON file with several identity providers, in place of the settings below."""
    oidc_issuer: str = ""
    """The identity provider, exactly as its discovery document calls itself; absent: the development one."""
    oidc_client_id: str = "cairn"
    oidc_client_secret: SecretStr | None = None
    """Absent: a public client, which PKCE alone protects."""
    oidc_audience: str = ""
    """What access tokens for this API name as their audience; absent: the public URL."""
    oidc_scopes: str = "openid profile email"
    """What is asked for at sign-in, separated by spaces."""
    oidc_role_claim: str = "groups"
    """The claim that lists somebody's groups; a dot leads into an object."""
    oidc_role_map: Annotated[dict[str, str], NoDecode] = Field(default_factory=dict)
    """The groups that mean a role here: `hr=PEOPLE_ADMIN,learning=LEARNING_ADMIN`, or the same as JSON. A
    program is named by its client id: `client:payroll=HRIS`."""
    oidc_scope_map: Annotated[dict[str, str] | None, NoDecode] = None
    """The scopes of access tokens that mean a permission here, written likewise: `api.people=people:read`;
    absent: the permissions by their own names."""
    oidc_number_claim: str = "employee_number"
    """The claim that holds the employee number; a dot leads into an object."""
    signing_key: SecretStr | None = None
    """The key that signs credentials: a file, the key itself, or a hook (`credentials/keys.py`).

    Absent: one in `data_dir`."""
    files_url: str = ""
    """Where files of portfolios are kept: `file:///srv/cairn` or `s3://bucket/folder`, for other servers of
    that protocol with `?endpoint=https://…` and `&region=…`; absent: in `data_dir`.

    Keys are not written here: they come from AWS's own variables, its files, or the machine's role."""
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = ()
    """The names that requests may be addressed to, separated by commas; absent: that of the public URL, and
    in development those of this machine."""
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    """The sites whose pages may ask with a bearer token, for example `https://intranet.example.com`; absent:
    none. Cookies never authorise another site."""
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    """The addresses or networks of reverse proxies, separated by commas: `10.0.0.0/8`; absent: none."""
    proxy_header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    """In which header those say whom they ask for."""
    documents: Path | None = None
    """A folder or a manifest of GraphQL documents that are asked by `documentId` (`graph/trusted.py`)."""
    documents_required: bool = True
    """Whether nothing else is answered where `documents` names some."""
    rate_person: int = Field(default=3_000, ge=0)
    """Requests of a person a minute; 0: any number, here and below."""
    rate_token: int = Field(default=30_000, ge=0)
    """Requests of a program a minute."""
    rate_sign_in: int = Field(default=120, ge=0)
    """Steps of signing in a minute, from one address; a sign-in takes two."""
    rate_address: int = Field(default=3_000, ge=0)
    """Requests a minute, from one address, for what anybody may see."""
    rate_failures: int = Field(default=30, ge=0)
    """Credentials a minute that did not hold, from one address."""
    terms_url: str = ""
    """The terms for apps that people let act for them; absent: a page here that says what they may do."""
    privacy_url: str = ""
    """The privacy policy that those apps, and people, are led to; absent: the same page."""
    smtp_url: SecretStr | None = None
    """The mail server: `smtp://user:password@host:587` (STARTTLS) or `smtps://…:465`; absent: no mails."""
    mail_from: str = ""
    """The address that mails are from; absent: `cairn@` the host of the public URL."""
    metrics_token: SecretStr | None = None
    """What whoever reads `/metrics` sends as bearer token; absent: only this machine may."""
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    access_log: bool = False
    """Whether each request is logged: method, path, status, time taken, who asked."""

    @property
    def address(self) -> str:
        """What people type, with no slash at its end."""
        return self.public_url.rstrip("/") or f"http://localhost:{self.port}"

    @field_validator("read_database_urls", "allowed_hosts", "cors_origins", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return tuple(filter(None, map(str.strip, given.split(",")))) if isinstance(given, str) else given

    @field_validator("smtp_url")
    @classmethod
    def _is_a_mail_server(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not given.get_secret_value().startswith(("smtp://", "smtps://")):
            raise ValueError("write smtp://user:password@host:587, or smtps://…:465")
        return given

    @field_validator("mail_from")
    @classmethod
    def _is_an_address(cls, given: str) -> str:
        if given and not _ADDRESS.fullmatch(given):
            raise ValueError("write an address alone, such as learning@example.com")
        return given

    @field_validator("oidc_role_map", "oidc_scope_map", mode="before")
    @classmethod
    def _mapped(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        if given.lstrip().startswith("{"):
            return json.loads(given)
        pairs = [pair.rpartition("=") for pair in given.split(",") if pair.strip()]
        return {group.strip(): role.strip() for group, _, role in pairs}


class SettingError(Exception):
    """A setting makes no sense; the message is one sentence that names it."""


@cache
def settings() -> Settings:
    """The settings of this process. Raises `SettingError`."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "CAIRN_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingError(f"{name}: {first['msg']}") from None
