"""What comes of checking a credential, and how one is found in a file: whatever version it is of."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from cairn.credentials.attached import PDF, attached
from cairn.credentials.picture import PNG, unbaked_png, unbaked_svg

MOST_BYTES = 5_000_000
"""The largest file that is looked at."""
TRUSTED = "trusted"
"""The check whether the issuer is one that the company trusts."""
LEEWAY = timedelta(minutes=2)
"""Clocks differ."""


_NONE = "neither JSON, a JWT, nor a picture or a PDF with a credential in it"


class Unreadable(ValueError):  # noqa: N818  # it is about the file
    """There is no credential in it; the message says what was found instead."""


class Unavailable(Exception):  # noqa: N818  # it is about what is asked for
    """Something that a check needs could not be had; the message says what and why."""


class Result(StrEnum):
    """What a check came to."""

    PASSED = "PASSED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """It could not be made: what it needs was not to be had."""
    NOTHING = "NOTHING"
    """There was nothing to check."""


@dataclass(frozen=True)
class Check:
    """One check and its result."""

    name: str
    """One of `structure`, `schema`, `issuer`, `signature`, `dates`, `status`, `trusted`."""
    result: Result
    says: str
    """What was found, in a sentence."""

    @property
    def decides(self) -> bool:
        """Whether a credential is verified only if it passed: whom to trust is for who looks to say."""
        return self.name != TRUSTED


@dataclass
class Report:
    """What came of checking a credential."""

    form: str
    """How it came: `Open Badges 3.0, Data Integrity` and so on."""
    document: dict[str, Any]
    checks: list[Check] = field(default_factory=list)
    issuer: str | None = None
    """Who issued it, once that is known: a DID, or an address."""

    @property
    def is_verified(self) -> bool:
        """Whether every check that decides passed, or there was nothing to check."""
        return not self.problems

    @property
    def problems(self) -> list[Check]:
        """The checks that decide and did not pass, or could not be made."""
        return [each for each in self.checks if each.decides and each.result not in _GOOD]

    def as_json(self) -> dict[str, Any]:
        """As programs read it."""
        checks = [{"check": each.name, "result": each.result, "says": each.says} for each in self.checks]
        return {"form": self.form, "verified": self.is_verified, "checks": checks}

    def add(self, name: str, result: Result, says: str) -> bool:
        """Adds a check; whether it passed."""
        self.checks.append(Check(name, result, says))
        return result is Result.PASSED


_GOOD = {Result.PASSED, Result.NOTHING}


class Sources(Protocol):
    """Where what a check needs is had from."""

    async def did(self, did: str) -> Mapping[str, Any]:
        """The DID document of a did:web. Raises `Unavailable`."""
        ...

    async def get(self, url: str) -> bytes:
        """What is at an address. Raises `Unavailable`."""
        ...

    async def trusts(self, issuer: str) -> bool | None:
        """Whether the company trusts an issuer; None where its list is not to be had."""
        ...


def text_of(data: bytes) -> str:
    """The credential in a file as a text, also where the file is a picture or a PDF. Raises `Unreadable`."""
    if len(data) > MOST_BYTES:
        raise Unreadable(f"the file is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        if data.startswith(PNG):
            found = unbaked_png(data)
        elif data.startswith(PDF):
            found = attached(data)
        elif data.lstrip()[:1] == b"<":
            found = unbaked_svg(data)
        else:
            found = data.decode()
    except UnicodeDecodeError:
        raise Unreadable(f"it is {_NONE}") from None
    except ValueError as error:
        raise Unreadable(str(error) or "the file is no text") from None
    if found is None:
        kind = "PDF" if data.startswith(PDF) else "picture"
        raise Unreadable(f"it is a {kind} with no credential in it")
    return found.strip().removeprefix("\ufeff")


def read(data: bytes) -> tuple[dict[str, Any], str | None]:
    """The credential in a file, and the JWT it came as, if it did. Raises `Unreadable`."""
    found = text_of(data)
    if found.startswith("{"):
        return object_of(found), None
    parts = found.split(".")
    if len(parts) == 3 and all(parts):
        try:
            claims = object_of(decoded(parts[1]).decode())
        except ValueError as error:
            raise Unreadable(f"it looks like a JWT, but {error}") from None
        return claims.get("vc", claims) if isinstance(claims.get("vc", claims), dict) else claims, found
    raise Unreadable(f"it is {_NONE}")


def object_of(text: str) -> dict[str, Any]:
    """The JSON object that is written there. Raises `Unreadable`."""
    try:
        found = json.loads(text, parse_constant=_no_number, object_pairs_hook=_unique)
        if "\\ud" in text.lower():  # half of a pair is no character
            json.dumps(found, ensure_ascii=False).encode()
    except Unreadable:
        raise
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None
    if not isinstance(found, dict):
        raise Unreadable("it is not a JSON object")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; one that says something twice is read otherwise by others (RFC 8259, section 4)."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"it says {twice[:100]!r} twice in one place")
    return found


def _no_number(name: str) -> None:
    raise ValueError(name)


def decoded(part: str) -> bytes:
    """What is written there as base64url. Raises `ValueError`."""
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise ValueError("a part of it is not base64url") from None


def check_dates(
    report: Report, at: datetime, first: tuple[str, ...], last: tuple[str, ...], *, must_begin: bool = True
) -> None:
    """Checks that it holds now; `first` and `last` are what its dates are called, of which one is there.

    Without `must_begin` it may leave out from when.
    """
    told = [
        next((report.document[each] for each in names if each in report.document), None)
        for names in (first, last)
    ]
    try:
        since, until = (None if each is None else instant_of(each) for each in told)
    except ValueError as error:
        report.add("dates", Result.FAILED, f"{error}.")
        return
    if since is None and must_begin:
        report.add("dates", Result.FAILED, "It does not say from when it holds.")
    elif since is not None and since > at + LEEWAY:
        report.add("dates", Result.FAILED, f"It does not hold yet: only from {told[0]} on.")
    elif until is not None and until < at - LEEWAY:
        report.add("dates", Result.FAILED, f"It has expired: it held until {told[1]}.")
    else:
        until_when = f"until {told[1]}" if until else "on"
        since_when = f"from {told[0]} " if since else ""
        report.add("dates", Result.PASSED, f"It holds {since_when}{until_when}.")


def instant_of(given: Any) -> datetime:
    """An instant; without a zone it is taken for UTC. Raises `ValueError`."""
    try:
        found = datetime.fromisoformat(given)
    except (ValueError, TypeError):
        raise ValueError(f"{str(given)[:60]} is no date") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def listed(given: Any) -> list[Any]:
    """A value of a document that is one or several, as several."""
    return given if isinstance(given, list) else [given]


def strings(given: Any) -> list[str]:
    """Those of its values that are text."""
    return [each for each in listed(given) if isinstance(each, str)]


def id_of(given: Any) -> str | None:
    """The id of something that is written out, or told by its id."""
    found = given.get("id") if isinstance(given, dict) else given
    return found if isinstance(found, str) else None
