"""Webinar.ru: taking people in, one by one and many at once."""

from __future__ import annotations

from typing import Any

import pytest
import responses

from registrations.webinar.errors import Uncertain
from registrations.webinar.provider import Participation, Person, Provider, Target
from tests.webinar.samples import (
    BASE,
    CITY,
    IVAN,
    LINK,
    OLGA,
    OTHER_LINK,
    SERIES,
    SESSION,
    TOKEN,
    form,
    row,
)


class TestRegister:
    @pytest.mark.parametrize(
        ("target", "path"), [(SESSION, "/eventsessions/62001/register"), (SERIES, "/events/51001/register")]
    )
    @pytest.mark.parametrize("status", [200, 201])
    def test_one_call_gives_the_personal_link(self, http, webinar, target: Target, path: str, status: int) -> None:
        http.post(BASE + path, status=status, json={"participationId": 73001, "link": LINK, "contactId": 40001})
        assert webinar.register(target, IVAN) == Participation("73001", "ivan@example.com", link=LINK)
        assert form(http.calls[0]) == {
            "email": "ivan@example.com",
            "name": "Ivan",
            "secondName": "Petrov",
            f"additionalFields[{CITY}]": "Perm",
            "isAutoEnter": "true",
            "isAccepted": "true",
            "sendEmail": "false",
        }

    def test_who_is_not_approved_is_not_let_in(self, http, webinar) -> None:
        http.post(f"{BASE}/eventsessions/62001/register", json={"participationId": 1, "link": LINK, "isAccepted": "0"})
        assert webinar.register(SESSION, OLGA).admitted is False
        assert form(http.calls[0])["isAccepted"] == "false"

    @pytest.mark.parametrize(
        ("answer", "code"),
        [
            ({"participationId": 73001}, "no_link"),
            ({"participationId": 73001, "link": ""}, "no_link"),
            ({"participationId": 73001, "link": None}, "no_link"),
            ({"participationId": 73001, "link": "https://evil.example/x"}, "bad_link"),
            ({"participationId": 73001, "link": ["x"]}, "bad_link"),
            ({"participationId": 73001, "link": LINK, "email": "olga@example.com"}, "foreign_record"),
            ({"link": LINK}, "unreadable"),
            ({"participationId": "x", "link": LINK}, "unreadable"),
            ([], "unreadable"),
            ([{"participationId": 73001, "link": LINK}], "unreadable"),
            ("ok", "unreadable"),
        ],
    )
    def test_a_success_that_does_not_give_the_link_is_no_success(self, http, webinar, answer: Any, code: str) -> None:
        http.post(f"{BASE}/eventsessions/62001/register", status=201, json=answer)
        with pytest.raises(Uncertain) as caught:
            webinar.register(SESSION, IVAN)
        assert caught.value.code == code
        assert "example.com" not in str(caught.value)

    @pytest.mark.parametrize(
        ("body", "code"), [("", "empty"), (" \n", "empty"), ("null", "unreadable"), ("<html>", "unreadable")]
    )
    def test_a_success_without_json_is_no_success(self, http, webinar, body: str, code: str) -> None:
        http.post(f"{BASE}/eventsessions/62001/register", status=201, body=body)
        with pytest.raises(Uncertain) as caught:
            webinar.register(SESSION, IVAN)
        assert caught.value.code == code

    def test_the_address_in_the_answer_is_compared_in_normal_form(self, http, webinar) -> None:
        answer = {"participationId": 1, "link": LINK, "email": " Ivan@Example.COM "}
        http.post(f"{BASE}/eventsessions/62001/register", json=answer)
        assert webinar.register(SESSION, IVAN).link == LINK

    def test_a_conflict_is_looked_up_in_the_list_and_gives_the_token(self, http, webinar) -> None:
        mine = row(73001, email=" IVAN@example.com", url=TOKEN, isAccepted="0")
        http.post(f"{BASE}/eventsessions/62001/register", status=409, json={"error": {"code": 409, "message": "Conflict"}})
        http.get(f"{BASE}/eventsessions/62001/participations", json=[row(number) for number in range(1, 501)])
        http.get(f"{BASE}/eventsessions/62001/participations", json=[row(501), mine])
        found = webinar.register(SESSION, IVAN)
        assert (found.participation_id, found.email, found.link, found.link_token) == (
            "73001",
            "ivan@example.com",
            "",
            TOKEN,
        )
        assert found.admitted is False

    def test_a_conflict_about_somebody_the_list_does_not_know_is_uncertain(self, http, webinar) -> None:
        http.post(f"{BASE}/events/51001/register", status=409)
        http.get(f"{BASE}/events/51001/participations", json=[row(1, eventSessionId=None)])
        with pytest.raises(Uncertain, match="conflict_unlisted"):
            webinar.register(SERIES, IVAN)


def taken(person: Person, number: int, link: str, **more: Any) -> dict[str, Any]:
    return {"email": person.email, "participationId": number, "link": link, **more}


class TestInvite:
    def invite(self, http: responses.RequestsMock, webinar: Provider, answer: Any) -> dict[str, str]:
        http.post(f"{BASE}/eventsessions/62001/invite", status=201, json=answer)
        return {found.email: found.link for found in webinar.invite(SESSION, [IVAN, OLGA])}

    def test_many_people_in_one_call(self, http, webinar) -> None:
        answer = [taken(OLGA, 2, OTHER_LINK, isAccepted=0), {**taken(IVAN, 1, LINK), "email": "IVAN@Example.com"}]
        http.post(f"{BASE}/events/51001/invite", json=answer)
        found = {one.email: one for one in webinar.invite(SERIES, [IVAN, OLGA])}
        assert found["ivan@example.com"] == Participation("1", "ivan@example.com", link=LINK)
        assert found["olga@example.com"] == Participation("2", "olga@example.com", link=OTHER_LINK, admitted=False)
        sent = form(http.calls[0])
        assert (sent["isAutoEnter"], sent["sendEmail"]) == ("true", "false")
        assert (sent["users[0][email]"], sent[f"users[0][additionalFields][{CITY}]"]) == ("ivan@example.com", "Perm")
        assert (sent["users[0][isAccepted]"], sent["users[1][isAccepted]"]) == ("true", "false")
        assert (sent["users[0][isAutoEnter]"], sent["users[1][secondName]"]) == ("true", "Li")

    def test_nothing_is_concluded_about_who_is_missing(self, http, webinar) -> None:
        assert self.invite(http, webinar, [taken(OLGA, 2, OTHER_LINK)]) == {"olga@example.com": OTHER_LINK}

    @pytest.mark.parametrize("answer", [[], {}])
    def test_an_empty_answer_took_nobody(self, http, webinar, answer: Any) -> None:
        assert self.invite(http, webinar, answer) == {}

    def test_a_single_object_is_its_only_element(self, http, webinar) -> None:
        assert self.invite(http, webinar, taken(IVAN, 1, LINK)) == {"ivan@example.com": LINK}

    @pytest.mark.parametrize(
        "bad",
        [
            {"email": "stranger@example.com", "participationId": 9, "link": OTHER_LINK},
            {"participationId": 9, "link": OTHER_LINK},
            taken(OLGA, 9, "https://evil.example/x"),
            taken(OLGA, 9, ""),
            {"email": "olga@example.com", "link": OTHER_LINK},
            None,
        ],
    )
    def test_a_row_that_cannot_be_trusted_is_dropped_alone(self, http, webinar, bad: Any) -> None:
        assert self.invite(http, webinar, [bad, taken(IVAN, 1, LINK)]) == {"ivan@example.com": LINK}

    @pytest.mark.parametrize(
        "rows",
        [
            [taken(IVAN, 1, LINK), taken(OLGA, 2, LINK)],
            [taken(IVAN, 1, LINK), taken(OLGA, 1, OTHER_LINK)],
            [taken(IVAN, 1, LINK), taken(IVAN, 2, OTHER_LINK)],
        ],
    )
    def test_nobody_gets_a_record_that_two_rows_claim(self, http, webinar, rows: Any) -> None:
        assert self.invite(http, webinar, rows) == {}

    def test_the_same_row_twice_is_one(self, http, webinar) -> None:
        assert self.invite(http, webinar, [taken(IVAN, 1, LINK)] * 2) == {"ivan@example.com": LINK}

    @pytest.mark.parametrize("answer", ["ok", 5, False, {"data": []}])
    def test_an_answer_of_another_shape_is_uncertain(self, http, webinar, answer: Any) -> None:
        with pytest.raises(Uncertain, match="unreadable"):
            self.invite(http, webinar, answer)

    def test_nobody_costs_no_call_and_a_crowd_is_a_mistake_of_ours(self, http, webinar) -> None:
        assert webinar.invite(SESSION, []) == ()
        with pytest.raises(ValueError, match="50"):
            webinar.invite(SESSION, [IVAN] * 51)
