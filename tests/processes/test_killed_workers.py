"""`kill -9` in the middle of things: what was promised is done, once, after a restart."""

from __future__ import annotations

import pytest

from tests.processes.stack import Stack
from tests.processes.visitor import wait_until

pytestmark = pytest.mark.processes


def test_a_worker_killed_during_a_call_leaves_one_participation_and_one_mail(each_stack: Stack) -> None:
    # A platform that would register twice, so that only looking first can keep it from doing so.
    account_id = each_stack.make_account(each_stack.sandbox.api_key, unique_by_email=False)
    address, campaign = each_stack.address(), each_stack.make_campaign(account_id=account_id)
    each_stack.arrived(each_stack.submit(campaign, each_stack.address()))
    each_stack.sandbox.switches(register_duplicate="second")
    fault = each_stack.sandbox.fault("register", "latency", seconds=1.0, count=2, match_email=address)
    sign_up = each_stack.submit(campaign, address)
    wait_until(lambda: each_stack.hits(fault["id"]), "the call to be under way")
    each_stack.processes["seats"].kill()
    each_stack.sandbox.clear_faults()
    wait_until(lambda: each_stack.participations(address), "the platform to finish the call that nobody waits for")

    each_stack.processes["seats"].start()
    each_stack.arrived(sign_up, seconds=40)
    assert len(each_stack.sandbox.participations(address)) == 1
    assert [seat["attempts"] for seat in each_stack.person(address)["seats"]] == [1]


def test_a_worker_killed_before_a_mail_was_taken_leaves_one_mail(stack: Stack) -> None:
    address, campaign = stack.address(), stack.make_campaign()
    stack.sandbox.smtp_fault("rcpt", "slow", seconds=1.0, count=2, match=address)
    sign_up = stack.submit(campaign, address)
    wait_until(stack.smtp_hits, "the mail to be under way")
    stack.processes["mails"].kill()
    stack.processes["mails"].start()
    stack.arrived(sign_up, seconds=40)


def test_a_mail_that_may_be_out_when_a_worker_is_killed_goes_out_again_as_the_same_mail(stack: Stack) -> None:
    address, campaign = stack.address(), stack.make_campaign()
    stack.sandbox.smtp_fault("dot", "accept_hang", seconds=20, count=1)
    sign_up = stack.submit(campaign, address)
    stack.sandbox.wait_for_messages(address)
    stack.processes["mails"].kill()
    stack.processes["mails"].start()
    stack.wait_until_handed_over(sign_up, seconds=40)
    stack.wait_until_quiet(address)

    one, two = stack.sandbox.messages(address)
    assert one["message_id"] == two["message_id"]
    assert "second_copy" in stack.person(address)["timeline"][0]


def test_web_servers_killed_after_their_answer_lose_nobody(stack: Stack) -> None:
    campaign = stack.make_campaign()
    # The ring leaves after the answer; the kill comes as close to it as a test can bring it.
    sign_ups = []
    for _ in range(3):
        sign_ups.append(stack.submit(campaign, stack.address()))
        stack.processes["web"].kill()
        stack.processes["web"].start()
        wait_until(stack.is_ready, "the site to be ready")
    for sign_up in sign_ups:
        stack.arrived(sign_up)


def test_workers_told_to_stop_hand_their_work_over(stack: Stack) -> None:
    campaign = stack.make_campaign()
    stack.sandbox.fault("register", "latency", seconds=0.2, count=20)
    sign_ups = [stack.submit(campaign, stack.address()) for _ in range(12)]
    for _ in range(2):
        for name in ("seats", "mails"):
            stack.processes[name].stop()
            stack.processes[name].start()
    for sign_up in sign_ups:
        stack.arrived(sign_up, seconds=40)
        assert [seat["attempts"] for seat in stack.person(sign_up.email)["seats"]] == [1]
