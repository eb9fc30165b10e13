"""Where somebody came from: kept as told, scrubbed, and of no consequence."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from registrations import pipeline
from registrations.models import Campaign, Registration, Submission
from registrations.services.attribution import (
    MAX_ADDRESS,
    MAX_KEYS,
    MAX_VALUE,
    Attribution,
    attribution,
    bare_address,
    known_parts,
)
from registrations.services.signup import Entry
from tests.views.attendee import ANNA, address, text

OURS = "http://testserver"


def hidden(html: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', html)
    return {name: unescape(value) for name, value in fields}


def visit_and_post(client: Client, campaign: Campaign, query: str = "", referrer: str = "", **typed: str) -> Any:
    """Look at the hosted page as one who followed a link, and post what its form then has."""
    headers = {"Referer": referrer} if referrer else {}
    fields = hidden(text(client.get(address(campaign) + query, headers=headers)))
    return client.post(address(campaign), {**fields, **ANNA, **typed})


def test_a_visitor_without_script_is_followed_from_the_link_to_the_form(client: Client, campaign: Campaign) -> None:
    response = visit_and_post(
        client, campaign, "?utm_source=vk&utm_campaign=осень&yclid=17&other=1", "https://blog.example/post/?private=1#part"
    )
    assert response.status_code == 303
    told = {
        "door": "hosted",
        "page": f"{OURS}/c/{campaign.slug}/",
        "referrer": "https://blog.example/post/",
        "utm_source": "vk",
        "utm_campaign": "осень",
        "yclid": "17",
    }
    assert Submission.objects.get().attribution == told
    assert Registration.objects.get().attribution == told


def test_what_led_here_survives_mistakes_in_the_form(client: Client, campaign: Campaign) -> None:
    refused = visit_and_post(client, campaign, "?utm_source=vk&gclid=abc", "https://blog.example/", email="anna")
    assert refused.status_code == 422
    fields = hidden(text(refused))
    # The second post comes from our own page, which is no news.
    client.post(address(campaign), {**fields, **ANNA}, headers={"Referer": f"{OURS}/c/{campaign.slug}/"})
    kept = Submission.objects.get().attribution
    assert (kept["utm_source"], kept["gclid"], kept["referrer"]) == ("vk", "abc", "https://blog.example/")


def test_a_form_that_nothing_is_known_of_says_so(client: Client, campaign: Campaign) -> None:
    visit_and_post(client, campaign)
    assert Submission.objects.get().attribution == {"door": "hosted", "page": f"{OURS}/c/{campaign.slug}/"}


def test_the_first_touch_counts_and_every_form_keeps_its_own(client: Client, campaign: Campaign) -> None:
    visit_and_post(client, campaign, "?utm_source=first")
    visit_and_post(client, campaign, "?utm_source=second")
    assert Registration.objects.get().attribution["utm_source"] == "first"
    assert [form.attribution["utm_source"] for form in Submission.objects.order_by("pk")] == ["first", "second"]


def test_whoever_comes_back_after_a_cancel_keeps_the_first_touch(client: Client, campaign: Campaign) -> None:
    visit_and_post(client, campaign, "?utm_source=first")
    pipeline.cancel(token=Registration.objects.get().token)
    visit_and_post(client, campaign, "?utm_source=second", first_name="Anya")
    registration = Registration.objects.get()
    assert (registration.first_name, registration.attribution["utm_source"]) == ("Anya", "first")


def test_the_same_form_from_somewhere_else_is_still_a_repeat(campaign: Campaign) -> None:
    entry = Entry(email="anna@example.org", first_name="Anna")
    tokens = {
        pipeline.sign_up(campaign_id=campaign.pk, form_token="one", entry=entry, attribution=came)
        for came in (None, Attribution("hosted", source={"utm_source": "a"}), Attribution("embed", source={"utm_source": "b"}))
    }
    assert len(tokens) == 1
    assert Submission.objects.count() == 1


def test_bytes_that_are_no_text_in_a_link_do_not_spoil_the_form(client: Client, campaign: Campaign) -> None:
    # As some advertising systems write Cyrillic, and somebody's joke.
    response = visit_and_post(client, campaign, "?utm_campaign=%EF%F0%E8vet&utm_term=a%00b%0d%0aBcc:x")
    assert response.status_code == 303
    kept = Submission.objects.get().attribution
    assert (kept["utm_campaign"], kept["utm_term"]) == ("vet", "ab Bcc:x")


def test_a_payload_in_a_link_is_shown_as_text(client: Client, campaign: Campaign) -> None:
    page = text(client.get(f'{address(campaign)}?utm_source="><script>alert(1)</script>'))
    assert "<script>alert" not in page
    assert hidden(page)["utm_source"] == '"><script>alert(1)</script>'


def test_only_what_is_asked_for_is_kept_and_little_of_it() -> None:
    told = {f"utm_x{number}": "1" for number in range(100)} | {"q_company": "Acme", "Utm_Big": "1", "utm_source": "x" * 5000}
    kept = known_parts(told)
    assert len(kept) == MAX_KEYS
    assert kept["utm_source"] == "x" * MAX_VALUE
    assert all(name.startswith("utm_") for name in kept)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("https://a.example/b/?q=1#c", "https://a.example/b/"),
        ("https://anna:secret@a.example:8443/b", "https://a.example:8443/b"),
        ("HTTPS://A.example", "https://a.example"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("javascript:alert(1)", ""),
        ("android-app://com.vk", ""),
        ("//a.example/", ""),
        ("https://[", ""),
        ("https://a.example:99999/", ""),
        ("", ""),
    ],
)
def test_an_address_is_kept_without_its_query(written: str, kept: str) -> None:
    assert bare_address(written) == kept


@given(st.dictionaries(st.sampled_from(["utm_source", "page", "referrer", "gclid", "utm_é", "x"]), st.text(max_size=900)))
def test_whatever_is_told_is_kept_as_short_plain_lines(told: dict[str, str]) -> None:
    kept = attribution(door="form", told=told).as_json()
    assert kept.keys() <= {"door", "utm_source", "page", "referrer", "gclid"}
    for value in kept.values():
        assert 0 < len(value) <= MAX_ADDRESS
        assert not re.search(r"[\x00-\x1f\x7f\u200b\u202e\ufffd]", value)
