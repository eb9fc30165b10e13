"""The form in a frame: who may hold it, how it keeps its look, and the script that puts it there."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.mailing.colours import contrast
from registrations.models import Campaign, Submission
from registrations.models.websites import MAX_WEBSITES, origin_of, origins
from registrations.views import form_tokens
from registrations.views.looks import MAX_RADIUS, MAX_SIZE, MIN_SIZE, TEXTS_BY_THEME, Look, look_of, stylesheet
from tests.site.test_headers import STRICT, policy
from tests.views.attendee import ANNA, text
from tests.views.conftest import hand_over

Maker = Callable[..., Campaign]

SITE = "https://www.north.example"
OTHER = "https://shop.north.example:8443"


@pytest.fixture
def campaign(make_campaign: Maker) -> Campaign:
    return make_campaign(websites=f"{SITE}\n{OTHER}")


def frame(campaign: Campaign) -> str:
    return f"/c/{campaign.slug}/embed/"


def typed(campaign: Campaign, **fields: str) -> dict[str, str]:
    return {**ANNA, "form_token": form_tokens.issue(campaign_id=campaign.pk), **fields}


def assert_held_by(response: HttpResponse, *websites: str) -> None:
    """The answer may be held in a frame by these websites, and is as strict as any in all else."""
    assert policy(response) == {**STRICT, "frame-ancestors": list(websites) or ["'none'"]}
    assert response.get("X-Frame-Options") == (None if websites else "DENY")
    assert not response.cookies


# Who may hold it


def test_every_page_of_the_frame_may_be_held_by_the_campaigns_websites_alone(client: Client, campaign: Campaign) -> None:
    answers = [client.get(frame(campaign)), client.post(frame(campaign), typed(campaign, email="anna"))]
    answers.append(client.post(frame(campaign), {**ANNA, "form_token": "old"}))
    sent = client.post(frame(campaign), typed(campaign))
    answers.append(client.get(sent["Location"]))
    Campaign.objects.update(closes_at=timezone.now())
    answers.append(client.get(frame(campaign)))
    assert [answer.status_code for answer in answers] == [200, 422, 400, 200, 200]
    for answer in answers:
        assert_held_by(answer, SITE, OTHER)


def test_a_campaign_without_websites_is_held_by_nobody(client: Client, make_campaign: Maker) -> None:
    assert_held_by(client.get(frame(make_campaign())))


def test_no_other_page_may_be_held_by_anybody(client: Client, campaign: Campaign) -> None:
    sent = client.post(f"/c/{campaign.slug}/", typed(campaign))
    for path in (
        f"/c/{campaign.slug}/",
        sent["Location"],
        "/",
        "/embed.js",
        "/c/unknown/embed/",
        f"/c/{campaign.slug}/embed/sent/x/",
    ):
        assert_held_by(client.get(path))


def test_what_is_no_origin_never_reaches_the_header(client: Client, make_campaign: Maker) -> None:
    lines = [
        SITE,
        "*",
        "https://*.example",
        "https://a.example; script-src *",
        "'self'",
        "https://b.example 'unsafe-inline'",
        "",
    ]
    assert_held_by(client.get(frame(make_campaign(websites="\n".join(lines)))), SITE)


# The form in it


def test_a_form_in_a_frame_is_followed_in_the_frame_with_its_look(client: Client, campaign: Campaign) -> None:
    look = "?accent=0b7a55&theme=dark&radius=0&size=18"
    page = text(client.get(frame(campaign) + look + "&utm_source=vk&page=https://www.north.example/webinar/"))
    [action] = re.findall(r'<form method="post" action="([^"]+)"', page)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    refused = client.post(action.replace("&amp;", "&"), {**fields, **ANNA, "email": "anna"})
    assert text(refused).count(action) == 1
    sent = client.post(action.replace("&amp;", "&"), {**fields, **ANNA})
    assert sent.status_code == 303
    assert sent["Location"].startswith(f"{frame(campaign)}sent/")
    progress = client.get(sent["Location"])
    assert "Check your inbox" in text(progress)
    for shown in (page, text(refused), text(progress)):
        assert "/look/0b7a55-dark-0-18.css" in shown
        assert 'class="frame"' in shown
        assert 'dark.css">' in shown
    assert f'href="{frame(campaign)}?accent=0b7a55&amp;theme=dark&amp;radius=0&amp;size=18"' in text(progress)
    assert Submission.objects.get().attribution == {
        "door": "embed",
        "page": "https://www.north.example/webinar/",
        "utm_source": "vk",
    }


def test_a_frame_written_by_hand_is_told_by_the_browser_which_page_holds_it(client: Client, campaign: Campaign) -> None:
    page = text(client.get(frame(campaign), headers={"Referer": f"{SITE}/webinar/?utm_source=mail&private=1"}))
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))
    client.post(frame(campaign), {**fields, **ANNA})
    assert Submission.objects.get().attribution == {"door": "embed", "page": f"{SITE}/webinar/", "utm_source": "mail"}


def test_the_words_of_the_page_around_are_not_said_twice(client: Client, make_campaign: Maker) -> None:
    page = text(client.get(frame(make_campaign(websites=SITE, description="<p>All about it.</p>"))))
    assert "All about it." not in page
    assert "North School</p>" not in page


def test_what_becomes_of_the_form_is_seen_in_the_frame(client: Client, campaign: Campaign) -> None:
    sent = client.post(frame(campaign), typed(campaign))
    hand_over(Submission.objects.get())
    assert "Mail handed over" in text(client.get(sent["Location"]))


def test_a_progress_page_is_found_below_its_own_campaign_alone(
    client: Client, campaign: Campaign, make_campaign: Maker
) -> None:
    sent = client.post(frame(campaign), typed(campaign))
    other = make_campaign(websites=SITE)
    assert client.get(sent["Location"].replace(f"/c/{campaign.slug}/", f"/c/{other.slug}/")).status_code == 404


def test_while_the_database_is_away_the_frame_gives_back_what_was_typed(
    client: Client, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = text(client.get(frame(campaign)))
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page))

    def away(**_: Any) -> None:
        raise OperationalError

    monkeypatch.setattr("registrations.views.taking.recent_campaign", away)
    kept = client.post(frame(campaign), {**fields, **ANNA})
    assert kept.status_code == 503
    assert 'value="anna@example.org"' in text(kept)
    assert_held_by(kept, SITE, OTHER)
    forged = client.post(frame(campaign), {**fields, **ANNA, "holders": "WyJodHRwczovL2V2aWwuZXhhbXBsZSJd:x:y"})
    assert_held_by(forged)


# Origins


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://www.example.org", "https://www.example.org"),
        (" HTTPS://WWW.Example.org:443/webinars/?a=1#b ", "https://www.example.org"),
        ("https://example.org:8443/", "https://example.org:8443"),
        ("https://пример.рф", "https://xn--e1afmkfd.xn--p1ai"),
        ("http://localhost:8001", "http://localhost:8001"),
        ("http://127.0.0.1:8001/x", "http://127.0.0.1:8001"),
        ("http://[::1]:8001", "http://[::1]:8001"),
    ],
)
def test_an_address_has_an_origin(written: str, origin: str) -> None:
    assert origin_of(written) == origin
    assert origin_of(origin) == origin


NO_ORIGINS = [
    "", "example.org", "http://www.example.org", "http://localhost.example.org", "http://10.0.0.1", "ftp://example.org",
    "https://", "https://*", "https://*.example.org", "https://a@example.org", "https://a:b@example.org", "https://a b.org",
    "https://example.org;", "https://example.org:0x1", "https://example.org:99999", "https://'none'", "https://[::1", "https://-",
    "javascript:alert(1)", "null", "https://a,https://b", "https://a\\b",
]  # fmt: skip


@pytest.mark.parametrize("written", NO_ORIGINS)
def test_what_is_no_website_has_none(written: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        origin_of(written)


@given(st.text(max_size=60) | st.text(alphabet="htps:/.*'; -[]@a1\\", max_size=40))
def test_an_origin_holds_nothing_that_a_header_reads(written: str) -> None:
    try:
        origin = origin_of(written)
    except ValueError:
        return
    assert re.fullmatch(r"https?://[a-z0-9.:\[\]-]+", origin)


def test_websites_are_counted_once_and_are_not_endless() -> None:
    lines = "\n".join([SITE, f"{SITE}/again", *(f"https://s{number}.example" for number in range(100))])
    assert len(origins(lines)) == MAX_WEBSITES


# Looks


@given(st.dictionaries(st.sampled_from(["accent", "ground", "theme", "radius", "size", "other"]), st.text(max_size=12)))
def test_nothing_but_a_look_becomes_a_look(wanted: dict[str, str]) -> None:
    look = look_of(wanted, accent="#2f5bea")
    assert re.fullmatch(r"[0-9a-f]{6}", look.accent)
    assert re.fullmatch(r"([0-9a-f]{6})?", look.ground)
    assert look.theme in ("auto", "light", "dark")
    assert 0 <= look.radius <= MAX_RADIUS
    assert MIN_SIZE <= look.size <= MAX_SIZE
    assert re.fullmatch(r"(\?[a-z0-9=&]+)?", look.query)


def test_what_cannot_be_a_look_is_left_out(client: Client, campaign: Campaign) -> None:
    page = text(client.get(f"{frame(campaign)}?accent=red&theme=blue&radius=99&size=1e1&style=x"))
    assert "/look/2f5bea-auto-10-16.css" in page
    assert f'action="{frame(campaign)}"' in page


def test_a_look_is_a_stylesheet_that_may_be_kept(client: Client) -> None:
    response = client.get("/look/ffd400-auto-4-18.css")
    assert response["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in response["Cache-Control"]
    assert "--radius: 4px" in text(response)
    assert "font-size: 18px" in text(response)
    assert "color-scheme: light dark" in text(response)
    assert "@media" not in text(client.get("/look/ffd400-dark-4-18.css"))


@pytest.mark.parametrize(
    "code", ["ffd400-auto-4", "ffd40-auto-4-18", "ffd400-auto-400-18", "ffd400-}-4-18", "FFD400-auto-4-18"]
)
def test_what_is_no_look_has_no_stylesheet(client: Client, db: None, code: str) -> None:
    assert client.get(f"/look/{code}.css").status_code == 404


colours = st.integers(0, 0xFFFFFF).map("{:06x}".format)


@settings(deadline=None)  # a busy machine is no fault
@given(ground=colours, accent=colours)
def test_words_can_be_read_on_any_ground_that_is_taken(ground: str, accent: str) -> None:
    look = look_of({"ground": ground, "accent": accent}, accent="")
    sheet = dict(
        re.findall(r"(--[a-z-]+|color-scheme): ([^;}]+?)(?=;| })", text(stylesheet(sheet_request(), **parts_of(look))))
    )
    assert look.theme in ("light", "dark")
    if look.ground:
        for colour in (*TEXTS_BY_THEME[look.theme], sheet["--accent-text"]):
            assert contrast(colour, sheet["--paper"]) >= 4.5
            assert contrast(colour, sheet["--sunken"]) >= 4.5
    else:
        assert "--paper" not in sheet


def sheet_request() -> HttpRequest:
    request = HttpRequest()
    request.method = "GET"
    return request


def parts_of(look: Look) -> dict[str, str]:
    values = {"accent": look.accent, "theme": look.theme, "radius": look.radius, "size": look.size, "ground": look.ground}
    return {name: str(value) for name, value in values.items()}


@pytest.mark.parametrize(
    ("ground", "theme", "taken"), [("fffaf0", "light", True), ("0e1a2b", "dark", True), ("808080", "light", False)]
)
def test_a_ground_says_whether_it_is_dark_and_is_taken_where_words_can_be_read(ground: str, theme: str, taken: bool) -> None:
    look = look_of({"ground": ground}, accent="")
    assert (look.theme, look.ground) == (theme, ground if taken else "")


def test_the_colours_of_words_are_those_of_the_stylesheets(settings: LazySettings) -> None:
    for theme, name in (("light", "tokens.css"), ("dark", "dark.css")):
        sheet = (settings.BASE_DIR / "static" / "registrations" / name).read_text()
        values = [re.search(rf"--{token}: (#[0-9a-f]{{6}})", sheet) for token in ("ink", "muted", "ok", "wait", "stop")]
        assert tuple(value[1] for value in values if value) == TEXTS_BY_THEME[theme]


# The script


def test_the_script_is_small_kept_for_an_hour_and_then_asked_for_by_its_mark(client: Client) -> None:
    response = client.get("/embed.js")
    assert response["Content-Type"] == "text/javascript; charset=utf-8"
    assert response["Cache-Control"] == "public, max-age=3600"
    assert len(response.content) <= 4096
    assert not response.cookies
    again = client.get("/embed.js", headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304
