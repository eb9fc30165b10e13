"""Whoever lost their mails gets their links again: on their private page, or by typing their address anywhere.

Anybody can type anybody's address, so nothing is looked up while they wait for the answer: a row is written, and a worker
reads it. Whether anything is sent, the words are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction

from registrations.models import (
    OPEN_STATES,
    EnrollmentWish,
    LostLinkRequest,
    Registration,
    Seat,
    TimelineEntry,
    db_now,
)
from registrations.services import answering, counting
from registrations.services.counting import Limit
from registrations.services.due import NOTHING, Due, emails_due, lost_links_due
from registrations.services.guarding import address_origin, client_origin
from registrations.services.senders import sender_of
from registrations.services.tokens import UnknownToken, find_registration

__all__ = ["UnknownToken", "answer", "ask", "mail_again", "waiting"]

KIND = "lost_link"
MAILS_AN_HOUR = 3
ASKED_BY_CLIENT_AN_HOUR = 20
HOUR_SECONDS = 3600
MOST_AT_ONCE = 100
MOST_LISTED = 50
GIVEN_UP_AFTER = timedelta(days=1)

Code = TimelineEntry.Code


def ask(*, address: str, client: str) -> Due:
    """Write down that the links of a normalised address are wanted, unless that was asked too often within the hour."""
    if _too_often(address, client):
        return NOTHING
    return lost_links_due(LostLinkRequest.objects.create(address=address).pk)


def mail_again(*, token: str, client: str) -> Due:
    """Send the link mail of a private page's registration as a new generation. Raises UnknownToken.

    Nothing is sent if there is no link, if a link mail is on its way anyhow, or if that was asked too often within the hour.
    """
    person = find_registration(Registration.objects.select_related("campaign__event", "campaign__session"), token)
    if _too_often(person.email, client):
        return NOTHING
    with transaction.atomic():
        locked = Registration.objects.select_for_update(of=("self",)).select_related("campaign__sender")
        registration = locked.get(pk=person.pk)
        if registration.token != person.token or not _has_link(registration):
            return NOTHING
        if registration.mails.filter(kind="link", silent=False, state__in=OPEN_STATES).exists():
            return NOTHING
        mail = answering.queue_mail(registration, kind="link")
        TimelineEntry.write([registration.pk], Code.ASKED_AGAIN, data={"mail": mail.pk})
    return emails_due(mail.sender_id)


def waiting() -> Due:
    """Requests that nobody has answered yet. What could not be answered for a day is forgotten: it holds an address."""
    given_up = LostLinkRequest.objects.filter(requested_at__lte=db_now() - GIVEN_UP_AFTER)
    if given_up.exists():  # a look costs no write lock
        given_up.delete()
    return lost_links_due(*LostLinkRequest.objects.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])


def answer(*, request_id: int) -> Due:
    """Queue the mails that list what an address is registered for and is still to come: one from each sender.

    Nothing is sent to an address that nobody is registered with. Answering twice is answering once.
    """
    due = NOTHING
    with transaction.atomic():
        request = LostLinkRequest.objects.select_for_update().filter(pk=request_id).first()
        if request is None:
            return NOTHING
        by_sender = defaultdict(list)
        for person in _current(request.address):
            by_sender[sender_of(person.campaign).pk].append(person)
        for people in by_sender.values():
            due |= _queue(people)
        request.delete()
    return due


def _too_often(address: str, client: str) -> bool:
    limits = [
        Limit("lost_address", address_origin(address), MAILS_AN_HOUR, HOUR_SECONDS, is_exact=True),
        Limit("lost_client", client_origin(client), ASKED_BY_CLIENT_AN_HOUR, HOUR_SECONDS, is_exact=True),
    ]
    return counting.tally.take(limits) is not None


def _has_link(registration: Registration) -> bool:
    wanted = Seat.objects.filter(enrollments__registration=registration, enrollments__wish=EnrollmentWish.IN)
    return wanted.exclude(link_hash=None).exists()


def _current(address: str) -> list[Registration]:
    """The registrations of an address whose events are not over, locked; an erased one has no address any more."""
    locked = Registration.objects.select_for_update(of=("self",)).exclude(token="")
    related = locked.select_related("campaign__sender", "campaign__event", "campaign__session")
    now = db_now()
    found = related.filter(email=address).order_by("pk")
    return [person for person in found if not (person.campaign.session or person.campaign.event).is_over(now)][-MOST_LISTED:]


def _queue(people: Iterable[Registration]) -> Due:
    """One mail about all of them; it belongs to the newest, and names the others by their ids."""
    ids = [person.pk for person in people]
    *_, newest = people
    mail = answering.queue_mail(newest, kind=KIND, registrations=",".join(map(str, ids)))
    TimelineEntry.write(ids, Code.ASKED_AGAIN, data={"mail": mail.pk})
    return emails_due(mail.sender_id)
