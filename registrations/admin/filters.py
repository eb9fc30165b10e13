"""What lists can be narrowed by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from registrations.mailing.kinds import kind_choices
from registrations.models import OutgoingEmail, Registration, db_now
from registrations.services.attention import registrations_at_work, registrations_needing_attention
from registrations.services.standing import Standing

Lookups = list[tuple[str, Any]]

# Where few people can be, they are looked for among the rows that put them there, not among all.
_AMONG = {
    Standing.ATTENTION: registrations_needing_attention,
    Standing.RECEIVED: registrations_at_work,
    Standing.REGISTERING: registrations_at_work,
    Standing.PAUSED: registrations_at_work,
}
_PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30)}


class StandingFilter(DropdownFilter):  # type: ignore[misc]
    """Where the person stands; the queryset must have `standing`."""

    title = _("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [(value, label) for value, label in Standing.choices]

    def queryset(self, request: HttpRequest, registrations: QuerySet[Registration]) -> QuerySet[Registration]:
        value = self.value()
        if value not in Standing.values:
            return registrations
        if value in _AMONG:
            registrations = registrations.filter(pk__in=_AMONG[Standing(value)]())
        return registrations.filter(Q(standing=value))


class LanguageFilter(DropdownFilter):  # type: ignore[misc]
    """The language that the person is written to in."""

    title = _("language")
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return list(settings.LANGUAGES)

    def queryset(self, request: HttpRequest, registrations: QuerySet[Registration]) -> QuerySet[Registration]:
        return registrations.filter(language=self.value()) if self.value() else registrations


class SignedUpFilter(DropdownFilter):  # type: ignore[misc]
    """How long ago the person signed up; free of time zones."""

    title = _("signed up")
    parameter_name = "signed_up"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [
            ("hour", _("in the last hour")),
            ("day", _("in the last 24 hours")),
            ("week", _("in the last 7 days")),
            ("month", _("in the last 30 days")),
        ]

    def queryset(self, request: HttpRequest, registrations: QuerySet[Registration]) -> QuerySet[Registration]:
        period = _PERIODS.get(self.value() or "")
        return registrations.filter(created_at__gte=db_now() - period) if period else registrations


class KindFilter(DropdownFilter):  # type: ignore[misc]
    """The kind of a mail."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return list(kind_choices())

    def queryset(self, request: HttpRequest, mails: QuerySet[OutgoingEmail]) -> QuerySet[OutgoingEmail]:
        return mails.filter(kind=self.value()) if self.value() else mails
