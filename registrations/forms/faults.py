"""What is wrong with a question itself, before anybody is asked it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registrations.forms.build import question_field
from registrations.forms.choosing import OTHER
from registrations.forms.fields import MAX_LINE
from registrations.forms.spec import Options, QuestionSpec
from registrations.forms.types import TYPES

Fault = tuple[str, str]

_PARAMETER = re.compile(r"[A-Za-z0-9_.~-]{1,64}")


def question_faults(question: QuestionSpec) -> list[Fault]:
    """Return what a marketer must mend, as the name of the part (a field of the spec or of its options) and a sentence."""
    faults = [*_what_does_not_belong(question), *_choices(question), *_parameter(question)]
    if faults:
        return faults
    return [*_lengths(question), *_bounds(question)] or [*_default(question)]


def _what_does_not_belong(question: QuestionSpec) -> Iterator[Fault]:
    kind = TYPES[question.type]
    for name in question.options.as_json():
        if name not in kind.takes:
            yield name, _("A question of this type has no use for this. Empty it, or change the type.")
    if question.required and not kind.can_be_required:
        yield "required", _("Nobody can answer this themselves, so it cannot be required.")
    if question.choices and not kind.has_choices:
        yield "choices", _("Only buttons, lists and boxes for several answers have choices. Change the type or empty this.")


def _choices(question: QuestionSpec) -> Iterator[Fault]:
    if not TYPES[question.type].has_choices:
        return
    if not question.choices:
        yield "choices", _("Offer at least one choice.")
    twice = [text for text, count in Counter(question.choices).items() if count > 1]
    if twice:
        yield "choices", _("These choices are there twice: %(choices)s.") % {"choices": ", ".join(twice)}
    if any(len(text) > MAX_LINE for text in question.choices):
        yield "choices", _("A choice may have %(number)s characters at most.") % {"number": MAX_LINE}
    if OTHER in question.choices:
        yield "choices", _("“%(choice)s” cannot be a choice.") % {"choice": OTHER}


def _parameter(question: QuestionSpec) -> Iterator[Fault]:
    if "url_parameter" not in TYPES[question.type].takes:
        return
    if not question.options.url_parameter:
        yield "url_parameter", _("Name the parameter of the page's address that fills this, for example utm_source.")
    elif not _PARAMETER.fullmatch(question.options.url_parameter):
        yield "url_parameter", _("The name of a parameter has Latin letters, digits, hyphens, dots and underscores only.")


def _lengths(question: QuestionSpec) -> Iterator[Fault]:
    least, most = question.options.min_length, question.options.max_length
    longest = question_field(replace(question, options=Options())).widget.attrs.get("maxlength")
    for name, length in (("min_length", least), ("max_length", most)):
        if length is not None and longest is not None and not 1 <= length <= int(longest):
            yield name, _("Between 1 and %(number)s characters.") % {"number": longest}
    if least is not None and most is not None and least > most:
        yield "max_length", _("The most must not be less than the least.")


def _bounds(question: QuestionSpec) -> Iterator[Fault]:
    """A bound must be an answer itself, and the greater one an answer where only the lesser one counts."""
    free = replace(question.options, minimum="", maximum="", default="")
    answers = {}
    for name in ("minimum", "maximum"):
        bound = getattr(question.options, name)
        try:
            answers[name] = _cleaned(question, free, bound) if bound else ""
        except ValidationError as error:
            yield name, " ".join(error.messages)
    if answers.get("minimum") and answers.get("maximum"):
        try:
            _cleaned(question, replace(free, minimum=answers["minimum"]), answers["maximum"])
        except ValidationError:
            yield "maximum", _("The most must not be less than the least.")


def _default(question: QuestionSpec) -> Iterator[Fault]:
    if not question.options.default:
        return
    try:
        _cleaned(question, question.options, question.options.default)
    except ValidationError as error:
        yield "default", _("This is no answer to the question: %(why)s") % {"why": " ".join(error.messages)}


def _cleaned(question: QuestionSpec, options: Options, text: str) -> str:
    return str(question_field(replace(question, required=False, options=options)).clean(text))
