"""Kinds of people, told apart by how they stand to somebody or by their role.

Who a kind is made of is said by the room that knows it:

    @made_of(Audience.MANAGERS)
    def managers(person, viewer):
        return select(line.c.manager_id).where(line.c.employee_id == person, …)
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import Select

from cairn.access.rules import Terms


class Audience(StrEnum):
    """A kind of people who may see a record of somebody."""

    COLLEAGUES = "COLLEAGUES"
    """Everybody who works here and has no other part in it."""
    TEAMMATES = "TEAMMATES"
    """Who is in a team with the person today, or reports to the same manager."""
    MANAGERS = "MANAGERS"
    """Who is above the person today, at any depth."""
    FORMER_MANAGERS = "FORMER_MANAGERS"
    """Who was above the person, and is no more."""
    COMING_MANAGERS = "COMING_MANAGERS"
    """Who will be above the person, and is not yet."""
    NAMED = "NAMED"
    """Whom the record itself names: who said so, assigned it, or such."""
    REVIEWER = "REVIEWER"
    """Reviews portfolios."""
    LEARNING_ADMIN = "LEARNING_ADMIN"
    """Owns skills, pathways and credentials."""
    PEOPLE_ADMIN = "PEOPLE_ADMIN"
    """Owns the records of people, and who may sign in."""
    AUDITOR = "AUDITOR"
    """Reads everything, writes nothing."""
    HRIS = "HRIS"
    """A feed that keeps people in step."""


Members = Callable[[Any, Terms], Select[Any]]
"""The column that names a person, and who asks → the ids of the employees of an audience, in one column."""
_members: dict[Audience, Members] = {}


def made_of(audience: Audience) -> Callable[[Members], Members]:
    """Has the decorated function say whom an audience is made of."""

    def register(members: Members) -> Members:
        if _members.setdefault(audience, members) is not members:
            raise TypeError(f"two functions say who {audience} are; keep one")
        return members

    return register


def members() -> Mapping[Audience, Members]:
    """The audiences that are told apart by how they stand to a person."""
    return _members
