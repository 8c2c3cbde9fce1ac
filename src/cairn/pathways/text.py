"""A pathway as one YAML text, for people to read and write: out of it comes what went into it.

    pathway: data
    title: Data
    steps:
      - key: read
        title: Read the book
        kind: READING
        grants:
          - {framework: Own, code: sql, level: 2}
      - key: exam
        title: The exam
        kind: ASSESSMENT
        passMark: 70
        after: [read]

Fields have the names of the graph. Requirements have the form of `requirements/wire.py`, with keys of steps,
codes of pathways, credentials and job roles, names of departments and teams; of a skill framework and code.
"""

from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import yaml

from cairn.access.refusal import FieldProblem, InvalidInput
from cairn.db.engine import Transaction
from cairn.graph.requirement import step_with_key
from cairn.graph.scalars import Duration, Url
from cairn.pathways.author import GrantDraft, StepDraft
from cairn.pathways.currency import WINDOW, CurrencyDraft
from cairn.pathways.tables import Proof, StepKind
from cairn.pathways.written import Name, Names, Written, references
from cairn.requirements import wire
from cairn.requirements.problems import Malformed
from cairn.requirements.tree import Requirement

LONGEST = 500_000
"""Characters of a text."""
DEEPEST = 60
MOST_STEPS = 1_000
MOST_PROBLEMS = 50
E = TypeVar("E", bound=StrEnum)
Path = tuple[str, ...]
_FIELDS = ("pathway", "title", "summary", "provider", "currency", "completion", "steps")
_OF_STEP = (
    "key", "title", "kind", "minutes", "provider", "url", "activity", "isOptional", "proof", "passMark",
    "pathway", "after", "requirement", "grants",
)  # fmt: skip
_LOADER = yaml.CSafeLoader


class _Dumper(yaml.CSafeDumper):  # type: ignore[misc]  # it ships no types
    """Writes texts of several lines as they are read."""


def _lines(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _lines)


async def to_text(tx: Transaction, written: Written) -> str:
    """The text of a version."""
    plain = {n: wire.serialise(each.requirement) for n, each in enumerate(written.steps) if each.requirement}
    whole = wire.serialise(written.completion) if written.completion is not None else None
    names = Names()
    asked: list[tuple[str, UUID]] = [
        (kind, UUID(given["id"] if isinstance(given, dict) else given))
        for each in (*plain.values(), whole)
        for _, kind, given in references(each)
    ]
    asked += [("skill", grant.skill) for each in written.steps for grant in each.grants]
    asked += [("pathway", each.pathway) for each in written.steps if each.pathway is not None]
    if written.currency is not None and written.currency.renewed_by is not None:
        asked.append(("pathway", written.currency.renewed_by))
    await names.look(tx, asked)
    keys = {str(step_with_key(each.key)): each.key for each in written.steps}

    def named(kind: str, id_: UUID) -> str:
        found = names.of.get((kind, id_))
        return found[0] if found is not None else str(id_)

    def of_skill(id_: UUID) -> dict[str, str]:
        framework, code = names.of["skill", id_]
        return {"framework": framework, "code": code}

    def told(node: Any) -> Any:
        """A requirement in its plain form, by names."""
        if isinstance(node, list):
            return [told(each) for each in node]
        if not isinstance(node, dict):
            return node
        said: dict[str, Any] = {}
        for name, value in node.items():
            if name == "skill":
                more = {key: each for key, each in value.items() if key != "id"}
                said[name] = of_skill(UUID(value["id"])) | more
            elif name == "step":
                said[name] = keys.get(value, value)
            elif name in {"credential", "pathway", "role", "department", "team"}:
                said[name] = named(name, UUID(value))
            else:
                said[name] = told(value)
        return said

    def step(n: int, draft: StepDraft) -> dict[str, Any]:
        fields = {
            "key": draft.key,
            "title": draft.title,
            "kind": draft.kind.value,
            "minutes": draft.minutes or None,
            "provider": draft.provider,
            "url": draft.url,
            "activity": draft.activity,
            "isOptional": draft.is_optional or None,
            "proof": None if draft.proof is Proof.SELF else draft.proof.value,
            "passMark": draft.pass_mark,
            "pathway": None if draft.pathway is None else named("pathway", draft.pathway),
            "after": draft.after or None,
            "requirement": told(plain[n]) if n in plain else None,
            "grants": [{**of_skill(each.skill), "level": each.level} for each in draft.grants] or None,
        }
        return {name: value for name, value in fields.items() if value is not None}

    currency = None
    if (given := written.currency) is not None:
        currency = {"validity": str(given.validity), "window": str(given.window)}
        if given.renewed_by is not None:
            currency["renewedBy"] = named("pathway", given.renewed_by)
    fields = {
        "pathway": written.code,
        "title": written.title,
        "summary": written.summary,
        "provider": written.provider,
        "currency": currency,
        "completion": told(whole) if whole is not None else None,
        "steps": [step(n, each) for n, each in enumerate(written.steps)],
    }
    said = {name: value for name, value in fields.items() if value is not None}
    text: str = yaml.dump(said, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


class Reading:
    """One pass over a text: notes each problem with its line, and reads on."""

    def __init__(self, text: str) -> None:
        self.problems: list[FieldProblem] = []
        self.lines: dict[Path, int] = {}
        self._root = self._composed(text)

    async def written(self, tx: Transaction) -> Written:
        """What the text says. Raises `InvalidInput`, in which each problem names its line and field."""
        fields = self._fields(self._root, (), _FIELDS)
        names = Names()
        plain, asked = self._requirements(fields)
        await names.look(tx, asked)
        drafts = [
            self._step(each, ("steps", str(n)), names, plain) for n, each in enumerate(self._steps(fields))
        ]
        found = Written(
            self._text(fields, "pathway", (), needed=True),
            self._text(fields, "title", (), needed=True),
            drafts,
            self._requirement(("completion",), plain, names),
            self._text(fields, "summary", ()) or None,
            self._text(fields, "provider", ()) or None,
            self._currency(fields.get("currency"), names),
        )
        self.finish()
        return found

    def finish(self) -> None:
        """Raises `InvalidInput` where something was wrong."""
        if self.problems:
            raise InvalidInput("The text is no pathway.", self.problems[:MOST_PROBLEMS])

    def at_lines(self, refusal: InvalidInput) -> InvalidInput:
        """The same refusal with the line of each problem."""
        found = [
            FieldProblem(each.path, self._placed(tuple(each.path), each.message)) for each in refusal.problems
        ]
        return InvalidInput(refusal.message, found)

    def _note(self, path: Path, message: str) -> None:
        self.problems.append(FieldProblem(list(path), self._placed(path, message)))

    def _placed(self, path: Path, message: str) -> str:
        while path and path not in self.lines:
            path = path[:-1]
        return f"line {self.lines.get(path, 1)}: {message}"

    def _composed(self, text: str) -> Any:
        """The nodes of the text, which is bounded, and in which nothing refers to anything else."""
        if len(text) > LONGEST:
            raise InvalidInput(
                "The text is too long.", [FieldProblem(["text"], f"must have at most {LONGEST:,} characters")]
            )
        try:
            depth = 0
            for event in yaml.parse(text, Loader=_LOADER):
                if isinstance(event, yaml.AliasEvent):
                    raise self._broken(event.start_mark, "aliases are not taken; write it out")
                depth += isinstance(event, yaml.CollectionStartEvent)
                depth -= isinstance(event, yaml.CollectionEndEvent)
                if depth > DEEPEST:
                    raise self._broken(event.start_mark, f"is nested more than {DEEPEST} deep")
            root = yaml.compose(text, Loader=_LOADER)
        except yaml.MarkedYAMLError as error:
            said = ", ".join(each for each in (error.context, error.problem) if each)
            raise self._broken(error.context_mark or error.problem_mark, said or "this is not YAML") from None
        except (yaml.YAMLError, UnicodeEncodeError) as error:
            said = " ".join(str(error).split())[:200]
            raise InvalidInput("The text is not YAML.", [FieldProblem(["text"], f"line 1: {said}")]) from None
        if root is not None:
            self._walk(root, ())
        return root

    def _broken(self, mark: Any, message: str) -> InvalidInput:
        line = mark.line + 1 if mark is not None else 1
        return InvalidInput("The text is not YAML.", [FieldProblem(["text"], f"line {line}: {message}")])

    def _walk(self, node: Any, path: Path) -> None:
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    self.lines[*path, key.value] = key.start_mark.line + 1
                    self._walk(value, (*path, key.value))
        elif isinstance(node, yaml.SequenceNode):
            for n, each in enumerate(node.value):
                self._walk(each, (*path, str(n)))

    def _fields(self, node: Any, path: Path, known: Sequence[str]) -> dict[str, Any]:
        """The fields of a mapping; what is not known is a problem, and so is what comes twice."""
        if not isinstance(node, yaml.MappingNode):
            self._note(path, f"must be a mapping with {', '.join(known)}")
            return {}
        found: dict[str, Any] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name not in known:
                close = get_close_matches(name, known, 1)
                hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(known)}"
                self._note((*path, name), f"{name[:100]} is no field here; {hint}")
            elif name in found:
                self._note((*path, name), f"{name} comes twice")
            elif value.tag != "tag:yaml.org,2002:null":
                found[name] = value
        return found

    def _text(self, fields: dict[str, Any], name: str, path: Path, *, needed: bool = False) -> str:
        node = fields.get(name)
        if node is None and not needed:
            return ""
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            self._note((*path, name), f"{name} must be a text" if node is not None else f"{name} is missing")
            return ""
        return str(node.value)

    def _whole(self, fields: dict[str, Any], name: str, path: Path) -> int | None:
        node = fields.get(name)
        if node is None:
            return None
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:int" and len(node.value) < 10:
            try:
                return int(node.value)
            except ValueError:
                pass
        self._note((*path, name), f"{name} must be a whole number")
        return None

    def _flag(self, fields: dict[str, Any], name: str, path: Path) -> bool:
        node = fields.get(name)
        if node is None:
            return False
        if isinstance(node, yaml.ScalarNode) and node.value.lower() in {"true", "false"}:
            return bool(node.value.lower() == "true")
        self._note((*path, name), f"{name} must be true or false")
        return False

    def _one_of(self, kinds: type[E], fields: dict[str, Any], name: str, path: Path, default: E) -> E:
        node = fields.get(name)
        if isinstance(node, yaml.ScalarNode) and node.value.upper() in kinds.__members__:
            return kinds[node.value.upper()]
        if node is not None:
            self._note((*path, name), f"{name} must be one of {', '.join(kinds.__members__)}")
        return default

    def _list(self, node: Any, path: Path) -> list[Any]:
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self._note(path, f"{path[-1]} must be a list")
            return []
        return list(node.value)

    def _steps(self, fields: dict[str, Any]) -> list[Any]:
        found = self._list(fields.get("steps"), ("steps",))
        if not found:
            self._note(("steps",), "steps must be a list with one at least")
        if len(found) > MOST_STEPS:
            self._note(("steps",), f"steps are {len(found)}, and {MOST_STEPS} at most")
        return found[:MOST_STEPS]

    def _requirements(self, fields: dict[str, Any]) -> tuple[dict[Path, Any], list[tuple[str, Name | UUID]]]:
        """The requirements in their plain form by where they are, and what else is named by names or ids."""
        plain: dict[Path, Any] = {}
        if "completion" in fields:
            plain["completion",] = _plain(fields["completion"])
        asked: list[tuple[str, Name | UUID]] = []
        currency = fields.get("currency")
        nodes: list[tuple[Path, Any]] = (
            [(("currency",), currency)] if isinstance(currency, yaml.MappingNode) else []
        )
        nodes += [
            (("steps", str(n)), each)
            for n, each in enumerate(self._list(fields.get("steps"), ("steps",))[:MOST_STEPS])
            if isinstance(each, yaml.MappingNode)
        ]
        for path, node in nodes:
            said = _plain(node)
            if "requirement" in said:
                plain[*path, "requirement"] = said["requirement"]
            asked += [
                ("pathway", _name(said[name]))
                for name in ("pathway", "renewedBy")
                if isinstance(said.get(name), str)
            ]
            grants = said.get("grants")
            skills = [_skill(grant) for grant in (grants if isinstance(grants, list) else [])]
            asked += [("skill", skill) for skill in skills if skill is not None]
        for requirement in plain.values():
            for _, kind, given in references(requirement):
                called = _skill(given) if kind == "skill" else _name(given)
                asked += [(kind, called)] if called is not None else []
        return plain, asked

    def _known(self, kind: str, name: Name | UUID | None, path: Path, names: Names) -> UUID:
        """The id of what is named; a problem where there is nothing, or several."""
        if isinstance(name, UUID):
            return name
        if name is None:
            self._note(path, "a skill is named by framework and code")
        elif (found := names.ids.get((kind, name))) is not None:
            return found
        else:
            self._note(path, f"there is no {kind} called {' / '.join(name)[:200]}, or there are several")
        return UUID(int=0)

    def _requirement(self, path: Path, plain: dict[Path, Any], names: Names) -> Requirement | None:
        if path not in plain:
            return None
        count = len(self.problems)
        said = self._with_ids(plain[path], path, names)
        try:
            return wire.parse(said) if len(self.problems) == count else None
        except Malformed as malformed:
            for each in malformed.problems:
                self._note((*path, *each.path), each.message)
            return None

    def _with_ids(self, node: Any, path: Path, names: Names) -> Any:
        if isinstance(node, list):
            return [self._with_ids(each, (*path, str(n)), names) for n, each in enumerate(node)]
        if not isinstance(node, dict):
            return node
        said: dict[str, Any] = {}
        for name, value in node.items():
            at = (*path, name)
            if name == "skill":
                rest = value if isinstance(value, dict) else {}
                more = {key: each for key, each in rest.items() if key not in {"framework", "code"}}
                said[name] = {"id": str(self._known("skill", _skill(value), at, names)), **more}
            elif name == "step" and isinstance(value, str):
                said[name] = str(step_with_key(value))
            elif name in {"credential", "pathway", "role", "department", "team"} and isinstance(value, str):
                said[name] = str(self._known(name, _name(value), at, names))
            else:
                said[name] = self._with_ids(value, at, names)
        return said

    def _step(self, node: Any, path: Path, names: Names, plain: dict[Path, Any]) -> StepDraft:
        fields = self._fields(node, path, _OF_STEP)
        nested = self._text(fields, "pathway", path)
        url = self._text(fields, "url", path)
        after = self._list(fields.get("after"), (*path, "after"))
        if fields and "kind" not in fields:
            self._note((*path, "kind"), "kind is missing")
        return StepDraft(
            key=self._text(fields, "key", path, needed=True),
            title=self._text(fields, "title", path, needed=True),
            kind=self._one_of(StepKind, fields, "kind", path, StepKind.COURSE),
            minutes=self._whole(fields, "minutes", path) or 0,
            provider=self._text(fields, "provider", path) or None,
            url=self._url(url, (*path, "url")) if url else None,
            activity=self._text(fields, "activity", path) or None,
            is_optional=self._flag(fields, "isOptional", path),
            proof=self._one_of(Proof, fields, "proof", path, Proof.SELF),
            pass_mark=self._whole(fields, "passMark", path),
            after=[each.value for each in after if isinstance(each, yaml.ScalarNode)],
            requirement=self._requirement((*path, "requirement"), plain, names),
            grants=list(self._grants(fields.get("grants"), (*path, "grants"), names)),
            pathway=self._known("pathway", _name(nested), (*path, "pathway"), names) if nested else None,
        )

    def _url(self, text: str, path: Path) -> Url | None:
        if text.startswith(("https://", "http://")) and not any(each.isspace() for each in text):
            return Url(text)
        self._note(path, "url must be a link such as https://example.com/course")
        return None

    def _grants(self, node: Any, path: Path, names: Names) -> Iterator[GrantDraft]:
        for n, each in enumerate(self._list(node, path)):
            at = (*path, str(n))
            fields = self._fields(each, at, ("framework", "code", "level"))
            skill = self._known("skill", _skill(_plain(each)), at, names)
            level = self._whole(fields, "level", at)
            if level is None:
                self._note(at, "level is missing")
            yield GrantDraft(skill, level or 1)

    def _currency(self, node: Any, names: Names) -> CurrencyDraft | None:
        if node is None:
            return None
        fields = self._fields(node, ("currency",), ("validity", "window", "renewedBy"))
        by = self._text(fields, "renewedBy", ("currency",))
        return CurrencyDraft(
            Duration(self._text(fields, "validity", ("currency",), needed=True)),
            Duration(self._text(fields, "window", ("currency",)) or WINDOW),
            self._known("pathway", _name(by), ("currency", "renewedBy"), names) if by else None,
        )


_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:bool": lambda text: text.lower() in {"true", "yes", "on"},
    "tag:yaml.org,2002:null": lambda _: None,
}


def _plain(node: Any) -> Any:
    """A node as values that JSON has; what is no number, flag or nothing is a text."""
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each) for each in node.value]
    try:
        return _SCALARS.get(node.tag, str)(node.value)
    except ValueError:
        return str(node.value)


def _name(text: Any) -> Name | UUID:
    """A name, or the id of what has none of its own."""
    try:
        return UUID(text) if len(text) == 36 else (text,)
    except ValueError:
        return (text,)


def _skill(given: Any) -> Name | None:
    """The framework and code that name a skill."""
    if not isinstance(given, dict):
        return None
    framework, code = given.get("framework"), given.get("code")
    return (str(framework), str(code)) if framework is not None and code is not None else None
