"""The rows of a list of people: checked as the campaign's form would check them, each address once, in chunks."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registrations.forms import build_form
from registrations.forms.build import PREFIX
from registrations.forms.yes_no import says_yes
from registrations.models import Campaign
from registrations.services.campaigns import question_spec
from registrations.services.signup import Entry

CHUNK_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """One person as a list names them; `answers` maps question keys to text. `line` is where the row stands, for people.

    `fault` is for whoever reads the list: why this row could not be told apart; then the rest does not count.
    """

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was not taken, and why, in a sentence that repeats nothing of what the row says."""

    line: int
    why: str


class Checker:
    """Checks rows as the form of a campaign does. It remembers addresses on disk, so that a long list costs no memory."""

    def __init__(self, campaign: Campaign) -> None:
        specs = [question_spec(question) for question in campaign.questions.all()]
        self._language = campaign.language
        form = build_form(specs)
        self._keys = form.question_keys
        # The fields without a form around them: building a form for each row costs three times the checks.
        asked = {"email", "first_name", "last_name", *(PREFIX + key for key in self._keys)}
        self._fields = {name: form_field for name, form_field in form.base_fields.items() if name in asked}
        self._seen = sqlite3.connect("", isolation_level=None)  # a file without a name, gone when it is closed
        self._seen.execute("CREATE TABLE seen (address BLOB PRIMARY KEY) WITHOUT ROWID")
        self._seen.execute("PRAGMA journal_mode=OFF")
        self._seen.execute("BEGIN")

    def __enter__(self) -> Checker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._seen.close()

    def check(self, rows: Iterable[Row]) -> tuple[list[Entry], list[Refusal], int]:
        """What of these rows is taken, what is not, and how many named somebody of an earlier row."""
        entries: list[Entry] = []
        faults: list[tuple[Row, list[tuple[str | Promise, ValidationError]]]] = []
        repeated = 0
        with translation.override(self._language):  # a phone number without its country follows the page's language
            for row in rows:
                values, errors = self._clean(row)
                if row.fault or errors:
                    faults.append((row, errors))
                elif self._is_new(values["email"]):
                    entries.append(self._entry(values))
                else:
                    repeated += 1
        return entries, [Refusal(row.line, row.fault or _sentence(errors)) for row, errors in faults], repeated

    def _clean(self, row: Row) -> tuple[dict[str, str], list[tuple[str | Promise, ValidationError]]]:
        given = {"email": row.email, "first_name": row.first_name, "last_name": row.last_name}
        given |= {PREFIX + key: row.answers.get(key, "") for key in self._keys}
        values: dict[str, str] = {}
        errors: list[tuple[str | Promise, ValidationError]] = []
        for name, form_field in self._fields.items():
            try:
                values[name] = form_field.clean(_as_posted(form_field, given[name]))
            except ValidationError as error:
                errors.append((form_field.label or name, error))
        return values, errors

    def _is_new(self, address: str) -> bool:
        name = hashlib.blake2b(address.encode(), digest_size=16).digest()
        return self._seen.execute("INSERT OR IGNORE INTO seen VALUES (?)", (name,)).rowcount == 1

    def _entry(self, values: Mapping[str, str]) -> Entry:
        answers = {key: values[PREFIX + key] for key in self._keys}
        return Entry(values["email"], values["first_name"], values["last_name"], answers)


def _as_posted(form_field: forms.Field, text: str) -> Any:
    """A cell as a browser would send it: a list says yes or no where a form has a box to tick."""
    if not isinstance(form_field, forms.BooleanField):
        return text
    try:
        return says_yes(text)
    except ValueError as error:
        raise ValidationError(_("Write yes or no.")) from error


def _sentence(errors: Iterable[tuple[str | Promise, ValidationError]]) -> str:
    return " ".join(f"{label}: {' '.join(error.messages)}" for label, error in errors)


def chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows in lists of at most `CHUNK_ROWS`, read no further than needed."""
    left = iter(rows)
    while chunk := list(islice(left, CHUNK_ROWS)):
        yield chunk
