"""A mail server that refuses, and mails that cannot be sent: the others go out, and nobody gets two."""

from __future__ import annotations

import pytest

from tests.processes.stack import Stack
from tests.processes.visitor import wait_until

pytestmark = pytest.mark.processes


def test_a_mail_that_the_server_puts_off_goes_out_later_and_once(stack: Stack) -> None:
    campaign, unlucky = stack.make_campaign(), stack.address()
    stack.sandbox.smtp_fault("rcpt", code=450, match=unlucky)
    put_off = stack.submit(campaign, unlucky)
    wait_until(lambda: "mail_delayed" in stack.person(unlucky)["timeline"][0], "the server's answer")
    stack.arrived(stack.submit(campaign, stack.address()), seconds=5)

    stack.ask("hurry", address=unlucky)
    stack.arrived(put_off)


def test_people_keep_their_place_while_the_mail_server_is_away(stack: Stack) -> None:
    campaign = stack.make_campaign()
    stack.sandbox.smtp_fault("connect", code=421, count=1)
    sign_ups = [stack.submit(campaign, stack.address()) for _ in range(5)]
    # Nothing is hurried: the sender waits some seconds and tries again by itself.
    for sign_up in sign_ups:
        stack.arrived(sign_up)


def test_an_answer_lost_after_the_text_gives_a_second_copy_of_the_same_mail_at_most(stack: Stack) -> None:
    campaign, unlucky = stack.make_campaign(), stack.address()
    stack.sandbox.smtp_fault("dot", "accept_drop")
    sign_up = stack.submit(campaign, unlucky)
    wait_until(lambda: "mail_delayed" in stack.person(unlucky)["timeline"][0], "the loss to be seen")
    stack.ask("hurry", address=unlucky)
    stack.wait_until_handed_over(sign_up)
    stack.wait_until_quiet(unlucky)

    one, two = stack.sandbox.messages(unlucky)
    assert one["message_id"] == two["message_id"]
    assert "second_copy" in stack.person(unlucky)["timeline"][0]


def test_a_mail_that_nobody_can_write_holds_up_no_other(stack: Stack) -> None:
    campaign, address = stack.make_campaign(), stack.address()
    stack.processes["mails"].suspend()
    unwritable = stack.ask("plant_unwritable_mail")
    try:
        sign_up = stack.submit(campaign, address)
        wait_until(lambda: stack.person(address)["mails"], "the mail to be queued")
        stack.processes["mails"].resume()
        stack.arrived(sign_up, seconds=8)
    finally:
        stack.ask("remove_mail", mail_id=unwritable)
