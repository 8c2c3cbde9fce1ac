"""What a run did, as it is read: what matters of a change is in its line."""

from cairn.hris.telling import told
from hris.conftest import person


def lines(came):
    return [told(each, came.report.names) for each in came.report.changes]


async def test_who_was_to_start_and_does_not(sync):
    await sync(person("Ann"), person("Pre", hiredOn="2200-03-01"), person("Two", hiredOn="2200-03-01"))
    left = person("Pre", hiredOn="2200-03-01", status="TERMINATED")
    assert lines(await sync(left, mode="DELTA")) == ["- Pre Feed leaves, before the first day"]
    assert lines(await sync(person("Ann"), left)) == [
        "- Two Feed is not in the file any more, before the first day"
    ]


async def test_a_first_day_that_moves_is_told_whatever_came_after_it(sync):
    await sync(person("Ann", hiredOn="2019-01-01"))
    later = {"externalId": "ann", "title": "Head", "effectiveOn": "2022-01-01"}
    assert lines(await sync(later, mode="DELTA")) == ["~ Ann Feed: title: Engineer → Head, from 2022-01-01"]
    later["effectiveOn"] = "2021-01-01"
    assert lines(await sync(later, mode="DELTA")) == ["~ Ann Feed: latest change: 2022-01-01 → 2021-01-01"]
    moved = {"externalId": "ann", "hiredOn": "2020-01-01", "location": "Lisbon"}
    [line] = lines(await sync(moved, mode="DELTA"))
    assert line.startswith("~ Ann Feed: first day: 2019-01-01 → 2020-01-01; location: none → Lisbon, from ")
