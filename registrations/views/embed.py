"""The form in a frame on somebody's own website, and the script that puts it there.

A frame gets no cookie and needs none. Its posts come from a page of ours, like those of the hosted page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import condition, require_http_methods, require_safe

from registrations.services.campaigns import PublicCampaign
from registrations.services.tokens import UnknownToken
from registrations.views import errors, form_tokens, progress
from registrations.views.looks import Look, look_of
from registrations.views.pages import answers_outages, page, see_other
from registrations.views.signup import HostedPage, show_or_take, typed
from registrations.views.websites import let_hold

_SALT = "registrations.holders"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a page knows of the frame that it stands in: its look, and the websites that may hold it."""

    look: Look
    websites: tuple[str, ...]

    @property
    def holders(self) -> str:
        """The websites, signed: a form carries them, so that they are known while the database is away."""
        return signing.dumps(self.websites, salt=_SALT)


# Exempt from CSRF for the reason that the hosted page is.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
@answers_outages
def embed(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a campaign's form to be held in a frame, or take it."""
    return show_or_take(request, slug, _FRAMED)


@require_safe
@answers_outages
def embed_progress(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """Show in the frame what becomes of the form."""
    try:
        submission = progress.find(slug, token)
    except UnknownToken:
        return errors.unknown_link(request)
    frame = Frame(look_of(request.GET.dict(), accent=submission.accent), submission.websites)
    again = reverse("public:embed", args=[slug]) + frame.look.query
    return let_hold(progress.show(request, submission, token, again=again, frame=frame), submission.websites)


class _Framed(HostedPage):
    """The door that is a page of ours in a frame on another website."""

    name = "embed"

    def accepted(self, request: HttpRequest, campaign: PublicCampaign, progress_token: str) -> HttpResponse:
        look = look_of(request.GET.dict(), accent=campaign.accent)
        return see_other(reverse("public:embed-progress", args=[campaign.slug, progress_token]) + look.query)

    def kept(self, request: HttpRequest, posted: QueryDict) -> HttpResponse:
        websites = _signed_websites(posted.get("holders", ""))
        frame = Frame(look_of(request.GET.dict(), accent=""), tuple(websites))
        response = page(request, "registrations/signup_kept.html", {**typed(posted), "frame": frame}, status=503)
        return let_hold(response, websites)

    def show(
        self, request: HttpRequest, campaign: PublicCampaign, template: str, context: Mapping[str, object], *, status: int
    ) -> HttpResponse:
        frame = Frame(look_of(request.GET.dict(), accent=campaign.accent), campaign.websites)
        response = super().show(request, campaign, template, {**context, "frame": frame}, status=status)
        return let_hold(response, campaign.websites)

    def action(self, request: HttpRequest, campaign: PublicCampaign) -> str:
        return reverse("public:embed", args=[campaign.slug]) + look_of(request.GET.dict(), accent=campaign.accent).query

    def own_address(self, campaign: PublicCampaign) -> str:
        return ""


_FRAMED = _Framed()


def _signed_websites(signed: str) -> Iterable[str]:
    try:
        return [str(website) for website in signing.loads(signed, salt=_SALT, max_age=form_tokens.MAX_AGE)]
    except (signing.BadSignature, ValueError, TypeError):
        return []


@lru_cache(maxsize=1)
def _script() -> str:
    return (settings.BASE_DIR / "static" / "registrations" / "embed.js").read_text(encoding="utf-8")


def _script_mark(request: HttpRequest) -> str:
    return f'"{sha256(_script().encode()).hexdigest()[:32]}"'


@require_safe
@condition(etag_func=_script_mark)
def script(request: HttpRequest) -> HttpResponse:
    """Answer with the script for websites. Its address stands on them for years, so it is asked for anew every hour."""
    response = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response
