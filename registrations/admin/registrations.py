"""People: find anyone, see where they stand and why, and do what helps."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import RelatedDropdownFilter

from registrations import pipeline
from registrations.admin import erasures, registration_page
from registrations.admin.deciding import tell_decided
from registrations.admin.filters import LanguageFilter, SignedUpFilter, StandingFilter, wanted_standing
from registrations.admin.labels import moment, standing_badge
from registrations.admin.paging import COUNTED, LongList, reach
from registrations.admin.screens import ReadOnlyAdmin, may, require, user_id
from registrations.models import Registration
from registrations.services import resending, searching
from registrations.services.letters import private_url
from registrations.services.resending import AlreadyResent, NothingToSend
from registrations.services.standing import newest_of_standing, with_standing

AT_ONCE = COUNTED
LOOKED_THROUGH = 20_000


class PeopleList(LongList):
    """Where people stand is worked out for as many as the page needs, not for all."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Registration]:
        people: QuerySet[Registration] = super().get_queryset(request, exclude_parameters)
        standing = wanted_standing(request)
        if standing is None or self.query:
            return people
        limit = max(self.page_num * self.list_per_page, COUNTED) + 1
        found, more = newest_of_standing(people=people, standing=standing, limit=limit, at_most=LOOKED_THROUGH)
        if more and request.method == "GET":
            words = _("Only the newest %(count)s people were looked through. Narrow the list to see others.")
            messages.info(request, words % {"count": LOOKED_THROUGH})
        return people.filter(pk__in=found)


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin):
    """Nobody adds or deletes people here; the list finds them, the page tells everything and has the buttons."""

    list_display = ("person", "shown_campaign", "shown_standing", "signed_up", "language")
    list_filter = (StandingFilter, ("campaign", RelatedDropdownFilter), LanguageFilter, SignedUpFilter)
    search_fields = ("email", "first_name", "last_name")
    search_help_text = gettext_lazy("Part of an e-mail address or a name")
    sortable_by = ()
    ordering = ("-pk",)
    actions = ("resend_links", "try_all_again", "approve_people", "decline_people")

    # --- the list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        people = with_standing(super().get_queryset(request)).select_related("campaign__event__account", "campaign__session")
        return people.defer("token", "answers", "campaign__event__account__api_key")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PeopleList]:
        return PeopleList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Registration], search_term: str
    ) -> tuple[QuerySet[Registration], bool]:
        """Every word must be part of the address or of a name. Finds as many people as the page shows, the newest first."""
        words = search_term.split()
        if not words:
            return queryset, False
        if request.method == "POST" and request.POST.get("select_across", "0") == "0":
            chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
            return queryset.filter(pk__in=[pk for pk in chosen if pk.isdecimal()]), False
        in_a_campaign = bool(request.GET.get("campaign__id__exact"))
        if not all(searching.is_long_enough(word, in_a_campaign=in_a_campaign) for word in words):
            messages.info(request, _too_short(in_a_campaign=in_a_campaign))
            return queryset.none(), False
        found = searching.newest(people=queryset, words=words, limit=reach(request, self.list_per_page))
        if not found and not searching.finds_parts():
            messages.info(request, _("This database finds words by their beginnings only."))
        return queryset.filter(pk__in=found), False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        wanted = request.POST.get("action", "")
        if wanted and wanted not in self.get_actions(request):
            raise PermissionDenied
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response

    @admin.display(description=gettext_lazy("person"))
    def person(self, registration: Registration) -> SafeString:
        return format_html('{}<span class="rs-second">{}</span>', registration.full_name, registration.email)

    @admin.display(description=gettext_lazy("campaign"))
    def shown_campaign(self, registration: Registration) -> str:
        return registration.campaign.title

    @admin.display(description=gettext_lazy("state"))
    def shown_standing(self, registration: Registration) -> SafeString:
        return standing_badge(registration.standing)  # type: ignore[attr-defined]

    @admin.display(description=gettext_lazy("signed up"))
    def signed_up(self, registration: Registration) -> str:
        return moment(registration.created_at, registration.campaign.event.zone)

    # --- many at once ---

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return may(request, "resend_link")

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return may(request, "change_registration")

    @admin.action(description=gettext_lazy("Send the link again"), permissions=["resend"])
    def resend_links(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        result = pipeline.resend_links(registration_ids=self._selected(request, queryset), user_id=user_id(request))
        sent, without_link = result.sent, result.without_link
        if sent:
            words = ngettext(
                "The link of %(count)s person is sent again.", "The links of %(count)s people are sent again.", sent
            )
            messages.success(request, words % {"count": sent})
        if without_link:
            words = ngettext(
                "%(count)s person has no link yet; it is sent as soon as there is one.",
                "%(count)s people have no link yet; it is sent as soon as there is one.",
                without_link,
            )
            messages.warning(request, words % {"count": without_link})

    @admin.action(description=gettext_lazy("Try again"), permissions=["retry"])
    def try_all_again(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        chosen = self._selected(request, queryset)
        pipeline.try_again(registration_ids=chosen, user_id=user_id(request))
        if chosen:
            words = ngettext("%(count)s person is tried again now.", "%(count)s people are tried again now.", len(chosen))
            messages.success(request, words % {"count": len(chosen)})

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return may(request, "approve_registration")

    @admin.action(description=gettext_lazy("Approve"), permissions=["decide"])
    def approve_people(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        decided = pipeline.approve(registration_ids=self._selected(request, queryset), user_id=user_id(request))
        tell_decided(request, decided, approved=True)

    @admin.action(description=gettext_lazy("Decline"), permissions=["decide"])
    def decline_people(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        decided = pipeline.decline(registration_ids=self._selected(request, queryset), user_id=user_id(request))
        tell_decided(request, decided, approved=False)

    def _selected(self, request: HttpRequest, queryset: QuerySet[Registration]) -> list[int]:
        """The people chosen, none if there are too many for one go."""
        chosen = list(queryset.order_by("pk").values_list("pk", flat=True)[: AT_ONCE + 1])
        if len(chosen) <= AT_ONCE:
            return chosen
        messages.error(request, _("At most %(count)s people at once. Nothing was done.") % {"count": AT_ONCE})
        return []

    # --- one person ---

    def get_urls(self) -> list[URLPattern]:
        own = [
            self.post_url("resend", self.resend),
            self.post_url("try-again", self.try_again),
            self.post_url("approve", self.approve),
            self.post_url("decline", self.decline),
            self.post_url("show-link", self.show_link),
        ]
        return own + list(super().get_urls())

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Everything about one person."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isdecimal():
            raise Http404
        return self._page(request, int(object_id))

    def resend(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the link again, unless somebody else just did."""
        require(request, "resend_link")
        registration = get_object_or_404(Registration.objects.select_related("campaign__event__account"), pk=pk)
        seen = request.POST.get("generation", "")
        try:
            pipeline.resend_link(
                registration_id=pk, user_id=user_id(request), expected_generation=int(seen) if seen.isdecimal() else None
            )
        except AlreadyResent as already:
            messages.warning(request, _already(already, registration))
        except NothingToSend:
            messages.warning(request, _("There is no link yet. It is sent as soon as the platform gives one."))
        else:
            messages.success(request, _("The link is on its way again."))
        return _back(pk)

    def try_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put what waits or needs attention back into the queue."""
        require(request, "change_registration")
        get_object_or_404(Registration, pk=pk)
        pipeline.try_again(registration_ids=[pk], user_id=user_id(request))
        messages.success(request, _("It is tried again now. Reload the page in a few seconds."))
        return _back(pk)

    def approve(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the person in."""
        require(request, "approve_registration")
        get_object_or_404(Registration, pk=pk)
        tell_decided(request, pipeline.approve(registration_ids=[pk], user_id=user_id(request)), approved=True)
        return _back(pk)

    def decline(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Leave the person out, and tell them."""
        require(request, "approve_registration")
        get_object_or_404(Registration, pk=pk)
        tell_decided(request, pipeline.decline(registration_ids=[pk], user_id=user_id(request)), approved=False)
        return _back(pk)

    def show_link(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The page once more, with the personal links; the look is a line of the timeline."""
        require(request, "view_join_link")
        registration = get_object_or_404(Registration, pk=pk)
        links = resending.show_links(registration_id=pk, user_id=user_id(request))
        return self._page(request, pk, {"links": links, "private_url": private_url(registration), "links_shown": True})

    def _page(self, request: HttpRequest, pk: int, shown: dict[str, Any] | None = None) -> HttpResponse:
        registration = self.get_queryset(request).filter(pk=pk).first()
        if registration is None:
            raise Http404
        context = {
            **self.admin_site.each_context(request),
            **registration_page.context(registration),
            **erasures.left_of(registration),
            **(shown or {}),
            "opts": self.opts,
            "title": registration.full_name or registration.email,
            "may_resend": self.has_resend_permission(request),
            "may_retry": self.has_retry_permission(request),
            "may_decide": self.has_decide_permission(request),
            "may_see_link": may(request, "view_join_link"),
            "may_erase": may(request, "erase_person"),
        }
        return TemplateResponse(request, "admin/registrations/person.html", context)


def _too_short(*, in_a_campaign: bool) -> str:
    if in_a_campaign:
        return _("Type at least two letters of each word.")
    return _("Type at least three letters of each word. Two are enough once you have chosen a campaign.")


def _already(already: AlreadyResent, registration: Registration) -> str:
    when = moment(already.at, registration.campaign.event.zone)
    if already.by:
        return _("The link was sent again already, by %(who)s at %(when)s. Nothing was sent now.") % {
            "who": already.by,
            "when": when,
        }
    return _("The link was sent already at %(when)s. Nothing was sent now.") % {"when": when}


def _back(pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:registrations_registration_change", args=[pk]))
