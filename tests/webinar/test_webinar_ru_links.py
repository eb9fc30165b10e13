"""Which links may be mailed."""

from __future__ import annotations

import pytest

from registrations.webinar.errors import Uncertain
from registrations.webinar.provider import Credentials
from registrations.webinar.providers.webinar_ru.links import LinkCheck, token_in

TOKEN = "9f86d081884c7d659a2feaa0c55ad015"
OTHER = "6b86b273ff34fce19d6b804eff5a3f57"
LIVE = "https://userapi.mts-link.ru/v3"


def check(base_url: str = LIVE, *hosts: str) -> LinkCheck:
    return LinkCheck(Credentials(base_url, "key", hosts))


@pytest.mark.parametrize(
    "link",
    [
        f"https://events.webinar.ru/acme/51001/{TOKEN}",
        f"https://events.mts-link.ru/7001/51001/{TOKEN}",
        f"https://my.mts-link.ru/7001/51001/{TOKEN}",
        f"https://MY.mts-link.ru:443/7001/51001/{TOKEN}",
        f"https://acme.events.webinar.ru/acme/51001/{TOKEN}",
        f"https://events.webinar.ru/вебинар/51001/{TOKEN}?lang=ru#room",
    ],
)
def test_the_platforms_own_hosts_are_trusted(link: str) -> None:
    assert check().trusted(link) == link


@pytest.mark.parametrize(
    "link",
    [
        None,
        51001,
        {"url": "https://events.webinar.ru/a"},
        "",
        "events.webinar.ru/a",
        "//events.webinar.ru/a",
        "https://events.webinar.ru",
        "https://events.webinar.ru/",
        "http://events.webinar.ru/a",
        "https://events.webinar.ru:8443/a",
        "https://events.webinar.ru:0/a",
        "https://events.webinar.ru:x/a",
        "https://user@events.webinar.ru/a",
        "https://@events.webinar.ru/a",
        "https://events.webinar.ru@evil.example/a",
        "https://evil.example\\@events.webinar.ru/a",
        "https://events.webinar.ru.evil.example/a",
        "https://evilevents.webinar.ru/a",
        "https://events.webinar.ru./a",
        "https://webinar.ru/a",
        "https://evil.example/events.webinar.ru/a",
        "https://еvents.webinar.ru/a",  # the first letter is Cyrillic
        "https://[::1/a",
        "javascript:alert(1)//events.webinar.ru/a",
        "ftp://events.webinar.ru/a",
        " https://events.webinar.ru/a",
        "https://events.webinar.ru/a b",
        "https://events.webinar.ru/a\r\nBcc: x",
        "https://events.webinar.ru/a\u202e",
        "https://events.webinar.ru/" + "a" * 2000,
        "http://127.0.0.1:9100/a",
    ],
)
def test_anything_else_is_not(link: object) -> None:
    assert check().trusted(link) == ""


def test_hosts_named_in_the_account_replace_the_platforms_own() -> None:
    links = check("https://webinar.corp.example/v3", "Rooms.corp.example", "lab.corp.example:8443")
    assert links.trusted("https://rooms.corp.example/a")
    assert links.trusted("https://eu.rooms.corp.example/a")
    assert links.trusted("https://lab.corp.example:8443/a")
    assert not links.trusted("https://rooms.corp.example:8443/a")
    assert not links.trusted("https://lab.corp.example/a")
    assert not links.trusted("https://events.webinar.ru/a")
    assert not links.trusted("http://rooms.corp.example/a")


@pytest.mark.parametrize(
    ("link", "trusted"),
    [
        ("http://127.0.0.1:9100/room/x", True),
        ("http://127.0.0.1:9999/room/x", True),
        ("http://sandbox:9100/room/x", True),
        ("http://sandbox:9101/room/x", False),
        ("http://sandbox/room/x", False),
        ("http://evil.example:9100/room/x", False),
        ("http://user@127.0.0.1:9100/room/x", False),
        ("https://127.0.0.1:9100/room/x", True),
        ("ftp://127.0.0.1:9100/room/x", False),
        ("https://events.webinar.ru/x", False),
    ],
)
def test_a_sandbox_may_have_plain_links_on_named_hosts_and_on_its_own(link: str, trusted: bool) -> None:
    assert bool(check("http://sandbox:9100/v3", "127.0.0.1").trusted(link)) is trusted


def test_a_sandbox_without_named_hosts_links_to_itself_only() -> None:
    links = check("http://127.0.0.1:9100/v3")
    assert links.trusted("http://127.0.0.1:9100/room/x")
    assert not links.trusted("http://localhost:9100/room/x")
    assert not links.trusted("http://events.webinar.ru/x")


def test_a_link_is_put_together_from_a_neighbours_and_a_token() -> None:
    sample = f"https://events.webinar.ru/acme/51001/{OTHER}"
    assert check().from_token(sample, TOKEN) == f"https://events.webinar.ru/acme/51001/{TOKEN}"


@pytest.mark.parametrize(
    ("sample", "token"),
    [
        ("", TOKEN),
        ("https://events.webinar.ru/acme/51001", TOKEN),
        (f"https://events.webinar.ru/acme/51001/{OTHER}?x=1", TOKEN),
        (f"https://events.webinar.ru/acme/51001/{OTHER}/", TOKEN),
        (f"https://evil.example/acme/51001/{OTHER}", TOKEN),
        (f"https://events.webinar.ru/acme/51001/{OTHER}", ""),
        (f"https://events.webinar.ru/acme/51001/{OTHER}", "../" + TOKEN),
        (f"https://events.webinar.ru/acme/51001/{OTHER}", TOKEN[:31]),
    ],
)
def test_a_link_is_not_put_together_from_what_looks_otherwise(sample: str, token: str) -> None:
    with pytest.raises(Uncertain, match="link_from") as caught:
        check().from_token(sample, token)
    assert TOKEN[:8] not in str(caught.value)


def test_only_a_token_counts_as_one() -> None:
    assert token_in(TOKEN) == TOKEN
    assert token_in("https://events.webinar.ru/a") == ""
    assert token_in(TOKEN + "0") == ""
