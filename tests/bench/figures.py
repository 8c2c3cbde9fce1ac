"""What was measured, what was promised, and how it is told."""

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = {"cairn": "Cairn", "unchecked": "no check", "idiom": "idiom", "limit": "limit"}
TARGETS = {"limit": 0.9, "viewer": 3.0, "matrix": 20.0, "alike": 1.15, "session": 1.3, "megabytes": 150}


class BenchError(Exception):
    """The bench cannot be run; the message is one sentence."""


@dataclass
class Figures:
    """What was measured of one operation on one server, a value for each round."""

    per_second: list[float] = field(default_factory=list)
    took: list[int] = field(default_factory=list)
    statements: int = 0
    bytes: int = 0

    def add(self, found: Mapping[str, Any]) -> None:
        """Takes in a round."""
        if found["failures"]:
            raise BenchError(f"{found['failures']} of {found['count']} requests failed")
        self.per_second.append(found["count"] / found["seconds"])
        self.took += found["took"]

    @property
    def rate(self) -> float:
        """Requests in a second."""
        return statistics.median(self.per_second)

    @property
    def spread(self) -> float:
        """How far the rounds lie apart, as a share: the noise."""
        return (max(self.per_second) - min(self.per_second)) / self.rate

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1000

    def told(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "requests_per_second": round(self.rate, 1),
            "rounds": [round(each, 1) for each in self.per_second],
            "p50_ms": self.quantile(0.5),
            "p99_ms": self.quantile(0.99),
            "statements": self.statements,
            "bytes": self.bytes,
        }


def ratio(one: Figures, other: Figures) -> float:
    """How many times as many requests, round by round."""
    return statistics.median(a / b for a, b in zip(one.per_second, other.per_second, strict=True))


@dataclass
class Result:
    """All that was found."""

    titles: dict[str, str]
    figures: dict[str, dict[str, Figures]]
    """By operation and server."""
    megabytes: dict[str, float]
    viewer: str
    options: dict[str, Any]

    def verdicts(self) -> Iterator[tuple[str, float, bool]]:
        """Each promise with what came of it: a ratio or megabytes, and whether it is kept."""
        for name, each in self.figures.items():
            if {"cairn", "limit"} <= set(each):
                found = ratio(each["cairn"], each["limit"])
                yield f"{name}: at least 0.9 of the limit", found, found >= TARGETS["limit"]
        for name in ("viewer", "matrix"):
            each = self.figures.get(name, {})
            if {"cairn", "idiom"} <= set(each):
                found = ratio(each["cairn"], each["idiom"])
                yield f"{name}: at least {TARGETS[name]:g} × the idiom", found, found >= TARGETS[name]
        each = self.figures.get("viewer", {})
        if {"cairn", "unchecked"} <= set(each):
            found = ratio(each["unchecked"], each["cairn"])
            claim = "viewer with a session costs at most 1.3 times what it costs unchecked"
            yield claim, found, found <= TARGETS["session"]
        for name, other, claim in (
            ("matrix", "matrix-at", "a matrix a year ago costs what today's costs"),
            ("first", "deep", "a page at depth 19,000 costs what the first costs"),
        ):
            if {name, other} <= set(self.figures) and "cairn" in self.figures[name]:
                found = ratio(self.figures[name]["cairn"], self.figures[other]["cairn"])
                yield claim, found, found <= TARGETS["alike"]
        if "cairn" in self.megabytes:
            found = self.megabytes["cairn"]
            yield "a worker stays under 150 MB", found, found < TARGETS["megabytes"]

    def told(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "viewer": self.viewer,
            **self.options,
            "operations": {
                name: {
                    **{kind: figures.told() for kind, figures in each.items()},
                    **{
                        f"cairn_to_{kind}": round(ratio(each["cairn"], each[kind]), 3)
                        for kind in each
                        if kind != "cairn" and "cairn" in each
                    },
                }
                for name, each in self.figures.items()
            },
            "megabytes": {kind: round(each, 1) for kind, each in self.megabytes.items()},
            "promises": [
                {"promise": text, "found": round(found, 3), "kept": kept}
                for text, found, kept in self.verdicts()
            ],
        }


def table(result: Result) -> str:
    """For people."""
    head = f"{'req/s':>49}{'p50 ms':>9}{'p99 ms':>9}{'stmts':>7}{'KB':>7}{'noise':>8}{'Cairn is':>12}"
    lines = [head]
    for name, each in result.figures.items():
        for number, (kind, figures) in enumerate(each.items()):
            times = "" if kind == "cairn" or "cairn" not in each else f"{ratio(each['cairn'], figures):.2f} ×"
            lines.append(
                f"{result.titles[name] if number == 0 else '':32}{KINDS[kind]:9}{figures.rate:>8,.0f}"
                f"{figures.quantile(0.5):>9.2f}{figures.quantile(0.99):>9.2f}{figures.statements:>7}"
                f"{figures.bytes / 1000:>7.1f}{figures.spread:>8.0%}{times:>12}"
            )
    lines.append("")
    lines.append(
        "memory: " + ", ".join(f"{KINDS[kind]} {each:.0f} MB" for kind, each in result.megabytes.items())
    )
    lines.extend(
        f"{'kept' if kept else 'BROKEN':7} {text}: {found:.2f}" for text, found, kept in result.verdicts()
    )
    return "\n".join(lines)
