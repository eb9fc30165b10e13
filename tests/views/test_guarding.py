"""Too many, too fast, or into a field that nobody sees: what a visitor is told, and that nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from registrations.models import BlockedTries, Campaign, PostCount, Submission
from registrations.services import counting, held_back
from registrations.views import form_tokens
from tests.views.attendee import ANNA, address, form_token, post, text

OFFICE = "203.0.113.9"
TYPED = {"first_name": "Anna & Co", "last_name": "O'Neil", "email": "anna@example.org"}

Maker = Callable[..., Campaign]


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows begin and end when a test says so."""
    monkeypatch.setattr("registrations.services.counting._clock", lambda: 1_800_000_060.0)


@pytest.fixture
def limit(settings: Any) -> Callable[..., None]:
    """Set limits: scope → how many posts in a window."""

    def change(**most: int) -> None:
        changed = {scope: (count, settings.POST_LIMITS[scope][1]) for scope, count in most.items()}
        settings.POST_LIMITS = {**settings.POST_LIMITS, **changed}

    return change


def send(client: Client, campaign: Campaign, *, ip: str = OFFICE, **fields: str) -> Any:
    typed = {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk), **fields}
    return client.post(address(campaign), typed, REMOTE_ADDR=ip)


def blocked() -> dict[str, int]:
    held_back.ledger.write()
    return dict(BlockedTries.objects.values_list("reason", "count"))


def test_one_too_many_from_one_place_waits_with_all_they_typed(client: Client, campaign: Campaign, limit: Any) -> None:
    limit(client=2)
    answers = [send(client, campaign, email=f"p{number}@example.org") for number in range(2)]
    held = send(client, campaign, **TYPED)
    page = text(held)

    assert [answer.status_code for answer in answers] == [303, 303]
    assert held.status_code == 429
    assert held["Retry-After"] == "541"
    assert held["Cache-Control"] == "no-store"
    assert "Please press the button again in 10 minutes" in page
    assert 'value="Anna &amp; Co"' in page
    assert 'value="O&#x27;Neil"' in page
    assert 'value="anna@example.org"' in page
    assert page.split("<title>")[1].startswith("Not sent yet: ")
    assert Submission.objects.count() == 2
    assert blocked() == {"client": 1}


def test_the_next_window_takes_the_form_that_waited(
    client: Client, campaign: Campaign, limit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(client=1)
    send(client, campaign)
    held = send(client, campaign, email="b@example.org")
    [token] = re.findall(r'name="form_token" value="([^"]+)"', text(held))
    monkeypatch.setattr("registrations.services.counting._clock", lambda: 1_800_000_060.0 + int(held["Retry-After"]))
    assert send(client, campaign, email="b@example.org", form_token=token).status_code == 303


def test_a_russian_campaign_says_it_in_russian(client: Client, make_campaign: Maker, limit: Any) -> None:
    limit(client=1)
    campaign = make_campaign(language="ru")
    send(client, campaign)
    held = send(client, campaign)
    assert held.status_code == 429
    assert held["Content-Language"] == "ru"
    assert '<html lang="ru">' in text(held)


@pytest.mark.parametrize("scope", ["client", "address", "campaign", "site"])
def test_each_limit_holds_by_itself(client: Client, campaign: Campaign, limit: Any, scope: str) -> None:
    limit(**{scope: 3})
    seen = [send(client, campaign, first_name=f"Anna {number}").status_code for number in range(5)]
    assert seen == [303, 303, 303, 429, 429]
    assert blocked() == {scope: 2}


@pytest.mark.parametrize("scope", ["client", "address", "campaign", "site"])
def test_no_number_is_no_limit(client: Client, campaign: Campaign, limit: Any, scope: str) -> None:
    limit(client=0, address=0, campaign=0, site=0)
    assert {send(client, campaign).status_code for _ in range(5)} == {303}
    assert not PostCount.objects.exists()


def test_what_differs_is_counted_apart(client: Client, make_campaign: Maker, limit: Any) -> None:
    limit(client=1, campaign=1, address=1)
    one, other = make_campaign(), make_campaign()
    assert send(client, one, ip="203.0.113.1", email="a@example.org").status_code == 303
    assert send(client, other, ip="203.0.113.2", email="b@example.org").status_code == 303
    assert send(client, one, ip="203.0.113.3", email="c@example.org").status_code == 429


def test_an_address_is_the_same_however_it_is_written(client: Client, campaign: Campaign, limit: Any) -> None:
    limit(address=1)
    send(client, campaign, ip="203.0.113.1", email="anna@example.org")
    assert send(client, campaign, ip="203.0.113.2", email=" ANNA@Example.org ").status_code == 429


def test_a_line_of_ipv6_is_one_place(client: Client, campaign: Campaign, limit: Any) -> None:
    limit(client=1)
    send(client, campaign, ip="2001:db8:1:2::1")
    assert send(client, campaign, ip="2001:db8:1:2:ffff::9").status_code == 429
    assert send(client, campaign, ip="2001:db8:1:3::1").status_code == 303
    assert send(client, campaign, ip="::ffff:203.0.113.5").status_code == 303
    assert send(client, campaign, ip="203.0.113.5").status_code == 429


def test_nobody_escapes_by_writing_other_addresses_before_their_own(
    client: Client, campaign: Campaign, limit: Any, settings: Any
) -> None:
    limit(client=1)
    settings.TRUSTED_PROXY_COUNT = 1

    def through_proxy(forwarded: str) -> int:
        typed = {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk)}
        headers = {"X-Forwarded-For": forwarded}
        return int(client.post(address(campaign), typed, headers=headers, REMOTE_ADDR="10.0.0.1").status_code)

    assert through_proxy(OFFICE) == 303
    assert [through_proxy(f"198.51.100.{number}, {OFFICE}") for number in range(3)] == [429, 429, 429]
    assert through_proxy("198.51.100.1") == 303


def test_without_a_trusted_proxy_its_word_counts_for_nothing(client: Client, campaign: Campaign, limit: Any) -> None:
    limit(client=1)
    typed = {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk)}
    seen = [
        client.post(
            address(campaign), typed, headers={"X-Forwarded-For": f"198.51.100.{number}"}, REMOTE_ADDR=OFFICE
        ).status_code
        for number in range(3)
    ]
    assert seen == [303, 429, 429]


@pytest.mark.parametrize("ip", ["127.0.0.1", "10.1.2.3", "172.17.0.1", "192.168.1.1", "::1", "fd00::1", ""])
def test_a_proxy_that_nobody_told_us_of_shuts_out_no_one(client: Client, campaign: Campaign, limit: Any, ip: str) -> None:
    limit(client=1)
    assert {send(client, campaign, ip=ip).status_code for _ in range(4)} == {303}


def test_behind_a_proxy_people_of_our_own_network_are_counted(client: Client, campaign: Campaign, limit: Any, settings: Any):
    limit(client=1)
    settings.TRUSTED_PROXY_COUNT = 1
    assert [send(client, campaign, ip="10.1.2.3").status_code for _ in range(2)] == [303, 429]


HOSTILE = ["", "x" * 100_000, "\u202eanna@example.org", "anna@", "' OR 1=1 --", "%s%s%n", "😀@😀.ru"]


@pytest.mark.parametrize("email", HOSTILE, ids=lambda email: repr(email[:12]))
def test_whatever_stands_for_an_address_is_counted_and_never_breaks(client: Client, campaign: Campaign, email: str) -> None:
    for _ in range(22):
        answer = send(client, campaign, email=email)
        assert answer.status_code in (303, 422, 429)
    assert answer.status_code == (422 if not email else 429)


def test_no_row_tells_whose_posts_it_counts(client: Client, campaign: Campaign) -> None:
    send(client, campaign)
    rows = str(list(PostCount.objects.values()))
    assert PostCount.objects.count() == 4
    assert "anna" not in rows
    assert OFFICE not in rows


def test_known_and_unknown_addresses_are_held_back_alike(client: Client, campaign: Campaign, limit: Any) -> None:
    limit(address=2)

    def answers(email: str) -> list[Any]:
        return [(got.status_code, got.get("Retry-After")) for got in [send(client, campaign, email=email) for _ in range(4)]]

    send(client, campaign, email="known@example.org")
    counting.tally.forget()
    PostCount.objects.all().delete()
    assert answers("known@example.org") == answers("unknown@example.org")


def test_while_the_database_is_away_nothing_passes_and_nothing_is_lost(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = form_token(client, campaign)

    def away(*_: Any) -> None:
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(PostCount, "add", away)
        answer = send(client, campaign, form_token=token, **TYPED)
    assert answer.status_code == 503
    assert "Your form was not saved" in text(answer)
    assert 'value="Anna &amp; Co"' in text(answer)
    assert send(client, campaign, form_token=token, **TYPED).status_code == 303


# --- what fills in a form like no person does ---


def pressed_again(client: Client, campaign: Campaign, page: str, **fields: str) -> Any:
    [token] = re.findall(r'name="form_token" value="([^"]+)"', page)
    return send(client, campaign, form_token=token, **fields)


def test_a_form_that_comes_back_in_an_instant_costs_one_more_press(client: Client, campaign: Campaign, settings: Any) -> None:
    settings.FORM_MIN_SECONDS = 2
    answer = post(client, campaign, first_name="Anna & Co")
    page = text(answer)
    assert answer.status_code == 422
    assert "Please press the button once more" in page
    assert 'value="Anna &amp; Co"' in page
    assert not Submission.objects.exists()
    assert pressed_again(client, campaign, page).status_code == 303
    assert blocked() == {"fast": 1}


def test_who_takes_their_time_presses_once(
    client: Client, campaign: Campaign, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.FORM_MIN_SECONDS = 2
    token = form_token(client, campaign)
    age = form_tokens.read(token, campaign_id=campaign.pk)
    assert age is not None
    monkeypatch.setattr(form_tokens, "_age", lambda signed: 2.0)
    assert send(client, campaign, form_token=token).status_code == 303


def test_a_stale_form_is_pressed_again_only_once(client: Client, campaign: Campaign, settings: Any) -> None:
    settings.FORM_MIN_SECONDS = 2
    stale = send(client, campaign, form_token="old")
    assert stale.status_code == 400
    assert pressed_again(client, campaign, text(stale)).status_code == 303


def test_pressing_twice_after_being_asked_is_pressing_once(client: Client, campaign: Campaign, settings: Any) -> None:
    settings.FORM_MIN_SECONDS = 2
    page = text(post(client, campaign))
    first, second = (pressed_again(client, campaign, page) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Submission.objects.count() == 1


def test_the_trap_is_on_the_page_out_of_everybodys_way(client: Client, campaign: Campaign) -> None:
    [trap] = re.findall(r'<div class="aside" aria-hidden="true">.*?</div>', text(client.get(address(campaign))))
    assert 'name="subject" value=""' in trap
    assert 'tabindex="-1"' in trap
    assert 'autocomplete="off"' in trap
    assert "Leave this field empty" in trap


def test_whoever_fills_the_trap_is_asked_once_more_on_a_page_without_it(client: Client, campaign: Campaign) -> None:
    answer = post(client, campaign, subject="Cheap pills")
    page = text(answer)
    assert answer.status_code == 422
    assert "Please press the button once more" in page
    assert 'name="subject"' not in page
    assert "Cheap pills" not in page
    assert not Submission.objects.exists()
    assert blocked() == {"trap": 1}
    assert pressed_again(client, campaign, page).status_code == 303


def test_what_gave_a_program_away_is_not_told(client: Client, campaign: Campaign, settings: Any) -> None:
    trapped = re.sub(r'name="form_token" value="[^"]+"', "", text(post(client, campaign, subject="x")))
    settings.FORM_MIN_SECONDS = 2
    fast = re.sub(r'name="form_token" value="[^"]+"', "", text(post(client, campaign)))
    assert trapped == fast


def test_a_program_that_posts_the_same_again_stays_where_it_is(client: Client, campaign: Campaign) -> None:
    typed = {**ANNA, "subject": "x", "form_token": form_token(client, campaign)}
    assert [client.post(address(campaign), typed).status_code for _ in range(3)] == [422, 422, 422]
    assert not Submission.objects.exists()


def test_an_asked_token_of_another_campaign_opens_nothing(client: Client, make_campaign: Maker) -> None:
    one, other = make_campaign(), make_campaign()
    token = form_tokens.issue(campaign_id=other.pk, asked_before=True)
    assert send(client, one, form_token=token, subject="x").status_code == 400
