"""The command line. Errors are one sentence on stderr with what to do; the exit code is 1, of usage 2."""

import asyncio
import logging
import os
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cairn import __version__
from cairn.commands.award import award
from cairn.commands.completions import completions
from cairn.commands.console import (
    Json,
    configured,
    database_of,
    fail,
    in_a_transaction,
    must_be_migrated,
    out,
)
from cairn.commands.keys import keys
from cairn.commands.pathways import exercism, exports, ossu, pathway
from cairn.commands.sync import sync
from cairn.commands.token import token
from cairn.settings import SettingError, Settings, settings
from cairn.skills import command as importing

main = typer.Typer(
    name="cairn",
    help="The backend a company runs to grow its people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
INSTANTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


def _must_be_free(host: str, *ports: int) -> None:
    """Ends with a sentence where something else listens there already."""
    for port in ports:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                fail(f"cannot listen on {host}:{port} ({error.strerror}); set CAIRN_PORT to another port")


@main.callback(invoke_without_command=True)
def _root(
    version: Annotated[bool, typer.Option("--version", help="Say which version this is.")] = False,
) -> None:
    if version:
        out.print(__version__)
        raise typer.Exit


@main.command()
def demo() -> None:
    """Runs the sample company.

    Database, identity provider, server and worker in one process. Ctrl-C stops all of it; the data stay.
    """
    from cairn.app import application, config
    from cairn.demo.run import Addresses, run

    found = configured()
    logging.getLogger("cairn.jobs").setLevel(logging.WARNING)

    def ready(at: Addresses) -> None:
        out.print(_welcome(at.app, at.share, sys.argv[0]), markup=False)

    _must_be_free("127.0.0.1", found.port, found.port + 1)

    def say(what: str) -> None:
        out.print(f"  {what} …", markup=False)

    with database_of(found) as url:
        out.print("The sample company", markup=False)
        asyncio.run(run(url, found, build=application, configure=config, say=say, ready=ready))
    out.print("Stopped; the data are kept.", markup=False)


def _welcome(app: str, share: str, program: str) -> str:
    from cairn.demo.personas import PERSONAS

    people = "\n".join(f"  {persona.email:32} {persona.what}" for persona in PERSONAS)
    return f"""
Open {app} and sign in as one of these, without a password:

{people}

Or look at a portfolio as somebody outside does who was given its link:

  {share}

Or ask from another terminal:

  curl -s {app}/graphql -H "Authorization: Bearer $({program} token --as roberto0@adventure-works.com)" \\
    -H 'Content-Type: application/json' \\
    -d '{{"query": "{{ viewer {{ employee {{ displayName title reports {{ totalCount }} }} }} }}"}}'

Ctrl-C stops it.
"""


@main.command()
def serve() -> None:
    """Serves the API.

    On the database that CAIRN_DATABASE_URL names, or on an embedded one.
    """
    from cairn import app

    found = configured()
    if problems := _problems(found):
        fail(" ".join(problems), 2)
    _must_be_free(found.host, found.port)
    with database_of(found) as url:
        must_be_migrated(url, found)
        os.environ["CAIRN_DATABASE_URL"] = url  # for the processes it may be served by
        settings.cache_clear()
        try:
            app.serve()
        except SettingError as error:
            fail(str(error), 2)


def _problems(found: Settings) -> list[str]:
    """What keeps these settings from being served: each reason, as a sentence."""
    from cairn.graph.trusted import documents
    from cairn.identity.providers import Provider
    from cairn.identity.trusted import of_settings
    from cairn.portfolios.storage import check as check_files
    from cairn.settings import Environment
    from cairn.web.front import front
    from cairn.web.production import insecure

    problems: list[str] = []
    providers: list[Provider] | None = None
    try:
        providers = list(of_settings(found, found.address))
    except SettingError as error:
        problems.append(f"{str(error).removesuffix('.')}.")
    for check in (
        lambda: front(found, found.address),
        lambda: check_files(found),
        lambda: documents(found),
    ):
        try:
            check()
        except SettingError as error:
            problems.append(f"{str(error).removesuffix('.')}.")
    if found.env is Environment.PRODUCTION:
        problems += insecure(found, providers)
    return problems


@main.command()
def work() -> None:
    """Works off events and schedules.

    What follows from what was done, such as awards, and what is due by the clock.
    """
    import signal

    import cairn.app  # noqa: F401  # registers who subscribes to what
    from cairn.db.engine import database
    from cairn.jobs.worker import QueueMissing
    from cairn.jobs.worker import work as working

    found = configured()

    async def run(url: str) -> None:
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        async with database(url, pool=found.database_pool) as opened:
            await working(opened, url, stop=stop)

    with database_of(found) as url:
        try:
            asyncio.run(run(url))
        except QueueMissing as error:
            fail(str(error))


@main.command()
def migrate(as_json: Json = False) -> None:
    """Brings the database up to date."""
    from cairn.db import migrate as migrating

    found = configured()
    with database_of(found) as url:
        before = asyncio.run(migrating.revision_of(url))
        asyncio.run(migrating.migrate(url))
        after = asyncio.run(migrating.revision_of(url))
    if as_json:
        out.print_json(data={"before": before, "after": after})
    else:
        out.print(
            f"The database is at revision {after}."
            if before != after
            else f"Nothing to do: it is at {after}."
        )


main.command()(sync)
main.command()(award)


@main.command()
def schema() -> None:
    """Prints the GraphQL schema."""
    from cairn.app import schema as build

    sys.stdout.write(build().printed())


@main.command()
def doctor(
    anchor: Annotated[
        list[str] | None,
        typer.Option(metavar="HASH", help="The hash of a seal that was kept elsewhere: is it in the chain?"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Lists the settings and says what is wrong.

    Each setting with where it came from, never a secret's value. The exit code is 1 where something is wrong.
    """
    import cairn.app
    from cairn.db.migrate import heads, revision_of
    from cairn.graph.trusted import documents

    found = configured()
    rows: list[dict[str, str]] = []
    for name, field in type(found).model_fields.items():
        variable = f"CAIRN_{name.upper()}"
        value = getattr(found, name)
        secret = "Secret" in str(field.annotation)
        shown = "(set)" if secret and value else str(value if value not in (None, "", ()) else "")
        rows.append(
            {
                "setting": variable,
                "value": shown,
                "from": "environment" if variable in os.environ else "default",
            }
        )
    problems = _problems(found)
    with suppress(SettingError):  # which is told already
        problems += documents(found).wrong(cairn.app.schema().core)
    chain: dict[str, Any] = {}
    try:
        with database_of(found) as url:
            revision = asyncio.run(revision_of(url))
            if revision in heads():
                wrong, verdict, rights = asyncio.run(_looked_at(url, anchor or []))
                problems += wrong
                chain = {"seals": verdict.seals, "entries": verdict.entries, "head": verdict.head}
                chain["appendOnly"] = not (rights.owns or rights.changes)
            else:
                problems.append(
                    f"The database is at {revision or 'no revision'}, not at {heads()[0]}: run cairn migrate."
                )
    except OSError as error:
        problems.append(f"The database does not answer ({error}): check CAIRN_DATABASE_URL.")
    if as_json:
        out.print_json(data={"settings": rows, "audit": chain, "problems": problems})
    else:
        for row in rows:
            out.print(f"{row['setting']:28} {row['value'] or '-':32} {row['from']}", markup=False)
        if chain:
            out.print(
                f"The audit has {chain['entries']} entries in {chain['seals']} seals; "
                f"keep the hash of the last one elsewhere: {chain['head']}",
                markup=False,
            )
            if not chain["appendOnly"]:
                out.print("PostgreSQL lets the role that serves change it (README, The audit).", markup=False)
        out.print("\n".join(problems) or "Nothing is wrong.", markup=False)
    if problems:
        raise typer.Exit(1)


@main.command()
def verify(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE_OR_URL", help="JSON, a JWT, a picture or a PDF with a credential, or -."
        ),
    ] = "",
    batch: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="A CSV file, in whose first column are at most 1000 addresses or files."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Checks a credential, whoever issued it.

    Every check is listed with its result. The exit code is 0 where all passed, 1 where one did not, and 2
    where there is no credential. With --batch a row is printed for each, as CSV or as lines of JSON.
    """
    if bool(source) == (batch is not None):
        fail("give a file or an address, or a list of them with --batch", 2)
    if batch is not None:
        _verify_all(batch, as_json=as_json)
        return
    from cairn.commands.checking import Looking
    from cairn.credentials.report import Report, Unavailable, Unreadable
    from cairn.credentials.verify import verify as check

    async def run(data: bytes | None) -> Report:
        web = Looking(anywhere=True)
        return await check(await web.get(source) if data is None else data, web)

    try:
        is_file = not source.startswith(("https://", "http://"))
        held = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes() if is_file else None
        report = asyncio.run(run(held))
    except (Unreadable, Unavailable) as error:
        fail(f"{source}: {error}", 2)
    except OSError as error:
        fail(f"{source}: {error.strerror}", 2)
    if as_json:
        out.print_json(data=report.as_json())
    else:
        out.print(report.form, markup=False)
        for each in report.checks:
            out.print(f"  {each.result.lower():8} {each.name:10} {each.says}", markup=False)
        out.print("Verified." if report.is_verified else "Not verified.", markup=False)
    if not report.is_verified:
        raise typer.Exit(1)


def _verify_all(file: Path, *, as_json: bool) -> None:
    import orjson

    from cairn.commands.checking import Looking, items
    from cairn.credentials.batch import as_csv, checked

    try:
        given = items(file)
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)
    except ValueError as error:
        fail(f"{file}: {error}", 2)

    def write(row: dict[str, Any] | None) -> None:
        lines = as_csv([row]) if not as_json else [f"{orjson.dumps(row).decode()}\n"] if row else []
        sys.stdout.write("".join(lines))
        sys.stdout.flush()

    async def run() -> bool:
        write(None)
        is_good, told = True, dict[str, bool]()
        async for row in checked(given, lambda: Looking(told)):
            write(row)
            is_good = is_good and row["verified"]
        return is_good

    if not asyncio.run(run()):
        raise typer.Exit(1)


brings_in = importing.commands(in_a_transaction, fail)
for each in (pathway, exercism, ossu, completions):
    brings_in.command()(each)
main.add_typer(brings_in, name="import")
main.add_typer(exports, name="export")


@main.command()
def audit(
    since: Annotated[
        datetime | None, typer.Option(help="From then on, in UTC.", formats=INSTANTS, metavar="TIME")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(help="Before then, in UTC.", formats=INSTANTS, metavar="TIME")
    ] = None,
) -> None:
    """Prints the audit as lines of JSON, with the seals by which anybody can check it.

    The entries of a seal come before it. Seals are whole: so there may be some from just before and after.
    """
    from cairn.access.chain import export
    from cairn.db.engine import database

    found = configured()
    times = [each.replace(tzinfo=UTC) if each is not None else None for each in (since, until)]

    async def run(url: str) -> None:
        async with database(url, pool=1) as opened, opened.transaction() as tx:
            async for line in export(tx, times[0], times[1]):
                sys.stdout.buffer.write(line)

    with database_of(found) as url:
        asyncio.run(run(url))
    sys.stdout.buffer.flush()


async def _looked_at(url: str, anchors: list[str]) -> tuple[list[str], Any, Any]:
    """What is wrong with the queue and the audit, what its chain came to, and who may change it."""
    from cairn.access.append_only import rights
    from cairn.access.chain import verify
    from cairn.db.engine import database
    from cairn.jobs.dead import dead
    from cairn.jobs.relay import unknown

    async with database(url, pool=1) as opened:
        wrong = [
            f"The job {each.id} of {each.handler} is dead after {each.tries} tries: {each.error}."
            for each in await dead(opened, limit=20)
        ]
        wrong += [
            f"{count} events {name} wait that this version does not know: another one has to work them off."
            for name, count in (await unknown(opened)).items()
        ]
        async with opened.transaction() as tx:
            found, verdict = await rights(tx), await verify(tx, anchors)
        wrong += [each for each in (verdict.problem, found.problem) if each]
        return wrong, verdict, found


@main.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(context: typer.Context) -> None:
    """Measures Cairn beside a rival and the limit.

    Needs a checkout; `cairn bench -- --help` says more.
    """
    import runpy

    folder = Path(__file__).resolve().parents[2] / "tests" / "bench"
    if not folder.is_dir():
        fail("the benchmark lies in tests/bench of a checkout, and this is not one")
    sys.argv = ["cairn bench", *context.args]
    sys.path.insert(0, str(folder.parent))
    runpy.run_module("bench", run_name="__main__", alter_sys=True)


main.command()(token)
main.add_typer(keys, name="keys")

if __name__ == "__main__":
    main()
