"""`python tests/bench/search.py DIR`: how long it takes to find a skill among ESCO's 14,000.

DIR has ESCO's CSV files (`skills_en.csv`, `skill_groups.csv`). Each text is asked through the graph in this
process, 20 times; printed are the median and the fastest, in milliseconds, and what came first. On a machine
that does other things meanwhile the fastest says more.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import orjson  # noqa: E402  # the path comes first
from sqlalchemy import text  # noqa: E402

from bench.company import server  # noqa: E402
from cairn.access.viewer import system  # noqa: E402
from cairn.app import schema  # noqa: E402
from cairn.db.engine import database  # noqa: E402
from cairn.db.migrate import migrate  # noqa: E402
from cairn.graph.serve import Answerer, Asked, Standing  # noqa: E402
from cairn.skills.frameworks import import_framework  # noqa: E402
from cairn.skills.readers import esco  # noqa: E402

TEXTS = (
    *("python", "pyhton", "haskel", "manage musical staff", "manag mus staf", "serve beers", "jva"),
    *("project managment", "communicate with customers", "management", "manage", "develop", "c", "c#", "a"),
    *("ict", "custmer servce", "quality assurance of food", "mange stff", "nothing like it xyzzy"),
)
ROUNDS = 20
SEARCH = "query ($text: String!) { skillSearch(text: $text) { nodes { skill { id name } matched score } } }"


async def measure(url: str, folder: Path) -> None:
    """Imports, asks, and prints."""
    await migrate(url)
    async with database(url, pool=1) as opened:
        async with opened.transaction() as tx:
            reading = esco.read(folder)
            await import_framework(tx, system("bench"), about=reading.about, skills=reading.skills)
        async with opened.transaction() as tx:
            await tx.execute(text("analyze skill, skill_text, skill_word"))
        answerer, standing = Answerer(schema(), opened), Standing(system("bench"))
        medians, fastest = [], []
        for each in TEXTS:
            times, body = [], b""
            for _ in range(ROUNDS):
                began = time.perf_counter()
                body = await answerer.answer(Asked(SEARCH, None, {"text": each}), standing) or b""
                times.append(1_000 * (time.perf_counter() - began))
            nodes = orjson.loads(body)["data"]["skillSearch"]["nodes"]
            medians.append(statistics.median(times))
            fastest.append(min(times))
            first = nodes[0]["matched"] if nodes else "-"
            print(f"{each:28} {medians[-1]:6.1f} {fastest[-1]:6.1f}  {first}")
        print(f"{'the slowest':28} {max(medians):6.1f} {max(fastest):6.1f}")


def main() -> None:
    """Runs it on a PostgreSQL of its own."""
    with tempfile.TemporaryDirectory(prefix="cairn-search-") as place, server(Path(place)) as found:
        asyncio.run(measure(found.url, Path(sys.argv[1])))


if __name__ == "__main__":
    main()
