from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import translation

from registrations.mailing.kinds import CURRENT_TEXT_VERSION, KINDS
from registrations.mailing.letter import Letter, Page
from registrations.mailing.rendering import Words, render
from tests.mailing.letters import LINK, NOTICE, PRIVATE_URL, a_letter, a_meeting

STAFF_FACTS = {
    "account": "MTS Link, Law School",
    "scope": "account",
    "where": "",
    "reason": "The platform answers: the key is wrong.",
    "admin_url": "https://webinars.example.org/admin/account/1/",
}


def words_of(letter: Letter) -> Words:
    with translation.override("en"):
        return render(letter)


def a_letter_of(kind: str) -> Letter:
    facts = STAFF_FACTS if kind == "staff_pause" else {}
    return a_letter(kind=kind, facts=facts, private_url="" if facts else PRIVATE_URL)


def test_the_link_mail_says_first_that_the_link_is_personal():
    assert words_of(a_letter()).text.splitlines()[0] == NOTICE


def test_the_link_mail_holds_the_link_on_its_own_line_and_in_the_button():
    words = words_of(a_letter())
    assert LINK in words.text.splitlines()
    assert words.html.count(f'href="{LINK}"') == 1
    assert "26 November 2026, 19:00–20:30 (Moscow, UTC+3)" in words.text
    assert words.subject == "Your link: Reading contracts, 26 November 2026"


def test_meetings_of_one_link_share_one_button():
    meetings = tuple(a_meeting(title=f"Evening {number}", uid=str(number)) for number in (1, 2, 3))
    words = words_of(a_letter(meetings=meetings))
    assert words.text.count(LINK) == 1
    assert words.html.count(f'href="{LINK}"') == 1
    assert all(f"Evening {number}" in words.text for number in (1, 2, 3))


def test_meetings_of_different_links_have_a_button_each():
    meetings = tuple(a_meeting(title=f"Evening {number}", link=f"{LINK}{number}", uid=str(number)) for number in (1, 2))
    words = words_of(a_letter(meetings=meetings))
    for meeting in meetings:
        assert words.html.count(f'href="{meeting.link}"') == 1
        assert words.text.index(meeting.title) < words.text.index(meeting.link)
    assert "Here are your personal links." in words.text


@pytest.mark.parametrize("kind", ["link", "known"])
def test_a_link_that_is_not_there_yet_is_named_as_missing(kind: str):
    letter = a_letter(kind=kind, meetings=(a_meeting(), a_meeting(title="Second", link="", uid="2")))
    words = words_of(letter)
    for text in (words.text, words.html):
        assert LINK in text
        assert text.count("This link is not there yet") == 1


def test_a_link_mail_without_any_link_is_not_written():
    with pytest.raises(ValueError, match="needs a link"):
        words_of(a_letter(meetings=(a_meeting(link=""),)))


def test_a_known_person_is_told_under_which_name():
    assert "You are already registered as Anna Baker. Here is your link." in words_of(a_letter_of("known")).text


def test_a_known_person_without_a_link_is_promised_none_now():
    words = words_of(a_letter(kind="known", meetings=(a_meeting(link=""),)))
    assert "Here is your link" not in words.text
    assert NOTICE not in words.text
    assert "Your link follows" in words.text


def test_a_known_person_is_told_of_a_form_that_says_something_else_and_how_to_look_at_it():
    words = words_of(a_letter(kind="known", facts={"new_form": "form/"}))
    assert "does not say what we have on file" in words.text.replace("\n", " ")
    assert f"{PRIVATE_URL}form/" in words.text.splitlines()
    assert words.html.count(f'href="{PRIVATE_URL}form/"') == 1
    assert "The form you have just sent" not in words.text + words.html


def test_a_letter_of_a_known_person_that_was_frozen_before_there_was_such_a_fact_is_what_it_was():
    known = a_letter(kind="known", facts={})
    words = words_of(Letter.from_json(known.to_json()))
    assert "The form you have just sent is kept, and it changed nothing by itself." in words.text.replace("\n", " ")
    assert "Look at the new form" not in words.text + words.html


def test_a_delayed_person_is_told_what_happens_next():
    text = " ".join(words_of(a_letter_of("delayed")).text.split())
    assert "We have your form. The webinar platform is slow right now; your link follows as soon as it answers." in text


def test_a_cancelled_person_is_told_the_way_back():
    words = words_of(a_letter_of("cancelled"))
    assert "Your registration is cancelled." in words.text
    assert LINK not in words.text + words.html
    assert words.html.count(f'href="{PRIVATE_URL}"') == 2


@pytest.mark.parametrize(
    ("why", "sentence"),
    [
        ("event_over", "before the event ended"),
        ("event_cancelled", "The event has been cancelled"),
        ("full", "no place left"),
        ("refused", "did not accept your registration"),
        ("something_new", "We could not register you, so there is no link to send."),
    ],
)
def test_whoever_gets_no_link_is_told_why_and_whom_to_ask(why: str, sentence: str):
    words = words_of(a_letter(kind="no_link", facts={"why": why}))
    for text in (words.text, words.html):
        assert sentence in " ".join(text.split())
        assert "help@example.org" in text


@pytest.mark.parametrize(
    ("scope", "sentence"), [("account", "goes on by itself"), ("target", "once when the campaign is saved")]
)
def test_staff_learn_what_is_paused_why_and_what_resumes_it(scope: str, sentence: str):
    words = words_of(a_letter(kind="staff_pause", private_url="", meetings=(), facts={**STAFF_FACTS, "scope": scope}))
    assert words.subject == "Paused: MTS Link, Law School"
    assert STAFF_FACTS["reason"] in words.text
    assert STAFF_FACTS["admin_url"] in words.text.splitlines()
    assert sentence in " ".join(words.text.split())


@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_ends_with_a_human_contact_and_the_private_page(kind: str):
    words = words_of(a_letter_of(kind))
    assert "help@example.org" in words.text
    assert 'href="mailto:help@example.org"' in words.html
    if kind != "staff_pause":
        assert PRIVATE_URL in words.text.splitlines()
        assert f'href="{PRIVATE_URL}"' in words.html


@pytest.mark.parametrize("kind", KINDS)
def test_no_mail_loads_anything_or_runs_anything(kind: str):
    html = words_of(a_letter_of(kind)).html
    assert not re.search(r"<(img|script|link|iframe|form|object)\b|\bsrc=|url\(|@import", html)


@pytest.mark.parametrize("kind", KINDS)
def test_no_template_sign_is_left_over(kind: str):
    words = words_of(a_letter_of(kind))
    assert not re.search(r"\{\{|\{%|%\(", words.text + words.subject)


@pytest.mark.parametrize("kind", KINDS)
def test_text_lines_are_short_and_blank_lines_single(kind: str):
    text = words_of(a_letter_of(kind)).text
    assert all(len(line) <= 76 or "://" in line for line in text.splitlines())
    assert "\n\n\n" not in text


def test_styles_are_inlined_and_the_dark_ones_kept():
    html = words_of(a_letter(accent="#F2B705")).html
    button = re.search(r'<a href="[^"]*join[^"]*" style="([^"]*)"', html)
    assert button
    assert "color: #1a1d21" in button[1]
    assert "prefers-color-scheme: dark" in html
    assert html.count("<style>") == 1


def test_only_what_is_too_long_for_a_line_breaks_inside_a_word():
    assert "break-all" not in words_of(a_letter()).html


def test_the_private_page_promises_only_what_it_does():
    words = words_of(a_letter())
    for content in (words.html, " ".join(words.text.split())):
        assert "See your dates and links there, or cancel your registration." in content


@pytest.mark.parametrize("hostile", ["<b>Anna</b>", "{{join_url}}", "{{first_name}}", "{% now 'Y' %}", "%(what)s", '"><i>'])
def test_what_a_person_typed_stays_text(hostile: str):
    letter = a_letter(first_name=hostile, last_name="", event_title=hostile, intro="Dear {{first_name}}: {{event}}")
    words = words_of(letter)
    assert f"Dear {hostile}: {hostile}" in words.text
    assert words.subject.startswith(f"Your link: {hostile}")
    assert not re.search(r"<[bi]>", words.html)
    known = words_of(a_letter(kind="known", first_name=hostile, last_name=""))
    assert f"registered as {hostile}." in known.text


def test_the_marketers_text_is_escaped_and_keeps_its_lines():
    words = words_of(a_letter(intro="One <script>\ntwo & {{first_name}}\n\nthree {{nothing}}"))
    assert "One &lt;script&gt;<br>two &amp; Anna</p>" in words.html
    assert "One <script>\ntwo & Anna\n\nthree\n" in words.text


def test_a_greeting_of_the_marketers_own_replaces_ours():
    assert "Hello Anna," not in words_of(a_letter(intro="Dear {{first_name}},")).text
    assert "Hello Anna," in words_of(a_letter(intro="See you soon.")).text


def test_a_person_without_a_name_is_greeted_all_the_same():
    words = words_of(a_letter(first_name=" ", last_name=""))
    assert "Hello,\n" in words.text
    assert (
        "You are already registered. Here is your link." in words_of(a_letter(kind="known", first_name="", last_name="")).text
    )


def test_the_persons_own_time_stands_beside_the_events():
    assert "In your time: 26 November 2026, 21:00–22:30 (Yekaterinburg, UTC+5)" in (
        words_of(a_letter(person_zone="Asia/Yekaterinburg")).text
    )


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "events.example.com/1", "https://a.example/ b"])
def test_a_link_that_is_no_web_address_is_refused(link: str):
    with pytest.raises(ValueError, match="http"):
        words_of(a_letter(meetings=(a_meeting(link=link),)))
    with pytest.raises(ValueError, match="http"):
        words_of(a_letter(private_url=link))


ROOM = "https://events.example.com/1/join/a"


def a_page(**changes: Any) -> Page:
    values = {"title": "Reading laws", "private_url": f"{PRIVATE_URL}laws/", "cancelled": False, "meetings": ()}
    return Page(**{**values, **changes})


def a_list(*pages: Page) -> Letter:
    return a_letter(kind="lost_link", event_title="", meetings=(), private_url="", pages=pages)


def test_a_mail_of_several_registrations_lists_each_with_its_links_and_page():
    one, other = a_page(meetings=(a_meeting(link=ROOM),)), a_page(title="Courts", meetings=(a_meeting(link=""),))
    words = words_of(a_list(one, other))
    assert words.subject == "The links you asked for"
    assert words.text.splitlines().count(ROOM) == 1
    assert words.html.count(f'href="{ROOM}"') == 1
    assert words.text.index("Reading laws") < words.text.index(ROOM) < words.text.index("Courts")
    assert words.text.splitlines().count(f"{PRIVATE_URL}laws/") == 2
    assert "This link is not there yet" in words.text
    assert "because somebody asked on our site for the links of this address" in " ".join(words.text.split())
    assert "somebody signed up" not in words.html


def test_a_link_that_all_dates_share_is_said_once():
    dates = (a_meeting(link=ROOM), a_meeting(link=ROOM, title="Second part", uid="seat-2@x.org"))
    words = words_of(a_list(a_page(meetings=dates)))
    assert words.html.count(f'href="{ROOM}"') == 1
    assert "Second part" in words.text


def test_a_cancelled_registration_is_listed_with_its_page_alone():
    words = words_of(a_list(a_page(cancelled=True)))
    assert "Your registration is cancelled." in words.text
    assert f"{PRIVATE_URL}laws/" in words.text.splitlines()


@pytest.mark.parametrize("hostile", ["<b>x</b>", "{{ contact }}", "%(what)s"])
def test_a_listed_title_stays_text(hostile: str):
    words = words_of(a_list(a_page(title=hostile)))
    assert hostile in words.text
    assert "<b>x" not in words.html


def test_a_listed_link_that_is_no_web_address_is_refused():
    for page in (a_page(private_url="javascript:alert(1)"), a_page(meetings=(a_meeting(link="data:text/html,x"),))):
        with pytest.raises(ValueError, match="http"):
            words_of(a_list(page))


def test_an_unknown_kind_or_text_version_is_refused():
    for letter in (a_letter(kind="greeting"), a_letter(text_version=CURRENT_TEXT_VERSION + 1)):
        with pytest.raises(ValueError, match="no words for"):
            words_of(letter)


def test_a_long_title_leaves_room_for_the_date_in_the_subject():
    subject = words_of(a_letter(event_title="Contracts " * 60)).subject
    assert len(subject) <= 200
    assert subject.endswith("…, 26 November 2026")
