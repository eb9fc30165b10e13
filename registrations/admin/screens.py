"""What all staff screens share: no surprises in permissions, cheap lists, and buttons that are POSTs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.functional import cached_property
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

COUNT_LIMIT = 10_000

PostView = Callable[[HttpRequest, int], HttpResponse]


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts no further than `COUNT_LIMIT`, so that a list over a million rows costs what a short one costs."""

    template_name = "admin/registrations/pagination.html"

    @cached_property
    def count(self) -> int:
        rows = cast("QuerySet[Model]", self.object_list)
        return rows.order_by().values("pk")[:COUNT_LIMIT].count()

    @property
    def is_cut(self) -> bool:
        """There may be more than are counted."""
        return self.count >= COUNT_LIMIT


class StaffChangeList(ChangeList):  # type: ignore[misc]
    """A list that does not know how many rows there are beyond its filters, and does not offer to count them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.full_result_count = self.result_count


class StaffModelAdmin(ModelAdmin):  # type: ignore[misc]
    """The base of our screens."""

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    list_filter_submit = True
    paginator = BoundedPaginator

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StaffChangeList]:
        return StaffChangeList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """No deletion in bulk: it would pass by what each screen asks before it deletes."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        context.setdefault("show_save_and_add_another", False)
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def post_url(self, name: str, view: PostView) -> URLPattern:
        """The address `<id>/<name>/` that takes nothing but a POST of somebody who is logged in."""
        address_name = f"{self.opts.app_label}_{self.opts.model_name}_{name.replace('-', '_')}"
        url: URLPattern = path(f"<int:pk>/{name}/", self.admin_site.admin_view(require_POST(view)), name=address_name)
        return url


class ReadOnlyAdmin(StaffModelAdmin):
    """A screen on which nothing can be added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def require(request: HttpRequest, *permissions: str) -> None:
    """Raise PermissionDenied unless the user has one of the permissions of this application."""
    if not may(request, *permissions):
        raise PermissionDenied


def user_id(request: HttpRequest) -> int:
    """Who is logged in."""
    assert request.user.pk is not None  # noqa: S101  (the staff screens let nobody else in)
    return request.user.pk


def may(request: HttpRequest, *permissions: str) -> bool:
    """Whether the user has one of the permissions of this application."""
    return any(request.user.has_perm(f"registrations.{permission}") for permission in permissions)
