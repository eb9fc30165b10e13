"""Events and sessions as the platform has them: to look at, and to begin a campaign from."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from registrations.admin.labels import OK, QUIET, STOP, badge, moment
from registrations.admin.screens import ReadOnlyAdmin, may
from registrations.mailing.times import zone_label
from registrations.models import Event, EventStatus, Session, db_now
from registrations.models.event import Mirrored

_LOOKS = {
    EventStatus.PLANNED: (QUIET, "event"),
    EventStatus.LIVE: (OK, "play_arrow"),
    EventStatus.FINISHED: (QUIET, "history"),
    EventStatus.CANCELLED: (STOP, "close"),
}


def status_badge(place: Mirrored) -> SafeString:
    """Where an event or session is in its life."""
    tone, sign = _LOOKS[EventStatus(place.status)]
    return badge(tone, sign, EventStatus(place.status).label)


def extra_fields_list(place: Mirrored) -> SafeString | str:
    """The extra fields of an event, one a line, with their choices."""
    rows = [(field.label, f" ({', '.join(field.choices)})" if field.choices else "") for field in place.wanted_fields()]
    return format_html_join("", '<div class="rs-line">{}{}</div>', rows) if rows else _("None.")


class SessionInline(TabularInline):  # type: ignore[misc]
    """The dated meetings of an event."""

    model = Session
    extra = 0
    hide_title = True
    fields = readonly_fields = ("title", "starts", "ends", "shown_status", "external_id")
    verbose_name_plural = gettext_lazy("sessions")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.display(description=gettext_lazy("starts"))
    def starts(self, session: Session) -> str:
        return moment(session.starts_at, session.event.zone)

    @admin.display(description=gettext_lazy("ends"))
    def ends(self, session: Session) -> str:
        return moment(session.ends_at, session.event.zone)

    @admin.display(description=gettext_lazy("status"))
    def shown_status(self, session: Session) -> SafeString:
        return status_badge(session)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    """A mirror: whatever is to change, changes at the platform."""

    list_display = ("title", "starts", "shown_status", "session_count", "campaign_count", "shown_account")
    list_filter = (("status", ChoicesDropdownFilter), ("account", RelatedDropdownFilter))
    search_fields = ("title",)
    sortable_by = ()
    inlines = (SessionInline,)
    readonly_preprocess_fields: dict[str, str] = {}
    change_form_outer_before_template = "admin/registrations/event_panel.html"
    fields = readonly_fields = (
        "title", "shown_kind", "starts", "ends", "zone_name", "shown_status", "shown_fields", "shown_moderated",
        "shown_account", "external_id", "read_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        events: QuerySet[Event] = super().get_queryset(request)
        return (
            events.select_related("account")
            .defer("account__api_key")
            .annotate(sessions_there=Count("sessions", distinct=True), campaigns_there=Count("campaigns", distinct=True))
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        event = self.get_object(request, object_id)
        panel: dict[str, object] = {"event": event}
        if event is not None and may(request, "add_campaign") and not event.is_over(db_now()):
            panel["set_up_url"] = f"{reverse('admin:registrations_campaign_add')}?event={event.pk}"
        response: HttpResponse = super().change_view(request, object_id, form_url, {**panel, **(extra_context or {})})
        return response

    @admin.display(description=gettext_lazy("account"))
    def shown_account(self, event: Event) -> str:
        return event.account.name

    @admin.display(description=gettext_lazy("starts"), ordering="starts_at")
    def starts(self, event: Event) -> str:
        return moment(event.starts_at, event.zone)

    @admin.display(description=gettext_lazy("ends"))
    def ends(self, event: Event) -> str:
        return moment(event.ends_at, event.zone)

    @admin.display(description=gettext_lazy("times are told in"))
    def zone_name(self, event: Event) -> str:
        return zone_label(event.zone, event.starts_at or db_now())

    @admin.display(description=gettext_lazy("status"))
    def shown_status(self, event: Event) -> SafeString:
        return status_badge(event)

    @admin.display(description=gettext_lazy("kind"))
    def shown_kind(self, event: Event) -> str:
        return _("Series") if event.is_series else _("Single event")

    @admin.display(description=gettext_lazy("sessions"))
    def session_count(self, event: Event) -> int:
        return int(event.sessions_there)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("campaigns"))
    def campaign_count(self, event: Event) -> int:
        return int(event.campaigns_there)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("extra fields"))
    def shown_fields(self, event: Event) -> SafeString | str:
        if event.detailed_at is None:
            return _("Not read yet. They are read when a campaign is set up.")
        return extra_fields_list(event)

    @admin.display(description=gettext_lazy("approval"))
    def shown_moderated(self, event: Event) -> str:
        return _("The platform asks for approval; we let our people in.") if event.moderated else _("Not needed.")

    @admin.display(description=pgettext_lazy("event", "read"))
    def read_at(self, event: Event) -> str:
        return moment(event.seen_at, event.zone)
