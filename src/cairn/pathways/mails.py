"""Mails of reminders: one a person and day at most, never at night, and none twice.

A mail is made with the notifications that are in it, in one transaction, and sent by a job of its own, which
locks it, speaks with the mail server, and marks it as sent as it commits. A worker that dies before the
server has taken the mail sends nothing, and the job comes again. One that dies after that and before its
commit, a few milliseconds, has sent a mail of which nothing is known here: it is sent again, with the same
`Message-ID`, by which mail systems know it for the same. The other way round mails would get lost.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ARRAY, Text, Time, Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from cairn.access import audit
from cairn.access.refusal import NotAllowed
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import INSTANT
from cairn.jobs.events import event, publish, subscribe
from cairn.jobs.schedule import every
from cairn.jobs.smtp import Post, Refused
from cairn.pathways import digest, tables
from cairn.pathways.reminders import LOCAL, current
from cairn.pathways.tables import MailStatus
from cairn.pathways.wording import wording
from cairn.people.tables import Employee
from cairn.settings import settings

log = logging.getLogger("cairn.pathways")

EVERY_MINUTES = 10
BATCH = 1_000
"""Mails that are made in one transaction, at most."""
STALE = timedelta(days=7)
"""What is older than this is mailed no more: it stands in the graph."""
AGAIN = timedelta(hours=1)
"""After so long a mail that still waits is tried again, when its job has given up."""
GIVEN_UP = timedelta(days=2)

_MAY_GET_MAIL = """
 (case when :quiet_from = :quiet_until then true
   when :quiet_from < :quiet_until then not (here::time >= :quiet_from and here::time < :quiet_until)
   else here::time >= :quiet_until and here::time < :quiet_from end)
 and (:on_weekends or extract(isodow from here) < 6)
"""
_TO_MAKE = text(f"""
 with {LOCAL}
 select n.employee_id, here::date as day, array_agg(n.id) as notifications
 from notification n join clock using (employee_id)
 where n.mail_id is null and n.read_at is null and n.created_at > :fresh and clock.email is not null
  and (n.kind = any(:required)
   or not exists (select from mail_preference p where p.employee_id = n.employee_id))
  and not exists (select from mail m where m.employee_id = n.employee_id and m.day = here::date)
  and {_MAY_GET_MAIL}
 group by n.employee_id, here::date limit {BATCH}
""").bindparams(  # noqa: S608  # constants of ours
    bindparam("at", type_=INSTANT),
    bindparam("fresh", type_=INSTANT),
    bindparam("required", type_=ARRAY(Text)),
    bindparam("quiet_from", type_=Time),
    bindparam("quiet_until", type_=Time),
)
_MAY_GO = text(f"""
 with {LOCAL}
 select clock.email, clock.locale, here::date = mail.day and {_MAY_GET_MAIL} as now from mail
 join clock using (employee_id) where mail.id = :mail
""").bindparams(  # noqa: S608  # likewise
    bindparam("at", type_=INSTANT),
    bindparam("mail", type_=Uuid),
    bindparam("quiet_from", type_=Time),
    bindparam("quiet_until", type_=Time),
)


_PUT_INTO = text("""
 update notification set mail_id = pair.mail
 from unnest(cast(:notifications as uuid[]), cast(:mails as uuid[])) as pair(notification, mail)
 join mail on mail.id = pair.mail
 where notification.id = pair.notification returning notification.mail_id
""").bindparams(bindparam("notifications", type_=ARRAY(Uuid)), bindparam("mails", type_=ARRAY(Uuid)))


@event
@dataclass(frozen=True)
class MailsDue:
    """There may be mails to make."""


@event
@dataclass(frozen=True)
class MailDue:
    """A mail is to be sent."""

    mail: UUID


@every(f"*/{EVERY_MINUTES} * * * *")
async def post(tx: Transaction, at: datetime) -> None:
    """Begins to make mails, and once an hour has those tried again whose jobs have given up."""
    if settings().smtp_url is None:
        return
    await publish(tx, MailsDue())
    if at.minute >= EVERY_MINUTES:
        return
    mail = tables.Mail
    waiting = select(col(mail.id)).where(
        col(mail.status) == MailStatus.WAITING, col(mail.created_at).between(at - GIVEN_UP, at - AGAIN)
    )
    await publish(tx, *(MailDue(each) for each in (await tx.execute(waiting)).scalars()))


@subscribe(MailsDue)
async def make_mails(tx: Transaction, _event: MailsDue) -> None:
    """Makes a batch of mails, and tells that there may be more."""
    policy = await current(tx)
    given = {**_hours(policy), "fresh": now() - STALE, "required": list(policy.required)}
    found = (await tx.execute(_TO_MAKE, given)).all() if policy.is_on else []
    if found:
        made = [(tables.Mail.new_id(), row) for row in found]
        rows = [_waiting(id_, row.employee_id, row.day) for id_, row in made]
        await tx.execute(insert(tables.Mail).on_conflict_do_nothing(), rows)
        pairs = [(each, id_) for id_, row in made for each in row.notifications]
        within = {"notifications": [each for each, _ in pairs], "mails": [id_ for _, id_ in pairs]}
        put = (await tx.execute(_PUT_INTO, within)).scalars()
        await publish(tx, *(MailDue(each) for each in sorted(set(put))))
    if len(found) == BATCH:
        await publish(tx, MailsDue())


def _waiting(id_: UUID, employee: UUID, day: date) -> dict[str, object]:
    return {
        "id": id_,
        "employee_id": employee,
        "day": day,
        "status": MailStatus.WAITING,
        "token": secrets.token_urlsafe(24),
        "created_at": now(),
    }


@subscribe(MailDue, timeout=55)
async def send_mail(tx: Transaction, event: MailDue) -> None:
    """Sends a mail that still waits, unless it is night by now: then it is made anew when it is day."""
    found = await tx.get(tables.Mail, event.mail, with_for_update=True)
    url = settings().smtp_url
    if found is None or found.status is not MailStatus.WAITING or url is None:
        return
    policy = await current(tx)
    may = (await tx.execute(_MAY_GO, {**_hours(policy), "mail": found.id})).one_or_none()
    if may is not None and may.email is not None and not may.now:
        await tx.delete(found)
        return
    lines = await digest.lines(tx, found)
    if may is None or may.email is None or not lines:
        found.status, found.settled_at = MailStatus.SKIPPED, now()
        return
    address = settings().address
    sender = settings().mail_from or f"cairn@{urlsplit(address).hostname}"
    words = wording(may.locale)
    message = digest.compose(
        found, lines, to=may.email, sender=sender, address=address, words=words, policy=policy
    )
    try:
        await Post.at(url.get_secret_value()).send(message, may.email)
    except Refused as refused:
        log.warning("the mail server refuses mail %s with %s", found.id, refused)
        found.status = MailStatus.REFUSED
    else:
        found.status = MailStatus.SENT
    found.settled_at = now()


def _hours(policy: tables.ReminderPolicy) -> dict[str, object]:
    return {
        "at": now(),
        "quiet_from": policy.quiet_from,
        "quiet_until": policy.quiet_until,
        "on_weekends": policy.on_weekends,
    }


async def change_mail_preference(tx: Transaction, viewer: Viewer, *, reminders: bool) -> "MailChoice":
    """Subscribes you to mails of reminders, or unsubscribes you; what the company requires is sent anyway.

    Args:
        reminders: Whether you want them.
    """
    if viewer.employee is None:
        raise NotAllowed("Only people get mails.")
    await _choose(tx, viewer, viewer.employee, reminders=reminders)
    return MailChoice(reminders)


@dataclass
class MailChoice:
    """What mails somebody wants."""

    reminders: bool
    """Whether they want mails of reminders."""


async def locale_of(tx: Transaction, token: str) -> str | None:
    """The language tag of whoever a mail with that token was sent to; None where there is no such mail."""
    reader = select(col(Employee.locale)).join(tables.Mail, col(tables.Mail.employee_id) == col(Employee.id))
    return (await tx.execute(reader.where(col(tables.Mail.token) == token))).scalar_one_or_none()


async def unsubscribe(tx: Transaction, token: str) -> bool:
    """Unsubscribes whoever a mail with that token was sent to; whether there is such a mail."""
    mail = (await tx.execute(select(tables.Mail).where(col(tables.Mail.token) == token))).scalar_one_or_none()
    if mail is None:
        return False
    viewer = Viewer(mail.employee_id, name=f"employee:{mail.employee_id}")
    await _choose(tx, viewer, mail.employee_id, reminders=False)
    return True


async def _choose(tx: Transaction, viewer: Viewer, employee: UUID, *, reminders: bool) -> None:
    preference = tables.MailPreference
    found = await tx.get(preference, employee)
    if reminders is (found is None):
        return
    if found is not None:
        await tx.delete(found)
    else:
        await tx.execute(
            insert(preference).values(employee_id=employee, unsubscribed_at=now()).on_conflict_do_nothing()
        )
    verb = "mails.subscribe" if reminders else "mails.unsubscribe"
    await audit.record(tx, viewer, verb, ("Employee", employee))
