"""`cairn token`: bearer tokens, of our own for programs, and of a persona's where the demo runs."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

import typer

from cairn.commands.console import Json, configured, err, fail, in_a_transaction, out

_ID = re.compile(r"(?:ServiceToken:)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


def token(
    as_: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="EMAIL",
            help="Print a token of this persona, where the development identity provider runs.",
        ),
    ] = None,
    service: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make a token for a program: what it is for.")
    ] = None,
    owner: Annotated[
        str | None,
        typer.Option(metavar="EMAIL", help="Who answers for the program; it ends when they leave."),
    ] = None,
    permission: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PERMISSION", help="What the program may do, for example people:read; repeat it."
        ),
    ] = None,
    expires: Annotated[
        str, typer.Option(metavar="WHEN", help="A day (UTC), or in how many days: 2027-01-31, 90d.")
    ] = "90d",
    list_: Annotated[
        bool, typer.Option("--list", help="List the programs' tokens, without secrets.")
    ] = False,
    revoke: Annotated[
        str | None, typer.Option(metavar="ID", help="Revoke a token, by its id in the list.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Makes, lists and revokes bearer tokens.

    What a new one consists of is printed once, alone on standard output.
    """
    if sum((as_ is not None, service is not None, list_, revoke is not None)) != 1:
        fail("say one of --as, --service, --list and --revoke", 2)
    if as_ is not None:
        _of_a_persona(as_, as_json)
    elif service is not None:
        _make(service, owner, permission or [], _instant(expires), as_json)
    elif revoke is not None:
        _revoke(revoke, as_json)
    else:
        _list(as_json)


def _of_a_persona(email: str, as_json: bool) -> None:
    from cairn.demo.run import addresses
    from cairn.identity.devidp import fetch_token
    from cairn.identity.outbound import ProviderError

    found = configured()
    issuer = found.oidc_issuer or addresses(found).issuer
    try:
        secret = asyncio.run(fetch_token(issuer, email))
    except ProviderError as error:
        fail(f"{error}; it comes with cairn demo")
    if as_json:
        out.print_json(data={"token": secret})
    else:
        out.print(secret, markup=False)


def _make(name: str, owner: str | None, permissions: list[str], expires: datetime, as_json: bool) -> None:
    from cairn.access.permissions import Permission
    from cairn.access.refusal import NotFound
    from cairn.access.viewer import system
    from cairn.identity import tokens
    from cairn.people.profile import fold, owner_of
    from cairn.people.tables import Employee

    if owner is None:
        fail("name who answers for the program: --owner EMAIL", 2)
    named = {each.value: each for each in Permission} | {each.name: each for each in Permission}
    if unknown := sorted(set(permissions) - set(named)):
        fail(f"{unknown[0]} is none of the permissions: {', '.join(sorted(Permission))}", 2)

    async def make(tx: Any) -> tokens.CreatedServiceToken:
        employee = await owner_of(tx, Employee.email, fold(owner))
        if employee is None:
            raise NotFound(f"Nobody has the address {owner}.")
        return await tokens.create_service_token(
            tx,
            system("cli"),
            name=name,
            permissions=[named[each] for each in permissions],
            expires_at=expires,
            owner=employee,
        )

    made = in_a_transaction(make)
    until = expires.isoformat(timespec="seconds")
    if as_json:
        id_ = f"ServiceToken:{made.service_token}"
        out.print_json(data={"id": id_, "name": name, "expiresAt": until, "secret": made.secret})
        return
    out.print(made.secret, markup=False)
    err.print(
        f"This is shown once. It works until {until}; cairn token --revoke ServiceToken:{made.service_token} "
        "ends it before.",
        markup=False,
    )


def _list(as_json: bool) -> None:
    from cairn.db.ranges import now
    from cairn.identity import tokens

    at = now()
    rows: list[dict[str, Any]] = [
        {
            "id": f"ServiceToken:{each.id}",
            "name": each.name,
            "ending": each.ending,
            "state": "revoked" if each.revoked_at else "expired" if each.expires_at <= at else "works",
            "permissions": each.permissions,
            "owner": owner,
            "expiresAt": each.expires_at.isoformat(timespec="seconds"),
            "usedAt": each.used_at.isoformat(timespec="seconds") if each.used_at else None,
        }
        for each, owner in in_a_transaction(tokens.listed)
    ]
    if as_json:
        out.print_json(data=rows)
        return
    for row in rows:
        out.print(
            f"{row['id']}  {row['state']:8} until {row['expiresAt']}  used {row['usedAt'] or 'never'}\n"
            f"  {row['name']} (…{row['ending']}), {row['owner']}: {', '.join(row['permissions'])}",
            markup=False,
        )
    if not rows:
        out.print("No program has a token: cairn token --service NAME makes one.", markup=False)


def _revoke(id_: str, as_json: bool) -> None:
    from cairn.access.viewer import system
    from cairn.identity import tokens

    matched = _ID.fullmatch(id_)
    if matched is None:
        fail(f"{id_} is no id of a token: cairn token --list shows those there are", 2)
    key = UUID(matched[1])
    found = in_a_transaction(
        lambda tx: tokens.revoke_service_token(tx, system("cli"), service_token=key),
    )
    if as_json:
        out.print_json(data={"id": f"ServiceToken:{found.id}", "name": found.name, "state": "revoked"})
    else:
        out.print(f"{found.name} is revoked.", markup=False)


def _instant(text: str) -> datetime:
    """So many days from now, or the beginning of a day."""
    if days := re.fullmatch(r"([0-9]{1,4})d", text):
        return (datetime.now(UTC) + timedelta(days=int(days[1]))).replace(microsecond=0)
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        fail(f"--expires {text}: say a day such as 2027-01-31, or in how many days, such as 90d", 2)
