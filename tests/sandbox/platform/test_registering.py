from __future__ import annotations

import re

import pytest

from tests.sandbox.api import Api
from tests.sandbox.process import SandboxProcess


def states(sandbox: SandboxProcess, email: str) -> list[str]:
    return [person["state"] for person in sandbox.participations(email)]


def test_a_new_person_gets_a_participation_and_a_personal_link(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    reply = api.register(made.session_id, "ivan@example.com", name="Ivan", secondName="Petrov")
    assert reply.status == 201
    assert set(reply.body) == {"participationId", "link", "contactId"}
    assert re.fullmatch(rf"{sandbox.url}/acme/{made.event_id}/[0-9a-f]{{32}}", reply.body["link"])


def test_two_people_get_different_ids_and_links(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    first, second = (api.register(made.session_id, email).body for email in ("a@example.com", "b@example.com"))
    assert all(first[name] != second[name] for name in ("participationId", "link", "contactId"))


@pytest.mark.parametrize(("switch", "status"), [("existing", 201), ("existing_200", 200)])
def test_a_known_address_keeps_its_data_and_its_link(sandbox: SandboxProcess, api: Api, switch: str, status: int) -> None:
    sandbox.switches(register_duplicate=switch)
    made = sandbox.make_event()
    first = api.register(made.session_id, "ivan@example.com", name="Ivan")
    again = api.register(made.session_id, " IVAN@example.com ", name="Other")
    assert (again.status, again.body) == (status, first.body)
    (person,) = sandbox.participations("ivan@example.com")
    assert person["name"] == "Ivan"


def test_a_known_address_may_be_a_conflict(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.switches(register_duplicate="conflict")
    made = sandbox.make_event()
    api.register(made.session_id, "ivan@example.com")
    reply = api.register(made.session_id, "ivan@example.com")
    assert (reply.status, reply.body) == (409, {"error": {"code": 409, "message": "Conflict"}})


def test_a_known_address_may_become_a_second_participation(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.switches(register_duplicate="second")
    made = sandbox.make_event()
    first, second = (api.register(made.session_id, "ivan@example.com").body for _ in range(2))
    assert first["link"] != second["link"]
    assert len(api.get(f"/eventsessions/{made.session_id}/participations").body) == 2


def test_the_same_address_may_register_for_another_session(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(sessions=2)
    first, second = (api.register(session_id, "ivan@example.com").body for session_id in made.session_ids)
    assert first["participationId"] != second["participationId"]
    assert first["contactId"] == second["contactId"]


@pytest.mark.parametrize(
    ("email", "code"),
    [("", "ERROR_EMPTY"), ("nobody", "ERROR_INVALID"), ("a@b", "ERROR_INVALID"), ("a b@example.com", "ERROR_INVALID")],
)
def test_a_bad_address_is_a_field_error(sandbox: SandboxProcess, api: Api, email: str, code: str) -> None:
    reply = api.register(sandbox.make_event().session_id, email)
    assert reply.status == 400
    assert reply.body == {"error": {"code": 400, "message": "ERROR_BAD_REQUEST", "fieldErrors": {"email": code}}}


def test_additional_fields_left_out_are_named_by_their_path(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(extra_fields=["City", {"label": "Job", "type": "text", "isRequired": False}])
    city, job = made.fields["City"], made.fields["Job"]
    blank = {"errors": ["ERROR_BLANK"]}
    reply = api.register(made.session_id, "ivan@example.com", additionalFields={city: ""})
    assert (reply.status, reply.body) == (400, {f"additionalFields.{city}": blank, f"additionalFields.{job}": blank})
    assert api.register(made.session_id, "ivan@example.com", additionalFields={city: "Perm"}).body == {
        f"additionalFields.{job}": blank
    }
    sandbox.switches(optional_field="optional")
    assert api.register(made.session_id, "ivan@example.com", additionalFields={city: "Perm"}).status == 201


@pytest.mark.parametrize(
    ("moderated", "accepted", "switch", "state"),
    [
        (True, True, "honoured", "accepted"),
        (True, True, "ignored", "waiting"),
        (True, False, "honoured", "waiting"),
        (False, False, "honoured", "accepted"),
    ],
)
def test_a_moderated_event_lets_people_wait(
    sandbox: SandboxProcess,
    api: Api,
    moderated: bool,
    accepted: bool,
    switch: str,
    state: str,
) -> None:
    sandbox.switches(is_accepted_flag=switch)
    made = sandbox.make_event(moderated=moderated)
    assert api.register(made.session_id, "ivan@example.com", isAccepted=accepted).status == 201
    assert states(sandbox, "ivan@example.com") == [state]


def test_is_accepted_is_false_when_it_is_left_out(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(moderated=True)
    api.register(made.session_id, "ivan@example.com")
    assert states(sandbox, "ivan@example.com") == ["waiting"]


@pytest.mark.parametrize(("switch", "status"), [("400", 400), ("403", 403), ("404", 404), ("success", 201)])
def test_registration_to_a_finished_session(sandbox: SandboxProcess, api: Api, switch: str, status: int) -> None:
    sandbox.switches(stop_registration=switch)
    made = sandbox.make_event()
    api.put(f"/eventsessions/{made.session_id}/start")
    assert api.register(made.session_id, "live@example.com").status == 201
    api.put(f"/eventsessions/{made.session_id}/stop")
    assert api.register(made.session_id, "late@example.com").status == status
    assert api.post(f"/eventsessions/{made.session_id}/invite", users=[{"email": "x@example.com"}]).status == status


def test_a_full_event_refuses_when_the_switch_says_so(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    sandbox.switches(capacity=1)
    assert api.register(made.session_id, "a@example.com").status == 201
    assert api.register(made.session_id, "b@example.com").status == 201
    sandbox.switches(full_event="403")
    assert api.register(made.session_id, "c@example.com").status == 403
    assert api.register(made.session_id, "a@example.com").status == 201


def test_an_open_event_may_refuse_registration(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(accessSettings={"isRegistrationRequired": 0})
    assert api.register(made.session_id, "a@example.com").status == 201
    sandbox.switches(open_event="400")
    assert api.register(made.session_id, "b@example.com").status == 400


@pytest.mark.parametrize(("switch", "status"), [("accepted", 201), ("400", 400), ("403", 403)])
def test_an_outsider_as_lecturer(sandbox: SandboxProcess, api: Api, switch: str, status: int) -> None:
    sandbox.switches(outsider_role=switch)
    made = sandbox.make_event()
    assert api.register(made.session_id, "ivan@example.com", role="LECTURER").status == status
    assert api.register(made.session_id, "boris@example.com", role="LECTURER").status == 201
    assert api.register(made.session_id, "x@example.com", role="KING").status == 400


def test_the_contact_id_may_be_missing(sandbox: SandboxProcess, api: Api) -> None:
    sandbox.switches(contact_id="absent")
    made = sandbox.make_event()
    assert set(api.register(made.session_id, "a@example.com").body) == {"participationId", "link"}


def test_the_platform_mails_unless_it_is_told_not_to(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event("Intro")
    path = f"/eventsessions/{made.session_id}/register"
    link = api.post(path, email="told@example.com").body["link"]
    api.post(path, email="silent@example.com", sendEmail=False)
    sandbox.switches(send_email_default="false")
    api.post(path, email="default@example.com")
    assert [mail["to"] for mail in sandbox.messages()] == ["told@example.com"]
    assert link in sandbox.messages("told@example.com")[0]["links"]


def test_the_whole_series_is_one_participation(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event("Course", sessions=2, whole_series=True)
    assert api.post(f"/events/{made.event_id}/register", email="a@example.com").status == 201
    (person,) = sandbox.participations("a@example.com")
    assert (person["eventId"], person["eventSessionId"]) == (made.event_id, None)


@pytest.mark.parametrize(
    ("switch", "status", "people"), [("400", 400, 0), ("403", 403, 0), ("409", 409, 0), ("sessions", 201, 2)]
)
def test_whole_series_registration_where_it_is_not_offered(
    sandbox: SandboxProcess,
    api: Api,
    switch: str,
    status: int,
    people: int,
) -> None:
    sandbox.switches(whole_series_refusal=switch)
    made = sandbox.make_event("Course", sessions=2)
    assert api.post(f"/events/{made.event_id}/register", email="a@example.com").status == status
    assert len(sandbox.participations("a@example.com")) == people


@pytest.mark.parametrize(("switch", "same"), [("new", False), ("same_link", True)])
def test_a_deleted_person_may_register_again(sandbox: SandboxProcess, api: Api, switch: str, same: bool) -> None:
    sandbox.switches(reregister=switch)
    made = sandbox.make_event()
    first = api.register(made.session_id, "a@example.com").body
    api.post("/participations/delete", participationIds=[first["participationId"]])
    again = api.register(made.session_id, "a@example.com")
    assert again.status == 201
    assert (again.body == first) is same


def invite(api: Api, session_id: int, *emails: str, **params: object) -> object:
    users = [{"email": email} for email in emails]
    return api.post(f"/eventsessions/{session_id}/invite", **{"users": users, "sendEmail": False} | params)


def test_bulk_takes_the_good_rows_and_is_silent_about_the_rest(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    api.register(made.session_id, "known@example.com")
    reply = invite(api, made.session_id, "new@example.com", "bad", "known@example.com", "NEW@example.com", "other@example.com")
    assert reply.status == 201
    assert [row["email"] for row in reply.body] == ["new@example.com", "other@example.com"]
    assert set(reply.body[0]) == {"email", "participationId", "link", "contactId"}
    rows = api.get(f"/eventsessions/{made.session_id}/participations").body
    assert [row["registerStatus"] for row in rows] == ["REGISTERED", "INVITED", "INVITED"]


def test_bulk_needs_the_additional_fields_in_each_row(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(extra_fields=["City"])
    users = [{"email": "a@example.com", "additionalFields": {made.fields["City"]: "Perm"}}, {"email": "b@example.com"}]
    reply = api.post(f"/eventsessions/{made.session_id}/invite", users=users)
    assert [row["email"] for row in reply.body] == ["a@example.com"]


@pytest.mark.parametrize(("switch", "status", "people"), [("400", 400, 0), ("first_50", 201, 50), ("no_limit", 201, 51)])
def test_bulk_of_more_than_fifty(sandbox: SandboxProcess, api: Api, switch: str, status: int, people: int) -> None:
    sandbox.switches(invite_over_limit=switch)
    made = sandbox.make_event()
    assert invite(api, made.session_id, *(f"p{n}@example.com" for n in range(51))).status == status
    assert len(sandbox.participations()) == people


def test_bulk_switches(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    old = api.register(made.session_id, "known@example.com").body
    sandbox.switches(invite_code="200", invite_known="listed", invite_repeated="twice")
    reply = invite(api, made.session_id, "known@example.com", "new@example.com", "new@example.com")
    assert reply.status == 200
    assert [row["email"] for row in reply.body] == ["known@example.com", "new@example.com", "new@example.com"]
    assert reply.body[0]["link"] == old["link"]
    assert reply.body[1] == reply.body[2]


def test_bulk_without_anybody(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    path = f"/eventsessions/{made.session_id}/invite"
    assert api.post(path).status == 400
    sandbox.switches(invite_empty="200")
    assert (api.post(path).status, api.post(path).body) == (200, [])
    assert (invite(api, made.session_id, "bad").status, invite(api, made.session_id, "bad").body) == (201, [])
    sandbox.switches(invite_all_bad="400")
    assert invite(api, made.session_id, "bad").status == 400


def test_bulk_flags_count_for_a_row_or_for_all(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(moderated=True)
    users = [{"email": "a@example.com", "isAccepted": True}, {"email": "b@example.com", "isAutoEnter": False}]
    api.post(f"/eventsessions/{made.session_id}/invite", users=users, isAutoEnter=True)
    first, second = sandbox.participations("a@example.com") + sandbox.participations("b@example.com")
    assert (first["state"], first["isAutoEnter"]) == ("accepted", True)
    assert (second["state"], second["isAutoEnter"]) == ("waiting", False)
    assert len(sandbox.messages()) == 2


def test_bulk_for_a_whole_series(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(sessions=2, whole_series=True)
    reply = api.post(f"/events/{made.event_id}/invite", users=[{"email": "a@example.com"}])
    assert reply.status == 201
    assert sandbox.participations("a@example.com")[0]["eventSessionId"] is None
    plain = sandbox.make_event(sessions=2)
    assert api.post(f"/events/{plain.event_id}/invite", users=[{"email": "a@example.com"}]).status == 400
