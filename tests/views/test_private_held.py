"""The private page and the button of somebody who has to wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from registrations.models import Campaign, Enrollment, HeldFor, OutgoingEmail, Registration, Seat, TimelineEntry
from tests.views.attendee import address, post, text

Maker = Callable[..., Campaign]

WAITS: list[tuple[dict[str, Any], str]] = [
    ({"confirm_address": True}, "please confirm that anna@example.org is your address"),
    ({"approval": True}, "The organiser decides who takes part."),
    ({"places": 0, "waiting_list": True}, "you are on the waiting list"),
    ({"places": 0}, "All places were taken, so you are not registered."),
]


def sign_up(client: Client, campaign: Campaign) -> Registration:
    assert post(client, campaign).status_code == 303
    return Registration.objects.get(campaign=campaign)


def home(person: Registration) -> str:
    return f"/r/{person.token}/"


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Enrollment, Seat, OutgoingEmail, TimelineEntry)]


@pytest.mark.parametrize(("options", "words"), WAITS)
def test_the_page_says_what_one_waits_for_and_offers_no_link(
    client: Client, make_campaign: Maker, options: dict[str, Any], words: str
) -> None:
    person = sign_up(client, make_campaign(**options))
    page = text(client.get(home(person)))
    assert words in page
    assert "Registering" not in page
    assert "Calendar file" not in page
    assert "comes by mail too" not in page
    assert f'href="{home(person)}cancel/"' in page


@pytest.mark.parametrize(("options", "words"), WAITS)
def test_one_can_leave_whatever_one_waits_for(
    client: Client, make_campaign: Maker, options: dict[str, Any], words: str
) -> None:
    person = sign_up(client, make_campaign(**options))
    assert "Your form is withdrawn." in text(client.get(f"{home(person)}cancel/"))
    assert client.post(f"{home(person)}cancel/").status_code == 303
    assert "Your registration is cancelled." in text(client.get(home(person)))


@pytest.mark.parametrize("options", [{}, *(options for options, _ in WAITS)])
def test_the_sign_up_page_tells_nobody_whether_places_are_left(
    client: Client, make_campaign: Maker, options: dict[str, Any]
) -> None:
    campaign = make_campaign(**options)
    assert client.get(address(campaign)).status_code == 200
    response = post(client, campaign)
    assert response.status_code == 303
    assert Registration.objects.get(campaign=campaign).token not in response["Location"]


def test_the_page_after_the_form_promises_a_link_only_where_nobody_has_to_wait(client: Client, make_campaign: Maker) -> None:
    plain, limited = (text(client.get(post(client, made)["Location"])) for made in (make_campaign(), make_campaign(places=5)))
    assert "your personal link to" in plain
    assert "that says what comes next" in limited


# The button


def test_what_opens_the_links_of_a_mail_confirms_nothing(client: Client, make_campaign: Maker) -> None:
    person = sign_up(client, make_campaign(confirm_address=True))
    before = everything()
    for _ in range(2):
        response = client.get(f"{home(person)}confirm/")
        assert response.status_code == 200
        assert f'action="{home(person)}confirm/"' in text(response)
    assert client.head(f"{home(person)}confirm/").status_code == 200
    assert everything() == before


def test_pressing_the_button_confirms_once(client: Client, make_campaign: Maker) -> None:
    person = sign_up(client, make_campaign(confirm_address=True))
    for _ in range(2):
        response = client.post(f"{home(person)}confirm/")
        assert (response.status_code, response["Location"]) == (303, f"{home(person)}?saved=address")
    page = text(client.get(response["Location"]))
    assert "Your address is confirmed." in page
    assert "Registering" in page
    assert person.timeline.filter(code=TimelineEntry.Code.CONFIRMED).count() == 1
    assert client.get(f"{home(person)}confirm/").status_code == 303


def test_the_button_is_on_the_private_page_too(client: Client, make_campaign: Maker) -> None:
    person = sign_up(client, make_campaign(confirm_address=True))
    assert f'action="{home(person)}confirm/"' in text(client.get(home(person)))


def test_another_site_cannot_press_the_button(client: Client, make_campaign: Maker) -> None:
    person = sign_up(client, make_campaign(confirm_address=True))
    assert client.post(f"{home(person)}confirm/", headers={"Origin": "https://elsewhere.example"}).status_code == 403
    assert Enrollment.objects.get().held_for == HeldFor.CONFIRMATION


def test_the_button_of_an_event_that_is_over_says_so(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(confirm_address=True)
    person = sign_up(client, campaign)
    campaign.session.ends_at = timezone.now()
    campaign.session.save()
    response = client.post(f"{home(person)}confirm/")
    assert response.status_code == 409
    assert "hello@north.example" in text(response)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_token_that_opens_nothing_confirms_nothing(client: Client, db: None, method: str) -> None:
    assert getattr(client, method)(f"/r/{'x' * 43}/confirm/").status_code == 404


def test_whoever_found_no_place_can_ask_again(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(places=0)
    person = sign_up(client, campaign)
    assert f'action="{home(person)}return/"' in text(client.get(home(person)))
    Campaign.objects.update(places=1)
    assert client.post(f"{home(person)}return/").status_code == 303
    assert "Registering" in text(client.get(home(person)))
