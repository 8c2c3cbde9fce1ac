"""Which employee an account at an identity provider is: by the account itself, the number, or the address."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access import audit
from cairn.db.engine import Transaction
from cairn.identity.claims import Claims
from cairn.identity.providers import Provider, claim
from cairn.identity.sessions import end, is_employed, person
from cairn.identity.tables import Ending, Identity, Session
from cairn.people.profile import fold
from cairn.people.tables import Employee


class StrangerError(Exception):
    """The identity provider knows somebody who is nobody here, or nobody any more."""

    def __init__(self, reason: str, advice: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """For the log."""
        self.advice = advice
        """For the person: why."""
        self.remedy = remedy
        """For the person: what to do."""


async def employee_of(tx: Transaction, provider: Provider, claims: Claims) -> UUID:
    """The employee an account belongs to, tied to it at first sight. Raises `StrangerError`."""
    found = await _tied(tx, provider, claims["sub"]) or await _tie(tx, provider, claims)
    if not await is_employed(tx, found):
        raise StrangerError(
            "not employed today",
            "You are known here, but not employed today.",
            "If that is wrong, ask your people department.",
        )
    return found


async def _tied(tx: Transaction, provider: Provider, subject: str) -> UUID | None:
    query = select(col(Identity.employee_id)).where(
        col(Identity.issuer) == provider.issuer, col(Identity.subject) == subject
    )
    return (await tx.execute(query)).scalar_one_or_none()


async def _tie(tx: Transaction, provider: Provider, claims: Claims) -> UUID:
    """Ties an account that is new here to an employee.

    An employee number is the provider's word for who somebody is at work, so it also moves the tie from an
    account that was replaced. An address may be given to somebody else in time: it ties only the untied, and
    only if the provider has verified it.
    """
    subject = claims["sub"]
    number = claim(claims, provider.number_claim)
    if isinstance(number, int) and not isinstance(number, bool):
        number = str(number)
    by_number = await _employee(tx, provider, col(Employee.number) == number) if _is_text(number) else None
    if by_number is not None:
        found = by_number
        await _untie(tx, provider, found)
    else:
        address = verified_email(claims, provider)
        by_address = (
            await _employee(tx, provider, col(Employee.email) == address) if address is not None else None
        )
        if by_address is None:
            raise StrangerError(
                "no employee has that number or verified address",
                "No employee we know has your account's employee number, or its address as your identity "
                "provider has verified it.",
                "Sign in with your account at work, or ask your people department to correct your record.",
            )
        found = by_address
    row = Identity(issuer=provider.issuer, subject=subject, employee_id=found)
    tied = insert(Identity).values(row.model_dump()).on_conflict_do_nothing().returning(col(Identity.id))
    if (await tx.execute(tied)).first() is not None:
        await audit.record(
            tx,
            person(found),
            "identity.link",
            row,
            after={"issuer": provider.issuer, "subject": subject, "by": "number" if by_number else "email"},
        )
    elif await _tied(tx, provider, subject) != found:
        raise StrangerError(
            "the employee has another account there",
            "Another account at the same identity provider is already yours.",
            "Sign in with that one, or ask your people department.",
        )
    return found


async def _untie(tx: Transaction, provider: Provider, employee: UUID) -> None:
    """Takes the account that an employee had before, and ends what it began."""
    had = (col(Identity.issuer) == provider.issuer, col(Identity.employee_id) == employee)
    before = (await tx.execute(select(Identity).where(*had).with_for_update())).scalar_one_or_none()
    if before is not None:
        await end(
            tx,
            None,
            Ending.BY_PROVIDER,
            col(Session.issuer) == before.issuer,
            col(Session.subject) == before.subject,
        )
        await audit.record(tx, person(employee), "identity.unlink", before, before=before)
        await tx.delete(before)
        await tx.flush()


async def _employee(tx: Transaction, provider: Provider, condition: Any) -> UUID | None:
    """Who meets a condition among those of whom the provider may say who they are."""
    query = select(col(Employee.id)).where(condition)
    if provider.sources:
        query = query.where(col(Employee.source).in_(provider.sources))
    return (await tx.execute(query)).scalar_one_or_none()


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def verified_email(claims: Claims, provider: Provider) -> str | None:
    """The address in `claims`, folded, where the provider vouches for it with `true` and nothing like it.

    Where it has domains of its own, it vouches for no address in another.
    """
    address, verified = claims.get("email"), claims.get("email_verified")
    vouched = verified is True or (provider.vouches_for_emails and "email_verified" not in claims)
    if not vouched or not isinstance(address, str) or "@" not in address:
        return None
    folded = fold(address)
    owned = not provider.email_domains or folded.rpartition("@")[2] in provider.email_domains
    return folded if owned else None
