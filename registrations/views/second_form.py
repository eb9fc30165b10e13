"""The page on which a person says what is to become of a second form that came under their address.

Reading it changes nothing, because mail scanners open every link; only posts do.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from registrations import pipeline
from registrations.mailing.times import moment_label
from registrations.services import form_comparison
from registrations.services.form_comparison import Comparison, Dates
from registrations.services.form_verdicts import Hindered, UnknownForm
from registrations.services.second_forms import Verdict
from registrations.services.tokens import UnknownToken
from registrations.views import errors
from registrations.views.details import own_post
from registrations.views.pages import answers_outages, page, secure, see_other
from registrations.views.private import context_of
from registrations.views.schedule import When, when

_CHOICES = {
    "use": Verdict.ADOPTED,
    "leave": Verdict.LEFT,
    "not-me": Verdict.NOT_MINE,
}
_MOST_DIGITS = 18


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_outages
def second_form(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is on file beside what the newest form says, and on a post do what was chosen."""
    try:
        if request.method == "POST":
            posted = own_post(request)
            return posted if isinstance(posted, HttpResponse) else _decide(request, token, posted)
        return _comparison(request, token)
    except (UnknownToken, UnknownForm):
        return errors.unknown_link(request)


def _decide(request: HttpRequest, token: str, posted: QueryDict) -> HttpResponse:
    form_id, choice = posted.get("form", ""), posted.get("choice", "")
    if choice not in _CHOICES or not (form_id.isascii() and form_id.isdecimal() and len(form_id) <= _MOST_DIGITS):
        return errors.bad_request(request)
    try:
        pipeline.decide_on_form(token=token, form_id=int(form_id), verdict=_CHOICES[choice])
    except Hindered as hindered:
        return _comparison(request, token, hindrance=hindered.hindrance.value, status=409)
    return secure(see_other(f"{reverse('public:private', args=[token])}?saved=form-{choice}"))


def _comparison(request: HttpRequest, token: str, *, hindrance: str = "", status: int = 200) -> HttpResponse:
    compared = form_comparison.read(token=token)
    person, form = compared.person, compared.form
    context = {**context_of(person, token), "form": form, "hindrance": hindrance}
    if form is not None:
        with translation.override(person.language):
            context |= {
                "came": moment_label(form.received_at, person.person_zone or person.event_zone),
                "dates": _times(compared, form.dates),
                "further": _times(compared, form.further),
                "differing": [pair for pair in form.pairs if pair.differs],
                "same": [pair for pair in form.pairs if not pair.differs],
                "name_stays": form.pairs[0].differs and any(meeting.link for meeting in person.meetings),
            }
    return page(request, "registrations/second_form.html", context, language=person.language, status=status, private=True)


def _times(compared: Comparison, dates: Dates | None) -> list[tuple[str, When]]:
    zone = compared.person.event_zone
    return [(meeting.title, when(meeting, zone=zone)) for meeting in dates.sessions] if dates else []
