from __future__ import annotations

import pytest

from tests.sandbox.api import Api
from tests.sandbox.process import MadeEvent, SandboxProcess


@pytest.fixture
def made(sandbox: SandboxProcess) -> MadeEvent:
    return sandbox.make_event("Intro", moderated=True)


def register(api: Api, made: MadeEvent, email: str) -> int:
    return api.register(made.session_id, email, isAccepted=True).body["participationId"]


def accepted(api: Api, made: MadeEvent) -> dict[str, int]:
    return {row["email"]: row["isAccepted"] for row in api.get(f"/eventsessions/{made.session_id}/participations").body}


def test_a_row_has_the_documented_fields(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(extra_fields=["City"])
    key = made.fields["City"]
    link = api.register(
        made.session_id, "Ivan@example.com", name="Ivan", secondName="Petrov", additionalFields={key: "Perm"}
    ).body["link"]
    (row,) = api.get(f"/eventsessions/{made.session_id}/participations").body
    assert row.pop("registerDate")[-5:] == "+0300"
    assert row.pop("id") == sandbox.participations("ivan@example.com")[0]["id"]
    assert row.pop("userId") > 80000
    assert row == {
        "name": "Ivan",
        "secondName": "Petrov",
        "email": "Ivan@example.com",
        "avatar": {},
        "eventId": made.event_id,
        "eventSessionId": made.session_id,
        "role": "GUEST",
        "isAccepted": 1,
        "isSeen": 1,
        "agreementStatus": "AGREED",
        "registerStatus": "REGISTERED",
        "paymentStatus": "NOT_PAID",
        "isOnline": "0",
        "visited": False,
        "url": link.rsplit("/", 1)[1],
        "referrer": None,
        "additionalFieldValues": [{"key": key, "label": "City", "value": "Perm"}],
    }


def test_the_event_list_holds_whole_series_people_alone(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(sessions=2, whole_series=True)
    api.register(made.session_id, "one@example.com")
    api.post(f"/events/{made.event_id}/register", email="all@example.com")
    (row,) = api.get(f"/events/{made.event_id}/participations").body
    assert (row["email"], row["eventSessionId"]) == ("all@example.com", None)
    path = f"/eventsessions/{made.session_id}/participations"
    assert [row["email"] for row in api.get(path).body] == ["one@example.com"]
    sandbox.switches(series_people_in_sessions="listed")
    assert [row["email"] for row in api.get(path).body] == ["one@example.com", "all@example.com"]


def test_fifty_people_make_a_page(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    sandbox.switches(invite_over_limit="no_limit")
    users = [{"email": f"p{number}@example.com"} for number in range(70)]
    api.post(f"/eventsessions/{made.session_id}/invite", users=users, sendEmail=False)
    path = f"/eventsessions/{made.session_id}/participations"
    assert [len(api.get(path, page=page).body) for page in (1, 2, 3)] == [50, 20, 0]
    assert len(api.get(path, perPage=500).body) == 70
    assert len(api.get(path, perPage=60).body) == 50


def test_a_user_id_of_an_outsider_may_be_null(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    sandbox.switches(outsider_user_id="null")
    register(api, made, "ivan@example.com")
    register(api, made, "anna@example.com")
    rows = api.get(f"/eventsessions/{made.session_id}/participations").body
    assert [row["userId"] for row in rows] == [None, 7001]


def test_moderation_lets_in_and_refuses(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    people = [api.register(made.session_id, f"{name}@example.com").body["participationId"] for name in "ab"]
    path = f"/events/{made.event_id}/moderate"
    assert accepted(api, made) == {"a@example.com": 0, "b@example.com": 0}
    assert api.put(path, participationIds=people, isAccepted=True).body == {"count": 2}
    assert api.put(path, participationIds=people[:1], isAccepted=False).body == {"count": 1}
    assert accepted(api, made) == {"a@example.com": 0, "b@example.com": 1}
    assert sandbox.participations("a@example.com")[0]["state"] == "refused"


def test_moderation_is_about_its_own_event(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    person = register(api, made, "a@example.com")
    other = sandbox.make_event()
    assert api.put(f"/events/{other.event_id}/moderate", participationIds=[person], isAccepted=False).body == {"count": 0}
    assert accepted(api, made) == {"a@example.com": 1}
    assert api.put(f"/events/{made.event_id}/moderate", participationIds=[person]).status == 400
    assert api.put(f"/events/{made.event_id}/moderate", isAccepted=True).status == 400


def test_a_kicked_person_stays_out_until_moderated(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    person = register(api, made, "a@example.com")
    assert api.put("/participations/kick", participationIds=[person]).body == {"count": 1}
    assert accepted(api, made) == {"a@example.com": 0}
    assert sandbox.participations("a@example.com")[0]["state"] == "kicked"
    api.put(f"/events/{made.event_id}/moderate", participationIds=[person], isAccepted=True)
    assert accepted(api, made) == {"a@example.com": 1}


def test_a_role_can_be_changed(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    person = register(api, made, "a@example.com")
    assert api.put("/participations/update", participationIds=[person], role="LECTURER").body == {"count": 1}
    assert sandbox.participations("a@example.com")[0]["role"] == "LECTURER"
    assert api.put("/participations/update", participationIds=[person], role="KING").status == 400


def test_a_deleted_person_leaves_the_list_and_frees_the_address(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    person = register(api, made, "a@example.com")
    assert api.post("/participations/delete", participationIds=[person]).body == {"count": 1}
    assert accepted(api, made) == {}
    assert register(api, made, "a@example.com") != person
    assert [row["state"] for row in sandbox.participations("a@example.com")] == ["deleted", "accepted"]


@pytest.mark.parametrize(("switch", "visited"), [("registration", True), ("everything", False)])
def test_deletion_keeps_or_wipes_the_visit(sandbox: SandboxProcess, api: Api, switch: str, visited: bool) -> None:
    sandbox.switches(delete_scope=switch)
    made = sandbox.make_event()
    body = api.register(made.session_id, "a@example.com", isAutoEnter=True).body
    assert api.session.get(body["link"], timeout=10).status_code == 200
    api.post("/participations/delete", participationIds=[body["participationId"]])
    assert sandbox.participations("a@example.com")[0]["visited"] is visited


def test_ids_come_in_any_bracket_form(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    people = [register(api, made, f"{name}@example.com") for name in "abc"]
    path = "/participations/kick"
    assert api.call("PUT", path, data=[("participationIds[]", str(number)) for number in people]).body == {"count": 3}
    assert api.call("PUT", path, json={"participationIds": people}).body == {"count": 3}
    assert api.call("PUT", f"{path}?participationIds[5]={people[0]}").body == {"count": 1}


def test_unknown_ids_are_not_counted_or_not_found(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    person = register(api, made, "a@example.com")
    assert api.post("/participations/delete", participationIds=[1]).body == {"count": 0}
    sandbox.switches(unknown_participation="404")
    assert api.post("/participations/delete", participationIds=[1, person]).status == 404
    assert accepted(api, made) == {"a@example.com": 1}


def test_another_organisations_people_cannot_be_touched(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    person = register(api, made, "a@example.com")
    other = Api(sandbox, sandbox.set_key(organization="Other")["key"])
    assert other.post("/participations/delete", participationIds=[person]).body == {"count": 0}
    assert accepted(api, made) == {"a@example.com": 1}
