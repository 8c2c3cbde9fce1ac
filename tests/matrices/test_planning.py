"""The search against trying every plan there is, on small teams."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from cairn.matrices.greedy import lean
from cairn.matrices.planning import Instance, Option
from cairn.matrices.search import solve
from cairn.matrices.ways import Grant
from graph.examples import examples
from requirements.naive import number

PEOPLE = [number(n) for n in (1, 2, 3)]
SKILLS = [number(n) for n in (11, 12)]
PATHWAYS = [number(n) for n in (21, 22, 23)]
cells = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(SKILLS))
grants = st.builds(Grant, st.sampled_from(SKILLS), st.integers(1, 4), st.booleans())


@st.composite
def instances(draw):
    pairs = draw(
        st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PATHWAYS)), max_size=7, unique=True)
    )
    options = []
    for person, pathway in pairs:
        before = [each.id for each in options if each.person == person]
        follows = bool(before) and draw(st.booleans())
        way = (
            st.lists(st.sampled_from(before), min_size=follows, max_size=2).map(frozenset)
            if before
            else st.just(frozenset())
        )
        options.append(
            Option(
                person,
                pathway,
                0 if follows else draw(st.integers(0, 9)) * 10,
                tuple(draw(st.lists(grants, max_size=3))),
                tuple(draw(st.lists(way, min_size=1, max_size=3, unique=True))),
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


def allowed(instance, chosen):
    if instance.following(each for each in chosen if not each.follows) != list(chosen):
        return False
    taken = {(each.person, each.id) for each in chosen}
    spent = [sum(each.minutes for each in chosen if each.person == person) for person in PEOPLE]
    return (
        all(any(all((each.person, other) in taken for other in way) for way in each.ways) for each in chosen)
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
