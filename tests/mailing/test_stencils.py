"""What mails share is written once; each still says exactly what it would say by itself, and nothing of anybody else's."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from registrations.mailing import stencils
from registrations.mailing.compose import compose
from registrations.mailing.content import content_of
from registrations.mailing.kinds import KINDS
from registrations.mailing.letter import Letter
from tests.mailing.hostile import HOSTILE
from tests.mailing.letters import a_letter, a_meeting

STAFF_FACTS = {
    "account": "MTS Link, Law School",
    "scope": "account",
    "where": "",
    "reason": "The platform answers: the key is wrong.",
    "admin_url": "https://webinars.example.org/admin/account/1/",
}
NAMES = HOSTILE | st.sampled_from(["", "Anna", "Мария-Луиза", "O'Brien & Sons", "Ivan P.", "x" * 90, "a.b://c"])
LINKS = st.from_regex(r"https://[a-z0-9.-]{1,12}/[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]{0,60}", fullmatch=True)
MOMENTS = st.integers(0, 10**8).map(lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
ZONES = st.sampled_from(["", "Asia/Yekaterinburg", "Europe/Moscow", "Nowhere/At_All"])
INTROS = HOSTILE | st.sampled_from(
    [
        "",
        "Dear {{first_name}} {{last_name}}. See you",
        "{{first_name}}.",
        "{{ last_name }}, " + "long words " * 20 + "{{first_name}}",
    ]
)


@st.composite
def letters(draw: st.DrawFn) -> Letter:
    links = draw(st.lists(LINKS | st.just(""), min_size=1, max_size=3))
    starts_at = draw(MOMENTS)
    kind = draw(st.sampled_from([kind for kind in KINDS if kind != "staff_pause"]))
    titles = draw(st.lists(st.sampled_from(["Reading contracts", "Другая встреча; часть, 2\\3"]), min_size=3, max_size=3))
    return a_letter(
        kind=kind,
        language=draw(st.sampled_from(["en", "ru"])),
        recipient=draw(st.sampled_from(["anna@example.net", "o'brien+x@sub-domain.example.org", "a" * 60 + "@example.org"])),
        first_name=draw(NAMES),
        last_name=draw(NAMES),
        meetings=tuple(
            a_meeting(
                title=titles[number],
                link=link,
                starts_at=starts_at + timedelta(days=number),
                ends_at=draw(st.sampled_from([None, starts_at + timedelta(days=number, hours=1)])),
                uid=f"r7-s{number}@example.org",
                sequence=number,
            )
            for number, link in enumerate(links)
        ),
        person_zone=draw(ZONES),
        private_url=draw(LINKS | st.just("")),
        intro=draw(INTROS),
        dated_at=draw(MOMENTS),
        facts={
            "why": draw(st.sampled_from(["", "slow", "event_over"])),
            **draw(st.sampled_from([{}, {"new_form": "form/"}])),
        },
    )


def written(letter: Letter) -> object:
    """What a letter says, or the words in which it was refused."""
    try:
        return content_of(letter)
    except ValueError as error:
        return str(error)


def filled(letter: Letter) -> object:
    try:
        return stencils.fill(letter)
    except ValueError as error:
        return str(error)


@given(letters())
@settings(max_examples=400, deadline=None)
def test_a_filled_stencil_says_what_the_letter_says_by_itself(letter: Letter):
    assert filled(letter) in (written(letter), None)


@given(st.text("abcXYZ-' йцукен&", max_size=80), st.text("abcXYZ-' йцукен&", max_size=80), LINKS)
@settings(max_examples=60, deadline=None)
def test_usual_names_and_links_go_into_a_stencil(first_name: str, last_name: str, link: str):
    assume(not set(link) & set(",;"))
    letter = a_letter(first_name=first_name, last_name=last_name, meetings=(a_meeting(link=link),))
    assert stencils.fill(letter) == content_of(letter)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_mail_has_a_stencil(kind: str, language: str):
    facts = STAFF_FACTS if kind == "staff_pause" else {}
    letter = a_letter(kind=kind, language=language, facts=facts, private_url="" if facts else "https://example.org/r/x/")
    assert stencils.fill(letter) == content_of(letter)


@pytest.mark.parametrize(
    "changes",
    [
        {"first_name": 'Anna "Ann"'},
        {"last_name": "<b>"},
        {"first_name": "Anna B."},
        {"private_url": 'https://example.org/r/"/'},
    ],
)
def test_values_that_do_not_simply_go_into_a_gap_are_left_to_the_long_way(changes: dict[str, str]):
    letter = a_letter(**changes)
    assert stencils.fill(letter) is None
    assert compose(letter).alternatives[0].content == content_of(letter).words.html


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "events.example.com/1", "https://a.example/ b"])
def test_what_is_no_web_address_never_goes_into_a_gap(link: str):
    with pytest.raises(ValueError, match="http"):
        compose(a_letter(meetings=(a_meeting(link=link),)))
    with pytest.raises(ValueError, match="http"):
        compose(a_letter(private_url=link))


def test_a_letter_that_cannot_be_written_is_refused_every_time():
    for _ in range(2):
        with pytest.raises(ValueError, match="needs a link"):
            compose(a_letter(meetings=(a_meeting(link=""),)))
        with pytest.raises(ValueError, match="no words for"):
            compose(a_letter(kind="greeting"))


def somebody(number: int) -> tuple[dict[str, str], Letter]:
    """Somebody with values that nobody else has, and their letter; some have no last name, some come in another language."""
    own = {
        "recipient": f"{secrets.token_hex(6)}@example.net",
        "first_name": f"F{secrets.token_hex(5)}{' & Co' * (number % 3 == 0)}{'.' * (number % 7 == 0)}",
        "last_name": f"L{secrets.token_hex(5)}" if number % 5 else "",
        "private_url": f"https://webinars.example.org/r/{secrets.token_urlsafe(24)}/",
        "link": f"https://events.example.com/join/{secrets.token_hex(12)}{'?a=1&b=2' * (number % 4 == 0)}",
        "uid": f"r{number}-{secrets.token_hex(4)}@webinars.example.org",
    }
    letter = a_letter(
        kind=("link", "known", "cancelled")[number % 3],
        language=("en", "ru")[number % 2],
        message_id=f"<{secrets.token_hex(8)}@webinars.example.org>",
        intro="Dear {{first_name}} {{last_name}}, welcome." if number % 2 else "",
        meetings=(a_meeting(link=own["link"], uid=own["uid"]),),
        **{name: own[name] for name in ("recipient", "first_name", "last_name", "private_url")},
    )
    return own, letter


def everything_in(letter: Letter) -> str:
    """All that a reader could find in a mail, decoded, with the calendar file unfolded."""
    message = message_from_bytes(compose(letter).as_bytes(), policy=policy.default)
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    text = "\n".join([*map(str, message.values()), *parts])
    return text.replace("\r\n ", "").replace("&amp;", "&")


def test_no_two_peoples_mails_share_anything_personal():
    people = [somebody(number) for number in range(150)]
    mails = [everything_in(letter) for _, letter in people]
    for number, (own, letter) in enumerate(people):
        wanted = [own["recipient"], own["private_url"]]
        wanted += [own["first_name"]] if letter.kind == "link" or letter.intro else []
        wanted += [] if letter.kind == "cancelled" else [own["link"]]
        assert all(value in mails[number] for value in wanted)
    for one, (own, _) in enumerate(people):
        secrets_of_one = {value for name, value in own.items() if name != "last_name" or value}
        for other, mail in enumerate(mails):
            assert one == other or not any(value in mail for value in secrets_of_one)


def test_a_stencil_knows_nobody():
    own, letter = somebody(1)
    stencils._stencil.cache_clear()
    assert stencils.fill(letter)
    assert stencils._stencil.cache_info().currsize == 1
    names = [stencils.clean_person_name(own["first_name"]), stencils.clean_person_name(own["last_name"])]
    shape = stencils._shape_of(letter, names, [own["link"]])
    kept = f"{shape} {stencils._stencil(shape)}"
    assert stencils._stencil.cache_info().misses == 1
    assert not any(value in kept for value in own.values() if value)


def test_what_is_kept_does_not_grow_with_people_nor_without_end_with_campaigns():
    stencils._stencil.cache_clear()
    for number in range(30):
        stencils.fill(somebody(30 * number + 1)[1])
    assert stencils._stencil.cache_info().currsize == 1
    for number in range(stencils.KEPT + 10):
        stencils.fill(a_letter(event_title=f"Evening {number}"))
    assert stencils._stencil.cache_info().currsize == stencils.KEPT


def test_the_address_of_a_new_form_is_filled_from_the_persons_own_page_alone():
    stencils._stencil.cache_clear()
    letters_of_all = [replace(somebody(30 * number + 1)[1], kind="known", facts={"new_form": "form/"}) for number in range(20)]
    for letter in letters_of_all:
        mail = everything_in(letter)
        assert mail.count(letter.private_url + "form/") == 2
        assert not any(other.private_url in mail for other in letters_of_all if other is not letter)
    assert stencils._stencil.cache_info().currsize == 1


def test_no_mark_of_a_gap_is_left_over():
    for number in range(12):
        assert not re.search(stencils._SALT, everything_in(somebody(number)[1]))
