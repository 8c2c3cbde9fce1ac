"""A matrix as a workbook (Office Open XML): the table as one reads it, and every cell as a line to filter.

Rows go to the disk as they are written, so that the memory it takes does not grow with them: nothing is
written into an earlier row than the last one.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import IO, Any

from xlsxwriter import Workbook

from cairn.matrices.answer import Cell, Found, Row

FILLS = ("#F2F6FA", "#D6E6F4", "#ABD0E6", "#6AAED6", "#3787C0", "#105BA4")
"""From level 0 to 5: one hue, from light to dark, so that they are told apart in print as well."""
GAP = "#C04B00"
_INK = {"dark": "#12263A", "light": "#FFFFFF"}
ASSUMED = "◤"
"""Stands before what is only assumed; as a format, so that a level stays a number."""
_HEAD = 4
"""Rows above the people: names of skills, coverage, average, and how many can cover."""


def write(found: Found, file: IO[bytes]) -> None:
    """Writes the workbook to a file that can be sought in."""
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with Workbook(file, options) as book:
        book.set_properties({"title": f"Skill matrix of {found.name}", "created": found.matrix.at})
        formats = _Formats(book)
        _table(book, found, formats)
        _list(book, found, formats)
        _about(book, found, formats)


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self._made: dict[Any, Any] = {}

    def of(self, **properties: Any) -> Any:
        key = tuple(sorted(properties.items()))
        if key not in self._made:
            self._made[key] = self.book.add_format({"valign": "vcenter", **properties})
        return self._made[key]

    def cell(self, row: Row, cell: Cell) -> Any:
        """Darker for more, striped where nobody vouches for it, framed where some is missing."""
        properties: dict[str, Any] = {"align": "center", "border": 1, "border_color": "#C9D3DC"}
        if cell.level is not None:
            fill = FILLS[cell.level]
            properties |= {"bg_color": fill, "font_color": _INK["light" if cell.level > 3 else "dark"]}
            if not cell.is_verified:
                properties |= {"pattern": 14, "bg_color": fill, "fg_color": "#FFFFFF", "italic": True}
                properties["font_color"] = _INK["dark"]
        elif row.is_withheld:
            properties |= {"pattern": 17, "bg_color": "#FFFFFF", "fg_color": "#D9D9D9"}
        if cell.gap:
            properties |= {"border": 2, "border_color": GAP, "bold": True}
        if cell.assumptions:
            properties |= {"num_format": f'"{ASSUMED} "0'}
        return self.of(**properties)


def _table(book: Any, found: Found, formats: _Formats) -> None:
    sheet, columns = book.add_worksheet("Matrix"), found.matrix.columns
    sheet.freeze_panes(_HEAD, 3)
    sheet.set_column(0, 1, 26)
    sheet.set_column(2, 2, 11)
    sheet.set_column(3, 2 + max(len(columns), 1), 5)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, _HEAD - 1)
    head, plain = formats.of(bold=True), formats.of(align="center")
    upright = formats.of(bold=True, rotation=60, align="center", valign="bottom")
    thin = formats.of(bold=True, rotation=60, align="center", valign="bottom", font_color=GAP)
    sheet.set_row(0, 120)
    for n, title in enumerate(("Person", "Job role", "Readiness")):
        sheet.write_string(0, n, title, formats.of(bold=True, valign="bottom"))
    for n, column in enumerate(columns, 3):
        sheet.write_string(0, n, column.skill.name, thin if column.is_single_point_of_failure else upright)
    share, average = formats.of(num_format="0%", align="center"), formats.of(num_format="0.0", align="center")
    alone = formats.of(align="center", bold=True, font_color=GAP)
    sheet.write_string(1, 0, "Coverage", head)
    for n, column in enumerate(columns, 3):
        _figure(sheet, 1, n, column.coverage, share)
    sheet.write_string(2, 0, "Average level", head)
    for n, column in enumerate(columns, 3):
        _figure(sheet, 2, n, column.average, average)
    sheet.write_string(3, 0, "Can cover", head)
    for n, column in enumerate(columns, 3):
        _figure(sheet, 3, n, column.can_cover, alone if column.is_single_point_of_failure else plain)
    for n, row in enumerate(found.matrix.rows, _HEAD):
        name = row.employee.display_name
        sheet.write_string(n, 0, f"{ASSUMED} {name}" if row.is_assumed else name, formats.of())
        sheet.write_string(n, 1, "" if row.job_role is None else row.job_role.name, formats.of())
        _figure(sheet, n, 2, row.readiness, share)
        for k, cell in enumerate(row.cells, 3):
            if cell.assumptions and cell.level is None:
                sheet.write_string(n, k, ASSUMED, formats.cell(row, cell))
            else:
                _figure(sheet, n, k, cell.level, formats.cell(row, cell))


def _figure(sheet: Any, row: int, column: int, value: float | None, form: Any) -> None:
    if value is None:
        sheet.write_blank(row, column, None, form)
    else:
        sheet.write_number(row, column, value, form)


_TITLES = (
    "Person",
    "Job role",
    "Skill",
    "Level",
    "Verified",
    "Required",
    "Gap",
    "Until",
    "Levels shown",
    "Assumed",
)
_WIDTHS = (26, 26, 32, 8, 9, 9, 6, 12, 14, 32)


def _list(book: Any, found: Found, formats: _Formats) -> None:
    sheet = book.add_worksheet("Levels")
    sheet.freeze_panes(1, 0)
    for n, (title, width) in enumerate(zip(_TITLES, _WIDTHS, strict=True)):
        sheet.set_column(n, n, width)
        sheet.write_string(0, n, title, formats.of(bold=True))
    number, day = formats.of(), formats.of(num_format="yyyy-mm-dd", align="left")
    last = 0
    for row in found.matrix.rows:
        role = "" if row.job_role is None else row.job_role.name
        for column, cell in zip(found.matrix.columns, row.cells, strict=True):
            if cell.level is None and cell.required is None and not cell.assumptions:
                continue
            last += 1
            sheet.write_string(last, 0, row.employee.display_name)
            sheet.write_string(last, 1, role)
            sheet.write_string(last, 2, column.skill.name)
            _figure(sheet, last, 3, cell.level, number)
            if cell.level is not None:
                sheet.write_boolean(last, 4, cell.is_verified)
            _figure(sheet, last, 5, cell.required, number)
            _figure(sheet, last, 6, cell.gap, number)
            until = found.until.get((row.employee.id, column.skill.id))
            if until is not None:
                sheet.write_datetime(last, 7, until.astimezone(UTC), day)
            sheet.write_string(last, 8, row.shown)
            sheet.write_string(last, 9, cell.assumed)
    sheet.autofilter(0, 0, last, len(_TITLES) - 1)


def _about(book: Any, found: Found, formats: _Formats) -> None:
    sheet = book.add_worksheet("About")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    moment: datetime = found.matrix.at.astimezone(UTC)
    head = formats.of(bold=True)
    sheet.write_string(0, 0, "Skill matrix of", head)
    sheet.write_string(0, 1, found.name)
    sheet.write_string(1, 0, "As of (UTC)", head)
    sheet.write_datetime(1, 1, moment, formats.of(num_format="yyyy-mm-dd hh:mm", align="left"))
    for n, (what, says) in enumerate(_LEGEND.items(), 2):
        sheet.write_string(n, 0, what, head)
        sheet.write_string(n, 1, says)
    after = 2 + len(_LEGEND)
    for assumed in found.assumes:
        sheet.write_string(after, 0, "Assumed", head)
        sheet.write_string(after, 1, assumed)
        after += 1
    for n, (level, name) in enumerate(sorted(found.scale.items()), after):
        sheet.write_string(n, 0, f"Level {level}", head)
        sheet.write_string(n, 1, name)


_LEGEND: Mapping[str, str] = {
    "Striped, slanted": "Nobody but the person or a peer vouches for the level",
    "Framed": "Less than the person's job role requires",
    f"Marked {ASSUMED}": "Assumed: a level, a requirement or a person that is not really there",
    "Dotted grey": "You may not see the person's levels",
    "Can cover": "How many people can cover the skill; orange where it is one",
    "Levels": "A line for each level and each requirement, with the day from which the level will have sunk",
}
