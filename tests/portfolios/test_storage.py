"""Where files are kept: a folder, or a bucket of a server that speaks S3."""

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import pytest
from httpx2 import AsyncClient, ConnectError

from cairn.db.ranges import now
from cairn.jobs.drain import drain
from cairn.portfolios import storage
from cairn.settings import SettingError, settings
from portfolios.making import item, upload, without_events


@pytest.fixture
async def bucket(kept, monkeypatch):  # noqa: ARG001  # in place of the folder
    """A bucket of an S3 server that others wrote."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    for name, value in {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        async with AsyncClient() as client:
            async with asyncio.timeout(30):
                while True:
                    with suppress(ConnectError):
                        assert (await client.put(f"http://127.0.0.1:{port}/people")).status_code == 200
                        break
                    await asyncio.sleep(0.1)
        url = f"s3://people/cairn?endpoint=http://127.0.0.1:{port}&region=us-east-1"
        monkeypatch.setenv("CAIRN_FILES_URL", url)
        settings.cache_clear()
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.usefixtures("bucket")
async def test_files_in_a_bucket(ask, company, outside, signed_in, database, url):
    await without_events(database)
    cleo, large = company.viewer("Cleo"), b"%PDF-1.7\n" + os.urandom(12_000_000)
    mine = await item(ask, cleo)
    sent = await upload(ask, outside, cleo, mine, "large.pdf", large)
    assert sent.status_code == 201
    path = f"/files/{sent.json()['file'].removeprefix('PortfolioFile:')}"
    assert (await (await signed_in("Cleo")).get(path)).content == large
    kept = storage.storage()
    everything = [key async for keys in kept.old(now() + timedelta(days=1)) for key in keys]
    assert len(everything) == 1
    remove = (
        "mutation ($input: RemovePortfolioItemInput!) { removePortfolioItem(input: $input) { __typename } }"
    )
    await ask.do(remove, {"item": mine}, viewer=cleo)
    await drain(database, url)
    assert [key async for keys in kept.old(now() + timedelta(days=1)) for key in keys] == []
    with pytest.raises(FileNotFoundError):
        await anext(kept.pieces(everything[0]))


@pytest.mark.parametrize(
    "given", ["ftp://x", "s3:", "s3://bucket?secret=1", "folder", "file:///proc/nothing/here"]
)
def test_what_is_no_store(given):
    with pytest.raises(SettingError, match="CAIRN_FILES_URL"):
        storage.storage(settings().model_copy(update={"files_url": given}))
