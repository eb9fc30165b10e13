"""What a machine sends in for a person, checked by the campaign's own form: the same rules as on the page.

The address, the names and the answers go through the fields that a visitor would fill in; what differs is said in `Terms`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from registrations.forms import DateSpec, DatesSpec, SignUpForm, build_form
from registrations.forms.build import PREFIX
from registrations.forms.dates import ALL_DATES, SESSIONS
from registrations.forms.yes_no import says_yes
from registrations.mailing.times import zone_names
from registrations.models import Submission
from registrations.services.campaigns import PublicCampaign
from registrations.services.signup import Entry, content_hash


@dataclass(frozen=True, slots=True)
class Given:
    """What was sent, as text; `answers` by question key. What nothing asks for is left out.

    `consents` are fingerprints of texts that the person agreed to, `source` is where they came from. `sessions` are
    the ids of those they choose of a series, `all_dates` the standing choice of all.
    """

    email: str = ""
    first_name: str = ""
    last_name: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    time_zone: str = ""
    language: str = ""
    consents: Sequence[str] = ()
    source: Mapping[str, str] = field(default_factory=dict)
    sessions: Sequence[int] = ()
    all_dates: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked less strictly than on the page.

    `needs_last_name`: a form elsewhere may have one field for the whole name. `needs_ticks`: where why we may write to people
    is on record, a box that was not on their form is not asked for; one that was on it and says no is. `needs_dates`:
    whoever names no date of a series wants all.
    """

    needs_last_name: bool = True
    needs_ticks: bool = True
    needs_dates: bool = True


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field: `email`, `first_name`, `last_name`, or a question's key where `is_answer`."""

    name: str
    is_answer: bool
    code: str
    words: str


class Faulty(Exception):
    """What was sent cannot be taken; `faults` say why, in the words of the page."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__("faulty")
        self.faults = tuple(faults)


class NameTaken(Exception):
    """The same name of a post was used before for something else."""


PAGE_TERMS = Terms()


def checked(*, campaign: PublicCampaign, given: Given, terms: Terms = PAGE_TERMS) -> Entry:
    """The entry that was sent, if the campaign's form takes it. Raises Faulty."""
    language = given.language if given.language in dict(settings.LANGUAGES) else ""
    with translation.override(language or campaign.language):  # a phone number without its country follows the language
        form, errors = _filled(campaign, given, terms)
        if errors or not form.is_valid():
            raise Faulty(_faults(form, errors))
        return Entry(
            email=form.cleaned_data["email"],
            first_name=form.cleaned_data["first_name"],
            last_name=form.cleaned_data["last_name"],
            answers=form.answers(),
            time_zone=given.time_zone if given.time_zone in zone_names() else "",
            language="" if language == campaign.language else language,
            sessions=form.dates().sessions,
            all_dates=form.dates().all_dates,
        )


def refuse_other_content(*, campaign_id: int, form_token: str, entry: Entry) -> None:
    """Raise NameTaken if a post of this name brought something else before. `entry` is one that was checked."""
    same_name = Submission.objects.filter(campaign=campaign_id, form_token=form_token)
    if same_name.exclude(content_hash=content_hash(entry)).exists():
        raise NameTaken


def _filled(campaign: PublicCampaign, given: Given, terms: Terms) -> tuple[SignUpForm, dict[str, ValidationError]]:
    """The campaign's form with what was given, and what is wrong with answers to boxes, by field name."""
    form_class = build_form(campaign.questions, dates=_dates_of(campaign))
    data: dict[str, object] = {"email": given.email, "first_name": given.first_name, "last_name": given.last_name}
    wants_all = given.all_dates or not (terms.needs_dates or given.sessions)
    data |= {SESSIONS: [str(pk) for pk in given.sessions], ALL_DATES: "yes" if wants_all else ""}
    errors: dict[str, ValidationError] = {}
    not_asked = set() if terms.needs_last_name else {"last_name"}
    for key in form_class.question_keys:
        name = PREFIX + key
        field = form_class.base_fields[name]
        data[name] = field.prepare_value(given.answers.get(key, ""))  # one text may stand for several that were chosen
        if not isinstance(field, forms.BooleanField):
            continue
        try:
            data[name] = says_yes(given.answers.get(key, ""))
        except ValueError:
            errors[name] = ValidationError(_("Write yes or no."), code="invalid")
        if not terms.needs_ticks and key not in given.answers:
            not_asked.add(name)
    form = form_class(data)
    for name in not_asked:
        form.fields[name].required = False
    return form, errors


def _dates_of(campaign: PublicCampaign) -> DatesSpec | None:
    return DatesSpec(tuple(DateSpec(session.id) for session in campaign.offered)) if campaign.chooses_dates else None


def _faults(form: SignUpForm, errors: Mapping[str, ValidationError]) -> list[Fault]:
    found = form.errors.as_data() | {name: [error] for name, error in errors.items()}
    return [
        Fault(
            name=name.removeprefix(PREFIX),
            is_answer=name.startswith(PREFIX),
            code=error.code or "invalid",
            words=" ".join(error.messages),
        )
        for name, those in found.items()
        for error in those
    ]
