"""An embedded PostgreSQL: a real one in the data folder, which lives as long as the program that started it.

    server = start(Path(".cairn/postgres"))
    server.url                              # postgresql://…, for asyncpg and SQLAlchemy alike
    server.stop()

The folder holds `cluster/` (PostgreSQL's own), `password` (only its owner can read it), `lock` and
`postgres.log`. How the server is kept and what happens when somebody is killed: `watchdog.py`. Which
binaries, and as whom they run on behalf of root: `binaries.py`.

Deleting the folder deletes everything. A folder that root has below `/root` stays there: PostgreSQL runs as
another user, and is handed the folder as an open file instead of a path to walk (`Cluster.spawn`).
"""

import atexit
import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from urllib.parse import quote

from cairn.db import binaries
from cairn.db.binaries import PostgresError
from cairn.db.cluster import DATABASE, ROLE, Order
from cairn.db.watchdog import read_lock, take

__all__ = ["PostgresError", "Server", "running", "start", "url_of"]

log = logging.getLogger(__name__)


class Server:
    """A PostgreSQL that is started again if it is killed, until `stop` or the end of this process."""

    pid: int
    """The postmaster's; another one after it was started again."""
    port: int
    socket_dir: Path
    failure: str | None = None
    """Why there is none any more and none will come: say, another program took the folder."""

    def __init__(self, order: Order) -> None:
        self.data_dir = Path(order.folder)
        self._order = order
        self._settled = threading.Event()
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._watchdog = self._spawn()
        self._thread = threading.Thread(target=self._attend, name="embedded PostgreSQL", daemon=True)
        self._thread.start()
        atexit.register(self.stop)

    def __repr__(self) -> str:
        return f"<Server {self.data_dir}>"

    @property
    def watchdog(self) -> int:
        """The watchdog's process id; another one after it was killed."""
        return self._watchdog.pid

    @property
    def url(self) -> str:
        """Of the database `cairn`, by the socket, with the password; the same for as long as this object."""
        return self.url_for(DATABASE)

    def url_for(self, database: str) -> str:
        """Of any database, by the socket, with the password."""
        return _url(self.data_dir, self.socket_dir, self.port, database)

    @property
    def tcp_url(self) -> str:
        """For a program that knows no sockets."""
        password = (self.data_dir / "password").read_text()
        return f"postgresql://{ROLE}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def wait(self, seconds: float) -> None:
        """Until the first start has succeeded. Raises `PostgresError`; then nothing is left running."""
        if not self._settled.wait(seconds):
            self.stop()
            raise PostgresError(
                f"PostgreSQL was not ready within {seconds:g} seconds: read {self.data_dir}/postgres.log, or "
                "set CAIRN_DATABASE_URL to a server of your own."
            )
        if self.failure:
            self.stop()
            raise PostgresError(self.failure)

    def stop(self) -> None:
        """Shuts PostgreSQL down, which closes what connections there are, and returns when it has ended."""
        if os.getpid() != self._order.app:  # a fork has a copy of this object, and of the hook at exit
            return
        atexit.unregister(self.stop)
        with self._guard:
            self._stopping.set()
            _close(self._watchdog)
        self._thread.join()

    def _spawn(self) -> subprocess.Popen[bytes]:
        log_file = os.open(self.data_dir / "postgres.log", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            return subprocess.Popen(  # noqa: S603  # our own interpreter and module
                [sys.executable, "-S", "-P", "-m", "cairn.db.watchdog", json.dumps(asdict(self._order))],
                cwd="/",
                env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log_file,
                start_new_session=True,
            )
        finally:
            os.close(log_file)

    def _attend(self) -> None:
        """The thread: hears the watchdog, and replaces it if it is killed."""
        pause = 0.0
        while True:
            watchdog, begun = self._watchdog, time.monotonic()
            assert watchdog.stdout
            with watchdog.stdout:
                for line in watchdog.stdout:
                    self._hear(line)
            watchdog.wait()
            if not self._settled.is_set() and not self.failure:
                self.failure = (
                    f"PostgreSQL's watchdog ended before the server was ready (exit {watchdog.returncode}): "
                    f"read {self.data_dir}/postgres.log."
                )
            pause = 0.0 if time.monotonic() - begun > 5 else min(2 * pause + 0.1, 5.0)
            if not self.failure:
                self._stopping.wait(pause)
            with self._guard:
                _close(watchdog)
                if not self.failure and not self._stopping.is_set():
                    log.warning("PostgreSQL's watchdog, process %s, was killed; another starts", watchdog.pid)
                    try:
                        self._watchdog = self._spawn()
                        continue
                    except OSError as error:
                        self._fail(f"PostgreSQL's watchdog cannot be started again: {error}.")
                self._settled.set()
                return

    def _hear(self, line: bytes) -> None:
        report = json.loads(line)
        if "ready" in report:
            if self._settled.is_set():
                log.warning("PostgreSQL runs again, as process %s", report["ready"])
            self.pid, self.port, self.socket_dir = report["ready"], report["port"], Path(report["socket_dir"])
            self._order = replace(self._order, port=self.port, socket_dir=report["socket_dir"])
            self._settled.set()
        elif "lost" in report:
            log.warning("PostgreSQL ended by itself (exit %s) and is started again", report["lost"])
        else:
            self._fail(report["failed"])

    def _fail(self, sentence: str) -> None:
        self.failure = sentence
        if self._settled.is_set():  # else `wait` raises it
            log.error("%s", sentence)


def start(data_dir: Path, *, settings: Mapping[str, str] | None = None, timeout: float = 60) -> Server:
    """A PostgreSQL in that folder, made if it is not there, once it takes connections.

    `settings` are PostgreSQL's, such as `{"fsync": "off"}` for tests; where it listens is not among them.
    Blocks; call it before an event loop runs. Raises `PostgresError`.
    """
    if sys.platform == "win32":
        raise PostgresError("There is no embedded PostgreSQL on Windows: set CAIRN_DATABASE_URL to a server.")
    folder = data_dir.absolute()
    data = folder / "cluster"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        version = int((data / "PG_VERSION").read_text()) if data.exists() else None
        runner = binaries.account(data)
        found = binaries.find(runner, version)
        server = Server(
            Order(
                app=os.getpid(),
                folder=str(folder.resolve()),
                bin=str(found.bin),
                version=found.version,
                uid=runner.uid if runner else None,
                gid=runner.gid if runner else None,
                settings=dict(settings or {}),
            )
        )
    except (OSError, ValueError) as error:
        raise PostgresError(
            f"The data folder {folder} cannot be used ({error}): set CAIRN_DATA_DIR to a folder of yours."
        ) from error
    server.wait(timeout)
    return server


@contextmanager
def running(
    data_dir: Path, *, settings: Mapping[str, str] | None = None, timeout: float = 60
) -> Iterator[Server]:
    """`start`, and `stop` at the end."""
    server = start(data_dir, settings=settings, timeout=timeout)
    try:
        yield server
    finally:
        server.stop()


def url_of(data_dir: Path) -> str | None:
    """Of the server that a process keeps in that folder; None: there is none that takes connections."""
    try:
        lock = os.open(data_dir / "lock", os.O_RDWR)
    except OSError:
        return None
    try:
        holder = {} if take(lock) else read_lock(lock)
    finally:
        os.close(lock)
    if "server" not in holder or holder["stopping"]:
        return None
    return _url(data_dir, Path(holder["socket_dir"]), holder["port"], DATABASE)


def _url(data_dir: Path, socket_dir: Path, port: int, database: str) -> str:
    password = (data_dir / "password").read_text()
    return f"postgresql://{ROLE}:{password}@/{quote(database)}?host={quote(str(socket_dir))}&port={port}"


def _close(watchdog: subprocess.Popen[bytes]) -> None:
    """Says that it should stop; to close alone would not, if a fork of ours holds the pipe too."""
    assert watchdog.stdin
    if not watchdog.stdin.closed:
        with suppress(BrokenPipeError):
            watchdog.stdin.write(b"\n")
            watchdog.stdin.close()
