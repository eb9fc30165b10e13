"""Forms at form builders: their address, shown once, which field is which, and what did not get through."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from registrations.admin.labels import OK, QUIET, WAIT, badge, moment
from registrations.admin.screens import StaffModelAdmin, require, user_id
from registrations.forms import field_maps
from registrations.models import Campaign, FormHook, HookRefusal
from registrations.services import form_hooks
from registrations.services.campaigns import question_spec

SHOWN_REFUSALS = 60


class _LineByLine(json.JSONEncoder):
    """Writes a map with a line for each field."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "indent": 2})


class FormHookForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a marketer says of a form elsewhere. The map is checked against the questions of the campaign."""

    field_map = forms.JSONField(
        encoder=_LineByLine,
        label=gettext_lazy("Fields"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=FormHook._meta.get_field("field_map").help_text,
        error_messages={"invalid": field_maps.SHAPE},
    )

    class Meta:
        model = FormHook
        fields = ("campaign", "name", "basis", "field_map", "active")

    def clean(self) -> dict[str, Any]:
        super().clean()
        values = self.cleaned_data
        if values.get("field_map") is None:
            values["field_map"] = {}
        campaign: Campaign | None = values.get("campaign") or (self.instance.campaign if self.instance.pk else None)
        if campaign is not None and "field_map" not in self.errors:
            questions = [question_spec(question) for question in campaign.questions.all()]
            for fault in field_maps.faults(values["field_map"], questions=questions):
                self.add_error("field_map", fault)
        return values


@admin.register(FormHook)
class FormHookAdmin(StaffModelAdmin):
    """Which forms elsewhere sign people up, when they last did, and what is wrong with them."""

    form = FormHookForm
    list_display = ("name", "campaign", "state", "used", "refused")
    sortable_by = ()
    actions = ("count_anew",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[FormHook]:
        hooks: QuerySet[FormHook] = super().get_queryset(request)
        lost = ~Q(refusals__reason=HookRefusal.Reason.UNMAPPED)
        return hooks.select_related("campaign", "created_by").annotate(
            refused_count=Sum("refusals__count", filter=lost), unmapped_count=Count("refusals", filter=~lost)
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return ("campaign", "name", "basis", "field_map")
        return ("name", "campaign", "basis", "set_up", "active", "field_map", "used", "what_was_refused")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Whom a hook signs up for what, and on what basis, does not change: a new one is made instead."""
        return () if obj is None else ("campaign", "basis", "set_up", "used", "what_was_refused")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Why we may write to people must stay known; a hook that is not needed is switched off."""
        return False

    @admin.display(description=gettext_lazy("state"))
    def state(self, hook: FormHook) -> SafeString:
        if not hook.active:
            return badge(QUIET, "close", _("Switched off"))
        if hook.unmapped_count:  # type: ignore[attr-defined]
            return badge(WAIT, "help", _("Fields left over"))
        if hook.last_used_at is None:
            return badge(QUIET, "schedule", _("Not used yet"))
        return badge(OK, "check", _("Works"))

    @admin.display(description=gettext_lazy("last used"))
    def used(self, hook: FormHook) -> str:
        return moment(hook.last_used_at, settings.TIME_ZONE)

    @admin.display(description=gettext_lazy("forms refused"))
    def refused(self, hook: FormHook) -> int:
        return int(hook.refused_count or 0)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("set up"))
    def set_up(self, hook: FormHook) -> str:
        return f"{moment(hook.created_at, settings.TIME_ZONE)} · {hook.created_by or '–'}"

    @admin.display(description=gettext_lazy("what did not get through"))
    def what_was_refused(self, hook: FormHook) -> str:
        rows = [
            (row.count, row.field, row.get_reason_display(), moment(row.last_at, settings.TIME_ZONE))
            for row in hook.refusals.order_by(F("last_at").desc())[:SHOWN_REFUSALS]
        ]
        if not rows:
            return _("Nothing was refused.")
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} × <b>{}</b> {} ({})</li>", rows))

    @admin.action(description=gettext_lazy("Count refusals anew"), permissions=["change"])
    def count_anew(self, request: HttpRequest, hooks: QuerySet[FormHook]) -> None:
        """What was wrong is mended: begin again."""
        require(request, "change_formhook")
        form_hooks.forget_refusals(hook_ids=hooks.values_list("pk", flat=True))
        messages.success(request, _("Refusals are counted anew."))

    def save_model(self, request: HttpRequest, obj: FormHook, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        secret = obj.set_new_secret()
        obj.created_by_id = user_id(request)
        super().save_model(request, obj, form, change)
        told = _("The address of “%(name)s” is %(address)s. Copy it now: it is not kept and cannot be shown again.")
        messages.warning(
            request, told % {"name": obj.name, "address": settings.PUBLIC_URL + reverse("hooks:form", args=[secret])}
        )
