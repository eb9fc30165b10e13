"""What is coming, for programs: calendar and RSS, and what a campaign's page tells search engines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from xml.etree import ElementTree

import pytest
from django.db import OperationalError
from django.test import Client
from icalendar import Calendar

from registrations.models import Campaign, EventStatus
from tests.mailing.reading import read_calendar

Maker = Callable[..., Campaign]

HOSTILE = "</script><script>alert(1)</script> ]]> &amp; <!-- \u2028 \x0b\uffff\r\nBEGIN:VEVENT\r\nURL:https://evil.example"


def calendar_of(client: Client) -> bytes:
    response = client.get("/calendar.ics")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    return response.content


def items_of(client: Client) -> list[ElementTree.Element]:
    response = client.get("/feed.rss")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/rss+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)
    assert (root.tag, root.attrib["version"]) == ("rss", "2.0")
    for required in ("title", "link", "description"):
        assert root.findtext(f"channel/{required}")
    return root.findall("channel/item")


def data_of(client: Client, campaign: Campaign) -> dict[str, Any]:
    page = client.get(f"/c/{campaign.slug}/").content.decode()
    [text] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return json.loads(text)


# --- calendar ---


def test_every_coming_meeting_is_an_entry(client: Client, make_campaign: Maker) -> None:
    single, series = make_campaign(), make_campaign(sessions=3)
    content = calendar_of(client)
    ours, theirs = read_calendar(content), Calendar.from_ical(content).walk("VEVENT")
    assert len(ours.entries) == len(theirs) == 4
    assert ours.properties["METHOD"] == "PUBLISH"
    [entry] = [entry for entry in ours.entries if entry.text("SUMMARY") == single.title]
    assert entry.start == single.session.starts_at
    assert entry.end == single.session.ends_at
    assert entry.text("URL") == f"http://testserver/c/{single.slug}/"
    assert {entry.text("SUMMARY") for entry in ours.entries} >= {f"{series.title}: Part {number}" for number in (1, 2, 3)}


def test_an_entry_keeps_its_identity_and_its_revision_rises(client: Client, make_campaign: Maker) -> None:
    session = make_campaign().session
    [before] = read_calendar(calendar_of(client)).entries
    session.schedule_version += 1
    session.save()
    [after] = read_calendar(calendar_of(client)).entries
    assert before.text("UID") == after.text("UID")
    assert int(after.text("SEQUENCE")) == int(before.text("SEQUENCE")) + 1


def test_nobody_and_nothing_hidden_is_in_a_feed(client: Client, make_campaign: Maker) -> None:
    make_campaign(listed=False), make_campaign(published=False), make_campaign(over=True)
    make_campaign(status=EventStatus.CANCELLED)
    assert read_calendar(calendar_of(client)).entries == []
    assert items_of(client) == []


def test_what_is_closed_stays_in_the_calendars_of_those_who_subscribed(client: Client, make_campaign: Maker) -> None:
    make_campaign(closes_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert len(read_calendar(calendar_of(client)).entries) == 1


# --- RSS ---


def test_an_item_tells_what_when_and_where(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(description="<p>For <b>engineers</b></p><script>alert(1)</script>")
    [item] = items_of(client)
    address = f"http://testserver/c/{campaign.slug}/"
    assert item.findtext("title") == campaign.title
    assert item.findtext("link") == item.findtext("guid") == address
    words = item.findtext("description") or ""
    assert "19:00–20:30 (Moscow, UTC+3)" in words
    assert "<b>engineers</b>" in words
    assert "<script" not in words
    assert parsedate_to_datetime(item.findtext("pubDate") or "") == campaign.created_at.replace(microsecond=0)


def test_the_newest_is_first(client: Client, make_campaign: Maker) -> None:
    old, new = make_campaign(), make_campaign()
    assert [item.findtext("title") for item in items_of(client)] == [new.title, old.title]


def test_the_front_page_names_both(client: Client, make_campaign: Maker) -> None:
    page = client.get("/").content.decode()
    assert re.search(r'<link rel="alternate" type="application/rss\+xml"[^>]* href="/feed.rss">', page)
    assert re.search(r'<link rel="alternate" type="text/calendar"[^>]* href="/calendar.ics">', page)


# --- a campaign's page ---


def test_search_engines_read_an_event(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(description="<p>For engineers &amp; others.</p><p>Free.</p>")
    data = data_of(client, campaign)
    assert (data["@context"], data["@type"], data["name"]) == ("https://schema.org", "Event", campaign.title)
    assert datetime.fromisoformat(data["startDate"]) == campaign.session.starts_at
    assert data["startDate"].endswith("T19:00:00+03:00")
    assert data["location"] == {"@type": "VirtualLocation", "url": f"http://testserver/c/{campaign.slug}/"}
    assert data["organizer"]["name"] == "North School"
    assert data["description"] == "For engineers & others. Free."


def test_a_series_is_read_with_its_parts(client: Client, make_campaign: Maker) -> None:
    data = data_of(client, make_campaign(sessions=3))
    assert data["@type"] == "EventSeries"
    assert [part["name"] for part in data["subEvent"]] == ["Part 1", "Part 2", "Part 3"]
    assert data["startDate"] == data["subEvent"][0]["startDate"]
    assert data["endDate"] == data["subEvent"][2]["endDate"]


def test_messengers_read_title_words_and_address(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(description="<p>For engineers.</p>", language="ru")
    page = client.get(f"/c/{campaign.slug}/?utm_source=x").content.decode()
    assert f'<link rel="canonical" href="http://testserver/c/{campaign.slug}/">' in page
    assert f'<meta property="og:title" content="{campaign.title}">' in page
    assert '<meta name="description" content="For engineers.">' in page


def test_what_only_its_address_opens_is_kept_from_search_engines(client: Client, make_campaign: Maker) -> None:
    page = client.get(f"/c/{make_campaign(listed=False).slug}/").content.decode()
    assert '<meta name="robots" content="noindex">' in page
    assert "ld+json" not in page


# --- all of them ---


def test_a_hostile_title_stays_text_everywhere(client: Client, make_campaign: Maker) -> None:
    campaign = make_campaign(title=HOSTILE, organizer=HOSTILE, description=HOSTILE)
    [entry] = read_calendar(calendar_of(client)).entries
    assert entry.text("URL") == f"http://testserver/c/{campaign.slug}/"
    assert entry.text("SUMMARY").startswith("</script>")
    assert Calendar.from_ical(calendar_of(client)).walk("VEVENT")[0]["URL"] == entry.text("URL")
    [item] = items_of(client)
    assert (item.findtext("title") or "").startswith("</script><script>alert(1)</script> ]]> &amp; <!--")
    assert "<script" not in (item.findtext("description") or "")
    page = client.get(f"/c/{campaign.slug}/").content.decode()
    assert "<script>alert" not in page
    assert page.count("</script>") == page.count("<script")
    assert data_of(client, campaign)["name"] == HOSTILE


@pytest.mark.parametrize("path", ["/calendar.ics", "/feed.rss"])
def test_a_feed_is_the_same_for_everybody_and_may_be_kept(client: Client, make_campaign: Maker, path: str) -> None:
    make_campaign()
    russian, english = (client.get(path, headers={"Accept-Language": language}) for language in ("ru", "en"))
    without_time = re.compile(rb"DTSTAMP:\w+|<lastBuildDate>[^<]+")
    assert without_time.sub(b"", russian.content) == without_time.sub(b"", english.content)
    assert russian["Cache-Control"] == "public, max-age=300"
    assert not russian.cookies


@pytest.mark.parametrize("path", ["/calendar.ics", "/feed.rss"])
def test_an_outage_is_said(client: Client, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    def fail(**_: Any) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("registrations.views.feeds.upcoming", fail)
    assert client.get(path).status_code == 503
