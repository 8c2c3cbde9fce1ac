"""What it takes to come to something, against doing one thing after the other in every possible plan."""

from dataclasses import replace
from itertools import chain, combinations, product

from hypothesis import given
from hypothesis import strategies as st

from cairn.matrices.courses import useful
from cairn.matrices.planning import Instance
from cairn.matrices.search import solve
from cairn.matrices.ways import Grant, Offer, Person
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
PATHWAYS = [number(n) for n in (21, 22, 23)]
STEPS = {number(31): PATHWAYS[0], number(32): PATHWAYS[1]}
INNER = {pathway: number(40 + n) for n, pathway in enumerate(PATHWAYS)}
"""A step of each pathway that it cannot do without."""
AWARDS = [number(51), number(52)]
leaves = st.one_of(
    st.builds(PathwayDone, st.sampled_from(PATHWAYS)),
    st.builds(StepDone, st.sampled_from([*STEPS, *INNER.values()])),
    st.builds(CredentialHeld, st.sampled_from(AWARDS)),
    st.builds(SkillAt, st.sampled_from(SKILLS), st.integers(1, 3), st.booleans()),
    st.sampled_from([NotBefore(on(2029)), NotBefore(on(2031)), Employed()]),
)
trees = st.recursive(
    leaves,
    lambda below: st.one_of(
        st.lists(below, max_size=2).map(lambda of: All(tuple(of))),
        st.lists(below, min_size=1, max_size=3).flatmap(
            lambda of: st.integers(1, len(of)).map(lambda n: AnyOf(n, tuple(of)))
        ),
        st.lists(st.tuples(st.integers(1, 3), below), min_size=1, max_size=3).flatmap(
            lambda of: st.integers(1, sum(w for w, _ in of)).map(lambda m: Points(m, tuple(of)))
        ),
    ),
    max_leaves=4,
)
grants = st.lists(
    st.builds(Grant, st.sampled_from(SKILLS), st.integers(1, 4), st.booleans()), max_size=2
).map(tuple)


@st.composite
def people(draw):
    """What somebody could come to, and the facts there are."""
    offers = []
    minutes = st.integers(0, 5).map(lambda n: n * 10)
    started = st.just(NOTHING) | trees
    for pathway in PATHWAYS:
        takes = draw(started)
        offers.append(
            Offer(pathway, draw(minutes), draw(grants), takes, pathway, frozenset([INNER[pathway]]))
        )
    for step, pathway in STEPS.items():
        takes = draw(started.filter(lambda tree, own=pathway: not mentions(tree, own)))
        offers.append(Offer(step, draw(minutes), draw(grants), takes, pathway))
    for award in AWARDS:
        sure = tuple(Grant(each.skill, each.level, is_sure=True) for each in draw(grants))
        offers.append(Offer(award, 0, sure, draw(trees)))
    there = draw(st.lists(st.sampled_from(offers), min_size=1, max_size=7, unique=True))
    facts = {}
    for skill in SKILLS:
        for level, sure in draw(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=1)):
            facts[Subject(SubjectKind.SKILL, skill)] = [Fact(on(2020), None, (), level, verified=sure)]
    return there, facts


def mentions(tree, pathway):
    """Whether an optional step asks for its own pathway: whoever writes one is refused that."""
    match tree:
        case PathwayDone(other):
            return other == pathway
        case All(of) | AnyOf(_, of):
            return any(mentions(each, pathway) for each in of)
        case Points(_, pairs):
            return any(mentions(each, pathway) for _, each in pairs)
    return False


def done(offers, facts, chosen):
    """What comes of doing what is chosen one after the other, as far as that goes; with the awards."""
    by_id = {offer.id: offer for offer in offers}
    found = set()

    def met(node, own):
        match node:
            case All(of):
                return all(met(each, own) for each in of)
            case AnyOf(n, of):
                return sum(met(each, own) for each in of) >= n
            case Points(minimum, pairs):
                return sum(weight for weight, each in pairs if met(each, own)) >= minimum
            case NotBefore(instant):
                return instant <= BY
            case Employed():
                return False
            case PathwayDone(id_) | CredentialHeld(id_):
                return id_ in found
            case StepDone(step):
                inside = {each for offer in offers if offer.id in found for each in offer.steps}
                own_steps = own.steps
                if own.is_step and own.pathway in chosen:
                    own_steps = by_id[own.pathway].steps
                return step in found or step in inside or step in own_steps
            case SkillAt(skill, level, verified):
                known = facts.get(Subject(SubjectKind.SKILL, skill), [])
                is_known = any(fact.verified for fact in known)
                return any(fact.level >= level and (fact.verified or not verified) for fact in known) or any(
                    grant.skill == skill
                    and grant.level >= level
                    and (grant.is_sure or not (verified or is_known))
                    for id_ in found
                    for grant in by_id[id_].grants
                )

    without = {offer.id for offer in offers if offer.is_award and met(offer.takes, offer)}
    while True:
        coming = {
            offer.id
            for offer in offers
            if offer.id not in found | without
            and (offer.is_award or offer.id in chosen)
            and (not offer.is_step or offer.pathway in chosen or offer.pathway not in by_id)
            and met(offer.takes, offer)
        }
        if not coming:
            return found
        found |= coming


def subsets(items):
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


@examples(150)
@given(people())
def test_the_ways_to_it_are_what_one_could_do_one_after_the_other(person):
    offers, facts = person
    reach = Person(offers, facts, BY)
    ways = {offer.id: reach.ways(offer.id) for offer in offers}
    assert not reach.is_trimmed
    for chosen in map(set, subsets([offer.id for offer in offers if not offer.is_award])):
        taken = set(chosen)
        awards = [offer.id for offer in offers if offer.is_award]
        while coming := [id_ for id_ in awards if id_ not in taken and any(w <= taken for w in ways[id_])]:
            taken |= set(coming)
        goes = all(any(way <= taken for way in ways[id_]) for id_ in taken)
        found = done(offers, facts, chosen)
        assert goes == (chosen <= found)
        if goes:
            assert taken == found


WHO = [number(1), number(2)]
cells = st.tuples(st.sampled_from(WHO), st.sampled_from(SKILLS))


@examples(60)
@given(
    st.lists(people(), min_size=2, max_size=2),
    st.dictionaries(cells, st.integers(1, 4), max_size=4),
    st.none() | st.integers(0, 12).map(lambda n: n * 10),
    st.sampled_from([0, 0, 2]),
)
def test_no_plan_of_what_can_be_done_is_better(crew, required, budget, least):
    offers = {who: there[:5] for who, (there, _) in zip(WHO, crew, strict=True)}
    facts = {who: known for who, (_, known) in zip(WHO, crew, strict=True)}
    held = {
        (who, subject.id): (each[0].level, each[0].verified)
        for who, known in facts.items()
        for subject, each in known.items()
    }
    frame = Instance(
        WHO, SKILLS, held, required, (), dict.fromkeys(SKILLS, 1.0), dict.fromkeys(SKILLS, least), budget
    )
    choice = useful(WHO, offers, facts, BY, frame)
    instance = replace(frame, options=choice.options, barred=choice.barred)
    found = solve(instance, 10)
    assert found.is_optimal

    def worth(chosen):
        """The worth of doing that, each by whom; None where it cannot be done, or takes too long."""
        sure = {cell: level for cell, (level, is_sure) in held.items() if is_sure}
        claimed = {cell: level for cell, (level, is_sure) in held.items() if not is_sure}
        minutes = 0
        for who, ids in zip(WHO, chosen, strict=True):
            came = done(offers[who], facts[who], set(ids))
            if not set(ids) <= came:
                return None
            for offer in offers[who]:
                if offer.id in came:
                    minutes += offer.minutes
                    for grant in offer.grants:
                        levels = sure if grant.is_sure else claimed
                        levels[who, grant.skill] = max(grant.level, levels.get((who, grant.skill), 0))
        if budget is not None and minutes > budget:
            return None
        levels = {cell: (level, False) for cell, level in claimed.items()}
        levels |= {cell: (level, True) for cell, level in sure.items()}
        return instance.short(levels), minutes, sum(map(len, chosen))

    every = product(
        *(list(subsets([offer.id for offer in offers[who] if not offer.is_award])) for who in WHO)
    )
    best = min(each for chosen in every if (each := worth(chosen)) is not None)
    picked = [[each.id for each in found.chosen if each.person == who and not each.follows] for who in WHO]
    assert worth(picked) == best
    order = found.ordered()
    assert sorted(each.id for each in order) == sorted(each.id for each in found.chosen)
