"""A platform that fails, lies or refuses: every person still ends with one participation and one mail, nobody else waits."""

from __future__ import annotations

from typing import Any

import pytest

from tests.processes import visitor
from tests.processes.stack import STAFF, Stack
from tests.processes.visitor import wait_until

pytestmark = pytest.mark.processes


def in_doubt(stack: Stack, address: str) -> None:
    """Wait until the product knows that it does not know."""
    wait_until(lambda: "in_doubt" in stack.person(address)["timeline"][0], f"doubt about {address}")


def notices(stack: Stack) -> list[dict[str, Any]]:
    return stack.sandbox.messages(STAFF)


def test_a_500_after_the_work_was_done_is_looked_into_before_it_is_repeated(stack: Stack) -> None:
    campaign, unlucky = stack.make_campaign(), stack.address()
    stack.sandbox.fault("register", "status_after_work", status=500, match_email=unlucky)
    held_up = stack.submit(campaign, unlucky)
    in_doubt(stack, unlucky)

    stack.arrived(stack.submit(campaign, stack.address()), seconds=5)
    assert not stack.is_handed_over(held_up)
    # Nothing is hurried here: this is how long it takes.
    stack.arrived(held_up, seconds=40)
    assert len(stack.sandbox.participations(unlucky)) == 1


def test_an_answer_that_never_came_is_looked_into_before_it_is_repeated(each_stack: Stack) -> None:
    campaign, unlucky = each_stack.make_campaign(), each_stack.address()
    each_stack.sandbox.fault("register", "drop_after_work", match_email=unlucky)
    held_up = each_stack.submit(campaign, unlucky)
    in_doubt(each_stack, unlucky)

    each_stack.arrived(each_stack.submit(campaign, each_stack.address()), seconds=5)
    each_stack.ask("hurry", address=unlucky)
    each_stack.arrived(held_up)
    assert len(each_stack.sandbox.participations(unlucky)) == 1


def test_a_call_that_was_dropped_before_the_work_is_repeated(stack: Stack) -> None:
    unlucky = stack.address()
    stack.sandbox.fault("register", "drop_before_work", match_email=unlucky)
    held_up = stack.submit(stack.make_campaign(), unlucky)
    in_doubt(stack, unlucky)

    stack.ask("hurry", address=unlucky)
    stack.arrived(held_up)


def test_a_platform_that_wants_quiet_is_given_it_and_no_try_is_counted(stack: Stack) -> None:
    campaign = stack.make_campaign()
    stack.sandbox.fault("register", "status_before_work", status=429, retry_after=1, count=2)
    sign_ups = [stack.submit(campaign, stack.address()) for _ in range(3)]
    for sign_up in sign_ups:
        stack.arrived(sign_up)
        assert [seat["attempts"] for seat in stack.person(sign_up.email)["seats"]] == [1]


@pytest.mark.parametrize("neighbour", [False, True], ids=["the first person there", "others are there already"])
def test_a_conflict_after_a_lost_answer_still_gives_a_link_that_opens_the_room(stack: Stack, neighbour: bool) -> None:
    campaign, unlucky = stack.make_campaign(), stack.address()
    if neighbour:
        stack.arrived(stack.submit(campaign, stack.address()))
    stack.sandbox.switches(register_duplicate="conflict")
    stack.sandbox.fault("register", "drop_after_work", match_email=unlucky)
    held_up = stack.submit(campaign, unlucky)
    in_doubt(stack, unlucky)

    stack.ask("hurry", address=unlucky)
    stack.arrived(held_up)
    assert [seat["link_inferred"] for seat in stack.person(unlucky)["seats"]] == [neighbour]


@pytest.mark.parametrize("neighbour", [False, True], ids=["the first person there", "others are there already"])
def test_a_platform_that_would_register_twice_is_not_asked_again_blindly(stack: Stack, neighbour: bool) -> None:
    account_id = stack.make_account(stack.sandbox.api_key, unique_by_email=False)
    campaign, unlucky = stack.make_campaign(account_id=account_id), stack.address()
    if neighbour:
        stack.arrived(stack.submit(campaign, stack.address()))
    stack.sandbox.switches(register_duplicate="second")
    stack.sandbox.fault("register", "status_after_work", status=503, match_email=unlucky)
    held_up = stack.submit(campaign, unlucky)
    in_doubt(stack, unlucky)

    stack.ask("hurry", address=unlucky)
    stack.arrived(held_up)


def test_somebody_elses_link_is_never_mailed(stack: Stack) -> None:
    campaign, unlucky = stack.make_campaign(), stack.address()
    other = stack.arrived(stack.submit(campaign, stack.address()))
    stack.sandbox.fault("register", "neighbour", match_email=unlucky)
    held_up = stack.submit(campaign, unlucky)
    wait_until(lambda: "wrong_link" in stack.person(unlucky)["timeline"][0], "the wrong link to be seen")

    stack.ask("hurry", address=unlucky)
    mail = stack.arrived(held_up)
    assert not set(stack.room_links(mail)) & set(stack.room_links(other))


def test_a_revoked_key_pauses_its_account_alone_and_everybody_keeps_their_place(stack: Stack) -> None:
    key = stack.sandbox.set_key()["key"]
    account_id = stack.make_account(key)
    campaign = stack.make_campaign(account_id=account_id)
    told_before = len(notices(stack))
    stack.sandbox.set_key(key, active=False)
    waiting = [stack.submit(campaign, stack.address()) for _ in range(3)]
    [pause] = wait_until(lambda: stack.ask("open_pauses", account_id=account_id), "the account to pause")
    assert (pause["verb"], pause["event_id"]) == ("", None)

    stack.arrived(stack.submit(stack.make_campaign(), stack.address()), seconds=5)
    waiting.append(stack.submit(campaign, stack.address()))
    assert not any(stack.is_handed_over(sign_up) for sign_up in waiting)
    stack.sandbox.set_key(key, active=True)
    stack.ask("retry_account", account_id=account_id)
    for sign_up in waiting:
        stack.arrived(sign_up)
    assert stack.ask("open_pauses", account_id=account_id) == []
    assert len(notices(stack)) == told_before + 1


def test_a_key_that_may_not_delete_holds_up_deleting_alone(stack: Stack) -> None:
    key = stack.sandbox.set_key()["key"]
    account_id = stack.make_account(key)
    campaign = stack.make_campaign(account_id=account_id)
    leaving = stack.submit(campaign, stack.address())
    [private] = set(stack.private_links(stack.arrived(leaving)))
    told_before = len(notices(stack))
    stack.sandbox.set_key(key, denied=["delete"])
    assert visitor.post(f"{private}cancel/", {}).status == 303
    [pause] = wait_until(lambda: stack.ask("open_pauses", account_id=account_id), "deleting to pause")
    assert pause["verb"] == "delete"

    for sign_up in [stack.submit(campaign, stack.address()) for _ in range(3)]:
        stack.arrived(sign_up, seconds=10)
    assert len(stack.participations(leaving.email)) == 1
    stack.sandbox.set_key(key, denied=[])
    stack.ask("retry_account", account_id=account_id)
    wait_until(lambda: not stack.participations(leaving.email), "the platform to forget the person")
    stack.wait_until_quiet(leaving.email)
    assert stack.ask("open_pauses", account_id=account_id) == []
    assert len(notices(stack)) == told_before + 1
    assert [mail["kind"] for mail in stack.person(leaving.email)["mails"]] == ["link", "cancelled"]


@pytest.mark.parametrize("kind", ["html", "empty", "no_link", "bad_link", "foreign_link"])
def test_an_answer_that_makes_no_sense_is_no_success_and_no_mail_holds_it(stack: Stack, kind: str) -> None:
    unlucky = stack.address()
    stack.sandbox.fault("register", kind, match_email=unlucky)
    held_up = stack.submit(stack.make_campaign(), unlucky)
    in_doubt(stack, unlucky)

    stack.ask("hurry", address=unlucky)
    stack.arrived(held_up)
