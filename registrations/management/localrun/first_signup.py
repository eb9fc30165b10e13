"""One person signs up as anybody would: reads the page, fills in the form, presses the button, finds the link in the mail."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests
from django.conf import settings

from registrations.models import Fact, Seat

_TIMEOUT_SECONDS = 90.0
_LOOK_SECONDS = 0.1

Result = TypeVar("Result")


class NotReady(Exception):
    """Something does not work; the text says what, for a person at a terminal."""


@dataclass(frozen=True, slots=True)
class FirstSignUp:
    """Seconds count from the press of the button."""

    address: str
    registered_after: float
    delivered_after: float


def sign_up(*, page_url: str, sandbox_url: str) -> FirstSignUp:
    """Sign up a new person and follow them until their personal link opens the room. Raises NotReady."""
    address = f"first.{secrets.token_hex(3)}@example.org"
    with requests.Session() as browser:
        browser.trust_env = False
        browser.headers["Connection"] = "close"  # the server closes one that is idle for as long as a form takes
        page = browser.get(page_url, timeout=_TIMEOUT_SECONDS)
        form = _FormReader(page.text)
        if page.status_code != requests.codes.ok or not form.values:
            raise NotReady(f"{page_url} shows no form (status {page.status_code}).")
        person = {"first_name": "Анна", "last_name": "Первая", "email": address}
        time.sleep(settings.FORM_MIN_SECONDS)  # as long as a person takes at least
        pressed_at = time.monotonic()
        answer = browser.post(urljoin(page_url, form.action), data={**form.values, **person}, timeout=_TIMEOUT_SECONDS)
        if answer.status_code != requests.codes.ok or "/sent/" not in answer.url:
            raise NotReady(f"The form at {page_url} was not taken (status {answer.status_code}).")
        wait_until(lambda: _is_registered(address), "the platform to register the first person")
        registered_after = time.monotonic() - pressed_at
        mails = wait_until(lambda: _mails(browser, sandbox_url, address), "the first mail in the mailbox")
        delivered_after = time.monotonic() - pressed_at
        _open_room(browser, mails[0]["links"], sandbox_url)
    return FirstSignUp(address, registered_after, delivered_after)


def wait_until(look: Callable[[], Result], what: str, *, seconds: float = _TIMEOUT_SECONDS) -> Result:
    """Look until there is something to see, and return it. Raises NotReady, naming what was waited for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(_LOOK_SECONDS)
    raise NotReady(f"Waited {seconds:.0f} seconds in vain for {what}.")


def answers(url: str) -> bool:
    """The address answers with 200."""
    with requests.Session() as browser:
        browser.trust_env = False
        try:
            return bool(browser.get(url, timeout=2).ok)
        except requests.RequestException:
            return False


def _is_registered(address: str) -> bool:
    return Seat.objects.filter(address=address, fact=Fact.IN, link_hash__isnull=False).exists()


def _mails(browser: requests.Session, sandbox_url: str, address: str) -> Any:
    url = f"{sandbox_url}/mailbox/api/messages"
    return browser.get(url, params={"to": address}, timeout=_TIMEOUT_SECONDS).json()


def _open_room(browser: requests.Session, links: list[str], sandbox_url: str) -> None:
    """The personal link is the one in the mail that leads to the platform."""
    rooms = [link for link in links if link.startswith(sandbox_url)]
    if not rooms or browser.get(rooms[0], timeout=_TIMEOUT_SECONDS).status_code != requests.codes.ok:
        raise NotReady("The first mail has no link that opens the room.")


class _FormReader(HTMLParser):
    """The first form of a page that posts: where it goes, and what a browser would send if one of each choice were picked."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action = ""
        self.values: dict[str, str] = {}
        self._inside = False
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form" and attributes.get("method", "").lower() == "post" and not self.values:
            self._inside = True
            self.action = attributes.get("action", "")
        if not self._inside:
            return
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and value:
            self.values.setdefault(self._select, value)
        elif tag == "input" and name and attributes.get("type") != "checkbox":
            self.values.setdefault(name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "form":
            self._inside = False
