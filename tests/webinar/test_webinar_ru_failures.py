"""Webinar.ru: what each refusal is called, whom it stops, and what of its words is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from registrations.webinar.errors import Misconfigured, NotFound, Rejected, Scope, Throttled, Unavailable, Uncertain
from registrations.webinar.provider import Person, Target
from registrations.webinar.providers.webinar_ru import WebinarRu

BASE = "https://userapi.mts-link.ru/v3"
KEY = "0123456789abcdef0123456789abcdef"
CITY, JOB = "57d056ed0984166336b7879c2af3657f", "a8f5f167f44f4964e6c998dee827110c"
SESSION = Target("51001", "62001")
IVAN = Person("ivan@example.com", "Иван", "Петров", {CITY: "Пермь"})
REGISTER = f"{BASE}/eventsessions/62001/register"
MEMBERS = f"{BASE}/organization/members"

Call = Callable[[WebinarRu], Any]
WRITES: dict[str, tuple[Call, str, str, Scope]] = {
    "register": (lambda w: w.register(SESSION, IVAN), "POST", REGISTER, Scope.TARGET),
    "invite": (lambda w: w.invite(SESSION, [IVAN]), "POST", f"{BASE}/eventsessions/62001/invite", Scope.TARGET),
    "moderate": (lambda w: w.moderate(SESSION, ["1"], admit=True), "PUT", f"{BASE}/events/51001/moderate", Scope.TARGET),
    "delete": (lambda w: w.delete(["1"]), "POST", f"{BASE}/participations/delete", Scope.VERB),
}
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
TARGET_READS: dict[str, tuple[Call, str, str, Scope]] = {
    "event": (lambda w: w.event("51001"), "GET", f"{BASE}/organization/events/51001", Scope.TARGET),
    "session": (lambda w: w.session("62001"), "GET", f"{BASE}/eventsessions/62001", Scope.TARGET),
    "participations": (
        lambda w: list(w.participations(SESSION)),
        "GET",
        f"{BASE}/eventsessions/62001/participations",
        Scope.TARGET,
    ),
}
ACCOUNT_READS: dict[str, tuple[Call, str, str, Scope]] = {
    "events": (lambda w: list(w.events(since=SINCE)), "GET", f"{BASE}/organization/events/schedule", Scope.VERB),
    "time_zones": (lambda w: w.time_zones(), "GET", f"{BASE}/timezones", Scope.VERB),
}
OWNER: dict[str, tuple[Call, str, str, Scope]] = {"owner": (lambda w: w.owner(), "GET", MEMBERS, Scope.ACCOUNT)}
READS = {**TARGET_READS, **ACCOUNT_READS, **OWNER}
ALL = {**WRITES, **READS}
NOT_OWNER = {name: call for name, call in ALL.items() if name != "owner"}


def each(calls: dict[str, tuple[Call, str, str, Scope]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("call", "method", "url", "scope"), calls.values(), ids=calls.keys())


def message(text: str, code: int = 400, **fields: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": text, **({"fieldErrors": fields} if fields else {})}}


@each(ALL)
def test_an_unknown_token_stops_the_account(http, webinar, call: Call, method: str, url: str, scope: Scope) -> None:
    http.add(method, url, status=401, json={"error": {"message": "A Token was not found in the TokenStorage."}})
    with pytest.raises(Misconfigured) as caught:
        call(webinar)
    assert (caught.value.code, caught.value.scope) == ("unauthorized", Scope.ACCOUNT)
    assert caught.value.detail == "A Token was not found in the TokenStorage."


@each(ALL)
def test_an_inactive_key_stops_the_account_without_another_call(
    http, webinar, call: Call, method: str, url: str, scope: Scope
) -> None:
    http.add(method, url, status=403, json=message("Invalid apiToken", 403))
    with pytest.raises(Misconfigured) as caught:
        call(webinar)
    assert (caught.value.code, caught.value.scope) == ("key_refused", Scope.ACCOUNT)
    assert len(http.calls) == 1


@each(NOT_OWNER)
def test_another_403_stops_no_more_than_it_must_while_the_key_still_reads(
    http, webinar, call: Call, method: str, url: str, scope: Scope
) -> None:
    http.add(method, url, status=403, json=message("Event owner is not submitted", 403))
    http.get(MEMBERS, json=[])
    with pytest.raises(Misconfigured) as caught:
        call(webinar)
    assert (caught.value.code, caught.value.scope) == ("forbidden", scope)
    assert caught.value.detail == "Event owner is not submitted"
    assert not isinstance(caught.value, NotFound)


@each(NOT_OWNER)
@pytest.mark.parametrize("status", [401, 403])
def test_another_403_stops_the_account_when_the_key_reads_nothing_any_more(
    http, webinar, call: Call, method: str, url: str, scope: Scope, status: int
) -> None:
    http.add(method, url, status=403, json=message("Access denied", 403))
    http.get(MEMBERS, status=status, json=message("Access denied", status))
    with pytest.raises(Misconfigured) as caught:
        call(webinar)
    assert caught.value.scope is Scope.ACCOUNT


@pytest.mark.parametrize(("status", "error"), [(429, Throttled), (500, Unavailable)])
def test_a_403_that_cannot_be_looked_into_is_left_for_later(http, webinar, status: int, error: type[Exception]) -> None:
    http.post(REGISTER, status=403, json=message("Access denied", 403))
    http.get(MEMBERS, status=status)
    with pytest.raises(error):
        webinar.register(SESSION, IVAN)


def test_a_403_for_the_proof_read_itself_stops_the_account(http, webinar) -> None:
    http.get(MEMBERS, status=403, json=message("Access denied", 403))
    with pytest.raises(Misconfigured) as caught:
        webinar.owner()
    assert caught.value.scope is Scope.ACCOUNT
    assert len(http.calls) == 1


@each({**TARGET_READS, "register": WRITES["register"], "invite": WRITES["invite"]})
@pytest.mark.parametrize("body", ['{"error":{"code":404,"message":"Not Found"}}', "", "<html><title>404</title>"])
def test_a_404_of_a_target_stops_that_target(http, webinar, call: Call, method: str, url: str, scope: Scope, body: str) -> None:
    http.add(method, url, status=404, body=body)
    with pytest.raises(NotFound) as caught:
        call(webinar)
    assert (caught.value.code, caught.value.scope) == ("not_found", Scope.TARGET)


@each(ALL)
def test_an_unknown_route_stops_the_account(http, webinar, call: Call, method: str, url: str, scope: Scope) -> None:
    http.add(method, url, status=404, json=message('No route found for "POST /userapi/x"', 404))
    with pytest.raises(Misconfigured) as caught:
        call(webinar)
    assert (caught.value.code, caught.value.scope) == ("no_route", Scope.ACCOUNT)
    assert not isinstance(caught.value, NotFound)


@each({**ACCOUNT_READS, **OWNER})
def test_a_404_that_is_about_no_target_stops_the_account(
    http, webinar, call: Call, method: str, url: str, scope: Scope
) -> None:
    http.add(method, url, status=404, json=message("Not Found", 404))
    with pytest.raises(Misconfigured) as caught:
        call(webinar)
    assert caught.value.scope is Scope.ACCOUNT
    assert not isinstance(caught.value, NotFound)


@each(ALL)
@pytest.mark.parametrize("body", [b"", b"<html><title>502 Bad Gateway</title>", b'{"error":{"message":"Oh"}}', b"\xff{"])
def test_a_server_error_leaves_a_write_uncertain(
    http, webinar, call: Call, method: str, url: str, scope: Scope, body: bytes
) -> None:
    http.add(method, url, status=502, body=body)
    with pytest.raises(Unavailable if method == "GET" else Uncertain) as caught:
        call(webinar)
    assert caught.value.code == "http_502"
    assert caught.value.detail in ("", "502 Bad Gateway", "Oh", "�{")


@each(ALL)
def test_too_many_requests_is_a_pause(http, webinar, call: Call, method: str, url: str, scope: Scope) -> None:
    body = message("I only allow 2 requests per second. Try again.", 429)
    http.add(method, url, status=429, json=body, headers={"Retry-After": "3"})
    with pytest.raises(Throttled) as caught:
        call(webinar)
    assert caught.value.retry_after == 3


@each(ALL)
def test_a_method_that_is_not_allowed_stops_that_kind_of_call(
    http, webinar, call: Call, method: str, url: str, scope: Scope
) -> None:
    http.add(method, url, status=405)
    with pytest.raises(Misconfigured) as caught:
        call(webinar)
    assert (caught.value.code, caught.value.scope) == ("http_405", Scope.VERB)


@each(READS)
def test_a_400_of_a_read_is_nobodys_data(http, webinar, call: Call, method: str, url: str, scope: Scope) -> None:
    http.add(method, url, status=400, json=message("ERROR_BAD_REQUEST"))
    with pytest.raises(Misconfigured) as caught:
        call(webinar)
    assert caught.value.scope is Scope.VERB


@each({name: call for name, call in WRITES.items() if name != "register"})
def test_a_conflict_elsewhere_is_for_a_person(http, webinar, call: Call, method: str, url: str, scope: Scope) -> None:
    http.add(method, url, status=409)
    with pytest.raises(Rejected, match="conflict"):
        call(webinar)


class TestInvalidData:
    def refused(self, http: responses.RequestsMock, webinar: WebinarRu, body: Any, person: Person = IVAN) -> Any:
        if isinstance(body, str):
            http.post(REGISTER, status=400, body=body)
        else:
            http.post(REGISTER, status=400, json=body)
        with pytest.raises((Rejected, Misconfigured)) as caught:
            webinar.register(SESSION, person)
        return caught.value

    @pytest.mark.parametrize(
        ("body", "code", "fields"),
        [
            (message("ERROR_BAD_REQUEST", email="ERROR_EMPTY"), "error_bad_request", {"email": "ERROR_EMPTY"}),
            ({"error": {"message": "ERROR_BAD_REQUEST", "fieldErrors": []}}, "error_bad_request", {}),
            (
                {"error": {"fieldErrors": {"email": ["ERROR_FORMAT", "ERROR_X"], "name": {"errors": []}}}},
                "http_400",
                {"email": "ERROR_FORMAT", "name": "ERROR"},
            ),
            ({f"additionalFields.{CITY}": {"errors": ["ERROR_LONG"]}}, "http_400", {CITY: "ERROR_LONG"}),
            ({f"additionalFields[{CITY}]": {"errors": ["ERROR_LONG"]}}, "http_400", {CITY: "ERROR_LONG"}),
            ({"additionalFields": {CITY: {"errors": ["ERROR_LONG"]}}}, "http_400", {CITY: "ERROR_LONG"}),
            (message("X", **{f"additionalFields.{CITY}": "ERROR_LONG"}), "http_400", {CITY: "ERROR_LONG"}),
            (message("Date do not matches event rule"), "date_rule", {}),
            ({"error": "json is not valid"}, "http_400", {}),
            ({"message": "no"}, "http_400", {}),
            ({"error": []}, "http_400", {}),
            ([], "http_400", {}),
            ("[[[", "http_400", {}),
            ("", "http_400", {}),
            ("<html><title>400</title></html>", "http_400", {}),
        ],
    )
    def test_every_shape_of_refusal_is_read(self, http, webinar, body: Any, code: str, fields: dict[str, str]) -> None:
        error = self.refused(http, webinar, body)
        assert isinstance(error, Rejected)
        assert (error.code, error.fields) == (code, fields)

    def test_a_blank_answer_is_for_a_person(self, http, webinar) -> None:
        person = Person("ivan@example.com", extra={CITY: " "})
        error = self.refused(http, webinar, {f"additionalFields.{CITY}": {"errors": ["ERROR_BLANK"]}}, person)
        assert isinstance(error, Rejected)
        assert error.fields == {CITY: "ERROR_BLANK"}

    def test_a_field_that_nobody_fills_stops_the_target(self, http, webinar) -> None:
        body = {f"additionalFields.{key}": {"errors": ["ERROR_BLANK"]} for key in (CITY, JOB)}
        error = self.refused(http, webinar, body)
        assert isinstance(error, Misconfigured)
        assert (error.code, error.scope, error.fields) == ("extra_field", Scope.TARGET, {JOB: "ERROR_BLANK"})

    def test_a_blank_field_without_a_name_is_one_that_nobody_fills_if_every_answer_was_sent(self, http, webinar) -> None:
        error = self.refused(http, webinar, message("ERROR_BLANK"))
        assert (error.code, error.scope) == ("extra_field", Scope.TARGET)

    def test_a_blank_field_without_a_name_is_for_a_person_if_an_answer_was_blank(self, http, webinar) -> None:
        error = self.refused(http, webinar, message("ERROR_BLANK"), Person("ivan@example.com", extra={CITY: ""}))
        assert isinstance(error, Rejected)
        assert error.code == "error_blank"

    def test_an_extra_field_refused_for_another_reason_is_for_a_person(self, http, webinar) -> None:
        error = self.refused(http, webinar, {f"additionalFields.{JOB}": {"errors": ["ERROR_LONG"]}})
        assert isinstance(error, Rejected)

    def test_the_words_that_are_kept_speak_of_nobody(self, http, webinar) -> None:
        words = f"User Иван ПЕТРОВ <ivan@example.com> из Пермь: https://events.webinar.ru/a/{KEY} {KEY}\x00\n" + "x " * 500
        body = message(words, email="ivan@example.com is taken by Петров", **{"a@b.ru": "ERROR_X"})
        error = self.refused(http, webinar, body)
        kept = f"{error} {error.detail} {error.fields}"
        for secret in ("Иван", "ПЕТРОВ", "Петров", "ivan@", "Пермь", "events.webinar.ru", KEY, "\x00", "\n", "a@b"):
            assert secret not in kept, secret
        assert len(error.detail) <= 300
        assert error.__cause__ is None
        assert error.__suppress_context__ or error.__context__ is None

    def test_a_bulk_call_that_is_refused_names_no_person(self, http, webinar) -> None:
        http.post(f"{BASE}/eventsessions/62001/invite", status=400, json=message("Иван is wrong", users="ERROR_COUNT"))
        with pytest.raises(Rejected) as caught:
            webinar.invite(SESSION, [IVAN, Person("olga@example.com")])
        assert caught.value.fields == {"users": "ERROR_COUNT"}
        assert caught.value.detail == "[…] is wrong"
