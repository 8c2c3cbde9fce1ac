"""Whether a requirement makes sense, asked when it is written."""

from collections.abc import Callable, Container, Iterator
from uuid import UUID

from cairn.requirements.problems import Problem, ProblemKind
from cairn.requirements.rings import Requires, rings
from cairn.requirements.tree import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_POINTS,
    About,
    AnyOf,
    Employed,
    Path,
    Points,
    Requirement,
    SkillAt,
    Subject,
    SubjectKind,
    branches,
    walk,
)

DEFAULT_SCALE = range(6)

_NEVER_UNKNOWN = (SubjectKind.LOCATION, SubjectKind.EMPLOYMENT)


def _named(subject: Subject) -> str:
    return f"{subject.kind} {subject.id}"


def check(
    requirement: Requirement,
    *,
    known: Container[Subject] | None = None,
    levels: Callable[[UUID], range] = lambda _: DEFAULT_SCALE,
    requires: Requires | None = None,
    owner: Subject | None = None,
    name_of: Callable[[Subject], str] = _named,
) -> list[Problem]:
    """Everything that is wrong with the requirement, in its order; duplicates are only warnings.

    Args:
        requirement: What somebody wrote.
        known: The subjects that exist, at least of those in `tree.subjects(requirement)`; None does
            not look. Locations are plain text and always known.
        levels: The levels of a skill's scale.
        requires: What another pathway, credential or step requires; None for nothing. Without it no
            cycle is looked for.
        owner: What the requirement belongs to; None if it belongs to nothing others could require.
        name_of: What people call a subject, for the sentences.
    """
    nodes = []
    for path, depth, node in walk(requirement):
        nodes.append((path, node))
        if len(nodes) > MAX_NODES:
            message = f"is one node too many: {MAX_NODES} at most, so split it up"
            return [Problem(ProblemKind.TOO_LARGE, path, message)]
        if depth > MAX_DEPTH:
            message = f"is nested more than {MAX_DEPTH} deep: flatten it"
            return [Problem(ProblemKind.TOO_DEEP, path, message)]

    leaves = [(path, node) for path, node in nodes if isinstance(node, About)]
    problems: list[Problem] = []
    for path, node in nodes:
        problems += _sense(path, node, levels)
        problems += _duplicates(path, node)
    if known is not None:
        problems += _unknown(leaves, known)
    if requires is not None:
        for path, ring in rings([(path, leaf.subject) for path, leaf in leaves], requires, owner):
            names = [name_of(subject) for subject in ring]
            if len(names) > 12:
                names[6:-5] = [f"… {len(names) - 11} more …"]
            message = f"goes round in a circle, {' → '.join(names)}: leave one of them out"
            problems.append(Problem(ProblemKind.CYCLE, path, message, ring))
    order = {path: i for i, (path, _) in enumerate(nodes)}
    return sorted(problems, key=lambda problem: _place(problem.path, order))


def _place(path: Path, order: dict[Path, int]) -> int:
    """The place of the node that the path leads to, or into."""
    while path not in order:
        path = path[:-1]
    return order[path]


def _sense(path: Path, node: Requirement, levels: Callable[[UUID], range]) -> Iterator[Problem]:
    match node:
        case AnyOf():
            yield from _any((*path, "any"), node)
        case Points():
            yield from _points((*path, "points"), node)
        case SkillAt(skill, level):
            scale = levels(skill)
            if level not in scale or level < 1:
                message = f"is {level}: the levels to ask for are {max(scale.start, 1)} to {scale.stop - 1}"
                yield Problem(ProblemKind.OUTSIDE_SCALE, (*path, "skill", "level"), message)
        case Employed(_, duration) if duration is not None and not duration.is_sensible:
            message = f"is {duration}: at least one day and at most 100 years"
            yield Problem(ProblemKind.NONSENSE_DURATION, (*path, "employed", "for"), message)
        case _:
            return


def _any(path: Path, node: AnyOf) -> Iterator[Problem]:
    there_are = len(node.of)
    if node.n < 1:
        message = f"asks for {node.n} of {there_are}: ask for at least 1"
        yield Problem(ProblemKind.OUT_OF_BOUNDS, (*path, "n"), message)
    elif node.n > there_are:
        message = f"asks for {node.n} of only {there_are}: add branches, or ask for fewer"
        yield Problem(ProblemKind.UNREACHABLE, (*path, "n"), message)


def _points(path: Path, node: Points) -> Iterator[Problem]:
    weights = [weight for weight, _ in node.of]
    for i, weight in enumerate(weights):
        if not 1 <= weight <= MAX_POINTS:
            message = f"weighs {weight}: a weight is from 1 to {MAX_POINTS}"
            yield Problem(ProblemKind.OUT_OF_BOUNDS, (*path, "of", str(i), "weight"), message)
    there_are = sum(max(weight, 0) for weight in weights)
    if not 1 <= node.minimum <= MAX_POINTS:
        message = f"asks for {node.minimum} points: ask for 1 to {MAX_POINTS}"
        yield Problem(ProblemKind.OUT_OF_BOUNDS, (*path, "min"), message)
    elif node.minimum > there_are:
        message = f"asks for {node.minimum} points of only {there_are}: add branches, or ask for fewer"
        yield Problem(ProblemKind.UNREACHABLE, (*path, "min"), message)


def _duplicates(path: Path, node: Requirement) -> Iterator[Problem]:
    seen: dict[Requirement, Path] = {}
    for step, branch in branches(node):
        if branch in seen:
            message = f"is the same as {'.'.join(seen[branch])}, and counts again"
            yield Problem(ProblemKind.DUPLICATE, (*path, *step), message)
        seen.setdefault(branch, (*path, *step))


def _unknown(leaves: list[tuple[Path, About]], known: Container[Subject]) -> Iterator[Problem]:
    for path, leaf in leaves:
        subject = leaf.subject
        if subject.kind not in _NEVER_UNKNOWN and subject not in known:
            message = f"there is no {subject.kind} with the id {subject.id}, or you may not see it"
            yield Problem(ProblemKind.UNKNOWN_REFERENCE, _id_path(path, leaf), message)


def _id_path(path: Path, leaf: About) -> Path:
    """Where the id stands in the wire form."""
    match leaf:
        case SkillAt():
            return (*path, "skill", "id")
        case Employed(subject):
            return (*path, "employed", str(subject.kind))
        case _:
            return (*path, str(leaf.kind))
