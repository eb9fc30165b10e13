"""Covers on the pages: quick, described, told to messengers, and served as nothing but pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registrations.models import Campaign
from registrations.services import covers
from registrations.services.covers import Prepared
from tests.pictures import picture
from tests.views.attendee import address, text

Maker = Callable[..., Campaign]


@pytest.fixture
def cover(settings: LazySettings, tmp_path: Path) -> Prepared:
    settings.MEDIA_ROOT = tmp_path / "media"
    content = picture("JPEG")
    made = covers.prepare(BytesIO(content), size=len(content))
    covers.keep(made)
    return made


@pytest.fixture
def campaign(make_campaign: Maker, cover: Prepared) -> Campaign:
    return make_campaign(cover=cover.digest, cover_width=cover.width, cover_alt='A "bridge" & a <river>')


def test_each_file_is_served_as_a_picture_that_may_be_kept_for_good(client: Client, cover: Prepared) -> None:
    for name, content in cover.files.items():
        response = client.get(f"/covers/{name}")
        assert response.status_code == 200
        assert b"".join(response) == content  # type: ignore[arg-type]
        assert response["Content-Type"] == ("image/jpeg" if name.endswith("jpg") else "image/webp")
        assert response["Content-Length"] == str(len(content))
        assert response["Content-Disposition"] == f'inline; filename="{name}"'
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "img-src 'self'" in response["Content-Security-Policy"]
        assert not response.cookies


@pytest.mark.django_db
def test_a_file_costs_the_database_nothing(client: Client, cover: Prepared) -> None:
    with CaptureQueriesContext(connection) as seen:
        client.get(f"/covers/{next(iter(cover.files))}")
    assert len(seen) == 0


@pytest.mark.parametrize(
    "name",
    [
        "",
        "0" * 32 + "-640.webp",
        "../secret_key",
        "..%2Fsecret_key",
        "%2e%2e/%2e%2e/secret_key",
        "..%5csecret_key",
        "/etc/passwd",
        "%2Fetc%2Fpasswd",
        "0" * 32 + "-640.webp/../../secret_key",
        "0" * 32 + "-640.svg",
        "0" * 32 + "-999.webp",
        "0" * 32 + "-640.webp%00.html",
        "0" * 32 + "-640.webp%0a",
        "A" * 32 + "-640.webp",
    ],
)
def test_nothing_else_is_served(client: Client, cover: Prepared, settings: LazySettings, name: str) -> None:
    (Path(settings.MEDIA_ROOT).parent / "secret_key").write_text("secret")
    (Path(settings.MEDIA_ROOT) / "secret_key").write_text("secret")
    response = client.get(f"/covers/{name}")
    assert response.status_code == 404
    assert b"secret" not in response.content.replace(b"/secret_key", b"")


def test_only_reading_is_possible(client: Client, cover: Prepared) -> None:
    name = next(iter(cover.files))
    assert client.post(f"/covers/{name}").status_code == 405
    assert client.head(f"/covers/{name}")["Content-Length"] == str(len(cover.files[name]))


def test_the_page_shows_it_in_the_width_that_is_needed_and_keeps_its_room(client: Client, campaign: Campaign) -> None:
    page = text(client.get(address(campaign)))
    [shown] = re.findall(r'<img class="cover"[^>]*>', page)
    assert 'alt="A &quot;bridge&quot; &amp; a &lt;river&gt;"' in shown
    assert 'width="640" height="360"' in shown
    for width in (320, 640, 1280):
        assert f"/covers/{campaign.cover}-{width}.webp {width}w" in shown
    assert page.index(shown) < page.index("<h1>")


def test_one_that_only_decorates_says_nothing(client: Client, make_campaign: Maker, cover: Prepared) -> None:
    campaign = make_campaign(cover=cover.digest, cover_width=1280, cover_alt="Left over", cover_decorates=True)
    page = text(client.get(address(campaign)))
    assert 'alt=""' in page
    assert "Left over" not in page


def test_the_frame_does_without(client: Client, campaign: Campaign) -> None:
    assert "/covers/" not in text(client.get(f"{address(campaign)}embed/"))


def test_messengers_and_search_engines_are_told_an_address_for_everyone(client: Client, campaign: Campaign) -> None:
    page = text(client.get(address(campaign)))
    told = dict(re.findall(r'<meta (?:property|name)="((?:og:image|twitter)[^"]*)" content="([^"]*)">', page))
    image = f"http://testserver/covers/{campaign.cover}-1280.jpg"
    assert told == {
        "og:image": image,
        "og:image:type": "image/jpeg",
        "og:image:width": "1280",
        "og:image:height": "720",
        "og:image:alt": "A &quot;bridge&quot; &amp; a &lt;river&gt;",
        "twitter:card": "summary_large_image",
    }
    [data] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
    assert json.loads(data)["image"] == [image]


def test_the_list_shows_it_small_and_late_and_says_nothing_twice(client: Client, campaign: Campaign) -> None:
    [shown] = re.findall(r'<img class="cover"[^>]*>', text(client.get("/")))
    assert 'alt=""' in shown
    assert 'loading="lazy"' in shown
    assert 'width="320" height="180"' in shown


def test_without_a_cover_nothing_is_said_of_one(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign()
    for page in (text(client.get(address(campaign))), text(client.get("/"))):
        assert "cover" not in page
        assert "og:image" not in page
