"""What must not grow with the number of people; `tests.bench.million` measures it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrations.models import OPEN_STATES, Enrollment, HeldFor, OutgoingEmail, Registration, Seat, StepState
from registrations.models.conditions import literally
from registrations.services import attention, listing
from registrations.services.standing import Standing, newest_of_standing
from tests import factories

pytestmark = pytest.mark.django_db

on_sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL tells conditions by their parameters, too")


def queries_of_the_list() -> int:
    with CaptureQueriesContext(connection) as queries:
        listing.upcoming()
    return sum("clock_timestamp" not in query["sql"] for query in queries)


def test_the_list_of_campaigns_costs_the_same_for_many_with_places_as_for_one() -> None:
    factories.make_person(campaign=factories.make_campaign(places=5))
    few = queries_of_the_list()
    for _ in range(4):
        factories.make_person(campaign=factories.make_campaign(places=5))
    assert queries_of_the_list() == few
    assert len(listing.upcoming()) == 5


@on_sqlite
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (Seat.objects.filter(literally("state", *OPEN_STATES), account=1), "seat_due"),
        (Seat.objects.filter(literally("state", StepState.PARKED)), "seat_parked"),
        (OutgoingEmail.objects.filter(literally("state", *OPEN_STATES), sender=1), "mail_due"),
        (OutgoingEmail.objects.filter(literally("state", StepState.PARKED)), "mail_parked"),
        (attention.registrations_at_work(), "seat_due"),
        (attention.registrations_entered(), "seat_visited"),
        (attention.registrations_held(), "wish_held"),
        (Enrollment.objects.filter(literally("held_for", HeldFor.PLACE)).values("registration__campaign"), "wish_place"),
        (attention.registrations_cancelled(), "wish_out"),
        (attention.registrations_mailed_twice(), "mail_twice"),
        (Registration.objects.filter(campaign=1).order_by("-pk").values("pk")[:50], "registration_of_campaign"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_few_rows_are_found_by_the_index_that_is_kept_for_them(rows: object, index: str) -> None:
    assert index in rows.explain()  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", ["a' OR 1=1 --", "", "a b", "a'"])
def test_only_constants_are_written_into_sql(value: str) -> None:
    with pytest.raises(AssertionError):
        literally("state", StepState.PARKED, value)


def test_people_of_a_standing_are_found_chunk_by_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("registrations.services.standing.CHUNK", 2)
    people = [factories.make_person() for _ in range(5)]
    for person in (people[0], people[3]):
        factories.park_seat(person)
    everybody = Registration.objects.all()

    def stopped(limit: int, at_most: int = 100) -> tuple[list[int], bool]:
        return newest_of_standing(people=everybody, standing=Standing.ATTENTION, limit=limit, at_most=at_most)

    assert stopped(5) == ([people[3].pk, people[0].pk], False)
    assert stopped(1) == ([people[3].pk], False)
    assert stopped(5, at_most=4) == ([people[3].pk], True)
