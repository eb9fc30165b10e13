"""Forgetting people: what it will do, how far it is, and the receipt of what stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from registrations import pipeline
from registrations.admin.labels import OK, QUIET, STOP, badge, moment
from registrations.admin.screens import ReadOnlyAdmin, may, require, user_id
from registrations.mailing.times import zone_label
from registrations.models import Delivery, Erasure, Registration, StepState, db_now
from registrations.services import privacy, reasons
from registrations.services.outlook import Outlook

STAYS: Mapping[str, str | Promise] = {
    "mailbox": gettext_lazy("The mails that were handed over are in the person's mailbox."),
    "maybe_mailbox": gettext_lazy("A mail was being handed over at that moment and may have arrived."),
    "mail_logs": gettext_lazy("The logs of the mail servers on the way name the address."),
    "platform": gettext_lazy(
        "The webinar platform may keep contacts, statistics and logs of its own: ask it to erase them too."
    ),
    "import_lists": gettext_lazy("The person was imported from a list: whoever has the list still has the address."),
    "backups": gettext_lazy(
        "Backups of the database hold the data until they are overwritten; after a restore the person has to be erased again."
    ),
    "web_logs": gettext_lazy("The web server's logs hold the visits, if it keeps any."),
    "history": gettext_lazy("What happened when stays here, without name, address, answers or link."),
}
COUNTS: Mapping[str, str | Promise] = {
    "registrations": gettext_lazy("Registrations"),
    "submissions": gettext_lazy("Forms"),
    "places": gettext_lazy("Events searched at the platforms"),
    "deleted": gettext_lazy("Registrations deleted at the platforms"),
    "mails_handed_over": gettext_lazy("Mails that had been handed over"),
    "mails_maybe_out": gettext_lazy("Mails that may have been handed over"),
    "mails_stopped": gettext_lazy("Mails that were stopped"),
}
WAITS: Mapping[str, str | Promise] = {
    "settling": gettext_lazy("A call to the platform was under way; we look as soon as it must have ended."),
    "looking_again": gettext_lazy("We look at the platform once more, in case a former call works late."),
}


def left_of(registration: Registration) -> dict[str, Any]:
    """What the page of a person who was erased says instead of where they stand; nothing for anybody else."""
    if not privacy.is_erased(registration_id=registration.pk):
        return {}
    if registration.erasures.exists():
        words = _("Erased here at the person's request; the platform is being told.")
    else:
        words = _("Erased at the person's request, here and at the platform.")
    return {"standing": badge(QUIET, "person_off", _("Erased")), "outlook": Outlook((words,)), "is_erased": True}


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    """Erasures begin on the page of a person; here they are followed, and their receipts kept."""

    list_display = ("number", "shown_state", "why", "requested", "by", "finished")
    list_filter = (("state", ChoicesDropdownFilter),)
    sortable_by = ()
    ordering = ("-pk",)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may(request, "erase_person", "view_erasure")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Erasure]:
        erasures: QuerySet[Erasure] = super().get_queryset(request)
        stands_still = Value(Delivery.is_paused())  # asked once for the whole list
        return erasures.annotate(stands_still=stands_still).select_related("requested_by").defer("address")

    def get_urls(self) -> list[URLPattern]:
        confirm = path(
            "of/<int:registration_id>/", self.admin_site.admin_view(self.confirm), name="registrations_erasure_confirm"
        )
        return [confirm, self.post_url("try-again", self.try_again), *super().get_urls()]

    @admin.display(description=gettext_lazy("erasure"))
    def number(self, erasure: Erasure) -> str:
        return f"#{erasure.pk}"

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, erasure: Erasure) -> SafeString:
        return _state(erasure)

    @admin.display(description=gettext_lazy("details"))
    def why(self, erasure: Erasure) -> str:
        return _why(erasure) or "–"

    @admin.display(description=gettext_lazy("requested"))
    def requested(self, erasure: Erasure) -> str:
        return moment(erasure.created_at, settings.TIME_ZONE)

    @admin.display(description=gettext_lazy("by"))
    def by(self, erasure: Erasure) -> str:
        return erasure.requested_by.get_username() if erasure.requested_by else "–"

    @admin.display(description=gettext_lazy("finished"))
    def finished(self, erasure: Erasure) -> str:
        return moment(erasure.settled_at, settings.TIME_ZONE)

    def confirm(self, request: HttpRequest, registration_id: int) -> HttpResponse:
        """What an erasure would do, and, once it is posted, the erasure."""
        require(request, "erase_person")
        try:
            if request.method == "POST":
                erasure_id = pipeline.erase(registration_id=registration_id, user_id=user_id(request))
                messages.success(request, _("The data is erased here. The platforms are being told now."))
                return _to(erasure_id)
            plan = privacy.plan(registration_id=registration_id)
        except privacy.UnknownPerson as error:
            raise Http404 from error
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Erase a person"),
            "plan": plan,
            "registration_id": registration_id,
        }
        return TemplateResponse(request, "admin/registrations/erase.html", context)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """How far one erasure is, and its receipt."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        erasure = self.get_queryset(request).filter(pk=object_id).first() if object_id.isdecimal() else None
        if erasure is None:
            raise Http404
        is_done = erasure.state == StepState.SETTLED
        is_troubled = bool(erasure.reason) and erasure.reason not in WAITS and not is_done
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Erasure no. %(number)s") % {"number": erasure.pk},
            "erasure": erasure,
            "is_done": is_done,
            "is_troubled": is_troubled,
            "zone": zone_label(settings.TIME_ZONE, db_now()),
            "state": _state(erasure),
            "why": _why(erasure),
            "remedy": reasons.remedy(erasure.reason) if is_troubled else "",
            "requested": self.requested(erasure),
            "by": self.by(erasure),
            "finished": self.finished(erasure),
            "next": moment(erasure.run_at, settings.TIME_ZONE) if erasure.state == StepState.QUEUED else "",
            "counts": [(label, erasure.receipt[name]) for name, label in COUNTS.items() if name in erasure.receipt],
            "stays": [STAYS[code] for code in erasure.receipt.get("stays", []) if code in STAYS],
            "can_retry": is_troubled and erasure.state != StepState.LEASED and may(request, "erase_person"),
        }
        return TemplateResponse(request, "admin/registrations/erasure.html", context)

    def try_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have an erasure that waits go on now."""
        require(request, "erase_person")
        get_object_or_404(Erasure, pk=pk)
        pipeline.go_on_erasing(erasure_id=pk)
        messages.success(request, _("It is tried again now. Reload the page in a few seconds."))
        return _to(pk)


def _to(erasure_id: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:registrations_erasure_change", args=[erasure_id]))


def _state(erasure: Erasure) -> SafeString:
    if erasure.state == StepState.SETTLED:
        return badge(OK, "check", _("Erased"))
    if erasure.state == StepState.PARKED:
        return badge(STOP, "priority_high", _("Needs attention"))
    return badge(QUIET, "sync", _("Erasing"))


def _why(erasure: Erasure) -> str:
    """Why an erasure is not over yet; empty for one that is, or that just goes on."""
    if erasure.state == StepState.SETTLED:
        return ""
    if erasure.stands_still:  # type: ignore[attr-defined]
        return _("Everything is paused; it goes on once you resume.")
    known = WAITS.get(erasure.reason)
    return str(known) if known is not None else reasons.sentence(erasure.reason)
