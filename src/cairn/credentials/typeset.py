"""Typesetting of certificates: a typst source and facts become a PDF or a picture, within bounds.

The facts are data: one JSON text in `sys.inputs`, never part of the source, so that no name is ever markup.
Each compilation is a process of its own (`confined.py`), some 50 ms, two at a time in a server.
"""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.resources import files
from tempfile import TemporaryDirectory
from typing import Any, Literal

from cairn.access.refusal import Refusal

CPU_SECONDS = 3
"""With reading fonts; a certificate takes a twentieth of one."""
MEMORY = 768 * 2**20
"""Bytes of address space, with the interpreter and the compiler, which take 80 MB of it."""
MOST_PAGES = 4
MOST_BYTES = 10_000_000
SECONDS = 20
"""On the clock, where the processor is busy with other things."""
_ROOM = ThreadPoolExecutor(2, "typeset")
_ENVIRONMENT = {"MALLOC_ARENA_MAX": "1", "RAYON_NUM_THREADS": "1"}
"""With `HOME`, where fonts may be, all of it: nothing of ours, with its secrets, is passed on. There is one
thread, so that the limits mean the same on any machine."""
_TOO_LONG = f"it takes more than {CPU_SECONDS} seconds"
_NO_GLYPH, _NO_FONT = "could not be displayed", "unknown font family"
Form = Literal["pdf", "png"]


@dataclass
class TemplateProblem:
    """Something that the typst compiler says of a template, and where."""

    message: str
    """What it says."""
    line: int | None = None
    """The line of the source, from 1; null where it is of no line."""
    column: int | None = None
    """The character of that line, from 1."""
    hints: list[str] = field(default_factory=list)
    """What it advises, and where the mistake was called from."""

    def __str__(self) -> str:
        place = "" if self.line is None else f"line {self.line}, column {self.column}: "
        return f"{place}{self.message}"


@dataclass
class BrokenTemplate(Refusal):
    """The template does not compile, or takes more than it may: a template reads no file and no package, and is done within 3 seconds, 768 MB and 4 pages."""  # noqa: E501  # it is shown to people as one sentence

    problems: list[TemplateProblem] = field(default_factory=list)
    """What the compiler says, the first of which is the message."""


@dataclass(frozen=True)
class Typeset:
    """What was drawn."""

    body: bytes
    pages: int
    warnings: list[TemplateProblem]


def packed(name: str) -> str:
    """A source that comes with this package."""
    return files("cairn.credentials").joinpath("data", "typst", name).read_text(encoding="utf-8")


async def typeset(source: str, given: Mapping[str, Any], form: Form = "pdf") -> Typeset:
    """Draws a template with those facts: a PDF/A-3, or the first page as a PNG. Raises `BrokenTemplate`.

    Fonts of this machine are asked where those that come along have not what is named or shown. What no font
    can show is a box, and then the PDF is none for the archive.
    """
    return await asyncio.get_running_loop().run_in_executor(_ROOM, _typeset, source, given, form)


def _typeset(source: str, given: Mapping[str, Any], form: Form) -> Typeset:
    job = {
        "frame": packed("frame.typ"),
        "source": source,
        "given": given,
        "form": form,
        "cpu_seconds": CPU_SECONDS,
        "memory": MEMORY,
        "most_pages": MOST_PAGES,
        "most_bytes": MOST_BYTES,
        "system_fonts": False,
        "archival": True,
    }
    try:
        found = _run(job)
        if not any(_NO_FONT in each.message for each in found.warnings):
            return found
    except BrokenTemplate as refusal:
        if not _is_unshown(refusal):
            raise
    try:
        return _run({**job, "system_fonts": True})
    except BrokenTemplate as refusal:
        if not _is_unshown(refusal):
            raise
    return _run({**job, "system_fonts": True, "archival": False})


def _is_unshown(refusal: BrokenTemplate) -> bool:
    return any(_NO_GLYPH in each.message for each in refusal.problems)


def _run(job: Mapping[str, Any]) -> Typeset:
    with TemporaryDirectory(prefix="cairn-") as empty:
        try:
            done = subprocess.run(  # nothing of it comes from a request
                [sys.executable, "-I", "-m", "cairn.credentials.confined"],
                input=json.dumps(job).encode(),
                capture_output=True,
                cwd=empty,
                env=_ENVIRONMENT | {name: os.environ[name] for name in ("HOME",) if name in os.environ},
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _broken([TemplateProblem(_TOO_LONG)]) from None
        told, _, body = done.stdout.partition(b"\n")
        if not told:
            raise _broken([TemplateProblem(_ended(done.returncode, done.stderr))])
    found = json.loads(told)
    if "problems" in found:
        problems = [TemplateProblem(**each) for each in found["problems"]]
        raise _broken(problems)
    if found["pages"] > MOST_PAGES:
        said = f"it comes to {found['pages']} pages, and a certificate has at most {MOST_PAGES}"
        raise _broken([TemplateProblem(said)])
    if len(body) > MOST_BYTES:
        raise _broken([TemplateProblem(f"it comes to more than {MOST_BYTES // 1_000_000} MB")])
    return Typeset(body, found["pages"], [TemplateProblem(**each) for each in found["warnings"]])


def _broken(problems: list[TemplateProblem]) -> BrokenTemplate:
    return BrokenTemplate(f"The template is not taken: {problems[0]}.", problems)


def _ended(status: int, said: bytes) -> str:
    """Why there is no result: the kernel ended it, or the compiler gave up for want of memory."""
    if b"memory allocation" in said or b"MemoryError" in said:
        return f"it takes more than {MEMORY // 2**20} MB"
    if b"overflowed its stack" in said:
        return "it goes deeper than it may"
    if status < 0:
        return _TOO_LONG
    raise RuntimeError(
        f"the compiler of certificates ended with {status}: {said[-500:].decode(errors='replace')}"
    )
