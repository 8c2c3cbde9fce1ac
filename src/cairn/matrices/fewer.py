"""Fewer options for the same plans, of one person.

Where a pathway asks for some of its steps, most of these bring nothing that is wanted: they only fill it up,
and of those the cheapest do. A step that a pathway then cannot do without is one thing with it.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from cairn.matrices.needs import MET, Need, Sum, all_of, named, only
from cairn.matrices.planning import Option


def fewer(options: Sequence[Option], matters: Collection[UUID]) -> list[Option]:
    """The options without those that others stand for.

    Args:
        options: All of one person.
        matters: Those that could change whether a level is reached that is asked for.
    """
    times = Counter(id_ for option in options for id_ in named(option.takes))
    within: dict[UUID, dict[UUID, Option]] = defaultdict(dict)
    for option in options:
        if option.within is not None:
            within[option.within][option.id] = option
    found: list[Option] = []
    gone: set[UUID] = set()
    for option in options:
        steps = within.get(option.id)
        if steps is None:
            found.append(option)
            continue
        asked = set(named(option.takes))
        alone = {id_ for id_ in asked if id_ in steps and times[id_] == 1 and steps[id_].takes == MET}
        filling = {id_: steps[id_].minutes for id_ in alone if id_ not in matters}
        is_for_steps = not times[option.id] and option.id not in matters and steps.keys() <= asked
        dropped = set(_spare(option.takes, filling, others=is_for_steps))
        takes = only(option.takes, asked - dropped)
        always = [takes] if isinstance(takes, UUID) else [each for _, each in takes.of if takes.is_all]
        with_ = [steps[each] for each in always if isinstance(each, UUID) and each in alone]
        gone |= dropped | {each.id for each in with_}
        found.append(
            replace(
                option,
                minutes=option.minutes + sum(each.minutes for each in with_),
                grants=(*option.grants, *(grant for each in with_ for grant in each.grants)),
                takes=all_of(each for each in always if each not in gone) if with_ else takes,
                steps=(*(each.id for each in with_), *option.steps),
            )
        )
    return [option for option in found if option.id not in gone]


def _spare(need: Need, filling: Mapping[UUID, int], *, others: bool) -> Iterator[UUID]:
    """The dearest of what fills up sums, where there is more of it than could be needed.

    Args:
        need: What a pathway takes.
        filling: What only fills it up, with its minutes.
        others: Whether one that does more is done in any case, as the pathway is taken for nothing else.
    """
    if not isinstance(need, Sum):
        return
    if not need.is_all:
        is_plain = all(weight == 1 and isinstance(branch, UUID) for weight, branch in need.of)
        for weight in {weight for weight, _ in need.of}:
            same = [each for w, each in need.of if w == weight and isinstance(each, UUID) and each in filling]
            most = math.ceil(need.minimum / weight) - (others and is_plain)
            yield from sorted(same, key=lambda id_: (filling[id_], id_))[most:]
    for _, branch in need.of:
        yield from _spare(branch, filling, others=False)
