"""A list of people as people keep it: a CSV file, with the names of its columns in the first line."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.utils.translation import gettext as _

from registrations.services.import_rows import Row

_COLUMNS = {
    "email": ("email", "e-mail", "mail", "почта", "эл. почта", "электронная почта"),
    "first_name": ("first_name", "first name", "имя"),
    "last_name": ("last_name", "last name", "фамилия"),
}
_FIXED = {name: column for column, names in _COLUMNS.items() for name in names}
DELIMITERS = ";,\t"


class BadFile(Exception):
    """The file is no list of people; the text says in one line what is wrong with it."""


class PeopleFile:
    """Reads rows from a file, UTF-8 with or without its mark, each time anew and never more than one at a time.

    Raises BadFile, when it is made and while rows are read.
    """

    def __init__(self, path: Path, *, question_keys: Iterable[str] = ()) -> None:
        self._path = path
        self._keys = frozenset(question_keys)
        header = next(self._lines(), (0, []))[1]
        self._columns = [_FIXED.get(name.strip().lower(), name.strip()) for name in header]
        self.left_out = tuple(name for name in self._columns if name and name not in _COLUMNS and name not in self._keys)
        """Columns that the campaign has no question for."""
        self._check_columns()

    def __iter__(self) -> Iterator[Row]:
        lines = self._lines()
        next(lines)
        for line, cells in lines:
            if any(cell.strip() for cell in cells):
                yield self._row(line, cells)

    def _check_columns(self) -> None:
        missing = [names[0] for column, names in _COLUMNS.items() if column not in self._columns]
        if missing:
            raise BadFile(
                _("The first line must name the columns; these are missing: %(names)s.") % {"names": ", ".join(missing)}
            )
        used = [name for name in self._columns if name in _COLUMNS or name in self._keys]
        twice = sorted({name for name in used if used.count(name) > 1})
        if twice:
            raise BadFile(_("These columns are there twice: %(names)s.") % {"names": ", ".join(twice)})

    def _row(self, line: int, cells: list[str]) -> Row:
        if any(cell.strip() for cell in cells[len(self._columns) :]):
            return Row(line=line, fault=_("It has more cells than there are columns."))
        values = dict(zip(self._columns, cells, strict=False))
        return Row(
            email=values.get("email", ""),
            first_name=values.get("first_name", ""),
            last_name=values.get("last_name", ""),
            answers={key: values[key] for key in self._keys if key in values and key not in _COLUMNS},
            line=line,
        )

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Each line's number and cells. A row may span lines; its number is that of the first."""
        number = 0
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as file:
                delimiter = _delimiter(file.readline())
                file.seek(0)
                reader = csv.reader(file, delimiter=delimiter, strict=True)
                for cells in reader:
                    yield number + 1, cells
                    number = reader.line_num
        except UnicodeDecodeError as error:
            raise BadFile(_("The file is not UTF-8. Save it as “CSV UTF-8” and try again.")) from error
        except csv.Error as error:
            raise BadFile(
                _("Line %(line)s cannot be read as CSV; look at its quotation marks.") % {"line": number + 1}
            ) from error
        except OSError as error:
            raise BadFile(_("The file cannot be opened: %(why)s.") % {"why": error.strerror or type(error).__name__}) from error


def _delimiter(header: str) -> str:
    return max(DELIMITERS, key=header.count)
