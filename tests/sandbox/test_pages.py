from __future__ import annotations

import requests

from tests.sandbox.api import Api
from tests.sandbox.process import DEMO_KEY, SandboxProcess


def get(sandbox: SandboxProcess, path: str) -> requests.Response:
    return requests.get(sandbox.url + path, timeout=10)


def test_the_home_page_says_what_this_is_and_what_goes_on(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event("<Intro>")
    api.register(made.session_id, "a@example.com")
    sandbox.fault("invite", "drip", count=3)
    sandbox.smtp_fault("rcpt", count=None)
    sandbox.switches(contact_id="absent")
    page = get(sandbox, "/").text
    for part in (
        "This is a stand-in",
        "Это замена",
        f"{sandbox.url}/v3",
        DEMO_KEY,
        "&lt;Intro&gt;",
        "1 person",
        "drip at invite, 3 times",
        "SMTP refuse at rcpt, until cleared",
        "contact_id = absent",
        "/register",
    ):
        assert part in page


def test_the_people_of_an_event_are_listed_with_their_state(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event(moderated=True)
    api.register(made.session_id, "a@example.com", name="<Ivan>")
    page = get(sandbox, f"/sandbox/events/{made.event_id}/").text
    assert "&lt;Ivan&gt;" in page
    assert "Waiting" in page
    assert sandbox.participations("a@example.com")[0]["link"] in page
    assert get(sandbox, "/sandbox/events/1/").status_code == 404


def test_every_page_carries_a_strict_policy(sandbox: SandboxProcess) -> None:
    for path in ("/", "/mailbox/", "/acme/1", "/nowhere/at/all"):
        policy = get(sandbox, path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy


def test_an_unknown_page_is_honest(sandbox: SandboxProcess) -> None:
    answer = get(sandbox, "/nowhere/at/all")
    assert (answer.status_code, "stand-in" in answer.text) == (404, True)


def test_health_is_one_word(sandbox: SandboxProcess) -> None:
    assert get(sandbox, "/healthz").text == "ok"


def test_covers_are_pictures(sandbox: SandboxProcess, api: Api) -> None:
    made = sandbox.make_event()
    url = api.get(f"/eventsessions/{made.session_id}").body["image"]["url"]
    assert requests.get(url, timeout=10).headers["Content-Type"] == "image/png"
