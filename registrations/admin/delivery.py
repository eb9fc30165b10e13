"""Mails and who they come from, and the switch for everything."""

from __future__ import annotations

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from registrations import pipeline
from registrations.admin.filters import KindFilter
from registrations.admin.labels import OK, STOP, badge, moment, state_badge
from registrations.admin.screens import ReadOnlyAdmin, StaffModelAdmin, may, require
from registrations.mailing.kinds import KINDS
from registrations.models import Delivery, OutgoingEmail, Sender
from registrations.services import pauses, reasons, resuming
from registrations.services.resuming import Mails, NotBehind


def kind_label(kind: str) -> str:
    """What a kind of mail is called."""
    return str(KINDS[kind].label) if kind in KINDS else kind


@admin.register(Sender)
class SenderAdmin(StaffModelAdmin):
    """Addresses that mails come from."""

    list_display = ("name", "address", "reply_to", "state")
    sortable_by = ()
    fields = ("name", "address", "reply_to", "mails_per_second")

    @admin.display(description=gettext_lazy("state"))
    def state(self, sender: Sender) -> SafeString:
        if not sender.trouble:
            return badge(OK, "check", _("Works"))
        return badge(STOP, "priority_high", _("In trouble: %(why)s") % {"why": reasons.sentence(sender.trouble)})


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ReadOnlyAdmin):
    """All mails, newest first; a person's own are on the person's page too."""

    list_display = ("shown_kind", "to_whom", "shown_state", "why", "when", "shown_generation")
    list_display_links = None
    actions = ("try_again",)
    list_filter = (("state", ChoicesDropdownFilter), KindFilter)
    sortable_by = ()
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingEmail]:
        mails: QuerySet[OutgoingEmail] = super().get_queryset(request)
        # Silent ones never leave: they only keep the pace of answers to unknown and known addresses alike.
        mails = mails.filter(silent=False).select_related("registration__campaign__event__account", "sender")
        return mails.defer("letter", "registration__token", "registration__campaign__event__account__api_key")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """A mail has no page of its own: it belongs to a person's."""
        mail = self.get_object(request, object_id)
        if mail is None or mail.registration_id is None:
            return HttpResponseRedirect(reverse("admin:registrations_outgoingemail_changelist"))
        return HttpResponseRedirect(reverse("admin:registrations_registration_change", args=[mail.registration_id]))

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return may(request, "change_registration")

    @admin.action(description=gettext_lazy("Try again"), permissions=["retry"])
    def try_again(self, request: HttpRequest, queryset: QuerySet[OutgoingEmail]) -> None:
        """For notices to staff; a person's mail is tried again on the person's page, with all that waits for them."""
        notices = list(queryset.filter(registration=None).values_list("pk", flat=True))
        pipeline.try_notices_again(mail_ids=notices)
        messages.success(
            request,
            _("Notices tried again: %(count)s. A person's mail is tried again on their page.") % {"count": len(notices)},
        )

    @admin.display(description=gettext_lazy("mail"))
    def shown_kind(self, mail: OutgoingEmail) -> str:
        return kind_label(mail.kind)

    @admin.display(description=pgettext_lazy("mail", "to"))
    def to_whom(self, mail: OutgoingEmail) -> SafeString | str:
        if mail.registration is None:
            return mail.recipient
        url = reverse("admin:registrations_registration_change", args=[mail.registration_id])
        return format_html('<a class="rs-link" href="{}">{}</a>', url, mail.registration.full_name or mail.registration.email)

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, mail: OutgoingEmail) -> SafeString:
        return state_badge(mail.state)

    @admin.display(description=gettext_lazy("details"))
    def why(self, mail: OutgoingEmail) -> str:
        if mail.reason:
            return reasons.sentence(mail.reason)
        return mail.server_reply or "–"

    @admin.display(description=gettext_lazy("when"))
    def when(self, mail: OutgoingEmail) -> str:
        zone = mail.registration.campaign.event.zone if mail.registration else "UTC"
        return moment(mail.settled_at or mail.run_at, zone)

    @admin.display(description=gettext_lazy("sending"))
    def shown_generation(self, mail: OutgoingEmail) -> str:
        return pgettext("mail", "first") if mail.generation == 1 else _("no. %(number)s") % {"number": mail.generation}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """The switch for everything. It lives on the overview; here are its two buttons, and the page of a restored database."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"{name}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"registrations_delivery_{name}",
            )
            for name, view in (("pause", self.pause), ("resume", self.resume))
        ]
        restored = require_http_methods(["GET", "HEAD", "POST"])(self.restored)
        own.append(path("restored/", self.admin_site.admin_view(restored), name="registrations_delivery_restored"))
        return own + list(super().get_urls())

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def pause(self, request: HttpRequest) -> HttpResponse:
        """Stop everything: no platform is called and no mail leaves."""
        require(request, "change_delivery")
        pauses.pause_everything(user_id=request.user.pk)
        self._log(request, _("Paused everything."))
        messages.warning(request, _("Everything is paused. Sign-ups are still taken; they are worked off once you resume."))
        return HttpResponseRedirect(reverse("admin:index"))

    def resume(self, request: HttpRequest) -> HttpResponse:
        """Go on; whatever waited is due."""
        require(request, "change_delivery")
        pipeline.resume_everything()
        self._log(request, _("Resumed everything."))
        if Delivery.is_paused():
            messages.warning(request, _("The pause is over, but a restored database still waits to be resumed."))
        else:
            messages.success(request, _("Everything goes on."))
        return HttpResponseRedirect(reverse("admin:index"))

    def restored(self, request: HttpRequest) -> HttpResponse:
        """What would leave a restored database, and the choice of how it goes on."""
        if not request.user.is_superuser:
            raise PermissionDenied
        try:
            return self._resume_restored(request) if request.method == "POST" else self._report(request)
        except NotBehind:
            messages.info(request, _("The database is not behind: there is nothing to resume."))
            return HttpResponseRedirect(reverse("admin:index"))

    def _report(self, request: HttpRequest) -> HttpResponse:
        report = resuming.report()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Restored from a backup"),
            "report": report,
            "since": moment(report.behind.since, "UTC"),
            "mails": [(kind_label(kind), count) for kind, count in report.mails.items()],
        }
        return TemplateResponse(request, "admin/registrations/restored.html", context)

    def _resume_restored(self, request: HttpRequest) -> HttpResponse:
        choice = Mails.SEND if request.POST.get("mails") == Mails.SEND else Mails.HOLD
        pipeline.ring(resuming.resume(mails=choice))
        self._log(request, _("Resumed a restored database."))
        if Delivery.is_paused():
            messages.warning(request, _("The restored database may go on, but everything is still paused by staff."))
        else:
            messages.success(request, _("Everything goes on; whoever was not finished is looked up at the platform first."))
        return HttpResponseRedirect(reverse("admin:index"))

    def _log(self, request: HttpRequest, words: str) -> None:
        switch = Delivery.objects.first()
        if switch is not None:
            self.log_change(request, switch, words)
