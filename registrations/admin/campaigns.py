"""Campaigns: set up from an event, checked against what the platform wants, and followed until the day."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import BooleanRadioFilter, RelatedDropdownFilter

from registrations.admin.campaign_form import CampaignForm, coming_events
from registrations.admin.campaign_panel import has_people, panel_of, public_address, state_of
from registrations.admin.consents import ConsentInline
from registrations.admin.labels import STOP, badge, moment
from registrations.admin.questions import QuestionInline, first_questions, wanted_fields
from registrations.admin.screens import StaffChangeList, StaffModelAdmin, may
from registrations.models import Campaign, Event, OutgoingEmail, Registration, Session, StepState
from registrations.services import campaigns, catalog, covers, forecast, forecast_words, reasons, standing_choices
from registrations.services.attention import registrations_needing_attention
from registrations.services.covers import Prepared
from registrations.services.standing import LINK_KINDS
from registrations.webinar.errors import PlatformError

_FIXED_ONCE_SOMEBODY_IS_IN = ("event", "session")


@admin.register(Campaign)
class CampaignAdmin(StaffModelAdmin):
    """A list that tells how each campaign goes, and the form to set one up."""

    form = CampaignForm
    inlines = (QuestionInline, ConsentInline)
    list_per_page = 25
    list_display = ("title", "shown_event", "state", "page", "people", "mails", "attention")
    list_filter = (("published", BooleanRadioFilter), ("event__account", RelatedDropdownFilter))
    search_fields = ("title", "slug", "event__title")
    sortable_by = ()
    prepopulated_fields = {"slug": ("title",)}
    change_form_outer_before_template = "admin/registrations/campaign_panel.html"
    fieldsets = (
        (
            gettext_lazy("What"),
            {
                "fields": (
                    "event", "session", "choosing", "title", "slug", "organizer", "description", "language", "published",
                )
            },
        ),
        (
            gettext_lazy("When and how many"),
            {"fields": ("opens_at", "closes_at", "places", "waiting_list", "approval", "confirm_address", "bulk")},
        ),
        (gettext_lazy("Look"), {"fields": ("accent", "cover_file", "cover_alt", "cover_decorates")}),
        (gettext_lazy("Where people find it"), {"fields": ("listed",)}),
        (gettext_lazy("On your site"), {"fields": ("websites",)}),
        (gettext_lazy("Bots"), {"fields": ("proof_of_work",)}),
        (gettext_lazy("Mail"), {"fields": ("sender", "contact_email", "mail_intro")}),
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Campaign]:
        found: QuerySet[Campaign] = super().get_queryset(request)
        return found.select_related("event__account", "session").defer("event__account__api_key").annotate(**_counts())

    def get_changelist_instance(self, request: HttpRequest) -> StaffChangeList:
        shown: StaffChangeList = super().get_changelist_instance(request)
        waiting = forecast.for_campaigns(campaign_ids=[campaign.pk for campaign in shown.result_list])
        for campaign in shown.result_list:
            campaign.forecast = waiting[campaign.pk]
        return shown

    # --- what may be changed ---

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A campaign with people in it stays: work is never deleted."""
        if isinstance(obj, Campaign) and has_people(obj):
            return False
        return bool(super().has_delete_permission(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """What people have signed up for stays; only a whole series may still be taken session by session."""
        if not isinstance(obj, Campaign) or not has_people(obj):
            return ()
        is_whole_series = obj.session_id is None and not obj.by_session
        return _FIXED_ONCE_SOMEBODY_IS_IN if is_whole_series else (*_FIXED_ONCE_SOMEBODY_IS_IN, "choosing")

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Only of a series there is something to choose."""
        event: Event | None = getattr(request, "chosen_event", None)
        left_out = {"choosing"} if event is not None and not event.is_series else set()
        return [
            (title, {**options, "fields": tuple(name for name in options["fields"] if name not in left_out)})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Any]:
        """The address follows the title only until it is saved: people may have it by then."""
        return self.prepopulated_fields if obj is None else {}

    def save_model(self, request: HttpRequest, obj: Campaign, form: CampaignForm, change: bool) -> None:
        if change and has_people(obj) and request.POST.get("event", str(obj.event_id)) != str(obj.event_id):
            messages.warning(request, _("The event stays as it was: somebody has signed up meanwhile."))
        chosen = form.cleaned_data.get("cover_file")
        if chosen is False or isinstance(chosen, Prepared):
            covers.put_on(obj, chosen or None)
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: Campaign) -> None:
        covers.put_on(obj, None)
        super().delete_model(request, obj)

    def save_related(self, request: HttpRequest, form: CampaignForm, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        campaigns.questions_changed(event=form.instance.event)
        if "choosing" in form.changed_data:
            standing_choices.choosing_changed(campaign=form.instance)

    # --- the form, which depends on the event ---

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask the platform for the event's extra fields first: a call must not hold the transaction of a save open."""
        campaign = self.get_object(request, object_id) if object_id else None
        event = _chosen_event(request, campaign)
        if campaign is None and not object_id and event is None and self.has_add_permission(request):
            return self._choose_event(request)
        request.chosen_event = event  # type: ignore[attr-defined]
        if event is not None:
            self._learn_fields(request, event, campaign)
        panel = panel_of(campaign) if campaign else {}
        response: HttpResponse = super().changeform_view(request, object_id, form_url, {**panel, **(extra_context or {})})
        return response

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.chosen_event = getattr(request, "chosen_event", None)
        for name in ("event", "session", "sender"):
            if name in form.base_fields:
                # Events come from the platform and senders are set up once: nothing to add or edit on the way.
                form.base_fields[name].widget = form.base_fields[name].widget.widget
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        event: Event = request.chosen_event  # type: ignore[attr-defined]
        session = None if event.is_series else event.sessions.first()
        return {"event": event.pk, "session": session.pk if session else None, "title": event.title}

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        values: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and obj.pk is None:
            values["initial"] = first_questions(getattr(request, "offered_fields", ()))
        return values

    def _choose_event(self, request: HttpRequest) -> HttpResponse:
        events = [
            {"event": event, "starts": moment(event.starts_at, event.zone), "campaigns": event.campaigns_there}
            for event in coming_events().annotate(campaigns_there=Count("campaigns"))[:200]
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Which event is it for?"),
            "events": events,
            "accounts_url": reverse("admin:registrations_account_changelist") if may(request, "view_account") else "",
        }
        return TemplateResponse(request, "admin/registrations/choose_event.html", context)

    def _learn_fields(self, request: HttpRequest, event: Event, campaign: Campaign | None) -> None:
        session = _session_in_hand(request, event, campaign)
        if request.method == "POST" or campaign is None:
            try:
                catalog.read_details(event_id=event.pk, session_id=session.pk if session else None)
            except PlatformError as error:
                why = reasons.sentence(error.code)
                messages.warning(
                    request, _("The platform could not be asked for the event's extra fields just now. %(why)s") % {"why": why}
                )
            else:
                (session or event).refresh_from_db()
        request.offered_fields = wanted_fields(event, session)  # type: ignore[attr-defined]

    # --- columns ---

    @admin.display(description=gettext_lazy("event"))
    def shown_event(self, campaign: Campaign) -> str:
        place = campaign.session or campaign.event
        starts = moment(place.starts_at, campaign.event.zone)
        return starts if campaign.event.title == campaign.title else f"{starts} · {campaign.event.title}"

    @admin.display(description=gettext_lazy("state"))
    def state(self, campaign: Campaign) -> SafeString:
        return state_of(campaign)

    @admin.display(description=gettext_lazy("sign-up page"))
    def page(self, campaign: Campaign) -> SafeString:
        return format_html(
            '<a class="rs-link" href="{}" target="_blank" rel="noopener">/c/{}/</a>', public_address(campaign), campaign.slug
        )

    @admin.display(description=gettext_lazy("people"))
    def people(self, campaign: Campaign) -> SafeString | int:
        count = int(campaign.people_there)  # type: ignore[attr-defined]
        waiting = forecast_words.sentence(campaign.forecast)  # type: ignore[attr-defined]
        return format_html('<span>{} <span class="rs-second">{}</span></span>', count, waiting) if waiting else count

    @admin.display(description=gettext_lazy("mails handed over"))
    def mails(self, campaign: Campaign) -> int:
        return int(campaign.mails_there)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("need attention"))
    def attention(self, campaign: Campaign) -> SafeString | int:
        count = int(campaign.attention_there)  # type: ignore[attr-defined]
        if not count:
            return 0
        url = f"{reverse('admin:registrations_registration_changelist')}?campaign__id__exact={campaign.pk}&standing=attention"
        return format_html('<a href="{}">{}</a>', url, badge(STOP, "priority_high", str(count)))


def _counts() -> dict[str, Coalesce]:
    mine = Registration.objects.filter(campaign=OuterRef("pk"))
    mails = OutgoingEmail.objects.filter(
        registration__campaign=OuterRef("pk"), kind__in=LINK_KINDS, state=StepState.SETTLED, silent=False
    )
    return {
        "people_there": _count(mine, "campaign"),
        "mails_there": _count(mails, "registration__campaign", of="registration"),
        "attention_there": _count(mine.filter(pk__in=registrations_needing_attention()), "campaign"),
    }


def _count(rows: QuerySet[Any], by: str, *, of: str = "pk") -> Coalesce:
    counted = rows.order_by().values(by).annotate(count=Count(of, distinct=of != "pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _chosen_event(request: HttpRequest, campaign: Campaign | None) -> Event | None:
    """The event of the form: what was submitted or linked to, else the campaign's own, which is fixed once somebody is in."""
    if campaign is not None and has_people(campaign):
        return campaign.event
    wanted = request.POST.get("event") or ("" if campaign else request.GET.get("event", ""))
    if not str(wanted).isdecimal():
        return campaign.event if campaign else None
    return coming_events(campaign.event if campaign else None).filter(pk=int(wanted)).first()


def _session_in_hand(request: HttpRequest, event: Event, campaign: Campaign | None) -> Session | None:
    """The session that the form is about, as far as it can be told before it is checked."""
    if campaign is not None and has_people(campaign):
        return campaign.session
    wanted = request.POST.get("session", "")
    if wanted.isdecimal():
        chosen = event.sessions.filter(pk=int(wanted)).first()
        if chosen is not None:
            return chosen
    if not event.is_series:
        return event.sessions.first()
    return campaign.session if campaign is not None and request.method == "GET" else None
