"""Accounts at webinar platforms: whether they work, why not, and what a marketer can do about it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registrations import pipeline
from registrations.admin.account_form import AccountForm
from registrations.admin.labels import OK, QUIET, STOP, WAIT, badge, moment
from registrations.admin.screens import StaffModelAdmin, may, require
from registrations.models import Account, Pause
from registrations.services import catalog, pauses, reasons
from registrations.services.outlook import pause_sentences
from registrations.webinar.errors import PlatformError

READERS = ("change_account", "add_campaign")
"""Who may have events read: whoever looks after accounts, and whoever sets up campaigns."""


@admin.register(Account)
class AccountAdmin(StaffModelAdmin):
    """A list with the state of each account, and a form that checks what was entered."""

    form = AccountForm
    list_display = ("name", "state", "owner", "events_read", "event_count")
    sortable_by = ()
    readonly_fields = ("key_end",)
    change_form_outer_before_template = "admin/registrations/account_panel.html"
    fieldsets = (
        (None, {"fields": ("name", "provider", "base_url", "api_key", "time_zone", "notify_email")}),
        (
            gettext_lazy("Fine tuning"),
            {"fields": ("link_hosts", "calls_per_second", "unique_by_email"), "classes": ("collapse",)},
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        own = [
            self.post_url("check", self.check_connection),
            self.post_url("read-events", self.read_events),
            self.post_url("try-now", self.try_now),
        ]
        return own + list(super().get_urls())

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        accounts: QuerySet[Account] = super().get_queryset(request)
        standing = Pause.objects.filter(ended_at=None).select_related("account", "event__account", "session").order_by("since")
        return (
            accounts.defer("api_key")
            .annotate(events_there=Count("events"))
            .prefetch_related(Prefetch("pauses", standing, to_attr="standing_pauses"))
        )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may only look gets the end of the key: a form without its field would show the whole of it."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        fields = ("name", "provider", "base_url", "key_end", "time_zone", "notify_email")
        return ((None, {"fields": fields}), *self.fieldsets[1:])

    @admin.display(description=gettext_lazy("API key"))
    def key_end(self, account: Account) -> str:
        return account.key_hint

    @admin.display(description=gettext_lazy("state"))
    def state(self, account: Account) -> SafeString:
        return _state(account)

    @admin.display(description=gettext_lazy("belongs to"))
    def owner(self, account: Account) -> str:
        return account.owner_name or "–"

    @admin.display(description=gettext_lazy("events read"))
    def events_read(self, account: Account) -> str:
        return moment(account.synced_at, account.time_zone)

    @admin.display(description=gettext_lazy("events"))
    def event_count(self, account: Account) -> int:
        return int(account.events_there)  # type: ignore[attr-defined]

    def check_connection(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask the platform whose key it is."""
        require(request, "change_account")
        account = get_object_or_404(Account, pk=pk)
        self._check(request, account)
        self.log_change(request, account, _("Checked the connection."))
        return self._back(account)

    def read_events(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the events read soon."""
        require(request, *READERS)
        account = get_object_or_404(Account, pk=pk)
        pipeline.sync_account(account_id=account.pk)
        messages.info(request, _("Events are being read. Reload the page in a few seconds."))
        self.log_change(request, account, _("Had the events read."))
        return self._back(account)

    def try_now(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Probe the pauses of the account now."""
        require(request, *READERS)
        account = get_object_or_404(Account, pk=pk)
        pauses.retry_account(account_id=account.pk)
        messages.info(request, _("The platform is being asked again. Reload the page in a few seconds."))
        self.log_change(request, account, _("Had the platform asked again."))
        return self._back(account)

    def save_model(self, request: HttpRequest, obj: Account, form: AccountForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not change or {"api_key", "base_url", "provider"} & set(form.changed_data):
            request.account_to_check = obj  # type: ignore[attr-defined]

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Check what was saved once it is committed: a call to a platform must not hold a transaction open."""
        panel = self._panel(request, object_id) if object_id else {}
        response: HttpResponse = super().changeform_view(request, object_id, form_url, {**panel, **(extra_context or {})})
        account: Account | None = getattr(request, "account_to_check", None)
        if account is not None and self._check(request, account):
            pipeline.sync_account(account_id=account.pk)
            messages.info(request, _("Its events are being read; they will be in the list in a few seconds."))
        return response

    def _check(self, request: HttpRequest, account: Account) -> bool:
        try:
            owner = catalog.check(account_id=account.pk)
        except PlatformError as error:
            words = [_("The connection does not work."), reasons.sentence(error.code), error.detail, reasons.remedy(error.code)]
            messages.error(request, " ".join(filter(None, words)))
            return False
        messages.success(request, _("The connection works: the key opens “%(owner)s”.") % {"owner": catalog.owner_label(owner)})
        return True

    def _panel(self, request: HttpRequest, object_id: str) -> dict[str, Any]:
        account = self.get_object(request, object_id)
        if account is None:
            return {}
        return {
            "account": account,
            "account_state": _state(account),
            "checked_at": moment(account.checked_at, account.time_zone),
            "synced_at": moment(account.synced_at, account.time_zone),
            "trouble": _trouble(account),
            "pauses": [
                {"scope": scope_of(pause), "sentences": pause_sentences(pause), "pause": pause} for pause in _pauses(account)
            ],
            "may_check": may(request, "change_account"),
            "may_read": may(request, *READERS),
        }

    @staticmethod
    def _back(account: Account) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:registrations_account_change", args=[account.pk]))


def _pauses(account: Account) -> list[Pause]:
    return list(account.standing_pauses)  # type: ignore[attr-defined]


def _state(account: Account) -> SafeString:
    wide = next((pause for pause in _pauses(account) if pauses.is_account_wide(pause)), None)
    if wide is not None:
        return badge(STOP, "pause", _("Paused: %(why)s") % {"why": reasons.sentence(wide.reason)})
    if _pauses(account):
        return badge(WAIT, "pause", _("Partly paused"))
    if account.sync_trouble:
        return badge(WAIT, "sync_problem", _("Events not read"))
    if account.checked_at is None:
        return badge(QUIET, "help", _("Not checked"))
    return badge(OK, "check", _("Works"))


def scope_of(pause: Pause) -> str:
    """What a pause stops, in words."""
    if pause.event is not None:
        place = pause.session or pause.event
        return _("Registrations for “%(event)s”") % {"event": place.title}
    if pause.verb:
        return _("Removing people") if pause.verb == "delete" else _("Registering people")
    return _("Everything of this account")


def _trouble(account: Account) -> str:
    """The trouble of the last reading, in a sentence with the platform's words behind it."""
    code, _separator, detail = account.sync_trouble.partition(": ")
    return " ".join(filter(None, (reasons.sentence(code), detail)))
