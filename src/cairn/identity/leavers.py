"""What becomes of the access of people who have left: their sessions end, their programs' tokens, their apps.

That they work here today is a condition of every request (`proofs.py`), so nobody waits for this. It is for
those who come back: what they held before does not work again.
"""

from datetime import datetime

from sqlalchemy import ARRAY, ColumnElement, Date, Uuid, any_, bindparam, select, text, true, update
from sqlmodel import col

from cairn.access import audit
from cairn.access.permissions import Role
from cairn.access.viewer import system
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.identity import apps
from cairn.identity.sessions import end
from cairn.identity.tables import ConnectedApp, Disconnection, Ending, ServiceToken, Session
from cairn.jobs.events import subscribe
from cairn.jobs.schedule import every
from cairn.people.events import EmploymentChanged
from cairn.people.lost import LastAdministrator, Lost, checks_lost
from cairn.people.tables import Employment


@subscribe(EmploymentChanged)
async def end_access(tx: Transaction, event: EmploymentChanged) -> None:
    """Ends the access of those of them who do not work here today."""
    those = any_(bindparam("employees", list(event.employees), ARRAY(Uuid)))
    await _end(
        tx,
        col(Session.employee_id) == those,
        col(ServiceToken.owner_id) == those,
        col(ConnectedApp.employee_id) == those,
    )


@every("2 0 * * *")
async def end_access_of_leavers(tx: Transaction, _at: datetime) -> None:
    """Those whose last day was yesterday."""
    await _end(tx, true(), true(), true())


async def _end(
    tx: Transaction,
    sessions: ColumnElement[bool],
    tokens: ColumnElement[bool],
    connected: ColumnElement[bool],
) -> None:
    moment = now()

    def works(employee: object) -> ColumnElement[bool]:
        stint = select(col(Employment.id)).where(
            col(Employment.employee_id) == employee, col(Employment.valid).contains(moment.date())
        )
        return stint.exists()

    viewer = system("worker")
    await end(
        tx,
        viewer,
        Ending.LEFT,
        sessions,
        col(Session.expires_at) > moment,
        ~works(col(Session.employee_id)),
    )
    await apps.end(tx, viewer, Disconnection.LEFT, connected, ~works(col(ConnectedApp.employee_id)))
    revoked = (
        update(ServiceToken)
        .where(
            tokens,
            col(ServiceToken.revoked_at).is_(None),
            col(ServiceToken.expires_at) > moment,
            ~works(col(ServiceToken.owner_id)),
        )
        .values(revoked_at=moment)
        .returning(ServiceToken)
    )
    for token in (await tx.execute(revoked)).scalars().all():
        await audit.record(tx, viewer, "service_token.revoke", token, after={"revoked_at": moment})


_ADMINISTERS = text(
    "select exists (select from session where employee_id = any(:employees) and :role = any(roles))"
).bindparams(bindparam("employees", type_=ARRAY(Uuid)))
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended('administrators', 7644))")
_FIRST_WITHOUT = text("""
with admin as materialized (
  select distinct employee_id from (
    select distinct on (issuer, subject) employee_id, roles from session
    order by issuer, subject, created_at desc
  ) latest where :role = any(roles)
),
lost as materialized (
  select employee_id, range_agg(daterange(since, until) * daterange(:today, null)) as days
  from unnest(:employees, :since, :until) as each(employee_id, since, until)
  where employee_id in (select employee_id from admin) group by employee_id
),
held as (
  select employee_id, range_agg(valid) as days from employment
  where employee_id in (select employee_id from admin) group by employee_id
),
kept as (
  select range_agg(held.days - coalesce(lost.days, '{}')) as days from held left join lost using (employee_id)
)
select lower((select range_agg(days) from lost) - coalesce(kept.days, '{}')) from kept
""").bindparams(
    bindparam("employees", type_=ARRAY(Uuid)),
    bindparam("since", type_=ARRAY(Date)),
    bindparam("until", type_=ARRAY(Date)),
    bindparam("today", type_=Date),
)


@checks_lost
async def keep_an_administrator(tx: Transaction, lost: Lost) -> None:
    """Whoever last signed in with the role of a people admin is one; on every day one of them is employed.

    Raises `LastAdministrator`.
    """
    role = Role.PEOPLE_ADMIN.value
    if not (await tx.execute(_ADMINISTERS, {"employees": list(lost), "role": role})).scalar_one():
        return
    await tx.execute(_ONE_AT_A_TIME)
    each = [(employee, days) for employee, ranges in lost.items() for days in ranges]
    given = {
        "role": role,
        "today": now().date(),
        "employees": [employee for employee, _ in each],
        "since": [days.lower for _, days in each],
        "until": [days.upper for _, days in each],
    }
    day = (await tx.execute(_FIRST_WITHOUT, given)).scalar_one()
    if day is not None:
        raise LastAdministrator(
            "This is the last administrator; have another people admin sign in first.", day
        )
