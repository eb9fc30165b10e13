"""The checker notices every kind of broken promise, and nothing where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.soak.checker import Verdict, Witnesses, check, private_tokens
from tests.soak.people import Press

ROOM, PRIVATE = "http://room.example", "http://site.example/r/"
ANN, BOB = "ann@example.com", "bob@example.com"


def world() -> dict[str, Any]:
    """Two people of one campaign, each registered and mailed once."""
    people = {1: ANN, 2: BOB}
    return {
        "presses": [Press("c", address, (("token", address),), 303, 100.0) for address in people.values()],
        "sessions": {"c": 7},
        "participations": [
            {"email": address, "eventSessionId": 7, "state": "accepted", "link": f"{ROOM}/a/{pk}"}
            for pk, address in people.items()
        ],
        "messages": [
            {"to": address, "message_id": f"<{pk}>", "links": [f"{ROOM}/a/{pk}", f"{PRIVATE}token{pk}/"]}
            for pk, address in people.items()
        ],
        "registrations": [{"pk": pk, "email": address, "campaign__slug": "c"} for pk, address in people.items()],
        "submissions": [{"pk": pk, "registration_id": pk, "mail_id": pk} for pk in people],
        "enrollments": [{"registration_id": pk, "seat_id": pk, "wish": "in"} for pk in people],
        "seats": [{"pk": pk, "state": "settled", "fact": "in"} for pk in people],
        "mails": [
            {
                "pk": pk, "registration_id": pk, "recipient": "", "kind": "link", "generation": 1, "state": "settled",
                "silent": False, "message_id": f"<{pk}>", "possible_second_copy": False, "settled_at": 104.0,
            }
            for pk in people
        ],
        "troubled": [1],
        "told": [1, 2],
        "owners": {f"token{pk}": [address, "c"] for pk, address in people.items()},
        "room": ROOM,
        "private": PRIVATE,
        "killed_at": [99.0, 101.0],
    }  # fmt: skip


def verdict(changed: dict[str, Any]) -> Verdict:
    return check(Witnesses(**changed))


def promises(changed: dict[str, Any]) -> set[str]:
    return {promise for promise, _, _ in verdict(changed).broken}


def test_nothing_is_broken_where_everybody_got_their_link() -> None:
    found = verdict(world())
    assert found.broken == []
    counted = {name: found.figures[name] for name in ("attempted", "acknowledged", "registered", "mailed", "recovered")}
    assert counted == {"attempted": 2, "acknowledged": 2, "registered": 2, "mailed": 2, "recovered": 1}
    assert found.figures["recovery_p50"] == found.figures["recovery_p99"] == 3.0


def test_an_acknowledged_person_without_a_participation_is_lost() -> None:
    changed = world()
    changed["participations"][0]["state"] = "deleted"
    assert promises(changed) == {"lost", "two_states"}


def test_a_person_without_their_mail_is_lost() -> None:
    changed = world()
    del changed["messages"][0]
    assert promises(changed) == {"lost"}


def test_an_unanswered_form_is_no_state() -> None:
    changed = world()
    changed["submissions"][0]["mail_id"] = None
    assert promises(changed) == {"no_state"}


def test_a_parked_person_is_counted_and_not_lost() -> None:
    changed = world()
    changed["participations"], changed["messages"] = changed["participations"][1:], changed["messages"][1:]
    changed["mails"], changed["submissions"][0]["mail_id"] = changed["mails"][1:], None
    changed["seats"][0] |= {"state": "parked", "fact": "unknown"}
    found = verdict(changed)
    assert found.broken == []
    assert found.figures["parked"] == 1


def test_two_live_participations_are_a_duplicate_and_a_deleted_one_is_none() -> None:
    changed = world()
    changed["participations"].append(changed["participations"][0] | {"link": f"{ROOM}/a/9"})
    assert promises(changed) == {"duplicated"}
    changed["participations"][-1]["state"] = "deleted"
    assert promises(changed) == set()


def test_two_registrations_of_one_person_are_a_duplicate() -> None:
    changed = world()
    changed["registrations"].append({"pk": 3, "email": ANN, "campaign__slug": "c"})
    assert promises(changed) == {"duplicated"}


@pytest.mark.parametrize("link", [f"{ROOM}/a/2", f"{ROOM}/a/unknown", f"{PRIVATE}token2/", f"{PRIVATE}unknown/"])
def test_a_link_of_somebody_else_or_of_nobody_is_wrong(link: str) -> None:
    changed = world()
    changed["messages"][0]["links"].append(link)
    assert promises(changed) == {"wrong_link"}


def test_a_participation_of_somebody_who_never_came_is_unexpected() -> None:
    changed = world()
    changed["participations"].append({"email": "eve@example.com", "eventSessionId": 7, "state": "accepted", "link": "x"})
    assert promises(changed) == {"unexpected"}


def test_a_second_copy_must_be_labelled() -> None:
    changed = world()
    changed["messages"].append(dict(changed["messages"][0]))
    assert promises(changed) == {"second_copy"}
    changed["mails"][0]["possible_second_copy"] = True
    found = verdict(changed)
    assert found.broken == []
    assert (found.figures["second_copies_in_the_instant"], found.figures["second_copies_outside"]) == (1, 0)


def test_a_message_id_that_nobody_knows_is_a_second_mail() -> None:
    changed = world()
    changed["messages"].append(changed["messages"][0] | {"message_id": "<other>"})
    assert promises(changed) == {"message_ids"}


def test_the_same_form_must_be_written_down_once() -> None:
    changed = world()
    changed["submissions"].append({"pk": 3, "registration_id": 1, "mail_id": 1})
    assert promises(changed) == {"form_count"}
    changed["presses"].append(Press("c", ANN, (("token", "another"),), 0, 101.0))
    assert promises(changed) == set()


def test_a_mail_whose_history_lacks_it_is_counted() -> None:
    assert verdict(world()).figures["untold"] == 0
    assert verdict(world() | {"told": [2]}).figures["untold"] == 1


def test_private_tokens_are_read_from_the_links() -> None:
    assert private_tokens(world()["messages"], PRIVATE) == ["token1", "token2"]
