"""Feeds through the graph: records in chunks, into one run."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET
from sqlalchemy import select
from sqlmodel import col

from cairn.access.permissions import Permission
from cairn.access.refusal import NotFound, invalid
from cairn.access.viewer import Viewer
from cairn.db.engine import Transaction
from cairn.db.tables import Ref
from cairn.graph.node import camel
from cairn.hris.apply import apply
from cairn.hris.intake import Feed, check_repeated, open_run, stage
from cairn.hris.record import Reader, Standing
from cairn.hris.tables import SyncMode, SyncRun
from cairn.people.tables import Engagement, Work

AT_ONCE = 1_000
"""Records of one request."""
RunId = Annotated[UUID, Ref("SyncRun")]
ABSENT: Any = UNSET
"""A field that a record leaves out, which is not one that is null."""


@dataclass(frozen=True)
class EmployeePost:
    """What somebody was, is or will be employed as, from a day on."""

    since: date
    """The first day."""
    last_day: date | None = ABSENT
    """The last day; absent: until the next post begins."""
    title: str | None = ABSENT
    """What stands on the business card."""
    manager: str | None = ABSENT
    """The manager's id in the feed."""
    department: str | None = ABSENT
    """The department's id in the feed."""
    department_name: str | None = ABSENT
    """What the department is called; one that comes with its name is made."""
    job_role: str | None = ABSENT
    """The code of the job role."""
    location: str | None = ABSENT
    """Where the work is done."""
    work: Work | None = ABSENT
    """Whether the person is at work or away."""
    engagement: Engagement | None = ABSENT
    """How the person belongs to the company."""


@dataclass(frozen=True)
class EmployeeRecord:
    """What a feed says about somebody: what it leaves out stays as it is, and null takes away."""

    external_id: str
    """Whom it is about: their id in the feed."""
    formerly: str | None = ABSENT
    """The id they had in the feed before; they stay the same person."""
    given_name: str | None = ABSENT
    """The name friends use."""
    family_name: str | None = ABSENT
    """The name a family shares."""
    display_name: str | None = ABSENT
    """The full name; by default the given name and the family name."""
    email: str | None = ABSENT
    """The address at work."""
    user_name: str | None = ABSENT
    """What the person signs in as."""
    phone: str | None = ABSENT
    """The telephone number at work."""
    number: str | None = ABSENT
    """The employee number."""
    locale: str | None = ABSENT
    """A BCP 47 language tag."""
    time_zone: str | None = ABSENT
    """A name of the IANA time zone database."""
    status: Standing | None = ABSENT
    """Where the person stands; somebody who has left without a last day left yesterday."""
    hired_on: date | None = ABSENT
    """The first day of the employment that this is about."""
    last_day: date | None = ABSENT
    """Its last day, in the past or the future; null: none is planned."""
    effective_on: date | None = ABSENT
    """The day from which what follows holds; by default the day of the run."""
    title: str | None = ABSENT
    """What stands on the business card."""
    manager: str | None = ABSENT
    """The manager's id in the feed."""
    department: str | None = ABSENT
    """The department's id in the feed."""
    department_name: str | None = ABSENT
    """What the department is called; one that comes with its name is made."""
    job_role: str | None = ABSENT
    """The code of the job role."""
    location: str | None = ABSENT
    """Where the work is done."""
    engagement: Engagement | None = ABSENT
    """How the person belongs to the company."""
    posts: list[EmployeePost] | None = ABSENT
    """The whole history in order, in place of all that is about one employment."""


async def sync_employees(
    tx: Transaction,
    viewer: Viewer,
    *,
    source: str,
    records: list[EmployeeRecord],
    mode: SyncMode = SyncMode.DELTA,
    run: RunId | None = None,
    run_key: str | None = None,
    after: int | None = None,
    is_last: bool = True,
    declared_count: int | None = None,
    taken_at: datetime | None = None,
    threshold: float = 0.1,
    emptied: float = 0.3,
) -> SyncRun:
    """Brings people in step with a feed, 1,000 records at a time.

    One request is a run of its own. For more, send the first with `isLast: false`, the next ones with the
    `run` that it answers, and the last with `isLast: true`: only then is anything changed. A chunk that is
    sent again is passed over. A run that is refused as a whole is answered with its `refusal`; what is wrong
    with single records is listed in its `refusals`, each with its place in the feed, counted from 1.

    Args:
        source: The feed: a name of your choice. Only people of the same feed are touched.
        records: What it says, at most 1,000 records at once.
        mode: Whether the feed names everybody, so that who is missing has left.
        run: The run that these records are more of.
        run_key: A text of your choice that names the run: whoever begins it again goes on with it.
        after: How many records of the run came before these; by default as many as it has received.
        is_last: Whether these are the last records of the run, which is then applied.
        declared_count: How many records the whole run has; if another number came, nobody is missing.
        taken_at: When what it says was true, by default now; a run older than the last one is refused.
        threshold: The share of the feed's people, from 0 to 1, that may leave with it.
        emptied: The share of its people, from 0 to 1, for whom it may make a field empty.

    Raises:
        OtherContent: The run's key came with other content before, or a chunk did.
        RunFinished: The run was applied or refused already.
    """
    viewer.require(Permission.WRITE_PEOPLE)
    if len(records) > AT_ONCE:
        raise invalid("records", f"at most {AT_ONCE} at once; send the rest with the run that is answered")
    if run is None:
        feed = Feed(source, mode, declared_count, run_key, taken_at, threshold, emptied)
        found = await open_run(tx, viewer, feed)
    else:
        found = await _known(tx, run, source)
    begun = found.last_line if after is None else after
    if not 0 <= begun <= found.last_line:
        raise invalid("after", f"the run has received {found.last_line} records; go on from there")
    reader = Reader()
    lines = [reader.values(begun + n, _said(record)) for n, record in enumerate(records, 1)]
    await check_repeated(tx, found, lines)
    if found.finished_at is None or any(line.number > found.last_line for line in lines):
        found = await stage(tx, viewer, found.id, lines)
    return await apply(tx, viewer, found.id) if is_last else found


async def _known(tx: Transaction, run: UUID, source: str) -> SyncRun:
    query = select(SyncRun).where(col(SyncRun.id) == run, col(SyncRun.source) == source)
    found: SyncRun | None = (await tx.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("There is no such run of this source.", id=run)
    return found


def _said(record: EmployeeRecord | EmployeePost) -> dict[str, Any]:
    """What a record mentions, as NDJSON has it."""
    said: dict[str, Any] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        if value is not ABSENT:
            said[camel(each.name)] = (
                [_said(post) for post in value] if each.name == "posts" and value is not None else value
            )
    return said
