"""What somebody may do, beyond what everybody may with their own record.

Being somebody's manager is not a permission: it is a row of the reporting line, and rules ask it
row by row (`people/access.py`).
"""

from enum import StrEnum


class Permission(StrEnum):
    """One thing a role allows. A role is a set of these; a viewer holds the union of their roles."""

    READ_PEOPLE = "people:read"
    """See every employee's contact data and employment history."""
    WRITE_PEOPLE = "people:write"
    """Hire, move, and terminate; write departments and teams."""
    READ_LEARNING = "learning:read"
    """See everybody's skill levels, evidence, assignments, progress and hidden awards."""
    WRITE_LEARNING = "learning:write"
    """Write frameworks, job roles, pathways, credential definitions and rules; assign and assess anybody."""
    RECORD_PROGRESS = "progress:record"
    """Report what people have begun and completed, as the system it happened in."""
    REVIEW = "portfolio:review"
    """See and review submitted portfolio items."""
    READ_AUDIT = "audit:read"
    """Read the audit entries."""
    MANAGE_ACCESS = "access:manage"
    """See and end other people's sessions, create and revoke service tokens."""


class Role(StrEnum):
    """A named set of permissions, given by the identity provider's groups or by a service token's scopes."""

    EMPLOYEE = "EMPLOYEE"
    """Everybody who works here."""
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


P = Permission
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.EMPLOYEE: frozenset(),
    Role.REVIEWER: frozenset({P.REVIEW}),
    Role.LEARNING_ADMIN: frozenset({P.READ_LEARNING, P.WRITE_LEARNING, P.RECORD_PROGRESS, P.REVIEW}),
    Role.PEOPLE_ADMIN: frozenset({P.READ_PEOPLE, P.WRITE_PEOPLE, P.MANAGE_ACCESS}),
    Role.AUDITOR: frozenset({P.READ_PEOPLE, P.READ_LEARNING, P.READ_AUDIT}),
    Role.HRIS: frozenset({P.READ_PEOPLE, P.WRITE_PEOPLE}),
}


def permissions(roles: frozenset[Role]) -> frozenset[Permission]:
    """The union of what `roles` allow."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))
