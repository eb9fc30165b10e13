"""Redis is a doorbell: without it people are answered as fast, and served by the schedule or by `drain --watch`."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from statistics import median
from urllib.parse import urlsplit

import pytest

from tests.processes import visitor
from tests.processes.stack import MadeCampaign, SignUp, Stack

pytestmark = pytest.mark.processes

PEOPLE = 10
SLOWEST_SECONDS = 2.0
EXTRA_SECONDS = 0.15


def sign_up_ten(stack: Stack, campaign: MadeCampaign) -> list[SignUp]:
    return [stack.submit(campaign, stack.address()) for _ in range(PEOPLE)]


def seconds_of(sign_ups: Sequence[SignUp]) -> list[float]:
    return [sign_up.posted.seconds for sign_up in sign_ups]


def assert_as_fast(sign_ups: Sequence[SignUp], healthy: Sequence[SignUp]) -> None:
    assert max(seconds_of(sign_ups)) < SLOWEST_SECONDS
    assert median(seconds_of(sign_ups)) < median(seconds_of(healthy)) + EXTRA_SECONDS


def test_people_sign_up_as_fast_while_redis_is_stopped_and_are_served_when_it_is_back(each_stack: Stack) -> None:
    campaign = each_stack.make_campaign()
    healthy = sign_up_ten(each_stack, campaign)
    each_stack.processes["redis"].stop()
    sign_ups = sign_up_ten(each_stack, campaign)
    assert_as_fast(sign_ups, healthy)
    assert visitor.get(f"{each_stack.url}/readyz").status == 200

    each_stack.processes["redis"].start()
    for sign_up in [*healthy, *sign_ups]:
        each_stack.arrived(sign_up, seconds=60)


def test_people_sign_up_as_fast_while_redis_is_frozen_and_are_served_when_it_goes_on(stack: Stack) -> None:
    campaign = stack.make_campaign()
    healthy = sign_up_ten(stack, campaign)
    stack.processes["redis"].suspend()
    sign_ups = sign_up_ten(stack, campaign)
    assert_as_fast(sign_ups, healthy)

    stack.processes["redis"].resume()
    for sign_up in [*healthy, *sign_ups]:
        stack.arrived(sign_up, seconds=60)


def test_people_sign_up_as_fast_while_redis_takes_nothing_more(stack: Stack) -> None:
    campaign = stack.make_campaign()
    healthy = sign_up_ten(stack, campaign)
    say_to_redis(stack, "CONFIG SET maxmemory-policy noeviction")
    say_to_redis(stack, "CONFIG SET maxmemory 1mb")
    assert say_to_redis(stack, "SET anything 1").startswith("-OOM")
    sign_ups = sign_up_ten(stack, campaign)
    assert_as_fast(sign_ups, healthy)
    with stack.draining():
        for sign_up in [*healthy, *sign_ups]:
            stack.arrived(sign_up, seconds=60)
    say_to_redis(stack, "CONFIG SET maxmemory 0")


def say_to_redis(stack: Stack, command: str) -> str:
    with socket.create_connection(("127.0.0.1", urlsplit(stack.environment["REDIS_URL"]).port or 6379), timeout=5) as client:
        client.sendall(f"{command}\r\n".encode())
        return client.recv(200).decode()


def test_people_are_served_with_no_redis_at_all(stack: Stack) -> None:
    campaign = stack.make_campaign()
    stack.processes["redis"].stop()
    with stack.draining():
        for sign_up in sign_up_ten(stack, campaign):
            stack.arrived(sign_up)


def test_a_redis_that_forgets_everything_costs_nobody_their_mail(stack: Stack) -> None:
    campaign = stack.make_campaign()
    stack.processes["seats"].suspend()
    sign_ups = sign_up_ten(stack, campaign)
    # It holds nothing on disk: killing it empties every queue.
    stack.processes["redis"].kill()
    stack.processes["redis"].start()
    stack.processes["seats"].resume()
    for sign_up in sign_ups:
        stack.arrived(sign_up, seconds=60)
