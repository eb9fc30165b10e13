"""Nobody learns from the public pages whether an address is known: anyone can type anyone's address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.processes import visitor
from tests.processes.stack import MadeCampaign, SignUp, Stack
from tests.processes.visitor import HANDED_OVER, Answer, wait_until

pytestmark = pytest.mark.processes


def seen(answer: Answer, sign_up: SignUp) -> tuple[int, list[tuple[str, str]], bytes]:
    """All that a visitor gets to see, without the token and the address that they brought themselves."""
    token = sign_up.progress_url.rstrip("/").rpartition("/")[2]

    def plain(text: str) -> str:
        return text.replace(token, "TOKEN").replace(sign_up.email, "ADDRESS")

    headers = [(name, plain(value)) for name, value in answer.headers if name.lower() != "date"]
    return answer.status, headers, plain(answer.text).encode()


def follow(stack: Stack, sign_ups: dict[str, SignUp]) -> dict[str, list[object]]:
    """What each visitor sees from the answer to their post to the end, the same thing said twice counted once."""
    told: dict[str, list[object]] = {who: [seen(sign_up.posted, sign_up)] for who, sign_up in sign_ups.items()}

    def look() -> bool:
        done = True
        for who, sign_up in sign_ups.items():
            page = visitor.get(sign_up.progress_url)
            fragment = visitor.get(f"{sign_up.progress_url}state/")
            # The mail may leave between the two looks; the next round sees both after it.
            if (HANDED_OVER in page.text) == (HANDED_OVER in fragment.text):
                now = (seen(page, sign_up), seen(fragment, sign_up))
                if told[who][-1] != now:
                    told[who].append(now)
            done = done and HANDED_OVER in page.text and HANDED_OVER in fragment.text
        return done

    look()
    stack.processes["seats"].resume()
    wait_until(look, "everybody to be told that the mail is out")
    return told


def was_tried(stack: Stack, address: str) -> bool:
    """Whether the platform's last answer about an address was none to go by."""
    return any(seat["reason"] for seat in stack.person(address)["seats"])


@contextmanager
def nobody_registers(stack: Stack, campaign: MadeCampaign) -> Iterator[None]:
    """No platform is called meanwhile; mails go out, and those queued within are out at the end, if they may be."""
    leaving = stack.submit(campaign, stack.address())
    [private] = set(stack.private_links(stack.arrived(leaving)))
    stack.processes["seats"].suspend()
    yield
    visitor.post(f"{private}cancel/", {})
    stack.sandbox.wait_for_messages(leaving.email, 2)


def test_a_known_address_is_answered_like_an_unknown_one(each_stack: Stack) -> None:
    campaign, known = each_stack.make_campaign(), each_stack.address("known")
    each_stack.arrived(each_stack.submit(campaign, known))
    with nobody_registers(each_stack, campaign):
        sign_ups = {
            "fresh": each_stack.submit(campaign, each_stack.address("fresh")),
            "known": each_stack.submit(campaign, known),
            "known, asked for again": each_stack.submit(campaign, known),
        }
    told = follow(each_stack, sign_ups)

    assert [len(states) for states in told.values()] == [3, 3, 3]
    assert told["known"] == told["fresh"]
    assert told["known, asked for again"] == told["fresh"]


def test_a_cancelled_address_is_answered_like_an_unknown_one(stack: Stack) -> None:
    campaign, gone = stack.make_campaign(), stack.address("gone_")
    [private] = set(stack.private_links(stack.arrived(stack.submit(campaign, gone))))
    visitor.post(f"{private}cancel/", {})
    stack.wait_until_quiet(gone)
    with nobody_registers(stack, campaign):
        sign_ups = {"fresh": stack.submit(campaign, stack.address("fresh")), "gone": stack.submit(campaign, gone)}
    told = follow(stack, sign_ups)

    assert len(told["fresh"]) == 3
    assert told["gone"] == told["fresh"]


def test_a_known_address_waits_out_a_pause_like_an_unknown_one(stack: Stack) -> None:
    key = stack.sandbox.set_key()["key"]
    account_id = stack.make_account(key)
    campaign, known = stack.make_campaign(account_id=account_id), stack.address("known")
    stack.arrived(stack.submit(campaign, known))
    stack.sandbox.set_key(key, active=False)
    sign_ups = {"fresh": stack.submit(campaign, stack.address("fresh"))}
    wait_until(lambda: stack.ask("open_pauses", account_id=account_id), "the account to pause")
    sign_ups["known"] = stack.submit(campaign, known)
    # Whoever signs up later elsewhere is served: by then the known one would have been too, if they were at all.
    stack.arrived(stack.submit(stack.make_campaign(), stack.address()))
    assert not stack.is_handed_over(sign_ups["known"])

    stack.sandbox.set_key(key, active=True)
    stack.ask("retry_account", account_id=account_id)
    told = follow(stack, sign_ups)
    assert told["known"] == told["fresh"]


def test_a_known_address_waits_out_an_outage_like_an_unknown_one(stack: Stack) -> None:
    campaign, known = stack.make_campaign(), stack.address("known")
    stack.arrived(stack.submit(campaign, known))
    stack.sandbox.fault("*", "status_before_work", status=503, count=None)
    sign_ups = {"fresh": stack.submit(campaign, stack.address("fresh"))}
    wait_until(lambda: was_tried(stack, sign_ups["fresh"].email), "the outage to be felt")
    sign_ups["known"] = stack.submit(campaign, known)
    wait_until(lambda: was_tried(stack, known) or stack.is_handed_over(sign_ups["known"]), "the known one's turn")
    assert not stack.is_handed_over(sign_ups["known"])

    stack.sandbox.clear_faults()
    for sign_up in sign_ups.values():
        stack.ask("hurry", address=sign_up.email)
    told = follow(stack, sign_ups)
    assert told["known"] == told["fresh"]


def test_a_known_address_gets_its_own_link_and_who_asks_sees_nothing_of_it(stack: Stack) -> None:
    campaign, known = stack.make_campaign(), stack.address("known")
    mail = stack.arrived(stack.submit(campaign, known))
    form = stack.filled_form(campaign, known)
    form.values.update(first_name="Mallory", last_name="Intruder")
    second = stack.send(form)
    stack.wait_until_handed_over(second)
    _, answer = stack.sandbox.wait_for_messages(known, 2)

    assert set(stack.room_links(answer)) == set(stack.room_links(mail))
    [link] = set(stack.room_links(mail))
    for page in (second.posted, visitor.get(second.progress_url), visitor.get(f"{second.progress_url}state/")):
        assert link not in page.text
        assert "Petrov" not in page.text
    [participation] = stack.participations(known)
    assert (participation["name"], participation["secondName"]) == ("Ivan", "Petrov")
