"""The first page: what needs a person, what stands still, and what comes next."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrations.admin.accounts import scope_of
from registrations.admin.campaign_panel import state_of, waiting_badge
from registrations.admin.labels import STANDINGS, badge, moment
from registrations.admin.navigation import overview_of
from registrations.admin.screens import may
from registrations.models import Campaign, Sender
from registrations.services import attention, forecast, reasons
from registrations.services.attention import Overview
from registrations.services.forecast import Forecast
from registrations.services.outlook import pause_sentences
from registrations.services.standing import Standing

CAMPAIGNS_SHOWN = 6
_PEOPLE = "admin:registrations_registration_changelist"


def context(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What the first page shows beyond the frame."""
    overview = overview_of(request)
    if overview is None:
        return context
    own: dict[str, Any] = {
        "title": _("Overview"),
        "is_calm": overview.is_calm,
        "may_pause": may(request, "change_delivery"),
        "everything_since": moment(overview.everything_since, "UTC") if overview.everything_since else "",
        "pauses": [
            {"account": pause.account, "scope": scope_of(pause), "sentences": pause_sentences(pause), "code": pause.reason}
            for pause in overview.pauses
        ],
        "senders": [_sender(sender) for sender in overview.senders],
        "may_see_accounts": may(request, "view_account", "change_account"),
        "may_set_up": may(request, "add_campaign"),
    }
    if may(request, "view_registration"):
        own["parked"] = _parked(overview)
    if may(request, "view_campaign"):
        own["campaigns"] = _coming()
    return context | own


def _parked(overview: Overview) -> list[dict[str, Any]]:
    people = f"{reverse(_PEOPLE)}?standing={Standing.ATTENTION}"
    mails = f"{reverse('admin:registrations_outgoingemail_changelist')}?state__exact=parked"
    rows = [
        {
            "count": overview.parked_seats,
            "words": ngettext("registration has stopped", "registrations have stopped", overview.parked_seats),
            "url": people,
        },
        {
            "count": overview.parked_mails,
            "words": ngettext("mail has stopped", "mails have stopped", overview.parked_mails),
            "url": mails,
        },
        {
            "count": overview.parked_erasures,
            "words": ngettext("erasure has stopped", "erasures have stopped", overview.parked_erasures),
            "url": f"{reverse('admin:registrations_erasure_changelist')}?state__exact=parked",
        },
    ]
    return [row for row in rows if row["count"]]


def _sender(sender: Sender) -> dict[str, Any]:
    return {
        "name": str(sender),
        "sentence": reasons.sentence(sender.trouble),
        "remedy": reasons.remedy(sender.trouble),
        "detail": sender.trouble_detail,
        "code": sender.trouble,
        "since": moment(sender.trouble_since, "UTC"),
        "next": moment(sender.retry_at, "UTC"),
    }


def _coming() -> list[dict[str, Any]]:
    found = attention.coming_campaigns(limit=CAMPAIGNS_SHOWN)
    ids = [campaign.pk for campaign in found]
    counts, forecasts = attention.standings(campaign_ids=ids), forecast.for_campaigns(campaign_ids=ids)
    return [_campaign(campaign, counts.get(campaign.pk, {}), forecasts[campaign.pk]) for campaign in found]


def _campaign(campaign: Campaign, counts: dict[str, int], forecasted: Forecast) -> dict[str, Any]:
    place = campaign.session or campaign.event
    people = f"{reverse(_PEOPLE)}?campaign__id__exact={campaign.pk}"
    return {
        "title": campaign.title,
        "url": reverse("admin:registrations_campaign_change", args=[campaign.pk]),
        "people_url": people,
        "starts": moment(place.starts_at, campaign.event.zone),
        "state": state_of(campaign),
        "people": sum(counts.values()),
        "waiting": waiting_badge(forecasted),
        "standings": [
            {
                "badge": badge(*STANDINGS[standing], f"{standing.label}: {counts[standing]}"),
                "url": f"{people}&standing={standing}",
            }
            for standing in Standing
            if counts.get(standing)
        ],
    }
