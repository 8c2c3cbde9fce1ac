"""Requirements that ask, by way of other requirements, for themselves."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import dropwhile
from operator import ne

from cairn.requirements.tree import About, Path, Requirement, Subject, SubjectKind, walk

Requires = Callable[[Subject], Requirement | None]
"""What a pathway, credential or step requires."""

Ring = tuple[Subject, ...]
"""The subjects in order, each requiring the next; the first one again at the end."""

_REQUIRING = (SubjectKind.PATHWAY, SubjectKind.CREDENTIAL, SubjectKind.STEP)


def rings(
    leaves: Sequence[tuple[Path, Subject]], requires: Requires, owner: Subject | None
) -> Iterator[tuple[Path, Ring]]:
    """The rings that a requirement with these leaves closes or leads into.

    For each leaf that leads back to the owner, the shortest such ring; each ring that lies elsewhere
    once, at the first leaf that leads into it. `requires` is asked once about each subject.
    """
    graph = _graph([subject for _, subject in leaves], requires, owner)
    next_hop = _towards(owner, graph) if owner is not None else {}
    for path, subject in leaves:
        if owner is not None and (subject == owner or subject in next_hop):
            way = [owner, subject]
            while way[-1] != owner:
                way.append(next_hop[way[-1]])
            yield path, tuple(way)
    seen: set[Subject] = set()
    for path, subject in leaves:
        for ring in _elsewhere(subject, graph, seen):
            yield path, ring


def _graph(
    first: Sequence[Subject], requires: Requires, owner: Subject | None
) -> dict[Subject, list[Subject]]:
    """What each subject that can be reached requires; of the owner, nothing: that is being written."""
    graph: dict[Subject, list[Subject]] = {}
    waiting = deque(first)
    while waiting:
        subject = waiting.popleft()
        if subject in graph:
            continue
        asks = requires(subject) if subject != owner and subject.kind in _REQUIRING else None
        nodes = (node for _, _, node in walk(asks)) if asks is not None else ()
        graph[subject] = [node.subject for node in nodes if isinstance(node, About)]
        waiting.extend(graph[subject])
    return graph


def _towards(owner: Subject, graph: dict[Subject, list[Subject]]) -> dict[Subject, Subject]:
    """For each subject that leads to the owner, the next one on the shortest way there."""
    required_by: dict[Subject, list[Subject]] = {}
    for subject, asks in graph.items():
        for asked in asks:
            required_by.setdefault(asked, []).append(subject)
    next_hop: dict[Subject, Subject] = {}
    waiting = deque([owner])
    while waiting:
        asked = waiting.popleft()
        for subject in required_by.get(asked, ()):
            if subject not in next_hop:
                next_hop[subject] = asked
                waiting.append(subject)
    return next_hop


def _elsewhere(start: Subject, graph: dict[Subject, list[Subject]], seen: set[Subject]) -> Iterator[Ring]:
    """The rings met on a walk from a subject through what was not seen yet."""
    way: dict[Subject, None] = {}  # in order, and quick to look in
    ahead: list[Iterator[Subject]] = [iter([start])]
    while ahead:
        subject = next(ahead[-1], None)
        if subject is None:
            ahead.pop()
            if way:
                way.popitem()
        elif subject in way:
            yield (*dropwhile(partial(ne, subject), way), subject)
        elif subject not in seen:
            seen.add(subject)
            way[subject] = None
            ahead.append(iter(graph[subject]))
