"""`cairn keys`, as whoever runs the server uses it."""

import asyncio
import json

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from cairn.__main__ import main
from cairn.jobs.drain import drain
from cairn.settings import settings
from credentials.earning import assess, define
from stored import unchanged


@pytest.fixture
async def keys(url, tmp_path, monkeypatch):
    """Runs the command with keys of its own: its exit code, and what it prints and says."""
    monkeypatch.setattr("cairn.web.logs.begin", lambda _settings: None)
    monkeypatch.setenv("CAIRN_DATABASE_URL", url)
    monkeypatch.setenv("CAIRN_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("CAIRN_SIGNING_KEY", raising=False)
    settings.cache_clear()

    async def run(*arguments, answer=None):
        ran = await asyncio.to_thread(CliRunner().invoke, main, ["keys", *arguments], input=answer)
        assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
        return ran.exit_code, ran.stdout, ran.stderr

    yield run
    monkeypatch.undo()
    settings.cache_clear()


async def test_keys_are_listed_replaced_retired_and_given_up(keys, ask, world, database, url):
    code, out, _ = await keys("list")
    assert (code, out) == (0, "No key has signed yet: the first award makes or takes one.\n")
    sql = world.gid("Skill", "SQL")
    await define(ask, "badge", {"skill": {"id": sql, "level": 5}})
    await assess(ask, world.gid("Employee", "Cleo"), sql, 5)
    await drain(database, url)

    async def listed():
        return {each["key"]: each["state"] for each in json.loads((await keys("list", "--json"))[1])}

    [first] = await listed()
    assert "signs" in (await keys("list"))[1]
    assert "made because there was none" in (await keys("list"))[1]
    for verb, more in (("retire", ()), ("compromise", ("--yes",))):
        async with unchanged(database):
            code, _, err = await keys(verb, "z6MkNothing", *more)
            assert (code, "There is no key z6MkNothing: cairn keys list" in err) == (1, True)
        async with unchanged(database):
            code, _, err = await keys(verb, first, *more)
            assert (code, "It is the key that signs: put another in its place first" in err) == (1, True)

    code, out, _ = await keys("rotate")
    second = out.removesuffix(" signs from now on.\n")
    assert (code, await listed()) == (0, {second: "signs", first: "retired"})
    async with unchanged(database):
        code, _, _ = await keys("compromise", first, answer="n\n")
        assert code == 1
    code, out, _ = await keys("compromise", first, answer="y\n")
    assert (code, f"{first} is compromised; a worker signs anew what it signed." in out) == (0, True)
    assert await listed() == {second: "signs", first: "compromised"}
    settings.cache_clear()  # as the worker does that is begun anew
    await drain(database, url)
    async with database.transaction() as tx:
        query = (
            "select public from signed_document document join signing_key key on key.id = key_id"
            " where superseded_at is null"
        )
        assert (await tx.execute(text(query))).scalars().all() == [second]
    code, out, _ = await keys("retire", first)
    assert (code, await listed()) == (0, {second: "signs", first: "compromised"})
