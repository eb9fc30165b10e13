"""`manage.py resume_delivery`: says what would leave, and does it only when told to."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command

from registrations.models import Delivery, db_now
from registrations.services import pauses
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


def told(*arguments: str) -> str:
    words = StringIO()
    call_command("resume_delivery", *arguments, stdout=words)
    return words.getvalue()


@pytest.fixture
def restored() -> None:
    """A restored database in which one mail is open and one person waits."""
    factories.let_in(factories.make_person())
    factories.make_person()
    Delivery.objects.create(pk=1, behind_since=db_now(), ticks=3, witnessed_ticks=11)


def test_a_database_that_is_not_behind_has_nothing_to_resume() -> None:
    assert "nothing to resume" in told()
    assert "nothing to resume" in told("--yes")


@pytest.mark.usefixtures("restored")
def test_without_yes_it_reports_and_changes_nothing() -> None:
    words = told()
    assert "8 ticks (3 here, 11 seen)" in words
    assert "1 (link 1); all of them may have been sent already" in words
    assert "registrations not finished  1" in words
    assert "Nothing was changed." in words
    assert Delivery.is_paused()


@pytest.mark.usefixtures("restored")
@pytest.mark.parametrize(
    ("choice", "state", "second_copy"), [((), "parked", False), (("--mails", "send"), "queued", True)], ids=["hold", "send"]
)
def test_with_yes_delivery_goes_on(choice: tuple[str, ...], state: str, second_copy: bool) -> None:
    assert "Delivery goes on" in told("--yes", *choice)
    assert not Delivery.is_paused()
    mail = factories.OutgoingEmail.objects.get()
    assert (mail.state, mail.possible_second_copy) == (state, second_copy)


@pytest.mark.usefixtures("restored")
def test_it_says_that_a_pause_by_staff_still_stands() -> None:
    pauses.pause_everything(user_id=None)
    assert "still paused by staff" in told("--yes")
