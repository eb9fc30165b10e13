"""One call on a real socket: what its answer means, and what it sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from registrations.webinar.errors import Misconfigured, Scope, Throttled, Unavailable, Uncertain
from registrations.webinar.transport import Limits, retry_after
from tests.webinar.misbehaviours import (
    KEY,
    READ,
    WRITE,
    StartWire,
    answers,
    cuts_body_short,
    is_huge,
    is_huge_unpacked,
    lies_about_packing,
    lost,
    make,
)
from tests.webinar.wire import JSON, Visit

pytestmark = pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")


class TestAnswers:
    @pytest.mark.parametrize("status", ["200 OK", "201 Created", "204 No Content"])
    def test_success(self, wire: StartWire, status: str) -> None:
        answer = make(wire(answers(status, b"" if "204" in status else b"{}")).base_url).call(WRITE, "/x")
        assert answer.ok
        assert str(answer.status) in status

    @pytest.mark.parametrize("method", [READ, WRITE])
    @pytest.mark.parametrize(
        ("behaviour", "code"),
        [
            (is_huge, "too_large"),
            (is_huge_unpacked, "too_large"),
            (cuts_body_short, "cut_off"),
            (lies_about_packing, "cut_off"),
        ],
    )
    def test_a_body_that_cannot_be_taken_in_leaves_a_write_uncertain(
        self, wire: StartWire, behaviour, code: str, method: str
    ) -> None:
        with pytest.raises(lost(method)) as caught:
            make(wire(behaviour).base_url).call(method, "/x")
        assert caught.value.code == code

    @pytest.mark.parametrize("method", [READ, WRITE])
    @pytest.mark.parametrize("status", ["202 Accepted", "302 Found", "408 Timeout", "500 Oh", "502 Bad Gateway", "599 X"])
    def test_an_answer_without_a_verdict_leaves_a_write_uncertain(self, wire: StartWire, status: str, method: str) -> None:
        with pytest.raises(lost(method)) as caught:
            make(wire(answers(status, b"<html><title>Bad</title>")).base_url).call(method, "/x")
        assert caught.value.code == ("redirect" if "302" in status else f"http_{status[:3]}")

    def test_a_redirect_is_not_followed_and_its_address_not_even_read(self, wire: StartWire) -> None:
        elsewhere = wire(answers("200 OK"))
        for location in (elsewhere.base_url, "http://[broken", "/v3/y"):
            headers = JSON + f"Location: {location}\r\n".encode()
            server = wire(answers("307 Temporary Redirect", b"{}", headers))
            with pytest.raises(Uncertain, match="redirect"):
                make(server.base_url).call(WRITE, "/x", form={"email": "ivan@example.com"})
            assert server.connections == 1
        assert elsewhere.connections == 0

    @pytest.mark.parametrize("status", [400, 403, 404, 409])
    def test_a_refusal_is_for_the_provider_to_read(self, wire: StartWire, status: int) -> None:
        answer = make(wire(answers(f"{status} No", b'{"error": {}}')).base_url).call(WRITE, "/x")
        assert (answer.status, answer.ok, answer.json()) == (status, False, {"error": {}})

    def test_a_refusal_whose_words_got_lost_had_no_effect(self, wire: StartWire) -> None:
        def refuses_and_dies(visit: Visit) -> None:
            visit.read_request()
            visit.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{")

        with pytest.raises(Unavailable, match="cut_off"):
            make(wire(refuses_and_dies).base_url).call(WRITE, "/x")

    @pytest.mark.parametrize(("header", "pause"), [(b"Retry-After: 7\r\n", 7.0), (b"", 1.0)])
    def test_too_many_requests_is_a_pause_even_if_the_body_is_lost(self, wire: StartWire, header: bytes, pause: float) -> None:
        def throttles(visit: Visit) -> None:
            visit.read_request()
            visit.send(b"HTTP/1.1 429 Too Many\r\n" + header + b"Content-Length: 100\r\n\r\n{")

        with pytest.raises(Throttled) as caught:
            make(wire(throttles).base_url).call(WRITE, "/x")
        assert caught.value.retry_after == pause

    @pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe\xfa", b"{", b"[" * 200_000, b"NaN1"])
    def test_what_is_no_json_is_a_value_error(self, wire: StartWire, body: bytes) -> None:
        server = wire(answers("200 OK", body))
        answer = make(server.base_url, Limits(body_bytes=1_000_000)).call(READ, "/x")
        with pytest.raises(ValueError):  # noqa: PT011 - the promise is the type
            answer.json()

    def test_words_that_are_kept_are_scrubbed(self, wire: StartWire) -> None:
        page = f"<html><title>Oh {KEY} for ivan@example.com, Ivan</title>".encode()
        with pytest.raises(Uncertain) as caught:
            make(wire(answers("500 Oh", page)).base_url).call(WRITE, "/x", private=["Ivan"])
        assert caught.value.detail == "Oh [token] for [address], […]"


class TestRequests:
    def test_a_form_and_a_query_are_written_in_brackets(self, wire: StartWire) -> None:
        seen: list[bytes] = []

        def note(visit: Visit) -> None:
            seen.append(visit.read_request())
            visit.answer("204 No Content", b"")

        make(wire(note).base_url + "/").call(
            "DELETE", "/x", query={"status": ["ACTIVE"], "page": 1}, form={"messageId": "5", "sendEmail": False}
        )
        head, _, body = seen[0].partition(b"\r\n\r\n")
        assert head.startswith(b"DELETE /v3/x?status%5B0%5D=ACTIVE&page=1 HTTP/1.1")
        assert b"Content-Type: application/x-www-form-urlencoded" in head
        assert b"x-auth-token: " + KEY.encode() in head
        assert body == b"messageId=5&sendEmail=false"

    def test_before_call_runs_once_per_request_and_can_stop_it(self, wire: StartWire) -> None:
        class Stop(Exception):
            pass

        calls: list[int] = []

        def gate() -> None:
            calls.append(1)
            if len(calls) == 2:
                raise Stop

        server = wire(answers("200 OK"))
        transport = make(server.base_url, before_call=gate)
        transport.call(READ, "/x")
        with pytest.raises(Stop):
            transport.call(READ, "/x")
        assert (len(calls), server.connections) == (2, 1)

    @pytest.mark.parametrize(
        ("base_url", "key"),
        [
            ("", KEY),
            ("userapi.mts-link.ru/v3", KEY),
            ("ftp://userapi.mts-link.ru/v3", KEY),
            ("https:///v3", KEY),
            ("https://host:port/v3", KEY),
            ("https://user:secret@host/v3", KEY),
            ("https://host/v3?x=1", KEY),
            ("https://host/v3", ""),
            ("https://host/v3", "abc\ndef"),
            ("https://host/v3", "ключ"),
        ],
    )
    def test_settings_from_which_no_request_can_be_made_stop_the_account(self, base_url: str, key: str) -> None:
        calls: list[int] = []
        transport = make(base_url, headers={"x-auth-token": key}, before_call=lambda: calls.append(1))
        with pytest.raises(Misconfigured) as caught:
            transport.call(WRITE, "/x")
        assert caught.value.scope is Scope.ACCOUNT
        assert calls == [], "no slot is used up"
        assert "secret" not in str(caught.value)

    def test_one_connection_is_kept_for_many_calls(self, wire: StartWire) -> None:
        server = wire(answers("200 OK", json.dumps({"ok": True}).encode()))
        transport = make(server.base_url)
        for _ in range(5):
            transport.call(WRITE, "/x", form={"a": "b"})
        transport.close()
        assert server.connections == 1


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 1),
        ("0", 1),
        ("-5", 1),
        ("nan", 1),
        ("inf", 3600),
        ("2", 2),
        ("2.5", 2.5),
        ("999999", 3600),
        ("soon", 1),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 1),
        ("Mon, 02 Mar 2026 12:00:00 GMT", 3600),
        ("Sun, 01 Mar 2026 12:00:30", 30),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date_and_kept_within_bounds(header: str, seconds: float) -> None:
    assert retry_after(header, now=NOW) == seconds
