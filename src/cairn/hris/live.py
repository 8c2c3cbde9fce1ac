"""What is told of runs of feeds as they come further."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from cairn.access.permissions import Permission
from cairn.access.viewer import Viewer
from cairn.graph.stream import stream
from cairn.hris.push import RunId
from cairn.hris.tables import SYNC_RUN
from cairn.jobs.live import Ear, Wish, keys

keys(SYNC_RUN, "select id, 'run', id from unnest($1::uuid[]) asked(id)")


async def sync_run_progress(
    ear: Ear, viewer: Viewer, *, run: RunId | None = None
) -> AsyncGenerator[RunId, None]:
    """Each run of a feed as it begins, has received more lines, is being applied, and is applied or refused.

    For those who may read people's records. A run is applied at once and whole: `progress` tells how far that
    has come, and what it changes is seen at its end.

    Args:
        run: Only this run.
    """
    if not viewer.may(Permission.READ_PEOPLE):
        return
    keys_ = frozenset() if run is None else frozenset([("run", run)])
    async with aclosing(ear.hear(Wish(SYNC_RUN, keys_))) as heard:
        async for further in heard:
            yield further


stream(sync_run_progress)
