"""What a visitor may follow after the post: two states of their own submission, and nothing about anybody's registration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from registrations.models import Session, StepState, Submission, fingerprint
from registrations.services.campaigns import PublicSession
from registrations.services.tokens import UnknownToken


@dataclass(frozen=True, slots=True)
class Progress:
    """One submission as its sender may see it. `address` is what was typed; `meeting` is the campaign's, if it has but one.

    `may_wait`: the campaign may have people wait before they get a link; of nobody in particular.
    """

    slug: str
    campaign_title: str
    language: str
    contact: str
    address: str
    handed_over: bool
    received_at: datetime
    meeting: PublicSession | None
    accent: str
    websites: tuple[str, ...]
    may_wait: bool = False


def read(*, token: str) -> Progress:
    """The progress of a submission. Raises UnknownToken."""
    submission = (
        Submission.objects.select_related("campaign__session", "mail")
        .defer("mail__letter")
        .filter(progress_hash=fingerprint(token))
        .first()
    )
    if submission is None:
        raise UnknownToken
    campaign = submission.campaign
    return Progress(
        slug=campaign.slug,
        campaign_title=campaign.title,
        language=campaign.language,
        contact=campaign.contact,
        address=submission.email,
        handed_over=submission.mail is not None and submission.mail.state == StepState.SETTLED,
        received_at=submission.received_at,
        meeting=_meeting(campaign.session),
        accent=campaign.accent,
        websites=campaign.website_list(),
        may_wait=campaign.confirm_address or campaign.approval or campaign.places is not None,
    )


def _meeting(session: Session | None) -> PublicSession | None:
    if session is None or session.starts_at is None:
        return None
    return PublicSession(session.title, session.starts_at, session.ends_at)
