"""What search engines and messengers read on a campaign's page: schema.org's Event, and a short description."""

from __future__ import annotations

import html
import json
import re
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString

from registrations.mailing.scrubbing import clean_line, shorten
from registrations.mailing.times import known_zone
from registrations.services.campaigns import Availability, PublicCampaign, PublicSession

MAX_DESCRIPTION = 200
_TAG = re.compile(r"<[^>]*>")
# In a script element nothing ends the data but "</script", and "<!--" changes how it is read; both begin with "<".
_INERT = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def description_of(campaign: PublicCampaign) -> str:
    """The first words of a campaign's description, without HTML."""
    return shorten(clean_line(html.unescape(_TAG.sub(" ", campaign.description))), MAX_DESCRIPTION)


def public_address(campaign: PublicCampaign) -> str:
    """Where a campaign's page is, for everyone: its canonical address."""
    return f"{settings.PUBLIC_URL}{reverse('public:signup', args=[campaign.slug])}"


def image_of(campaign: PublicCampaign) -> str:
    """The address of a campaign's cover, for everyone; "" if it has none."""
    return f"{settings.PUBLIC_URL}{campaign.cover.jpeg}" if campaign.cover else ""


def event_data(campaign: PublicCampaign) -> SafeString:
    """The campaign as JSON-LD, fit for a script element; "" while it has no date.

    A block of data is never run, so the content security policy need not allow it anything (HTML, "prepare the script
    element": an unknown type ends before the policy is asked).
    """
    if not campaign.sessions:
        return SafeString("")
    common = _common(campaign)
    first, last = campaign.sessions[0], campaign.sessions[-1]
    if len(campaign.sessions) == 1:
        data = {"@type": "Event", **common, **_times(campaign, first, first)}
    else:
        parts = [
            {"@type": "Event", **common, "name": session.title or campaign.title, **_times(campaign, session, session)}
            for session in campaign.sessions
        ]
        data = {"@type": "EventSeries", **common, **_times(campaign, first, last), "subEvent": parts}
    text = json.dumps({"@context": "https://schema.org", **data}, ensure_ascii=False)
    return SafeString(text.translate(_INERT))


def _common(campaign: PublicCampaign) -> dict[str, Any]:
    address = public_address(campaign)
    cancelled = campaign.availability is Availability.CANCELLED
    data: dict[str, Any] = {
        "name": campaign.title,
        "url": address,
        "inLanguage": campaign.language,
        "eventStatus": f"https://schema.org/{'EventCancelled' if cancelled else 'EventScheduled'}",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": address},
    }
    if campaign.organizer:
        data["organizer"] = {"@type": "Organization", "name": campaign.organizer, "url": f"{settings.PUBLIC_URL}/"}
    if image := image_of(campaign):
        data["image"] = [image]
    if description := description_of(campaign):
        data["description"] = description
    return data


def _times(campaign: PublicCampaign, first: PublicSession, last: PublicSession) -> dict[str, str]:
    zone = known_zone(campaign.time_zone) or ZoneInfo("UTC")
    times = {"startDate": first.starts_at.astimezone(zone).isoformat(timespec="seconds")}
    if last.ends_at:
        times["endDate"] = last.ends_at.astimezone(zone).isoformat(timespec="seconds")
    return times
