"""A company before and after a run that does a little of everything."""

from hris.conftest import person

PEOPLE = 16


def _one(source, n, **said):
    manager = f"{source}{n // 3}" if n else None
    return person(f"{source}{n}", manager, department="w", departmentName="Works", **said)


def before(source):
    return [_one(source, n) for n in range(PEOPLE)]


def after(source):
    """Two are new, one of them above others; one is renamed, some move, two swap addresses, one leaves."""
    people = [_one(source, n) for n in range(PEOPLE - 1)]
    people[3]["displayName"] = "Somebody Else"
    people[4]["title"] = "Head"
    people[5]["email"], people[6]["email"] = people[6]["email"], people[5]["email"]
    people[7]["manager"] = f"{source}100"
    people[8]["departmentName"] = "Factory"
    people[8]["department"] = "f"
    people[9]["hiredOn"] = "soon"
    return [*people, _one(source, 100), {**_one(source, 101), "manager": f"{source}100"}]
