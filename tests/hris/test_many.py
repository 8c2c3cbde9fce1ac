"""Many new people at once: their reporting lines are those that the walk up from each of them finds."""

import random
from datetime import date, timedelta

from sqlalchemy import text

from cairn.people.reporting import refresh
from hris.conftest import person

LINES = text("select manager_id, employee_id, depth, valid from reporting_line order by 1, 2, 3, 4")


async def test_lines_that_grow_are_those_that_are_walked(sync, database):
    rolled = random.Random(7)
    first = date(2024, 1, 1)
    await sync(*(person(f"Old{n}", f"old{n - 1}" if n else None) for n in range(4)))
    people = []
    for n in range(1_100):
        days = sorted(rolled.sample(range(900), 2))
        above = f"new{rolled.randrange(n)}" if n and rolled.random() < 0.9 else f"old{rolled.randrange(4)}"
        said = {"hiredOn": str(first + timedelta(days=days[0]))}
        if rolled.random() < 0.3:
            said["lastDay"] = str(first + timedelta(days=days[1]))
        people.append(person(f"New{n}", above, **said))
    rolled.shuffle(people)
    came = await sync(*people, mode="DELTA")
    assert (came.status, came.counts) == ("APPLIED", {"new": 1_100})
    async with database.transaction() as tx:
        grown = (await tx.execute(LINES)).all()
        ids = list((await tx.execute(text("select id from employee"))).scalars())
        await tx.execute(text("delete from reporting_line"))
        await refresh(tx, ids)
        assert (await tx.execute(LINES)).all() == grown


async def test_a_circle_among_many_is_found_and_the_others_come(sync, database):
    people = [person(f"New{n}", f"new{n // 2}" if n else None) for n in range(1_100)]
    people[3]["manager"] = "new7"
    came = await sync(*people)
    assert (came.status, came.counts) == ("APPLIED", {"new": 1_100, "warned": 2})
    assert [(each[1], each[2]) for each in came.problems] == [("new3", "manager"), ("new7", "manager")]
    assert all("new3 → new7 → new3" in each[3] or "new7 → new3 → new7" in each[3] for each in came.problems)
    async with database.transaction() as tx:
        below = text("select count(*) from reporting_line join employee on manager_id = employee.id")
        roots = text(
            "select count(*) from employment join employee on employee.id = employee_id"
            " where source = 'feed' and manager_id is null"
        )
        assert (await tx.execute(below)).scalar_one() > 1_000
        assert (await tx.execute(roots)).scalar_one() == 3
