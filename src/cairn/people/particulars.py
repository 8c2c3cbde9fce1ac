"""Changing who somebody is, and saying what of it feeds and directories leave alone."""

from cairn.access import audit
from cairn.access.find import find
from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.people import tables
from cairn.people.history import EmployeeId
from cairn.people.profile import UNCHANGED, Kept, filled, free, given, language, write, zone
from cairn.people.waiting import arrived


async def update_employee(
    tx: Transaction,
    viewer: Viewer,
    *,
    employee: EmployeeId,
    given_name: str = UNCHANGED,
    family_name: str = UNCHANGED,
    display_name: str = UNCHANGED,
    email: str | None = UNCHANGED,
    phone: str | None = UNCHANGED,
    user_name: str | None = UNCHANGED,
    number: str | None = UNCHANGED,
    locale: str = UNCHANGED,
    time_zone: str = UNCHANGED,
) -> tables.Employee:
    """Changes what is known of who somebody is; what is left out stays as it is.

    A feed writes it again with its next run; `keepLocally` says what it is to leave alone.

    Args:
        employee: Whose record changes.
        given_name: The name friends use.
        family_name: The name a family shares.
        display_name: The full name; if it is left out, one that was made of the two names follows them.
        email: The address at work; null for none.
        phone: The telephone number at work; null for none.
        user_name: What the person signs in as; null for nothing.
        number: The employee number; null for none.
        locale: A BCP 47 language tag.
        time_zone: A name of the IANA time zone database.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    asked = given(phone=phone, email=email, user_name=user_name, number=number)
    for name, value in given(
        given_name=given_name, family_name=family_name, display_name=display_name
    ).items():
        first, _, rest = name.partition("_")
        asked[name] = filled(value, f"{first}{rest.title()}")
    if "display_name" not in asked and found.display_name == f"{found.given_name} {found.family_name}":
        names = [asked.get(name, getattr(found, name)) for name in ("given_name", "family_name")]
        asked["display_name"] = " ".join(names)
    if locale is not UNCHANGED:
        asked["locale"] = language(locale)
    if time_zone is not UNCHANGED:
        asked["time_zone"] = zone(time_zone)
    if await write(tx, viewer, found, await free(tx, asked, by=employee)):
        await arrived(tx, found)
    return found


async def keep_locally(
    tx: Transaction, viewer: Viewer, *, employee: EmployeeId, fields: list[Kept]
) -> tables.Employee:
    """Says what of somebody is kept here: feeds and directories leave it as it is.

    Args:
        employee: Whose record it is.
        fields: All that is kept here from now on; none, to have a feed write everything again.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    found = await find(tx, viewer, tables.Employee, employee, lock=True)
    wanted = [each.value for each in Kept if each in fields]
    if found.kept_locally != wanted:
        before = {"kept_locally": found.kept_locally}
        found.kept_locally, found.changed_at = wanted, now()
        await tx.flush()
        await audit.record(
            tx, viewer, "employee.keep_locally", found, before=before, after={"kept_locally": wanted}
        )
    return found
