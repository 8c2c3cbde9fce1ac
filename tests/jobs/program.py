"""A worker as a process: `python -m jobs.program URL`; SIGTERM stops it."""

import asyncio
import signal
import sys

from cairn.db.engine import database
from cairn.jobs import schedule
from cairn.jobs.worker import work
from jobs.sample import QUICK


async def main(url):
    stop = asyncio.Event()
    schedule.schedules.clear()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with database(url, pool=4) as opened:
        await work(opened, url, stop=stop, pace=QUICK)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
