"""The cover picture on a campaign's form: what is there, another one, or none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminImageFieldWidget

from registrations.services import covers
from registrations.services.covers import MAX_BYTES, MAX_PIXELS, Prepared, PublicCover, Reason, Unfit


@dataclass(frozen=True, slots=True)
class ShownCover:
    """The cover that a campaign has, as the widget shows it."""

    url: str

    @classmethod
    def of(cls, cover: PublicCover | None) -> ShownCover | None:
        return cls(cover.small) if cover else None

    def __str__(self) -> str:
        return self.url


class CoverField(forms.FileField):
    """Cleaned: a cover to put on, False to take it off, the shown one or None to leave it as it is."""

    def __init__(self) -> None:
        super().__init__(
            label=gettext_lazy("Cover picture"),
            required=False,
            max_length=255,
            widget=UnfoldAdminImageFieldWidget(attrs={"accept": "image/*"}),
            help_text=gettext_lazy(
                "PNG, JPEG or WebP, best 1280 × 720 or more. Shown 16:9 on the page, in the list and where the link is shared; "
                "what is wider or higher is cut at the edges."
            ),
        )

    def clean(self, data: Any, initial: Any = None) -> Prepared | ShownCover | bool | None:
        found = super().clean(data, initial)
        if not isinstance(found, UploadedFile):
            return found  # type: ignore[no-any-return]
        try:
            return covers.prepare(found, size=found.size or 0)
        except Unfit as unfit:
            raise forms.ValidationError(_sentence(unfit.reason), code=unfit.reason.value) from unfit


def _sentence(reason: Reason) -> str:
    match reason:
        case Reason.TOO_HEAVY:
            return _("The file is larger than %(number)d MB. Save it smaller, or as JPEG.") % {"number": MAX_BYTES // 1024**2}
        case Reason.TOO_LARGE:
            return _("The picture has more than %(number)d million pixels. 1280 × 720 are enough.") % {
                "number": MAX_PIXELS // 1_000_000
            }
        case Reason.TOO_SMALL:
            return _("The picture is too small: at least 640 × 360 pixels.")
        case Reason.NO_PICTURE:
            return _("This is no picture that can be read. Save it as PNG, JPEG or WebP, and choose it again.")
