"""Documents drawn from the schema: everything a client may ask, about ids that there are.

`documents(core, ids)` draws a `Drawn`, which can be written with its values as literals or as variables, and
with a second set of values for the same variables. Cursors come from an earlier answer, to the document
written with `probing`; `take` puts them in.
"""

import json
from dataclasses import dataclass, field
from itertools import chain, count

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
)
from hypothesis import strategies as st

from cairn.graph.think import thoughts

ABSENT = object()
"""Neither a value nor null: not given at all."""
DATES = (
    "2020-01-01T00:00:00Z",
    "2022-07-01T12:00:00.5+02:00",
    "2023-12-31T23:30:00-01:00",
    "2024-05-01T00:00:00Z",
    "2025-03-01T08:15:30.123456Z",
    "2035-01-01T00:00:00Z",
)
DAYS = ("2020-01-01", "2024-01-01", "2024-12-31", "2035-06-30")
TEXTS = (
    "Ben Test", "ben", "e", "", "%", "_", "\\", "Engineer", "platform", "Berlin", "n", "Test", "a'b\"c", "2",
    "Data", "N-ADA", "ada@example.com", "en", "\N{SNOWMAN}",
)  # fmt: skip
NUMBERS = (0, 1, 2, 3, 4, 5, 40, 2**31 - 1, -(2**31))
SHARES = (0.0, 0.05, 1.0, -1.0, 1e300)
LONG = "a_response_key_that_is_longer_than_any_identifier_of_postgresql_"
ALIASES = ("a", "b", "order", "position", "id_", LONG[:62], LONG[:63] + "1", LONG + "1", LONG + "2")
APART = {"meets", "talent", "stack", *(each.graphql_name for each in thoughts)}
"""What is held against a reference of its own, the algebra (`test_meets.py`), or takes more than reading."""
ARGUMENT_NODES = {
    "team": "Team", "manager": "Employee", "skills": "Skill", "role": "JobRole", "department": "Department",
    "jobRole": "JobRole", "skill": "Skill", "since": "PathwayVersion",
}  # fmt: skip

INPUT_NODES = {
    "employee": "Employee",
    "employees": "Employee",
    "manager": "Employee",
    "lead": "Employee",
    "leaves": "Employee",
    "owner": "Employee",
    "department": "Department",
    "parent": "Department",
    "team": "Team",
    "skill": "Skill",
    "jobRole": "JobRole",
    "role": "JobRole",
    "evidence": "Evidence",
    "pathway": "Pathway",
    "version": "PathwayVersion",
    "step": "Step",
    "assignment": "Assignment",
    "credential": "Credential",
    "credentialVersion": "CredentialVersion",
    "award": "Award",
    "certificateTemplate": "CertificateTemplate",
    "session": "Session",
    "token": "ServiceToken",
    "connectedApp": "ConnectedApp",
}


@dataclass
class Given:
    """A value of an argument, and another one of the same type."""

    type: object
    value: object
    """Plain, or a dict or list of `Given`."""
    other: object = None
    as_variable: bool = False

    def fix(self):
        """Leaves it as it is: no part of it is a variable."""
        self.as_variable = False
        parts = self.value.values() if isinstance(self.value, dict) else self.value
        for each in parts if isinstance(self.value, dict | list) else ():
            each.fix()

    def plain(self):
        """The value as JSON."""
        if isinstance(self.value, dict):
            return {name: each.plain() for name, each in self.value.items() if each.value is not ABSENT}
        if isinstance(self.value, list):
            return [each.plain() for each in self.value]
        return self.value


@dataclass
class Cursor:
    """A place in a list, found by an earlier answer."""

    probe: str
    index: int
    found: object = ABSENT


@dataclass
class Selection:
    """A field, a fragment, or the use of one."""

    name: str = ""
    alias: str = ""
    arguments: dict = field(default_factory=dict)
    below: list = field(default_factory=list)
    condition: str | None = None
    is_fragment: bool = False
    spread: str = ""
    directives: list = field(default_factory=list)
    probe: str = ""


class Drawn:
    """A drawn document."""

    def __init__(self, core, selections, fragments):
        self.core = core
        self.selections = selections
        self.fragments = fragments

    def __repr__(self):
        text, variables = self.written(variables=True)
        return f"{text}\n{json.dumps(variables, ensure_ascii=False)}"

    def written(self, *, variables, other=False, probing=False):
        """The text, and the values of its variables."""
        writer = _Writer(variables, other, probing)
        body = writer.set(self.selections)
        parts = [
            f"fragment {name} on {condition} {writer.set(below)}"
            for name, (condition, below) in self.used_fragments().items()
        ]
        declared = f"({', '.join(writer.declared)})" if writer.declared else ""
        return "\n".join([f"query {declared} {body}", *parts]), writer.values

    def everything(self):
        """All selections in it."""
        waiting = list(self.selections)
        while waiting:
            each = waiting.pop()
            waiting += self.fragments[each.spread][1] if each.spread else each.below
            yield each

    def used_fragments(self):
        """The fragments that are spread somewhere."""
        return {each.spread: self.fragments[each.spread] for each in self.everything() if each.spread}

    def cursors(self):
        """The cursors that it needs."""
        for each in self.everything():
            yield from (given.value for given in each.arguments.values() if isinstance(given.value, Cursor))

    def take(self, answer):
        """Takes the cursors it needs from an answer to it as probe."""
        found = {}
        waiting = [answer]
        while waiting:
            match waiting.pop():
                case dict() as members:
                    for name, value in members.items():
                        if name.startswith("probe"):
                            found.setdefault(name, []).extend(edge["cursor"] for edge in value)
                        else:
                            waiting.append(value)
                case list() as items:
                    waiting += items
        for cursor in self.cursors():
            there = found.get(cursor.probe)
            cursor.found = there[cursor.index % len(there)] if there else ABSENT


class _Writer:
    def __init__(self, variables, other, probing):
        self.variables, self.other, self.probing = variables, other, probing
        self.declared, self.values, self.names = [], {}, {}

    def set(self, selections):
        return "{ " + " ".join(self.selection(each) for each in selections) + " }"

    def selection(self, each):
        directives = "".join(f" @{name}(if: {self.value(given)})" for name, given in each.directives)
        if each.spread:
            return f"...{each.spread}{directives}"
        if each.is_fragment:
            condition = f" on {each.condition}" if each.condition else ""
            return f"...{condition}{directives} {self.set(each.below)}"
        alias = f"{each.alias}: " if each.alias else ""
        skipped = {"first", "last", "after", "before"} if self.probing and each.probe else set()
        arguments = [
            f"{name}: {text}"
            for name, given in each.arguments.items()
            if name not in skipped and (text := self.value(given)) is not None
        ]
        brackets = f"({', '.join(arguments)})" if arguments else ""
        below = list(each.below)
        if self.probing and each.probe:
            below.append(Selection("edges", alias=each.probe, below=[Selection("cursor")]))
        inner = f" {self.set(below)}" if below else ""
        return f"{alias}{each.name}{brackets}{directives}{inner}"

    def value(self, given):
        """The text of a value; None where it is not given."""
        if isinstance(given.value, Cursor):
            value = given.value.found
            return self.variable(given, value) if self.variables else _written(given.type, value)
        if self.variables and given.as_variable:
            return self.variable(given, given.other if self.other else given.plain())
        if isinstance(given.value, dict):
            members = [(name, self.value(each)) for name, each in given.value.items()]
            return "{" + ", ".join(f"{name}: {text}" for name, text in members if text is not None) + "}"
        if isinstance(given.value, list):
            return "[" + ", ".join(self.value(each) for each in given.value) + "]"
        return _written(given.type, given.value)

    def variable(self, given, value):
        if id(given) not in self.names:
            name = self.names[id(given)] = f"v{len(self.declared)}"
            self.declared.append(f"${name}: {given.type}")
            if value is not ABSENT:
                self.values[name] = value
        return f"${self.names[id(given)]}"


def _written(type_, value):
    """A value as a literal of a type."""
    if value is ABSENT:
        return None
    if value is None:
        return "null"
    if isinstance(type_, GraphQLNonNull):
        return _written(type_.of_type, value)
    if isinstance(type_, GraphQLList):
        return "[" + ", ".join(_written(type_.of_type, each) for each in value) + "]"
    if isinstance(type_, GraphQLInputObjectType):
        return "{" + ", ".join(f"{k}: {_written(type_.fields[k].type, v)}" for k, v in value.items()) + "}"
    if isinstance(type_, GraphQLEnumType):
        return value
    return json.dumps(value, ensure_ascii=False)


def _parts(type_, value):
    """A plain value as a `Given`, and its parts with it."""
    bare = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    if isinstance(value, dict):
        return Given(type_, {name: _parts(bare.fields[name].type, each) for name, each in value.items()})
    if isinstance(value, list):
        return Given(type_, [_parts(bare.of_type, each) for each in value])
    return Given(type_, value)


@st.composite
def documents(draw, core, ids, most=18):
    """A document of about as many fields."""
    return Drawing(draw, core, ids, most).document()


@st.composite
def inputs(draw, core, ids, name):
    """The input of a mutation, as a variable has it: a rehearsal."""
    drawing = Drawing(draw, core, ids, 0)
    type_ = get_named_type(core.mutation_type.fields[name].args["input"].type)
    return {**drawing.input(type_, 4), "dryRun": True}


class Drawing:
    """Draws with one `draw`."""

    def __init__(self, draw, core, ids, most):
        self.draw, self.core, self.ids, self.left = draw, core, ids, most
        self.fragments = {}
        self.probes = count()

    def chance(self, one_in):
        """Whether something that happens so often does."""
        return self.draw(st.integers(0, one_in - 1)) == one_in - 1

    def pick(self, items):
        return self.draw(st.sampled_from(items))

    def document(self):
        selections = []
        while not selections or (self.left > 0 and self.chance(2)):
            selections += self.fields(self.core.query_type, depth=4, lists=2, few=True)
        return Drawn(self.core, self.dressed(self.core.query_type, _unique(selections)), self.fragments)

    def below(self, type_, depth, lists):
        """What is selected of a type."""
        if isinstance(type_, GraphQLObjectType):
            return self.dressed(type_, _unique(self.fields(type_, depth, lists)))
        found = [Selection("__typename")]
        if isinstance(type_, GraphQLInterfaceType) and self.chance(2):
            found.append(Selection("id"))
        members = sorted(self.core.get_possible_types(type_), key=lambda each: each.name)
        for member in self.draw(st.lists(st.sampled_from(members), min_size=1, max_size=3, unique_by=str)):
            inner = [
                each for each in self.fields(member, depth, lists) if each.name not in {"id", "__typename"}
            ]
            for each in inner:
                each.alias = f"{member.name}_{each.alias or each.name}"
            if inner:
                found.append(
                    Selection(
                        condition=member.name, is_fragment=True, below=self.dressed(member, _unique(inner))
                    )
                )
        return found

    def fields(self, type_, depth, lists, *, few=False):
        """Fields of an object type."""
        leaves, branches = [], []
        for name, each in type_.fields.items():
            named = get_named_type(each.type)
            if name in APART:
                continue
            if is_leaf_type(named):
                leaves.append(name)
            elif depth > 0 and (lists > 0 or not named.name.endswith("Connection")):
                branches.append(name)
        weights = branches if few else leaves + branches * 2
        if not weights:
            return [Selection("__typename")]
        chosen = self.draw(st.lists(st.sampled_from(weights), min_size=1, max_size=1 if few else 5))
        found = [self.field(type_, name, depth, lists) for name in chosen]
        if self.chance(6):
            found.append(Selection("__typename", alias=self.pick(("", "t", LONG))))
        return found

    def field(self, type_, name, depth, lists):
        """A field with its arguments and what is below it."""
        definition = type_.fields[name]
        named = get_named_type(definition.type)
        self.left -= 1
        selection = Selection(name, alias=self.pick(ALIASES) if self.chance(4) else "")
        selection.arguments = self.arguments(name, definition, selection)
        if not is_leaf_type(named):
            step = 0 if self.left <= 0 else depth - 1
            is_list = named.name.endswith("Connection")
            if named.name.endswith("Connection"):
                selection.below = self.connection(named, step, lists - 1)
            else:
                selection.below = self.below(
                    named, step, lists - (not is_list and self.is_listing(definition))
                )
        if selection.below and self.chance(8):
            selection.directives = self.directives()
        return selection

    @staticmethod
    def is_listing(definition):
        type_ = definition.type
        while isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        return isinstance(type_, GraphQLList)

    def connection(self, named, depth, lists):
        parts = self.draw(
            st.lists(
                st.sampled_from(("nodes", "nodes", "edges", "pageInfo", "totalCount", "__typename")),
                min_size=1,
                max_size=3,
            )
        )
        found = []
        for part in parts:
            alias = self.pick(ALIASES) if self.chance(4) else ""
            below = []
            target = named.fields[part].type if part != "__typename" else None
            if part == "nodes":
                below = self.below(get_named_type(target), depth, lists)
            elif part == "edges":
                edge = get_named_type(target)
                below = [Selection("cursor")] if self.chance(2) else []
                if self.chance(2) or not below:
                    node = get_named_type(edge.fields["node"].type)
                    below.append(Selection("node", below=self.below(node, depth, lists)))
                if self.chance(6):
                    below.append(Selection("__typename"))
            elif part == "pageInfo":
                names = ("hasNextPage", "hasPreviousPage", "startCursor", "endCursor", "__typename")
                chosen = self.draw(st.lists(st.sampled_from(names), min_size=1, max_size=4, unique=True))
                below = [Selection(each) for each in chosen]
            found.append(Selection(part, alias=alias, below=below))
        return self.dressed(named, _unique(found))

    def dressed(self, type_, selections):
        """The same selections, some of them in fragments, some twice."""
        if self.chance(8):
            split = [each for each in selections if len(each.below) > 1]
            for each in split[:1]:
                again = Selection(each.name, each.alias, each.arguments, each.below[1:], probe=each.probe)
                selections = [*selections, again]
                each.below = each.below[:1]
        if selections and self.chance(5):
            at = self.draw(st.integers(0, len(selections) - 1))
            part, selections = selections[at:], selections[:at]
            selections.append(self.fragment(type_, part))
        if self.chance(10) and "id" in type_.fields:
            selections = [
                *selections,
                Selection(condition="Node", is_fragment=True, below=[Selection("id")]),
            ]
        return selections

    def fragment(self, type_, part):
        """A selection set of its own, named or not."""
        directives = self.directives() if self.chance(3) else []
        if self.chance(2):
            condition = type_.name if self.chance(2) else None
            return Selection(condition=condition, is_fragment=True, below=part, directives=directives)
        name = f"F{len(self.fragments)}"
        self.fragments[name] = (type_.name, part)
        return Selection(spread=name, directives=directives)

    def directives(self):
        """`@skip` or `@include`, or both."""
        found = []
        for name in self.pick((("skip",), ("include",), ("include", "skip"))):
            value, other = self.draw(st.booleans()), self.draw(st.booleans())
            if self.chance(2):  # more is shown than hidden
                value = name == "include"
            type_ = GraphQLNonNull(self.core.type_map["Boolean"])
            found.append((name, Given(type_, value, other, as_variable=self.draw(st.booleans()))))
        return found

    def arguments(self, name, definition, selection):
        """The arguments of a field."""
        found = {}
        taken = set(definition.args)
        if "first" in taken:
            size = self.pick(("first", "last", None))
            for each in {"first", "last"} - {size}:
                taken.discard(each)
            for each in ("after", "before"):
                taken.discard(each)
                if self.chance(5):
                    selection.probe = selection.probe or f"probe{next(self.probes)}"
                    cursor = Cursor(selection.probe, self.draw(st.integers(0, 9)))
                    found[each] = Given(definition.args[each].type, cursor, as_variable=True)
        for argument, each in definition.args.items():
            required = isinstance(each.type, GraphQLNonNull)
            if argument not in taken or not (required or self.chance(3)):
                continue
            node = ARGUMENT_NODES.get(argument)
            if argument in {"id", "ids"}:
                node = None if name in {"node", "nodes"} else get_named_type(definition.type).name
            if argument == "whatIf":
                value, other = self.assumptions(), self.assumptions()
                found[argument] = Given(each.type, _parts(each.type, value).value, other, self.chance(2))
                continue
            given = self.given(each.type, node, 3, may_be_absent=not required)
            if argument in {"first", "last"}:
                sizes = (None, 0, 1, 2, 3, 50)
                given = Given(each.type, self.pick(sizes), self.pick(sizes), self.draw(st.booleans()))
            if argument == "orderBy" and selection.probe:
                given.fix()  # a cursor is of one order
            found[argument] = given
        if name == "teamMatrix":
            argument = self.pick(("team", "manager"))
            known = self.ids[ARGUMENT_NODES[argument]]
            found[argument] = Given(
                definition.args[argument].type, self.pick(known), self.pick(known), self.chance(2)
            )
        return found

    def assumptions(self):
        """What a matrix assumes."""
        type_ = self.core.type_map["AssumptionInput"]
        found = [self.input(type_, 4) for _ in range(self.draw(st.integers(0, 3)))]
        for each in found:
            if "reaches" in each:
                each["reaches"]["level"] = self.pick((1, 3, 5))
        return found

    def given(self, type_, node, depth, *, may_be_absent=True):
        """A value of an input type, with another one of the same type."""
        value = self.value(type_, node, depth, may_be_absent=may_be_absent, structured=True)
        other = self.value(type_, node, depth, may_be_absent=may_be_absent)
        return Given(type_, value, other, self.draw(st.booleans()))

    def value(self, type_, node, depth, *, may_be_absent=False, structured=False):
        """A plain value, or with `structured` one whose parts are `Given`."""
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        elif self.chance(10):
            return self.pick((None, ABSENT)) if may_be_absent else None
        if isinstance(type_, GraphQLList):
            size = self.draw(st.integers(0, 3))
            if structured:
                return [self.given(type_.of_type, node, depth - 1, may_be_absent=False) for _ in range(size)]
            return [self.value(type_.of_type, node, depth - 1) for _ in range(size)]
        if isinstance(type_, GraphQLInputObjectType):
            return self.members(type_, node, depth, structured=structured)
        return self.leaf(type_, node)

    def members(self, type_, node, depth, *, structured):
        """The members of an input object."""
        if type_.name.endswith("Where") and not type_.name.endswith("ListWhere"):
            node = type_.name.removesuffix("Where")
        is_order = type_.name.endswith("Order")
        names = [
            name
            for name, each in type_.fields.items()
            if name not in APART and (depth > 0 or not get_named_type(each.type).name.endswith("Where"))
        ]
        size = 1 if is_order else self.draw(st.integers(0 if depth < 3 else 1, 2))
        size = min(size, len(names))
        chosen = (
            self.draw(st.lists(st.sampled_from(names), min_size=size, max_size=size, unique=True))
            if size
            else []
        )
        found = {}
        for name in chosen:
            inner = type_.fields[name].type
            if is_order:
                inner = GraphQLNonNull(inner)
            if structured:
                found[name] = self.given(inner, node, depth - 1, may_be_absent=not is_order)
            else:
                found[name] = self.value(inner, node, depth - 1)
        return found

    def input(self, type_, depth):
        """An input object of a mutation: all that it requires, and some of the rest."""
        found = {}
        names = list(type_.fields)
        if is_one_of(type_):
            leaves = ("step", "pathway", "credential", "notBefore")
            names = [self.pick([name for name in names if depth > 0 or name in leaves])]
        for name in names:
            type_of = type_.fields[name].type
            required = isinstance(type_of, GraphQLNonNull) or is_one_of(type_)
            if name not in {"idempotencyKey", "dryRun"} and (required or (depth > -3 and self.chance(2))):
                node = "Skill" if type_.name == "SkillAtInput" else INPUT_NODES.get(name)
                inner = GraphQLNonNull(type_of) if is_one_of(type_) else type_of
                value = self.inner(inner, node, depth - 1)
                if value is not ABSENT:
                    found[name] = value
        return found

    def inner(self, type_, node, depth):
        """A value in the input of a mutation."""
        if isinstance(type_, GraphQLNonNull):
            type_ = type_.of_type
        elif self.chance(10):
            return self.pick((None, ABSENT))
        if isinstance(type_, GraphQLList):
            return [self.inner(type_.of_type, node, depth) for _ in range(self.draw(st.integers(0, 3)))]
        if isinstance(type_, GraphQLInputObjectType):
            return self.input(type_, depth)
        return self.leaf(type_, node)

    def leaf(self, type_, node):
        if isinstance(type_, GraphQLEnumType):
            return self.pick(list(type_.values))
        match type_.name:
            case "ID":
                known = self.ids[node] if node is not None else sorted(chain.from_iterable(self.ids.values()))
                return self.pick(known)
            case "Int":
                return self.pick(NUMBERS)
            case "Float":
                return self.pick(SHARES)
            case "Boolean":
                return self.draw(st.booleans())
            case "DateTime":
                return self.pick(DATES)
            case "Date":
                return self.pick(DAYS)
            case "String":
                return self.pick(TEXTS)
            case "Duration":
                return self.pick(("P2Y", "P1M"))
            case "URL":
                return self.pick(("https://example.com/basics", "https://example.com"))
        raise TypeError(type_.name)


def is_one_of(type_):
    """Whether an input object has one member at a time; Strawberry knows."""
    return type_.extensions["strawberry-definition"].is_one_of


def _unique(selections):
    """The same, without those whose response key is taken."""
    found = {}
    for each in selections:
        found.setdefault(each.alias or each.name, each)
    return list(found.values())
