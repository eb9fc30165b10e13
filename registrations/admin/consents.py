"""What people agree to: versions of texts, and the boxes of a campaign."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from registrations.admin.screens import StaffModelAdmin
from registrations.models import ConsentBox, ConsentText


@admin.register(ConsentText)
class ConsentTextAdmin(StaffModelAdmin):
    """Versions of texts. What somebody has agreed to stays as it is; “save as new” makes the next version of it."""

    list_display = ("statement", "purpose", "language", "created_at", "page")
    list_filter = (("purpose", ChoicesDropdownFilter), ("language", ChoicesDropdownFilter))
    search_fields = ("statement",)
    fields = ("purpose", "language", "statement", "document")
    save_as = True

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return self.fields if isinstance(obj, ConsentText) and obj.is_fixed else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A text that stands on a form, or that somebody agreed to, stays."""
        if isinstance(obj, ConsentText) and (obj.is_fixed or obj.boxes.exists()):
            return False
        return bool(super().has_delete_permission(request, obj))

    @admin.display(description=gettext_lazy("page"))
    def page(self, text: ConsentText) -> SafeString:
        address = settings.PUBLIC_URL + reverse("public:consent", args=[text.fingerprint])
        return format_html('<a class="rs-link" href="{}" target="_blank" rel="noopener">{}</a>', address, _("Read it"))


class ConsentInline(TabularInline):  # type: ignore[misc]
    """The boxes of a campaign's form, in their order."""

    model = ConsentBox
    extra = 0
    fields = ("text", "required", "position")
    verbose_name_plural = gettext_lazy("Consents")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        found = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "text":
            found.label_from_instance = lambda text: f"{text} · {text.language} · {text.created_at:%Y-%m-%d}"
            found.widget = getattr(found.widget, "widget", found.widget)  # texts have a screen of their own
        return found
