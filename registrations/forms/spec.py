"""What a question is, and what a type of question is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Options:
    """What a marketer may set on a question besides its words. Which of these count is the type's to say.

    `minimum` and `maximum` are spelt as answers: "1.5", "2026-12-31".
    """

    placeholder: str = ""
    default: str = ""
    min_length: int | None = None
    max_length: int | None = None
    minimum: str = ""
    maximum: str = ""
    decimals: bool = False
    offers_other: bool = False
    url_parameter: str = ""

    @classmethod
    def read(cls, stored: object) -> Options:
        """Return the options that JSON holds; whatever is unknown or of another kind counts as not set."""
        given = stored if isinstance(stored, Mapping) else {}
        kinds = {field.name: int if field.default is None else type(field.default) for field in fields(cls)}
        return cls(**{name: given[name] for name, kind in kinds.items() if type(given.get(name)) is kind})

    def as_json(self) -> dict[str, Any]:
        """Return what is set, as JSON may hold it."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}


@dataclass(frozen=True, slots=True)
class QuestionSpec:
    """One question of a campaign. `type` is a key of `types.TYPES`; `choices` matters only to types that offer some."""

    key: str
    type: str
    label: str
    help_text: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    options: Options = Options()


@dataclass(frozen=True, slots=True)
class ConsentSpec:
    """A box by which somebody agrees to a text. `key` names this version of the text; `url` is where all of it can be read."""

    key: str
    statement: str
    url: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class QuestionType:
    """One kind of question. `make_field` returns a field whose cleaned value is a plain string, "" when unanswered."""

    key: str
    label: _StrPromise
    """What marketers call it."""
    make_field: Callable[[QuestionSpec], forms.Field]
    takes: frozenset[str] = frozenset()
    """Names of the `Options` that count. Placeholder and default are set on whatever field is made."""
    has_choices: bool = False
    has_answer: bool = True
    has_several_lines: bool = False
    """An answer is a list: one line for each text that was chosen."""
    can_be_required: bool = True
    is_seen: bool = True


@dataclass(frozen=True, slots=True)
class DateSpec:
    """One session that may be chosen, and when it is in words; `starts` and `ends` are ISO 8601 in UTC, for browsers.

    `own` is the time on the person's clock, where that is known.
    """

    id: int
    date: str = ""
    hours: str = ""
    zone: str = ""
    title: str = ""
    starts: str = ""
    ends: str = ""
    own: str = ""

    @property
    def key(self) -> str:
        """What a form posts for it."""
        return str(self.id)


@dataclass(frozen=True, slots=True)
class DatesSpec:
    """The sessions to choose from; `zone` is the IANA name of the event's. `standing`: all dates, later ones too, are chosen
    already, so that the boxes of the single ones say which of them it shall be."""

    dates: tuple[DateSpec, ...]
    zone: str = ""
    standing: bool = False


@dataclass(frozen=True, slots=True)
class ChosenDates:
    """The ids of sessions that were chosen. `all_dates`: also those that are added later."""

    sessions: tuple[int, ...] = ()
    all_dates: bool = False
