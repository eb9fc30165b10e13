"""The same form as the product's, and then either nothing but the same INSERTs, or what the usual script does."""

from __future__ import annotations

import hashlib
import os
import secrets

import requests
from django import forms
from django.core.mail import get_connection
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt

from registrations.models import Enrollment, Registration, Seat, Submission, TimelineEntry
from tests.bench.letters import Letters

# The campaign's row ids, which a bare script would have as constants.
CAMPAIGN, ACCOUNT, EVENT, SESSION = (int(number) for number in os.environ["BENCH_CAMPAIGN"].split(","))
REGISTER_URL = os.environ["BENCH_REGISTER_URL"]
LETTERS = os.environ["BENCH_LETTERS"]


class Form(forms.Form):
    """What the campaign of the benchmark asks."""

    form_token = forms.CharField(max_length=200)
    first_name = forms.CharField(max_length=100)
    last_name = forms.CharField(max_length=100)
    email = forms.EmailField()
    time_zone = forms.CharField(max_length=64, required=False)
    q_company = forms.CharField(max_length=200)
    q_role = forms.ChoiceField(choices=[(role, role) for role in ("Engineer", "Manager", "Student")])


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """The five rows of a new person, in one transaction, and not one SELECT."""
    form = Form(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=422)
    given = form.cleaned_data
    answers = {"company": given["q_company"], "role": given["q_role"]}
    person = {"email": given["email"], "first_name": given["first_name"], "last_name": given["last_name"], "answers": answers}
    token = secrets.token_urlsafe(32)
    progress = secrets.token_hex(32)
    with transaction.atomic():
        registration = Registration.objects.create(
            campaign_id=CAMPAIGN, language="en", token=token, token_hash=_hash(token), time_zone=given["time_zone"], **person
        )
        submission = Submission.objects.create(
            campaign_id=CAMPAIGN,
            registration=registration,
            form_token=secrets.token_hex(16),
            content_hash=_hash(request.body.decode()),
            progress_hash=_hash(progress),
            **person,
        )
        TimelineEntry.objects.create(registration=registration, code="received", data={"submission": submission.pk})
        seat = Seat.objects.create(account_id=ACCOUNT, event_id=EVENT, session_id=SESSION, address=given["email"])
        Enrollment.objects.create(registration=registration, seat=seat)
    return HttpResponseRedirect(f"/thanks/{progress}/", status=303)


@csrf_exempt
def usual_script(request: HttpRequest) -> HttpResponse:
    """Register at the platform, send the mail, and only then answer; no database at all."""
    form = Form(request.POST)
    if not form.is_valid():
        return HttpResponse(form.errors.as_json(), status=422)
    given = form.cleaned_data
    person = {"email": given["email"], "name": given["first_name"], "secondName": given["last_name"], "sendEmail": "false"}
    made = requests.post(REGISTER_URL, data=person, headers={"x-auth-token": "0" * 32}, timeout=30)
    made.raise_for_status()
    with get_connection("django.core.mail.backends.smtp.EmailBackend") as connection:
        connection.send_messages([_letters().to(given["email"], made.json()["link"])])
    return HttpResponseRedirect("/thanks/", status=303)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_read: list[Letters] = []


def _letters() -> Letters:
    """Read with the first post: the sample is taken once everything runs."""
    if not _read:
        _read.append(Letters.read(LETTERS))
    return _read[0]
