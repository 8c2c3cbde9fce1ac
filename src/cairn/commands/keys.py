"""`cairn keys`: the keys that sign credentials."""

from typing import Annotated, Any

import typer

from cairn.commands.console import Json, in_a_transaction, out
from cairn.settings import settings

keys = typer.Typer(
    help="The keys that sign credentials: which there are, and what becomes of them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Key = Annotated[str, typer.Argument(metavar="KEY", help="A key as cairn keys list shows it.")]


@keys.command(name="list")
def list_keys(as_json: Json = False) -> None:
    """Lists the keys, the newest first."""
    from cairn.credentials import rotate as rotating

    rows = [
        {
            "key": each.public,
            "state": ("compromised" if each.compromised_at else "retired" if each.retired_at else "signs"),
            "activeFrom": each.active_from.isoformat(timespec="seconds"),
            "isGenerated": each.is_generated,
        }
        for each in in_a_transaction(rotating.listed)
    ]
    if as_json:
        out.print_json(data=rows)
        return
    for row in rows:
        made = ", made because there was none" if row["isGenerated"] else ""
        out.print(f"{row['key']}  {row['state']:11}  from {row['activeFrom']}{made}", markup=False)
    if not rows:
        out.print("No key has signed yet: the first award makes or takes one.", markup=False)


@keys.command(name="rotate")
def rotate_key() -> None:
    """Makes a new key in the data folder.

    The one before is retired: it signs no more, and what it signed stays good.
    """
    from cairn.credentials import rotate as rotating

    found = in_a_transaction(lambda tx: rotating.rotate(tx, settings()))
    out.print(f"{found.public} signs from now on.", markup=False)


@keys.command(name="retire")
def retire_key(key: Key) -> None:
    """Retires a key that signs no more; what it signed stays good."""
    from cairn.access.viewer import system
    from cairn.credentials import rotate as rotating

    async def retire(tx: Any) -> Any:
        found = await rotating.known_by(tx, key)
        return await rotating.retire(tx, system("keys"), key=found.id, signing=_signing())

    out.print(f"{in_a_transaction(retire).public} is retired.", markup=False)


@keys.command(name="compromise")
def compromise_key(
    key: Key,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Declares that others may have a key.

    It is listed no more, nothing it signed verifies any longer, and a worker signs all of it anew.
    """
    from cairn.access.viewer import system
    from cairn.credentials import rotate as rotating

    async def compromise(tx: Any) -> Any:
        found = await rotating.known_by(tx, key)
        return await rotating.compromise(tx, system("keys"), key=found.id, signing=_signing())

    if not yes:
        typer.confirm("Nothing that it signed will verify any longer. Go on?", abort=True, err=True)
    found = in_a_transaction(compromise)
    out.print(f"{found.public} is compromised; a worker signs anew what it signed.", markup=False)


def _signing() -> str:
    """The key that signs now, as Multikey writes it."""
    from cairn.credentials import keys as signing

    return signing.multibase(signing.signer(settings()).public)
