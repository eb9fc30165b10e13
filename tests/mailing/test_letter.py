from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType

from registrations.mailing.letter import Letter
from tests.mailing.letters import LINK, PRIVATE_URL, a_letter, a_meeting


def test_a_letter_comes_back_from_json_as_it_was():
    letter = a_letter(
        first_name="Анна",
        meetings=(a_meeting(), a_meeting(uid="2", ends_at=None)),
        facts=MappingProxyType({"why": "event_over"}),
    )
    assert Letter.from_json(letter.to_json()) == replace(letter, facts={"why": "event_over"})


def test_the_same_letter_has_the_same_json():
    assert a_letter(facts={"a": "1", "b": "2"}).to_json() == a_letter(facts={"b": "2", "a": "1"}).to_json()


def test_a_field_of_a_later_release_is_passed_over():
    values = json.loads(a_letter().to_json())
    values["mood"] = values["meetings"][0]["mood"] = "calm"
    assert Letter.from_json(json.dumps(values)) == a_letter()


def test_a_printed_letter_shows_no_link_name_or_address():
    shown = repr(a_letter(facts={"code": "hunter2"}))
    assert not [secret for secret in (LINK, PRIVATE_URL, "Anna", "anna@example.net", "hunter2") if secret in shown]


def test_a_letter_keeps_what_calendars_are_to_take_out():
    letter = a_letter(withdrawn=(a_meeting(uid="2"),))
    assert Letter.from_json(letter.to_json()) == letter
    values = json.loads(letter.to_json())
    del values["withdrawn"]  # as an earlier release wrote it
    assert Letter.from_json(json.dumps(values)) == a_letter()
