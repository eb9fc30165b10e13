"""Lists that may be very long: read page by page, with a look at whether another follows, and never counted to their end."""

from __future__ import annotations

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.http import HttpRequest

from registrations.admin.screens import StaffChangeList

COUNTED = 500


class KnownPages(Paginator):  # type: ignore[type-arg]
    """The pages that are known of; `is_cut` if more follow. Its objects are ids."""

    is_cut = False


class LongList(StaffChangeList):
    """Counts up to `COUNTED` rows, so that all of a short list can be chosen at once; a search is read to its page's end only.

    Two queries: the ids of a page, by whatever index serves the filters, and then those rows with all that is shown of them.
    """

    previous_url = next_url = ""

    def get_results(self, request: HttpRequest) -> None:
        if self.page_num < 1:
            raise IncorrectLookupParameters
        end = self.page_num * self.list_per_page
        begin = end - self.list_per_page
        enough = end if self.query else max(end, COUNTED)
        ids = list(self.queryset.values_list("pk", flat=True)[: enough + 1])
        if begin and begin >= len(ids) and request.method == "GET":
            raise IncorrectLookupParameters
        self.paginator = KnownPages(ids, self.list_per_page)
        self.paginator.is_cut = len(ids) > enough
        self.result_list = list(self.root_queryset.filter(pk__in=ids[begin:end]).order_by("-pk"))
        # What cannot be chosen at once, because nobody knows how many they are, is not offered.
        self.result_count = len(self.result_list) if self.paginator.is_cut else len(ids)
        self.full_result_count = self.result_count
        self.show_full_result_count = self.can_show_all = False
        self.show_admin_actions = True
        self.multi_page = len(ids) > self.list_per_page
        self.first_shown, self.last_shown = begin + 1, begin + len(self.result_list)
        self.previous_url = self._page_url(self.page_num - 1) if begin else ""
        self.next_url = self._page_url(self.page_num + 1) if len(ids) > end else ""

    def _page_url(self, number: int) -> str:
        url: str = self.get_query_string({PAGE_VAR: number})
        return url


def reach(request: HttpRequest, per_page: int) -> int:
    """How many rows a search must find for what a request shows, or does to all of them."""
    number = request.GET.get(PAGE_VAR, "1")
    end = per_page * (int(number) if number.isdecimal() and len(number) < 7 else 1)
    return 1 + (end if request.method == "GET" else max(end, COUNTED))
