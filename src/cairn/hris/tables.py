"""What a feed's runs leave: the run itself, what it changed, what it could not do, and what it has received.

A run receives lines (`intake.py`), which wait as `StagedLines` until all are there, is planned (`plan.py`),
passes the gate (`gate.py`) and is applied in one transaction (`apply.py`). Until then it has changed nothing.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Index, Integer, LargeBinary, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from cairn.db.ranges import now
from cairn.db.tables import INSTANT, Link, Row, choice

SYNC_RUN = "sync run"
"""The topic of runs that have come further."""


class SyncMode(StrEnum):
    """What it means that a feed does not name somebody."""

    SNAPSHOT = "SNAPSHOT"
    """The feed names everybody there is: who is missing has left."""
    DELTA = "DELTA"
    """The feed names who has changed: who is missing stays as they are."""


class SyncStatus(StrEnum):
    """How far a run has come."""

    RECEIVING = "RECEIVING"
    """Lines come in; nothing has been changed."""
    APPLIED = "APPLIED"
    """What the feed says holds now, but for what the problems name."""
    REFUSED = "REFUSED"
    """The run was refused as a whole, and nothing has been changed."""


class SyncStage(StrEnum):
    """What applying a run is at."""

    MATCHING = "MATCHING"
    """It is found whom each line is about, and which lines cannot be applied."""
    COMPARING = "COMPARING"
    """What the lines say is compared with what is so."""
    WRITING = "WRITING"
    """People and their employments are written."""
    CONCLUDING = "CONCLUDING"
    """What follows is written: who is above whom, and what changed."""


class SyncRefusal(StrEnum):
    """Why a run was refused as a whole."""

    EMPTY = "EMPTY"
    """A snapshot without anybody in it."""
    OLDER = "OLDER"
    """A newer run of the source has been applied already."""
    TOO_MANY_LEAVE = "TOO_MANY_LEAVE"
    """More people would leave than the threshold of the run allows."""
    FIELD_EMPTIED = "FIELD_EMPTIED"
    """A field would become empty for more people than the run allows."""
    CIRCULAR = "CIRCULAR"
    """Managers go round in so many circles that something else is wrong."""


class SyncKind(StrEnum):
    """What a run has done to somebody."""

    NEW = "NEW"
    """Was not known."""
    CHANGED = "CHANGED"
    """Is called, or reached, otherwise."""
    MOVED = "MOVED"
    """Is, was or will be employed otherwise."""
    REVIVED = "REVIVED"
    """Had left, and is back."""
    TERMINATED = "TERMINATED"
    """Leaves, because the feed says so."""
    MISSING = "MISSING"
    """Leaves, because the snapshot does not name them."""


class SyncGravity(StrEnum):
    """What a problem has kept a run from doing."""

    REFUSAL = "REFUSAL"
    """The line was not applied; the person is as before."""
    WARNING = "WARNING"
    """The line was applied, but for what the message says."""


class SyncRun(Row, table=True):
    """One delivery of a feed: a snapshot of everybody, or what has changed."""

    __table_args__ = (
        UniqueConstraint("source", "idempotency_key"),
        Index("sync_run_applied_idx", "source", "taken_at"),
    )

    source: str
    """The feed."""
    mode: SyncMode = Field(sa_type=choice(SyncMode, "mode"))
    """Whether it names everybody."""
    status: SyncStatus = Field(default=SyncStatus.RECEIVING, sa_type=choice(SyncStatus, "status"))
    """How far it has come."""
    started_by: str
    """Who runs it: `employee:…`, `service:…`, `client:…`, `system:…`."""
    started_by_id: UUID | None = Field(default=None, foreign_key="employee.id", ondelete="SET NULL")
    started_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When its first line came in."""
    finished_at: datetime | None = Field(default=None, sa_type=INSTANT)
    """When it was applied or refused."""
    taken_at: datetime = Field(sa_type=INSTANT)
    """When what it says was true."""
    idempotency_key: str | None = None
    """What tells it from a repetition."""
    threshold: float
    """The share of the people of the source that may leave with it."""
    emptied: float
    """The share of its people for whom it may make a field empty."""
    declared_count: int | None = None
    """How many lines were announced."""
    received: int = 0
    """How many lines it has received."""
    last_line: int = 0
    """The number of the last one: where it goes on after an interruption."""
    digest: bytes = Field(default=b"", sa_type=LargeBinary)
    """Over all lines so far, in order."""
    is_complete: bool = True
    """Whether all lines came; an incomplete snapshot lets nobody go."""
    new: int = 0
    """How many people were not known."""
    changed: int = 0
    """How many are called, or reached, otherwise."""
    moved: int = 0
    """How many are employed otherwise."""
    revived: int = 0
    """How many had left, and are back."""
    terminated: int = 0
    """How many leave because the feed says so."""
    missing: int = 0
    """How many leave because the snapshot does not name them."""
    same: int = 0
    """How many stay as they are."""
    refused: int = 0
    """How many lines were not applied."""
    warned: int = 0
    """How many warnings there are."""
    refusal: SyncRefusal | None = Field(default=None, sa_type=choice(SyncRefusal, "refusal"))
    """Why it was refused as a whole."""
    refusal_message: str | None = None
    """The same in a sentence, with what to do."""


class SyncProgress(Row, table=True):
    """How far applying a run has come, as it was told last; gone when the run is applied or refused."""

    run_id: UUID = Field(foreign_key="sync_run.id", ondelete="CASCADE", unique=True)
    stage: SyncStage = Field(sa_type=choice(SyncStage, "stage"))
    """What it is at."""
    share: float | None = None
    """How much of that is done, from 0 to 1; absent where it is not known beforehand."""
    told_at: datetime = Field(sa_type=INSTANT)
    """When that was."""


class SyncChange(Row, table=True):
    """What a run changed about somebody.

    It is written in the transaction that applies the run, which has it locked, and only runs that were never
    applied are deleted; no row of an employee ever is, that of one who was erased neither. So both are there,
    without foreign keys that look for them 200,000 times.
    """

    __table_args__ = (Index(None, "run_id", "id"), Index(None, "employee_id"))

    run_id: UUID
    employee_id: UUID
    kind: SyncKind = Field(sa_type=choice(SyncKind, "kind"))
    """What was done."""
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """What is different now, as it was."""
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    """What is different now, as it is."""


class SyncProblem(Row, table=True):
    """A line of a feed that was not applied, or not wholly."""

    __table_args__ = (Index(None, "run_id", "id"),)

    run_id: UUID = Field(foreign_key="sync_run.id", ondelete="CASCADE")
    gravity: SyncGravity = Field(sa_type=choice(SyncGravity, "gravity"))
    """Whether the line was applied."""
    row_number: int | None = None
    """The line; absent for somebody whom the feed does not name."""
    external_id: str | None = None
    """Whom it is about, as far as that could be read."""
    field: str | None = None
    """The field, as `posts.2.since`; absent where it is about all of the line."""
    message: str
    """What is wrong, and what would be right."""


class StagedLines(Link, table=True):
    """Some lines of a run that wait for the others; gone when the run is applied or refused.

    One row has some thousands of them, in arrays with a place for each: most lines say of somebody what was
    said before, and of these no more is looked at than a digest.
    """

    run_id: UUID = Field(primary_key=True, foreign_key="sync_run.id", ondelete="CASCADE")
    first_line: int = Field(primary_key=True)
    first_id: UUID
    """What the rows of the first line's person are called, should they be new; those after it count up."""
    row_numbers: list[int] = Field(sa_type=ARRAY(Integer))
    external_ids: list[str | None] = Field(sa_type=ARRAY(Text))
    formerly: list[str | None] | None = Field(default=None, sa_type=ARRAY(Text))
    """Absent where no line has any."""
    digests: list[bytes | None] = Field(sa_type=ARRAY(LargeBinary))
    """Over what a record says; absent for one that cannot be used, and is here so as not to be missed."""
    records: list[str | None] = Field(sa_type=ARRAY(Text))
    """What they say, in JSON."""
    user_name_keys: list[str | None] | None = Field(default=None, sa_type=ARRAY(Text))
    """The user names, folded, that are not folded by writing them in small letters; absent where none is."""
    department_rows: list[int] = Field(sa_type=ARRAY(Integer))
    """The lines that say what a department is called."""
    departments: list[str] = Field(sa_type=ARRAY(Text))
    department_names: list[str] = Field(sa_type=ARRAY(Text))


class SyncedPerson(Link, table=True):
    """What the feed said last of somebody, as a digest: who is as the feed left them need not be compared.

    It is only ever read beside the employee's row, so it has no foreign key: one of nobody is read by nobody.
    """

    employee_id: UUID = Field(primary_key=True)
    digest: bytes = Field(sa_type=LargeBinary)
    changed_at: datetime = Field(sa_type=INSTANT)
    """The `changed_at` of the employee since; another one means that others have written them."""


class FeedMap(Row, table=True):
    """What the columns of a source's files mean, kept so that its next files need not say it again."""

    source: str = Field(unique=True)
    """The feed."""
    text: str
    """The map, in TOML, as it was written."""
    kept_by: str
    """Who gave it: `employee:…`, `service:…`, `client:…`, `system:…`."""
    kept_at: datetime = Field(default_factory=now, sa_type=INSTANT)
    """When."""
