"""The command line."""

import typer

main = typer.Typer(name="cairn", no_args_is_help=True)
