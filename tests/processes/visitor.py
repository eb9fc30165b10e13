"""A visitor without a browser: reads pages, fills in forms and follows redirects; keeps no cookie."""

from __future__ import annotations

import http.client
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

TIMEOUT_SECONDS = 60.0
LOOK_SECONDS = 0.05
HANDED_OVER = "Mail handed over to the mail server"
PREPARING = "Preparing your mail"

Found = TypeVar("Found")


def wait_until(
    look: Callable[[], Found], what: str, *, seconds: float = 30.0, instead: Callable[[], object] | None = None
) -> Found:
    """Look until there is something to see, and return it.

    Raises AssertionError, naming what was waited for, and what `instead` says there is.
    """
    end = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        if time.monotonic() > end:
            there_is = f"; there is {instead()}" if instead else ""
            raise AssertionError(f"waited {seconds:.0f} s in vain for {what}{there_is}")
        time.sleep(LOOK_SECONDS)


@dataclass(frozen=True)
class Answer:
    """What a server answered, byte for byte. `seconds` is from the first byte sent to the last one read."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode()

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")


@dataclass(frozen=True)
class HtmlForm:
    """A form of a page that posts: where it goes, and what stands in its fields already."""

    action: str
    values: dict[str, str]


def get(url: str) -> Answer:
    """One GET; redirects are not followed, and no answer may set a cookie."""
    return _request("GET", url)


def post(url: str, values: Mapping[str, str]) -> Answer:
    """One POST as a browser sends a form."""
    return _request("POST", url, urlencode(values).encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def form_of(answer: Answer) -> HtmlForm:
    """The first form of a page that posts, its action as a whole address."""
    reader = _FormReader(answer.text)
    assert reader.found, f"no form at {answer.url} ({answer.status}): {answer.text[:2000]}"
    return HtmlForm(urljoin(answer.url, reader.action), reader.values)


def links_of(answer: Answer) -> list[str]:
    """Every address that the page links to, as a whole."""
    return [urljoin(answer.url, unescape(target)) for target in re.findall(r'<a [^>]*href="([^"]*)"', answer.text)]


def _request(method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    parts = urlsplit(url)
    assert parts.hostname is not None, url
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
    started = time.monotonic()
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, {"Accept-Language": "en", "Connection": "close", **(headers or {})})
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    answer = Answer(url, response.status, tuple(response.getheaders()), content, time.monotonic() - started)
    assert not answer.header("Set-Cookie"), f"{method} {url} sets a cookie"
    return answer


class _FormReader(HTMLParser):
    """Collects the fields of the first form that posts, each with the value that a browser would show or keep."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found = self._inside = False
        self.action = self._select = self._textarea = ""
        self.values: dict[str, str] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post" and not self.found:
            self.found = self._inside = True
            self.action = given.get("action", "")
        elif self._inside and tag in ("input", "textarea", "select", "option"):
            self._read_field(tag, given)

    def _read_field(self, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in given:
            self.values[self._select] = given.get("value", "")
        elif tag == "textarea":
            self._textarea, self.values[name] = name, ""
        elif tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            self.values[name] = given.get("value", "")

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.values[self._textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag in ("select", "textarea"):
            self._select = self._textarea = ""
