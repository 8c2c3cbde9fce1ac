"""The environment, read once: every setting is `CAIRN_<NAME>`.

`cairn doctor` lists them with where each came from. A setting that makes no sense ends the program
with one sentence that names it.
"""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


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
    log_format: Literal["text", "json"] = "text"


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
