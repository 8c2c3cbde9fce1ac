"""The files of one embedded PostgreSQL: made, given a password, and rid of whatever still runs in them.

Used by the watchdog, and standard library only as that is. `cluster/` is PostgreSQL's own folder; `password`
beside it is the program's.
"""

import contextlib
import ctypes
import locale
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROLE = "cairn"
DATABASE = "cairn"


@dataclass(frozen=True)
class Order:
    """What the program asks the watchdog for."""

    app: int
    folder: str
    bin: str
    version: int
    uid: int | None
    """Who runs PostgreSQL; None: whoever runs the program."""
    gid: int | None
    settings: dict[str, str]
    port: int | None = None
    """None: any that is free."""
    socket_dir: str | None = None
    """None: one in the folder for temporary files."""


class Failed(Exception):  # noqa: N818  # so the report is called
    """PostgreSQL cannot be had; the message is one sentence."""


class Cluster:
    """A folder of PostgreSQL, in which its programs are run by the user who may."""

    def __init__(self, order: Order, sleep: Callable[[float], None]) -> None:
        self.order = order
        self.sleep = sleep
        """Waits so long, or less if a child ends; may raise what ends everything."""
        self.folder = Path(order.folder)
        self.data = self.folder / "cluster"
        self.password = self.folder / "password"

    def prepare(self) -> None:
        """Sees to a cluster that can be started, and a password for it. Raises `Failed`."""
        for left in self.folder.glob("initdb-*"):
            self.clear(left / "data", patience=2)  # what was told to end takes its shared memory with it
            shutil.rmtree(left, ignore_errors=True)
        self.clear()
        password = secrets.token_urlsafe(24)
        if not self.data.exists():
            self.initialise(password)
        elif not self.password.exists():
            self.single(self.data, f"ALTER ROLE {ROLE} PASSWORD '{password}'")
            write_private(self.password, password)

    def initialise(self, password: str) -> None:
        """Makes it beside its final place: killed at any moment, this leaves nothing that looks done."""
        work = Path(tempfile.mkdtemp(prefix="initdb-", dir=self.folder))
        work.chmod(0o711)
        data, secret = work / "data", work / "secret"
        data.mkdir(mode=0o700)
        self.give(data)
        write_private(secret, password)
        self.give(secret)
        options = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if self.order.version >= 17 else []
        )
        if self.order.settings.get("fsync") == "off":
            options.append("--no-sync")
        self.tool(
            data,
            "initdb",
            *("-D", "{data}", "--pwfile={data}/../secret"),
            *(f"--username={ROLE}", "--auth=scram-sha-256", "--data-checksums", "--no-instructions"),
            *("--encoding=UTF8", "--locale=C", f"--lc-ctype={character_classes()}", *options),
        )
        self.single(data, f"CREATE DATABASE {DATABASE}")
        write_private(self.password, password)
        data.rename(self.data)
        folder = os.open(self.folder, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        shutil.rmtree(work)

    def give(self, path: Path) -> None:
        """To the user who runs PostgreSQL."""
        if self.order.uid is not None and self.order.gid is not None:
            os.chown(path, self.order.uid, self.order.gid)

    def may_enter(self, folder: Path) -> bool:
        """Whether the user who runs PostgreSQL can; tried, for there are more rules than permission bits."""
        if self.order.uid is None:
            return folder.is_dir()
        tried = subprocess.run(  # noqa: S603
            ["/bin/sh", "-c", 'test -x "$0"', str(folder)],
            cwd="/",
            user=self.order.uid,
            group=self.order.gid,
            extra_groups=[],
            check=False,
        )
        return tried.returncode == 0

    # PostgreSQL's programs

    def single(self, data: Path, statement: str) -> None:
        """Executes one statement on a cluster that does not run. Raises `Failed`."""
        settings = {
            "exit_on_error": "on",
            "log_min_error_statement": "panic",  # the statement may hold the password
            "fsync": self.order.settings.get("fsync", "on"),
        }
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        arguments = ("--single", "-j", "-D", "{data}", *flags, "postgres")
        self.tool(data, "postgres", *arguments, said=f"{statement};\n\n")

    def tool(self, data: Path, name: str, *arguments: str, said: str = "") -> None:
        """Runs a program to its end. Raises `Failed`."""
        since = os.fstat(2).st_size
        child = self.spawn(data, name, *arguments, when_we_die=signal.SIGTERM, stdin=subprocess.PIPE)
        assert child.stdin
        try:
            with contextlib.suppress(BrokenPipeError), child.stdin:
                child.stdin.write(said.encode())
            while child.poll() is None:
                self.sleep(0.5)
        finally:
            child.terminate()
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        if child.returncode:
            raise Failed(f"PostgreSQL's {name} failed: {reason(since)} (see {self.folder}/postgres.log).")

    def spawn(
        self,
        data: Path,
        name: str,
        *arguments: str,
        when_we_die: signal.Signals,
        stdin: int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """A program; `{data}` in its arguments is where the data is, its complaints go into the log.

        On behalf of root it is not told a path but handed the open folder: so the data may lie below `/root`
        or any other place that the user `postgres` cannot enter, and no permissions need to be loosened.
        """
        handle = os.open(data, os.O_RDONLY)
        handed_over = self.order.uid is not None and Path("/proc/self/fd").exists()
        place = f"/proc/self/fd/{handle}" if handed_over else str(data)
        try:
            return subprocess.Popen(  # noqa: S603  # the binaries were tried, the arguments are ours
                [f"{self.order.bin}/{name}", *(argument.replace("{data}", place) for argument in arguments)],
                cwd="/",
                env=environment(),
                user=self.order.uid,
                group=self.order.gid,
                extra_groups=None if self.order.uid is None else [],
                stdin=stdin,
                stdout=subprocess.DEVNULL,
                pass_fds=[handle] if handed_over else [],
                preexec_fn=signalled_when_we_die(when_we_die),  # noqa: PLW1509  # there is one thread here
            )
        finally:
            os.close(handle)

    # What still runs

    def postmaster_pid(self, data: Path | None = None) -> list[str]:
        """The lines of that file; none if there is no such file."""
        try:
            return ((data or self.data) / "postmaster.pid").read_text(errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def clear(self, data: Path | None = None, *, patience: float = 0) -> None:
        """Stops what still runs in the cluster, and takes away a pid file that would bar the way.

        PostgreSQL itself refuses to start if the number in an old `postmaster.pid` is today the number of any
        process of the same user. Raises `Failed`.
        """
        data = data or self.data
        if not data.exists():
            return
        lines = self.postmaster_pid(data)
        number = int(lines[0]) if lines and re.fullmatch(r"-?\d+", lines[0]) else 0  # -: no postmaster
        begun = time.monotonic()
        asked = False
        while found := list(residents(data)):
            waited = time.monotonic() - begun
            if waited > 20:
                raise Failed(f"Processes {found} still run in {data} and cannot be killed.")
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    if waited > (10 if number in found else patience):
                        os.kill(pid, signal.SIGKILL)
                    elif pid == number and not asked:
                        asked = True
                        os.kill(pid, signal.SIGINT)
            self.sleep(0.01)
        if number and alive(abs(number)):
            (data / "postmaster.pid").unlink(missing_ok=True)


def residents(data: Path) -> Iterator[int]:
    """PostgreSQL's processes in this folder, by what they are, not by what a file says."""
    here = data.stat()
    if Path("/proc/self/cwd").exists():
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                is_server = (process / "comm").read_text() == "postgres\n"
                if is_server and os.path.samestat((process / "cwd").stat(), here):
                    yield int(process.name)
        return
    listed = subprocess.run(["ps", "-axo", "pid=,command="], capture_output=True, text=True, check=False)  # noqa: S607
    for line in listed.stdout.splitlines():
        pid, _, command = line.strip().partition(" ")
        if "postgres" in command and f"-D {data} " in command:
            yield int(pid)


def alive(pid: int) -> bool:
    """Whether there is a process of that number, whoever's it is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def signalled_when_we_die(number: signal.Signals) -> Callable[[], None] | None:
    """What a child calls before `exec` so that the kernel sends it that signal; None: no such thing here."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    us = os.getpid()

    def ask() -> None:
        prctl(1, int(number))  # PR_SET_PDEATHSIG
        if os.getppid() != us:
            os._exit(1)

    return ask


def environment() -> dict[str, str]:
    """What PostgreSQL sees of ours: no secret, no PG* variable, and its messages are in English."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def character_classes() -> str:
    """The libc locale for what PostgreSQL still asks libc: Unicode, where the system knows it."""
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    return "C.UTF-8"


def reason(since: int) -> str:
    """The last complaint in the log after that position, without its prefix."""
    lines = os.pread(2, 2**16, since).decode(errors="replace").splitlines()
    complaints = [
        match[1] for line in lines if (match := re.search(r"(?:FATAL|PANIC|ERROR|error): +(.*)", line))
    ]
    return (complaints or lines or ["it said nothing"])[-1].rstrip(".")


def write_private(path: Path, text: str) -> None:
    """Makes or replaces a file that only its owner can read, whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}-")
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(handle)
    Path(name).replace(path)
