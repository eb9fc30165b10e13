"""What a marketer copies into a page of their own: a link, the form in a frame, or a form to shape as they like."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from registrations.forms import build_form
from registrations.models import Campaign
from registrations.services.campaigns import question_spec
from registrations.services.consents import boxes_of

AUTO_ID = "regsite_%s"


@dataclass(frozen=True, slots=True)
class Snippet:
    """One way to put a campaign's form on a site; `rows` is how many lines of it to show."""

    title: str
    help_text: str
    code: str

    @property
    def rows(self) -> int:
        return min(self.code.count("\n") + 1, 12)


def snippets(campaign: Campaign) -> list[Snippet]:
    """All ways, the simplest first. Those that need the campaign's websites come only once there are some."""
    hosted = Snippet(
        _("A link"),
        _("To our page; works everywhere. Add ?utm_source=… as in any link."),
        _address("signup", campaign),
    )
    if not campaign.website_list():
        return [hosted]
    return [
        hosted,
        Snippet(
            _("The form in your page"),
            _("As high as it needs, in your colours. Where scripts are off, the link in it stays."),
            _code("embed", campaign),
        ),
        Snippet(
            _("A frame without our script"),
            _("For site builders that allow frames alone. Its height is fixed; set it by hand."),
            _code("iframe", campaign),
        ),
        Snippet(
            _("A form of your own"),
            _("To shape as you like; the names of the fields must stay. Copy it again whenever the questions change."),
            _code("form", campaign),
        ),
    ]


def _code(name: str, campaign: Campaign) -> str:
    with translation.override(campaign.language):
        questions = [question_spec(question) for question in campaign.questions.all()]
        boxes = [
            replace(box, url=settings.PUBLIC_URL + box.url) for box in boxes_of(campaign.consent_boxes.select_related("text"))
        ]
        form = build_form(questions, boxes)(auto_id=AUTO_ID)
        context = {
            "campaign": campaign,
            "site": settings.PUBLIC_URL,
            "hosted": _address("signup", campaign),
            "embed": _address("embed", campaign),
            "action": _address("form", campaign),
            "example": campaign.website_list()[0],
            "fields": [field.as_field_group() for field in form],
        }
        code = render_to_string(f"admin/registrations/snippets/{name}.html", context)
        return "\n".join(line for line in code.splitlines() if line.strip())


def _address(name: str, campaign: Campaign) -> str:
    return f"{settings.PUBLIC_URL}{reverse(f'public:{name}', args=[campaign.slug])}"
