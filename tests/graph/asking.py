"""Requirements about what the academy has, as trees and as GraphQL takes them."""

from hypothesis import strategies as st

from cairn.requirements.duration import Duration
from cairn.requirements.tree import (
    ANYWHERE,
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
from requirements.naive import forks
from world import id_of, on

DATES = (on(2022, 6), on(2024, 5), on(2025, 3), on(2026), on(2035))
_KINDS = {
    SubjectKind.ROLE: ("JobRole", ("Engineer role", "Seller role")),
    SubjectKind.DEPARTMENT: ("Department", ("Company", "Engineering", "Platform", "Sales", "Studio")),
    SubjectKind.TEAM: ("Team", ("Core team", "Chess team")),
}
_PLACES = [Subject(kind, id_of(name)) for kind, (_, names) in _KINDS.items() for name in names]
_PLACES += [ANYWHERE, Subject(SubjectKind.LOCATION, "Berlin")]


def _named(*names):
    return st.sampled_from([id_of(name) for name in names])


leaves = st.one_of(
    st.builds(SkillAt, _named("Python", "SQL", "Negotiation", "Snakes"), st.integers(1, 5), st.booleans()),
    st.builds(CredentialHeld, _named("Python badge", "Data certificate", "Forgotten badge")),
    st.builds(
        StepDone, _named("Data 2 basics", "Data 2 exam", "Data 2 welcome", "Welcome 1 basics", "Data 1 exam")
    ),
    st.builds(PathwayDone, _named("Data pathway", "Welcome pathway", "Secret pathway")),
    st.builds(
        Employed,
        st.sampled_from(_PLACES),
        st.none() | st.sampled_from([Duration(24), Duration(1, 3), Duration(0, 400), Duration(60)]),
    ),
    st.builds(NotBefore, st.sampled_from(DATES)),
)
requirements = st.recursive(leaves, forks, max_leaves=8)


def as_input(requirement):
    """The requirement as `RequirementInput` has it."""
    match requirement:
        case All(of):
            return {"all": [as_input(each) for each in of]}
        case AnyOf(n, of):
            return {"any": {"n": n, "of": [as_input(each) for each in of]}}
        case Points(minimum, pairs):
            of = [{"weight": weight, "when": as_input(each)} for weight, each in pairs]
            return {"points": {"min": minimum, "of": of}}
        case NotBefore(instant):
            return {"notBefore": instant.isoformat()}
        case SkillAt(skill, level, verified):
            return {"skill": {"id": f"Skill:{skill}", "level": level, "verified": verified}}
        case CredentialHeld(id_):
            return {"credential": f"Credential:{id_}"}
        case StepDone(id_):
            return {"step": f"Step:{id_}"}
        case PathwayDone(id_):
            return {"pathway": f"Pathway:{id_}"}
        case Employed(subject, duration):
            found = {"for": str(duration)} if duration else {}
            if subject.kind is SubjectKind.LOCATION:
                found["location"] = subject.id
            elif subject != ANYWHERE:
                found[subject.kind.value] = f"{_KINDS[subject.kind][0]}:{subject.id}"
            return {"employed": found}
