"""Lost links with the real processes: limits hold while Redis hangs, and what was asked for then is sent afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.processes import visitor
from tests.processes.stack import Stack

pytestmark = pytest.mark.processes

MAILS_AN_HOUR = 3
SLOWEST_SECONDS = 2.0


def test_at_most_three_mails_an_hour_are_sent_whoever_asks_how_often_while_redis_hangs(stack: Stack) -> None:
    sign_up = stack.submit(stack.make_campaign(), stack.address())
    link_mail = stack.arrived(sign_up)
    form = visitor.form_of(visitor.get(f"{stack.url}/lost-link/"))

    def ask(_: int) -> visitor.Answer:
        return visitor.post(form.action, form.values | {"email": sign_up.email})

    stack.processes["redis"].suspend()
    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(ask, range(24)))
    stack.processes["redis"].resume()

    assert {(answer.status, answer.header("Location")) for answer in answers} == {(303, "/lost-link/sent/")}
    assert max(answer.seconds for answer in answers) < SLOWEST_SECONDS
    stack.sandbox.wait_for_messages(sign_up.email, 1 + MAILS_AN_HOUR, seconds=60)
    stack.wait_until_quiet(sign_up.email)
    _, *asked_for = stack.sandbox.messages(sign_up.email)
    assert len(asked_for) == MAILS_AN_HOUR
    for mail in asked_for:
        assert set(stack.room_links(mail)) == set(stack.room_links(link_mail))
        assert stack.private_links(mail) == stack.private_links(link_mail)
