"""What is told of people whom staff have approved or declined."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import ngettext

from registrations.services.approving import Decided


def tell_decided(request: HttpRequest, decided: Decided, *, approved: bool) -> None:
    """Say about how many something was decided, and how many did not wait for it."""
    if decided.done and approved:
        words = ngettext(
            "%(count)s person is approved; the mail with the link follows.",
            "%(count)s people are approved; the mails with the links follow.",
            decided.done,
        )
        messages.success(request, words % {"count": decided.done})
    elif decided.done:
        words = ngettext(
            "%(count)s person is declined and told so by mail.",
            "%(count)s people are declined and told so by mail.",
            decided.done,
        )
        messages.success(request, words % {"count": decided.done})
    if decided.others:
        words = ngettext(
            "%(count)s person did not wait for a decision; nothing was done.",
            "%(count)s people did not wait for a decision; nothing was done for them.",
            decided.others,
        )
        messages.warning(request, words % {"count": decided.others})
