"""`cairn bench`: Cairn, the same in the common idiom, and the limit, measured in turn and in one run.

`viewer` is also asked of a Cairn that looks at no session, to see what that costs.

All serve the same database to the same signed-in viewer by the same cookie, each as one uvicorn worker
with as many connections. They give equal data, which is checked before anything is measured. A round measures
each of them for a while; figures are medians over the rounds, and ratios are taken within a round, so that
noise on the machine hits all alike.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import asyncpg

from bench import company
from bench.figures import KINDS, BenchError, Figures, Result, table
from bench.operations import Operation, Sample, operations
from cairn.db.engine import COMPANY, SHARED
from cairn.settings import settings

COOKIE = "__Host-cairn"
WARM_UP = 0.7
"""Seconds before the first round: every connection has then prepared its statement, and settled on a plan."""
TOGETHER = (("viewer",), ("profile",), ("page",), ("matrix", "matrix-at"), ("first", "deep"))
"""Operations whose costs are compared with one another take turns in one round."""
ALONE = {"unchecked": {"viewer"}}
"""The servers that are asked some operations only."""
VIEWERS = {"admin": "0", "manager": "1"}
"""The numbers of those who ask; the manager has a seventh of the company below."""


class Child:
    """A process of ours that listens to its standard input and ends with it."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=_environment(),
        )
        self.pid = self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def ask(self, line: str) -> str:
        """Says a line and hears the answer."""
        assert self._process.stdin
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self.hear()

    def hear(self) -> str:
        """Its next line. Raises `BenchError` where it has ended."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise BenchError(f"{' '.join(map(str, self._process.args))} ended with {self._process.wait()}")  # type: ignore[arg-type]
        return line

    @property
    def most_megabytes(self) -> float:
        """The most that it has held in memory since it began; on Linux only."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024  # type: ignore[index]

    @property
    def megabytes(self) -> float:
        """What it holds in memory."""
        listed = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.pid)], capture_output=True, text=True, check=True
        )
        return int(listed.stdout) / 1024


def _environment() -> dict[str, str]:
    import os  # noqa: PLC0415

    tests = str(Path(__file__).resolve().parents[1])
    return {**os.environ, "PYTHONPATH": tests}


class Server(Child):
    """One of those that are measured."""

    def __init__(self, kind: str, url: str, viewer: str, token: str) -> None:
        super().__init__("bench.server", kind, url, viewer)
        self.kind = kind
        self._token = token
        self.port = 0
        self.after: dict[tuple[str, int], str] = {}
        """Cairn's own cursors for the places that samples start from."""

    def __enter__(self) -> Self:
        self.port = int(self.hear())
        return self

    def request(self, operation: Operation, number: int) -> tuple[str, str, bytes | None]:
        """The method, path and body that ask for an operation."""
        sample = operation.samples[number]
        if self.kind == "limit":
            return "GET", operation.path(sample), None
        return "POST", "/graphql", operation.graphql(sample, self.after.get((operation.name, number)))

    def raw(self, operation: Operation, number: int) -> str:
        """The same as it goes over the wire."""
        method, path, body = self.request(operation, number)
        head = [
            f"{method} {path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            *(f"{name}: {value}" for name, value in self._headers(body).items()),
        ]
        if body is not None:
            head.append(f"Content-Length: {len(body)}")
        return "\r\n".join(head) + "\r\n\r\n" + (body or b"").decode("latin-1")

    def _headers(self, body: bytes | None) -> dict[str, str]:
        found = {"Cookie": f"{COOKIE}={self._token}", "Accept": "application/json", "User-Agent": "bench"}
        return found if body is None else {**found, "Content-Type": "application/json"}

    def get(self, path: str) -> bytes:
        """What is at a path."""
        request = Request(f"http://127.0.0.1:{self.port}{path}", headers=self._headers(None))
        with urlopen(request, timeout=120) as response:
            return bytes(response.read())

    def data(self, operation: Operation, number: int = 0) -> Any:
        """What it answers. Raises `BenchError` where that is an error."""
        method, path, body = self.request(operation, number)
        request = Request(f"http://127.0.0.1:{self.port}{path}", body, self._headers(body), method=method)
        try:
            with urlopen(request, timeout=30) as response:
                answer = json.load(response)
        except HTTPError as error:
            raise BenchError(
                f"{self.kind} answers {operation.name} with {error.code}: {error.read(500)!r}"
            ) from None
        if self.kind == "limit":
            return answer
        if answer.get("errors"):
            raise BenchError(f"{self.kind} answers {operation.name} with {str(answer['errors'])[:500]}")
        return answer["data"]


class Bench:
    """The servers, the load, and what is asked of them."""

    def __init__(
        self, servers: Sequence[Server], load: Child, asked: Sequence[Operation], say: Callable[[str], None]
    ) -> None:
        self.servers = servers
        self.load = load
        self.operations = {operation.name: operation for operation in asked}
        self.say = say

    def asked(self, name: str) -> list[Server]:
        """The servers that an operation is asked of."""
        return [server for server in self.servers if name in ALONE.get(server.kind, self.operations)]

    def find_cursors(self) -> None:
        """Has Cairn walk its list to the places that the samples start from, for its cursors are its own."""
        if not {"first", "deep"} <= set(self.operations):
            return
        deep = self.operations["deep"]
        wanted = {sample.parameters["id"]: number for number, sample in enumerate(deep.samples)}
        walk = Operation(
            "walk",
            "",
            deep.document.replace("after: $after", "after: $after")
            .replace("first: 50", "first: 25")
            .replace("String!", "String"),
            [Sample({}, {})],
        )
        for server in self.servers:
            if server.kind == "cairn":
                self._walk(server, walk, wanted)

    @staticmethod
    def _walk(server: Server, walk: Operation, wanted: Mapping[str, int]) -> None:
        missing = dict(wanted)
        while missing:
            page = server.data(walk)["employees"]
            last = page["nodes"][-1]["id"].partition(":")[2]
            cursor = server.after["walk", 0] = page["pageInfo"]["endCursor"]
            if last in missing:
                server.after["deep", missing.pop(last)] = cursor
            elif not page["pageInfo"]["hasNextPage"]:
                raise BenchError(f"the list ends before {len(missing)} places that it should have")

    def check(self) -> None:
        """That all give equal data. Raises `BenchError`."""
        for operation in self.operations.values():
            for number in {0, len(operation.samples) // 2, len(operation.samples) - 1}:
                found = {
                    server.kind: _comparable(server.data(operation, number))
                    for server in self.asked(operation.name)
                }
                first, *others = found.items()
                for kind, data in others:
                    if data != first[1]:
                        raise BenchError(
                            f"{first[0]} and {kind} differ on {operation.name}: {_difference(first[1], data)}"
                        )

    def measure(self, seconds: float, rounds: int, connections: int) -> dict[str, dict[str, Figures]]:
        """All operations on all servers."""
        figures = {name: {server.kind: Figures() for server in self.asked(name)} for name in self.operations}
        for group in TOGETHER:
            names = [name for name in group if name in self.operations]
            each = seconds / rounds
            for number in range(-1, rounds):
                for name in names:
                    for server in self.asked(name)[:: 1 if number % 2 == 0 else -1]:
                        time = WARM_UP if number < 0 else each
                        found = self._load(server, self.operations[name], time, connections)
                        if number >= 0:
                            figures[name][server.kind].add(found)
            for name in names:
                rates = ", ".join(f"{kind} {each.rate:,.0f}/s" for kind, each in figures[name].items())
                self.say(f"{self.operations[name].title}: {rates}")
        return figures

    def _load(self, server: Server, operation: Operation, seconds: float, connections: int) -> Any:
        order = {
            "port": server.port,
            "requests": [server.raw(operation, number) for number in range(len(operation.samples))],
            "connections": connections,
            "seconds": seconds,
        }
        return json.loads(self.load.ask(json.dumps(order)))

    async def count(self, url: str, figures: Mapping[str, Mapping[str, Figures]]) -> None:
        """How many statements each operation takes, and how many bytes it is answered with."""
        ask = asyncio.get_running_loop().run_in_executor
        async with company.counting(url) as connection:
            for name, operation in self.operations.items():
                for server in self.asked(name):
                    counts = []
                    for _ in range(3):  # a note of the session's use may fall into one of them
                        await connection.fetch(f"select {SHARED}.pg_stat_statements_reset()")
                        data = await ask(None, partial(server.data, operation))
                        counts.append(await connection.fetchval(_CALLS))
                    figures[name][server.kind].statements = int(min(counts))
                    figures[name][server.kind].bytes = len(json.dumps(data, separators=(",", ":")))


_CALLS = f"""
select coalesce(sum(calls), 0) from {SHARED}.pg_stat_statements where query not like '%pg_stat_%'
"""


def _comparable(data: Any) -> Any:
    """Without cursors, which are each server's own."""
    match data:
        case dict():
            return {key: _comparable(value) for key, value in data.items() if key != "endCursor"}
        case list():
            return [_comparable(each) for each in data]
    return data


def _difference(one: Any, other: Any, path: str = "") -> str:
    """Where two answers part."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        for key in one:
            if one[key] != other[key]:
                return _difference(one[key], other[key], f"{path}.{key}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            if a != b:
                return _difference(a, b, f"{path}[{number}]")
    return f"{path or 'answer'}: {json.dumps(one)[:200]} and {json.dumps(other)[:200]}"


async def sign_in(url: str, viewer: str) -> str:
    """A session of an admin, or of somebody who is a manager and nothing else; what its cookie holds."""
    token, now = f"bench-{viewer}", datetime.now(UTC)
    roles = ["EMPLOYEE", "LEARNING_ADMIN", "PEOPLE_ADMIN"] if viewer == "admin" else ["EMPLOYEE"]
    connection = await asyncpg.connect(url, server_settings={"search_path": f"{COMPANY}, {SHARED}"})
    try:
        await connection.execute("delete from session where subject = $1", viewer)
        await connection.execute(
            "insert into session"
            " (id, key, employee_id, issuer, subject, roles, created_at, seen_at, expires_at)"
            " select gen_random_uuid(), $1, id, 'bench', $2, $3, $4, $4, $5"
            " from employee where external_id = $6",
            sha256(token.encode()).digest(),
            viewer,
            roles,
            now,
            now + timedelta(hours=12),
            VIEWERS[viewer],
        )
        await connection.execute("analyze session")
    finally:
        await connection.close()
    return token


async def _operations(url: str, only: Sequence[str], viewer: str = "admin") -> list[Operation]:
    connection = await asyncpg.connect(
        url, server_settings={"search_path": f"{COMPANY}, {SHARED}", "timezone": "UTC"}
    )
    try:
        found = await operations(connection, VIEWERS[viewer])
    finally:
        await connection.close()
    unknown = set(only) - {operation.name for operation in found}
    if unknown:
        raise BenchError(
            f"no operation is called {', '.join(unknown)}; there are {', '.join(o.name for o in found)}"
        )
    return [operation for operation in found if not only or operation.name in only]


@contextmanager
def _servers(kinds: Sequence[str], url: str, viewer: str, token: str) -> Iterator[list[Server]]:
    started: list[Server] = []
    try:
        started = [Server(kind, url, viewer, token) for kind in kinds]
        yield [server.__enter__() for server in started]
    finally:
        for server in started:
            server.__exit__()


def bench(options: argparse.Namespace, say: Callable[[str], None]) -> Result:
    """Runs it. Raises `BenchError`."""
    folder = options.folder or settings().data_dir / "bench"
    with company.server(folder) as postgres:
        if asyncio.run(company.prepare(postgres.url, rebuild=options.rebuild)):
            say("the bench company was built")
        token = asyncio.run(sign_in(postgres.url, options.viewer))
        asked = asyncio.run(_operations(postgres.url, options.only, options.viewer))
        with (
            _servers(options.servers, postgres.url, options.viewer, token) as servers,
            Child("bench.load") as load,
        ):
            run = Bench(servers, load, asked, say)
            run.find_cursors()
            run.check()
            say("all answer alike")
            figures = run.measure(options.seconds, options.rounds, options.connections)
            megabytes = {server.kind: server.megabytes for server in servers}
            asyncio.run(run.count(postgres.url, figures))
    chosen = {name: getattr(options, name) for name in ("seconds", "rounds", "connections")}
    titles = {operation.name: operation.title for operation in asked}
    return Result(titles, figures, megabytes, options.viewer, chosen)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(
        "cairn bench", description="Measures Cairn against the common idiom and the limit."
    )
    made.add_argument("--json", action="store_true", help="print what was found as JSON")
    made.add_argument("--seconds", type=float, default=4.0, help="of load for each operation and server (4)")
    made.add_argument("--rounds", type=int, default=5, help="in which they take turns (5)")
    made.add_argument("--connections", type=int, default=16, help="that are kept busy (16)")
    made.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="OPERATION",
        help="viewer, profile, page, matrix, matrix-at, first, deep",
    )
    made.add_argument(
        "--server", action="append", dest="servers", choices=list(KINDS), help="leave the others out"
    )
    made.add_argument(
        "--viewer",
        choices=["admin", "manager"],
        default="admin",
        help="who asks (admin): for a manager every rule has to be looked up",
    )
    made.add_argument("--rebuild", action="store_true", help="build the company anew")
    made.add_argument("--folder", type=Path, help="where its database is kept (bench in the data folder)")
    return made


def main(argv: Sequence[str]) -> int:
    """The command; 0 where every promise was kept, 1 where one was broken, 2 where it could not be run."""
    options = parser().parse_args(argv)
    options.servers = options.servers or list(KINDS)

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    try:
        result = bench(options, say)
    except BenchError as error:
        print(error, file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(result.told(), indent=2))
    else:
        print(table(result))
    return 0 if all(kept for *_, kept in result.verdicts()) else 1
