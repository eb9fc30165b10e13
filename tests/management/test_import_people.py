"""`manage.py import_people`: says what it would do, does it with --yes, and one line for a file that will not do."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from registrations import pipeline
from registrations.models import Campaign, Import, Pause, Registration, Seat, Submission
from registrations.services import import_rows, imports
from registrations.services.due import Due
from tests import factories
from tests.services.timing import end_event

pytestmark = pytest.mark.django_db(transaction=True)

BASIS = "--basis=They agreed on our stand"
GOOD = "email,first_name,last_name\nanna@example.org,Anna,Li\nboris@example.org,Борис,Ким\n"

Write = Callable[[str | bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "spring.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[Due]:
    rings: list[Due] = []
    monkeypatch.setattr(pipeline, "ring", rings.append)
    return rings


def run(campaign: Campaign, path: Path, *arguments: str) -> str:
    out = StringIO()
    call_command("import_people", campaign.slug, str(path), *arguments, stdout=out)
    return out.getvalue()


def refused(campaign: Campaign, path: Path, *arguments: str) -> str:
    """What the command says when it ends with exit code 1."""
    with pytest.raises(CommandError) as error:
        run(campaign, path, BASIS, *arguments)
    assert error.value.returncode == 1
    said = str(error.value)
    assert "\n" not in said
    return said


def make_campaign(**values: Any) -> Campaign:
    event = factories.make_event(account=factories.make_account(calls_per_second=2))
    return factories.make_campaign(event=event, title="Spring talk", **values)


def test_without_yes_it_only_tells_what_it_would_do(write: Write, rung: list[Due]) -> None:
    campaign = make_campaign()
    factories.make_person(campaign=campaign, email="anna@example.org")
    said = run(campaign, write(GOOD + "nobody,No,Body\n\nboris@example.org,Boris,Kim\n"), BASIS)
    assert "spring.csv for “Spring talk”: 1 new, 1 known before (nothing happens to them), 1 refused, 1 named twice." in said
    assert "  line 4: E-mail: Enter an e-mail address like name@example.com.\n" in said
    assert "1 person, about 1 s\n" in said
    assert "Nothing was written." in said
    assert Registration.objects.count() == 1
    assert not Import.objects.exists()
    assert rung == []


def test_it_tells_how_long_a_long_list_takes(write: Write) -> None:
    rows = "".join(f"person{number}@example.org,Anna,Li\n" for number in range(1200))
    assert "1,200 people, about 12 s\n" in run(make_campaign(), write("email,first_name,last_name\n" + rows), BASIS)


def test_it_tells_when_nobody_can_tell_how_long(write: Write) -> None:
    campaign = make_campaign()
    factories.make_pause(campaign.event.account)
    assert "2 people, the account is paused\n" in run(campaign, write(GOOD), BASIS)


def test_with_yes_it_does_it_and_rings(write: Write, rung: list[Due]) -> None:
    campaign = make_campaign()
    said = run(campaign, write(GOOD), BASIS, "--yes")
    done = Import.objects.get()
    assert f"Import {done.pk} is written down: 2 new, 0 known before (nothing happens to them), 0 refused.\n" in said
    assert (done.campaign, done.name, done.basis) == (campaign, "spring.csv", "They agreed on our stand")
    assert set(Registration.objects.values_list("email", "first_name", "last_name")) == {
        ("anna@example.org", "Anna", "Li"),
        ("boris@example.org", "Борис", "Ким"),
    }
    assert rung == [Due(seats=frozenset({campaign.event.account_id}))]


def test_doing_it_twice_does_nothing_to_anybody(write: Write) -> None:
    campaign = make_campaign()
    run(campaign, write(GOOD), BASIS, "--yes")
    before = list(Submission.objects.values()), list(Seat.objects.values())
    assert "0 new, 2 known before" in run(campaign, write(GOOD), BASIS, "--yes")
    assert (list(Submission.objects.values()), list(Seat.objects.values())) == before


# --- files as people keep them ---


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("\n", "\r\n"),
        GOOD.removesuffix("\n"),
        GOOD.replace("email,first_name,last_name", "E-mail,Имя,Фамилия"),
        'last_name,email,first_name\nLi,anna@example.org,Anna\n"Ким",boris@example.org,Борис\n',
        GOOD + ",,\n\n",
    ],
)
def test_a_file_may_be_written_in_any_usual_way(write: Write, content: str) -> None:
    run(make_campaign(), write(content), BASIS, "--yes")
    assert set(Registration.objects.values_list("email", "first_name", "last_name")) == {
        ("anna@example.org", "Anna", "Li"),
        ("boris@example.org", "Борис", "Ким"),
    }


def test_further_columns_are_the_answers_to_the_campaigns_questions(write: Write) -> None:
    campaign = make_campaign()
    factories.make_question(campaign, key="city")
    content = 'id,email,first_name,last_name,city\n7,anna@example.org,Anna,Li,"Omsk, centre"\n'
    said = run(campaign, write(content), BASIS, "--yes")
    assert "Left out, for the campaign does not ask for it: id.\n" in said
    assert Registration.objects.get().answers == {"city": "Omsk, centre"}


def test_lines_are_counted_as_an_editor_counts_them(write: Write) -> None:
    content = 'email,first_name,last_name\nanna@example.org,"Anna\nMaria",Li\n\nnobody,No,Body\nx@example.org,A,B,C\n'
    said = run(make_campaign(), write(content), BASIS)
    assert "  line 5: E-mail:" in said
    assert "  line 6: It has more cells than there are columns.\n" in said
    assert "1 new, 0 known before (nothing happens to them), 2 refused." in said


def test_no_refused_row_is_quoted(write: Write) -> None:
    said = run(make_campaign(), write("email,first_name,last_name\nsecret-person@@example.org,Vera,Secretova\n"), BASIS)
    assert "1 refused" in said
    assert "ecret" not in said


def test_many_refused_rows_are_told_in_part(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "REFUSALS_KEPT", 2)
    said = run(make_campaign(), write("email,first_name,last_name\n" + "x,y,z\n" * 5), BASIS)
    assert said.count("  line ") == 2
    assert "  and 3 more\n" in said


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "these are missing: email, first_name, last_name."),
        ("email,first_name\nanna@example.org,Anna\n", "these are missing: last_name."),
        ("email,e-mail,first_name,last_name\n", "These columns are there twice: email."),
        ("anna@example.org,Anna,Li\n", "these are missing: email, first_name, last_name."),
        (GOOD.encode("cp1251"), "The file is not UTF-8. Save it as “CSV UTF-8” and try again."),
        (GOOD + 'x@example.org,"A,B\n', "Line 4 cannot be read as CSV; look at its quotation marks."),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_one_line(write: Write, content: str | bytes, why: str) -> None:
    said = refused(make_campaign(), write(content), "--yes")
    assert said.startswith("spring.csv: ")
    assert why in said
    assert not Registration.objects.exists()


def test_a_file_that_is_not_there_is_told_in_one_line(tmp_path: Path) -> None:
    assert "missing.csv: The file cannot be opened: No such file" in refused(make_campaign(), tmp_path / "missing.csv")


# --- when it cannot be done ---


def test_a_reason_why_we_may_write_is_needed(write: Write) -> None:
    with pytest.raises(CommandError, match="--basis"):
        run(make_campaign(), write(GOOD), "--yes")
    assert not Registration.objects.exists()


def test_a_campaign_that_does_not_exist_is_told_in_one_line(write: Write) -> None:
    with pytest.raises(CommandError, match="There is no campaign at /c/nowhere/"):
        call_command("import_people", "nowhere", str(write(GOOD)), BASIS)


def test_an_event_that_is_over_is_told_in_one_line(write: Write) -> None:
    campaign = make_campaign()
    end_event(campaign, hours=1)
    assert refused(campaign, write(GOOD)) == "Nobody can be imported: the event is over."


def test_a_list_that_does_not_fit_is_told_in_one_line(write: Write) -> None:
    campaign = make_campaign(places=1)
    assert refused(campaign, write(GOOD), "--yes") == "The list does not fit, so nobody was imported. Free places: 1."
    assert not Registration.objects.exists()


# --- breaking off ---


def test_an_import_that_broke_off_is_gone_on_with(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_rows, "CHUNK_ROWS", 1)
    campaign = make_campaign()
    bad = GOOD + 'x@example.org,"A,B\n'
    path = write(bad)
    with pytest.MonkeyPatch.context() as blind:
        blind.setattr(imports, "preview", lambda **_: imports.Preview(imports.Counts(), forecast=imports.forecast.NOBODY))
        refused(campaign, path, "--yes")
    begun = Import.objects.get()
    assert (begun.new, begun.ended_at) == (2, None)
    path = write(GOOD + "vera@example.org,Vera,Li\n")
    assert f"to go on with it: --resume {begun.pk}" in run(campaign, path, BASIS)
    said = run(campaign, path, f"--resume={begun.pk}", "--yes")
    assert f"Import {begun.pk} is written down: 1 new" in said
    begun.refresh_from_db()
    assert (begun.new, begun.known) == (3, 0)
    assert begun.ended_at is not None
    assert "--resume" not in run(campaign, path, BASIS)


def test_the_import_of_another_campaign_is_not_gone_on_with(write: Write) -> None:
    run(make_campaign(), write(GOOD), BASIS, "--yes")
    number = Import.objects.get().pk
    assert refused(make_campaign(), write(GOOD), f"--resume={number}") == f"This campaign has no import {number}."


def test_a_pause_stops_no_import(write: Write) -> None:
    campaign = make_campaign()
    factories.make_pause(campaign.event.account)
    assert Pause.objects.exists()
    run(campaign, write(GOOD), BASIS, "--yes")
    assert Registration.objects.count() == 2
