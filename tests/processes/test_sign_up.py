"""The whole way of a person, over real HTTP and SMTP, with every process that production has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.processes import visitor
from tests.processes.stack import Stack
from tests.processes.visitor import wait_until

pytestmark = pytest.mark.processes


def test_a_form_leads_to_a_mail_whose_link_opens_the_room(each_stack: Stack) -> None:
    sign_up = each_stack.submit(each_stack.make_campaign(), each_stack.address())
    mail = each_stack.arrived(sign_up)

    [calendar] = [item for item in mail["attachments"] if item["content_type"].startswith("text/calendar")]
    [link] = set(each_stack.room_links(mail))
    assert "METHOD:REQUEST" in calendar["content"]
    assert link in calendar["content"].replace("\r\n ", "").replace("\n ", "")


def test_a_series_is_one_registration_and_one_mail_with_all_dates(each_stack: Stack) -> None:
    mail = each_stack.arrived(each_stack.submit(each_stack.make_campaign(series=True), each_stack.address()))

    [calendar] = mail["attachments"]
    assert calendar["content"].count("BEGIN:VEVENT") == 3


def test_the_private_page_gives_the_link_of_the_mail(stack: Stack) -> None:
    mail = stack.arrived(stack.submit(stack.make_campaign(), stack.address()))
    [private] = set(stack.private_links(mail))

    page = visitor.get(private)
    assert page.status == 200
    assert set(stack.room_links(mail)) == {link for link in visitor.links_of(page) if link.startswith(stack.sandbox.url)}
    calendar = visitor.get(f"{private}calendar.ics")
    assert calendar.status == 200
    assert calendar.text.count("BEGIN:VEVENT") == 1
    # The visitor fails at any answer that sets a cookie, so none of these pages did.


def test_answers_reach_the_platforms_extra_fields_and_moderation_lets_our_people_in(stack: Stack) -> None:
    stack.sandbox.switches(is_accepted_flag="ignored")
    campaign = stack.make_campaign(moderated=True, extra_fields=["City"])
    sign_up = stack.submit(campaign, stack.address(), city="Perm")
    stack.arrived(sign_up)

    [participation] = stack.participations(sign_up.email)
    assert participation["additionalFields"] == {campaign.event.fields["City"]: "Perm"}


def test_whoever_cancels_and_comes_back_has_one_registration_and_a_new_link(each_stack: Stack) -> None:
    sign_up = each_stack.submit(each_stack.make_campaign(), each_stack.address())
    first = each_stack.arrived(sign_up)
    [old_link] = set(each_stack.room_links(first))
    [private] = set(each_stack.private_links(first))

    question = visitor.form_of(visitor.get(f"{private}cancel/"))
    assert visitor.post(question.action, question.values).status == 303
    wait_until(lambda: not each_stack.participations(sign_up.email), "the platform to forget the person")
    each_stack.wait_until_quiet(sign_up.email)
    assert visitor.get(old_link).status == 404

    back = visitor.form_of(visitor.get(private))
    assert visitor.post(back.action, back.values).status == 303
    mails = each_stack.sandbox.wait_for_messages(sign_up.email, 3)
    each_stack.wait_until_quiet(sign_up.email)

    [participation] = each_stack.participations(sign_up.email)
    assert [mail["kind"] for mail in each_stack.person(sign_up.email)["mails"]] == ["link", "cancelled", "link"]
    assert set(each_stack.room_links(mails[2])) == {participation["link"]}
    assert participation["link"] != old_link
    assert visitor.get(old_link).status == 404
    each_stack.assert_opens(participation["link"])
    assert len(each_stack.sandbox.messages(sign_up.email)) == 3


def test_a_change_of_mind_before_anything_happened_costs_nobody_their_place(stack: Stack) -> None:
    sign_up = stack.submit(stack.make_campaign(), stack.address())
    [private] = set(stack.private_links(stack.arrived(sign_up)))

    stack.processes["seats"].suspend()
    visitor.post(f"{private}cancel/", {})
    visitor.post(f"{private}return/", {})
    stack.processes["seats"].resume()
    stack.wait_until_quiet(sign_up.email)

    [participation] = stack.participations(sign_up.email)
    last = stack.sandbox.messages(sign_up.email)[-1]
    assert set(stack.room_links(last)) == {participation["link"]}
    stack.assert_opens(participation["link"])


@pytest.mark.parametrize("last_word", ["return", "cancel"])
def test_a_change_of_mind_during_a_call_is_heeded_after_it(stack: Stack, last_word: str) -> None:
    sign_up = stack.submit(stack.make_campaign(), stack.address())
    [private] = set(stack.private_links(stack.arrived(sign_up)))
    if last_word == "cancel":
        visitor.post(f"{private}cancel/", {})
        stack.wait_until_quiet(sign_up.email)

    route = {"return": "delete", "cancel": "register"}[last_word]
    fault = stack.sandbox.fault(route, "latency", seconds=1.0, count=2)
    visitor.post(f"{private}{'cancel' if last_word == 'return' else 'return'}/", {})
    wait_until(lambda: stack.hits(fault["id"]), "the call to be under way")
    assert visitor.post(f"{private}{last_word}/", {}).status == 303
    stack.wait_until_quiet(sign_up.email)

    links = [item["link"] for item in stack.participations(sign_up.email)]
    assert len(links) == (1 if last_word == "return" else 0)
    last = stack.sandbox.messages(sign_up.email)[-1]
    assert list(set(stack.room_links(last))) == links
    for link in links:
        stack.assert_opens(link)


def test_two_campaigns_of_one_event_share_the_place_until_both_are_cancelled(stack: Stack) -> None:
    address = stack.address()
    campaign = stack.make_campaign()
    first = stack.submit(campaign, address)
    one = stack.arrived(first)
    second = stack.submit(stack.make_campaign(event=campaign.event), address)
    stack.wait_until_handed_over(second)
    _, other = stack.sandbox.wait_for_messages(address, 2)
    [participation] = stack.participations(address)
    assert set(stack.room_links(one)) == set(stack.room_links(other)) == {participation["link"]}

    [private], [other_private] = set(stack.private_links(one)), set(stack.private_links(other))
    assert visitor.post(f"{private}cancel/", {}).status == 303
    stack.wait_until_quiet(address)
    stack.assert_opens(participation["link"])

    assert visitor.post(f"{other_private}cancel/", {}).status == 303
    wait_until(lambda: not stack.participations(address), "the platform to forget the person")
    assert visitor.get(participation["link"]).status == 404


def test_fifty_posts_of_one_address_at_once_are_one_registration(each_stack: Stack) -> None:
    campaign, address = each_stack.make_campaign(), each_stack.address()
    # Everybody presses twice: 25 forms, each sent two times.
    forms = [each_stack.filled_form(campaign, address) for _ in range(25)] * 2
    with ThreadPoolExecutor(len(forms)) as pool:
        sign_ups = list(pool.map(each_stack.send, forms))
    each_stack.wait_until_handed_over(*sign_ups)
    each_stack.wait_until_quiet(address)

    person = each_stack.person(address)
    assert person["registrations"] == len(person["seats"]) == len(each_stack.participations(address)) == 1
    assert person["submissions"] == len({sign_up.progress_url for sign_up in sign_ups}) == 25
    sent = [mail["kind"] for mail in person["mails"] if not mail["silent"]]
    assert sent.count("link") == 1
    assert sent.count("known") <= 1
    assert len(each_stack.sandbox.messages(address)) == len(sent)
