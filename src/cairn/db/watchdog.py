"""The process that keeps one embedded PostgreSQL exactly as long as the program that asked for it lives.

Run as `python -m cairn.db.watchdog ORDER`, standard library only, so that it is up in 30 ms. It has a session
of its own: Ctrl-C in a terminal reaches the program and not PostgreSQL. Standard input is a pipe from the
program; when it closes or says anything, PostgreSQL is shut down. Standard output reports, one JSON object a
line, with `ready`, `lost` or `failed`. Standard error is the server's log.

Who is killed, and what follows:

- the program: the pipe closes; fast shutdown.
- this process: the kernel sends the postmaster SIGQUIT (Linux), and the program starts another watchdog,
  which stops whatever is left (everywhere).
- the postmaster: its orphans are killed and it is started again on the same port.
- all of them: PostgreSQL's processes see that the postmaster is gone and end; the next start recovers.

The lock is held by this process alone, never by the server: whoever holds it knows that anything that still
runs in the folder is an orphan.
"""

import contextlib
import hashlib
import json
import os
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

if sys.platform != "win32":
    import fcntl

from cairn.db.cluster import Cluster, Failed, Order, alive, reason

LOG_LIMIT = 8 * 2**20
#: The smallest `sun_path` (macOS) has 104 bytes; `/.s.PGSQL.65535` and a zero byte are 16.
SOCKET_DIR_LIMIT = 104 - 16
#: A program killed a moment ago still looks alive, and its watchdog has not said yet that it stops.
DOUBT = 0.5


class Closed(Exception):  # noqa: N818  # it is no error
    """The program is gone, or wants PostgreSQL stopped."""


class Watchdog:
    """Holds the lock of one folder and keeps the server in it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.folder = Path(order.folder)
        self.cluster = Cluster(order, self.sleep)
        self.lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        self.server: subprocess.Popen[bytes] | None = None
        self.woken, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        # A handler and not SIG_IGN, which children would inherit. A session manager that signals everyone
        # must not stop the server before the program has closed its connections.
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

    def run(self) -> None:
        """Everything, until the program has gone."""
        try:
            self.claim()
            try:
                self.keep()
            finally:
                self.note(stopping=True)
                self.stop()
        except Closed:
            pass
        except Failed as failed:
            with contextlib.suppress(Closed):
                self.tell(failed=str(failed))
        except OSError as error:
            with contextlib.suppress(Closed):
                self.tell(failed=f"PostgreSQL cannot be kept in {self.folder}: {error}.")

    def keep(self) -> NoReturn:
        """Starts the server, and again whenever it ends. Raises `Closed`, or `Failed` if it never ran."""
        self.cluster.prepare()
        self.start()
        pause = 0.0
        while True:
            begun = time.monotonic()
            while self.server and self.server.poll() is None:
                self.sleep(0.5)
                bound(self.folder / "postgres.log")
            self.tell(lost=self.server and self.server.returncode)
            # A server that ends at once for ever (a full disk) is tried for ever, but not in a tight loop.
            pause = 0.0 if time.monotonic() - begun > 5 else min(2 * pause + 0.1, 5.0)
            until = time.monotonic() + pause
            while (left := until - time.monotonic()) > 0:
                self.sleep(left)
            with contextlib.suppress(Failed):  # the log has the reason
                self.start()

    # The program and the lock

    def sleep(self, seconds: float) -> None:
        """At most so long, less if a child ends. Raises `Closed`."""
        ready, _, _ = select.select([0, self.woken], [], [], seconds)
        # The second condition is for a program that had forked: the fork holds the pipe open.
        if 0 in ready or os.getppid() != self.order.app:
            raise Closed
        if self.woken in ready:
            os.read(self.woken, 4096)

    def tell(self, **report: Any) -> None:
        """Raises `Closed` if nobody listens."""
        try:
            os.write(1, json.dumps(report).encode() + b"\n")
        except BrokenPipeError:
            raise Closed from None

    def claim(self) -> None:
        """Takes the lock of the folder. Raises `Failed` if another program holds it and means to go on."""
        begun = time.monotonic()
        while not take(self.lock):
            holder = read_lock(self.lock)
            going_on = not holder.get("stopping", True) and alive(holder["app"])
            if going_on and time.monotonic() - begun > DOUBT:
                raise Failed(
                    f"The data folder {self.folder} is in use by process {holder['app']}: stop that process "
                    "first, or set CAIRN_DATA_DIR to another folder."
                )
            self.sleep(0.01)
        self.note()

    def note(self, *, stopping: bool = False) -> None:
        """Says in the lock file who we are, for whoever finds it locked."""
        said: dict[str, Any] = {"app": self.order.app, "watchdog": os.getpid(), "stopping": stopping}
        if self.server:
            said |= {"server": self.server.pid, "port": self.order.port, "socket_dir": self.order.socket_dir}
        line = json.dumps(said).encode()
        with contextlib.suppress(OSError):  # a full disk must not keep the server from being stopped
            os.pwrite(self.lock, line, 0)
            os.ftruncate(self.lock, len(line))

    # The server

    def start(self) -> None:
        """Returns when it takes connections. Raises `Failed`, `Closed`."""
        self.open_socket_dir()
        while True:
            port = self.order.port or free_port()
            since = os.fstat(2).st_size
            self.cluster.clear()
            self.launch(port)
            if self.becomes_ready():
                break
            why = reason(since)
            taken_meanwhile = "could not create any TCP/IP sockets" in why and not self.order.port
            # Where /proc does not show them, orphans are left to notice by themselves that they should end.
            orphans = "shared memory" in why and "still in use" in why
            if not taken_meanwhile and not orphans:
                raise Failed(f"PostgreSQL did not start: {why} (see {self.folder}/postgres.log).")
            self.sleep(0.1)
        self.order = replace(self.order, port=port)
        self.note()
        assert self.server
        self.tell(ready=self.server.pid, port=port, socket_dir=self.order.socket_dir)

    def launch(self, port: int) -> None:
        """Starts the postmaster; what the supervisor decides comes last, so it cannot be overridden."""
        settings = {
            "jit": "off",  # it compiles for longer than our statements run
            "shared_buffers": "128MB",
            "max_connections": "200",
            "wal_level": "replica",
            **self.order.settings,
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
            "listen_addresses": "127.0.0.1",
            "port": str(port),
            "unix_socket_directories": str(self.order.socket_dir),
            "unix_socket_permissions": "0700",
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.server = self.cluster.spawn(
            self.cluster.data, "postgres", "-D", "{data}", *flags, when_we_die=signal.SIGQUIT
        )

    def becomes_ready(self) -> bool:
        """Follows the last line of `postmaster.pid`, the state; `pg_ctl -w` looks only ten times a second."""
        while self.server and self.server.poll() is None:
            lines = self.cluster.postmaster_pid()
            if len(lines) > 7 and lines[0] == str(self.server.pid) and lines[7].strip() == "ready":
                return True
            self.sleep(0.005)
        return False

    def stop(self) -> None:
        """Fast, then immediate, then by force; and the orphans, if somebody else did that. Raises nothing."""
        for number, seconds in ((signal.SIGINT, 30), (signal.SIGQUIT, 6), (signal.SIGKILL, 6)):
            if not self.server or self.server.poll() is not None:
                break
            self.server.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.wait(seconds)
        if not self.server or self.server.returncode:
            with contextlib.suppress(OSError, Failed):
                Cluster(self.order, time.sleep).clear()
        if self.order.socket_dir:
            with contextlib.suppress(OSError):
                empty(Path(self.order.socket_dir)).rmdir()

    # The socket

    def open_socket_dir(self) -> None:
        """A folder with a short name that only the user who runs PostgreSQL can enter. Raises `Failed`."""
        # With the inode: the path may be deleted and made anew while a server in the old one still stops.
        which = f"{self.folder} {self.folder.stat().st_ino}"
        name = "cairn-" + hashlib.sha256(os.fsencode(which)).hexdigest()[:12]
        bases = dict.fromkeys((tempfile.gettempdir(), "/tmp", "/var/tmp"))  # noqa: S108  # the name is checked below
        chosen = self.order.socket_dir
        for path in [Path(chosen)] if chosen else [Path(base) / name for base in bases]:
            if len(os.fsencode(path)) > SOCKET_DIR_LIMIT or not self.cluster.may_enter(path.parent):
                continue
            with contextlib.suppress(OSError):
                self.order = replace(self.order, socket_dir=str(empty(self.own_folder(path))))
                return
        raise Failed(
            f"No folder for PostgreSQL's socket in {', '.join(bases)}: set TMPDIR to one with a short name."
        )

    def own_folder(self, path: Path) -> Path:
        """That path, or another beside it if somebody else has taken the name."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            there = path.lstat()
            owner = os.geteuid() if self.order.uid is None else self.order.uid
            if stat.S_ISDIR(there.st_mode) and there.st_uid == owner and not there.st_mode & 0o077:
                return path
            path = Path(tempfile.mkdtemp(prefix="cairn-", dir=path.parent))
        self.cluster.give(path)
        return path


def take(lock: int) -> bool:
    """Whether the lock is ours now."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def read_lock(lock: int) -> dict[str, Any]:
    """What the holder says about itself; nothing while it is writing that."""
    try:
        said = json.loads(os.pread(lock, 4096, 0))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def empty(socket_dir: Path) -> Path:
    """Without the sockets that a killed server has left there."""
    for left in socket_dir.glob(".s.PGSQL.*"):
        left.unlink()
    return socket_dir


def free_port() -> int:
    """One that was free a moment ago; if it is taken meanwhile, the server says so and gets another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def bound(log: Path) -> None:
    """Keeps the log and its predecessor within the limit; the server goes on writing to the same file."""
    if os.fstat(2).st_size > LOG_LIMIT:
        with contextlib.suppress(OSError):
            shutil.copyfile(log, log.with_suffix(".log.1"))
        os.ftruncate(2, 0)


if __name__ == "__main__":
    Watchdog(Order(**json.loads(sys.argv[1]))).run()
