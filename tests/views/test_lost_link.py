"""Asking for one's links: the pages, and that they tell nobody who is registered."""

from __future__ import annotations

import statistics
import time
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from registrations import pipeline
from registrations.models import Campaign, LostLinkRequest, OutgoingEmail, Registration, StepState
from registrations.services import counting, lost_links
from registrations.services.signup import Entry
from tests.views.attendee import text
from tests.views.conftest import give_link

ASK = "/lost-link/"
SENT = "/lost-link/sent/"
ANNA = "anna@example.org"
OFFICE = "203.0.113.9"
TIMINGS = 200
MOST_DIFFERENCE_SECONDS = 0.005


def ask(client: Client, email: str = ANNA, *, ip: str = OFFICE, headers: dict[str, str] | None = None) -> Any:
    return client.post(ASK, {"email": email}, headers=headers, REMOTE_ADDR=ip)


@pytest.fixture
def anna(campaign: Campaign) -> Registration:
    pipeline.sign_up(campaign_id=campaign.pk, form_token="t", entry=Entry(email=ANNA, first_name="Anna", last_name="Petrova"))
    registration = Registration.objects.get()
    give_link(registration)
    return registration


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("path", [ASK, SENT])
@pytest.mark.django_db
def test_the_pages_speak_the_visitors_language_and_set_nothing(client: Client, path: str, language: str) -> None:
    response = client.get(path, headers={"Accept-Language": language})
    page = text(response)
    assert response.status_code == 200
    assert f'<html lang="{language}">' in page
    assert page.count("<h1") == 1
    assert "webinars@example.org" in page
    assert not response.cookies
    assert response["Cache-Control"] == "no-store"
    assert "<script" not in page


def test_asking_leads_to_words_that_are_true_for_every_address(client: Client, anna: Registration) -> None:
    answers = [ask(client, email) for email in (ANNA, "nobody@example.org", " ANNA@example.org ")]
    assert [(answer.status_code, answer["Location"]) for answer in answers] == [(303, SENT)] * 3
    assert len({(answer.content, str(sorted(answer.items()))) for answer in answers}) == 1
    page = text(client.get(SENT))
    assert "If this address is registered, the links are on their way." in page
    assert LostLinkRequest.objects.count() == 3
    assert not OutgoingEmail.objects.exists()


@pytest.mark.django_db
def test_whoever_asks_too_often_reads_the_same_words(client: Client) -> None:
    answers = [ask(client) for _ in range(30)]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(303, SENT)}
    assert LostLinkRequest.objects.count() == lost_links.MAILS_AN_HOUR


@pytest.mark.django_db
def test_another_forwarded_address_is_no_way_around_the_limit(client: Client, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    for number in range(30):
        ask(client, f"p{number}@example.org", headers={"X-Forwarded-For": f"198.51.100.{number}, {OFFICE}"})
    assert LostLinkRequest.objects.count() == lost_links.ASKED_BY_CLIENT_AN_HOUR


@pytest.mark.parametrize("email", ["", "anna", "anna@", "a@b@c.ru", "x" * 400 + "@example.org", "<script>alert(1)</script>"])
@pytest.mark.django_db
def test_what_is_no_address_comes_back_with_a_word_about_it(client: Client, email: str) -> None:
    response = ask(client, email)
    assert response.status_code == 422
    assert "Please check these fields" in text(response)
    assert "<script>alert" not in text(response)
    assert not LostLinkRequest.objects.exists()


@pytest.mark.django_db
def test_hostile_posts_are_refused_in_words(client: Client) -> None:
    assert client.post(ASK, b"junk", content_type="text/plain").status_code == 400
    assert client.post(ASK, b"email=%ff%fe", content_type="application/x-www-form-urlencoded").status_code == 400
    assert ask(client, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert ask(client, headers={"Origin": "null"}).status_code == 303
    assert client.put(ASK).status_code == 405
    assert client.post(SENT).status_code == 405


@pytest.mark.django_db
def test_while_the_database_is_away_the_address_stays_on_the_page(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**_: Any) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("registrations.views.lost_link.pipeline.ask_for_links", away)
    response = ask(client)
    assert response.status_code == 503
    assert response["Retry-After"]
    assert "Nothing was sent" in text(response)
    assert f'value="{ANNA}"' in text(response)


def test_known_and_unknown_addresses_take_the_same_time(client: Client, anna: Registration) -> None:
    """In turns, so that whatever else the machine does happens to both."""
    seconds: dict[str, list[float]] = {"known": [], "unknown": []}
    for number in range(TIMINGS):
        for kind, email in (("known", ANNA), ("unknown", f"p{number:03}@example.org")):
            counting.tally.forget()
            counting.PostCount.objects.all().delete()
            begun = time.perf_counter()
            assert ask(client, email).status_code == 303
            seconds[kind].append(time.perf_counter() - begun)
    assert LostLinkRequest.objects.count() == 2 * TIMINGS
    known, unknown = (statistics.median(seconds[kind]) for kind in ("known", "unknown"))
    assert abs(known - unknown) < MOST_DIFFERENCE_SECONDS


def test_the_clock_would_notice_work_for_known_addresses_alone(
    client: Client, anna: Registration, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = lost_links.ask

    def telling(*, address: str, client: str) -> Any:
        if Registration.objects.filter(email=address).exists():
            time.sleep(0.02)
        return honest(address=address, client=client)

    monkeypatch.setattr(lost_links, "ask", telling)
    with pytest.raises(AssertionError):
        test_known_and_unknown_addresses_take_the_same_time(client, anna)


@pytest.mark.django_db
def test_every_dead_end_leads_here(client: Client, anna: Registration) -> None:
    submission = pipeline.sign_up(
        campaign_id=anna.campaign_id, form_token="u", entry=Entry(email="boris@example.org", first_name="Boris")
    )
    for path in ("/", "/r/unknown/", f"/c/{anna.campaign.slug}/sent/{submission}/", f"/c/{anna.campaign.slug}/sent/x/"):
        assert f'href="{ASK}"' in text(client.get(path)), path


# --- on the private page ---


def home(registration: Registration) -> str:
    return f"/r/{registration.token}/"


def test_the_private_page_mails_the_link_again(client: Client, anna: Registration) -> None:
    assert f'action="{home(anna)}mail/"' in text(client.get(home(anna)))
    answer = client.post(f"{home(anna)}mail/", REMOTE_ADDR=OFFICE)
    assert (answer.status_code, answer["Location"]) == (303, f"{home(anna)}?mailed")
    assert answer["Referrer-Policy"] == "same-origin"
    page = client.get(answer["Location"])
    assert "Your link is sent to anna@example.org once more" in text(page)
    assert anna.mails.filter(kind="link").count() == 1
    client.get(answer["Location"])
    assert anna.mails.filter(kind="link").count() == 1


def test_asked_too_often_the_words_stay_and_no_mail_is_sent(client: Client, anna: Registration) -> None:
    seen = set()
    for _ in range(6):
        answer = client.post(f"{home(anna)}mail/", REMOTE_ADDR=OFFICE)
        seen.add((answer.status_code, text(client.get(answer["Location"]))))
        OutgoingEmail.objects.update(state=StepState.SETTLED)
    assert len(seen) == 1
    assert anna.mails.filter(kind="link").count() == 3


def test_without_a_link_the_page_offers_none_and_says_so(client: Client, campaign: Campaign) -> None:
    pipeline.sign_up(campaign_id=campaign.pk, form_token="t", entry=Entry(email=ANNA, first_name="Anna"))
    registration = Registration.objects.get()
    assert "mail/" not in text(client.get(home(registration)))
    answer = client.post(f"{home(registration)}mail/")
    assert "There is no link yet." in text(client.get(answer["Location"]))
    assert not registration.mails.exists()


def test_a_cancelled_person_is_promised_no_link(client: Client, anna: Registration) -> None:
    pipeline.cancel(token=anna.token)
    OutgoingEmail.objects.all().delete()
    page = text(client.get(client.post(f"{home(anna)}mail/")["Location"]))
    assert "once more" not in page
    assert "There is no link yet." not in page
    assert not OutgoingEmail.objects.exists()


def test_nobody_mails_it_from_elsewhere_or_by_reading(client: Client, anna: Registration) -> None:
    path = f"{home(anna)}mail/"
    assert client.get(path).status_code == 405
    assert client.post(path, headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert client.post("/r/unknown/mail/").status_code == 404
    assert not anna.mails.exists()
