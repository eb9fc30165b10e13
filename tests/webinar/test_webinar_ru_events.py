"""Webinar.ru: whose key it is, and what there is: which calls are made, and what their answers become."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import responses

from registrations.webinar.errors import NotFound, Unavailable
from registrations.webinar.provider import Owner, Status
from tests.webinar.samples import (
    BASE,
    CITY,
    NINE,
    query,
)


class TestOwner:
    def test_the_key_is_proved_by_one_cheap_read(self, http, webinar) -> None:
        members = [{"id": "7001", "name": "Anna", "secondName": "Li", "email": "anna@example.com", "role": "ADMIN"}]
        http.get(f"{BASE}/organization/members", json=[{**members[0], "organization": "ACME"}])
        assert webinar.owner() == Owner("Anna Li", "anna@example.com", "ACME")
        assert query(http.calls[0]) == {"role": "admin", "page": "1", "perPage": "10"}
        assert http.calls[0].request.headers["x-auth-token"] == "0123456789abcdef0123456789abcdef"

    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            ([], ""),
            ([{"id": 1, "role": "LECTURER", "name": "X"}], ""),
            ({"id": 1, "nickname": "anna"}, "anna"),
            ([{"id": 1, "role": "ADMIN", "organization": "ACME"}], "ACME"),
        ],
    )
    def test_a_list_that_says_little_still_proves_it(self, http, webinar, answer: Any, name: str) -> None:
        http.get(f"{BASE}/organization/members", json=answer)
        assert webinar.owner().name == name


SCHEDULE_EVENT = {
    "id": "51001",
    "name": "Intro",
    "status": "START",
    "access": "8",
    "rule": "FREQ=DAILY;COUNT=1",
    "description": "About",
    "startsAt": "2026-03-01T12:00:00+0300",
    "endsAt": "2026-03-01T13:00:00+0300",
    "timezoneName": "Europe/Moscow",
    "unheardOf": {"a": 1},
    "eventSessions": [
        {"id": "62001", "eventId": "51001", "name": "Part", "status": "STOP", "startsAt": "2026-03-01T12:00:00+0300"}
    ],
}


class TestEvents:
    def test_lists_are_read_in_all_states_page_by_page_until_a_short_one(self, http, webinar) -> None:
        full = [{**SCHEDULE_EVENT, "id": str(number)} for number in range(250)]
        http.get(f"{BASE}/organization/events/schedule", json=full)
        http.get(f"{BASE}/organization/events/schedule", json=[SCHEDULE_EVENT])
        found = list(webinar.events(since=NINE))
        assert len(found) == 251
        assert [query(call)["page"] for call in http.calls] == ["1", "2"]
        asked = query(http.calls[0])
        assert asked["perPage"] == "250"
        assert [asked[f"status[{index}]"] for index in range(3)] == ["ACTIVE", "START", "STOP"]
        assert asked["from"] == "2026-02-28 19:00:00", "wide enough for any zone the platform may read it in"

    def test_a_list_row_says_what_it_says_and_no_more(self, http, webinar) -> None:
        http.get(f"{BASE}/organization/events/schedule", json=[SCHEDULE_EVENT])
        (event,) = webinar.events(since=NINE)
        assert (event.event_id, event.title, event.status, event.description) == ("51001", "Intro", Status.LIVE, "About")
        assert (event.is_series, event.moderated, event.time_zone) == (False, True, "Europe/Moscow")
        assert (event.starts_at, event.extra_fields) == (NINE, None)
        (session,) = event.sessions
        assert (session.session_id, session.event_id, session.status) == ("62001", "51001", Status.FINISHED)
        assert (session.starts_at, session.moderated, session.extra_fields) == (NINE, None, None)

    def test_no_page_is_asked_for_before_the_one_before_is_used_up(self, http, webinar) -> None:
        http.get(f"{BASE}/organization/events/schedule", json=[SCHEDULE_EVENT] * 250)
        next(webinar.events(since=NINE))
        assert len(http.calls) == 1

    def test_one_odd_row_does_not_cost_the_rest(self, http, webinar) -> None:
        http.get(f"{BASE}/organization/events/schedule", json=[None, {"name": "no id"}, SCHEDULE_EVENT, "x"])
        assert [event.event_id for event in webinar.events(since=NINE)] == ["51001"]

    @pytest.mark.parametrize("answer", [{"data": []}, "text", 5, ["x", 1], [{"name": "no id"}]])
    def test_a_list_of_another_shape_is_no_list(self, http, webinar, answer: Any) -> None:
        http.get(f"{BASE}/organization/events/schedule", json=answer)
        with pytest.raises(Unavailable, match="unreadable"):
            list(webinar.events(since=NINE))

    def test_a_platform_that_repeats_a_page_does_not_hold_us_for_ever(self, http, webinar) -> None:
        http.get(f"{BASE}/organization/events/schedule", json=[SCHEDULE_EVENT] * 250)
        with pytest.raises(Unavailable, match="same_page"):
            list(webinar.events(since=NINE))

    def test_a_page_that_is_too_large_is_asked_for_in_pieces_and_nothing_is_left_out(self, http, webinar) -> None:
        def schedule(request: Any) -> tuple[int, dict[str, str], str]:
            asked = dict(parse_qsl(urlsplit(request.url).query))
            page, size = int(asked["page"]), int(asked["perPage"])
            if size > 50 and page > 1:
                return 200, {}, "[" + " " * 2_000_000 + "]"
            ids = range(330)[(page - 1) * size : page * size]
            return 200, {}, str([{"id": number} for number in ids]).replace("'", '"')

        http.add_callback(responses.GET, f"{BASE}/organization/events/schedule", schedule)
        assert [int(event.event_id) for event in webinar.events(since=NINE)] == list(range(330))


DETAIL = {
    "id": 51001,
    "name": "Intro",
    "status": "ACTIVE",
    "access": 4,
    "accessSettings": {"isModerationRequired": True},
    "startsAt": "2026-03-01T12:00:00+0300",
    "utcStartsAt": 1772355600,
    "timezoneId": 1,
    "rule": "FREQ=WEEKLY;COUNT=4",
    "additionalFields": [
        {"key": CITY, "label": "City", "type": "radio", "isRequired": False, "values": {"0": "Perm", "2": "Ufa"}},
        {"key": "a1", "label": "", "type": "text", "isRequired": True, "values": []},
        {"label": "without a key"},
    ],
    "eventSessions": [{"id": 62001, "name": "Part", "status": "ACTIVE", "startsAt": "2026-03-01T12:00:00+0300"}],
}


class TestDetails:
    def test_an_event_in_full(self, http, webinar) -> None:
        http.get(f"{BASE}/organization/events/51001", json=DETAIL)
        event = webinar.event("51001")
        assert (event.is_series, event.moderated, event.time_zone) == (True, True, "Europe/Moscow")
        city, free = event.extra_fields
        assert (city.key, city.label, city.choices, city.required) == (CITY, "City", ("Perm", "Ufa"), True)
        assert (free.key, free.label, free.choices) == ("a1", "a1", ())
        assert event.sessions[0].event_id == "51001"

    def test_a_session_in_full(self, http, webinar) -> None:
        zone = {"id": 5, "name": "Asia/Omsk", "offset": 21600}
        answer = {**DETAIL, "id": "62001", "eventId": "51001", "timezone": zone, "timezoneId": 5}
        http.get(f"{BASE}/eventsessions/62001", json=answer)
        session = webinar.session("62001")
        assert (session.session_id, session.event_id, session.time_zone) == ("62001", "51001", "Asia/Omsk")
        assert session.starts_at == NINE

    @pytest.mark.parametrize(
        ("changes", "moderated"),
        [
            ({"accessSettings": {"isModerationRequired": "1"}}, True),
            ({"accessSettings": {"isModerationRequired": 0}, "access": 8}, False),
            ({"accessSettings": [], "access": 10}, True),
            ({"accessSettings": None, "access": "4"}, False),
            ({"accessSettings": None, "access": None}, None),
        ],
    )
    def test_whether_people_have_to_be_let_in(self, http, webinar, changes: Any, moderated: bool | None) -> None:
        http.get(f"{BASE}/organization/events/51001", json={**DETAIL, **changes})
        assert webinar.event("51001").moderated is moderated

    @pytest.mark.parametrize(
        ("rule", "is_series"),
        [
            ("FREQ=DAILY;COUNT=1", False),
            ("RRULE:COUNT=1;FREQ=DAILY;", False),
            ("", False),
            (None, False),
            ("FREQ=DAILY;COUNT=10", True),
            ("FREQ=WEEKLY", True),
        ],
    )
    def test_a_series_is_any_other_rule_than_once(self, http, webinar, rule: Any, is_series: bool) -> None:
        http.get(f"{BASE}/organization/events/51001", json={**DETAIL, "rule": rule})
        assert webinar.event("51001").is_series is is_series

    @pytest.mark.parametrize(
        "changes", [{"timezoneId": 77}, {"timezoneId": None}, {"timezoneName": "Moon/Base", "timezoneId": 9}]
    )
    def test_a_zone_that_is_not_known_is_left_open(self, http, webinar, changes: Any) -> None:
        http.get(f"{BASE}/organization/events/51001", json={**DETAIL, **changes})
        assert webinar.event("51001").time_zone == ""

    def test_an_unknown_status_does_not_end_an_event(self, http, webinar) -> None:
        http.get(f"{BASE}/organization/events/51001", json={**DETAIL, "status": "PAUSED"})
        assert webinar.event("51001").status is Status.PLANNED

    def test_fields_that_the_answer_leaves_out_are_unknown_and_an_empty_list_is_none_wanted(self, http, webinar) -> None:
        http.get(f"{BASE}/organization/events/51001", json={"id": 51001, "additionalFields": []})
        http.get(f"{BASE}/organization/events/51001", json={"id": 51001, "additionalFields": None})
        assert webinar.event("51001").extra_fields == ()
        assert webinar.event("51001").extra_fields is None

    @pytest.mark.parametrize("answer", [[], "x", {"name": "no id"}, {"id": "x"}])
    def test_an_answer_of_another_shape_is_no_event(self, http, webinar, answer: Any) -> None:
        http.get(f"{BASE}/organization/events/51001", json=answer)
        with pytest.raises(Unavailable, match="unreadable"):
            webinar.event("51001")

    def test_another_object_than_the_one_asked_for_is_not_taken(self, http, webinar) -> None:
        http.get(f"{BASE}/organization/events/51001", json={**DETAIL, "id": 51002})
        http.get(f"{BASE}/eventsessions/62001", json={**DETAIL, "id": 62002})
        with pytest.raises(Unavailable, match="foreign_record"):
            webinar.event("51001")
        with pytest.raises(Unavailable, match="foreign_record"):
            webinar.session("62001")

    @pytest.mark.parametrize("bad_id", ["", "abc", "../events/1", "1/2", "-1"])
    def test_what_is_no_id_is_not_found_and_never_sent(self, http, webinar, bad_id: str) -> None:
        with pytest.raises(NotFound, match="bad_id"):
            webinar.session(bad_id)

    def test_time_zones(self, http, webinar) -> None:
        zones = [{"id": 1, "name": "Europe/Moscow"}, {"id": "5", "name": "Asia/Omsk"}, {"id": 9, "name": "Moon/Base"}]
        http.get(f"{BASE}/timezones", json=zones)
        assert webinar.time_zones() == {"1": "Europe/Moscow", "5": "Asia/Omsk"}
