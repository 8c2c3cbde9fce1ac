"""Awarding a credential to whom a CSV file names: in chunks of a transaction each, so it can be begun anew.

Who was awarded it before is told so and not awarded it again: after an interruption the same file goes on
where it ended.
"""

import csv
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, or_, select, text
from sqlmodel import col

from cairn.access.refusal import NotFound
from cairn.access.viewer import Viewer
from cairn.credentials import tables
from cairn.credentials.award import PAST, published
from cairn.credentials.award_many import MOST, AwardDraft, AwardOutcome, award_rows
from cairn.db.engine import Database, Transaction
from cairn.graph.limits import TEXT
from cairn.graph.scalars import SCALARS, Url
from cairn.people.profile import fold
from cairn.people.tables import Employee

COLUMNS = ("employee", "from", "note", "url")
"""Of these the first has to be there: an e-mail address, an employee number or an id."""


class BrokenFile(ValueError):  # noqa: N818  # it is about the file
    """The file cannot be read as a whole; the message says why."""


class _Rehearsed(Exception):  # noqa: N818  # rolls a dry run back
    """Ends the transaction of a dry run."""


@dataclass(frozen=True)
class Told:
    """What came of one row."""

    row: int
    """Its line in the file, where the heading is the first."""
    employee: str
    """Who it names, as it names them."""
    outcome: str
    """As `AwardOutcome` has it, or `WRONG` where it makes no sense."""
    award: UUID | None = None
    column: str | None = None
    """Where the mistake is, where there is one."""
    message: str | None = None
    """What it is."""

    @property
    def is_done(self) -> bool:
        """Whether the person has, or is to have, the credential."""
        return self.outcome in {"AWARDED", "SCHEDULED", "ALREADY_AWARDED"}


@dataclass(frozen=True)
class _Row:
    number: int
    values: dict[str, str]
    problem: tuple[str, str] | None = None
    """A column, and what is wrong there."""
    starts_at: datetime | None = None


async def award_file(
    database: Database, viewer: Viewer, code: str, lines: Iterable[str], *, dry_run: bool = False
) -> AsyncIterator[Told]:
    """Awards the credential of that code to whom the rows name; what came of each, in their order.

    Raises `BrokenFile`, `NotFound` where there is no such credential.
    """
    rows, named = _rows(lines), set[UUID]()
    while chunk := list(islice(rows, MOST)):
        with suppress(_Rehearsed):
            async with database.transaction() as tx:
                came = await _award(tx, viewer, code, chunk, named)
                if dry_run:
                    raise _Rehearsed
        for told in came:
            yield told


async def _award(
    tx: Transaction, viewer: Viewer, code: str, chunk: Sequence[_Row], named: set[UUID]
) -> list[Told]:
    found = await tx.execute(select(col(tables.Credential.id)).where(col(tables.Credential.code) == code))
    credential = found.scalar_one_or_none()
    if credential is None:
        raise NotFound(f"There is no credential {code}.")
    definition = await published(tx, credential)
    people = await _people(tx, {row.values["employee"] for row in chunk})
    good = [row for row in chunk if row.problem is None and people.get(fold(row.values["employee"]))]
    drafts = [
        AwardDraft(
            people[fold(row.values["employee"])],
            row.starts_at,
            row.values.get("note") or None,
            Url(row.values["url"]) if row.values.get("url") else None,
        )
        for row in good
    ]
    results = dict(
        zip((row.number for row in good), await award_rows(tx, viewer, definition, drafts), strict=True)
    )
    told = []
    for row in chunk:
        result, who = results.get(row.number), row.values["employee"]
        if row.problem is not None:
            column, message = row.problem
            told.append(Told(row.number, who, "WRONG", None, column, message))
        elif result is None or result.employee is None:
            message = "names nobody who is known by this e-mail address, number or id"
            told.append(Told(row.number, who, AwardOutcome.NOT_FOUND, None, "employee", message))
        elif result.outcome is AwardOutcome.NOT_EARNED:
            message = f"has not earned it: {'; '.join(result.missing)}"
            told.append(Told(row.number, who, result.outcome, None, "employee", message))
        elif result.outcome is AwardOutcome.IN_THE_PAST:
            told.append(Told(row.number, who, result.outcome, None, "from", PAST))
        else:
            # What a dry run takes back would be awarded again by a later chunk.
            again = result.employee in named
            outcome = AwardOutcome.ALREADY_AWARDED if again else result.outcome
            told.append(Told(row.number, who, outcome, result.award))
            named.add(result.employee)
    return told


def _rows(lines: Iterable[str]) -> Iterator[_Row]:
    """The rows of a file. Raises `BrokenFile`."""
    reader = csv.reader(lines, strict=True)
    try:
        heading = [each.strip().lower().removeprefix("\ufeff") for each in next(reader, [])]
        unknown = [each for each in heading if each not in COLUMNS]
        if "employee" not in heading or unknown or len(set(heading)) < len(heading):
            given = f"are {', '.join(heading) or 'none'}"
            raise BrokenFile(
                f"its columns {given}; they may be {', '.join(COLUMNS)}, once each, and employee is needed"
            )
        for cells in reader:
            if any(cells):
                yield _row(reader.line_num, heading, cells)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BrokenFile(f"line {reader.line_num + 1} cannot be read: {error}") from None


def _row(number: int, heading: Sequence[str], cells: Sequence[str]) -> _Row:
    values = {"employee": "", **{name: cell.strip() for name, cell in zip(heading, cells, strict=False)}}
    if len(cells) != len(heading):
        return _Row(number, values, ("", f"has {len(cells)} cells, and the heading has {len(heading)}"))
    for name, value in values.items():
        if len(value) > TEXT or "\x00" in value:
            return _Row(number, values, (name, f"takes at most {TEXT} characters, and none that is zero"))
    if not values["employee"]:
        return _Row(number, values, ("employee", "is empty"))
    starts_at = None
    try:
        column = "url"
        if values.get(column):
            SCALARS[Url].parse_value(values[column])  # type: ignore[misc]
        column = "from"
        if values.get(column):
            given = values[column]
            day_alone = f"{given}T00:00:00Z" if len(given) == len("2026-01-01") else given
            starts_at = SCALARS[datetime].parse_value(day_alone)  # type: ignore[misc]
    except ValueError as error:
        return _Row(number, values, (column, str(error)))
    return _Row(number, values, None, starts_at)


async def _people(tx: Transaction, named: set[str]) -> dict[str, UUID]:
    """Who is meant by each of these, by their key; nobody who was erased."""
    ids = []
    for each in named:
        try:
            ids.append(UUID(each))
        except ValueError:
            continue
    emails = bindparam("emails", sorted({fold(each) for each in named}), ARRAY(Text))
    numbers = bindparam("numbers", sorted(named), ARRAY(Text))
    key, email, number = col(Employee.id), col(Employee.email), col(Employee.number)
    query = select(key, email, number).where(
        or_(email == any_(emails), number == any_(numbers), key == any_(bindparam("ids", ids, ARRAY(Uuid)))),
        col(Employee.erased_at).is_(None),
    )
    found: dict[str, UUID] = {}
    for id_, address, number_ in (await tx.execute(query)).all():
        found |= {fold(str(id_)): id_}
        found |= {fold(number_): id_} if number_ else {}
        found |= {address: id_} if address else {}
    return found


_SIGNED = text(
    "select count(*) as awards, count(document.id) as signed from award"
    " join credential on credential.id = award.credential_id"
    " join employee on employee.id = award.employee_id and erased_at is null"
    " left join signed_document document on document.award_id = award.id and superseded_at is null"
    " where credential.code = :code and award.revoked_at is null and not isempty(award.held)"
)


async def signed(tx: Transaction, code: str) -> tuple[int, int]:
    """How many awards of a credential are signed, and of how many."""
    row = (await tx.execute(_SIGNED, {"code": code})).one()
    return row.signed, row.awards
