"""One small company that every test knows by name.

Grace leads it. Ada reports to her and leads the platform engineers: Ben, and below him Cleo. Dan sells, and
reports to Grace. Eve has left, Finn is yet to start. Lena is the learning admin, Pat the people admin, and
Auda the auditor.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from cairn.access.permissions import Role
from cairn.access.viewer import Viewer, system
from cairn.db.engine import Transaction
from cairn.db.ranges import Range, from_day, since
from cairn.db.tables import Row
from cairn.people import departments
from cairn.people import tables as people
from cairn.people.reporting import refresh
from cairn.skills import tables as skills
from cairn.skills.tables import Source

SPACE = UUID("c0ffee00-0000-4000-8000-000000000000")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
TODAY = datetime.now(UTC).date()

EVERYTHING = system("test")
"""A viewer that may do everything."""


def id_of(name: str) -> UUID:
    """The key of whatever the company calls by that name."""
    return uuid5(SPACE, name)


def on(year: int, month: int = 1, day: int = 1) -> datetime:
    """Midnight in UTC."""
    return datetime(year, month, day, tzinfo=UTC)


@dataclass
class World:
    """The company, and who looks at it."""

    viewers: dict[str, Viewer] = field(default_factory=dict)

    def gid(self, type_: str, name: str) -> str:
        """The global id of something by its name."""
        return f"{type_}:{id_of(name)}"

    def viewer(self, name: str) -> Viewer:
        """Somebody of the company as a viewer."""
        return self.viewers[name]


ROLES = {"Lena": Role.LEARNING_ADMIN, "Pat": Role.PEOPLE_ADMIN, "Auda": Role.AUDITOR}

EMPLOYMENTS: tuple[tuple[str, date, date | None, str | None, str, str | None, str], ...] = (
    # who, from, until, manager, department, job role, title
    ("Grace", date(2020, 1, 1), None, None, "Company", None, "Managing Director"),
    ("Ada", date(2020, 1, 1), None, "Grace", "Platform", "Engineer", "Head of Platform"),
    ("Ben", date(2021, 1, 1), date(2024, 1, 1), "Dan", "Sales", "Seller", "Sales Engineer"),
    ("Ben", date(2024, 1, 1), None, "Ada", "Platform", "Engineer", "Engineer"),
    ("Cleo", date(2022, 1, 1), None, "Ben", "Platform", "Engineer", "Junior Engineer"),
    ("Dan", date(2020, 6, 1), None, "Grace", "Sales", "Seller", "Head of Sales"),
    ("Eve", date(2020, 1, 1), date(2023, 1, 1), "Ada", "Platform", "Engineer", "Engineer"),
    ("Finn", TODAY + timedelta(days=60), None, "Ada", "Platform", "Engineer", "Engineer"),
    ("Lena", date(2020, 1, 1), None, "Grace", "Company", None, "Head of Learning"),
    ("Pat", date(2020, 1, 1), None, "Grace", "Company", None, "Head of People"),
    ("Auda", date(2020, 1, 1), None, "Grace", "Company", None, "Auditor"),
)
NAMES = tuple(dict.fromkeys(row[0] for row in EMPLOYMENTS))

EVIDENCE: tuple[tuple[str, str, int, Source, datetime, datetime | None, str | None], ...] = (
    # whose, skill, level, source, from, until, who says so
    ("Ben", "Python", 4, Source.SELF, on(2023), None, "Ben"),
    ("Ben", "Python", 2, Source.MANAGER, on(2024), None, "Ada"),
    ("Ben", "SQL", 3, Source.ASSESSMENT, on(2023), on(2025), None),
    ("Ben", "Negotiation", 3, Source.MANAGER, on(2022), None, "Dan"),
    ("Cleo", "Python", 3, Source.PEER, on(2024), None, "Ben"),
    ("Ada", "Python", 5, Source.ASSESSMENT, on(2021), None, None),
    ("Ada", "SQL", 4, Source.MANAGER, on(2021), None, "Grace"),
    ("Dan", "Negotiation", 4, Source.IMPORT, on(2021), None, None),
)


async def build(tx: Transaction) -> World:
    """Writes the company."""

    async def put(*rows: Row) -> None:
        tx.add_all(rows)
        await tx.flush()

    tree = {"Company": None, "Engineering": "Company", "Platform": "Engineering", "Sales": "Company"}
    for name, parent in tree.items():
        await put(people.Department(id=id_of(name), name=name))
        if parent is not None:
            await put(
                people.DepartmentPlace(
                    id=id_of(f"{name} in {parent}"),
                    department_id=id_of(name),
                    parent_id=id_of(parent),
                    valid=Range(None, None, bounds="()"),
                )
            )
    await departments.refresh(tx, [id_of(name) for name in tree])
    await put(
        *(
            people.Employee(
                id=id_of(name),
                given_name=name,
                family_name="Test",
                display_name=f"{name} Test",
                email=f"{name.lower()}@example.com",
                number=f"N-{name.upper()}",
                created_at=LONG_AGO,
            )
            for name in NAMES
        )
    )
    await _skills(put)
    await put(
        *(
            people.Employment(
                id=id_of(f"{who} {start}"),
                employee_id=id_of(who),
                valid=from_day(start, until),
                manager_id=manager and id_of(manager),
                department_id=id_of(department),
                job_role_id=role and id_of(f"{role} role"),
                title=title,
                location="Berlin" if department == "Platform" else "Lisbon",
            )
            for who, start, until, manager, department, role, title in EMPLOYMENTS
        )
    )
    await refresh(tx, [id_of(name) for name in NAMES])
    teams = {"Core": ("Ada", ("Ada", "Ben", "Cleo")), "Chess": ("Dan", ("Ben", "Dan"))}
    for name, (lead, members) in teams.items():
        await put(people.Team(id=id_of(f"{name} team"), name=name, lead_id=id_of(lead)))
        await put(
            *(
                people.TeamMembership(
                    id=id_of(f"{who} in {name}"),
                    team_id=id_of(f"{name} team"),
                    employee_id=id_of(who),
                    valid=since(LONG_AGO),
                )
                for who in members
            )
        )
    return World(
        {
            name: Viewer(
                employee=id_of(name),
                roles=frozenset({Role.EMPLOYEE, *([ROLES[name]] if name in ROLES else [])}),
                name=f"employee:{name}",
            )
            for name in NAMES
        }
    )


async def _skills(put: Any) -> None:
    await put(skills.Framework(id=id_of("Own"), name="Own", version="1", publisher="The company"))
    await put(
        *(
            skills.ProficiencyLevel(id=id_of(f"level {n}"), level=n, name=name, descriptor=f"It is {name}")
            for n, name in enumerate(("None", "Aware", "Guided", "Independent", "Advanced", "Expert"))
        )
    )
    await put(skills.Skill(id=id_of("Programming"), framework_id=id_of("Own"), code="p", name="Programming"))
    await put(
        *(
            skills.Skill(
                id=id_of(name),
                framework_id=id_of("Own"),
                code=name.lower(),
                name=name,
                parent_id=id_of("Programming") if name != "Negotiation" else None,
                aliases=["Py"] if name == "Python" else [],
            )
            for name in ("Python", "SQL", "Negotiation")
        )
    )
    await put(
        *(
            skills.JobRole(id=id_of(f"{name} role"), code=name.lower(), name=name)
            for name in ("Engineer", "Seller")
        )
    )
    await put(
        *(
            skills.RoleSkill(
                id=id_of(f"{role} {skill}"),
                job_role_id=id_of(f"{role} role"),
                skill_id=id_of(skill),
                level=level,
                weight=weight,
                must_have=must,
                valid=since(LONG_AGO),
            )
            for role, skill, level, weight, must in (
                ("Engineer", "Python", 3, 5, True),
                ("Engineer", "SQL", 2, 3, False),
                ("Seller", "Negotiation", 3, 5, True),
            )
        )
    )


async def add_evidence(tx: Transaction) -> None:
    """What people of the company can do; withdrawn is that Cleo once was entered as an expert of SQL."""
    tx.add_all(
        skills.Evidence(
            id=id_of(f"{who} {skill} {source} {start:%Y}"),
            employee_id=id_of(who),
            skill_id=id_of(skill),
            level=level,
            source=source,
            valid=since(start, until),
            asserted_by_id=by and id_of(by),
            recorded_at=start,
            note=f"{who} at {skill}",
        )
        for who, skill, level, source, start, until, by in EVIDENCE
    )
    tx.add(
        skills.Evidence(
            id=id_of("mistake"),
            employee_id=id_of("Cleo"),
            skill_id=id_of("SQL"),
            level=5,
            source=Source.MANAGER,
            valid=since(on(2024)),
            asserted_by_id=id_of("Ben"),
            recorded_at=on(2024),
            withdrawn_at=on(2024, 2),
            withdrawn_by_id=id_of("Ben"),
            withdrawn_reason="entered for the wrong person",
        )
    )
    await tx.flush()
