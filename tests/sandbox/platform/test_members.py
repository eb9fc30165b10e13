from __future__ import annotations

from tests.sandbox.api import Api


def test_all_employees_are_listed(api: Api) -> None:
    reply = api.get("/organization/members")
    assert reply.status == 200
    assert [row["id"] for row in reply.body] == [7001, 7002, 7003]
    assert reply.body[0] == {
        "id": 7001,
        "membershipId": 3001,
        "name": "Anna",
        "secondName": "Li",
        "patrName": "",
        "nickname": "Anna",
        "email": "anna@example.com",
        "role": "ADMIN",
        "phone": "",
        "position": "Producer",
        "organization": "ACME Demo",
        "sex": "f",
        "photo": None,
    }


def test_employees_can_be_searched(api: Api) -> None:
    assert [row["id"] for row in api.get("/organization/members", role="lecturer").body] == [7002, 7003]
    assert [row["id"] for row in api.get("/organization/members", email="BORIS@example.com").body] == [7002]
    assert [row["id"] for row in api.get("/organization/members", id=7003).body] == [7003]
    assert api.get("/organization/members", page=2, perPage=10).body == []


def test_time_zones_have_an_id_and_a_name(api: Api) -> None:
    zones = api.get("/timezones").body
    assert zones[0] == {"id": 1, "name": "Europe/Moscow", "description": "(GMT+03:00) Moscow", "offset": 10800}
    assert len({zone["id"] for zone in zones}) == len(zones) > 10
