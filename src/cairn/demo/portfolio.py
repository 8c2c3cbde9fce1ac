"""A portfolio of the sample company: what somebody made, with a picture, a review, and a link to it."""

from datetime import date, timedelta
from io import BytesIO
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from cairn.access.permissions import Role
from cairn.access.viewer import Viewer
from cairn.credentials import tables as credentials
from cairn.db.engine import Database, Transaction
from cairn.db.ranges import now
from cairn.graph.scalars import Url
from cairn.portfolios import items, shares, tables, uploads
from cairn.portfolios.media import taken
from cairn.portfolios.storage import Storage, storage
from cairn.portfolios.tables import ShareField, Verdict
from cairn.skills import tables as skills
from cairn.skills.claims import SkillClaim

OWNER = "stephanie0@adventure-works.com"
TITLE = "What I have built in Python"
PYTHON = "tech.python.collections"
REPORT = (
    "It read the whole inventory for each part at first, and took a night. I learnt to ask once and to keep"
    " what I had in a dictionary: now it takes four seconds, and I know why.\n\nWhat I would do again:"
    " measure before I guess."
)
TALK = "Twenty colleagues, forty minutes. I would cut the last third, and let them read instead."
ITEMS = (
    (
        "A report of parts to reorder",
        "https://example.com/reorder",
        date(2025, 3, 14),
        REPORT,
        3,
    ),
    (
        "A talk on reading other people's code",
        None,
        date(2025, 5, 8),
        TALK,
        2,
    ),
)
FOR = timedelta(days=30)


async def load(database: Database) -> None:
    """Puts it there, once: two items, of which one has a picture and was accepted by the owner's manager."""
    async with database.transaction() as tx:
        owner, manager = await _people(tx)
        mine = select(tables.PortfolioItem).where(col(tables.PortfolioItem.employee_id) == owner.employee)
        if (await tx.execute(mine)).first() is not None:
            return
        named = select(col(skills.Skill.id)).where(col(skills.Skill.code) == PYTHON)
        skill = (await tx.execute(named)).scalar_one()
        made = [
            await items.add_portfolio_item(
                tx,
                owner,
                title=title,
                url=Url(url) if url else None,
                happened_on=day,
                reflection=reflection,
                claims=[SkillClaim(skill, level)],
            )
            for title, url, day, reflection, level in ITEMS
        ]
        await _add_picture(tx, owner, made[0].id)
        await items.submit_portfolio_item(tx, owner, item=made[0].id)
        await items.review_portfolio_item(
            tx, manager, item=made[0].id, verdict=Verdict.ACCEPTED, comment="I use it each Monday."
        )


async def share(database: Database) -> str:
    """A link to it. The one before is revoked: its secret is kept nowhere."""
    async with database.transaction() as tx:
        owner, _ = await _people(tx)
        row = tables.PortfolioShare
        before = select(col(row.id)).where(
            col(row.employee_id) == owner.employee, col(row.title) == TITLE, col(row.revoked_at).is_(None)
        )
        for each in (await tx.execute(before)).scalars().all():
            await shares.revoke_share(tx, owner, share=each)
        own = [
            col(table.employee_id) == owner.employee for table in (tables.PortfolioItem, credentials.Award)
        ]
        shown = select(col(tables.PortfolioItem.id)).where(own[0]).order_by(col(tables.PortfolioItem.id))
        awarded = select(col(credentials.Award.id)).where(own[1], col(credentials.Award.revoked_at).is_(None))
        made = await shares.share_portfolio(
            tx,
            owner,
            title=TITLE,
            introduction="I write small programs that save other people's time.",
            expires_at=now() + FOR,
            items=list((await tx.execute(shown)).scalars()),
            awards=list((await tx.execute(awarded)).scalars()),
            fields=[ShareField.TITLE, ShareField.REFLECTIONS, ShareField.SKILLS, ShareField.FILES],
        )
    assert made.url is not None
    return made.url


_PEOPLE = text(
    "select employee.id, line.manager_id from employee"
    " join reporting_line line on line.employee_id = employee.id and line.depth = 1"
    " and line.valid @> cast(:today as date) where email = :owner"
)


async def _people(tx: Transaction) -> tuple[Viewer, Viewer]:
    """The owner, and who manages them."""
    row = (await tx.execute(_PEOPLE, {"owner": OWNER, "today": now().date()})).one()
    owner, manager = (
        Viewer(each, frozenset({Role.EMPLOYEE}), name=f"employee:{each}") for each in (row.id, row.manager_id)
    )
    return owner, manager


async def _add_picture(tx: Transaction, owner: Viewer, item: UUID) -> None:
    """A file, by the way that any takes: asked for, looked at, kept, noted."""
    asked = await uploads.request_upload(tx, owner, item=item, name="parts to reorder.png")
    assert asked.url is not None
    drawn = _chart()
    media, key = taken(BytesIO(drawn), len(drawn)), Storage.new_key()
    with media.file:
        await storage().put(key, media.file)
        await uploads.receive(tx, asked.url.rpartition("/")[2], media, key)


def _chart() -> bytes:
    """Bars: how many parts are to be reordered, week by week."""
    from PIL import Image, ImageDraw  # noqa: PLC0415  # 10 MB that a server need not have

    image = Image.new("RGB", (960, 540), "#f7f7f5")
    pen = ImageDraw.Draw(image)
    pen.text((60, 24), "Parts to reorder, by week", fill="#22313f", font_size=30)
    for n, parts in enumerate((42, 38, 51, 30, 24, 27, 18, 12)):
        left, top = 70 + n * 108, 470 - parts * 7
        pen.rectangle((left, top, left + 72, 470), fill="#2f6f8f")
        pen.text((left + 20, top - 34), str(parts), fill="#22313f", font_size=24)
        pen.text((left + 18, 484), f"W{n + 1}", fill="#22313f", font_size=22)
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
