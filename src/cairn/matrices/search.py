"""The cheapest set of pathways that brings a team to the coverage it wants: a pure function over an instance.

It is an integer program, and HiGHS (Huangfu and Hall; the solver behind SciPy's `milp`) searches it. There is
a variable for each pathway that somebody could take, for each step of it there is a choice of and for each
award that could follow, one for each person and skill that would come to the level, and slack where a target
is out of reach. What is sought comes in this order: the fewest people short of the targets, then the fewest
minutes, then the fewest pathways and steps to choose. So the answer is the cheapest plan that reaches the
targets or, where none does, the cheapest of those that come closest.

What something takes are rows over what it names, with a variable for each sum within a sum. What could lead
back to itself, as two steps that each take what the other teaches, is done in an order: each thing in such a
ring has a place in it, and counts only for what has a later place (Miller, Tucker and Zemlin).
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from time import monotonic
from uuid import UUID

from cairn.matrices.greedy import begin, lean
from cairn.matrices.needs import MET, Need, named, rings
from cairn.matrices.needs import met as is_met
from cairn.matrices.planning import Cell, Grant, Instance, Option, Solution, ranks


def solve(instance: Instance, seconds: float) -> Solution:
    """The best plan that is found in that time; the same for the same instance, but where time runs out."""
    until = monotonic() + seconds
    model = _Model(instance)
    model.begin(begin(instance))
    short, gap, nearest = model.nearest((until - monotonic()) * 0.85)
    model.begin(lean(instance, model.chosen()))
    model.fix(short)
    _, dearer, cheapest = model.minimise(model.cost, until - monotonic())
    return Solution(model.chosen(), nearest and cheapest, max(gap, dearer))


class _Model:
    """The integer program of an instance."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._rows: list[tuple[float, float, list[tuple[int, float]]]] = []
        self._upper: list[float] = []
        self._whole: list[bool] = []
        self.cost: dict[int, float] = {}
        self.shortfall: dict[int, float] = {}
        self._options = [self._variable(1, whole=True) for _ in instance.options]
        self._option = {(o.person, o.id): v for v, o in zip(self._options, instance.options, strict=True)}
        self._ring: dict[tuple[UUID, UUID], tuple[int, int]] = {}
        """Of what could lead back to itself: which ring that is, and the variable of the place in it."""
        self._before: dict[tuple[UUID, UUID, UUID], int] = {}
        """Of a person, something and what it takes in its ring: whether that is done, and before it."""
        self._sums: list[tuple[int, Option, Need]] = []
        self._forced: list[tuple[int, Option, Need]] = []
        most = len(self._options) + 1
        unit = math.gcd(*(option.minutes for option in instance.options)) or 1
        for variable, option in zip(self._options, instance.options, strict=True):
            if not option.follows:
                self.cost[variable] = option.minutes // unit * most + 1
        self._take()
        self._cells = self._able()
        self._slack: list[tuple[int, int, list[int]]] = []
        self._aim(self._cells)
        self._spend()
        self._values: Sequence[float] = [0.0] * len(self._upper)

    def _variable(self, upper: float, *, whole: bool = False) -> int:
        self._upper.append(upper)
        self._whole.append(whole)
        return len(self._upper) - 1

    def _row(self, low: float, high: float, terms: list[tuple[int, float]]) -> None:
        self._rows.append((low, high, terms))

    def _take(self) -> None:
        """Whoever takes something takes what else it takes; whoever has done what earns an award has it."""
        self._round()
        for variable, option in zip(self._options, self.instance.options, strict=True):
            if option.within is not None:
                self._row(0, math.inf, [(self._option[option.person, option.within], 1), (variable, -1)])
            if option.takes != MET:
                self._only_where(option.takes, variable, option)
            if option.follows:
                self._wherever(option.takes, variable, option)

    def _round(self) -> None:
        """Places for what could lead back to itself."""
        graphs: dict[UUID, dict[UUID, list[UUID]]] = defaultdict(dict)
        for option in self.instance.options:
            if option.takes != MET:
                graphs[option.person][option.id] = list(named(option.takes))
        for person, graph in graphs.items():
            for ring in rings(graph):
                number = len(self._ring)
                for id_ in sorted(ring):
                    self._ring[person, id_] = (number, self._variable(len(ring)))

    def _only_where(self, need: Need, variable: int, option: Option) -> None:
        """A variable is 1 only where a need of an option is met before it."""
        if isinstance(need, UUID):
            self._row(0, math.inf, [(self._done_before(option, need), 1), (variable, -1)])
        elif need.is_all:
            for _, branch in need.of:
                self._only_where(branch, variable, option)
        else:
            terms = [(self._branch(branch, option), float(weight)) for weight, branch in need.of]
            self._row(0, math.inf, [*terms, (variable, -need.minimum)])

    def _branch(self, need: Need, option: Option) -> int:
        if isinstance(need, UUID):
            return self._done_before(option, need)
        variable = self._variable(1, whole=True)
        self._sums.append((variable, option, need))
        self._only_where(need, variable, option)
        return variable

    def _done_before(self, option: Option, id_: UUID) -> int:
        """A variable that may be 1 where something is done; where both are in a ring, before the option."""
        person = option.person
        own, other = self._ring.get((person, option.id)), self._ring.get((person, id_))
        if own is None or other is None or own[0] != other[0]:
            return self._option[person, id_]
        key = (person, option.id, id_)
        if key not in self._before:
            most = self._upper[own[1]]
            self._before[key] = before = self._variable(1, whole=True)
            self._row(0, math.inf, [(self._option[person, id_], 1), (before, -1)])
            self._row(-most, math.inf, [(own[1], 1), (other[1], -1), (before, -most - 1)])
        return self._before[key]

    def _wherever(self, need: Need, variable: int, option: Option) -> None:
        """A variable is 1 wherever a need of an option is met."""
        if isinstance(need, UUID):
            self._row(0, math.inf, [(variable, 1), (self._option[option.person, need], -1)])
        elif need.minimum == 1:
            for _, branch in need.of:
                self._wherever(branch, variable, option)
        else:
            terms: list[tuple[int, float]] = []
            for weight, branch in need.of:
                if isinstance(branch, UUID):
                    terms.append((self._option[option.person, branch], -weight))
                    continue
                terms.append((met := self._variable(1, whole=True), -weight))
                self._forced.append((met, option, branch))
                self._wherever(branch, met, option)
            spare = sum(weight for weight, _ in need.of) - need.minimum + 1
            self._row(1 - need.minimum, math.inf, [(variable, spare), *terms])

    def _able(self) -> dict[Cell, int | None]:
        """Of each person and skill a variable that may be 1 where the level is reached; None: it is there."""
        lifting: dict[Cell, list[tuple[int, Grant]]] = defaultdict(list)
        for variable, option in zip(self._options, self.instance.options, strict=True):
            for grant in option.grants:
                lifting[option.person, grant.skill].append((variable, grant))
        able: dict[Cell, int | None] = {}
        for skill in self.instance.skills:
            for person in self.instance.people:
                cell, needed = (person, skill), self.instance.needed(person, skill)
                level, is_sure = self.instance.held.get(cell, (0, False))
                if level >= needed and (is_sure or not _lowers(lifting[cell], needed)):
                    able[cell] = None
                elif (found := self._lifted(lifting[cell], needed, level, is_sure=is_sure)) is not None:
                    able[cell] = found
        return able

    def _lifted(
        self, lifting: list[tuple[int, Grant]], needed: int, level: int, *, is_sure: bool
    ) -> int | None:
        """A variable that may be 1 where what is taken brings the level; None where nothing could."""
        proving = [v for v, grant in lifting if grant.is_sure and grant.level >= needed]
        saying = [] if is_sure else [v for v, grant in lifting if not grant.is_sure and grant.level >= needed]
        holds = level >= needed and not is_sure
        if not (proving or saying or holds):
            return None
        variable = self._variable(1)
        if not holds:
            self._row(0, math.inf, [*((v, 1.0) for v in _unique(proving + saying)), (variable, -1)])
        if saying or holds:
            for lower in _unique([v for v, grant in lifting if grant.is_sure and grant.level < needed]):
                if lower not in proving:
                    self._row(
                        -1, math.inf, [*((v, 1.0) for v in _unique(proving)), (lower, -1), (variable, -1)]
                    )
        return variable

    def _aim(self, able: Mapping[Cell, int | None]) -> None:
        """The targets, and how far they are missed."""
        instance = self.instance
        for skill in instance.skills:
            asked = set(instance.asked_of(skill))
            for wanted, people in (
                (instance.wanted(skill), [p for p in instance.people if p in asked]),
                (instance.least.get(skill, 0), instance.people),
            ):
                cells = [(person, skill) for person in people if (person, skill) in able]
                there = sum(able[cell] is None for cell in cells)
                if wanted <= there:
                    continue
                slack = self._variable(wanted - there)
                self.shortfall[slack] = 1.0
                coming = [v for cell in cells if (v := able[cell]) is not None]
                self._slack.append((slack, wanted - there, coming))
                self._row(wanted - there, math.inf, [*((v, 1.0) for v in coming), (slack, 1)])

    def _spend(self) -> None:
        """What it may take."""
        spent: dict[UUID, list[tuple[int, float]]] = defaultdict(list)
        for variable, option in zip(self._options, self.instance.options, strict=True):
            if option.minutes:
                spent[option.person].append((variable, option.minutes))
        if self.instance.budget_each is not None:
            for terms in spent.values():
                self._row(-math.inf, self.instance.budget_each, terms)
        if self.instance.budget is not None:
            self._row(-math.inf, self.instance.budget, [term for terms in spent.values() for term in terms])

    def begin(self, chosen: Collection[Option]) -> None:
        """Has the search begin with a plan."""
        keys = {(each.person, each.id) for each in chosen}
        levels = self.instance.levels(chosen)
        values = [0.0] * len(self._upper)
        for variable, option in zip(self._options, self.instance.options, strict=True):
            values[variable] = float((option.person, option.id) in keys)
        self._place(chosen, values)
        for cell, able in self._cells.items():
            if able is not None:
                values[able] = float(levels.get(cell, (0, False))[0] >= self.instance.needed(*cell))
        for slack, wanted, coming in self._slack:
            values[slack] = max(0.0, wanted - sum(values[v] for v in coming))
        self._values = values

    def _place(self, chosen: Collection[Option], values: list[float]) -> None:
        """What follows of a plan for sums, and for the places in rings."""
        of: dict[UUID, list[Option]] = defaultdict(list)
        for option in chosen:
            of[option.person].append(option)
        turns = {person: ranks(theirs) for person, theirs in of.items()}
        places: dict[int, set[int]] = defaultdict(set)
        for (person, id_), (ring, _) in self._ring.items():
            if id_ in turns.get(person, {}):
                places[ring].add(turns[person][id_])
        for (person, id_), (ring, variable) in self._ring.items():
            if id_ in turns.get(person, {}):
                values[variable] = float(sorted(places[ring]).index(turns[person][id_]))
        for (person, id_, other), variable in self._before.items():
            turn = turns.get(person, {})
            values[variable] = float(id_ in turn and other in turn and turn[other] < turn[id_])
        for variable, option, need in self._sums:
            turn = turns.get(option.person, {})
            before = {id_ for id_, each in turn.items() if each < turn.get(option.id, 0)}
            values[variable] = float(is_met(need, before))
        for variable, option, need in self._forced:
            values[variable] = float(is_met(need, turns.get(option.person, {})))

    def fix(self, short: float) -> None:
        """Has the targets be missed by no more than that from now on."""
        if self.shortfall:
            self._row(-math.inf, round(short), list(self.shortfall.items()))

    def nearest(self, seconds: float) -> tuple[float, float, bool]:
        """The least by which the targets are missed: no search where so many are out of everybody's reach."""
        short = self._of(self.shortfall)
        if short <= sum(max(0, wanted - len(coming)) for _, wanted, coming in self._slack):
            return short, 0.0, True
        return self.minimise(self.shortfall, seconds)

    def minimise(self, objective: Mapping[int, float], seconds: float) -> tuple[float, float, bool]:
        """The least of an objective that is found in that time, how much less it might be, whether it is."""
        if not objective:
            return 0.0, 0.0, True
        from cairn.matrices.solver import Program, minimise  # noqa: PLC0415  # 25 MB, and few requests plan

        program = Program(
            cost=[objective.get(v, 0.0) for v in range(len(self._upper))],
            upper=self._upper,
            is_whole=self._whole,
            rows=self._rows,
        )
        found, begun = minimise(program, self._values, seconds), self._of(objective)
        if found is None:
            return begun, 1.0, False
        if found.least < begun - 0.5:
            self._values = found.values
        return min(found.least, begun), found.gap, found.is_optimal

    def _of(self, objective: Mapping[int, float]) -> float:
        """What an objective comes to so far."""
        return sum(self._values[v] * weight for v, weight in objective.items())

    def chosen(self) -> tuple[Option, ...]:
        """The options that are taken."""
        return tuple(
            option
            for variable, option in zip(self._options, self.instance.options, strict=True)
            if self._values[variable] > 0.5
        )


def _lowers(lifting: list[tuple[int, Grant]], needed: int) -> bool:
    """Whether something could verify a level below what is needed."""
    return any(grant.is_sure and grant.level < needed for _, grant in lifting)


def _unique(variables: Sequence[int]) -> Iterator[int]:
    return iter(dict.fromkeys(variables))
