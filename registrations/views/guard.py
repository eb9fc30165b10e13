"""Holding a form post back before its form is checked: one more press, or a wait. What was typed always comes back."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, QueryDict

from registrations.services import guarding
from registrations.services.guarding import Next, Post
from registrations.services.outages import OUTAGES
from registrations.services.signup import Entry
from registrations.views import form_tokens, proof
from registrations.views.form_tokens import Issued
from regsite.clients import address_of

TRAP = "subject"
"""The name of the field that people never see: templates/registrations/_trap.html."""


@dataclass(frozen=True, slots=True)
class Held:
    """A post that goes back: `trouble` is "again", "busy" or "outage"; `seconds` is how long to wait, 0 if there is no need."""

    trouble: str
    status: int
    token: str
    seconds: int = 0


def hold(request: HttpRequest, campaign_id: int, posted: QueryDict, issued: Issued | None) -> Held | None:
    """Look whether a post is held back; None for one whose form is to be checked."""
    post = Post(
        campaign_id=campaign_id,
        client=address_of(request),
        address=posted.get("email", ""),
        age=issued.age if issued else None,
        trapped=bool(posted.get(TRAP, "").strip()),
        asked_before=bool(issued and issued.asked_before),
    )
    signed = posted.get("form_token", "")
    try:
        verdict = guarding.judge(post=post)
    except OUTAGES:
        # What cannot be counted cannot be saved either: it is the same database.
        return Held("outage", 503, signed)
    if verdict.next is Next.WAIT:
        return Held("busy", 429, signed, verdict.seconds)
    if verdict.next is Next.ASK_AGAIN and issued is not None:
        return Held("again", 422, form_tokens.issue(campaign_id=campaign_id, name=issued.name, asked_before=True))
    return None


def is_proven(campaign_id: int, posted: QueryDict, issued: Issued | None, entry: Entry) -> bool:
    """Look whether a form brings its proof of work. One that is not ours cannot, so it is no try held back.

    Raises what the database raises when it is away.
    """
    return issued is not None and guarding.is_proven(
        campaign_id=campaign_id, solution=posted.get(proof.FIELD, ""), form_token=issued.name, entry=entry
    )
