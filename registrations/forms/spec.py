"""What a question is, and what a type of question is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django import forms

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class QuestionSpec:
    """One question of a campaign. `type` is a key of `types.TYPES`; `choices` matters only to types that offer some."""

    key: str
    type: str
    label: str
    help_text: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()


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
