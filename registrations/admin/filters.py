"""What lists can be narrowed by."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.views.main import SEARCH_VAR
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from registrations.mailing.kinds import kind_choices
from registrations.models import OutgoingEmail, Registration, db_now
from registrations.services import attention
from registrations.services.standing import STANDING_OF, Standing

Lookups = list[tuple[str, Any]]

# They are looked for among the rows that put them there, not among all people.
_AMONG = {
    Standing.ATTENTION: attention.registrations_needing_attention,
    Standing.RECEIVED: attention.registrations_at_work,
    Standing.REGISTERING: attention.registrations_at_work,
    Standing.PAUSED: attention.registrations_at_work,
    **dict.fromkeys(STANDING_OF.values(), attention.registrations_held),
    Standing.CANCELLED: attention.registrations_cancelled,
    Standing.ERASED: attention.registrations_cancelled,
    Standing.SECOND_COPY: attention.registrations_mailed_twice,
    Standing.ENTERED: attention.registrations_entered,
}
_PERIODS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30)}


class StandingFilter(DropdownFilter):  # type: ignore[misc]
    """Where the person stands; the queryset must have `standing`.

    Without a search it leaves who may stand so: `registrations.PeopleList` looks at each, as far as it has to.
    """

    title = _("state")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [(value, label) for value, label in Standing.choices]

    def queryset(self, request: HttpRequest, registrations: QuerySet[Registration]) -> QuerySet[Registration]:
        standing = wanted_standing(request)
        if standing in _AMONG:
            registrations = registrations.filter(pk__in=_AMONG[standing]())
        if standing and request.GET.get(SEARCH_VAR):
            registrations = registrations.filter(Q(standing=standing))
        return registrations


def wanted_standing(request: HttpRequest) -> Standing | None:
    """What a list of people is narrowed to."""
    value = request.GET.get(StandingFilter.parameter_name)
    return Standing(value) if value in Standing.values else None


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
