"""Shares: a page with chosen items, awards and fields, for whoever has its link, until a date.

The link holds a secret of which only the SHA-256 is kept, and every opening of the page reads what is there
now: what was revoked is gone at once, and so is an item that was removed and a file with it. Who opened it is
told to the owner by hour and kind of browser; addresses are not kept.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select, text
from sqlmodel import col

from cairn.access import audit
from cairn.access.find import find
from cairn.access.refusal import FieldProblem, InvalidInput, NotAllowed
from cairn.access.viewer import Viewer
from cairn.credentials.award import AwardId
from cairn.credentials.tables import Award
from cairn.db.engine import Transaction
from cairn.db.ranges import now
from cairn.db.tables import Ref, Row
from cairn.graph.record import once
from cairn.identity.cookies import secret
from cairn.identity.sessions import digest
from cairn.portfolios import tables
from cairn.portfolios.items import PortfolioItemId
from cairn.portfolios.tables import ShareField
from cairn.settings import settings

PortfolioShareId = Annotated[UUID, Ref("PortfolioShare")]

LONGEST = timedelta(days=366)
MOST_SHOWN = 100
"""Items, and awards, of one share."""
MOST_SHARES = 100
"""That are open at a time, of one person."""


@dataclass
class SharedPortfolio:
    """A share, and its link."""

    share: PortfolioShareId
    """The share, without its link."""
    url: str | None = once()
    """The link; shown this once, and null when the request is repeated."""


async def share_portfolio(
    tx: Transaction,
    viewer: Viewer,
    *,
    title: str,
    expires_at: datetime,
    items: list[PortfolioItemId] | None = None,
    awards: list[AwardId] | None = None,
    fields: list[ShareField] | None = None,
    introduction: str | None = None,
) -> SharedPortfolio:
    """Makes a page with chosen things of your portfolio, for whoever has its link; the link is shown once.

    It shows your name, and of items their title, link and date. An award that you hide from colleagues is
    shown where you choose it here.

    Args:
        title: What stands above it.
        expires_at: Until when it can be opened: within a year.
        items: The items, in this order.
        awards: The awards, in this order.
        fields: What it shows besides.
        introduction: What you say to who opens it.
    """
    if viewer.employee is None:
        raise NotAllowed("Portfolios are of people.")
    problems = _problems(title, expires_at, introduction)
    open_ = select(func.count()).where(
        col(tables.PortfolioShare.employee_id) == viewer.employee,
        col(tables.PortfolioShare.revoked_at).is_(None),
        col(tables.PortfolioShare.expires_at) > now(),
    )
    if (await tx.execute(open_)).scalar_one() >= MOST_SHARES:
        problems.append(FieldProblem(["title"], f"there are {MOST_SHARES} open shares: revoke one"))
    chosen = items or [], awards or []
    tables_: tuple[tuple[str, type[Any], Sequence[UUID]], ...] = (
        ("items", tables.PortfolioItem, chosen[0]),
        ("awards", Award, chosen[1]),
    )
    for name, table, ids in tables_:
        problems += await _not_own(tx, viewer.employee, name, table, ids)
    if not any(chosen):
        problems.append(FieldProblem(["items"], "choose at least one item or award"))
    if problems:
        raise InvalidInput("The share does not make sense as it is.", problems)
    token = secret()
    share = tables.PortfolioShare(
        employee_id=viewer.employee,
        key=digest(token),
        title=title.strip(),
        introduction=introduction,
        fields=[each.value for each in dict.fromkeys(fields or [])],
        expires_at=expires_at,
    )
    tx.add(share)
    await tx.flush()
    tx.add_all(
        tables.SharedItem(share_id=share.id, item_id=each, position=n) for n, each in enumerate(chosen[0])
    )
    tx.add_all(
        tables.SharedAward(share_id=share.id, award_id=each, position=n) for n, each in enumerate(chosen[1])
    )
    await tx.flush()
    after = {"title": share.title, "expires_at": expires_at, "fields": share.fields}
    await audit.record(tx, viewer, "share.make", share, after=after)
    return SharedPortfolio(share.id, f"{settings().address}/share/{token}")


def _problems(title: str, expires_at: datetime, introduction: str | None) -> list[FieldProblem]:
    wrong = (
        ("title", not 0 < len(title.strip()) <= 200, "must have 1 to 200 characters"),
        ("expiresAt", not now() < expires_at <= now() + LONGEST, "must lie within a year from now"),
        ("introduction", len(introduction or "") > 5_000, "at most 5000 characters"),
    )
    return [FieldProblem([path], says) for path, is_wrong, says in wrong if is_wrong]


async def _not_own(
    tx: Transaction, employee: UUID, name: str, table: type[Row], ids: Sequence[UUID]
) -> list[FieldProblem]:
    """Which of the ids are nothing of that employee's, or come twice."""
    columns = table.__table__.c
    asked = any_(bindparam("ids", list(ids), ARRAY(Uuid)))
    own = select(columns.id).where(columns.id == asked, columns.employee_id == employee)
    known = set((await tx.execute(own)).scalars())
    found = [
        FieldProblem([name, str(n)], "is none of yours" if each not in known else "comes twice")
        for n, each in enumerate(ids)
        if each not in known or each in ids[:n]
    ]
    if len(ids) > MOST_SHOWN:
        found.append(FieldProblem([name], f"at most {MOST_SHOWN}"))
    return found


async def revoke_share(tx: Transaction, viewer: Viewer, *, share: PortfolioShareId) -> tables.PortfolioShare:
    """Revokes a share: its link leads nowhere from now on.

    Args:
        share: A share of yours, or anybody's if you manage access.
    """
    found = await find(tx, viewer, tables.PortfolioShare, share, lock=True)
    if found.revoked_at is None:
        found.revoked_at = now()
        tx.add(found)
        await audit.record(tx, viewer, "share.revoke", found, after={"revoked_at": found.revoked_at})
    return found


@dataclass(frozen=True)
class ShownFile:
    """A file on the page."""

    id: UUID
    name: str
    media_type: str
    size: int
    key: str
    width: int | None
    height: int | None

    @property
    def is_image(self) -> bool:
        """Whether the page shows it."""
        return self.media_type.startswith("image/")


@dataclass(frozen=True)
class ShownSkill:
    """A skill on the page."""

    name: str
    level: str
    is_confirmed: bool
    """Whether a reviewer saw it in the item."""


@dataclass(frozen=True)
class ShownItem:
    """An item on the page."""

    id: UUID
    title: str
    url: str | None
    happened_on: date | None
    reflection: str | None
    is_accepted: bool
    files: list[ShownFile] = field(default_factory=list)
    skills: list[ShownSkill] = field(default_factory=list)


@dataclass(frozen=True)
class ShownAward:
    """An award on the page."""

    id: UUID
    name: str
    description: str
    version: UUID
    awarded_at: datetime
    until: datetime | None
    holds: bool
    is_revoked: bool
    url: str | None
    """Where it can be checked; None where it is not signed yet, or hidden from all but this page."""


@dataclass(frozen=True)
class Shown:
    """All that a share shows."""

    id: UUID
    title: str
    introduction: str | None
    expires_at: datetime
    name: str
    job: str | None
    email: str | None
    company: str | None
    items: list[ShownItem]
    awards: list[ShownAward]
    passport: datetime | None
    """When the record was signed that it leads to, where it does."""


_OPEN = text(
    "select share.*, employee.display_name, employee.email,"
    " (select title from employment"
    "  where employee_id = employee.id and valid @> cast(:today as date)) as job,"
    " (select name from issuer_profile) as company"
    " from portfolio_share share join employee on employee.id = share.employee_id and erased_at is null"
    " where key = :key and revoked_at is null and expires_at > :now"
)
_ITEMS = text(
    "select item.* from shared_item join portfolio_item item on item.id = item_id"
    " where share_id = :share order by position"
)
_FILES = text(
    "select file.* from shared_item join portfolio_file file using (item_id)"
    " where share_id = :share order by file.id"
)
_SKILLS = text(
    "select item_id, coalesce(confirmed.level, claim.level) as level, skill.name, scale.name as word,"
    " confirmed.id is not null as is_confirmed"
    " from shared_item join portfolio_claim claim using (item_id)"
    " join skill on skill.id = claim.skill_id"
    " left join lateral (select id, level from evidence where cause_id = item_id"
    "  and skill_id = claim.skill_id and withdrawn_at is null and source = 'PORTFOLIO' limit 1) confirmed"
    "  on true"
    " left join proficiency_level scale on scale.level = coalesce(confirmed.level, claim.level)"
    " where share_id = :share order by skill.name, skill.id"
)
_AWARDS = text(
    "select award.id, award.version_id, award.awarded_at, award.revoked_at, award.is_hidden,"
    " version.name, version.description, document.address,"
    " award.revoked_at is null and award.held @> cast(:now as timestamptz) as holds,"
    " (select upper(part) from unnest(award.held) part where part @> cast(:now as timestamptz)) as until"
    " from shared_award join award on award.id = award_id"
    " join credential_version version on version.id = award.version_id"
    " left join signed_document document on document.award_id = award.id and superseded_at is null"
    " where share_id = :share order by position"
)
_PASSPORT = text(
    "select document, jwt, signed_at from learner_record where employee_id = :employee and award_id is null"
    " order by signed_at desc limit 1"
)
_VISIT = text(
    "insert into share_visit (id, share_id, hour, browser, pages, files, last_at)"
    " values (:id, :share, date_trunc('hour', :now, 'UTC'), :browser, :pages, :files, :now)"
    " on conflict (share_id, hour, browser) do update set pages = share_visit.pages + excluded.pages,"
    " files = share_visit.files + excluded.files, last_at = excluded.last_at"
)


async def opened(tx: Transaction, token: str, browser: str) -> Shown | None:
    """What a share shows now, and a note that it was opened; None where there is none, or not any more."""
    share = await _share(tx, token)
    if share is None:
        return None
    await _visited(tx, share.id, browser, pages=1)
    shows = {ShareField(each) for each in share.fields}
    given = {"share": share.id, "now": now()}
    items = {
        row.id: ShownItem(
            row.id,
            row.title,
            row.url,
            row.happened_on,
            row.reflection if ShareField.REFLECTIONS in shows else None,
            row.status == "ACCEPTED",
        )
        for row in (await tx.execute(_ITEMS, given)).all()
    }
    if ShareField.FILES in shows:
        for row in (await tx.execute(_FILES, given)).all():
            items[row.item_id].files.append(_file(row))
    if ShareField.SKILLS in shows:
        for row in (await tx.execute(_SKILLS, given)).all():
            level = row.word or f"level {row.level}"
            items[row.item_id].skills.append(ShownSkill(row.name, level, row.is_confirmed))
    awards = [
        ShownAward(
            row.id,
            row.name,
            row.description,
            row.version_id,
            row.awarded_at,
            row.until,
            row.holds,
            row.revoked_at is not None,
            f"{row.address}/credentials/{row.id}" if row.address and not row.is_hidden else None,
        )
        for row in (await tx.execute(_AWARDS, given)).all()
    ]
    passport = await _passport(tx, share) if ShareField.PASSPORT in shows else None
    return Shown(
        share.id,
        share.title,
        share.introduction,
        share.expires_at,
        share.display_name,
        share.job if ShareField.TITLE in shows else None,
        share.email if ShareField.EMAIL in shows else None,
        share.company,
        list(items.values()),
        awards,
        passport.signed_at if passport is not None else None,
    )


async def opened_file(tx: Transaction, token: str, file: UUID, browser: str) -> ShownFile | None:
    """A file that a share shows, and a note that it was fetched."""
    share = await _share(tx, token)
    if share is None or ShareField.FILES not in share.fields:
        return None
    rows = (await tx.execute(_FILES, {"share": share.id})).all()
    found = next((_file(row) for row in rows if row.id == file), None)
    if found is not None:
        await _visited(tx, share.id, browser, files=1)
    return found


async def opened_passport(tx: Transaction, token: str, browser: str) -> tuple[str, str] | None:
    """The record that a share leads to, as a document and a JWT, and a note that it was fetched."""
    share = await _share(tx, token)
    if share is None or ShareField.PASSPORT not in share.fields:
        return None
    found = await _passport(tx, share)
    if found is None:
        return None
    await _visited(tx, share.id, browser, files=1)
    return found.document, found.jwt


async def _passport(tx: Transaction, share: Any) -> Any:
    return (await tx.execute(_PASSPORT, {"employee": share.employee_id})).first()


async def _share(tx: Transaction, token: str) -> Any:
    instant = now()
    given = {"key": digest(token), "now": instant, "today": instant.date()}
    return (await tx.execute(_OPEN, given)).first()


def _file(row: Any) -> ShownFile:
    return ShownFile(row.id, row.name, row.media_type, row.size, row.key, row.width, row.height)


async def _visited(tx: Transaction, share: UUID, browser: str, *, pages: int = 0, files: int = 0) -> None:
    given = {"id": tables.ShareVisit.new_id(), "share": share, "now": now(), "browser": browser}
    await tx.execute(_VISIT, {**given, "pages": pages, "files": files})


_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("iPhone|iPad", "iOS"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux|X11", "Linux"),
)
_PROGRAM = re.compile(
    r"bot|crawl|spider|preview|slack|linkedin|facebook|whatsapp|curl|wget|python", re.IGNORECASE
)


def browser_of(agent: str) -> str:
    """The kind of browser, as coarse as a person would tell it: `Firefox on Linux`, `a program`."""
    if not agent or _PROGRAM.search(agent):
        return "a program"
    name = next((told for mark, told in _BROWSERS if mark in agent), "another browser")
    system = next((told for mark, told in _SYSTEMS if re.search(mark, agent)), "another system")
    return f"{name} on {system}"
