"""One HTTP call to a webinar platform: bounded in time and size, never repeated, its failure named by what to do next.

What every platform over HTTP shares is here; what an answer of 200 or 4xx says in its body is the provider's to read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.exceptions import InvalidHeader, InvalidSchema, InvalidURL, MissingSchema
from urllib3.exceptions import HTTPError

from registrations.webinar.deadline import BoundedAdapter, Exchange, bounded
from registrations.webinar.errors import Misconfigured, PlatformError, Scope, Throttled, Unavailable, Uncertain
from registrations.webinar.form_encoding import Form, encode
from registrations.webinar.provider import BeforeCall
from registrations.webinar.scrub import scrub

_CHUNK = 16 * 1024
_SHORTEST_PAUSE, _LONGEST_PAUSE = 1.0, 3600.0
_SUCCESS = frozenset({200, 201, 204})
_NO_VERDICT = frozenset({408, 425})
_WIRE_ERRORS = (requests.RequestException, HTTPError, OSError)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much one call may take: seconds and bytes (of the body, unpacked)."""

    connect_seconds: float = 3.0
    total_seconds: float = 20.0
    body_bytes: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What a platform answered, where it is for the provider to judge: 200, 201, 204, or 4xx but 408, 425, 429."""

    status: int
    body: bytes = field(repr=False)

    @property
    def ok(self) -> bool:
        return self.status in _SUCCESS

    def json(self) -> Any:
        """The body as JSON. Raises ValueError when it is none (empty, HTML, cut off, or nested beyond reason)."""
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error

    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class Transport:
    """Calls under one base URL with fixed headers, over one kept connection. Used by one thread at a time.

    `before_call` is called just before each request and may raise to stop it. Values in `private` are removed from
    every error text. `wording` finds the words for people in an answer; they are scrubbed afterwards.
    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str],
        before_call: BeforeCall,
        private: Iterable[str] = (),
        wording: Callable[[Answer], str] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._base_url = base_url.strip().rstrip("/")
        self._headers = {"Accept": "application/json", "User-Agent": "regsite", **headers}
        self._before_call = before_call
        self._private = tuple(private)
        self._wording = wording or plain_text
        self._limits = limits or Limits()
        self._session = _session()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Form | None = None,
        form: Form | None = None,
        private: Iterable[str] = (),
    ) -> Answer:
        """Make one request and return its answer. Anything but GET counts as a write.

        Raises Unavailable (it had no effect: no connection, a failed read, a refusal nobody could read), Uncertain (a
        write that may have had one), Throttled (429) and Misconfigured (settings from which no request can be made).
        `private` holds this call's personal values, for the scrubbing of error texts.
        """
        self._check_settings()
        self._before_call()
        exchange = Exchange(self._limits.total_seconds)
        with bounded(exchange):
            try:
                response = self._session.request(
                    method,
                    self._base_url + path,
                    params=encode(query or {}),
                    data=encode(form or {}),
                    headers=self._headers,
                    timeout=(self._limits.connect_seconds, self._limits.total_seconds),
                    allow_redirects=False,
                    stream=True,
                )
            except (InvalidURL, InvalidSchema, MissingSchema, InvalidHeader):
                raise Misconfigured("bad_settings", scope=Scope.ACCOUNT) from None
            except _WIRE_ERRORS as error:
                raise _lost(_wire_code(error, exchange), write=method != "GET" and exchange.sent) from None
            with response:
                body, fault = self._read(response)
        return self._judge(response, body, fault, write=method != "GET", private=private)

    def scrub(self, text: str, private: Iterable[str] = ()) -> str:
        """Text that may be stored: without this account's secrets and without `private`."""
        return scrub(text, private=(*self._private, *private))

    def close(self) -> None:
        """Let go of the kept connection."""
        self._session.close()

    def _check_settings(self) -> None:
        try:
            url = urlsplit(self._base_url)
            usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
            usable = usable and "@" not in url.netloc and not url.query and not url.fragment
        except ValueError:
            usable = False
        if not usable:
            raise Misconfigured("bad_base_url", scope=Scope.ACCOUNT)
        # A key pasted with a line break or in another alphabet would fail inside the HTTP library, naming the key.
        if not all(value and value.isascii() and value.isprintable() for value in self._headers.values()):
            raise Misconfigured("bad_api_key", scope=Scope.ACCOUNT)

    def _read(self, response: requests.Response) -> tuple[bytes, str]:
        """The body, and why it could not be read (or nothing)."""
        body = bytearray()
        try:
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self._limits.body_bytes:
                    return b"", "too_large"
        except _WIRE_ERRORS as error:
            return b"", "timeout" if _is_timeout(error) else "cut_off"
        return bytes(body), ""

    def _judge(self, response: requests.Response, body: bytes, fault: str, *, write: bool, private: Iterable[str]) -> Answer:
        status = response.status_code
        answer = Answer(status, body)
        if status == 429:
            pause = retry_after(response.headers.get("Retry-After", ""), now=datetime.now(UTC))
            raise Throttled("throttled", retry_after=pause)
        if status == 401:
            return answer
        refused = 400 <= status < 500 and status not in _NO_VERDICT
        if fault:
            # A refusal had no effect even if its words got lost.
            raise Unavailable(fault) if refused else _lost(fault, write=write)
        if answer.ok or refused:
            return answer
        if 300 <= status < 400:
            raise _lost("redirect", write=write)
        raise _lost(f"http_{status}", self.scrub(self._wording(answer), private), write=write)


def plain_text(answer: Answer) -> str:
    """What a person can read of an answer that is not JSON: the title of a page, or the text. Not scrubbed."""
    text = answer.text()
    if "<" not in text:
        return text
    _, opened, rest = text.partition("<title>")
    return rest.partition("</title>")[0] if opened else ""


def retry_after(value: str, *, now: datetime) -> float:
    """Seconds to wait by a `Retry-After` header (RFC 9110, 10.2.3: seconds or a date), from a second to an hour."""
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now)
    if math.isnan(seconds):
        return _SHORTEST_PAUSE
    return min(max(seconds, _SHORTEST_PAUSE), _LONGEST_PAUSE)


def _seconds_until(value: str, now: datetime) -> float:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return _SHORTEST_PAUSE
    return (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: even with redirects off, `requests` would read a redirect's body whole and parse its address."""


def _session() -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = BoundedAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _lost(code: str, detail: str = "", *, write: bool) -> PlatformError:
    return Uncertain(code, detail) if write else Unavailable(code, detail)


def _wire_code(error: Exception, exchange: Exchange) -> str:
    if _is_timeout(error):
        return "timeout" if exchange.sent else "no_connection"
    if isinstance(error, requests.exceptions.SSLError):
        return "tls"
    return "reset" if exchange.sent else "no_connection"


def _is_timeout(error: BaseException | None) -> bool:
    """Whether a time-out lies at the bottom of what the HTTP library raised."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, requests.Timeout | TimeoutError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
