"""Where the bytes of files are: a folder, or a bucket of S3 or of what speaks its protocol.

A file is written once under a key that is drawn by lot, read in pieces, and deleted by a worker after
nothing leads to it any more; it never changes. What was written and never led to is swept up by night.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import uuid4

from cairn.settings import SettingError, Settings, settings

PIECE = 262_144
SECONDS = 60
"""How long the store may take for one errand."""
FOLDER = "portfolio"


class Storage:
    """The store, as the settings have it."""

    def __init__(self, store: Any) -> None:
        self._store = store

    @staticmethod
    def new_key() -> str:
        """A key that says nothing, in folders none of which becomes too full."""
        name = uuid4().hex
        return f"{FOLDER}/{name[:2]}/{name}"

    async def put(self, key: str, file: IO[bytes]) -> None:
        """Keeps what is in a file, from its beginning; it is read in pieces."""
        import obstore  # noqa: PLC0415  # 20 MB of Rust, and few processes keep files

        file.seek(0)
        async with asyncio.timeout(SECONDS):
            await obstore.put_async(self._store, key, file, max_concurrency=2)

    async def pieces(self, key: str) -> AsyncIterator[bytes]:
        """What is kept, in pieces. Raises `FileNotFoundError`."""
        import obstore  # noqa: PLC0415  # likewise

        async with asyncio.timeout(SECONDS):
            found = await obstore.get_async(self._store, key)
        async for piece in found.stream(min_chunk_size=PIECE):
            yield bytes(piece)

    async def delete(self, keys: Iterable[str]) -> None:
        """Deletes what is kept under those keys, and does nothing where there is nothing."""
        import obstore  # noqa: PLC0415  # likewise

        for key in keys:
            try:
                async with asyncio.timeout(SECONDS):
                    await obstore.delete_async(self._store, key)
            except FileNotFoundError:
                continue

    async def old(self, before: datetime, batch: int = 500) -> AsyncIterator[list[str]]:
        """The keys of all that was written before an instant, some at a time."""
        import obstore  # noqa: PLC0415  # likewise

        async for found in obstore.list(self._store, FOLDER, chunk_size=batch):
            yield [each["path"] for each in found if each["last_modified"] < before]


def storage(found: Settings | None = None) -> Storage:
    """The store of the settings. Raises `SettingError`."""
    return _opened(_url(found or settings()))


def check(found: Settings) -> None:
    """Raises `SettingError` where the setting makes no sense; asks nothing of the store itself."""
    _read(_url(found))


def _url(found: Settings) -> str:
    return found.files_url or (found.data_dir / "files").absolute().as_uri()


def _read(url: str) -> tuple[str, str, dict[str, str]]:
    """The bucket, if it is one, the folder, and what is said of the bucket. Raises `SettingError`."""
    parts = urlsplit(url)
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    match parts.scheme:
        case "file" if parts.path and not parts.netloc:
            return "", unquote(parts.path), {}
        case "s3" if parts.netloc:
            if unknown := sorted(set(given) - {"endpoint", "region"}):
                raise SettingError(f"CAIRN_FILES_URL: {unknown[0]} is nothing that can be said of a bucket")
            return parts.netloc, parts.path.strip("/"), given
    raise SettingError("CAIRN_FILES_URL must be file:///a/folder or s3://bucket/folder")


@cache
def _opened(url: str) -> Storage:
    bucket, folder, given = _read(url)
    return Storage(_bucket(bucket, folder, given) if bucket else _folder(Path(folder)))


def _folder(path: Path) -> Any:
    from obstore.exceptions import BaseError  # noqa: PLC0415  # likewise
    from obstore.store import LocalStore  # noqa: PLC0415

    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(path)
    except (OSError, BaseError) as error:
        raise SettingError(f"CAIRN_FILES_URL: {path} cannot be used: {error}") from None


def _bucket(name: str, folder: str, given: dict[str, str]) -> Any:
    from obstore.exceptions import BaseError  # noqa: PLC0415  # likewise
    from obstore.store import S3Store  # noqa: PLC0415

    more: dict[str, Any] = given
    endpoint = given.get("endpoint", "")
    options: Any = {"timeout": timedelta(seconds=SECONDS), "connect_timeout": timedelta(seconds=5)}
    if endpoint.startswith("http:"):
        options["allow_http"] = True
    try:
        return S3Store(
            name,
            prefix=folder or None,
            client_options=options,
            retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
            **more,
        )
    except BaseError as error:
        raise SettingError(f"CAIRN_FILES_URL: {error}") from None
