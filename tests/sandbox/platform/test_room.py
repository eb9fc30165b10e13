from __future__ import annotations

import pytest
import requests

from tests.sandbox.api import Api
from tests.sandbox.process import MadeEvent, SandboxProcess


@pytest.fixture
def made(sandbox: SandboxProcess) -> MadeEvent:
    return sandbox.make_event("Intro & <more>", moderated=True)


def visit(link: str, **form: str) -> requests.Response:
    return requests.post(link, data=form, timeout=10) if form else requests.get(link, timeout=10)


def register(api: Api, made: MadeEvent, **params: object) -> dict[str, object]:
    return api.register(made.session_id, "ivan@example.com", **{"isAccepted": True, "isAutoEnter": True} | params).body


def visited(sandbox: SandboxProcess) -> bool:
    return sandbox.participations("ivan@example.com")[0]["visited"]


def test_the_link_lets_its_owner_in_under_his_name(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    link = register(api, made, name="<b>Ivan</b>", secondName="Petrov")["link"]
    answer = visit(link)
    assert answer.status_code == 200
    assert "You are in" in answer.text
    assert "&lt;b&gt;Ivan&lt;/b&gt; Petrov" in answer.text
    assert "Intro &amp; &lt;more&gt;" in answer.text
    assert "stand-in" in answer.text
    assert visited(sandbox)
    assert api.get(f"/eventsessions/{made.session_id}/participations").body[0]["visited"] is True


def test_a_nickname_comes_before_the_name(api: Api, made: MadeEvent) -> None:
    assert "Vanya" in visit(register(api, made, name="Ivan", nickname="Vanya")["link"]).text


def test_without_auto_enter_the_chat_name_is_asked_first(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    link = register(api, made, name="Ivan", isAutoEnter=False)["link"]
    assert 'name="name" value="Ivan"' in visit(link).text
    assert not visited(sandbox)
    assert "Vanya" in visit(link, name="Vanya").text
    assert visited(sandbox)


def test_looking_at_the_head_is_no_visit(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    assert requests.head(register(api, made)["link"], timeout=10).status_code == 200
    assert not visited(sandbox)


def test_waiting_refused_and_kicked_people_are_turned_away(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    person = register(api, made, isAccepted=False)
    ids = {"participationIds": [person["participationId"]]}
    assert visit(person["link"]).status_code == 403
    api.put(f"/events/{made.event_id}/moderate", isAccepted=False, **ids)
    assert visit(person["link"]).status_code == 403
    api.put("/participations/kick", **ids)
    assert visit(person["link"], name="Ivan").status_code == 403
    assert not visited(sandbox)
    api.put(f"/events/{made.event_id}/moderate", isAccepted=True, **ids)
    assert visit(person["link"]).status_code == 200


def test_a_deleted_or_unknown_link_opens_nothing(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    person = register(api, made)
    api.post("/participations/delete", participationIds=[person["participationId"]])
    assert visit(person["link"]).status_code == 404
    assert visit(f"{sandbox.url}/acme/{made.event_id}/{'0' * 32}").status_code == 404


def test_a_link_of_another_event_opens_nothing(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    token = str(register(api, made)["link"]).rsplit("/", 1)[1]
    other = sandbox.make_event("Other")
    assert visit(f"{sandbox.url}/acme/{other.event_id}/{token}").status_code == 404


def test_a_deleted_event_is_gone_for_its_people(api: Api, made: MadeEvent) -> None:
    link = register(api, made)["link"]
    api.delete(f"/organization/events/{made.event_id}")
    answer = visit(link)
    assert (answer.status_code, "was deleted" in answer.text) == (404, True)


def test_a_finished_session_is_over(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    link = register(api, made)["link"]
    api.put(f"/eventsessions/{made.session_id}/start")
    assert "on air" in visit(link).text
    api.put(f"/eventsessions/{made.session_id}/stop")
    assert "has ended" in visit(link).text


def test_a_whole_series_link_lists_the_sessions(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event("Course", sessions=2, whole_series=True)
    link = api.post(f"/events/{made.event_id}/register", email="a@example.com", isAutoEnter=True).body["link"]
    assert "Course, part 2" in visit(link).text


def test_landing_pages_show_the_event(sandbox: SandboxProcess, api: Api, made: MadeEvent) -> None:
    assert "Intro &amp; &lt;more&gt;" in visit(made.link).text
    assert visit(f"{made.link}/session/{made.session_id}").status_code == 200
    assert visit(f"{made.link}/session/1").status_code == 404
    assert visit(f"{sandbox.url}/other/{made.event_id}").status_code == 404
    aliased = sandbox.make_event("Named", urlAlias="spring")
    assert aliased.link.endswith("/acme/spring")
    assert "Named" in visit(aliased.link).text
