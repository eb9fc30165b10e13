"""What a person's page tells, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registrations.admin.delivery import kind_label
from registrations.admin.labels import moment, standing_badge, state_badge
from registrations.forms import TYPES
from registrations.mailing.times import city_label, zone_label
from registrations.models import (
    Consent,
    FormHook,
    HeldFor,
    OutgoingEmail,
    Question,
    Registration,
    Seat,
    StepState,
    Submission,
    TimelineEntry,
    db_now,
)
from registrations.services import form_hooks, reasons, resending
from registrations.services.outlook import outlook
from registrations.services.standing import Standing

Row = dict[str, Any]
Code = TimelineEntry.Code

_DOORS = {
    "hosted": gettext_lazy("our page"),
    "embed": gettext_lazy("our form on your site"),
    "form": gettext_lazy("your own form"),
    "api": gettext_lazy("your own program"),
    "hook": gettext_lazy("a form builder"),
}
_WHERE_FROM = {
    "page": gettext_lazy("Page with the form"),
    "landing_page": gettext_lazy("First page"),
    "referrer": gettext_lazy("Came from"),
}
_VERDICTS = {
    "": gettext_lazy("sent again; it changed nothing by itself"),
    Submission.Verdict.ADOPTED: gettext_lazy("sent again, and used since the person said so"),
    Submission.Verdict.LEFT: gettext_lazy("sent again; the person left everything as it is"),
    Submission.Verdict.NOT_MINE: gettext_lazy("sent by somebody else, says the person; it changed nothing"),
}


def context(registration: Registration) -> dict[str, Any]:
    """Everything for the template; `registration` has `standing`, its campaign and event."""
    standing = Standing(registration.standing)  # type: ignore[attr-defined]
    zone = registration.campaign.event.zone
    questions = list(registration.campaign.questions.all())
    forms = _forms(registration)
    hooks = form_hooks.hooks_of(forms)
    mails = list(registration.mails.defer("letter").select_related("requested_by").order_by("pk"))
    enrollments = registration.enrollments.select_related("seat__event__account", "seat__session").order_by("seat")
    wishes = {each.seat: each.get_wish_display() for each in enrollments}
    seats = list(wishes)
    return {
        "registration": registration,
        "standing": standing_badge(standing),
        "outlook": outlook(registration, standing),
        "zone": zone_label(zone, db_now()),
        "person_zone": city_label(registration.time_zone) or registration.time_zone,
        "signed_up": moment(registration.created_at, zone),
        "answers": _answers(registration.answers, questions),
        "came_from": _came_from(registration.attribution),
        "seats": [_seat(seat, zone) | {"person_wish": capfirst(wish)} for seat, wish in wishes.items()],
        "mails": [_mail(mail, zone) for mail in mails if not mail.silent],
        "submissions": [_submission(form, zone, questions, hooks.get(form.pk)) for form in forms],
        "timeline": _timeline(registration, zone, {mail.pk: mail for mail in mails}),
        "generation": resending.link_generation(registration),
        "has_link": any(seat.link_hash for seat in seats),
        "can_approve": standing in (Standing.HELD, Standing.DECLINED),
        "can_decline": standing is Standing.HELD,
        "can_retry": any(row.state in (StepState.PARKED, StepState.QUEUED) for row in (*seats, *mails)),
    }


def _answers(answers: Mapping[str, str], questions: Sequence[Question]) -> list[Row]:
    """The answers as the form asks for them, in groups under its headings; one whose question is gone keeps its key."""
    groups: list[Row] = [{"heading": "", "rows": []}]
    for question in questions:
        if question.type in TYPES and not TYPES[question.type].has_answer:
            groups.append({"heading": question.label, "rows": []})
        if question.key in answers:
            groups[-1]["rows"].append((question.label, answers[question.key] or "–"))
    asked = {question.key for question in questions}
    groups.append({"heading": "", "rows": [(key, value or "–") for key, value in answers.items() if key not in asked]})
    return [group for group in groups if group["rows"]]


def _came_from(attribution: Mapping[str, str] | None) -> list[tuple[str, str]]:
    """Where somebody came from, in words as far as there are some; parameters keep the names that marketers gave them."""
    told = dict(attribution or {})
    door = told.pop("door", "")
    rows = [(_("Form"), str(_DOORS.get(door, door)))] if door else []
    return rows + [(str(_WHERE_FROM.get(name, name)), text) for name, text in told.items()]


def _seat(seat: Seat, zone: str) -> Row:
    return {
        "title": seat.place.title,
        "whole": seat.session is None and seat.event.is_series,
        "starts": moment(seat.place.starts_at, zone),
        "state": state_badge(seat.state),
        "wish": capfirst(seat.get_wish_display()),
        "fact": capfirst(seat.get_fact_display()),
        "participation_id": seat.participation_id or "–",
        "has_link": bool(seat.link_hash),
        "link_inferred": seat.link_inferred,
        "attempts": seat.attempts,
        "next": moment(seat.run_at, zone) if seat.state == StepState.QUEUED else "",
        "sentence": reasons.sentence(seat.reason),
        "code": seat.reason,
        "detail": seat.reason_detail,
        "visited": moment(seat.visited_at, zone) if seat.visited_at else "",
    }


def _mail(mail: OutgoingEmail, zone: str) -> Row:
    return {
        "kind": kind_label(mail.kind),
        "generation": mail.generation,
        "state": state_badge(mail.state),
        "when": moment(mail.settled_at or mail.run_at, zone),
        "is_open": mail.is_open,
        "attempts": mail.attempts,
        "sentence": reasons.sentence(mail.reason),
        "code": mail.reason,
        "detail": mail.reason_detail or mail.server_reply,
        "second_copy": mail.possible_second_copy,
        "by": mail.requested_by.get_username() if mail.requested_by else "",
    }


def _forms(registration: Registration) -> list[Submission]:
    """The forms with all that shows why we may write to the person, in one query more for all of them."""
    given = Consent.objects.select_related("text").defer("text__document").order_by("pk")
    forms = registration.submissions.select_related("imported__imported_by").prefetch_related(Prefetch("consents", given))
    return list(forms.order_by("pk"))


def _submission(submission: Submission, zone: str, questions: Sequence[Question], hook: FormHook | None) -> Row:
    return {
        "received": moment(submission.received_at, zone),
        "name": submission.full_name,
        "answers": _answers(submission.answers, questions),
        "came_from": _came_from(submission.attribution),
        "is_repeat": submission.from_known_person,
        "what_became_of_it": _VERDICTS[submission.verdict],
        "is_answered": submission.mail_id is not None,
        "agreed": [_agreed(consent, zone) for consent in submission.consents.all()],
        "basis": _basis(submission, zone, hook),
    }


def _agreed(consent: Consent, zone: str) -> Row:
    return {
        "statement": consent.text.statement,
        "purpose": consent.text.get_purpose_display(),
        "address": settings.PUBLIC_URL + reverse("public:consent", args=[consent.fingerprint]),
        "told": [moment(consent.given_at, zone), *filter(None, [consent.ip, consent.page])],
    }


def _basis(submission: Submission, zone: str, hook: FormHook | None) -> Row:
    """Why we may write to somebody who ticked no box, and who says so: whoever brought the list, or set up the hook."""
    brought = submission.imported
    if brought is not None:
        source, by, at = _("list “%(name)s”") % {"name": brought.name}, brought.imported_by, brought.began_at
    else:
        source, by, at = (hook.name, hook.created_by, submission.received_at) if hook else ("", None, submission.received_at)
    words = brought.basis if brought is not None else submission.basis
    told = [moment(at, zone), source, by.get_username() if by else ""]
    return {"words": words, "told": [part for part in told if part]} if words else {}


def _timeline(registration: Registration, zone: str, mails: Mapping[int, OutgoingEmail]) -> list[Row]:
    entries = TimelineEntry.objects.filter(registration=registration).select_related("actor").order_by("-at", "-pk")[:200]
    return [
        {
            "at": moment(entry.at, zone, seconds=True),
            "sentence": _sentence(entry, mails),
            "code": entry.data.get("reason", ""),
            "who": entry.actor.get_username() if entry.actor else "",
            "is_alarm": entry.code in (Code.PARKED, Code.MAIL_PARKED, Code.WRONG_LINK),
        }
        for entry in entries
    ]


def _sentence(entry: TimelineEntry, mails: Mapping[int, OutgoingEmail]) -> str:
    """The line in words: what happened, to which mail, and why."""
    words = [str(Code(entry.code).label) if entry.code in Code.values else entry.code]
    mail = mails.get(entry.data.get("mail", 0))
    kind = entry.data.get("kind") or (mail.kind if mail else "")
    if kind:
        number = entry.data.get("generation") or (mail.generation if mail else 1)
        words.append(
            kind_label(kind) if number == 1 else _("%(kind)s, no. %(number)s") % {"kind": kind_label(kind), "number": number}
        )
    if entry.data.get("held_for") in HeldFor.values:
        words.append(str(HeldFor(entry.data["held_for"]).label))
    if entry.data.get("inferred"):
        words.append(_("the link was put together from another one of the event"))
    line = f"{words[0]}: {'; '.join(words[1:])}." if words[1:] else f"{words[0]}."
    return f"{line} {reasons.sentence(entry.data.get('reason', ''))}".strip()
