"""`cairn import`, to which the commands add others: frameworks of skills, and job roles on them.

What it takes from the room is imported in the commands, so that `cairn --help` answers at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console

if TYPE_CHECKING:
    from cairn.skills.importing import Outcome
    from cairn.skills.readers.files import Reading
    from cairn.skills.readers.roles import Roles
    from cairn.skills.roles import Brought

EVERY = 100_000
"""Skills between two lines of progress, where there is no terminal."""

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder with the files as published.")]
Version = Annotated[str | None, typer.Option("--version", help="The version, where the files do not say.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would be different.")]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="CODE", help="Only this role; may come several times.")
]
Level = Annotated[
    int,
    typer.Option("--level", min=1, max=5, help="The level of each skill: the files say none."),
]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


def commands(transaction: Callable[[Any], Any], fail: Callable[[str], NoReturn]) -> typer.Typer:
    """The commands; `transaction` runs something in one, and `fail` ends with a sentence."""
    app = typer.Typer(
        help="Brings in what others have: skills, pathways, completions. Again is once.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )

    def bring_in(read: "Callable[[], Reading]", *, dry_run: bool, as_json: bool) -> None:
        from cairn.access.viewer import system
        from cairn.skills.importing import Rehearsed
        from cairn.skills.importing import bring_in as run
        from cairn.skills.readers.files import Unreadable

        try:
            reading = read()
            with _progress() as say:
                outcome = transaction(lambda tx: run(tx, system("import"), reading, dry_run=dry_run, say=say))
        except Rehearsed as rehearsed:
            outcome = rehearsed.outcome
        except Unreadable as error:
            fail(str(error))
        _tell(outcome, dry_run=dry_run, as_json=as_json)

    @app.command()
    def onet(folder: Folder, version: Version = None, dry_run: DryRun = False, as_json: Json = False) -> None:
        """Skills, knowledge and technology skills of O*NET, from its text release or as CSV."""
        from cairn.skills.readers import onet

        number = version or onet.version_of(folder)
        if number is None:
            fail(f"the name of {folder} does not say which version it is; add --version 29.3")
        bring_in(lambda: onet.read(folder, number), dry_run=dry_run, as_json=as_json)

    @app.command()
    def esco(folder: Folder, version: Version = None, dry_run: DryRun = False, as_json: Json = False) -> None:
        """Skills and knowledge of ESCO, from its CSV files in English."""
        from cairn.skills.readers import esco

        bring_in(lambda: esco.read(folder, version or esco.VERSION), dry_run=dry_run, as_json=as_json)

    @app.command()
    def nice(folder: Folder, version: Version = None, dry_run: DryRun = False, as_json: Json = False) -> None:
        """Skills of the NICE framework for cybersecurity, by competency."""
        from cairn.skills.readers import nice

        bring_in(lambda: nice.read(folder, version or nice.VERSION), dry_run=dry_run, as_json=as_json)

    @app.command()
    def csv(
        file: Annotated[
            Path, typer.Argument(metavar="FILE", help="Columns: code, name; parent, description, aliases.")
        ],
        name: Annotated[str, typer.Option("--name", help="What the framework is called.")],
        version: Annotated[str, typer.Option("--version", help="Which version of it this is.")],
        publisher: Annotated[str | None, typer.Option("--publisher", help="Who publishes it.")] = None,
        licence: Annotated[str | None, typer.Option("--licence", help="On which terms.")] = None,
        dry_run: DryRun = False,
        as_json: Json = False,
    ) -> None:
        """A framework of your own, from a CSV file of any length.

        Aliases, and broader skills besides the parent, have | between them.
        """
        from cairn.skills.frameworks import Publication
        from cairn.skills.readers import table

        about = Publication(name, version, publisher, licence=licence)
        bring_in(lambda: table.read(file, about), dry_run=dry_run, as_json=as_json)

    app.add_typer(_roles(transaction, fail), name="roles")
    return app


def _roles(transaction: Callable[[Any], Any], fail: Callable[[str], NoReturn]) -> typer.Typer:
    """`cairn import roles`: job roles on the skills of a framework that was imported before."""
    app = typer.Typer(
        help="Brings in job roles, on the skills of a framework that is there, on the company's scale.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )

    def bring_in(read: "Callable[[], Roles]", only: list[str], *, dry_run: bool, as_json: bool) -> None:
        from cairn.access.viewer import system
        from cairn.skills.importing import Rehearsed
        from cairn.skills.readers.files import Unreadable
        from cairn.skills.roles import import_job_roles

        try:
            found = read()
            with _progress() as say:
                brought = transaction(
                    lambda tx: import_job_roles(
                        tx, system("import"), found, only=only, dry_run=dry_run, say=say
                    )
                )
        except Rehearsed as rehearsed:
            brought = rehearsed.outcome
        except Unreadable as error:
            fail(str(error))
        _tell_roles(brought, dry_run=dry_run, as_json=as_json)

    @app.command()
    def onet(
        folder: Folder,
        levels: Annotated[
            str,
            typer.Option(
                "--levels", help="From which level of O*NET's (0 to 7) on it is 1, 2, 3, 4, 5 here."
            ),
        ] = "0.7,2.1,3.5,4.9,6.3",
        important: Annotated[
            float, typer.Option("--important", help="From which importance (1 to 5) on a skill is required.")
        ] = 3.0,
        only: Only = None,
        dry_run: DryRun = False,
        as_json: Json = False,
    ) -> None:
        """The occupations that O*NET has rated, with the levels it gives them."""
        from cairn.skills.readers import roles

        try:
            starts = [float(each) for each in levels.split(",")]
        except ValueError:
            fail("--levels takes five numbers with commas between them")
        bring_in(
            lambda: roles.onet(folder, levels=starts, important=important),
            only or [],
            dry_run=dry_run,
            as_json=as_json,
        )

    @app.command()
    def nice(
        folder: Folder, level: Level, only: Only = None, dry_run: DryRun = False, as_json: Json = False
    ) -> None:
        """The work roles of the NICE framework for cybersecurity."""
        from cairn.skills.readers import roles

        bring_in(lambda: roles.nice(folder, level=level), only or [], dry_run=dry_run, as_json=as_json)

    @app.command()
    def esco(
        folder: Folder, level: Level, only: Only = None, dry_run: DryRun = False, as_json: Json = False
    ) -> None:
        """The occupations of ESCO."""
        from cairn.skills.readers import roles

        bring_in(lambda: roles.esco(folder, level=level), only or [], dry_run=dry_run, as_json=as_json)

    return app


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """How far it is: a line that moves on a terminal, and lines elsewhere."""
    err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)
    if err.is_terminal:
        with err.status("Reading") as status:
            yield lambda what, skills: status.update(f"{what}: {skills:,}")
    else:

        def say(what: str, skills: int) -> None:
            if what not in {"Reading", "Roles"} or skills % EVERY == 0:
                err.print(f"{what}: {skills:,}", markup=False)

        yield say


def _tell(outcome: "Outcome", *, dry_run: bool, as_json: bool) -> None:
    out = Console(highlight=False, soft_wrap=True, emoji=False)
    if as_json:
        data = {
            "framework": outcome.framework,
            "version": outcome.version,
            "written": not dry_run and outcome.skills is not None,
            "skills": outcome.skills,
            "counts": outcome.counts,
            "changes": outcome.changes,
            "notes": outcome.notes,
        }
        out.print_json(data=data)
        return
    name = f"{outcome.framework} {outcome.version}"
    if outcome.skills is None:
        out.print(f"{name}: nothing is different.", markup=False)
    else:
        counts = ", ".join(f"{count:,} {kind}" for kind, count in outcome.counts.items())
        out.print(f"{name}: {outcome.skills:,} skills; {counts or 'none is different'}.", markup=False)
    for each in outcome.changes:
        shown = [" | ".join(text.splitlines()) for text in (each["before"], each["after"]) if text]
        what = " → ".join(shown) or each["name"]
        out.print(f"  {each['kind'].lower():11} {each['code']:14} {what}", markup=False)
    if (hidden := sum(outcome.counts.values()) - len(outcome.changes)) and outcome.changes:
        out.print(f"  and {hidden:,} more", markup=False)
    for note in outcome.notes:
        out.print(f"{note}.", markup=False)
    if dry_run:
        out.print("Nothing was written: this was a dry run.", markup=False)


def _tell_roles(brought: "Brought", *, dry_run: bool, as_json: bool) -> None:
    out = Console(highlight=False, soft_wrap=True, emoji=False)
    if as_json:
        out.print_json(data={**vars(brought), "written": not dry_run})
        return
    out.print(
        f"{brought.framework}: {len(brought.new):,} roles new, {len(brought.changed):,} changed,"
        f" {brought.same:,} the same.",
        markup=False,
    )
    for note in brought.notes:
        out.print(f"{note[:1].upper()}{note[1:]}.", markup=False)
    if dry_run:
        out.print("Nothing was written: this was a dry run.", markup=False)
