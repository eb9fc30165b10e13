"""What happens after the form: two states of the submission, the same for every address."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from registrations.mailing.calendar_links import CalendarLink, calendar_links
from registrations.services.progress import Progress, read
from registrations.services.tokens import UnknownToken
from registrations.views import errors
from registrations.views.pages import answers_outages, page

# How old a submission is, and how many seconds until the next look: quick while it usually takes seconds, and no load
# from thousands of forgotten tabs.
_PACE = ((timedelta(seconds=30), 2), (timedelta(minutes=2), 5), (timedelta(minutes=10), 15))
_SLOWEST = 60


@require_safe
@answers_outages
def progress(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Show whether the form was received and the mail handed over."""
    try:
        submission = find(slug, token)
    except UnknownToken:
        return errors.unknown_link(request)
    return show(request, submission, token, again=reverse("public:signup", args=[slug]))


@require_safe
@answers_outages
def progress_state(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Answer one look of an open page: when to look next, or the final state in the place of the old one."""
    try:
        submission = find(slug, token)
    except UnknownToken:
        return errors.unknown_link(request)
    template = "registrations/_state.html" if submission.handed_over else "registrations/_poll.html"
    response = page(request, template, _context(submission, token), language=submission.language, private=True)
    if submission.handed_over:
        response.headers["HX-Retarget"] = "#state"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def find(slug: str, token: str) -> Progress:
    """The submission that a token opens below the address of its campaign. Raises UnknownToken."""
    submission = read(token=token)
    if submission.slug != slug:
        raise UnknownToken
    return submission


def _calendars(submission: Progress) -> list[CalendarLink]:
    """Calendars on the web, with the campaign's public page: whoever typed the form may not be whose address it is."""
    if submission.meeting is None:
        return []
    return calendar_links(
        title=submission.campaign_title,
        starts_at=submission.meeting.starts_at,
        ends_at=submission.meeting.ends_at,
        page=f"{settings.PUBLIC_URL}{reverse('public:signup', args=[submission.slug])}",
    )


def show(request: HttpRequest, submission: Progress, token: str, *, again: str, **more: object) -> HttpResponse:
    """Answer with the page that follows a submission; `again` is where its form can be sent once more."""
    context = {
        **_context(submission, token),
        "contact": submission.contact,
        "again": again,
        "calendars": _calendars(submission),
        **more,
    }
    return page(request, "registrations/progress.html", context, language=submission.language, private=True)


def _context(submission: Progress, token: str) -> dict[str, object]:
    age = timezone.now() - submission.received_at
    delay = next((seconds for limit, seconds in _PACE if age < limit), _SLOWEST)
    return {"progress": submission, "token": token, "delay": delay}
