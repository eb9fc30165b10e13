"""What the platform's lists and our registrations say of each other, compared once a night."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import formats
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import DropdownFilter

from registrations.admin.labels import OK, QUIET, STOP, badge, moment, standing_badge
from registrations.admin.screens import ReadOnlyAdmin, may
from registrations.models import Reconciliation, Registration
from registrations.services.standing import with_standing


class DifferenceFilter(DropdownFilter):  # type: ignore[misc]
    """Only comparisons that found something."""

    title = gettext_lazy("difference")
    parameter_name = "difference"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("missing", gettext_lazy("people are missing")), ("strangers", gettext_lazy("people are there only"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reconciliation]) -> QuerySet[Reconciliation]:
        if self.value() == "missing":
            return queryset.filter(finished_at__isnull=False).exclude(missing=[])
        if self.value() == "strangers":
            return queryset.filter(finished_at__isnull=False, strangers__gt=0)
        return queryset


@admin.register(Reconciliation)
class ReconciliationAdmin(ReadOnlyAdmin):
    """Comparisons, the latest night first; each has a page that names who is missing at the platform."""

    list_display = ("title", "shown_day", "shown_here", "shown_there", "shown_missing", "shown_strangers")
    list_filter = (DifferenceFilter,)
    sortable_by = ()
    ordering = ("-day", "-pk")

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request, "view_registration")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconciliation]:
        rows: QuerySet[Reconciliation] = super().get_queryset(request)
        return rows.select_related("event__account", "session").defer("event__account__api_key")

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Who is missing, with a link to each person."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        comparison = self.get_queryset(request).filter(pk=int(object_id)).first() if object_id.isdecimal() else None
        if comparison is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": self.title(comparison),
            "comparison": comparison,
            "compared": moment(comparison.finished_at, comparison.event.zone) if comparison.finished_at else "",
            "people": [_person(person) for person in _missing_people(comparison)],
            "gone": len(comparison.missing) - _seats_still_known(comparison),
        }
        return TemplateResponse(request, "admin/registrations/comparison.html", context)

    @admin.display(description=gettext_lazy("event"))
    def title(self, comparison: Reconciliation) -> str:
        if comparison.session is not None:
            return comparison.session.title or comparison.event.title
        whole = _("%(title)s, whole series") if comparison.event.is_series else "%(title)s"
        return whole % {"title": comparison.event.title}

    @admin.display(description=gettext_lazy("day"))
    def shown_day(self, comparison: Reconciliation) -> str:
        return formats.date_format(comparison.day, "j E Y")

    @admin.display(description=gettext_lazy("registered here"))
    def shown_here(self, comparison: Reconciliation) -> str:
        return str(comparison.here) if comparison.finished_at else "–"

    @admin.display(description=gettext_lazy("registered at the platform"))
    def shown_there(self, comparison: Reconciliation) -> str:
        return str(comparison.there) if comparison.finished_at else "–"

    @admin.display(description=gettext_lazy("missing at the platform"))
    def shown_missing(self, comparison: Reconciliation) -> SafeString:
        if comparison.finished_at is None:
            return badge(QUIET, "sync", _("Not compared yet"))
        count = len(comparison.missing)
        if not count:
            return badge(OK, "check", _("Nobody"))
        return badge(STOP, "priority_high", ngettext("%(count)s person", "%(count)s people", count) % {"count": count})

    @admin.display(description=gettext_lazy("at the platform only"))
    def shown_strangers(self, comparison: Reconciliation) -> str:
        return str(comparison.strangers) if comparison.finished_at else "–"


def _missing_people(comparison: Reconciliation) -> QuerySet[Registration]:
    people = Registration.objects.filter(enrollments__seat__in=comparison.missing).select_related("campaign").distinct()
    return with_standing(people).defer("token", "answers").order_by("last_name", "first_name", "pk")


def _seats_still_known(comparison: Reconciliation) -> int:
    found = Registration.objects.filter(enrollments__seat__in=comparison.missing)
    return found.values("enrollments__seat").distinct().count()


def _person(person: Registration) -> dict[str, Any]:
    return {
        "name": person.full_name or person.email,
        "email": person.email,
        "campaign": person.campaign.title,
        "standing": standing_badge(person.standing),  # type: ignore[attr-defined]
        "url": reverse("admin:registrations_registration_change", args=[person.pk]),
    }
