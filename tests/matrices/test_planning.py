"""The search against trying every plan there is, on small teams."""

from dataclasses import replace
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cairn.matrices.courses import matters
from cairn.matrices.fewer import fewer
from cairn.matrices.greedy import lean
from cairn.matrices.needs import MET, Sum, weighed
from cairn.matrices.planning import Grant, Instance, Option
from cairn.matrices.search import solve
from graph.examples import examples
from requirements.naive import number

PEOPLE = [number(n) for n in (1, 2)]
SKILLS = [number(n) for n in (11, 12)]
PATHWAYS = [number(n) for n in (21, 22, 23, 24, 25)]
cells = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(SKILLS))
grants = st.builds(Grant, st.sampled_from(SKILLS), st.integers(1, 4), st.booleans())


def needs(ids):
    """Sums over these, of all, of any n and of points, one within another."""
    return st.recursive(
        st.sampled_from(ids),
        lambda below: st.lists(
            st.tuples(st.sampled_from([1, 1, 1, 2, 3]), below), min_size=1, max_size=3
        ).flatmap(
            lambda of: st.integers(1, sum(weight for weight, _ in of)).map(lambda least: weighed(least, of))
        ),
        max_leaves=5,
    )


@st.composite
def instances(draw):
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PATHWAYS)), max_size=8, unique=True)
    )
    options = []
    for person, pathway in pairs:
        others = [id_ for who, id_ in pairs if who == person and id_ != pathway]
        follows = bool(others) and draw(st.sampled_from([False, False, True]))
        takes = needs(others) if others else st.just(MET)
        if not follows:
            takes = st.just(MET) | takes
        chosen = [each.id for each in options if each.person == person and not each.follows]
        options.append(
            Option(
                person,
                pathway,
                0 if follows else draw(st.integers(0, 9)) * 10,
                tuple(draw(st.lists(grants, max_size=3))),
                draw(takes),
                within=None if follows or not chosen else draw(st.none() | st.sampled_from(chosen)),
                follows=follows,
            )
        )
    shares = st.sampled_from([0.0, 0.3, 0.5, 0.66, 1.0])
    return Instance(
        people=PEOPLE,
        skills=SKILLS,
        held=draw(st.dictionaries(cells, st.tuples(st.integers(1, 4), st.booleans()), max_size=5)),
        required=draw(st.dictionaries(cells, st.integers(1, 4), max_size=6)),
        options=options,
        coverage={skill: draw(shares) for skill in SKILLS},
        least={skill: draw(st.sampled_from([0, 0, 2])) for skill in SKILLS},
        budget=draw(st.none() | st.integers(0, 20).map(lambda n: n * 10)),
        budget_each=draw(st.none() | st.integers(0, 12).map(lambda n: n * 10)),
    )


def holds(need, done):
    if not isinstance(need, Sum):
        return need in done
    return sum(weight for weight, each in need.of if holds(each, done)) >= need.minimum


def goes(chosen):
    """Whether one can be done after the other; what is done then."""
    done = []
    while coming := [
        each
        for each in chosen
        if each not in done and holds(each.takes, {other.id for other in done if other.person == each.person})
    ]:
        done += coming
    return len(done) == len(chosen)


def allowed(instance, chosen):
    taken = {(each.person, each.id) for each in chosen}
    spent = [sum(each.minutes for each in chosen if each.person == person) for person in PEOPLE]
    return (
        goes(chosen)
        and all(each.within is None or (each.person, each.within) in taken for each in chosen)
        and not any(
            each.follows and each not in chosen and goes([*chosen, each]) for each in instance.options
        )
        and (instance.budget is None or sum(spent) <= instance.budget)
        and (instance.budget_each is None or max(spent) <= instance.budget_each)
    )


def worth(instance, chosen):
    """What is sought, in its order."""
    short = instance.short(instance.levels(chosen))
    return short, sum(each.minutes for each in chosen), sum(not each.follows for each in chosen)


@examples(80)
@given(instances())
def test_nothing_that_could_be_done_is_better(instance):
    found = solve(instance, 10)
    every = (
        chosen
        for size in range(len(instance.options) + 1)
        for chosen in combinations(instance.options, size)
        if allowed(instance, chosen)
    )
    assert found.is_optimal
    assert allowed(instance, found.chosen)
    assert worth(instance, found.chosen) == min(worth(instance, chosen) for chosen in every)
    assert solve(instance, 10) == found
    order = found.ordered()
    assert sorted(order, key=found.chosen.index) == list(found.chosen)
    for n, each in enumerate(order):
        assert holds(each.takes, {other.id for other in order[:n] if other.person == each.person})


@examples(80)
@given(instances())
def test_what_is_left_out_is_not_needed(instance):
    """Of all that is allowed, and of what cannot be better."""
    everything = instance.following(each for each in instance.options if not each.follows)
    for chosen in ([everything] if allowed(instance, everything) else []) + [
        list(solve(instance, 10).chosen)
    ]:
        found = lean(instance, chosen)
        assert allowed(instance, found)
        assert worth(instance, found) <= worth(instance, chosen)


@st.composite
def choices(draw):
    """A pathway that asks for some of its steps, most of which bring nothing, and something else."""
    who, (pathway, other, *_) = PEOPLE[0], PATHWAYS
    steps = [number(n) for n in range(31, 31 + draw(st.integers(2, 5)))]
    minutes = st.integers(0, 5).map(lambda n: n * 10)
    few = st.just(()) | st.just(()) | st.tuples(grants)
    plain = st.integers(1, len(steps)).map(lambda n: weighed(n, [(1, step) for step in steps]))
    options = [
        Option(who, pathway, draw(minutes), draw(few), draw(plain | needs(steps) | needs([other, *steps]))),
        Option(who, other, draw(minutes), draw(few), draw(st.just(MET) | needs([pathway, *steps]))),
    ]
    for step in steps:
        takes = st.sampled_from([MET] * 4 + [each for each in steps if each != step])
        options.append(Option(who, step, draw(minutes), draw(few), draw(takes), within=pathway))
    held = st.dictionaries(st.sampled_from(SKILLS), st.tuples(st.integers(1, 4), st.booleans()), max_size=1)
    return Instance(
        people=[who],
        skills=SKILLS,
        held={(who, skill): level for skill, level in draw(held).items()},
        required={(who, skill): draw(st.integers(1, 3)) for skill in SKILLS},
        options=options,
        coverage=dict.fromkeys(SKILLS, 1.0),
        budget=draw(st.none() | st.integers(3, 20).map(lambda n: n * 10)),
    )


@examples(300)
@given(choices())
def test_what_others_stand_for_is_not_missed(instance):
    matter = {each.id for each in instance.options if matters(each, instance)}
    left = replace(instance, options=fewer(instance.options, matter))
    assert worth(left, solve(left, 10).chosen)[:2] == worth(instance, solve(instance, 10).chosen)[:2]
