"""What of somebody's credentials will end soon, beside what will of their pathways (`pathways/home.py`)."""

from sqlalchemy import and_

from cairn.credentials.graph import Award
from cairn.graph.node import Many, extend, many
from cairn.pathways.home import days_argument, ends_within
from cairn.people.graph import Employee


@extend(Employee)
class EmployeeLapsingAwards:
    """What somebody has earned and will not have much longer."""

    lapsing_awards: Many[Award] = many(
        lambda row, other, at, days: and_(
            other.employee_id == row.id, other.revoked_at.is_(None), ends_within(other.held, at, days)
        ),
        arguments=days_argument(90, "How many days ahead; 90 by default."),
        order=("until",),
    )
    """The credentials that hold, and will end within some days."""
