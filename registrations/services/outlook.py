"""Where one person stands and what happens next, in sentences: the same words for every staff screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrations.mailing.times import moment_label
from registrations.models import (
    Delivery,
    EnrollmentWish,
    Fact,
    OutgoingEmail,
    Pause,
    Registration,
    Seat,
    StepState,
    db_now,
)
from registrations.services import pauses, places, reasons
from registrations.services.standing import LINK_KINDS, Standing


@dataclass(frozen=True, slots=True)
class Outlook:
    """`sentences` for people; behind them, small, the code and the other side's own words (both may be empty)."""

    sentences: tuple[str, ...]
    code: str = ""
    detail: str = ""


def outlook(registration: Registration, standing: Standing) -> Outlook:
    """What happens next for a person whose standing is known. Times are told in the event's zone."""
    return _Person(registration).outlook(standing)


def pause_sentences(pause: Pause) -> tuple[str, ...]:
    """Why a pause stands, since when, when it is tried next, and what resumes it. Times in the event's or account's zone."""
    zone = pause.event.zone if pause.event else pause.account.time_zone
    tried = _("Since %(since)s; the next try is at %(next)s, and as soon as it works everything goes on by itself.") % {
        "since": moment_label(pause.since, zone),
        "next": moment_label(pause.next_probe_at, zone),
    }
    return tuple(filter(None, (reasons.sentence(pause.reason), tried, reasons.remedy(pause.reason))))


class _Person:
    """One registration with the seats and mails that the sentences speak of."""

    def __init__(self, registration: Registration) -> None:
        self.registration = registration
        self.zone = registration.campaign.event.zone
        wanted = registration.enrollments.filter(wish=EnrollmentWish.IN)
        self.seats = list(
            Seat.objects.filter(enrollments__in=wanted)
            .select_related("account", "event__account", "session", "session")
            .order_by("pk")
        )
        self.mails = list(registration.mails.defer("letter").filter(silent=False).order_by("-pk"))

    def outlook(self, standing: Standing) -> Outlook:
        match standing:
            case Standing.ATTENTION:
                return self._attention()
            case Standing.PAUSED:
                return self._paused()
            case Standing.RECEIVED | Standing.REGISTERING:
                return self._registering()
            case Standing.CANCELLED:
                return self._cancelled()
            case Standing.ERASED:
                return Outlook((_("Everything personal was erased at the person's request."),))
            case Standing.HELD | Standing.UNCONFIRMED | Standing.WAITING | Standing.NO_PLACE | Standing.DECLINED:
                return self._held(standing)
            case Standing.ENTERED:
                return Outlook((_("The platform has seen the person in the room."),))
            case _:
                return self._mail(standing)

    def _held(self, standing: Standing) -> Outlook:
        held = self.registration.enrollments.filter(wish=EnrollmentWish.HELD).order_by("pk").first()
        if held is None:
            return Outlook(())
        since = _("Since %(since)s.") % {"since": moment_label(held.changed_at, self.zone)}
        match standing:
            case Standing.UNCONFIRMED:
                pressed = _("The person has not pressed the button in the mail yet, so the platform is not asked.")
                return Outlook((pressed, since, *self._kept(held.changed_at)))
            case Standing.WAITING:
                return Outlook((*self._in_line(), since))
            case Standing.NO_PLACE:
                words = _("All places were taken, and there was no waiting list. The person can ask for a place again.")
            case Standing.DECLINED:
                words = _("The person was declined and told so by mail. They can still be approved.")
            case _:
                words = _("Nothing happens until the organiser decides.")
        return Outlook((words, since))

    def _kept(self, since: datetime) -> tuple[str, ...]:
        if self.registration.campaign.places is None:
            return ()
        until = since + places.KEPT_UNCONFIRMED
        if until <= db_now():
            return (_("No place is kept any more; the button still works if one is free."),)
        return (_("Their turn for a place is kept until %(until)s.") % {"until": moment_label(until, self.zone)},)

    def _in_line(self) -> tuple[str, ...]:
        number = places.number_in_line(self.registration)
        words = _("All places were taken; number %(number)s on the waiting list.") % {"number": number}
        if places.moves_up(self.registration.campaign, db_now()):
            return (words, _("The list moves up by itself as soon as a place is free at the platform."))
        return (words, _("The campaign takes nobody any more, so the list does not move up."))

    def _attention(self) -> Outlook:
        rows: list[Seat | OutgoingEmail] = [*self.seats, *self.mails]
        parked = next((row for row in rows if row.state == StepState.PARKED), None)
        if parked is None:
            return Outlook(())
        whose = _("The registration has stopped.") if isinstance(parked, Seat) else _("A mail has stopped.")
        words = (whose, reasons.sentence(parked.reason), reasons.remedy(parked.reason))
        return Outlook(tuple(filter(None, words)), parked.reason, parked.reason_detail)

    def _paused(self) -> Outlook:
        switch = Delivery.objects.filter(paused_at__isnull=False).first()
        if switch is not None and switch.paused_at is not None:
            since = moment_label(switch.paused_at, self.zone)
            return Outlook((_("Everything has been paused by staff since %(since)s; the place is kept.") % {"since": since},))
        waiting = [seat for seat in self.seats if seat.is_open]
        for pause in Pause.objects.filter(ended_at=None, account__in=[seat.account_id for seat in waiting]).select_related(
            "account", "event__account", "session"
        ):
            if Seat.objects.filter(pauses.covers(pause), pk__in=[seat.pk for seat in waiting]).exists():
                return Outlook((*pause_sentences(pause), _("The place is kept.")), pause.reason, pause.reason_detail)
        return self._registering()

    def _registering(self) -> Outlook:
        seat = next((seat for seat in self.seats if seat.is_open and seat.fact != Fact.IN), None)
        if seat is None:
            return Outlook(())
        if seat.state == StepState.LEASED:
            return Outlook((_("The platform is being asked right now."),), seat.reason, seat.reason_detail)
        words = [reasons.sentence(seat.reason)]
        if seat.attempts:
            asked = ngettext("We asked the platform once;", "We asked the platform %(count)s times;", seat.attempts)
            words = [f"{asked % {'count': seat.attempts}} {self._next_try(seat.run_at)}", *words]
        elif not seat.reason:
            words = [_("The form is here; the platform is asked in a moment.")]
        return Outlook(tuple(filter(None, words)), seat.reason, seat.reason_detail)

    def _mail(self, standing: Standing) -> Outlook:
        mail = next((mail for mail in self.mails if mail.kind in LINK_KINDS), None)
        if mail is None:
            return Outlook((_("The platform has registered the person and gave the link; no mail is due."),))
        if mail.is_open:
            words = [_("The platform has registered the person."), self._mail_under_way(mail), reasons.sentence(mail.reason)]
            return Outlook(tuple(filter(None, words)), mail.reason, mail.reason_detail)
        words = []
        if mail.settled_at is not None:
            words = [
                _("Our mail server took the mail with the link at %(at)s.") % {"at": moment_label(mail.settled_at, self.zone)}
            ]
        if standing is Standing.SECOND_COPY:
            words.append(_("A try before that broke off in the last instant, so the same mail may have arrived twice."))
        words.append(_("Nothing more is due."))
        return Outlook(tuple(words), "", mail.server_reply)

    def _mail_under_way(self, mail: OutgoingEmail) -> str:
        if mail.sender.trouble and mail.sender.retry_at is not None:
            return _("The mail server is in trouble; %(next)s") % {"next": self._next_try(mail.sender.retry_at)}
        if mail.state == StepState.LEASED or mail.run_at <= db_now():
            return _("The mail with the link is on its way.")
        return _("The mail with the link was not taken yet; %(next)s") % {"next": self._next_try(mail.run_at)}

    def _cancelled(self) -> Outlook:
        seats = list(Seat.objects.filter(enrollments__registration=self.registration))
        if any(seat.is_open for seat in seats):
            return Outlook((_("The person does not want to come; the platform is being told."),))
        return Outlook((_("The person does not want to come. They can come back from their private page."),))

    def _next_try(self, at: datetime) -> str:
        if at <= db_now():
            return _("the next try is due now.")
        return _("the next try is at %(at)s.") % {"at": moment_label(at, self.zone)}
