"""Reminders: who is reminded of what and when, in the graph and by a real mail server."""

import asyncio
import email
import email.policy
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from aiosmtpd.smtp import SMTP
from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr
from sqlalchemy import text
from starlette.applications import Starlette

from cairn.jobs.drain import Undone, drain
from cairn.jobs.smtp import Post
from cairn.pathways.digest import ORDER, Line
from cairn.pathways.mails import post
from cairn.pathways.reminders import forget_reminders, remind_hourly
from cairn.pathways.tables import ReminderKind
from cairn.pathways.wording import wording, wordings
from cairn.settings import SettingError, settings
from cairn.web.unsubscribe import routes
from pathways.writing import assign, complete, step, write
from stored import counts

MINE = """
{ viewer { wantsMails notifications { totalCount nodes {
  id kind occasion isRead assignment { employee { displayName } pathway { title } }
} } } }
"""
READ = """
mutation ($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) {
  __typename ... on NotificationsRead { notifications { kind isRead } } ... on Refusal { message }
} }
"""
POLICY = """
mutation ($input: ChangeReminderPolicyInput!) { changeReminderPolicy(input: $input) {
  __typename
  ... on ReminderPolicy {
    isOn daysBefore repeatDays managerAfterDays quietFrom quietUntil onWeekends required
  }
  ... on InvalidInput { problems { path message } }
} }
"""
PREFER = """
mutation ($input: ChangeMailPreferenceInput!) { changeMailPreference(input: $input) {
  __typename ... on MailChoice { reminders }
} }
"""
MONDAY = datetime(2031, 3, 3, 12, tzinfo=UTC)
DUE = MONDAY.date() + timedelta(days=14)


class Inbox:
    """A mail server that keeps what it is sent, and can be told what to answer."""

    def __init__(self):
        self.mails = []
        self.answers = []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802  # aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.mails.append((envelope.rcpt_tos, message))
        return answer


@pytest.fixture
async def inbox(monkeypatch):
    found = Inbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(found), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found.url = SecretStr(f"smtp://127.0.0.1:{port}")
    known = settings().model_copy(update={"smtp_url": found.url, "public_url": "https://cairn.test"})
    monkeypatch.setattr("cairn.pathways.mails.settings", lambda: known)
    yield found
    server.close()
    await server.wait_closed()


@pytest.fixture
def passing(database, url):
    """Lets the clock of reminders and mails tick once at an instant, and all that follows from it happen."""

    async def at(instant):
        with time_machine.travel(instant, tick=False):
            for tick in (remind_hourly, post):
                async with database.transaction() as tx:
                    await tick(tx, instant)
                await drain(database, url)

    return at


@pytest.fixture
async def due(ask, world):
    """A pathway that Cleo was assigned to a good while before it is due."""
    with time_machine.travel(MONDAY - timedelta(days=30)):
        data = await write(ask, "data", [step("read")])
        await assign(ask, data, world.gid("Employee", "Cleo"), dueOn=str(DUE))
    return data


async def mine(ask, world, who):
    found = (await ask(MINE, viewer=world.viewer(who)))["viewer"]["notifications"]["nodes"]
    return [(each["kind"], each["occasion"]) for each in reversed(found)]


async def test_one_is_reminded_before_and_after_and_the_manager_too_once_for_each_occasion(
    ask, world, due, passing, inbox
):
    assert due
    for day in (-1, 0, 0.1, 1, 11, 14, 15, 16, 17, 18, 22, 24, 29):
        await passing(MONDAY + timedelta(days=day))
    expected = [
        ("DUE_SOON", date(2031, 3, 3)),
        ("DUE_SOON", date(2031, 3, 14)),
        ("DUE", date(2031, 3, 17)),
        ("OVERDUE", date(2031, 3, 18)),
        ("OVERDUE", date(2031, 3, 25)),
        ("OVERDUE", date(2031, 4, 1)),
    ]
    assert await mine(ask, world, "Cleo") == [(kind, str(day)) for kind, day in expected]
    assert await mine(ask, world, "Ben") == [
        ("REPORT_OVERDUE", str(day)) for day in (date(2031, 3, 20), date(2031, 3, 27))
    ]
    assert await mine(ask, world, "Ada") == []
    to = [(rcpt[0].partition("@")[0], message["Date"].datetime.date()) for rcpt, message in inbox.mails]
    assert to == sorted(
        [*(("cleo", day) for _, day in expected), ("ben", date(2031, 3, 20)), ("ben", date(2031, 3, 27))],
        key=lambda each: each[1],
    )


async def test_a_mail_says_it_all_once_a_day_as_text_and_html(ask, world, due, passing, inbox):
    with time_machine.travel(MONDAY - timedelta(hours=1)):
        other = await write(ask, "<b>other</b>\r\nBcc: x", [step("talk")])
        await assign(ask, other, world.gid("Employee", "Cleo"), viewer=world.viewer("Ben"))
    await passing(MONDAY)
    await passing(MONDAY + timedelta(hours=3))
    [(recipients, message)] = inbox.mails
    assert recipients == ["cleo@example.com"]
    assert message["Subject"] == "Your learning: 1 due soon, 1 new"
    link = re.fullmatch(r"<(https://cairn\.test/unsubscribe/[\w-]{32})>", message["List-Unsubscribe"])[1]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert (message["From"], message["Auto-Submitted"]) == ("Cairn <cairn@cairn.test>", "auto-generated")
    plain, html = (message.get_body([kind]).get_content() for kind in ("plain", "html"))
    assert plain.replace("\r\n", "\n") == (
        "Due soon\n- Data, due on 17 March 2031\n\n"
        "New for you\n- <b>other</b> bcc: x\n\n"
        f"See everything: https://cairn.test/\nStop these emails: {link}\n"
    )
    assert "<li>&lt;b&gt;other&lt;/b&gt; bcc: x</li>" in html
    assert message["Bcc"] is None
    assert due


@pytest.mark.parametrize(
    ("locale", "subject", "body"),
    [
        (
            "de-CH",
            "Ihre Weiterbildung: 1 bald fällig, 1 neuer Eintrag",
            (
                "Bald fällig\n- Data, fällig am 17. März 2031\n\nNeu für Sie\n- Other\n\n"
                "Alles ansehen: https://cairn.test/\nDiese E-Mails abbestellen: "
            ),
        ),
        (
            "fr_FR",
            "Vos formations : 1 à terminer bientôt, 1 nouvelle",
            (
                "À terminer bientôt\n- Data, à terminer pour le 17 mars 2031\n\n"
                "Nouveau pour vous\n- Other\n\n"
                "Tout voir : https://cairn.test/\nNe plus recevoir ces e-mails : "
            ),
        ),
        (
            "es",
            "Su formación: 1 vence pronto, 1 nueva",
            (
                "Vence pronto\n- Data, vence el 17 de marzo de 2031\n\nNuevo para usted\n- Other\n\n"
                "Ver todo: https://cairn.test/\nDejar de recibir estos correos: "
            ),
        ),
        ("nl", "Your learning: 1 due soon, 1 new", "Due soon\n- Data, due on 17 March 2031\n"),
    ],
)
async def test_a_mail_speaks_the_language_of_who_reads_it(
    ask, world, due, passing, inbox, database, locale, subject, body
):
    async with database.transaction() as tx:
        await tx.execute(
            text("update employee set locale = :locale where given_name = 'Cleo'"), {"locale": locale}
        )
    with time_machine.travel(MONDAY - timedelta(hours=1)):
        other = await write(ask, "other", [step("talk")])
        await assign(ask, other, world.gid("Employee", "Cleo"), viewer=world.viewer("Ben"))
    await passing(MONDAY)
    [(_, message)] = inbox.mails
    assert str(message["Subject"]) == subject
    plain, html = (message.get_body([kind]).get_content() for kind in ("plain", "html"))
    assert plain.replace("\r\n", "\n").startswith(body)
    language = locale[:2] if locale != "nl" else "en"
    assert f'<html lang="{language}">' in html
    assert due


def test_every_language_says_everything_and_counts_as_it_counts():
    kinds = set(ReminderKind)
    for language, words in wordings().items():
        assert (set(words.headings), set(words.parts), len(words.months)) == (kinds, kinds, 12), language
        assert {"{n}" in text for each in words.parts.values() for text in (each.one, each.other)} == {True}
        said = [Line(kind, f"{{{kind}}}", date(2031, 8, 1), "Cleo {x}").said(words) for kind in ORDER]
        assert all("2031" in each for each in said)
        assert said[-1].startswith("Cleo {x}")
    french, german = wording("fr-CA"), wording("DE")
    assert french.number(french.more, 0) == "Et 0 autre élément."
    assert [german.number(german.more, n) for n in (1, 2)] == [
        "Und 1 weiterer Eintrag.",
        "Und 2 weitere Einträge.",
    ]
    assert (french.date(date(2031, 8, 1)), french.date(date(2031, 8, 2))) == ("1er août 2031", "2 août 2031")


def test_the_sender_is_an_address_and_nothing_else(monkeypatch):
    for wrong in ("Cairn", "Cairn <a@example.com>", "a@example.com\r\nBcc: b@example.com", "a b@example.com"):
        monkeypatch.setenv("CAIRN_MAIL_FROM", wrong)
        settings.cache_clear()
        with pytest.raises(SettingError, match="CAIRN_MAIL_FROM"):
            settings()
    monkeypatch.setenv("CAIRN_MAIL_FROM", "learning@example.com")
    settings.cache_clear()
    assert settings().mail_from == "learning@example.com"
    monkeypatch.undo()
    settings.cache_clear()


async def test_nobody_is_mailed_at_night_nor_on_a_weekend_where_they_are(
    ask, world, due, passing, inbox, database
):
    async with database.transaction() as tx:
        await tx.execute(text("update employee set time_zone = 'Pacific/Auckland' where given_name = 'Cleo'"))
    await passing(MONDAY)  # one in the morning there, and the 4th
    assert (await mine(ask, world, "Cleo"), inbox.mails) == ([("DUE_SOON", "2031-03-03")], [])
    await passing(MONDAY.replace(hour=20))
    assert len(inbox.mails) == 1
    policy = await ask.do(POLICY, {"quietFrom": "13:00", "quietUntil": "14:30", "daysBefore": [3, 9, 2]})
    assert policy == {
        "__typename": "ReminderPolicy",
        "isOn": True,
        "daysBefore": [9, 3, 2],
        "repeatDays": 7,
        "managerAfterDays": 3,
        "quietFrom": "13:00",
        "quietUntil": "14:30",
        "onWeekends": False,
        "required": [],
    }
    saturday = datetime(2031, 3, 14, 20, tzinfo=UTC)
    await passing(saturday)  # it is Saturday there
    assert len(inbox.mails) == 1
    await ask.do(POLICY, {"onWeekends": True})
    await passing(saturday.replace(hour=0) + timedelta(days=1, minutes=30))  # half past one in the afternoon
    assert len(inbox.mails) == 1
    await passing(saturday.replace(hour=2) + timedelta(days=1))
    assert len(inbox.mails) == 2
    for wrong, field in (
        ({"daysBefore": [0]}, "daysBefore"),
        ({"repeatDays": 400}, "repeatDays"),
        ({"quietFrom": "25:00"}, "quietFrom"),
        ({"managerAfterDays": 2, "tellsManagers": False}, "managerAfterDays"),
    ):
        found = await ask.do(POLICY, wrong)
        assert [each["path"] for each in found["problems"]] == [[field]]
    await ask.do(POLICY, {"isOn": False})
    await passing(MONDAY + timedelta(days=20))
    assert (len(inbox.mails), due is None) == (2, False)


async def test_what_is_done_or_read_meanwhile_is_not_mailed(ask, world, due, passing, inbox, database):
    night = MONDAY.replace(hour=3)
    await passing(night)
    [mine_] = (await ask(MINE, viewer=world.viewer("Cleo")))["viewer"]["notifications"]["nodes"]
    foreign = await ask.do(READ, {"notifications": [mine_["id"]]}, viewer=world.viewer("Ben"))
    assert foreign["__typename"] == "NotFound"
    read = await ask.do(READ, {"notifications": [mine_["id"]]}, viewer=world.viewer("Cleo"))
    assert read["notifications"] == [{"kind": "DUE_SOON", "isRead": True}]
    assert (await ask.do(READ, {}, viewer=world.viewer("Cleo")))["notifications"] == []
    await passing(MONDAY)
    assert inbox.mails == []
    inbox.answers += ["451 later"] * 20
    with pytest.raises(Undone):
        await passing(datetime(2031, 3, 14, 12, tzinfo=UTC))
    inbox.answers.clear()
    with time_machine.travel(datetime(2031, 3, 14, 13, tzinfo=UTC)):
        await complete(ask, due, "read", world.gid("Employee", "Cleo"))
    await passing(datetime(2031, 3, 14, 14, tzinfo=UTC))
    assert inbox.mails == []
    async with database.transaction() as tx:
        assert (await tx.execute(text("select status from mail"))).scalars().all() == ["SKIPPED"]
    with time_machine.travel(MONDAY + timedelta(days=500)):
        async with database.transaction() as tx:
            await forget_reminders(tx, MONDAY)
    assert await counts(database, "mail", "notification") == {"mail": 0, "notification": 0}


async def test_a_mail_that_a_worker_sent_before_it_died_is_the_same_mail(due, passing, inbox, monkeypatch):
    """Between the server's 250 and our commit there is nothing for it but to send the same message again."""
    sends, deaths = Post.send, []

    async def and_dies(self, message, recipient):
        await sends(self, message, recipient)
        if not deaths:
            deaths.append("the worker was killed")
            raise ConnectionResetError(*deaths)

    monkeypatch.setattr(Post, "send", and_dies)
    await passing(MONDAY)
    (_, first), (_, second) = inbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first.get_body(["plain"]).get_content() == second.get_body(["plain"]).get_content()
    await passing(MONDAY + timedelta(hours=1))
    assert len(inbox.mails) == 2
    assert due


async def test_a_mail_that_the_server_refuses_is_not_sent_again(due, passing, inbox, database, caplog):
    inbox.answers += ["550 no such person as cleo@example.com"]
    await passing(MONDAY)
    await passing(MONDAY + timedelta(hours=2))
    async with database.transaction() as tx:
        assert (await tx.execute(text("select status from mail"))).scalars().all() == ["REFUSED"]
    assert inbox.mails == []
    assert "550" in caplog.text
    assert "example.com" not in caplog.text
    assert due


async def test_the_page_that_stops_mails_is_in_the_language_of_the_mail(due, passing, inbox, database):
    async with database.transaction() as tx:
        await tx.execute(text("update employee set locale = 'de-AT' where given_name = 'Cleo'"))
    await passing(MONDAY)
    link = inbox.mails[0][1]["List-Unsubscribe"].strip("<>").removeprefix("https://cairn.test")
    app = Starlette(routes=routes(database))
    french = {"accept-language": "fr-CA,fr;q=0.9"}
    async with AsyncClient(transport=ASGITransport(app), base_url="https://cairn.test") as web:
        asked = await web.get(link, headers=french)
        assert '<html lang="de">' in asked.text
        assert "Abbestellen" in asked.text
        assert "Sie erhalten keine Erinnerungen mehr" in (await web.post(link)).text
        unknown = await web.get("/unsubscribe/nonsense", headers=french)
        assert (unknown.status_code, "Ce lien est inconnu" in unknown.text) == (404, True)
    assert due


async def test_one_click_unsubscribes_and_looking_does_not(ask, world, due, passing, inbox, database):
    await passing(MONDAY)
    [(_, message)] = inbox.mails
    link = message["List-Unsubscribe"].strip("<>").removeprefix("https://cairn.test")
    app = Starlette(routes=routes(database))
    async with AsyncClient(transport=ASGITransport(app), base_url="https://cairn.test") as web:
        assert (await web.get(link)).status_code == 200
        assert (await ask(MINE, viewer=world.viewer("Cleo")))["viewer"]["wantsMails"] is True
        assert (await web.post("/unsubscribe/nonsense")).status_code == 404
        for _ in range(2):
            done = await web.post(link, data={"List-Unsubscribe": "One-Click"})
            assert (done.status_code, "set-cookie" in done.headers) == (200, False)
    assert (await ask(MINE, viewer=world.viewer("Cleo")))["viewer"]["wantsMails"] is False
    await passing(datetime(2031, 3, 14, 12, tzinfo=UTC))
    assert len(inbox.mails) == 1
    assert len(await mine(ask, world, "Cleo")) == 2  # in the graph it stands all the same
    await ask.do(POLICY, {"required": ["DUE"]})
    await passing(datetime(2031, 3, 17, 12, tzinfo=UTC))
    assert [message["List-Unsubscribe"] for _, message in inbox.mails[1:]] == [None]
    assert await ask.do(PREFER, {"reminders": True}, viewer=world.viewer("Cleo")) == {
        "__typename": "MailChoice",
        "reminders": True,
    }
    await passing(datetime(2031, 3, 18, 12, tzinfo=UTC))
    assert len(inbox.mails) == 3
    verbs = '{ auditEntries(where: {verb: {startsWith: "mails."}}) { nodes { verb } } }'
    assert [each["verb"] for each in (await ask(verbs))["auditEntries"]["nodes"]] == [
        "mails.subscribe",
        "mails.unsubscribe",
    ]
    assert due


def test_a_setting_that_makes_no_sense_is_refused_without_its_password():
    for wrong in ("secret", "http://secret@host", "smtp://", "smtp://u:secret@host:port"):
        with pytest.raises(SettingError) as refused:
            Post.at(wrong)
        assert "secret" not in str(refused.value)
    found = Post.at("smtps://ada%40x:p%20w@mail.example")
    assert (found.user, found.password, found.port, found.implicit_tls) == ("ada@x", "p w", 465, True)
    assert "p w" not in repr(found)
