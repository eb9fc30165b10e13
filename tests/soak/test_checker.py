"""The checker notices every kind of broken promise, and nothing where there is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.soak.checker import Verdict, check, percentile, private_tokens
from tests.soak.handovers import HandOver, Harm
from tests.soak.people import Press
from tests.soak.witnesses import Witnesses

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
        "seats": [{"pk": pk, "state": "settled", "fact": "in", "reason": ""} for pk in people],
        "mails": [
            {
                "pk": pk, "registration_id": pk, "recipient": "", "kind": "link", "generation": 1, "state": "settled",
                "silent": False, "message_id": f"<{pk}>", "possible_second_copy": False, "settled_at": 104.0, "reason": "",
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


def attempt(began: float, *, answered: bool = True) -> HandOver:
    """Somebody hands over the first person's mail."""
    return HandOver("<1>", "mails", began, began + 0.1, began + 0.2 if answered else 0.0, 250 if answered else 0)


def promises(changed: dict[str, Any]) -> set[str]:
    return {promise for promise, _, _ in verdict(changed).broken}


def test_nothing_is_broken_where_everybody_got_their_link() -> None:
    found = verdict(world())
    assert found.broken == []
    counted = {name: found.figures[name] for name in ("attempted", "acknowledged", "registered", "mailed", "recovered")}
    assert counted == {"attempted": 2, "acknowledged": 2, "registered": 2, "mailed": 2, "recovered": 1}
    assert found.recoveries == [3.0, 3.0]


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


def test_a_second_copy_must_be_labelled_and_have_a_reason() -> None:
    changed = world()
    changed["messages"].append(dict(changed["messages"][0]))
    changed["hand_overs"] = [attempt(101, answered=False), attempt(105)]
    assert promises(changed) == {"second_copy"}
    changed["mails"][0]["possible_second_copy"] = True
    found = verdict(changed)
    assert found.broken == []
    assert (found.figures["second_copies_in_the_instant"], found.figures["second_copies_outside"]) == (1, 0)
    changed["hand_overs"] = [attempt(101), attempt(105)]
    found = verdict(changed)
    assert {promise for promise, _, _ in found.broken} == {"second_copy"}
    assert (found.figures["second_copies_in_the_instant"], found.figures["second_copies_outside"]) == (0, 1)
    assert promises(changed | {"harms": [Harm(101.3, 101.3, "mails")]}) == set()


def test_no_mail_goes_twice_where_such_mails_are_held() -> None:
    changed = world()
    changed["messages"].append(dict(changed["messages"][0]))
    changed["mails"][0]["possible_second_copy"] = True
    changed |= {"policy": "hold", "hand_overs": [attempt(101, answered=False), attempt(105)]}
    assert promises(changed) == {"second_copy"}


def test_a_held_mail_parks_a_person_only_if_it_is_the_one_with_the_link() -> None:
    changed = world()
    known = changed["mails"][0] | {"pk": 3, "kind": "known", "state": "parked", "reason": "may_have_been_sent"}
    changed["mails"].append(known | {"message_id": "<3>"})
    found = verdict(changed)
    assert (found.broken, found.figures["parked"]) == ([], 0)
    changed["mails"][0] |= {"state": "parked", "reason": "may_have_been_sent"}
    found = verdict(changed)
    assert (found.broken, found.figures["parked"]) == ([], 1)
    assert found.parked_for == {"may_have_been_sent": 2}


def erased_world() -> dict[str, Any]:
    """The first person was erased after their mail had come."""
    changed = world()
    changed["participations"][0]["state"] = "deleted"
    for name in ("registrations", "submissions", "enrollments", "seats", "mails"):
        del changed[name][0]
    changed["owners"]["token1"] = []
    return changed | {"erased": {ANN: (109.0, 110.0)}, "hand_overs": [attempt(101)], "told": [2]}


def test_whoever_was_erased_is_nowhere() -> None:
    found = verdict(erased_world())
    assert found.broken == []
    assert (found.figures["erased"], found.figures["acknowledged"]) == (1, 1)


def test_whoever_was_erased_and_stands_anywhere_is_not_forgotten() -> None:
    changed = erased_world()
    changed["participations"][0]["state"] = "accepted"
    assert promises(changed) == {"not_forgotten"}
    assert promises(erased_world() | {"traces": [ANN]}) == {"not_forgotten"}


def test_no_mail_begins_after_an_erasure_unless_its_worker_stood_still() -> None:
    changed = erased_world() | {"hand_overs": [attempt(112)]}
    assert promises(changed) == {"not_forgotten"}
    assert promises(changed | {"harms": [Harm(109, 112.5, "mails")]}) == set()


def test_whoever_comes_again_after_an_erasure_is_not_called_forgotten() -> None:
    changed = erased_world()
    changed["participations"][0]["state"] = "accepted"
    changed["presses"].append(Press("c", ANN, (("token", "later"),), 303, 111.0))
    assert promises(changed) == set()


def test_mails_to_strangers_are_unexpected() -> None:
    assert promises(world() | {"strangers": 1}) == {"unexpected"}


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


def test_percentiles_are_of_the_nearest_rank() -> None:
    values = [float(number) for number in range(1, 101)]
    assert [percentile(values, share) for share in (0.5, 0.95, 0.99, 1.0)] == [50, 95, 99, 100]
    assert percentile([4.0], 0.99) == 4
    assert percentile([], 0.99) is None
