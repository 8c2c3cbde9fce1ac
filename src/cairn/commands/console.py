"""What all commands share: what they print, how they fail, and on which database they work."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from cairn.settings import SettingError, Settings, settings

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
T = TypeVar("T")
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


def fail(sentence: str, code: int = 1) -> NoReturn:
    """Ends with a sentence."""
    err.print(f"cairn: {sentence}", markup=False)
    raise typer.Exit(code)


def configured() -> Settings:
    """The settings, which also say how this logs."""
    try:
        found = settings()
    except SettingError as error:
        fail(str(error), 2)
    from cairn.web.logs import begin

    begin(found)
    return found


@contextmanager
def database_of(found: Settings) -> Iterator[str]:
    """The address of the database: the one that is set, or an embedded one for as long as this runs."""
    from cairn.db.embedded import PostgresError, running, url_of

    if found.database_url is not None:
        yield found.database_url.get_secret_value()
        return
    folder = found.data_dir / "postgres"
    shared = url_of(folder)
    if shared is not None:
        yield shared
        return
    try:
        with running(folder) as server:
            yield server.url
    except PostgresError as error:
        fail(str(error))


def must_be_migrated(url: str, found: Settings) -> None:
    """An embedded database is migrated as it starts; another is its owner's to migrate."""
    from cairn.db.migrate import heads, migrate, revision_of

    if found.database_url is None:
        asyncio.run(migrate(url))
    elif asyncio.run(revision_of(url)) not in heads():
        fail("the database is not at the tables of this version; run cairn migrate")


_BUSY = {
    "55P03": "somebody else is changing the same just now; nothing was changed: try again when they are done",
    "57014": "the database took too long, and nothing was changed: try again when it has less to do",
}
"""What is said where PostgreSQL gives up: lock_not_available and query_canceled, appendix A of its manual."""


def in_a_transaction(do: Callable[[Any], Awaitable[T]]) -> T:
    """What `do` gives, on the database of the settings; refusals end the program with their sentence."""
    from asyncpg import PostgresError
    from sqlalchemy.exc import DBAPIError

    from cairn.access.refusal import InvalidInput, Refusal
    from cairn.db.engine import database

    found = configured()

    async def run(url: str) -> T:
        async with database(url, pool=1) as opened, opened.transaction() as tx:
            return await do(tx)

    with database_of(found) as url:
        try:
            must_be_migrated(url, found)
            return asyncio.run(run(url))
        except OSError as error:
            fail(f"the database does not answer ({error}): check CAIRN_DATABASE_URL")
        except SettingError as error:
            fail(str(error), 2)
        except InvalidInput as refusal:
            fail("; ".join(f"{'.'.join(each.path)}: {each.message}" for each in refusal.problems))
        except Refusal as refusal:
            fail(refusal.message)
        except (DBAPIError, PostgresError) as error:
            reason = error.orig if isinstance(error, DBAPIError) else error
            if (said := _BUSY.get(getattr(reason, "sqlstate", ""))) is None:
                raise
            fail(said)
