"""The private page of one registration: links, calendar, cancelling and coming back.

Reading it changes nothing, because mail scanners open every link; only posts do.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext, pgettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registrations import pipeline
from registrations.mailing.calendar_links import CalendarLink, calendar_links
from registrations.mailing.times import date_label
from registrations.services import private_page
from registrations.services.private_page import PrivateMeeting, PrivatePage
from registrations.services.signup import NotOpen
from registrations.services.tokens import UnknownToken
from registrations.views import errors, posts
from registrations.views.accents import accent_code
from registrations.views.pages import answers_outages, page, secure, see_other
from registrations.views.schedule import When, when
from registrations.views.zones import zone_words
from regsite.clients import address_of

_MAILED = "mailed"
"""What the private page's address ends with after the link was asked for: reloading it asks for nothing."""
_TO_CONFIRM = "confirmation"


@dataclass(frozen=True, slots=True)
class _Row:
    title: str
    when: When
    link: str
    status: str
    calendars: list[CalendarLink]


@require_safe
@answers_outages
def private(request: HttpRequest, token: str) -> HttpResponse:
    """Show a person their sessions, links and what they may change."""
    try:
        return _private_page(request, token, mailed=_MAILED in request.GET)
    except UnknownToken:
        return errors.unknown_link(request)


@require_safe
@answers_outages
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Give a person's sessions as a calendar file."""
    try:
        content = private_page.calendar(token=token)
    except UnknownToken:
        return errors.unknown_link(request)
    headers = {"Content-Disposition": 'attachment; filename="calendar.ics"'}
    return secure(HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers))


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_outages
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to cancel, and on a post do it."""
    home = reverse("public:private", args=[token])
    try:
        if request.method == "POST":
            if posts.from_elsewhere(request):
                return errors.permission_denied(request)
            pipeline.cancel(token=token)
            return secure(see_other(home))
        person = private_page.read(token=token)
    except UnknownToken:
        return errors.unknown_link(request)
    if not person.can_cancel:
        return secure(see_other(home))
    context = {**context_of(person, token), "home": home}
    return page(request, "registrations/cancel.html", context, language=person.language, private=True)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_outages
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show the button that confirms the address, and on a post do it: what opens links in mails presses no buttons."""
    home = reverse("public:private", args=[token])
    try:
        if request.method == "POST":
            if posts.from_elsewhere(request):
                return errors.permission_denied(request)
            pipeline.confirm(token=token)
            return secure(see_other(f"{home}?saved=address"))
        person = private_page.read(token=token)
    except UnknownToken:
        return errors.unknown_link(request)
    except NotOpen:
        return _private_page(request, token, refused=True, status=409)
    if person.held_for != _TO_CONFIRM:
        return secure(see_other(home))
    context = {**context_of(person, token), "home": home}
    return page(request, "registrations/confirm.html", context, language=person.language, private=True)


@csrf_exempt
@require_POST
@answers_outages
def come_back(request: HttpRequest, token: str) -> HttpResponse:
    """Take a cancelled registration up again."""
    if posts.from_elsewhere(request):
        return errors.permission_denied(request)
    try:
        pipeline.come_back(token=token)
    except UnknownToken:
        return errors.unknown_link(request)
    except NotOpen:
        return _private_page(request, token, refused=True, status=409)
    return secure(see_other(reverse("public:private", args=[token])))


@csrf_exempt
@require_POST
@answers_outages
def mail_again(request: HttpRequest, token: str) -> HttpResponse:
    """Send the person's link mail once more."""
    if posts.from_elsewhere(request):
        return errors.permission_denied(request)
    try:
        pipeline.mail_link_again(token=token, client=address_of(request))
    except UnknownToken:
        return errors.unknown_link(request)
    return secure(see_other(f"{reverse('public:private', args=[token])}?{_MAILED}"))


def _private_page(
    request: HttpRequest, token: str, *, refused: bool = False, mailed: bool = False, status: int = 200
) -> HttpResponse:
    person = private_page.read(token=token)
    with translation.override(person.language):
        rows = [_row(person, meeting, token) for meeting in person.meetings]
        zone = person.person_zone or person.event_zone
        came = date_label(person.new_form_at, zone) if person.new_form_at else ""
    context = {
        **context_of(person, token),
        "rows": rows,
        "new_form_came": came,
        "has_links": any(row.link for row in rows),
        "refused": refused,
        "mailed": mailed,
        "saved": request.GET.get("saved", ""),
        "zone": zone_words(person.person_zone),
    }
    return page(request, "registrations/private.html", context, language=person.language, status=status, private=True)


def _row(person: PrivatePage, meeting: PrivateMeeting, token: str) -> _Row:
    words = when(meeting, zone=person.event_zone, person_zone=person.person_zone)
    # A link is the platform's word; only what a browser opens as a web page becomes a link here.
    is_shown = not person.cancelled and urlsplit(meeting.link).scheme in ("https", "http")
    link = meeting.link if is_shown else ""
    # A calendar's operator reads the address that it is opened with. So it gets the address of this page and not the join
    # link: that one lets whoever has it in under this person's name, can be changed by the platform at any time, and is not
    # ours to revoke, while this page's token can be, ends by itself, and always leads to the link that holds.
    page_address = f"{settings.PUBLIC_URL}{reverse('public:private', args=[token])}"
    calendars = (
        []
        if person.cancelled or person.held_for
        else calendar_links(title=meeting.title, starts_at=meeting.starts_at, ends_at=meeting.ends_at, page=page_address)
    )
    return _Row(meeting.title, words, link, _status(person, meeting, link), calendars)


def _status(person: PrivatePage, meeting: PrivateMeeting, link: str) -> str:
    """Return what this meeting's status means to the person; staff's words for trouble would only worry them."""
    if person.cancelled:
        return gettext("Cancelled")
    if link:
        return pgettext("to the person", "Registered")
    return meeting.status_label if person.held_for else gettext("Registering")


def context_of(person: PrivatePage, token: str) -> dict[str, object]:
    """What every page below a private address shows."""
    return {"person": person, "token": token, "contact": person.contact, "accent": accent_code(person.accent)}
