"""What is coming, for programs: a calendar to subscribe to, and RSS 2.0.

Both are the same for everybody, in the installation's language, and may be kept for five minutes.
"""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.feedgenerator import Rss201rev2Feed
from django.utils.html import format_html
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from registrations.mailing.public_calendar import Announcement, public_calendar
from registrations.mailing.times import meeting_time
from registrations.services.campaigns import PublicCampaign, PublicSession
from registrations.services.listing import Coming, upcoming
from registrations.services.meetings import public_host
from registrations.views.pages import answers_outages
from registrations.views.structured import public_address

_HEADERS = {"Cache-Control": "public, max-age=300"}

# What XML 1.0 cannot hold (§2.2), not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@require_safe
@answers_outages
def calendar(request: HttpRequest) -> HttpResponse:
    """Give every coming meeting of listed campaigns as a calendar file."""
    announcements = [_announcement(one.campaign, session) for one in upcoming() for session in one.sessions]
    with translation.override(settings.LANGUAGE_CODE):
        content = public_calendar(announcements, name=_title(), stamp=timezone.now())
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=_HEADERS)


@require_safe
@answers_outages
def rss(request: HttpRequest) -> HttpResponse:
    """Give listed campaigns as a feed, the newest first."""
    coming = sorted(upcoming(), key=lambda one: (one.campaign.announced_at or timezone.now(), one.campaign.id), reverse=True)
    with translation.override(settings.LANGUAGE_CODE):
        feed = Rss201rev2Feed(
            title=_title(),
            link=f"{settings.PUBLIC_URL}/",
            description=gettext("Online events you can sign up for: your personal link comes by mail."),
            language=settings.LANGUAGE_CODE,
            feed_url=settings.PUBLIC_URL + reverse("public:rss"),
        )
    for one in coming:
        _add(feed, one)
    return HttpResponse(feed.writeString("utf-8"), content_type="application/rss+xml; charset=utf-8", headers=_HEADERS)


def _title() -> str:
    return gettext("Upcoming events")


def _announcement(campaign: PublicCampaign, session: PublicSession) -> Announcement:
    own_title = session.title if campaign.whole_series and session.title != campaign.title else ""
    return Announcement(
        uid=f"c{campaign.id}-s{session.id}@{public_host()}",
        sequence=session.revision,
        title=f"{campaign.title}: {own_title}" if own_title else campaign.title,
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        url=public_address(campaign),
        organizer=campaign.contact,
    )


def _add(feed: Rss201rev2Feed, one: Coming) -> None:
    campaign = one.campaign
    with translation.override(campaign.language):
        time = meeting_time(one.sessions[0], campaign.time_zone)
    feed.add_item(
        title=_xml(campaign.title),
        link=public_address(campaign),
        # HTML, by the custom of RSS; the description was sanitised.
        description=_xml(format_html("<p>{}</p>{}", time, campaign.description)),
        unique_id=public_address(campaign),
        unique_id_is_permalink=True,
        pubdate=campaign.announced_at,
        categories=[_xml(campaign.organizer)] if campaign.organizer else [],
    )


def _xml(text: str) -> str:
    return _NOT_XML.sub("", text)
