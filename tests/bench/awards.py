"""`python tests/bench/awards.py`: ten thousand awards made and signed in one go, and the page of one of them.

A worker signs them, is killed in the middle, and another goes on; how far they are is asked in the graph. CPU
is of the processes that award and sign, without PostgreSQL. It ends with 1 where a promise is broken, or an
award was signed twice or not at all.
"""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).resolve().parents[1])

import orjson  # noqa: E402  # the path comes first
from httpx2 import ASGITransport, AsyncClient  # noqa: E402
from sqlalchemy import text  # noqa: E402

from bench.company import server  # noqa: E402
from bench.large import measured  # noqa: E402
from cairn.access.viewer import system  # noqa: E402
from cairn.app import application, schema  # noqa: E402
from cairn.credentials.award import published  # noqa: E402
from cairn.credentials.award_many import MOST, AwardDraft, award_rows  # noqa: E402
from cairn.credentials.define import CredentialText, define_credential  # noqa: E402
from cairn.credentials.tables import AwardedBy, CredentialKind  # noqa: E402
from cairn.db.engine import Database, database  # noqa: E402
from cairn.db.migrate import migrate  # noqa: E402
from cairn.graph.scalars import Duration, global_id  # noqa: E402
from cairn.graph.serve import Answerer, Asked, Standing  # noqa: E402
from cairn.requirements.tree import All  # noqa: E402
from cairn.settings import settings  # noqa: E402

MANY = 10_000
CPU = 20.0
"""Milliseconds of CPU that one award takes at most, made and signed, as JSON and as a JWT."""
PAGE = 50.0
"""Milliseconds of server time that the page of an award takes at most."""
ADDRESS = "https://bench.example"
PEOPLE = f"""
insert into employee (id, given_name, family_name, display_name, email, locale, time_zone, attributes,
    kept_locally, created_at, changed_at)
  select gen_random_uuid(), 'Given' || n, 'Family' || n, 'Given' || n || ' Family' || n,
    'user' || n || '@example.org', 'en', 'UTC', '{{}}', '{{}}', now(), now() from generate_series(1, {MANY}) n
"""
PROGRESS = """query ($id: ID!) { credential(id: $id) {
  awards { totalCount }
  signed: awards(where: {signedAt: {isNull: false}}) { totalCount }
} }"""
ONCE = """
select (select count(*) from award), (select count(distinct employee_id) from award),
  (select count(*) from signed_document), (select count(distinct award_id) from signed_document),
  (select count(*) from status_entry)
"""


async def awarded(opened: Database) -> tuple[Any, float]:
    """The credential, and the milliseconds of CPU that it took to award it to everybody."""
    viewer = system("bench")
    async with opened.transaction() as tx:
        await tx.execute(text(PEOPLE))
        found = await define_credential(
            tx,
            viewer,
            code="bench",
            kind=CredentialKind.CERTIFICATE,
            text=CredentialText("Bench", "Sits on it.", "Sit down.", 10),
            requirement=All(()),
            awarded_by=AwardedBy.APPROVAL,
            validity=Duration("P2Y"),
        )
        people = (await tx.execute(text("select id from employee order by id"))).scalars().all()
    start = time.process_time()
    for first in range(0, MANY, MOST):
        async with opened.transaction() as tx:
            rows = [AwardDraft(each) for each in people[first : first + MOST]]
            await award_rows(tx, viewer, await published(tx, found.id), rows)
    return found.id, 1000 * (time.process_time() - start)


async def told(answerer: Answerer, credential: Any) -> int:
    """How many are signed, as the graph says it."""
    asked = Asked(PROGRESS, None, {"id": global_id("Credential", credential)})
    body = await answerer.answer(asked, Standing(system("bench")))
    assert body is not None
    found = orjson.loads(body)["data"]["credential"]
    assert found["awards"]["totalCount"] == MANY
    return int(found["signed"]["totalCount"])


async def signed(url: str, folder: Path, answerer: Answerer, credential: Any) -> tuple[float, float]:
    """Milliseconds of CPU, and seconds, that workers took, of whom the first is killed in the middle."""
    environment = {**os.environ, "CAIRN_DATABASE_URL": url, "CAIRN_DATA_DIR": str(folder)}
    cpu, start, shown = 0.0, time.perf_counter(), 0
    for until in (MANY // 2, MANY):
        worker = subprocess.Popen([sys.executable, "-m", "cairn", "work"], env=environment)
        while (done := await told(answerer, credential)) < until:
            assert worker.poll() is None, "the worker is gone"
            if done >= shown + 1_000:
                shown = done - done % 1_000
                print(f"       {done:6} of {MANY} are signed", flush=True)
            await asyncio.sleep(0.5)
        worker.send_signal(signal.SIGKILL)
        _, _, used = os.wait4(worker.pid, 0)
        worker.returncode = -signal.SIGKILL
        cpu += 1000 * (used.ru_utime + used.ru_stime)
    return cpu, time.perf_counter() - start


async def page_of_one(opened: Database) -> float:
    """Milliseconds that the page of an award takes."""
    async with opened.transaction() as tx:
        award = (await tx.execute(text("select min(id::text) from award"))).scalar_one()
    app = application(opened, [], ADDRESS)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url=ADDRESS) as client,
    ):

        async def show() -> None:
            found = await client.get(f"/credentials/{award}", headers={"accept": "text/html"})
            assert found.status_code == 200, found.text

        [took] = await measured(100, show)
    return took


async def main() -> int:
    """Awards, signs, and looks at one; 1 where a promise was broken."""
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as name, server(Path(name) / "pg") as running:
        os.environ["CAIRN_PUBLIC_URL"] = ADDRESS
        os.environ["CAIRN_DATA_DIR"] = name
        settings.cache_clear()
        await migrate(running.url)
        async with database(running.url, pool=2) as opened:
            credential, making = await awarded(opened)
            answerer = Answerer(schema(), opened)
            signing, seconds = await signed(running.url, Path(name), answerer, credential)
            async with opened.transaction() as tx:
                counts = set((await tx.execute(text(ONCE))).one())
            page = await page_of_one(opened)
    each = (making + signing) / MANY
    broken = (each > CPU) + (page > PAGE) + (counts != {MANY})
    print(f"{MANY} awards, a worker killed in the middle: {seconds:.0f} s, none twice: {counts == {MANY}}")
    for what, took, most in (("CPU of an award, made and signed", each, CPU), ("its page", page, PAGE)):
        print(f"{'kept' if took <= most else 'BROKEN':7}{what:58}{took:9.1f} ms (at most {most:g})")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
