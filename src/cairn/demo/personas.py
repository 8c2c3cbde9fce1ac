"""Whom to sign in as: people of the sample company who see different things."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Persona:
    """Somebody to sign in as."""

    email: str
    what: str
    """What there is to do as them."""
    groups: tuple[str, ...] = ()
    """Their groups at the identity provider; each is a role here."""


def _persona(login: str, what: str, *groups: str) -> Persona:
    return Persona(f"{login}@adventure-works.com", what, groups)


PERSONAS = (
    _persona("roberto0", "Engineering manager: seven people report to him, and five to them"),
    _persona("gail0", "Design engineer: her skills, what she should learn, what she has earned"),
    _persona("peter0", "Production control manager: two hundred people below him, at three depths"),
    _persona("mindy0", "Learning admin: writes skills, pathways and credentials", "LEARNING_ADMIN"),
    _persona("paula0", "People admin: hires, moves, and sees who may sign in", "PEOPLE_ADMIN"),
    _persona("mike0", "Auditor: reads everything, writes nothing", "AUDITOR"),
)
