"""`cairn import pathway`, `exercism` and `ossu`, and `cairn export`: pathways from files, and into them."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cairn.commands.console import Json, fail, in_a_transaction, out

if TYPE_CHECKING:
    from cairn.db.engine import Transaction
    from cairn.pathways.exchange import ImportPathwayPayload

MOST_BYTES = 4_000_000
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder with the files.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would come of it.")]
Publish = Annotated[bool, typer.Option("--publish", help="Publish the version at once.")]


class _Rehearsed(Exception):  # noqa: N818  # rolls a dry run back
    pass


def pathway(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML, as cairn export pathway prints it.")],
    publish: Publish = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """A pathway from a YAML file, or a further version of it.

    What is wrong is named by line and field. A file that says what the newest version says changes nothing.
    """
    from cairn.access.viewer import system
    from cairn.pathways.exchange import import_pathway

    try:
        if file.stat().st_size > MOST_BYTES:
            fail(f"{file} is too long: at most {MOST_BYTES:,} bytes")
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8", 2)
    except OSError as error:
        fail(f"{file}: {error.strerror}", 2)
    _brought_in(
        lambda tx: import_pathway(tx, system("import"), text=text, publish=publish), [], dry_run, as_json
    )


def exercism(
    folder: Folder, publish: Publish = False, dry_run: DryRun = False, as_json: Json = False
) -> None:
    """A track of Exercism: concepts become skills, and exercises a pathway, in the order that they need."""
    from cairn.access.viewer import system
    from cairn.pathways import exercism as track
    from cairn.skills.readers.files import Unreadable

    try:
        found = track.read(folder)
    except Unreadable as error:
        fail(str(error))
    _brought_in(
        lambda tx: track.bring_in_track(tx, system("import"), found, publish=publish),
        found.notes,
        dry_run,
        as_json,
    )


def ossu(folder: Folder, publish: Publish = False, dry_run: DryRun = False, as_json: Json = False) -> None:
    """The computer science curriculum of OSSU as a pathway, with what comes before each course."""
    from cairn.access.viewer import system
    from cairn.pathways import ossu as curriculum
    from cairn.pathways.exchange import bring_in
    from cairn.skills.readers.files import Unreadable

    try:
        found = curriculum.read(folder)
    except Unreadable as error:
        fail(str(error))
    _brought_in(
        lambda tx: bring_in(tx, system("import"), found.written, publish=publish),
        found.notes,
        dry_run,
        as_json,
    )


def _brought_in(
    do: "Callable[[Transaction], Awaitable[ImportPathwayPayload]]",
    notes: list[str],
    dry_run: bool,  # of one place
    as_json: bool,
) -> None:
    from cairn.pathways.exchange import Imported
    from cairn.pathways.tables import Pathway, PathwayVersion, VersionStatus

    said: dict[str, object] = {}
    published = False

    async def run(tx: "Transaction") -> None:
        nonlocal published
        payload = await do(tx)
        version = await tx.get_one(PathwayVersion, payload.version)
        found = await tx.get_one(Pathway, version.pathway_id)
        published = version.status is VersionStatus.PUBLISHED
        is_new = payload.outcome is not Imported.UNCHANGED
        said.update(pathway=found.code, outcome=payload.outcome, number=version.number)
        said["written"] = is_new and not dry_run
        if dry_run:
            raise _Rehearsed

    with suppress(_Rehearsed):
        in_a_transaction(run)
    if as_json:
        out.print_json(data=said)
        return
    if said["outcome"] is Imported.UNCHANGED:
        out.print(f"{said['pathway']}: nothing is different from version {said['number']}.", markup=False)
    else:
        more = ", and published" if published else ""
        out.print(f"{said['pathway']}: version {said['number']} is new{more}.", markup=False)
    for note in notes:
        out.print(f"{note}.", markup=False)
    if dry_run:
        out.print("Nothing was written: this was a dry run.", markup=False)


exports = typer.Typer(
    help="Prints what is here for use elsewhere.", no_args_is_help=True, rich_markup_mode=None
)


@exports.callback()
def _exports() -> None:
    """Keeps the kind of what is exported part of the command."""


@exports.command(name="pathway")
def export(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The code of the pathway.")],
    number: Annotated[
        int | None,
        typer.Option("--version", metavar="NUMBER", help="Which version; the published one by default."),
    ] = None,
) -> None:
    """A pathway as YAML, which cairn import pathway takes."""
    from sqlalchemy import select
    from sqlmodel import col

    from cairn.access.refusal import NotFound
    from cairn.access.viewer import system
    from cairn.pathways.exchange import export_pathway
    from cairn.pathways.tables import Pathway

    async def run(tx: "Transaction") -> str:
        named = select(col(Pathway.id)).where(col(Pathway.code) == code)
        found = (await tx.execute(named)).scalar_one_or_none()
        if found is None:
            raise NotFound(f"There is no pathway {code}.")
        return (await export_pathway(tx, system("export"), pathway=found, number=number)).text

    out.print(in_a_transaction(run), markup=False, end="")
