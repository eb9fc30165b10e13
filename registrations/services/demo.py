"""A small demo: one platform account and two campaigns, for events that exist at the platform already."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from registrations.models import Account, Campaign, Event, Question
from registrations.models.campaign import DEFAULT_ACCENT
from registrations.services import catalog, covers
from registrations.services.campaigns import Availability, availability

ACCOUNT_NAME = "Sandbox"


class DemoFailed(Exception):
    """The demo could not be loaded; the text says why."""


@dataclass(frozen=True, slots=True)
class DemoCampaign:
    """A campaign as the demo makes it, and its event: single, or a weekly series of several `sessions`.

    `questions` are the fields of Question but for the campaign.
    """

    event_title: str
    sessions: int
    slug: str
    title: str
    organizer: str
    description: str
    language: str
    mail_intro: str
    questions: tuple[dict[str, object], ...] = field(default=())


CAMPAIGNS = (
    DemoCampaign(
        event_title="Вебинар без потерь: от формы до входа в эфир",
        sessions=1,
        slug="vebinar",
        title="Вебинар без потерь: от формы до входа в эфир",
        organizer="Компания «Пример»",
        description=(
            "<p>За час покажем, как довести каждого, кто оставил заявку, до эфира: какие вопросы задать в форме, "
            "что написать в письме и как не потерять ни одной регистрации.</p>"
            "<ul><li>форма, которую заполняют до конца;</li><li>письмо, которое находят за минуту до начала;</li>"
            "<li>день эфира без ручной работы.</li></ul>"
        ),
        language="ru",
        mail_intro="{{first_name}}, ждём вас на вебинаре «{{event}}» {{date}}. Возьмите с собой вопросы: на них будет время.",
        questions=(
            {"key": "company", "type": "text", "label": "Где вы работаете", "position": 1},
            {
                "key": "role",
                "type": "radio",
                "label": "Чем вы занимаетесь",
                "choices": "Маркетинг\nПродажи\nОбучение",
                "options": {"offers_other": True},
                "required": True,
                "position": 2,
            },
            {
                "key": "question",
                "type": "long_text",
                "label": "О чём спросить ведущего",
                "help_text": "Ответим в эфире.",
                "position": 3,
            },
            {
                "key": "source",
                "type": "hidden",
                "label": "Откуда пришли",
                "options": {"url_parameter": "utm_source"},
                "position": 4,
            },
        ),
    ),
    DemoCampaign(
        event_title="Webinars people finish: a course in three parts",
        sessions=3,
        slug="course",
        title="Webinars people finish: a course in three parts",
        organizer="Example Ltd",
        description=(
            "<p>Three weekly sessions, one registration for all of them: planning a programme, keeping a room awake, "
            "and learning from the numbers afterwards.</p>"
        ),
        language="en",
        mail_intro="Hello {{first_name}}, good to have you in “{{event}}”. One link opens all three sessions.",
        questions=(
            {"key": "company", "type": "text", "label": "Where do you work?", "position": 1},
            {
                "key": "experience",
                "type": "radio",
                "label": "How many webinars have you run?",
                "choices": "None yet\nA few\nMany",
                "required": True,
                "position": 2,
            },
        ),
    ),
)


def is_loaded(*, base_url: str) -> bool:
    """Whether everything of the demo is there and takes sign-ups, so that the platform need not be asked."""
    slugs = [demo.slug for demo in CAMPAIGNS]
    campaigns = Campaign.objects.filter(slug__in=slugs, event__account__base_url=base_url)
    open_now = [campaign for campaign in campaigns if availability(campaign) is not Availability.OVER]
    return len(open_now) == len(CAMPAIGNS)


def load(*, base_url: str, api_key: str) -> None:
    """Make or update the demo's account, read its events, and make the campaigns that are missing.

    Raises DemoFailed, and the platform's errors.
    """
    where = {"base_url": base_url, "link_hosts": str(urlsplit(base_url).hostname)}
    account, _ = Account.objects.update_or_create(
        name=ACCOUNT_NAME,
        defaults=where,
        create_defaults={**where, "api_key": api_key, "provider": "webinar_ru", "time_zone": "Europe/Moscow"},
    )
    catalog.check(account_id=account.pk)
    catalog.sync(account_id=account.pk)
    account.refresh_from_db()
    if account.sync_trouble:
        raise DemoFailed(f"The events of the platform could not be read: {account.sync_trouble}.")
    for demo in CAMPAIGNS:
        _make_campaign(account, demo)


def _make_campaign(account: Account, demo: DemoCampaign) -> None:
    if Campaign.objects.filter(slug=demo.slug).exists():
        return
    event = Event.objects.filter(account=account, title=demo.event_title).order_by("-starts_at").first()
    if event is None:
        raise DemoFailed(f"The platform has no event “{demo.event_title}”.")
    session = None if event.is_series else event.sessions.order_by("starts_at").first()
    cover = covers.gradient(DEFAULT_ACCENT)
    covers.keep(cover)
    campaign = Campaign.objects.create(
        event=event,
        session=session,
        slug=demo.slug,
        title=demo.title,
        organizer=demo.organizer,
        description=demo.description,
        language=demo.language,
        mail_intro=demo.mail_intro,
        cover=cover.digest,
        cover_width=cover.width,
        cover_decorates=True,
    )
    Question.objects.bulk_create(Question(campaign=campaign, **question) for question in demo.questions)
