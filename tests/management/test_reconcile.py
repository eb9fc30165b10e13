"""`manage.py reconcile`: compares now, and says what it found."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from registrations.services import reconciliation
from registrations.services.reconciliation import Outcome
from registrations.webinar.errors import Unavailable
from registrations.webinar.provider import Participation
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[Participation]:
    """What the platform lists of everything."""
    people: list[Participation] = []
    monkeypatch.setattr(reconciliation, "_listed", lambda account, comparison: people)
    return people


def told(*arguments: str) -> str:
    words = StringIO()
    call_command("reconcile", *arguments, stdout=words)
    return words.getvalue()


def test_it_says_how_many_are_where(listed: list[Participation]) -> None:
    campaign = factories.make_campaign()
    factories.let_in(factories.make_person(campaign=campaign))
    listed.append(Participation(participation_id="p0", email="olga@example.net"))
    words = told()
    assert f"session {campaign.session.external_id}: 1 here, 1 there; 1 missing at the platform, 1 there only" in words
    assert "olga" not in words


@pytest.mark.usefixtures("listed")
def test_what_was_compared_today_is_compared_again_only_when_asked() -> None:
    factories.make_campaign()
    assert "0 here" in told()
    assert "Nothing to compare" in told()
    assert "0 here" in told("--again")


def test_a_list_that_cannot_be_read_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.make_campaign()

    def away(*args: object) -> list[Outcome]:
        raise Unavailable("connect_failed")

    monkeypatch.setattr(reconciliation, "_listed", away)
    with pytest.raises(CommandError, match="1 of 1 could not be compared"):
        told()
