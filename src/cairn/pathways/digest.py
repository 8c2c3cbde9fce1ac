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
from cairn.pathways.wording import Wording

ORDER = (
    ReminderKind.OVERDUE,
    ReminderKind.DUE,
    ReminderKind.DUE_SOON,
    ReminderKind.ASSIGNED,
    ReminderKind.REPORT_OVERDUE,
    ReminderKind.APPROVAL,
)
"""In which they come."""
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

    def said(self, words: Wording) -> str:
        """As a person reads it."""
        found = self.title
        if self.due_on is not None:
            form = words.was_due if self._is_late else words.due
            found = form.format(title=self.title, day=words.date(self.due_on))
        if self.kind in _OF_OTHERS:
            found = words.of.format(name=self.name, what=found)
        return " ".join(found.split())

    @property
    def _is_late(self) -> bool:
        return self.kind in {ReminderKind.OVERDUE, ReminderKind.REPORT_OVERDUE}


async def lines(tx: Transaction, mail: tables.Mail) -> list[Line]:
    """What there still is to say in a mail: neither done meanwhile, nor read."""
    found = (await tx.execute(_LINES, {"mail": mail.id})).all()
    said = [Line(ReminderKind(row.kind), row.title, row.due_on, row.name) for row in found]
    return sorted(said, key=lambda line: ORDER.index(line.kind))


def compose(
    mail: tables.Mail,
    said: list[Line],
    *,
    to: str,
    sender: str,
    address: str,
    words: Wording,
    policy: tables.ReminderPolicy,
) -> EmailMessage:
    """The mail. It is the same however often it is composed, and so is its `Message-ID`.

    One click unsubscribes (RFC 8058) where there is anything in it that can be unsubscribed from; for that,
    the mail server has to sign these headers (DKIM).
    """
    message = EmailMessage(_POLICY)
    message["From"] = f"Cairn <{sender}>"
    message["To"] = to
    message["Subject"] = _subject(said, words)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{urlsplit(address).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    link = f"{address}/unsubscribe/{mail.token}"
    may_unsubscribe = any(line.kind not in policy.required for line in said)
    if may_unsubscribe:
        message["List-Unsubscribe"] = f"<{link}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    groups = groupby(said[:MOST], key=lambda line: line.kind)
    parts = [(words.headings[kind], list(of)) for kind, of in groups]
    more = words.number(words.more, len(said) - MOST) if len(said) > MOST else ""
    links = [(words.all, f"{address}/"), *([(words.stop, link)] if may_unsubscribe else [])]
    footer = [words.of.format(name=label, what=at) for label, at in links]
    blocks = ["\n".join([heading, *(f"- {line.said(words)}" for line in of)]) for heading, of in parts]
    message.set_content("\n\n".join([*blocks, *([more] if more else []), "\n".join(footer)]) + "\n")
    html = [
        f"<h2>{escape(heading)}</h2><ul>{''.join(f'<li>{escape(line.said(words))}</li>' for line in of)}</ul>"
        for heading, of in parts
    ]
    html += [f"<p>{escape(more)}</p>"] if more else []
    html += [f'<p><a href="{escape(at)}">{escape(label)}</a></p>' for label, at in links]
    whole = f'<!doctype html><html lang="{words.language}"><body>{"".join(html)}</body></html>\n'
    message.add_alternative(whole, "html")
    return message


def _subject(said: list[Line], words: Wording) -> str:
    """What it is about; no name of a person, since subjects are read by passers-by."""
    counts = {kind: sum(line.kind is kind for line in said) for kind in ORDER}
    parts = (words.number(words.parts[kind], count) for kind, count in counts.items() if count)
    return words.subject.format(parts=", ".join(parts))
