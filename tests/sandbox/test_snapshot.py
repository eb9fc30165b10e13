from __future__ import annotations

import json
from pathlib import Path

import pytest

from registrations.sandbox import snapshot
from registrations.sandbox.platform.model import DELETED
from registrations.sandbox.state import Sandbox


def filled() -> Sandbox:
    sandbox = Sandbox(rate=0)
    world = sandbox.world
    event = snapshot.Event(id=world.next_id("event"), organization_id=9001, owner_id=7001, name="Intro", starts_at=1, ends_at=2)
    world.add_event(event)
    world.add_session(
        snapshot.Session(
            id=world.next_id("session"),
            event_id=event.id,
            organization_id=9001,
            owner_id=7001,
            name="Intro",
            starts_at=1,
            ends_at=2,
        )
    )
    for email in ("a@example.com", "b@example.com"):
        world.new_participation(organization_id=9001, event_id=event.id, session_id=62001, email=email)
    world.set_state(world.participations[73002], DELETED)
    sandbox.mails.add("web@example.com", ("a@example.com",), b"Subject: \xff\r\n\r\nx", 12.5)
    return sandbox


def test_everything_comes_back_from_the_file(tmp_path: Path) -> None:
    before, after = filled(), Sandbox(rate=0)
    path = tmp_path / "deep" / "state.json"
    snapshot.save(before, path)
    snapshot.load(after, path)
    ids = "last_ids"
    assert {**snapshot.export(after), ids: None} == {**snapshot.export(before), ids: None}
    person = before.world.participations[73001]
    assert after.world.by_token(person.token) == person
    assert [found.email for found in after.world.people_in((51001, 62001))] == ["a@example.com"]
    assert after.mails.to("a@example.com")[0].raw == b"Subject: \xff\r\n\r\nx"


def test_an_id_that_may_be_out_is_not_given_again_after_a_crash(tmp_path: Path) -> None:
    before, after = filled(), Sandbox(rate=0)
    path = tmp_path / "state.json"
    snapshot.save(before, path)
    given_unsaved = [before.world.next_id("participation") for _ in range(50)]
    snapshot.load(after, path)
    assert after.world.next_id("participation") > max(given_unsaved)


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    snapshot.save(filled(), path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_no_file_is_a_fresh_start(tmp_path: Path) -> None:
    sandbox = Sandbox(rate=0)
    snapshot.load(sandbox, tmp_path / "none.json")
    assert sandbox.world.events == {}


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", json.dumps({"version": 99}), json.dumps({"version": 1})])
def test_a_foreign_file_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(content)
    with pytest.raises(snapshot.UnreadableState, match=r"state\.json"):
        snapshot.load(Sandbox(rate=0), path)


def test_a_disk_that_cannot_be_written_is_said_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    snapshot.save_or_say(Sandbox(rate=0), tmp_path / "file" / "state.json")
    assert "could not be saved" in capsys.readouterr().err
