"""Signing people up by JSON, and asking how far it is. No answer depends on whether an address is known."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, ClassVar

from django.conf import settings
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, Throttled
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registrations import pipeline
from registrations.api import origins, problems
from registrations.api.description import describe_registering, describe_status
from registrations.api.serializers import RegistrationBody
from registrations.models import fingerprint
from registrations.services import guarding, progress
from registrations.services.api_keys import Caller
from registrations.services.attribution import attribution
from registrations.services.campaigns import CampaignNotFound, PublicCampaign, recent_campaign
from registrations.services.consents import Agreed, ConsentMissing
from registrations.services.dates import NotOffered
from registrations.services.guarding import Next
from registrations.services.intake import Fault, Faulty, Given, NameTaken, checked
from registrations.services.signup import NotOpen
from registrations.services.tokens import UnknownToken
from regsite.clients import address_of

NAME_DIGITS = 40
MAX_IDEMPOTENCY_KEY = 255


class OneAnswer(BaseContentNegotiation):
    """There is but one kind of answer, whatever a client would rather have."""

    def select_parser(self, request: Request, parsers: Sequence[BaseParser]) -> BaseParser | None:
        return next((parser for parser in parsers if request.content_type.split(";")[0] == parser.media_type), None)

    def select_renderer(
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class MachineView(APIView):
    """What all of the API has in common: one kind of answer, kept by nobody."""

    permission_classes: ClassVar[list[Any]] = []
    content_negotiation_class = OneAnswer

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response


class Registrations(MachineView):
    """The people of a campaign, for whoever may add to them."""

    allowed_origin = ""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find the campaign and the website first, so that a listed website can read whatever else is wrong."""
        self.campaign = _campaign(kwargs["slug"])
        origin = request.headers.get("Origin", "")
        if self.campaign.has_page(origin):
            self.allowed_origin = origin
        super().initial(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        allow = origins.allow_post if request.method == "OPTIONS" else origins.allow
        allow(response.headers, origin=self.allowed_origin)
        return response

    @describe_registering
    def post(self, request: Request, slug: str) -> Response:
        """Take one person's form."""
        sender = self._sender(request)
        name = _name_of_post(request, sender)
        given = _given(request.data)
        self._count(request, given)
        try:
            entry = checked(campaign=self.campaign, given=given)
            token = pipeline.sign_up_once(
                campaign_id=self.campaign.id,
                form_token=name,
                entry=entry,
                agreed=Agreed(tuple(given.consents), ip=address_of(request), page=given.source.get("page", "")),
                attribution=attribution(door="api", told=given.source),
            )
        except ConsentMissing as missing:
            words = _("The person must agree to what the campaign requires.")
            raise problems.invalid((Fault("consents", is_answer=False, code="required", words=words),)) from missing
        except NotOffered as gone:
            words = _("One of the dates cannot be chosen any more. Choose from these.")
            raise problems.invalid((Fault("sessions", is_answer=False, code="invalid_choice", words=words),)) from gone
        except Faulty as faulty:
            raise problems.invalid(faulty.faults) from faulty
        except NotOpen as refusal:
            raise problems.not_open(refusal.availability) from refusal
        except NameTaken as taken:
            told = _("This Idempotency-Key was used for another body.")
            raise problems.Problem(422, told, code="idempotency_key_reused") from taken
        address = settings.PUBLIC_URL + reverse("api:status", args=[token])
        return Response({"status": "received", "status_url": address, "token": token}, status=202)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Tell a browser whether it may post; the headers say it."""
        return Response(status=204)

    def _count(self, request: Request, given: Given) -> None:
        """Raises Throttled. A program with a key sends for many people from one place."""
        client = "" if request.auth is not None else address_of(request)
        verdict = guarding.judge_machine(campaign_id=self.campaign.id, address=given.email, client=client)
        if verdict.next is Next.WAIT:
            raise Throttled(wait=verdict.seconds)

    def _sender(self, request: Request) -> str:
        """Who sends this, for telling names of posts apart. Raises NotAuthenticated, PermissionDenied."""
        caller: Caller | None = request.auth
        if caller is not None:
            if not caller.may_use(self.campaign.id):
                raise PermissionDenied(_("This key is for another campaign."))
            return str(caller.key_id)
        if self.allowed_origin:
            if self.campaign.proof_of_work:
                raise PermissionDenied(_("This campaign takes forms from browsers on its own page and in its frame only."))
            return "web"
        if request.headers.get("Origin", "null") != "null":
            raise PermissionDenied(_("This website is not on the campaign's list."))
        raise NotAuthenticated


class RegistrationStatus(MachineView):
    """One form that was taken."""

    authentication_classes: ClassVar[list[Any]] = []

    @describe_status
    def get(self, request: Request, token: str) -> Response:
        """Say how far it is, as the page after the form does."""
        try:
            handed_over = progress.read(token=token).handed_over
        except UnknownToken as error:
            raise Http404 from error
        return Response({"status": "mail_handed_over" if handed_over else "received"})


def _campaign(slug: str) -> PublicCampaign:
    try:
        return recent_campaign(slug=slug)
    except CampaignNotFound as error:
        raise Http404 from error


def _name_of_post(request: Request, sender: str) -> str:
    """What this post is told from others by: the sender's own name for it, or a fresh one."""
    given = request.headers.get("Idempotency-Key", "")
    if len(given) > MAX_IDEMPOTENCY_KEY:
        raise problems.Problem(400, _("The Idempotency-Key is too long."))
    digits = fingerprint(given)[:NAME_DIGITS] if given else secrets.token_hex(NAME_DIGITS // 2)
    return f"api:{sender}:{digits}"


def _given(body: Any) -> Given:
    """What the body says, if it has the shape of a form. Raises a problem."""
    shape = RegistrationBody(data=body)
    if shape.is_valid():
        return Given(**shape.validated_data)
    raise problems.invalid(tuple(_misshapen(shape.errors)))


def _misshapen(errors: dict[str, Any]) -> list[Fault]:
    found = []
    for name, those in errors.items():
        is_answers = name == "answers" and isinstance(those, dict)
        for key, messages in those.items() if isinstance(those, dict) else [(name, those)]:
            found += [Fault(str(key) if is_answers else name, is_answers, error.code, str(error)) for error in messages]
    return found
