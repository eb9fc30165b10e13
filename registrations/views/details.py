"""A person's own details: name, language, clock, a copy of everything held, and being forgotten.

Reading changes nothing, because mail scanners open every link; only posts do.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import reverse
from django.utils import translation
from django.utils.text import capfirst
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registrations import pipeline
from registrations.forms import NameForm
from registrations.mailing.times import zone_names
from registrations.services import own_data, private_page
from registrations.services.privacy import UnknownPerson
from registrations.services.tokens import UnknownToken
from registrations.views import errors, posts
from registrations.views.pages import answers_outages, page, secure, see_other
from registrations.views.private import context_of
from registrations.views.zones import zone_choices


@require_safe
@answers_outages
def details(request: HttpRequest, token: str) -> HttpResponse:
    """Show the forms for name, language and time zone."""
    try:
        return _details(request, token)
    except UnknownToken:
        return errors.unknown_link(request)


@csrf_exempt
@require_POST
@answers_outages
def correct_name(request: HttpRequest, token: str) -> HttpResponse:
    """Take a name as the person spells it."""
    posted = own_post(request)
    if isinstance(posted, HttpResponse):
        return posted
    try:
        with translation.override(private_page.read(token=token).language):
            form = NameForm(posted)
            if not form.is_valid():
                return _details(request, token, form=form, status=422)
        names = {name: form.cleaned_data[name] for name in ("first_name", "last_name")}
        pipeline.correct_name(token=token, **names)
    except UnknownToken:
        return errors.unknown_link(request)
    return _saved(token, "name")


@csrf_exempt
@require_POST
@answers_outages
def set_preferences(request: HttpRequest, token: str) -> HttpResponse:
    """Take language and time zone."""
    posted = own_post(request)
    if isinstance(posted, HttpResponse):
        return posted
    language, zone = posted.get("language", ""), posted.get("time_zone", "")
    if language not in dict(settings.LANGUAGES) or (zone and zone not in zone_names()):
        return errors.bad_request(request)
    try:
        pipeline.set_preferences(token=token, language=language, time_zone=zone)
    except UnknownToken:
        return errors.unknown_link(request)
    return _saved(token, "preferences")


@require_safe
@answers_outages
def data(request: HttpRequest, token: str) -> HttpResponse:
    """Give a person everything that is held about their registration, as a file."""
    try:
        content = own_data.export(token=token)
    except UnknownToken:
        return errors.unknown_link(request)
    response = JsonResponse(content, json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return secure(response)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_outages
def erase(request: HttpRequest, token: str) -> HttpResponse:
    """Ask whether to forget the person, and on a post do it."""
    try:
        person = private_page.read(token=token)
        if request.method == "POST":
            if posts.from_elsewhere(request):
                return errors.permission_denied(request)
            pipeline.erase_own(token=token)
            return secure(see_other(reverse("public:erased", args=[person.language])))
    except (UnknownToken, UnknownPerson):
        return errors.unknown_link(request)
    context = {**context_of(person, token), "home": reverse("public:private", args=[token])}
    return page(request, "registrations/erase.html", context, language=person.language, private=True)


@require_safe
def erased(request: HttpRequest, language: str) -> HttpResponse:
    """Say what was erased, what follows and what stays. The private address opens nothing by now, so this one is public."""
    if language not in dict(settings.LANGUAGES):
        return errors.page_not_found(request)
    return page(request, "registrations/erased.html", language=language, private=True)


def own_post(request: HttpRequest) -> QueryDict | HttpResponse:
    """What was posted to a private address, or the answer to what must not or cannot be read."""
    if posts.from_elsewhere(request):
        return errors.permission_denied(request)
    try:
        return posts.read(request)
    except posts.BadPost:
        return errors.bad_request(request)


def _saved(token: str, what: str) -> HttpResponse:
    return secure(see_other(f"{reverse('public:private', args=[token])}?saved={what}"))


def _details(request: HttpRequest, token: str, *, form: NameForm | None = None, status: int = 200) -> HttpResponse:
    person = private_page.read(token=token)
    with translation.override(person.language):
        names = form or NameForm(initial={"first_name": person.first_name, "last_name": person.last_name})
        zones = zone_choices(own=person.person_zone, event=person.event_zone)
    languages = [(code, capfirst(translation.get_language_info(code)["name_local"])) for code, _ in settings.LANGUAGES]
    context = {
        **context_of(person, token),
        "form": names,
        "languages": languages,
        "zones": zones,
        "has_link": any(meeting.link for meeting in person.meetings),
    }
    return page(request, "registrations/details.html", context, language=person.language, status=status, private=True)
