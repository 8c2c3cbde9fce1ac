"""xAPI statements, as far as they are about themselves: what makes one well-formed, and what it reports.

Experience API 1.0.3, part two, section 2 (IEEE 9274.1.1 for 2.0). Whatever breaks a "shall" of it is refused,
with the path of what is wrong; extensions and unknown verbs are kept as they are.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha1
from typing import Any
from uuid import UUID

from cairn.pathways.report import Reported
from cairn.people.profile import fold

ADL = "http://adlnet.gov/expapi/verbs/"
VOIDED = f"{ADL}voided"
VERBS = {
    f"{ADL}completed": Reported.COMPLETED,
    f"{ADL}passed": Reported.PASSED,
    f"{ADL}mastered": Reported.PASSED,
    f"{ADL}failed": Reported.FAILED,
    f"{ADL}attempted": Reported.STARTED,
    f"{ADL}initialized": Reported.STARTED,
}
"""What a verb reports of a step; others are kept and mean nothing here."""
_LONGEST = 4_000
_PARTS = {
    "id", "actor", "verb", "object", "result", "context", "timestamp", "stored", "authority", "version",
    "attachments",
}  # fmt: skip
_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MAIL = re.compile(r"mailto:[^@\s]+@[^@\s]+")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SHA2 = re.compile(r"[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128}")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_VERSION = re.compile(r"(?:1\.0(?:\.\d+)?|2\.0(?:\.\d+)?)")
_INTERACTIONS = {
    "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing", "likert",
    "numeric", "other",
}  # fmt: skip
_IFIS = ("mbox", "mbox_sha1sum", "openid", "account")


class Malformed(ValueError):  # noqa: N818  # it is an answer
    """A statement is not one; the text begins with the path of what is wrong."""


@dataclass(frozen=True)
class Agent:
    """Whom a statement is about, as it names them; all absent for one that names them in no way of ours."""

    email: str | None = None
    sha1: str | None = None
    """The SHA-1 of `mailto:` and their address, in hexadecimal."""
    home_page: str | None = None
    name: str | None = None

    @property
    def key(self) -> str | None:
        """One text of it, without case, to find statements of somebody by."""
        named = self.email or self.sha1 or self.name
        return named and fold(named)


@dataclass(frozen=True)
class Attachment:
    """What a statement says of a file that goes with it."""

    path: str
    sha2: str
    length: int
    content_type: str
    is_elsewhere: bool
    """Whether it can be had at an address."""


@dataclass(frozen=True)
class Statement:
    """A statement that is well-formed."""

    id: UUID | None
    body: Mapping[str, Any]
    verb: str
    activity: str | None
    """What it is about, where that is an activity."""
    agent: Agent
    timestamp: datetime | None
    refers: UUID | None
    """The statement that it is about."""

    @property
    def voids(self) -> UUID | None:
        """The statement that it takes back."""
        return self.refers if self.verb == VOIDED else None

    @property
    def attachments(self) -> list[Attachment]:
        """The files that go with it."""
        found = list(_attachments(self.body, ""))
        if self.body["object"].get("objectType") == "SubStatement":
            found += _attachments(self.body["object"], "object.")
        return found

    @property
    def reported(self) -> Reported | None:
        """What it reports of a step."""
        what = VERBS.get(self.verb)
        result = self.body.get("result", {})
        if what is Reported.COMPLETED and result.get("success") is not None:
            what = Reported.PASSED if result["success"] else Reported.FAILED
        if what in {Reported.COMPLETED, Reported.PASSED} and result.get("completion") is False:
            return Reported.STARTED
        return what

    @property
    def score(self) -> int | None:
        """The score in percent; below zero is zero."""
        score = self.body.get("result", {}).get("score", {})
        if "scaled" in score:
            return max(0, round(float(score["scaled"]) * 100))
        low, high, raw = score.get("min", 0), score.get("max"), score.get("raw")
        if raw is None or high is None or high <= low:
            return None
        share: float = (raw - low) / (high - low)
        return max(0, round(share * 100))


def read(given: object) -> Statement:
    """A statement from JSON. Raises `Malformed`."""
    body = _object(given, "", _PARTS, ("actor", "verb", "object"))
    _statement(body, "")
    if "id" in body:
        _match(body["id"], "id", _UUID, "a UUID")
    if "version" in body:
        _match(body["version"], "version", _VERSION, "1.0.0 or a version that goes with it")
    for name in ("timestamp", "stored"):
        if name in body:
            _instant(body[name], name)
    if "authority" in body:
        _actor(body["authority"], "authority")
    target = body["object"]
    kind = target.get("objectType", "Activity")
    verb = body["verb"]["id"]
    if verb == VOIDED and kind != "StatementRef":
        raise Malformed("object: a statement that voids another one names it as a StatementRef")
    return Statement(
        UUID(body["id"]) if "id" in body else None,
        body,
        verb,
        target["id"] if kind == "Activity" else None,
        _agent(body["actor"]),
        _instant(body["timestamp"], "timestamp") if "timestamp" in body else None,
        UUID(target["id"]) if kind == "StatementRef" else None,
    )


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two statements say the same, but for what whoever keeps them adds."""
    added = {"id", "authority", "stored", "timestamp", "version", "attachments"}
    return {name: value for name, value in one.items() if name not in added} == {
        name: value for name, value in other.items() if name not in added
    }


def _statement(body: Mapping[str, Any], path: str) -> None:
    """What a statement and one within another have in common."""
    _actor(body["actor"], f"{path}actor")
    verb = _object(body["verb"], f"{path}verb", {"id", "display"}, ("id",))
    _match(verb["id"], f"{path}verb.id", _IRI, "an IRI")
    _languages(verb, "display", f"{path}verb")
    _target(body["object"], f"{path}object", within=bool(path))
    if "result" in body:
        _result(body["result"], f"{path}result")
    if "context" in body:
        _context(body["context"], f"{path}context", body["object"])
    for n, each in enumerate(_list(body.get("attachments", []), f"{path}attachments")):
        _attachment(each, f"{path}attachments.{n}")


def _actor(given: object, path: str) -> None:
    known = {"objectType", "name", "member", *_IFIS}
    actor = _object(given, path, known, ())
    kind = actor.get("objectType", "Agent")
    ifis = [name for name in _IFIS if name in actor]
    if kind not in {"Agent", "Group"}:
        raise Malformed(f"{path}.objectType: must be Agent or Group")
    if len(ifis) > 1 or (not ifis and (kind == "Agent" or "member" not in actor)):
        raise Malformed(f"{path}: is named in exactly one way: {', '.join(_IFIS)}")
    if kind == "Agent" and "member" in actor:
        raise Malformed(f"{path}.member: an agent has none")
    if "name" in actor:
        _text(actor["name"], f"{path}.name")
    if "mbox" in actor:
        _match(actor["mbox"], f"{path}.mbox", _MAIL, "an address such as mailto:ada@example.com")
    if "mbox_sha1sum" in actor:
        _match(actor["mbox_sha1sum"], f"{path}.mbox_sha1sum", _SHA1, "a SHA-1 in hexadecimal")
    if "openid" in actor:
        _match(actor["openid"], f"{path}.openid", _IRI, "a URI")
    if "account" in actor:
        account = _object(actor["account"], f"{path}.account", {"homePage", "name"}, ("homePage", "name"))
        _match(account["homePage"], f"{path}.account.homePage", _IRI, "an IRI")
        _text(account["name"], f"{path}.account.name")
    for n, each in enumerate(_list(actor.get("member", []), f"{path}.member")):
        if isinstance(each, dict) and each.get("objectType", "Agent") != "Agent":
            raise Malformed(f"{path}.member.{n}: a member is an agent")
        _actor(each, f"{path}.member.{n}")


def _target(given: object, path: str, *, within: bool) -> None:
    kind = given.get("objectType", "Activity") if isinstance(given, dict) else "Activity"
    match kind:
        case "Activity":
            activity = _object(given, path, {"objectType", "id", "definition"}, ("id",))
            _match(activity["id"], f"{path}.id", _IRI, "an IRI")
            if "definition" in activity:
                _definition(activity["definition"], f"{path}.definition")
        case "Agent" | "Group":
            _actor(given, path)
        case "StatementRef":
            reference = _object(given, path, {"objectType", "id"}, ("id",))
            _match(reference["id"], f"{path}.id", _UUID, "a UUID")
        case "SubStatement" if not within:
            parts = _PARTS - {"id", "stored", "version", "authority"} | {"objectType"}
            body = _object(given, path, parts, ("actor", "verb", "object"))
            _statement(body, f"{path}.")
            if "timestamp" in body:
                _instant(body["timestamp"], f"{path}.timestamp")
        case _:
            raise Malformed(
                f"{path}.objectType: must be Activity, Agent, Group, StatementRef or SubStatement"
            )


def _definition(given: object, path: str) -> None:
    lists = {"choices", "scale", "source", "target", "steps"}
    known = {
        "name",
        "description",
        "type",
        "moreInfo",
        "extensions",
        "interactionType",
        "correctResponsesPattern",
    }
    definition = _object(given, path, known | lists, ())
    for name in ("name", "description"):
        _languages(definition, name, path)
    for name in ("type", "moreInfo"):
        if name in definition:
            _match(definition[name], f"{path}.{name}", _IRI, "an IRI")
    _extensions(definition, path)
    kind = definition.get("interactionType")
    if kind is not None and kind not in _INTERACTIONS:
        raise Malformed(f"{path}.interactionType: is none of {', '.join(sorted(_INTERACTIONS))}")
    needs = [name for name in (*sorted(lists), "correctResponsesPattern") if name in definition]
    if needs and kind is None:
        raise Malformed(f"{path}.interactionType: goes with {needs[0]}")
    for n, each in enumerate(
        _list(definition.get("correctResponsesPattern", []), f"{path}.correctResponsesPattern")
    ):
        _text(each, f"{path}.correctResponsesPattern.{n}")
    for name in lists & definition.keys():
        ids: set[str] = set()
        for n, each in enumerate(_list(definition[name], f"{path}.{name}")):
            component = _object(each, f"{path}.{name}.{n}", {"id", "description"}, ("id",))
            _languages(component, "description", f"{path}.{name}.{n}")
            if component["id"] in ids:
                raise Malformed(f"{path}.{name}.{n}.id: comes twice")
            ids.add(_text(component["id"], f"{path}.{name}.{n}.id"))


def _result(given: object, path: str) -> None:
    known = {"score", "success", "completion", "response", "duration", "extensions"}
    result = _object(given, path, known, ())
    for name in ("success", "completion"):
        if name in result and not isinstance(result[name], bool):
            raise Malformed(f"{path}.{name}: must be true or false")
    if "response" in result:
        _text(result["response"], f"{path}.response", empty=True)
    if "duration" in result:
        _duration(result["duration"], f"{path}.duration")
    _extensions(result, path)
    if "score" not in result:
        return
    score = _object(result["score"], f"{path}.score", {"scaled", "raw", "min", "max"}, ())
    for name, value in score.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Malformed(f"{path}.score.{name}: must be a number")
    if not -1 <= score.get("scaled", 0) <= 1:
        raise Malformed(f"{path}.score.scaled: must be from -1 to 1")
    low, high = score.get("min"), score.get("max")
    if low is not None and high is not None and low >= high:
        raise Malformed(f"{path}.score.max: must be greater than min")
    raw = score.get("raw")
    if raw is not None and ((low is not None and raw < low) or (high is not None and raw > high)):
        raise Malformed(f"{path}.score.raw: must be from min to max")


def _context(given: object, path: str, target: Any) -> None:
    agents = {"instructor": _actor, "team": _actor}
    known = {
        "registration", "contextActivities", "revision", "platform", "language", "statement", "extensions",
        "contextAgents", "contextGroups", *agents,
    }  # fmt: skip
    context = _object(given, path, known, ())
    if "registration" in context:
        _match(context["registration"], f"{path}.registration", _UUID, "a UUID")
    for name, check in agents.items():
        if name in context:
            check(context[name], f"{path}.{name}")
    if "team" in context and context["team"].get("objectType") != "Group":
        raise Malformed(f"{path}.team: must be a group")
    is_activity = isinstance(target, dict) and target.get("objectType", "Activity") == "Activity"
    for name in ("revision", "platform"):
        if name in context:
            if not is_activity:
                raise Malformed(f"{path}.{name}: goes with an activity only")
            _text(context[name], f"{path}.{name}")
    if "language" in context:
        _match(context["language"], f"{path}.language", _LANGUAGE, "a language tag")
    _around(context, path)
    _extensions(context, path)


def _around(context: Mapping[str, Any], path: str) -> None:
    """What a statement belongs to: another statement, agents, and activities."""
    if "statement" in context:
        _target(context["statement"], f"{path}.statement", within=True)
        if context["statement"].get("objectType") != "StatementRef":
            raise Malformed(f"{path}.statement: must be a StatementRef")
    for name in ("contextAgents", "contextGroups"):
        _list(context.get(name, []), f"{path}.{name}")
    kinds = {"parent", "grouping", "category", "other"}
    activities = _object(context.get("contextActivities", {}), f"{path}.contextActivities", kinds, ())
    for kind, several in activities.items():
        if not isinstance(several, list):  # one by itself is given back as a list of one (2.4.6.2)
            activities[kind] = [several]
        for n, each in enumerate(activities[kind]):
            if isinstance(each, dict) and each.get("objectType", "Activity") != "Activity":
                raise Malformed(f"{path}.contextActivities.{kind}.{n}: must be an activity")
            _target(each, f"{path}.contextActivities.{kind}.{n}", within=True)


def _attachment(given: object, path: str) -> None:
    needed = ("usageType", "display", "contentType", "length", "sha2")
    attachment = _object(given, path, {*needed, "description", "fileUrl"}, needed)
    _match(attachment["usageType"], f"{path}.usageType", _IRI, "an IRI")
    for name in ("display", "description"):
        _languages(attachment, name, path)
    _text(attachment["contentType"], f"{path}.contentType")
    length = attachment["length"]
    if isinstance(length, bool) or not isinstance(length, int) or length < 0:
        raise Malformed(f"{path}.length: must be a number of bytes")
    _match(attachment["sha2"], f"{path}.sha2", _SHA2, "a SHA-2 in hexadecimal")
    if "fileUrl" in attachment:
        _match(attachment["fileUrl"], f"{path}.fileUrl", _IRI, "an IRI")


def _attachments(body: Mapping[str, Any], path: str) -> Iterator[Attachment]:
    for n, each in enumerate(body.get("attachments", [])):
        at = f"{path}attachments.{n}"
        yield Attachment(at, each["sha2"].lower(), each["length"], each["contentType"], "fileUrl" in each)


def _agent(actor: Mapping[str, Any]) -> Agent:
    if actor.get("objectType", "Agent") != "Agent":
        return Agent()
    account = actor.get("account", {})
    mail, sha1 = actor.get("mbox"), actor.get("mbox_sha1sum")
    return Agent(
        mail and mail.removeprefix("mailto:"),
        sha1 and sha1.lower(),
        account.get("homePage"),
        account.get("name"),
    )


def mailbox_sha1(address: str) -> str:
    """How an agent is named that does not tell its address (part two, 2.4.2.3)."""
    return sha1(f"mailto:{address}".encode(), usedforsecurity=False).hexdigest()


def identifiers(statement: Any) -> Any:
    """A statement, or a part of one, with of each agent, activity and verb no more than what names it.

    That is the format `ids` (1.0.3, part three, 2.1.3).
    """
    if isinstance(statement, list):
        return [identifiers(each) for each in statement]
    if not isinstance(statement, dict):
        return statement
    kept = {
        name: value
        for name, value in statement.items()
        if name not in {"display", "definition"} and (name != "name" or "homePage" in statement)
    }
    if any(name in kept for name in _IFIS):
        kept.pop("member", None)
    return {
        name: value
        if name in {"result", "extensions", "attachments"}
        else {"id": value["id"]}
        if name == "verb"
        else identifiers(value)
        for name, value in kept.items()
    }


def _object(given: object, path: str, known: set[str], needed: tuple[str, ...]) -> dict[str, Any]:
    at = f"{path}." if path else ""
    if not isinstance(given, dict):
        raise Malformed(f"{path or 'the statement'}: must be an object")
    for name in needed:
        if name not in given:
            raise Malformed(f"{at}{name}: must be given")
    for name, value in given.items():
        if name not in known:
            raise Malformed(f"{at}{name[:100]}: there is no such property")
        if value is None:
            raise Malformed(f"{at}{name}: must not be null; leave it out")
    return given


def _list(given: object, path: str) -> list[Any]:
    if not isinstance(given, list):
        raise Malformed(f"{path}: must be a list")
    return given


def _text(given: object, path: str, *, empty: bool = False) -> str:
    if not isinstance(given, str) or not (given or empty):
        raise Malformed(f"{path}: must be a text")
    return given


def _match(given: object, path: str, pattern: "re.Pattern[str]", what: str) -> None:
    if not isinstance(given, str) or len(given) > _LONGEST or not pattern.fullmatch(given):
        raise Malformed(f"{path}: must be {what}")


def _languages(given: Mapping[str, Any], name: str, path: str) -> None:
    if name not in given:
        return
    if not isinstance(given[name], dict):
        raise Malformed(f"{path}.{name}: must be an object with a text for each language")
    for tag, value in given[name].items():
        if not _LANGUAGE.fullmatch(tag):
            raise Malformed(f"{path}.{name}: {tag[:40]!r} is no language tag")
        _text(value, f"{path}.{name}.{tag}", empty=True)


def _extensions(given: Mapping[str, Any], path: str) -> None:
    if "extensions" not in given:
        return
    if not isinstance(given["extensions"], dict):
        raise Malformed(f"{path}.extensions: must be an object")
    for key in given["extensions"]:
        _match(key, f"{path}.extensions.{key[:100]}", _IRI, "named by an IRI")


def _instant(given: object, path: str) -> datetime:
    """RFC 3339; a time without a zone is in UTC, and one of an unknown zone, -00:00, is not taken."""
    if isinstance(given, str) and "T" in given.upper() and not given.endswith(("-00:00", "-0000", "-00")):
        try:
            found = datetime.fromisoformat(given)
            return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Malformed(f"{path}: must be a time such as 2026-01-31T09:00:00Z")


_DURATION = re.compile(
    r"P(?:\d+(?:\.\d+)?W|(?=[\dT])(?:\d+(?:\.\d+)?Y)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?D)?"
    r"(?:T(?=\d)(?:\d+(?:\.\d+)?H)?(?:\d+(?:\.\d+)?M)?(?:\d+(?:\.\d+)?S)?)?)"
)


def _duration(given: object, path: str) -> None:
    _match(given, path, _DURATION, "a duration such as PT4M30S")
