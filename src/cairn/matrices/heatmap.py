"""A matrix as a picture: an SVG heat map that reads well on a screen, in print, in grey and aloud.

A level is told three times: by how dark its square is, by the figure in it, and in words to a screen reader,
to which the picture is a table. What nobody vouches for is striped, what is missing is framed. Nothing in it
runs, and nothing comes from elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from xml.sax.saxutils import escape

from cairn.matrices.answer import Cell, Column, Found, Row, says

MOST = 20_000
"""Squares of a picture; more are for a workbook."""
_SIZE, _GAP = 30, 3
_STEP = _SIZE + _GAP
_EDGE = 24
_NAME = 30
"""Characters of a name that are shown; all of it stands in what is read aloud."""
_LETTER = 6.7
"""About how wide one is, in the picture's own units."""
CORNER = "M2 2H11L2 11Z"
"""The mark of what is assumed."""
_NOTHING = "–"  # noqa: RUF001  # a dash, where there is no figure

_LIGHT = {
    ".bg": "fill:#ffffff",
    ".ink": "fill:#14202b",
    ".soft": "fill:#51606e",
    ".warn": "fill:#a63c00",
    ".rule": "stroke:#d3dae1",
    ".bar": "fill:#e6ebf0",
    ".full": "fill:#3787c0",
    ".none": "fill:#f6f8fa;stroke:#dfe5ea",
    ".stripe": "stroke:#ffffff",
    ".veil": "stroke:#b9c3cc",
    ".gap": "stroke:#b8460e",
    ".l0": "fill:#e9f0f6",
    ".l1": "fill:#cfe1f1",
    ".l2": "fill:#a5cbe5",
    ".l3": "fill:#64a4d1",
    ".l4": "fill:#2b74b5",
    ".l5": "fill:#0b3f7d",
    ".n": "fill:#0d1b28",
    ".nl": "fill:#ffffff",
}
_DARK = {
    ".bg": "fill:#10161d",
    ".ink": "fill:#e9eef3",
    ".soft": "fill:#a2afbb",
    ".warn": "fill:#ffb37a",
    ".rule": "stroke:#2c3844",
    ".bar": "fill:#26323d",
    ".full": "fill:#64a4d1",
    ".none": "fill:#161e26;stroke:#2a3641",
    ".stripe": "stroke:#10161d",
    ".veil": "stroke:#475563",
    ".gap": "stroke:#ff9a52",
    ".l0": "fill:#1b2936",
    ".l1": "fill:#1d3d5c",
    ".l2": "fill:#205789",
    ".l3": "fill:#3b85c0",
    ".l4": "fill:#7cb9e4",
    ".l5": "fill:#cfe8fb",
    ".n": "fill:#e9eef3",
    ".nl": "fill:#0d1b28",
}
_STYLE = (
    "text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}"
    ".h{font-size:20px;font-weight:650}.s{font-size:12px}.t{font-size:10px}"
    ".f{font-size:14px;font-weight:600;text-anchor:middle}.r{font-size:9.5px;font-weight:600}.c{text-anchor:middle}.e{text-anchor:end}"
    ".b{font-weight:650}.u{font-style:italic;paint-order:stroke;stroke-width:3px;stroke-linejoin:round}"
    ".stripe{stroke-width:2.5}.gap{fill:none;stroke-width:2.5}.rule{stroke-width:1}"
)


def _rules(colours: dict[str, str]) -> str:
    halo = colours[".bg"].replace("fill", "stroke")
    return "".join(f"{name}{{{how}}}" for name, how in colours.items()) + f".u{{{halo};{colours['.ink']}}}"


_SHEET = f"{_STYLE}{_rules(_LIGHT)}@media screen and (prefers-color-scheme:dark){{{_rules(_DARK)}}}"
_CONTROL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _safe(text: str) -> str:
    """A text as XML holds it: of the characters that XML 1.0 knows."""
    return escape(_CONTROL.sub("\ufffd", text), {'"': "&quot;"})


def _width(text: str) -> float:
    """About how wide a text is."""
    wide = sum(unicodedata.east_asian_width(each) in "WF" for each in text)
    return (len(text) + 0.9 * wide) * _LETTER


def _short(text: str, most: int = _NAME) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def drawn(found: Found, soon: timedelta = timedelta(days=90)) -> str:
    """The picture. Levels that sink within `soon` of its date are marked."""
    return "".join(_Picture(found, soon).parts())


class _Picture:
    def __init__(self, found: Found, soon: timedelta) -> None:
        self.found, self.soon = found, soon
        self.columns, self.rows = found.matrix.columns, found.matrix.rows
        names = [("◤ " if row.is_assumed else "") + _short(row.employee.display_name) for row in self.rows]
        roles = [_short(row.job_role.name, 34) for row in self.rows if row.job_role]
        widest = max([_width(name) for name in names] + [0.82 * _width(role) for role in roles] + [110])
        self.left = _EDGE + widest + 14
        heads = max((_width(_short(column.skill.name)) for column in self.columns), default=0)
        self.slant = heads * 0.5 + 12
        self.head = 74 + heads * 0.866 + 16
        self.right = self.left + len(self.columns) * _STEP
        self.below = self.head + len(self.rows) * _STEP
        self.width = max(self.right + max(self.slant, 96) + _EDGE, 660)
        self.height = self.below + 12 + 3 * 24 + 24 + 3 * 26 + _EDGE

    def parts(self) -> Iterator[str]:
        matrix = self.found.matrix
        title = f"Skill matrix of {self.found.name}"
        day = f"{matrix.at.day} {matrix.at:%B %Y}"
        people, skills = len(self.rows), len(self.columns)
        about = f"{day} · {_count(people, 'person', 'people')} · {_count(skills, 'skill', 'skills')}"
        if self.found.assumes:
            about += f" · with {_count(len(self.found.assumes), 'assumption', 'assumptions')}"
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:.0f} {self.height:.0f}"'
            f' width="{self.width:.0f}" height="{self.height:.0f}" role="graphics-document document"'
            f' aria-labelledby="title" aria-describedby="about" lang="en">'
            f'<title id="title">{_safe(title)}</title><desc id="about">{_safe(self._summary(about))}</desc>'
            f"<style>{_SHEET}</style>"
            '<defs><pattern id="stripes" width="6" height="6" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(45)"><path class="stripe" d="M0 0V6"/></pattern>'
            '<pattern id="veil" width="7" height="7" patternUnits="userSpaceOnUse"'
            ' patternTransform="rotate(-45)"><path class="veil" d="M0 0V7"/></pattern>'
            '<path id="sand" d="M0 0H7L0 9H7Z"/></defs>'
            '<rect class="bg" width="100%" height="100%"/>'
            f'<text class="ink h" x="{_EDGE}" y="{_EDGE + 18}" aria-hidden="true">{_safe(title)}</text>'
            f'<text class="soft" x="{_EDGE}" y="{_EDGE + 40}" aria-hidden="true">{_safe(about)}</text>'
        )
        if not self.rows or not self.columns:
            yield (
                f'<text class="soft" x="{_EDGE}" y="{self.head}">'
                f"{'Nobody is in it.' if not self.rows else 'No skill is asked for.'}</text></svg>"
            )
            return
        yield f'<g role="table" aria-label="{_safe(title)}">'
        yield from self._heads()
        for n, row in enumerate(self.rows):
            yield from self._row(n, row)
        yield from self._figures()
        yield "</g>"
        yield from self._legend()
        yield "</svg>"

    def _summary(self, about: str) -> str:
        alone = [column for column in self.columns if column.is_single_point_of_failure]
        gaps = sum(bool(cell.gap) for row in self.rows for cell in row.cells)
        said = [f"{about}.", f"{_count(gaps, 'gap', 'gaps')} to what job roles require."]
        if alone:
            who = ", ".join(
                f"{column.skill.name} ({', '.join(each.display_name for each in column.covered_by)})"
                for column in alone
            )
            said.append(f"Only one person can cover: {who}.")
        if self.found.assumes:
            said.append(f"Assumed: {'; '.join(self.found.assumes)}.")
        return " ".join(said)

    def _x(self, n: int) -> float:
        return self.left + n * _STEP

    def _heads(self) -> Iterator[str]:
        yield '<g role="row"><g role="columnheader" aria-label="Person"></g>'
        for n, column in enumerate(self.columns):
            alone = column.is_single_point_of_failure
            x, y = self._x(n) + _SIZE / 2 + 3, self.head - 10
            said = column.skill.name + (", only one person can cover it" if alone else "")
            shown, how = _short(column.skill.name), "ink"
            if alone:
                shown, how = f"◆ {shown}", "warn b"
            place = f"translate({x:.1f} {y:.1f}) rotate(-60)"
            yield (
                f'<g role="columnheader" aria-label="{_safe(said)}"><title>{_safe(said)}</title>'
                f'<text class="{how}" transform="{place}">{_safe(shown)}</text></g>'
            )
        yield (
            f'<g role="columnheader"><text class="soft s" x="{self.right + 8:.1f}" y="{self.head - 10:.1f}">'
            "Readiness</text></g></g>"
        )

    def _row(self, n: int, row: Row) -> Iterator[str]:
        y = self.head + n * _STEP
        role = row.job_role.name if row.job_role else ""
        yield f'<g role="row" transform="translate(0 {y:.1f})"><g role="rowheader">'
        name = row.employee.display_name
        joins = ", assumed to join" if row.is_assumed else ""
        yield f"<title>{_safe(name + (f', {role}' if role else '') + joins)}</title>"
        yield (
            f'<text class="ink e" x="{self.left - 12:.1f}" y="{13 if role else 20}">'
            f"{'◤ ' if row.is_assumed else ''}{_safe(_short(name))}</text>"
        )
        if role:
            yield f'<text class="soft t e" x="{self.left - 12:.1f}" y="26">{_safe(_short(role, 34))}</text>'
        yield "</g>"
        for k, (column, cell) in enumerate(zip(self.columns, row.cells, strict=True)):
            yield from self._cell(k, row, column, cell)
        yield from self._ready(row)
        yield "</g>"

    def _cell(self, k: int, row: Row, column: Column, cell: Cell) -> Iterator[str]:
        until = self.found.until.get((row.employee.id, column.skill.id))
        soon = until is not None and until <= self.found.matrix.at + self.soon
        said = says(row, column, cell, until, self.found.scale)
        yield f'<g role="cell" transform="translate({self._x(k):.1f} 0)"><title>{_safe(said)}</title>'
        size = f'width="{_SIZE}" height="{_SIZE}" rx="4"'
        if cell.level is None:
            yield f'<rect class="none" {size}/>'
            if row.is_withheld:
                yield f'<rect fill="url(#veil)" {size}/>'
        else:
            yield f'<rect class="l{cell.level}" {size}/>'
            if not cell.is_verified:
                yield f'<rect fill="url(#stripes)" {size}/>'
        if cell.gap:
            yield f'<rect class="gap" x="1.25" y="1.25" width="{_SIZE - 2.5}" height="{_SIZE - 2.5}" rx="3"/>'
        is_dark = cell.level is not None and cell.level > 3 and cell.is_verified
        if cell.level is not None or cell.gap:
            yield self._level(cell, is_dark=is_dark)
        ink = "nl" if is_dark else "n"
        if cell.assumptions:
            yield f'<path class="{ink}" d="{CORNER}"/>'
        if soon:
            yield f'<use href="#sand" class="{ink}" transform="translate(21.5 4) scale(.8)"/>'
        yield "</g>"

    @staticmethod
    def _level(cell: Cell, *, is_dark: bool) -> str:
        """The figure in a square, and beside it the level that is required, where some of it is missing."""
        if cell.level is None:
            ink = "warn"
        elif not cell.is_verified:
            ink = "u"
        else:
            ink = "nl" if is_dark else "n"
        level = _NOTHING if cell.level is None else cell.level
        of = f'<tspan class="r" dy="3">/{cell.required}</tspan>' if cell.gap else ""
        return f'<text class="f {ink}" x="{_SIZE / 2}" y="20">{level}{of}</text>'

    def _ready(self, row: Row) -> Iterator[str]:
        x = self.right + 8
        if row.readiness is None:
            says_ = "withheld" if row.is_withheld or row.shows_verified_only else _NOTHING
            yield f'<g role="cell"><text class="soft s" x="{x:.1f}" y="19">{says_}</text></g>'
            return
        yield (
            f'<g role="cell"><title>{_safe(row.employee.display_name)}: ready to {row.readiness:.0%}</title>'
            f'<rect class="bar" x="{x:.1f}" y="11" width="48" height="8" rx="4"/>'
            f'<rect class="full" x="{x:.1f}" y="11" width="{48 * row.readiness:.1f}" height="8" rx="4"/>'
            f'<text class="ink s" x="{x + 54:.1f}" y="19">{row.readiness:.0%}</text></g>'
        )

    def _figures(self) -> Iterator[str]:
        """What the columns come to, below them."""
        y = self.below + 8
        yield f'<path class="rule" d="M{_EDGE} {y:.1f}H{self.right:.1f}"/>'
        for n, name in enumerate(_FIGURES):
            at = y + 20 + 24 * n
            place = f'x="{self.left - 12:.1f}" y="{at:.1f}"'
            yield f'<g role="row"><g role="rowheader"><text class="soft s e" {place}>{name}</text></g>'
            for k, column in enumerate(self.columns):
                text, said, how = _figure(column, name)
                x = self._x(k) + _SIZE / 2
                yield (
                    f'<g role="cell"><title>{_safe(f"{column.skill.name}, {name.lower()}: {said}")}</title>'
                    f'<text class="{how} s c" x="{x:.1f}" y="{at:.1f}">{text}</text></g>'
                )
            yield "</g>"

    def _legend(self) -> Iterator[str]:
        y = self.below + 12 + 3 * 24 + 24
        yield f'<g aria-hidden="true"><path class="rule" d="M{_EDGE} {y - 8:.1f}H{self.width - _EDGE:.1f}"/>'
        x: float = _EDGE
        row = y + 6
        for level in range(6):
            name = self.found.scale.get(level, f"Level {level}")
            ink = "nl" if level > 3 else "n"
            if x + 30 + _width(name) > self.width - _EDGE:
                x, row = _EDGE, row + 26
            yield (
                f'<g transform="translate({x:.1f} {row:.1f})">'
                f'<rect class="l{level}" width="20" height="20" rx="3"/>'
                f'<text class="{ink} s c" x="10" y="14.5">{level}</text>'
                f'<text class="soft s" x="26" y="14.5">{_safe(name)}</text></g>'
            )
            x += 44 + 0.92 * _width(name)
        x, row = _EDGE, row + 26
        square = 'width="20" height="20" rx="3"'
        frame = 'class="gap" x="1.25" y="1.25" width="17.5" height="17.5" rx="2"'
        of = '<tspan style="font-size:7.5px" dy="2">/3</tspan>'
        short = f'<text class="n c b" x="10" y="13.5" style="font-size:10px">2{of}</text>'
        marks = [
            (f'<rect class="l2" {square}/><rect fill="url(#stripes)" {square}/>', "nobody vouches for it"),
            (f'<rect class="l2" {square}/><rect {frame}/>{short}', "less than the job role requires"),
            ('<use href="#sand" class="n" transform="translate(6.5 5)"/>', f"sinks in {self.soon.days} days"),
            ('<text class="warn b c" x="10" y="15">◆</text>', "only one person can cover it"),
            (f'<rect class="none" {square}/><rect fill="url(#veil)" {square}/>', "withheld from you"),
        ]
        if self.found.assumes:
            marks.append((f'<rect class="l2" {square}/><path class="n" d="{CORNER}"/>', "assumed"))
        for drawing, name in marks:
            if x + 30 + _width(name) > self.width - _EDGE:
                x, row = _EDGE, row + 26
            yield (
                f'<g transform="translate({x:.1f} {row:.1f})">{drawing}'
                f'<text class="soft s" x="26" y="14.5">{name}</text></g>'
            )
            x += 44 + 0.92 * _width(name)
        yield "</g>"


def _count(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


_FIGURES = ("Coverage, %", "Average level", "Can cover")


def _figure(column: Column, name: str) -> tuple[str, str, str]:
    """A figure of a column: as it is shown, as it is said, and its class."""
    about, near = ("about ", "≈") if column.is_suppressed else ("", "")
    match name:
        case "Coverage, %":
            if column.coverage is None:
                why = "withheld" if column.required and column.is_suppressed else "not required"
                return _NOTHING, why, "soft"
            share = f"{100 * column.coverage:.0f}"
            return f"{near}{share}", f"{about}{share} of a hundred who need it", "ink"
        case "Average level":
            if column.average is None:
                return _NOTHING, "withheld", "soft"
            return f"{near}{column.average:.1f}", f"{about}{column.average:.1f}", "ink"
    if column.can_cover is None:
        return _NOTHING, "withheld", "soft"
    alone = column.is_single_point_of_failure
    who = f": {', '.join(each.display_name for each in column.covered_by)}" if alone else ""
    how = "warn b" if alone or not column.can_cover else "ink"
    return f"{column.can_cover}", f"{column.can_cover}{who}", how
