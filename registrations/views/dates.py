"""Other dates, on a person's own page: the boxes of the sign-up form, with what is chosen ticked.

Reading changes nothing, because mail scanners open every link; only posts do.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from registrations import pipeline
from registrations.forms import ChosenDates, DatesForm
from registrations.services import changing_dates, private_page
from registrations.services.changing_dates import NothingToChoose, OwnDates
from registrations.services.dates import NotOffered
from registrations.services.private_page import PrivatePage
from registrations.services.tokens import UnknownToken
from registrations.views import errors, posts
from registrations.views.pages import answers_outages, page, secure, see_other
from registrations.views.private import context_of
from registrations.views.schedule import offered_dates


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_outages
def dates(request: HttpRequest, token: str) -> HttpResponse:
    """Show which dates somebody comes to, or take what they choose."""
    home = reverse("public:private", args=[token])
    try:
        if request.method != "POST":
            return _show(request, token)
        if posts.from_elsewhere(request):
            return errors.permission_denied(request)
        return _take(request, token, posts.read(request))
    except posts.BadPost:
        return errors.bad_request(request)
    except UnknownToken:
        return errors.unknown_link(request)
    except NothingToChoose:
        return secure(see_other(home))


def _take(request: HttpRequest, token: str, posted: QueryDict) -> HttpResponse:
    person, own = private_page.read(token=token), changing_dates.read(token=token)
    with translation.override(person.language):
        form = _form(person, own, posted)
        if not form.is_valid():
            return _show(request, token, form=form)
    chosen = form.chosen()
    try:
        pipeline.change_dates(token=token, sessions=chosen.sessions, all_dates=chosen.all_dates)
    except NotOffered:  # one has gone since the form was checked, so that the form does not offer it any more
        return _show(request, token, posted=posted)
    return secure(see_other(f"{reverse('public:private', args=[token])}?saved=dates"))


def _show(request: HttpRequest, token: str, *, form: DatesForm | None = None, posted: QueryDict | None = None) -> HttpResponse:
    person, own = private_page.read(token=token), changing_dates.read(token=token)
    with translation.override(person.language):
        form = form or _form(person, own, posted)
        context = {**context_of(person, token), "form": form}
        status = 422 if form.is_bound else 200
        return page(request, "registrations/dates.html", context, language=person.language, status=status, private=True)


def _form(person: PrivatePage, own: OwnDates, posted: QueryDict | None) -> DatesForm:
    spec = offered_dates(
        own.offered,
        zone=person.event_zone,
        title=person.campaign_title,
        person_zone=person.person_zone,
        standing=own.all_dates,
    )
    return DatesForm(spec, posted, initial={"sessions": ChosenDates(own.chosen, own.all_dates)})
