"""How a campaign is doing, in the words and badges of the staff's screens."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from registrations.admin.held_back import held_back_lines
from registrations.admin.labels import AVAILABILITIES, FULL, QUIET, WAIT, badge
from registrations.admin.place_lines import place_lines
from registrations.admin.site_snippets import snippets
from registrations.models import Campaign, Registration
from registrations.services import campaigns, forecast, forecast_words, places
from registrations.services.campaigns import Availability
from registrations.services.forecast import Forecast
from registrations.services.standing import Standing


def public_address(campaign: Campaign) -> str:
    """Where the sign-up page is, for everyone."""
    return f"{settings.PUBLIC_URL}{campaign.get_absolute_url()}"


def state_of(campaign: Campaign) -> SafeString:
    """Whether a campaign takes sign-ups."""
    if not campaign.published:
        return badge(QUIET, "visibility_off", pgettext("campaign", "Not published"))
    state = campaigns.availability(campaign)
    if state is Availability.OPEN and campaign.places is not None and places.taken_places(campaign) >= campaign.places:
        return badge(*FULL)
    return badge(*AVAILABILITIES[state])


def waiting_badge(forecasted: Forecast) -> SafeString | str:
    """How many people wait for their link, and how long or why; nothing if nobody does."""
    words = forecast_words.sentence(forecasted)
    tone, sign = (QUIET, "schedule") if forecasted.seconds is not None else (WAIT, "pause")
    return badge(tone, sign, words) if words else ""


def has_people(campaign: Campaign) -> bool:
    """Whether anybody ever signed up: then the event is fixed."""
    return Registration.objects.filter(campaign=campaign).exists()


def panel_of(campaign: Campaign) -> dict[str, Any]:
    """What stands beside a campaign's form: how it is doing, and what to put on the website."""
    counted = places.count(campaign)
    people = f"{reverse('admin:registrations_registration_changelist')}?campaign__id__exact={campaign.pk}"
    return {
        "campaign_state": state_of(campaign),
        "waiting": waiting_badge(forecast.for_campaign(campaign_id=campaign.pk)),
        "places": place_lines(counted),
        "public_address": public_address(campaign),
        "has_people": has_people(campaign),
        "held_back": held_back_lines(campaign),
        "campaign": campaign,
        "snippets": snippets(campaign),
        "people_url": people,
        "approve_url": f"{people}&standing={Standing.HELD}" if counted.to_approve else "",
    }
