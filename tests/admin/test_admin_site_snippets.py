"""What a marketer copies into their own site, and that it works as copied."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.conf import settings
from django.test import Client

from registrations.admin.site_snippets import snippets
from registrations.forms import TYPES
from registrations.models import Campaign, ConsentBox, ConsentText, Registration
from tests import factories
from tests.admin.campaign_form import change, text_of
from tests.admin.conftest import Visit

pytestmark = pytest.mark.django_db

SITE = "https://www.north.example"


def campaign_with_every_question() -> Campaign:
    campaign = factories.make_campaign(websites=SITE, language="en", title='“Quotes” & <b>"tags"</b>')
    for key in TYPES:
        campaign.questions.create(key=key, type=key, label=f"<i>{key}</i>", help_text="Why?", choices="A\n<B>", required=True)
    text = ConsentText.objects.create(purpose="processing", language="en", statement="<i>I agree</i>", document="All.")
    ConsentBox.objects.create(campaign=campaign, text=text)
    return campaign


def code_of(campaign: Campaign, number: int) -> str:
    return snippets(campaign)[number].code


def test_the_panel_shows_every_snippet_as_text_to_copy(visit: Visit) -> None:
    campaign = campaign_with_every_question()
    page = visit("Marketing").get(change(campaign)).content.decode()
    shown = [unescape(code) for code in re.findall(r'<textarea class="rs-snippet"[^>]*>(.*?)</textarea>', page, re.S)]
    assert [code.strip() for code in shown] == [snippet.code for snippet in snippets(campaign)]
    assert len(shown) == 4


def test_without_websites_there_is_a_link_and_a_word_how_to_get_the_rest(visit: Visit) -> None:
    campaign = factories.make_campaign()
    page = text_of(visit("Marketing").get(change(campaign)))
    assert page.count('class="rs-snippet"') == 1
    assert f"{settings.PUBLIC_URL}/c/{campaign.slug}/</textarea>" in page
    assert "enter your websites below" in page


def test_the_marketers_words_stay_words_in_what_is_copied() -> None:
    campaign = campaign_with_every_question()
    for snippet in snippets(campaign)[1:]:
        assert "<b>" not in snippet.code
        assert "<i>" not in snippet.code
        assert '"tags"' not in snippet.code


def test_the_copied_form_is_one_that_its_door_takes(client: Client) -> None:
    campaign = campaign_with_every_question()
    code = code_of(campaign, 3)
    [action] = re.findall(r'<form method="post" action="([^"]+)"', code)
    assert action.startswith(settings.PUBLIC_URL)
    names = set(re.findall(r'name="([^"]+)"', code))
    box = f"consent_{ConsentText.objects.get().fingerprint}"
    questions = {f"q_{key}" for key, kind in TYPES.items() if kind.has_answer}
    assert names == {"first_name", "last_name", "email", "form_key", "return_to", box, *questions}
    assert f'href="{settings.PUBLIC_URL}/consent/' in code
    [key] = re.findall(r'name="form_key" value="([^"]+)"', code)
    answers = {"q_email": "a@example.org", "q_phone": "+79001234567", "q_number": "7", "q_date": "2020-05-17", box: "yes"}
    typed = dict.fromkeys((name for name in names if name.startswith("q_")), "A") | answers
    typed |= {"first_name": "Anna", "last_name": "Petrova", "email": "anna@example.org", "form_key": key}
    response = client.post(action.removeprefix(settings.PUBLIC_URL), typed)
    assert response.status_code == 303
    assert Registration.objects.get().attribution["door"] == "form"


def test_every_control_of_the_copied_form_has_its_label() -> None:
    code = code_of(campaign_with_every_question(), 3)
    labelled = set(re.findall(r'<label for="([^"]+)"', code))
    assert labelled <= set(re.findall(r' id="([^"]+)"', code))
    assert set(re.findall(r'aria-describedby="([^"]+)"', code)) <= set(re.findall(r' id="([^"]+)"', code))


def test_websites_are_kept_as_browsers_name_them(visit: Visit) -> None:
    campaign = factories.make_campaign()
    client = visit("Marketing")
    saved = client.post(
        change(campaign), sent(client, campaign, "https://WWW.north.example/webinars/?a=1\r\n\r\nhttps://пример.рф")
    )
    assert saved.status_code == 302
    campaign.refresh_from_db()
    assert campaign.websites == "https://www.north.example\nhttps://xn--e1afmkfd.xn--p1ai"


@pytest.mark.parametrize(
    "line", ["north.example", "http://north.example", "*", "https://*.north.example", "https://a.example; x"]
)
def test_what_is_no_website_is_said_so(visit: Visit, line: str) -> None:
    campaign = factories.make_campaign()
    client = visit("Marketing")
    page = text_of(client.post(change(campaign), sent(client, campaign, f"{SITE}\n{line}")))
    assert f"“{line}” is not the address of a website." in page
    campaign.refresh_from_db()
    assert campaign.websites == ""


def sent(client: Client, campaign: Campaign, websites: str) -> dict[str, str]:
    """What the campaign's own form sends, with other websites."""
    form = client.get(change(campaign)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    values = {name: str(value) for name, value in values.items() if value not in (None, False)}
    counts = {"questions-TOTAL_FORMS": "0", "questions-INITIAL_FORMS": "0"}
    counts |= {"consent_boxes-TOTAL_FORMS": "0", "consent_boxes-INITIAL_FORMS": "0"}
    limits = {"questions-MIN_NUM_FORMS": "0", "questions-MAX_NUM_FORMS": "1000"}
    return {**values, **counts, **limits, "websites": websites}
