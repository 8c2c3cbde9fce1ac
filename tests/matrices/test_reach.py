"""What it takes to come to something, against doing one thing after the other in every possible plan."""

from dataclasses import replace
from itertools import chain, combinations

from hypothesis import given
from hypothesis import strategies as st

from cairn.matrices.courses import Course, Honour, Lesson, Taken, offers_of, useful
from cairn.matrices.planning import Grant, Instance, ranks
from cairn.matrices.reach import reach
from cairn.matrices.search import solve
from cairn.requirements.facts import Fact
from cairn.requirements.tree import (
    NOTHING,
    All,
    AnyOf,
    CredentialHeld,
    Employed,
    NotBefore,
    PathwayDone,
    Points,
    SkillAt,
    StepDone,
    Subject,
    SubjectKind,
)
from graph.examples import examples
from requirements.naive import number
from world import on

BY = on(2030)
SKILLS = [number(n) for n in (11, 12)]
STEPS = {number(21): [number(n) for n in (31, 32, 33)], number(22): [number(n) for n in (34, 35, 36)]}
"""Of each pathway."""
PATHWAYS = list(STEPS)
AWARDS = [number(51), number(52)]


def trees(*leaves):
    """Requirements of all, of any n and of points, one within another."""
    return st.recursive(
        st.one_of(*leaves),
        lambda below: st.one_of(
            st.lists(below, max_size=3).map(lambda of: All(tuple(of))),
            st.lists(below, min_size=1, max_size=3).flatmap(
                lambda of: st.integers(1, len(of)).map(lambda n: AnyOf(n, tuple(of)))
            ),
            st.lists(st.tuples(st.integers(1, 3), below), min_size=1, max_size=3).flatmap(
                lambda of: st.integers(1, sum(w for w, _ in of)).map(lambda m: Points(m, tuple(of)))
            ),
        ),
        max_leaves=5,
    )


anything = st.one_of(
    st.builds(PathwayDone, st.sampled_from(PATHWAYS)),
    st.builds(StepDone, st.sampled_from([step for each in STEPS.values() for step in each])),
    st.builds(CredentialHeld, st.sampled_from(AWARDS)),
    st.builds(SkillAt, st.sampled_from(SKILLS), st.integers(1, 3), st.booleans()),
    st.sampled_from([NotBefore(on(2029)), NotBefore(on(2031)), Employed()]),
)
grants = st.lists(st.builds(Grant, st.sampled_from(SKILLS), st.integers(1, 4), st.booleans()), max_size=2)
minutes = st.integers(0, 5).map(lambda n: n * 10)


@st.composite
def pathways(draw):
    """Pathways that ask for all of their steps, for some, or for something else, and awards."""
    courses = {}
    for pathway, steps in STEPS.items():
        own = [st.builds(StepDone, st.sampled_from(steps[:n])) for n in (1, 2, 3)]
        started = st.just(NOTHING) | st.just(NOTHING) | trees(own[2], anything)
        course = courses[pathway] = Course(
            pathway,
            draw(st.just(All(tuple(map(StepDone, steps)))) | trees(own[2]) | trees(own[2], own[2], anything)),
        )
        for step in steps[: draw(st.integers(1, 3))]:
            takes = draw(started)
            nested = draw(st.sampled_from([None] * 5 + [each for each in PATHWAYS if each != pathway]))
            course.lessons[step] = (
                Lesson(draw(minutes), takes, is_optional=False, nested=None, grants=draw(grants))
                if nested is None
                else Lesson(0, All((PathwayDone(nested), takes)), is_optional=False, nested=nested)
            )
    honours = [
        Honour(
            award,
            draw(trees(anything)),
            tuple(Grant(each.skill, each.level, is_sure=True) for each in draw(grants)),
            frozenset(),
        )
        for award in AWARDS
    ]
    return courses, honours


class Someone:
    """Somebody, what they have done and know, and what would come of doing more: the slow and obvious way."""

    def __init__(self, who, offered, complete, lapsed, done, known):
        self.who = who
        self.courses, self.honours = offered
        self.lessons = {
            step: each for course in self.courses.values() for step, each in course.lessons.items()
        }
        self.of = {step: pathway for pathway, course in self.courses.items() for step in course.lessons}
        self.complete = complete
        self.lapsed = lapsed - complete
        self.done = {step for step in done if step in self.lessons and not self.lessons[step].nested}
        self.facts = {
            **{Subject(SubjectKind.PATHWAY, each): [Fact(on(2020), None)] for each in complete},
            **{Subject(SubjectKind.STEP, each): [Fact(on(2020), None)] for each in self.done},
            **{
                Subject(SubjectKind.STEP, step): [Fact(on(2020), None)]
                for step, each in self.lessons.items()
                if each.nested in complete
            },
            **{
                Subject(SubjectKind.SKILL, skill): [Fact(on(2020), None, (), level, verified=sure)]
                for skill, (level, sure) in known.items()
            },
        }
        self.known = known
        pairs = {(who, each) for each in complete}, {(who, each) for each in self.lapsed}
        self.offers = offers_of(who, self.courses, Taken({who: self.done}, *pairs, set()), self.honours)
        self.left = [
            *(pathway for pathway in self.courses if pathway not in complete),
            *(step for step in self.lessons if not self.is_done(step, self.of[step])),
        ]
        """What there is to do."""

    def is_done(self, step, own):
        """Whether a step is done; of a pathway that has to be done again, to others only."""
        if self.lessons[step].nested:
            return self.lessons[step].nested in self.complete
        return step in self.done and not (own == self.of[step] and own in self.lapsed)

    def met(self, node, own, found):
        match node:
            case All(of):
                return all(self.met(each, own, found) for each in of)
            case AnyOf(n, of):
                return sum(self.met(each, own, found) for each in of) >= n
            case Points(minimum, pairs):
                return sum(weight for weight, each in pairs if self.met(each, own, found)) >= minimum
            case NotBefore(instant):
                return instant <= BY
            case Employed():
                return False
            case PathwayDone(id_) | CredentialHeld(id_):
                return id_ in found or id_ in self.complete
            case StepDone(step):
                return step in found or (step in self.lessons and self.is_done(step, own))
            case SkillAt(skill, level, verified):
                held, is_sure = self.known.get(skill, (0, False))
                return (held >= level and (is_sure or not verified)) or any(
                    grant.skill == skill
                    and grant.level >= level
                    and (grant.is_sure or not (verified or (is_sure and held > 0)))
                    for grant in self.granted(found)
                )

    def granted(self, found):
        for step in found & self.lessons.keys():
            yield from self.lessons[step].grants
        for honour in self.honours:
            if honour.credential in found:
                yield from honour.grants

    def come(self, chosen):
        """What comes of doing what is chosen one after the other, as far as that goes; with the awards."""
        found = set()
        awards = [each for each in self.honours if not self.met(each.takes, None, found)]
        while coming := {
            *(each for each in chosen - found if self.could(each, found)),
            *(
                each.credential
                for each in awards
                if each.credential not in found and self.met(each.takes, None, found)
            ),
        }:
            found |= coming
        return found

    def could(self, id_, found):
        if id_ in self.courses:
            return self.met(self.courses[id_].completion, id_, found)
        return self.met(self.lessons[id_].takes, self.of[id_], found)

    def goes(self, chosen):
        """Whether all of it can be done, with the pathways of its steps."""
        with_ = {self.of[each] for each in chosen if each in self.of} - self.complete
        return with_ <= chosen <= self.come(chosen)


def someone(who):
    return st.builds(
        Someone,
        st.just(who),
        pathways(),
        st.sets(st.sampled_from(PATHWAYS), max_size=1),
        st.sets(st.sampled_from(PATHWAYS), max_size=1),
        st.sets(st.sampled_from([step for each in STEPS.values() for step in each]), max_size=2),
        st.dictionaries(st.sampled_from(SKILLS), st.tuples(st.integers(1, 4), st.booleans()), max_size=1),
    )


def subsets(items):
    return map(set, chain.from_iterable(combinations(items, size) for size in range(len(items) + 1)))


def parts(options):
    """What somebody does by taking these."""
    return {id_ for each in options if not each.follows for id_ in (each.id, *each.steps)}


WHO = [number(1), number(2)]


@examples(150)
@given(someone(WHO[0]))
def test_what_options_take_is_what_one_could_do_one_after_the_other(person):
    options = {each.id: each for each in reach(WHO[0], person.offers, person.facts, BY).options}
    awards = [each for each in options.values() if each.follows]
    reached = set()
    for chosen in subsets([each.id for each in options.values() if not each.follows]):
        taken = [options[id_] for id_ in chosen]
        done = ranks([*taken, *awards]).keys()
        goes = chosen <= done and all(each.within is None or each.within in chosen for each in taken)
        assert goes == person.goes(parts(taken))
        if goes:
            assert parts(taken) | done == person.come(parts(taken))
            reached |= done
    assert reached == options.keys()
    every = {id_ for chosen in subsets(person.left) if person.goes(chosen) for id_ in person.come(chosen)}
    assert every == parts(options.values()) | {each.id for each in awards}


cells = st.tuples(st.sampled_from(WHO), st.sampled_from(SKILLS))


def outcomes(person):
    """What somebody's levels would be by all that they could do, and how long that takes at least."""
    found = {}
    for chosen in subsets(person.left):
        if person.goes(chosen):
            levels = {skill: {sure: level} for skill, (level, sure) in person.known.items()}
            for grant in person.granted(person.come(chosen)):
                of = levels.setdefault(grant.skill, {})
                of[grant.is_sure] = max(grant.level, of.get(grant.is_sure, 0))
            key = frozenset(
                ((person.who, skill), (of.get(True, of.get(False)), True in of))
                for skill, of in levels.items()
            )
            took = sum(person.lessons[each].minutes for each in chosen if each in person.lessons)
            found[key] = min(took, found.get(key, took))
    return found


@examples(100)
@given(
    st.tuples(*map(someone, WHO)),
    st.dictionaries(cells, st.integers(1, 4), max_size=4),
    st.none() | st.integers(0, 12).map(lambda n: n * 10),
    st.sampled_from([0, 0, 2]),
)
def test_no_plan_of_what_can_be_done_is_better(crew, required, budget, least):
    held = {(each.who, skill): level for each in crew for skill, level in each.known.items()}
    frame = Instance(
        WHO, SKILLS, held, required, (), dict.fromkeys(SKILLS, 1.0), dict.fromkeys(SKILLS, least), budget
    )
    offers, facts = {each.who: each.offers for each in crew}, {each.who: each.facts for each in crew}
    choice = useful(WHO, offers.__getitem__, facts, BY, frame, 1_000)
    instance = replace(frame, options=choice.options)
    found = solve(instance, 10)
    assert found.is_optimal
    best = min(
        (instance.short(dict(one | other)), some + more)
        for one, some in outcomes(crew[0]).items()
        for other, more in outcomes(crew[1]).items()
        if budget is None or some + more <= budget
    )
    assert (instance.short(instance.levels(found.chosen)), found.minutes) == best
    for person in crew:
        assert person.goes(parts(each for each in found.chosen if each.person == person.who))
        so_far = set()
        for option in [each for each in found.ordered() if each.person == person.who]:
            for id_ in option.steps if option.id in option.steps else (*option.steps, option.id):
                assert option.follows or person.could(id_, so_far)
                so_far.add(id_)
