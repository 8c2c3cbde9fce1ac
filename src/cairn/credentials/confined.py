"""Compiles a typst source that a company wrote, as a process of its own that can do nothing else.

    python -I -m cairn.credentials.confined < job > result

The compiler reads files beneath a root, fetches packages from the network, and bounds neither time nor memory
(typst/typst#3150). So the root is an empty folder, and before the source is compiled the process gives up for
good what it does not need: no file and no socket is opened any more (`RLIMIT_NOFILE`), and its time on the
processor and its memory are limited by the kernel. macOS takes no limit of memory; there time is what bounds.
What it needs is read before: the job, and the fonts that the source names and the facts take.

It knows nothing of the database and is given no environment. `typeset.py` is what starts it.
"""

import json
import os
import re
import resource
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Literal

import typst

PREVIEW_PIXELS_PER_INCH = 96.0
_PLACE = re.compile(r"^error: (?P<said>.*)\n +┌─ [^\n]*:(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE)
_ELSEWHERE = ("file not found", "package", "project root", "linked image")
_ADVICE = "a template reads no file and no package: what it shows is given to it"
_NOT_SHOWN = {"document", "badge", "logo", "qr", "images"}
_WARM = """
#let given = json(bytes(sys.inputs.given))
#for family in given.families {
  for style in ("normal", "italic") {
    for weight in (400, 700) { text(font: family, style: style, weight: weight, given.shown) }
  }
}
"""


def main() -> None:
    """From a job on standard input to the result: a line of JSON, then the bytes of what was drawn."""
    job = json.load(sys.stdin.buffer)
    fonts = typst.Fonts(include_system_fonts=job["system_fonts"])
    if job["system_fonts"]:
        _read_fonts(fonts, job["source"], job["given"])
    _confine(job["cpu_seconds"], job["memory"])
    told, body = _compiled(fonts, job)
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + body[: job["most_bytes"] + 1])


def _confine(cpu_seconds: int, memory: int) -> None:
    """Ends what this process may do, and nothing gives it back."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # of macOS
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _read_fonts(fonts: Any, source: str, given: Mapping[str, Any]) -> None:
    """Reads the fonts of this machine that the source names, or without which the facts cannot be shown."""
    named = source.casefold()
    inputs = {
        "families": ["Libertinus Serif", *(each for each in fonts.families() if each.casefold() in named)],
        "shown": "\n".join(_texts({name: given[name] for name in given if name not in _NOT_SHOWN})),
    }
    with suppress(typst.TypstError):
        typst.compile(
            _WARM.encode(), format="svg", font_paths=fonts, sys_inputs={"given": json.dumps(inputs)}, root="."
        )


def _texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def _compiled(fonts: Any, job: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What is told of it, and what was drawn."""
    frame, source = job["frame"], job["source"]
    whole = (frame + source).encode()
    standard: Literal["a-3b", "1.7"] = "a-3b" if job["archival"] else "1.7"
    try:
        compiler = typst.Compiler(
            whole,
            root=".",
            font_paths=fonts,
            sys_inputs={"given": json.dumps(job["given"])},
            package_path=".",
            package_cache_path=".",
        )
        body, warnings = compiler.compile_with_warnings(whole, format="pdf", pdf_standards=standard)
        pages = compiler.compile(whole, format="svg")  # of what is laid out already
        count = len(pages) if isinstance(pages, list) else 1
        if job["form"] == "png" and count <= job["most_pages"]:
            drawn = compiler.compile(whole, format="png", ppi=PREVIEW_PIXELS_PER_INCH)
            body = drawn[0] if isinstance(drawn, list) else drawn
    except typst.TypstError as error:
        return {"problems": _problems(error, frame.count("\n"))}, b""
    except BaseException as error:  # noqa: BLE001  # a panic of the compiler is none of Exception
        traceback.print_exc()
        return {"problems": [_problem(f"the compiler failed on it: {error}")]}, b""
    assert isinstance(body, bytes)
    told = {"pages": count, "warnings": [_problem(each.message, hints=each.hints) for each in warnings]}
    return told, body


def _problems(error: Any, above: int) -> list[dict[str, Any]]:
    """What the compiler says, each with its place in the source; `above` lines stand before it."""
    found = []
    for each in list(_PLACE.finditer(error.diagnostic or ""))[:10]:
        line = int(each["line"]) - above
        place = {"line": line, "column": int(each["column"]) + 1} if line > 0 else {}
        found.append(_problem(each["said"], **place))
    first = found[0] if found else _problem(error.message)
    first["hints"] = [*error.hints, *error.trace]
    if any(each in first["message"] for each in _ELSEWHERE):
        first["hints"] = [_ADVICE]
    return found or [first]


def _problem(message: str, **more: Any) -> dict[str, Any]:
    said = message.replace(os.getcwd(), "")  # noqa: PTH109  # as it says it; the folder's name is nobody's business
    return {"message": said, "line": None, "column": None, "hints": [], **more}


if __name__ == "__main__":
    main()
