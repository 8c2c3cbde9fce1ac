"""What stands in a mail of reminders: as plain text and as HTML, the same in both."""

from dataclasses import dataclass
from datetime import date
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from itertools import groupby
from urllib.parse import urlsplit

from sqlalchemy import Uuid, bindparam, text

from cairn.db.engine import Transaction
from cairn.pathways import tables
from cairn.pathways.tables import ReminderKind

HEADINGS = {
    ReminderKind.OVERDUE: "Overdue",
    ReminderKind.DUE: "Due today",
    ReminderKind.DUE_SOON: "Due soon",
    ReminderKind.ASSIGNED: "New for you",
    ReminderKind.REPORT_OVERDUE: "Overdue among those who report to you",
    ReminderKind.APPROVAL: "Waits for your approval",
}
"""In the order in which they come."""
_POLICY = SMTP.clone(max_line_length=900)  # an address in a header must stay in one piece
MOST = 25
"""Lines of a mail, at most."""

_LINES = text("""
 select n.id, n.kind, pathway.title, a.due_on, person.display_name as name
 from notification n join assignment a on a.id = n.assignment_id
 join pathway on pathway.id = a.pathway_id join employee person on person.id = a.employee_id
 where n.mail_id = :mail and a.closed_at is null and n.read_at is null
 union all
 select n.id, n.kind, version.name, null, person.display_name
 from notification n join award_to_approve asked on asked.id = n.award_to_approve_id
 join credential_version version on version.id = asked.version_id
 join employee person on person.id = asked.employee_id
 where n.mail_id = :mail and asked.status = 'WAITING' and n.read_at is null
 order by due_on nulls last, title, id
""").bindparams(bindparam("mail", type_=Uuid))


_OF_OTHERS = {ReminderKind.REPORT_OVERDUE, ReminderKind.APPROVAL}


@dataclass(frozen=True)
class Line:
    """One thing that somebody is reminded of."""

    kind: ReminderKind
    title: str
    due_on: date | None
    name: str
    """Whose it is."""

    @property
    def words(self) -> str:
        """As a person reads it."""
        due = "" if self.due_on is None else f", {'was ' if self._is_late else ''}due on {self._day}"
        who = f"{self.name}: " if self.kind in _OF_OTHERS else ""
        return " ".join(f"{who}{self.title}{due}".split())

    @property
    def _is_late(self) -> bool:
        return self.kind in {ReminderKind.OVERDUE, ReminderKind.REPORT_OVERDUE}

    @property
    def _day(self) -> str:
        assert self.due_on is not None
        return f"{self.due_on.day} {self.due_on:%B %Y}"


async def lines(tx: Transaction, mail: tables.Mail) -> list[Line]:
    """What there still is to say in a mail: neither done meanwhile, nor read."""
    found = (await tx.execute(_LINES, {"mail": mail.id})).all()
    order = list(HEADINGS)
    said = [Line(ReminderKind(row.kind), row.title, row.due_on, row.name) for row in found]
    return sorted(said, key=lambda line: order.index(line.kind))


def compose(
    mail: tables.Mail,
    said: list[Line],
    *,
    to: str,
    sender: str,
    address: str,
    policy: tables.ReminderPolicy,
) -> EmailMessage:
    """The mail. It is the same however often it is composed, and so is its `Message-ID`.

    One click unsubscribes (RFC 8058) where there is anything in it that can be unsubscribed from; for that,
    the mail server has to sign these headers (DKIM).
    """
    message = EmailMessage(_POLICY)
    message["From"] = f"Cairn <{sender}>"
    message["To"] = to
    message["Subject"] = _subject(said)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{urlsplit(address).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    link = f"{address}/unsubscribe/{mail.token}"
    may_unsubscribe = any(line.kind not in policy.required for line in said)
    if may_unsubscribe:
        message["List-Unsubscribe"] = f"<{link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    parts = [(HEADINGS[kind], list(of)) for kind, of in groupby(said[:MOST], key=lambda line: line.kind)]
    more = f"And {len(said) - MOST} more." if len(said) > MOST else ""
    footer = [f"All of it: {address}/", *([f"No more of these mails: {link}"] if may_unsubscribe else [])]
    blocks = ["\n".join([heading, *(f"- {line.words}" for line in of)]) for heading, of in parts]
    message.set_content("\n\n".join([*blocks, *([more] if more else []), "\n".join(footer)]) + "\n")
    html = [
        f"<h2>{escape(heading)}</h2><ul>{''.join(f'<li>{escape(line.words)}</li>' for line in of)}</ul>"
        for heading, of in parts
    ]
    html += [f"<p>{escape(more)}</p>"] if more else []
    html += [f'<p><a href="{escape(address)}/">All of it</a></p>']
    html += [f'<p><a href="{escape(link)}">No more of these mails</a></p>'] if may_unsubscribe else []
    message.add_alternative(f'<!doctype html><html lang="en"><body>{"".join(html)}</body></html>\n', "html")
    return message


def _subject(said: list[Line]) -> str:
    """What it is about; no name of a person, since subjects are read by passers-by."""
    counts = {kind: sum(line.kind is kind for line in said) for kind in HEADINGS}
    words = {
        ReminderKind.OVERDUE: "overdue",
        ReminderKind.DUE: "due today",
        ReminderKind.DUE_SOON: "due soon",
        ReminderKind.ASSIGNED: "new",
        ReminderKind.REPORT_OVERDUE: "overdue in your team",
        ReminderKind.APPROVAL: "to approve",
    }
    return "Your learning: " + ", ".join(f"{count} {words[kind]}" for kind, count in counts.items() if count)
