"""What a marketer copies into a page of their own: a link, the form in a frame, or a form to shape as they like."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from registrations.forms import DateSpec, DatesSpec, build_form
from registrations.mailing.times import moment_label
from registrations.models import Campaign, db_now
from registrations.services import dates
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
            _own_form_help(campaign),
            _code("form", campaign),
        ),
    ]


def _own_form_help(campaign: Campaign) -> str:
    words = _("To shape as you like; the names of the fields must stay. Copy it again whenever questions or dates change.")
    if not campaign.wants_proof:
        return words
    return words + " " + _("It cannot bring a proof of work, so our page follows it and asks everybody for one more press.")


def _code(name: str, campaign: Campaign) -> str:
    with translation.override(campaign.language):
        questions = [question_spec(question) for question in campaign.questions.all()]
        boxes = [
            replace(box, url=settings.PUBLIC_URL + box.url) for box in boxes_of(campaign.consent_boxes.select_related("text"))
        ]
        form = build_form(questions, boxes, _dates(campaign))(auto_id=AUTO_ID)
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


def _dates(campaign: Campaign) -> DatesSpec | None:
    """The boxes of the dates that people may choose now."""
    if not campaign.chooses_dates:
        return None
    event = campaign.event
    return DatesSpec(
        tuple(
            DateSpec(session.pk, date=moment_label(session.starts_at, event.zone), title=session.title)
            for session in dates.open_sessions(event.pk, now=db_now())
            if session.starts_at is not None
        )
    )


def _address(name: str, campaign: Campaign) -> str:
    return f"{settings.PUBLIC_URL}{reverse(f'public:{name}', args=[campaign.slug])}"
