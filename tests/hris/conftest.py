"""Feeds, as tests say them."""

from datetime import date

import pytest

from cairn.hris.intake import Feed
from cairn.hris.record import Reader
from cairn.hris.run import run_feed
from cairn.hris.tables import SyncMode

START = date(2024, 1, 1)


def person(name, manager=None, **said):
    """Somebody of a feed: what it says of them unless told otherwise."""
    given = {
        "externalId": name.lower(),
        "givenName": name,
        "familyName": "Feed",
        "email": f"{name.lower()}@feed.example",
        "hiredOn": START.isoformat(),
        "title": "Engineer",
    }
    return {**given, **({"manager": manager} if manager is not None else {}), **said}


def lines(*people):
    reader = Reader()
    return [reader.values(n, each) for n, each in enumerate(people, 1)]


class Came:
    """What came of a run, short."""

    def __init__(self, report):
        self.report, self.run = report, report.run
        names = ("new", "changed", "moved", "revived", "terminated", "missing", "same", "refused", "warned")
        self.counts = {name: getattr(report.run, name) for name in names if getattr(report.run, name)}
        self.problems = [
            (each.row_number, each.external_id, each.field, each.message) for each in report.problems
        ]
        self.status = report.run.status.value
        self.refusal = report.run.refusal and report.run.refusal.value


@pytest.fixture
def sync(world, database):
    """Has a feed synchronised, and tells what came of it."""

    async def run(*people, mode="SNAPSHOT", source="feed", viewer="Pat", dry_run=False, given=None, **said):
        said.setdefault("threshold", 1.0)
        feed = Feed(source, SyncMode(mode), **said)
        found = await run_feed(
            database,
            world.viewer(viewer),
            feed,
            lines(*people) if given is None else given,
            dry_run=dry_run,
        )
        return Came(found)

    return run
