"""Webinar.ru: who is in, who may enter, who goes, and what holds for every call."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
import responses

from registrations.webinar.errors import Misconfigured, NotFound, Uncertain
from registrations.webinar.provider import Credentials, Participation, Target
from registrations.webinar.providers.webinar_ru import WebinarRu, unconfirmed
from registrations.webinar.registry import PROVIDERS, provider_choices
from tests.webinar.samples import (
    BASE,
    LINK,
    NINE,
    OTHER,
    OTHER_LINK,
    SERIES,
    SESSION,
    TOKEN,
    form,
    query,
    row,
)


class TestParticipations:
    def test_everybody_is_listed_page_by_page(self, http, webinar) -> None:
        http.get(f"{BASE}/eventsessions/62001/participations", json=[row(number) for number in range(1, 501)])
        http.get(f"{BASE}/eventsessions/62001/participations", json=[row(501)])
        assert [int(one.participation_id) for one in webinar.participations(SESSION)] == list(range(1, 502))
        assert [query(call) for call in http.calls] == [{"page": str(page), "perPage": "500"} for page in (1, 2)]

    def test_a_row_in_full(self, http, webinar) -> None:
        written = row(
            73001, email=" Ivan@Example.com", url=TOKEN, registerDate="2026-03-01T12:00:00+0300", visited="1", isAccepted=""
        )
        http.get(f"{BASE}/eventsessions/62001/participations", json=[written])
        assert list(webinar.participations(SESSION)) == [
            Participation("73001", "ivan@example.com", link_token=TOKEN, admitted=False, registered_at=NINE, visited=True)
        ]

    def test_a_whole_link_in_place_of_the_token_is_checked_like_any(self, http, webinar) -> None:
        rows = [row(1, url=LINK), row(2, url="https://evil.example/" + TOKEN), row(3, url="odd")]
        http.get(f"{BASE}/eventsessions/62001/participations", json=rows)
        assert [(one.link, one.link_token) for one in webinar.participations(SESSION)] == [(LINK, ""), ("", ""), ("", "")]

    @pytest.mark.parametrize(
        ("target", "rows", "listed"),
        [
            (SESSION, [row(1, eventSessionId=None), row(2, eventSessionId="62002"), row(3, eventSessionId="62001")], ["3"]),
            (SERIES, [row(1, eventSessionId=None), row(2, eventSessionId=62002)], ["1"]),
            (SESSION, [row(1, eventId=51002), row(2, eventId=None), {"id": 3}], ["2", "3"]),
            (SESSION, [row(1, registerStatus="DELETED"), row(2, registerStatus="WONDERED")], ["2"]),
        ],
    )
    def test_rows_of_other_targets_and_deleted_ones_are_left_out(
        self, http, webinar, target: Target, rows: Any, listed: list[str]
    ) -> None:
        http.get(f"{BASE}/{'eventsessions/62001' if target is SESSION else 'events/51001'}/participations", json=rows)
        assert [one.participation_id for one in webinar.participations(target)] == listed


class TestModerateAndDelete:
    def test_letting_people_in(self, http, webinar) -> None:
        http.put(f"{BASE}/events/51001/moderate", json={"count": 2})
        assert webinar.moderate(SESSION, ["1", "2"], admit=True) == 2
        assert form(http.calls[0]) == {"participationIds[0]": "1", "participationIds[1]": "2", "isAccepted": "true"}

    def test_refusing_them(self, http, webinar) -> None:
        http.put(f"{BASE}/events/51001/moderate", json={"count": "1"})
        assert webinar.moderate(SERIES, ["1"], admit=False) == 1
        assert form(http.calls[0])["isAccepted"] == "false"

    def test_deleting(self, http, webinar) -> None:
        http.post(f"{BASE}/participations/delete", json={"count": 1})
        assert webinar.delete(["1", "2"]) == 1
        assert form(http.calls[0]) == {"participationIds[0]": "1", "participationIds[1]": "2"}

    @pytest.mark.parametrize(("status", "body"), [(204, ""), (200, ""), (200, "{}"), (200, "[]"), (200, '{"count": null}')])
    def test_a_success_that_counts_nothing_did_what_was_asked(self, http, webinar, status: int, body: str) -> None:
        http.post(f"{BASE}/participations/delete", status=status, body=body)
        assert webinar.delete(["1", "2"]) == 2

    @pytest.mark.parametrize("body", ["<html>", '"ok"', "[1]"])
    def test_a_success_that_is_no_answer_of_the_platform_is_uncertain(self, http, webinar, body: str) -> None:
        http.post(f"{BASE}/participations/delete", body=body)
        with pytest.raises(Uncertain, match="unreadable"):
            webinar.delete(["1"])

    def test_nobody_costs_no_call(self, http, webinar) -> None:
        assert webinar.delete([]) == webinar.moderate(SESSION, [], admit=True) == 0

    def test_many_ids_go_in_several_calls(self, http, webinar) -> None:
        http.post(f"{BASE}/participations/delete", json={})
        ids = [str(number) for number in range(unconfirmed.IDS_PER_CALL + 1)]
        assert webinar.delete(ids) == len(ids)
        assert [len(form(call)) for call in http.calls] == [unconfirmed.IDS_PER_CALL, 1]

    def test_a_platform_that_refuses_all_for_one_unknown_id_still_deletes_the_rest(self, http, webinar) -> None:
        def delete(request: Any) -> tuple[int, dict[str, str], str]:
            ids = dict(parse_qsl(request.body)).values()
            return (404, {}, '{"error": {"message": "Not Found"}}') if "3" in ids else (200, {}, f'{{"count": {len(ids)}}}')

        http.add_callback(responses.POST, f"{BASE}/participations/delete", delete)
        assert webinar.delete(["1", "2", "3", "4", "5"]) == 4

    def test_moderation_of_a_missing_event_is_not_found_and_of_a_missing_person_counts_nobody(self, http, webinar) -> None:
        http.put(f"{BASE}/events/51001/moderate", status=404)
        event = http.get(f"{BASE}/organization/events/51001", status=404)
        with pytest.raises(NotFound):
            webinar.moderate(SESSION, ["1"], admit=True)
        http.replace(event.method, event.url, json={"id": 51001})
        assert webinar.moderate(SESSION, ["1"], admit=True) == 0


def test_every_call_asks_for_its_slot_first(http) -> None:
    asked: list[int] = []
    webinar = WebinarRu(Credentials(BASE, "key"), before_call=lambda: asked.append(len(http.calls)))
    http.get(f"{BASE}/eventsessions/62001/participations", json=[row(number) for number in range(1, 501)])
    http.get(f"{BASE}/eventsessions/62001/participations", json=[])
    list(webinar.participations(SESSION))
    assert asked == [0, 1]


def test_link_from_keeps_to_trusted_hosts(webinar) -> None:
    assert webinar.link_from(LINK, OTHER) == OTHER_LINK
    with pytest.raises(Uncertain):
        webinar.link_from("https://evil.example/" + TOKEN, OTHER)


def test_the_platform_is_registered_with_its_limits() -> None:
    assert PROVIDERS["webinar_ru"] is WebinarRu
    assert ("webinar_ru", "Webinar.ru / MTS Link") in provider_choices()
    limits = WebinarRu.capabilities
    assert (limits.calls_per_second, limits.bulk_limit, limits.unique_by_email) == (2.0, 50, True)


def test_a_key_pasted_with_blanks_around_it_works_and_a_broken_one_stops_the_account(http) -> None:
    http.get(f"{BASE}/timezones", json=[])
    WebinarRu(Credentials(BASE, " abc\n")).time_zones()
    assert http.calls[0].request.headers["x-auth-token"] == "abc"
    with pytest.raises(Misconfigured, match="bad_api_key"):
        WebinarRu(Credentials(BASE, "")).time_zones()
