"""What a feed says about one person, checked.

A record names a person by their id in the feed. What it does not mention stays as it is; what is null is
taken away. Whatever a feed comes as, each line of it is a `Line`: a record, or what is wrong with it.

    reader = Reader()
    line = reader.json(1, b'{"externalId": "7", "givenName": "Ada", "title": null}')

A check here is one that PostgreSQL would make of all rows at once: one U+0000 or one name that is too long
for an index would take 100,000 others with it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from cairn.access.refusal import InvalidInput
from cairn.graph.node import camel
from cairn.hris.read import BadRow, parsed
from cairn.people.profile import address, zone
from cairn.people.tables import Engagement, Work

#: Lengths are what fits into an index, whatever the script it is written in.
Key = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=200)]

EARLIEST = date(1900, 1, 2)
"""Days before are how systems write that there is none: 0001-01-01, 1900-01-01."""
NEVER = date(9999, 1, 1)
"""From here on a day is how a system writes that there is none: 9999-12-31."""


class Standing(StrEnum):
    """Where a feed says that somebody stands."""

    PREHIRE = "PREHIRE"
    """Has not started yet."""
    ACTIVE = "ACTIVE"
    """At work."""
    ON_LEAVE = "ON_LEAVE"
    """Employed, and away for a time."""
    TERMINATED = "TERMINATED"
    """Has left."""


class Post(Struct, frozen=True, gc=False, forbid_unknown_fields=True, rename="camel"):
    """What somebody was, is or will be employed as, from a day on."""

    since: date
    """The first day."""
    last_day: date | None = None
    """The last day; absent: until the next post begins."""
    title: Text | None = None
    """What stands on the business card."""
    manager: Key | None = None
    """The manager's id in the feed."""
    department: Key | None = None
    """The department's id in the feed."""
    department_name: Key | None = None
    """What the department is called; one that comes with its name is made, and the name may be its id."""
    job_role: Key | None = None
    """The code of the job role."""
    location: Text | None = None
    """Where the work is done."""
    work: Work = Work.ACTIVE
    """Whether the person is at work or away."""
    engagement: Engagement = Engagement.EMPLOYEE
    """How the person belongs to the company."""


class Record(Struct, frozen=True, gc=False, forbid_unknown_fields=True, rename="camel", omit_defaults=True):
    """What a feed says about somebody."""

    external_id: Key
    """Whom it is about: their id in the feed."""
    formerly: Key | UnsetType = UNSET
    """The id they had in the feed before; they stay the same person."""
    given_name: Text | UnsetType = UNSET
    """The name friends use."""
    family_name: Text | UnsetType = UNSET
    """The name a family shares."""
    display_name: Text | UnsetType = UNSET
    """The full name; by default the given name and the family name."""
    email: Text | UnsetType | None = UNSET
    """The address at work."""
    user_name: Text | UnsetType | None = UNSET
    """What the person signs in as."""
    phone: Text | UnsetType | None = UNSET
    """The telephone number at work."""
    number: Text | UnsetType | None = UNSET
    """The employee number."""
    locale: Text | UnsetType | None = UNSET
    """A BCP 47 language tag."""
    time_zone: Text | UnsetType | None = UNSET
    """A name of the IANA time zone database."""
    status: Standing | UnsetType = UNSET
    """Where the person stands; somebody who has left without a last day left yesterday."""
    hired_on: date | UnsetType | None = UNSET
    """The first day of the employment that this is about."""
    last_day: date | UnsetType | None = UNSET
    """Its last day, in the past or the future; null: none is planned."""
    effective_on: date | UnsetType = UNSET
    """The day from which what follows holds; by default the day of the run."""
    title: Text | UnsetType | None = UNSET
    """What stands on the business card."""
    manager: Key | UnsetType | None = UNSET
    """The manager's id in the feed."""
    department: Key | UnsetType | None = UNSET
    """The department's id in the feed."""
    department_name: Key | UnsetType | None = UNSET
    """What the department is called; one that comes with its name is made, and the name may be its id."""
    job_role: Key | UnsetType | None = UNSET
    """The code of the job role."""
    location: Text | UnsetType | None = UNSET
    """Where the work is done."""
    engagement: Engagement | UnsetType = UNSET
    """How the person belongs to the company."""
    posts: tuple[Post, ...] | UnsetType = UNSET
    """The whole history in order, in place of all that is about one employment."""

    def said(self, name: str) -> bool:
        """Whether the record mentions a field."""
        return getattr(self, name) is not UNSET


@dataclass(frozen=True)
class Problem:
    """What is wrong with a field of a record."""

    field: str | None
    """Its name, such as `email` or `posts.2.since`; None: all of the record."""
    message: str
    """What is wrong with it, and what would be right."""


class Line(Struct, frozen=True, gc=False):
    """One line of a feed, read."""

    number: int
    """Its place in the feed, from 1."""
    record: Record | None
    """What it says; None where it cannot be used."""
    problems: tuple[Problem, ...] = ()
    """Why it cannot; beside a record, what is worth a warning."""
    external_id: str | None = None
    """Whom it is about, as far as that can be read."""
    written: bytes = b""
    """The record as canonical JSON: equal where records are."""


POSITION = ("title", "manager", "department", "department_name", "job_role", "location", "engagement")
"""What a record says that posts say otherwise."""
_ONE_EMPLOYMENT = (*POSITION, "status", "hired_on", "last_day", "effective_on")
_NAMES = {field.encode_name: field.name for field in msgspec.structs.fields(Record)}
_POST_NAMES = {field.encode_name for field in msgspec.structs.fields(Post)}
_NULLABLE = frozenset(
    field.name
    for field in msgspec.structs.fields(Record)
    if field.name not in {"external_id", "formerly", "given_name", "family_name", "display_name"}
)
_TEXTS = tuple(
    field.name
    for field in msgspec.structs.fields(Record)
    if field.name not in {"status", "hired_on", "last_day", "effective_on", "engagement", "posts"}
)
_IDS = {"externalId", "formerly", "manager", "department", "jobRole", "number"}
_WORDS: dict[str, type[StrEnum]] = {"status": Standing, "engagement": Engagement, "work": Work}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_PLAIN_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9.-]+")
"""What an address is like that is kept as it comes."""
_PLACE = re.compile(r" - at `\$\.?(.*)`$")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Record).decode


class Reader:
    """Reads the lines of one feed; a field that it does not know is worth one warning a feed."""

    def __init__(self) -> None:
        self._unknown: set[str] = set()

    def json(self, number: int, text: bytes) -> Line:
        """A line of NDJSON. Raises `UnreadableFile` where it is not UTF-8: then nothing after it is sure."""
        try:
            return check(number, _decode(text))
        except (msgspec.DecodeError, UnicodeDecodeError):  # how records mostly come, is read at once
            row = parsed(number, text)
            if isinstance(row, BadRow):
                return Line(number, None, (Problem(None, row.message),))
            return self.values(number, row.cells)

    def values(self, number: int, values: Any) -> Line:
        """A record as a mapping, by the names that NDJSON has; values may be text, as in CSV."""
        if not isinstance(values, Mapping):
            return Line(number, None, (Problem(None, "has to be a JSON object"),))
        known = {key: value for key, value in values.items() if key in _NAMES}
        new = sorted(str(key) for key in values if key not in _NAMES and key not in self._unknown)
        self._unknown.update(new)
        warnings = tuple(Problem(name[:200], "is a field nobody knows, here and below") for name in new)
        person = known.get("externalId")
        whom = whose(person) if isinstance(person, str | int) else None
        try:
            record = msgspec.convert(_plain(known), Record, strict=False)
        except msgspec.ValidationError as error:
            return Line(number, None, (_problem(error),), whom)
        line = check(number, record)
        problems = (*warnings, *line.problems) if line.record is not None else line.problems
        return Line(number, line.record, problems, line.external_id, line.written)


def _plain(values: Mapping[str, Any], known: Mapping[str, Any] | set[str] = _NAMES) -> dict[str, Any]:
    """Numbers where ids are text, and words in capitals, as they are meant."""
    found: dict[str, Any] = {}
    for key, value in values.items():
        if key in _IDS and isinstance(value, int) and not isinstance(value, bool):
            found[key] = str(value)
        elif key in _WORDS and isinstance(value, str):
            found[key] = value.strip().upper()
        elif key == "posts" and isinstance(value, list | tuple):
            found[key] = [_plain(each, _POST_NAMES) if isinstance(each, Mapping) else each for each in value]
        elif key in known or known is _POST_NAMES:
            found[key] = value
    return found


def _problem(error: msgspec.ValidationError) -> Problem:
    message = str(error)
    place = _PLACE.search(message)
    said = message if place is None else message[: place.start()]
    path = "" if place is None else place[1].replace("[", ".").replace("]", "")
    if required := re.search(r"missing required field `(.*)`", said):
        return Problem(".".join(filter(None, (path, required[1]))), "is missing")
    if said.startswith("Invalid enum value"):
        words = _WORDS.get(path.rpartition(".")[2], ())
        return Problem(path, f"{said.removeprefix('Invalid enum value ')} is none of {', '.join(words)}")
    plainly = next((text for start, text in _SAID.items() if said.startswith(start)), said)
    return Problem(path or None, plainly)


_SAID = {
    "Invalid RFC3339 encoded date": "must be a day such as 2024-03-01",
    "Expected `date": "must be a day such as 2024-03-01",
    "Expected `str` of length >= 1": "must not be empty",
    "Expected `str` of length <= 200": "must have at most 200 characters",
    "Expected `str`, got": "must be a text",
    "Expected `str | null`, got": "must be a text, or null",
    "Expected `array": "must be a list",
    "Expected `object": "must be an object",
}
"""What msgspec says, as whoever wrote the record would put it."""


def check(number: int, record: Record) -> Line:
    """A record that was decoded as a line: its values as they are kept, or what is wrong with them."""
    problems: list[Problem] = []
    try:
        written = _encode(record)
        kept = _kept(record if _is_plain(record, written) else _trimmed(record), problems)
        if kept is not record:
            record, written = kept, _encode(kept)
    except UnicodeEncodeError:
        whom = record.external_id if record.external_id.isascii() else None
        return Line(number, None, (Problem(None, "has half a character in it"),), whom)
    if not record.external_id:
        problems.append(Problem("externalId", "must not be empty"))
    _check_days(record, problems)
    if b"\\u0000" in written:  # or a backslash, itself escaped, before five harmless characters
        problems.extend(_zeros(msgspec.to_builtins(record)))
    if problems:
        return Line(number, None, tuple(problems), whose(record.external_id))
    return Line(number, record, (), record.external_id, written)


def whose(person: str | int | None) -> str | None:
    """Whom a line is about, where that can be kept."""
    whom = str(person if person is not None else "").strip()
    return whom if whom and "\0" not in whom else None


def _is_plain(record: Record, written: bytes) -> bool:
    """Whether there is surely nothing to trim in it: most records are told so in a microsecond."""
    return (
        record.posts is UNSET
        and (not record.last_day or record.last_day < NEVER)
        and (not record.hired_on or record.hired_on < NEVER)
        and (not record.effective_on or record.effective_on < NEVER)
        and written.isascii()
        and b"\\" not in written
        and b':" ' not in written
        and b' "' not in written
        and b':""' not in written
    )


def _trimmed(record: Record) -> Record:
    """The record without the space around its values, and without days that mean that there is none."""
    changes: dict[str, Any] = {}
    for name in _TEXTS:
        value = getattr(record, name)
        if value is not UNSET and value is not None:
            stripped = value.strip()
            changes[name] = None if not stripped and name in _NULLABLE else stripped
    for name in ("hired_on", "last_day", "effective_on"):
        value = getattr(record, name)
        if isinstance(value, date) and value >= NEVER:
            changes[name] = None if name == "last_day" else UNSET
    if isinstance(record.posts, tuple):
        changes["posts"] = tuple(map(_stripped, record.posts))
    return msgspec.structs.replace(record, **changes)


def _kept(record: Record, problems: list[Problem]) -> Record:
    """The record with address and language as they are kept."""
    changes: dict[str, Any] = {}
    if isinstance(record.email, str) and _PLAIN_ADDRESS.fullmatch(record.email) is None:
        try:
            changes["email"] = address(record.email)
        except InvalidInput as refused:
            problems.append(Problem("email", refused.problems[0].message))
    if isinstance(record.locale, str):
        if not _LANGUAGE.fullmatch(record.locale):
            problems.append(Problem("locale", "must be a language tag such as de-AT"))
        elif "_" in record.locale:
            changes["locale"] = record.locale.replace("_", "-")
    if record.department is UNSET and record.department_name:
        changes["department"] = record.department_name
    if isinstance(record.posts, tuple) and any(each.department_name for each in record.posts):
        changes["posts"] = tuple(map(_named, record.posts))
    if isinstance(record.time_zone, str) and not _is_zone(record.time_zone):
        problems.append(Problem("timeZone", "must be a name such as Europe/Berlin"))
    return msgspec.structs.replace(record, **changes) if changes else record


def _stripped(post: Post) -> Post:
    texts = ("title", "manager", "department", "department_name", "job_role", "location")
    changes = {name: value.strip() or None for name in texts if (value := getattr(post, name)) is not None}
    until = None if post.last_day is not None and post.last_day >= NEVER else post.last_day
    return msgspec.structs.replace(post, last_day=until, **changes)


def _named(post: Post) -> Post:
    if post.department is None and post.department_name is not None:
        return msgspec.structs.replace(post, department=post.department_name)
    return post


def _zeros(value: Any, place: str = "") -> list[Problem]:
    """The texts with a character that PostgreSQL cannot keep."""
    match value:
        case str() if "\0" in value:
            return [Problem(place, "must not have the character U+0000 in it")]
        case dict() | list() | tuple():
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            return [found for key, each in pairs for found in _zeros(each, f"{place}.{key}".lstrip("."))]
    return []


@lru_cache(1_000)
def _is_zone(name: str) -> bool:
    try:
        zone(name)
    except InvalidInput:
        return False
    return True


_TOO_EARLY = "must be a day after 1900-01-01; where there is none, leave it out"


def _check_days(record: Record, problems: list[Problem]) -> None:
    first, last = record.hired_on, record.last_day
    for name in ("hired_on", "last_day", "effective_on"):
        value = getattr(record, name)
        if value and value < EARLIEST:
            problems.append(Problem(camel(name), _TOO_EARLY))
    if isinstance(first, date) and isinstance(last, date) and last < first:
        problems.append(Problem("lastDay", "must not come before hiredOn"))
    if isinstance(record.posts, UnsetType):
        return
    problems.extend(
        Problem(camel(name), "is said by posts already; leave one of them out")
        for name in _ONE_EMPLOYMENT
        if record.said(name)
    )
    before: date | None = None
    for n, post in enumerate(record.posts):
        problems.extend(
            Problem(f"posts.{n}.{camel(name)}", _TOO_EARLY)
            for name, value in (("since", post.since), ("last_day", post.last_day))
            if value is not None and value < EARLIEST
        )
        if post.last_day is not None and post.last_day < post.since:
            problems.append(Problem(f"posts.{n}.lastDay", "must not come before since"))
        if before is not None and post.since <= before:
            problems.append(Problem(f"posts.{n}.since", "must come after the post before it"))
        before = post.last_day or post.since
