"""A run of a feed that dies: `python -m hris.killed URL`, told on stdin at which statement; each in a fork.

Each line is a number, the source, and 0 or 1: whether it dies before that statement is sent, or just after.
"""

import asyncio
import os
import signal
import sys

from asyncpg.connection import Connection

from cairn.access.viewer import system
from cairn.db.engine import database
from cairn.hris import run as runs
from cairn.hris.intake import Feed
from cairn.hris.run import run_feed
from cairn.hris.tables import SyncMode
from hris.conftest import lines
from hris.staff import after


def dies_at(number, late):
    """Counts what is sent to PostgreSQL, and kills this process at the statement of that number."""
    sent = 0

    def hook(name):
        method = getattr(Connection, name)

        async def counted(self, *args, **kwargs):
            nonlocal sent
            sent += 1
            if sent == number:
                if late:
                    asyncio.get_running_loop().call_later(0.001, os.kill, os.getpid(), signal.SIGKILL)
                else:
                    os.kill(os.getpid(), signal.SIGKILL)
            return await method(self, *args, **kwargs)

        setattr(Connection, name, counted)

    for name in ("execute", "fetch", "fetchval", "prepare", "copy_records_to_table"):
        hook(name)
    return lambda: sent


async def once(url, source):
    async with database(url, pool=2) as opened:
        feed = Feed(source, SyncMode.SNAPSHOT, idempotency_key="one", threshold=0.5)
        await run_feed(opened, system("test"), feed, lines(*after(source)))


def main(url):
    runs.CHUNK = 8
    for line in sys.stdin:
        number, source, late = line.split()
        child = os.fork()
        if child == 0:
            count = dies_at(int(number), late == "1")
            asyncio.run(once(url, source))
            os.write(1, f"{count()}\n".encode())
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            os.write(1, b"died\n")
        elif status:
            os.write(1, b"failed\n")


if __name__ == "__main__":
    main(sys.argv[1])
