"""The boxes by which people choose dates."""

from __future__ import annotations

import re

import pytest
from django.http import QueryDict

from registrations.forms import ChosenDates, DatesForm, DateSpec, DatesSpec, QuestionSpec, build_form

PERSON = "first_name=Anna&last_name=Petrova&email=anna@example.org"
DATES = DatesSpec(
    (
        DateSpec(7, "Thursday, 26 November 2026", "19:00–20:30", "Moscow, UTC+3", "<i>Part 1</i>", "2026-11-26T16:00:00Z"),
        DateSpec(12, "Thursday, 3 December 2026", "19:00–20:30", "Moscow, UTC+3", "Part 2", "2026-12-03T16:00:00Z"),
    ),
    zone="Europe/Moscow",
)
STANDING = DatesSpec(DATES.dates, DATES.zone, standing=True)


def posted(said: str, dates: DatesSpec | None = DATES):
    return build_form([QuestionSpec("a", "text", "A")], dates=dates)(QueryDict(f"{PERSON}&{said}"))


def test_dates_come_before_everything_else_and_only_where_there_are_some() -> None:
    assert list(build_form([QuestionSpec("a", "text", "A")], dates=DATES)().fields)[:2] == ["sessions", "first_name"]
    form = posted("sessions=7", dates=None)
    assert form.is_valid()
    assert form.dates() == ChosenDates()


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("sessions=12&sessions=7", ChosenDates((7, 12))),
        ("sessions=7&sessions=7", ChosenDates((7,))),
        ("sessions= 7 ", ChosenDates((7,))),
        ("all_dates=yes", ChosenDates(all_dates=True)),
        ("sessions=7&all_dates=yes", ChosenDates(all_dates=True)),
        ("sessions=99&all_dates=on", ChosenDates(all_dates=True)),
        ("sessions=7&all_dates=no", ChosenDates((7,))),
        ("sessions=7&all_dates=yes&had_all_dates=yes", ChosenDates((7,), all_dates=True)),
    ],
)
def test_what_was_ticked_is_what_was_chosen(said: str, chosen: ChosenDates) -> None:
    form = posted(said)
    assert form.is_valid(), form.errors
    assert form.dates() == chosen


@pytest.mark.parametrize("said", ["", "sessions=", "all_dates=", "all_dates=perhaps", "all_dates=yes&had_all_dates=yes"])
def test_at_least_one_is_required(said: str) -> None:
    assert posted(said).errors.as_data()["sessions"][0].code == "required"


@pytest.mark.parametrize("hostile", ["99", "-7", "7.0", "٧", "1e1", "7 12", "x", "%00", "7" * 5000, "<script>"])
def test_what_is_not_offered_is_said_so_and_nothing_breaks(hostile: str) -> None:
    form = posted(f"sessions=7&sessions={hostile}")
    assert form.errors.as_data()["sessions"][0].code == "invalid_choice"
    assert "<script>" not in form["sessions"].as_field_group()


def test_each_box_has_its_label_and_the_first_is_where_the_summary_of_errors_leads() -> None:
    html = posted("").__getitem__("sessions").as_field_group()
    labels = re.findall(r'<label for="([^"]+)"', html)
    assert labels == ["id_sessions", "id_sessions_1", "id_sessions_all"]
    assert set(labels) <= set(re.findall(r' id="([^"]+)"', html))
    assert "<legend>Dates</legend>" in html
    assert 'id="id_sessions_error"' in html
    [fieldset] = re.findall(r"<fieldset[^>]*>", html)
    assert 'aria-describedby="id_sessions_error"' in fieldset
    assert html.count('aria-invalid="true"') == 3
    assert "<i>" not in html
    assert html.count("data-starts=") == 2


def test_what_was_ticked_stays_ticked() -> None:
    html = posted("sessions=12&sessions=99")["sessions"].as_field_group()
    assert re.findall(r'value="([^"]+)" checked', html) == ["12"]
    assert re.findall(r'value="([^"]+)" checked', posted("all_dates=yes&email=x")["sessions"].as_field_group()) == ["yes"]


def test_whoever_has_chosen_before_finds_it_ticked() -> None:
    form = DatesForm(STANDING, initial={"sessions": ChosenDates((7,), all_dates=True)})
    html = form["sessions"].as_field_group()
    assert re.findall(r'value="([^"]+)" checked', html) == ["7", "yes"]
    assert "Dates that are added later, too" in html
    assert '<input type="hidden" name="had_all_dates" value="yes">' in html


def test_whoever_unticks_everything_is_led_to_cancelling() -> None:
    form = DatesForm(DATES, QueryDict(""))
    assert "cancel your registration instead" in str(form.errors)
