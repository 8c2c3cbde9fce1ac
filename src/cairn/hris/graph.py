"""Feeds in the graph: their runs, what these changed and could not do, and the maps of their files."""

from datetime import datetime

from sqlalchemy import literal_column

from cairn.graph.mutation import expose
from cairn.graph.node import Many, by_id, everything, extend, many, node, one
from cairn.graph.scalars import Json
from cairn.graph.schema import Query
from cairn.hris import tables
from cairn.hris.intake import OtherContent, RunFinished
from cairn.hris.keep import keep_feed_map
from cairn.hris.push import RunId, sync_employees
from cairn.people.graph import Employee


@node(tables.SyncChange, order=("id",))
class SyncChange:
    """What a run of a feed changed about somebody."""

    run: "SyncRun"
    """The run that changed it."""
    employee: Employee
    """Whom."""
    kind: tables.SyncKind
    before: Json | None
    after: Json | None


@node(tables.SyncProblem, order=("rowNumber", "id"))
class SyncProblem:
    """Something that a run of a feed did not do, or did and has to say something about."""

    run: "SyncRun"
    """The run."""
    gravity: tables.SyncGravity
    row_number: int | None
    external_id: str | None
    field: str | None
    message: str


@node(tables.SyncProgress, order=("id",))
class SyncProgress:
    """How far applying a run of a feed has come, as it was told last."""

    stage: tables.SyncStage
    share: float | None
    told_at: datetime


@node(tables.SyncRun, order=("-startedAt",))
class SyncRun:
    """One delivery of a feed: a snapshot of everybody, or what has changed."""

    source: str
    mode: tables.SyncMode
    status: tables.SyncStatus
    started_by: str
    started_by_employee: Employee | None = one(via="started_by_id")
    """The person who runs it; null for a program."""
    started_at: datetime
    finished_at: datetime | None
    taken_at: datetime
    idempotency_key: str | None
    threshold: float
    emptied: float
    declared_count: int | None
    received: int
    is_complete: bool
    new: int
    changed: int
    moved: int
    revived: int
    terminated: int
    missing: int
    same: int
    refused: int
    warned: int
    refusal: tables.SyncRefusal | None
    refusal_message: str | None
    progress: SyncProgress | None = one(lambda row, other: other.run_id == row.id)
    """How far applying it has come; null before that, and once it is applied or refused."""
    changes: Many[SyncChange] = many(via="run_id")
    """What it changed, person by person."""
    warnings: Many[SyncProblem] = many(
        lambda row, other: (other.run_id == row.id) & (other.gravity == literal_column("'WARNING'"))
    )
    """What it did, and has to say something about."""
    refusals: Many[SyncProblem] = many(
        lambda row, other: (other.run_id == row.id) & (other.gravity == literal_column("'REFUSAL'"))
    )
    """The lines that were not applied, with row and field."""


@node(tables.FeedMap, order=("source",))
class FeedMap:
    """What the columns of a source's files mean."""

    source: str
    text: str
    kept_by: str
    kept_at: datetime


@extend(Employee)
class EmployeeFeeds:
    """Where what is known of an employee is from."""

    sync_changes: Many[SyncChange] = many(via="employee_id", order=("-id",))
    """What feeds changed about the person, the latest first, for those who may know."""


@extend(Query)
class FeedQueries:
    """What feeds did."""

    sync_run: SyncRun | None = by_id(RunId)
    """A run of a feed, for those who may read people's records."""
    sync_runs: Many[SyncRun] = everything()
    """The runs of feeds, the latest first, for those who may read people's records."""
    feed_maps: Many[FeedMap] = everything()
    """What the columns of the feeds' files mean."""


expose(sync_employees, OtherContent, RunFinished)
expose(keep_feed_map)
