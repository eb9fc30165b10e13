"""The frame around every staff screen: sidebar, the count in the header, and what the banner tells."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrations.admin import standstill
from registrations.admin.screens import may
from registrations.services import attention, witness
from registrations.services.attention import Overview

Item = dict[str, Any]


def overview_of(request: HttpRequest) -> Overview | None:
    """What needs attention now, read once per request; None for whoever is not logged in to the staff screens."""
    if not (request.user.is_active and request.user.is_staff):
        return None
    if not hasattr(request, "attention_overview"):
        request.attention_overview = attention.overview()  # type: ignore[attr-defined]
    found: Overview = request.attention_overview  # type: ignore[attr-defined]
    return found


def everywhere(request: HttpRequest) -> dict[str, Any]:
    """What the base template of all screens needs; who is silent is asked only where it is shown."""
    overview = overview_of(request)
    if overview is None:
        return {"attention": None}
    return {
        "attention": overview,
        "behind": witness.behind(),
        "silent_workers": SimpleLazyObject(standstill.silent_workers),
    }


def stylesheet(request: HttpRequest) -> str:
    """The address of what our screens add to their theme."""
    return static("registrations/staff.css")


def icon(request: HttpRequest) -> str:
    """The address of the site's icon."""
    return static("registrations/icon.svg")


def header_badge(request: HttpRequest) -> list[str] | None:
    """The count in the header: how much waits for a person."""
    overview = overview_of(request)
    if overview is None or not overview.parked:
        return None
    words = ngettext("%(count)s needs attention", "%(count)s need attention", overview.parked) % {"count": overview.parked}
    return [words, "danger"]


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar with the screens that this user may open."""
    overview = overview_of(request)
    parked = overview.parked_seats + overview.parked_mails if overview else 0
    paused, in_trouble = (len(overview.pauses), len(overview.senders)) if overview else (0, 0)
    people = [
        _item(_("Overview"), "dashboard", reverse("admin:index")),
        _model(request, "registration", _("Registrations"), "how_to_reg", badge=parked),
        _model(request, "campaign", _("Campaigns"), "campaign"),
        _model(request, "event", _("Events"), "event"),
        _item(_("Erasures"), "person_off", reverse("admin:registrations_erasure_changelist"))
        if may(request, "erase_person", "view_erasure")
        else None,
        _item(_("Comparisons"), "compare_arrows", reverse("admin:registrations_reconciliation_changelist"))
        if may(request, "view_registration")
        else None,
    ]
    people.append(_model(request, "consenttext", _("Consent texts"), "contract"))
    delivery = [
        _model(request, "outgoingemail", _("Mails"), "mail"),
        _model(request, "account", _("Accounts"), "key", badge=paused),
        _model(request, "sender", _("Senders"), "outgoing_mail", badge=in_trouble),
    ]
    machines = [
        _model(request, "formhook", _("Form hooks"), "webhook"),
        _model(request, "apikey", _("API keys"), "vpn_key"),
    ]
    logins: list[Item | None] = [
        _item(title, icon, reverse(f"admin:auth_{model}_changelist"))
        for model, title, icon in (("user", _("Users"), "person"), ("group", _("Groups"), "group"))
        if request.user.has_perm(f"auth.view_{model}")
    ]
    groups: list[tuple[str, list[Item | None]]] = [
        ("", people),
        (_("Forms elsewhere"), machines),
        (_("Delivery"), delivery),
        (_("People who log in"), logins),
    ]
    return [{"title": title, "items": [item for item in items if item], "separator": bool(title)} for title, items in groups]


def _item(title: str, icon: str, link: str, badge: int = 0) -> Item:
    return {"title": title, "icon": icon, "link": link} | ({"badge": str(badge)} if badge else {})


def _model(request: HttpRequest, model: str, title: str, icon: str, badge: int = 0) -> Item | None:
    if not may(request, f"view_{model}", f"change_{model}"):
        return None
    return _item(title, icon, reverse(f"admin:registrations_{model}_changelist"), badge)
