"""A list of people brought into a campaign: each once, quietly, and so that it may break off anywhere."""

from __future__ import annotations

import gc
import threading
import time
import tracemalloc
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registrations.models import (
    Campaign,
    Enrollment,
    Import,
    OutgoingEmail,
    Priority,
    Registration,
    Seat,
    StepState,
    Submission,
    TimelineEntry,
    db_now,
)
from registrations.services import answering, cancelling, import_rows, imports, newcomers, privacy, signup
from registrations.services.campaigns import Availability
from registrations.services.import_rows import Row
from registrations.services.imports import DoesNotFit, Receipt
from registrations.services.signup import Entry, NotOpen
from tests import factories
from tests.services import racing
from tests.services.conftest import World
from tests.services.timing import end_event

pytestmark = pytest.mark.django_db(transaction=True)


def address(number: int) -> str:
    return f"listed{number:05}@example.org"


def row(number: int, **values: Any) -> Row:
    return Row(
        **{"email": address(number), "first_name": "Мария", "last_name": f"Соколова-{number}", "line": number + 1} | values
    )


def people(*numbers: int) -> list[Row]:
    return [row(number) for number in numbers]


def bring(campaign: Campaign, rows: Iterable[Row], **values: Any) -> Receipt:
    return imports.record(
        campaign_id=campaign.pk, **{"name": "spring.csv", "basis": "They agreed", "user_id": None, "rows": rows} | values
    )


def sums(receipt: Receipt) -> tuple[int, int, int, int]:
    counts = receipt.counts
    return counts.new, counts.known, counts.refused, counts.repeated


def everything() -> list[Any]:
    """All that an import could have changed for people."""
    kinds: list[Any] = [Registration, Submission, Enrollment, Seat, OutgoingEmail, TimelineEntry]
    return [list(kind.objects.order_by("pk").values()) for kind in kinds]


# --- what is written down ---


def test_everybody_of_a_list_waits_for_a_seat_behind_those_who_ask_for_themselves() -> None:
    campaign, user = factories.make_campaign(), factories.make_user()
    receipt = bring(campaign, people(1, 2), user_id=user.pk)
    assert sums(receipt) == (2, 0, 0, 0)
    assert receipt.due.seats == {campaign.event.account_id}
    seat = Seat.objects.get(address=address(1))
    assert (seat.state, seat.wish, seat.priority) == (StepState.QUEUED, "in", Priority.BULK)
    assert (seat.event, seat.session, seat.account) == (campaign.event, campaign.session, campaign.event.account)
    registration = Registration.objects.get(email=address(1))
    assert (registration.first_name, registration.last_name, registration.language) == ("Мария", "Соколова-1", "en")
    assert registration.enrollments.get().seat == seat
    entry = registration.timeline.get()
    assert (entry.code, entry.actor_id, entry.data["import"]) == ("imported", user.pk, receipt.import_id)


def test_an_import_remembers_why_we_may_write_and_what_became_of_its_rows() -> None:
    campaign = factories.make_campaign()
    factories.make_person(campaign=campaign, email=address(1))
    bring(campaign, [*people(1, 2, 3, 2), row(4, email="nobody")], basis="Agreed on our stand")
    done = Import.objects.get()
    assert (done.name, done.basis) == ("spring.csv", "Agreed on our stand")
    assert (done.new, done.known, done.refused) == (2, 1, 1)
    assert done.ended_at is not None


@pytest.mark.parametrize(("name", "value"), [("name", ""), ("basis", ""), ("basis", "x" * 301)])
def test_a_list_without_a_name_or_a_basis_is_not_taken(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        bring(factories.make_campaign(), people(1), **{name: value})
    assert not Import.objects.exists()
    assert not Registration.objects.exists()


def test_every_private_page_has_an_address_of_its_own() -> None:
    bring(factories.make_campaign(), people(*range(20)))
    tokens = {registration.token for registration in Registration.objects.all()}
    assert len(tokens) == 20
    assert min(len(token) for token in tokens) >= 43


def test_an_imported_row_is_a_submission_that_the_form_could_not_have_made() -> None:
    campaign = factories.make_campaign()
    receipt = bring(campaign, people(1))
    submission = Submission.objects.get()
    assert (submission.form_token, submission.imported_id) == (f"import:{receipt.import_id}", receipt.import_id)
    assert submission.content_hash == signup.content_hash(Entry(address(1), "Мария", "Соколова-1"))


def test_whoever_is_imported_gets_their_link_by_mail(world: World) -> None:
    campaign = world.campaign()
    bring(campaign, people(1, 2, 3, 4))
    world.settle()
    for number in (1, 2, 3, 4):
        [participation] = world.at_platform(address(number))
        [mail] = world.sandbox.wait_for_messages(address(number), seconds=3)
        assert participation["link"] in mail["links"]


def test_nobody_who_was_imported_is_told_that_the_link_is_late(settings: Any) -> None:
    campaign = factories.make_campaign()
    bring(campaign, people(1))
    factories.make_person(campaign=campaign)
    settings.CLOCK_OFFSET_SECONDS = timedelta(minutes=10).total_seconds()
    answering.follow_up()
    assert [mail.registration.email != address(1) for mail in OutgoingEmail.objects.all() if mail.registration] == [True]


# --- which rows ---


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"email": "nobody"}, "E-mail: Enter an e-mail address like name@example.com."),
        ({"email": ""}, "E-mail: Enter your e-mail address."),
        ({"first_name": " "}, "First name: Enter your first name."),
        ({"last_name": ""}, "Last name: Enter your last name."),
        ({"first_name": "x" * 101}, "First name: Ensure this value has at most 100 characters (it has 101)."),
        ({"answers": {}}, "City: Answer this question."),
        ({"answers": {"city": "Omsk", "role": "King"}}, "Role: Choose one of the listed answers."),
        ({"answers": {"city": "Omsk", "news": "perhaps"}}, "News: Write yes or no."),
        ({"fault": "It has more cells than there are columns."}, "It has more cells than there are columns."),
    ],
)
def test_a_row_that_the_form_would_not_take_is_refused_with_its_line_and_reason(values: dict[str, Any], why: str) -> None:
    campaign = factories.make_campaign()
    factories.make_question(campaign, key="city", label="City", required=True)
    factories.make_question(campaign, key="role", label="Role", type="choice", choices="Buyer\nSeller")
    factories.make_question(campaign, key="news", label="News", type="checkbox")
    good = {"city": "Omsk", "role": "Buyer", "news": "да"}
    receipt = bring(campaign, [row(1, answers=good), row(2, **{"answers": good} | values)])
    assert sums(receipt) == (1, 0, 1, 0)
    assert [(refusal.line, refusal.why) for refusal in receipt.counts.refusals] == [(3, why)]
    assert Registration.objects.get().answers == {"city": "Omsk", "role": "Buyer", "news": "yes"}


def test_no_more_refused_rows_are_kept_than_somebody_would_read() -> None:
    campaign = factories.make_campaign()
    receipt = bring(campaign, [row(number, email="nobody") for number in range(imports.REFUSALS_KEPT + 50)])
    assert receipt.counts.refused == imports.REFUSALS_KEPT + 50
    assert len(receipt.counts.refusals) == imports.REFUSALS_KEPT


@pytest.mark.parametrize("word", ["", "нет", "No", "0"])
def test_a_box_that_a_list_says_no_to_is_not_ticked(word: str) -> None:
    campaign = factories.make_campaign()
    factories.make_question(campaign, key="news", type="checkbox")
    bring(campaign, [row(1, answers={"news": word})])
    assert Registration.objects.get().answers == {"news": ""}


def test_a_phone_number_is_read_as_the_campaigns_form_reads_it() -> None:
    campaign = factories.make_campaign(language="ru")
    factories.make_question(campaign, key="phone", type="phone")
    bring(campaign, [row(1, answers={"phone": "8 900 123-45-67"})])
    assert Registration.objects.get().answers == {"phone": "+79001234567"}


def test_every_type_of_question_is_read_from_a_cell_as_its_form_reads_it() -> None:
    campaign = factories.make_campaign()
    other = {"offers_other": True}
    factories.make_question(campaign, key="part", type="heading", required=True)
    factories.make_question(campaign, key="years", type="number", options={"maximum": "60"})
    factories.make_question(campaign, key="since", type="date")
    factories.make_question(campaign, key="role", type="radio", choices="Buyer\nSeller", options=other)
    factories.make_question(campaign, key="topics", type="multiple", choices="Mail\nForms", options=other)
    factories.make_question(campaign, key="from", type="hidden", options={"url_parameter": "utm_source", "default": "site"})
    said = {"years": "7,0", "since": "17.05.2020", "role": "Chef", "topics": "Forms; Mail; Pasta", "from": "fair", "part": "x"}
    receipt = bring(campaign, [row(1, answers=said), row(2), row(3, answers={"years": "61"})])
    assert sums(receipt) == (2, 0, 1, 0)
    kept = {"years": "7", "since": "2020-05-17", "role": "Chef", "topics": "Mail\nForms\nPasta", "from": "fair"}
    first, second = Registration.objects.order_by("email")
    assert first.answers == kept
    assert second.answers == dict.fromkeys(kept, "")
    # What was kept can be brought in again.
    elsewhere = factories.make_campaign()
    for question in campaign.questions.all():
        question.pk, question.campaign = None, elsewhere
        question.save()
    bring(elsewhere, [row(5, answers=kept)])
    assert elsewhere.registrations.get().answers == kept


def test_somebody_named_twice_is_one_person_however_far_apart_and_however_spelt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_rows, "CHUNK_ROWS", 2)
    campaign = factories.make_campaign()
    factories.make_person(campaign=campaign, email=address(9))
    rows = [*people(1, 9, 2, 9, 1), row(1, email=f" {address(1).upper()} ", last_name="Other")]
    assert sums(bring(campaign, rows)) == (2, 1, 0, 3)
    assert Registration.objects.count() == 3


# --- whom a list leaves alone ---


def test_nothing_at_all_happens_to_whoever_is_known(world: World) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, address(1))
    world.settle()
    before = everything()
    receipt = bring(campaign, [row(1, first_name="Other")])
    assert sums(receipt) == (0, 1, 0, 0)
    assert not receipt.due
    assert everything() == before
    world.settle()
    assert len(world.sandbox.wait_for_messages(person.email, seconds=0.2)) == 1


def test_a_list_never_brings_back_whoever_cancelled() -> None:
    campaign = factories.make_campaign()
    cancelling.cancel(token=factories.make_person(campaign=campaign, email=address(1)).token)
    before = everything()
    assert sums(bring(campaign, people(1))) == (0, 1, 0, 0)
    assert everything() == before


def test_a_list_for_another_campaign_of_the_event_does_not_bring_them_back_either() -> None:
    campaign = factories.make_campaign()
    cancelling.cancel(token=factories.make_person(campaign=campaign, email=address(1)).token)
    other = factories.make_campaign(event=campaign.event)
    assert sums(bring(other, people(1, 2))) == (1, 1, 0, 0)
    assert Seat.objects.get(address=address(1)).wish == "out"
    assert not Registration.objects.filter(campaign=other, email=address(1)).exists()


@racing.on_postgresql
def test_whoever_leaves_while_the_list_is_written_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.make_campaign()
    person = factories.make_person(campaign=campaign, email=address(1))
    other = factories.make_campaign(event=campaign.event)
    known = newcomers.known

    def overtaken(*arguments: Any) -> set[str]:
        found = known(*arguments)
        assert racing.at_once(partial(cancelling.cancel, token=person.token)) == []
        return found

    monkeypatch.setattr(newcomers, "known", overtaken)
    assert sums(bring(other, people(1, 2))) == (1, 1, 0, 0)
    assert Seat.objects.get(address=address(1)).wish == "out"
    assert not Registration.objects.filter(campaign=other, email=address(1)).exists()


def test_a_list_never_brings_back_whoever_was_erased() -> None:
    campaign, other = factories.make_campaign(), factories.make_campaign()
    factories.make_person(campaign=campaign, email=address(1))
    privacy.erase(address=address(1), user_id=None)
    assert sums(bring(other, people(1, 2))) == (1, 1, 0, 0)
    assert not Registration.objects.filter(email=address(1)).exists()


# --- people of another campaign of the same event ---


def test_a_seat_that_somebody_has_already_is_shared_and_their_mail_needs_no_call(world: World) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, address(1))
    world.settle()
    calls = world.sandbox.counters()
    other = world.campaign_for(campaign.event, session=campaign.session)
    receipt = bring(other, people(1))
    assert Seat.objects.get() == world.seat(person)
    assert receipt.due.emails
    world.settle()
    assert world.sandbox.counters() == calls
    mails = world.sandbox.wait_for_messages(address(1), 2, seconds=3)
    assert {world.seat(person).link in mail["links"] for mail in mails} == {True}


def test_a_seat_that_somebody_waits_for_keeps_its_place_and_answers_both(world: World) -> None:
    campaign = world.campaign()
    person = world.sign_up(campaign, address(1))
    before = Seat.objects.values().get()
    bring(world.campaign_for(campaign.event, session=campaign.session), people(1))
    assert Seat.objects.values().get() == before
    world.settle()
    assert world.seat(person).priority == Priority.NOW
    assert len(world.sandbox.wait_for_messages(address(1), 2, seconds=3)) == 2


def test_a_seat_that_stands_still_is_tried_once_more() -> None:
    campaign = factories.make_campaign()
    factories.park_seat(factories.make_person(campaign=campaign, email=address(1)), reason="missing_answer")
    bring(factories.make_campaign(event=campaign.event), people(1))
    assert Seat.objects.get().state == StepState.QUEUED


# --- the form meanwhile ---


def test_whoever_signs_up_while_their_imported_seat_waits_becomes_urgent() -> None:
    campaign = factories.make_campaign()
    bring(campaign, people(1, 2))
    factories.make_person(campaign=campaign, email=address(1))
    assert Seat.objects.get(address=address(1)).priority == Priority.NOW
    assert Seat.objects.get(address=address(2)).priority == Priority.BULK


def test_so_does_whoever_signs_up_by_another_campaign_of_the_event() -> None:
    campaign = factories.make_campaign()
    bring(campaign, people(1))
    factories.make_person(campaign=factories.make_campaign(event=campaign.event), email=address(1))
    assert Seat.objects.get().priority == Priority.NOW


def test_whoever_was_imported_and_leaves_need_not_wait_for_the_others() -> None:
    campaign = factories.make_campaign()
    bring(campaign, people(1))
    cancelling.cancel(token=Registration.objects.get().token)
    assert (Seat.objects.get().wish, Seat.objects.get().priority) == ("out", Priority.NOW)


def test_forms_of_listed_people_at_the_same_moment_make_nobody_twice_and_break_nothing() -> None:
    campaign = factories.make_campaign()
    other = factories.make_campaign(event=campaign.event)

    def sign_up(somewhere: Campaign, number: int) -> None:
        entry = Entry(address(number), "Мария", "Соколова")
        signup.record(campaign_id=somewhere.pk, form_token=f"form-{number}", entry=entry)

    def many(somewhere: Campaign, numbers: Iterable[int]) -> None:
        for number in numbers:
            sign_up(somewhere, number)

    numbers = range(400)
    raised = racing.at_once(
        partial(bring, campaign, people(*numbers)),
        partial(bring, campaign, people(*reversed(numbers)), name="the same list from its end"),
        partial(bring, other, people(*reversed(numbers))),
        partial(many, campaign, numbers[::8]),
        partial(many, campaign, numbers[::-16]),
        partial(many, other, numbers[::-8]),
    )
    assert raised == []
    for somewhere in (campaign, other):
        assert Registration.objects.filter(campaign=somewhere).count() == 400
        assert Enrollment.objects.filter(registration__campaign=somewhere, wish="in").count() == 400
    assert Seat.objects.count() == 400
    brought = sum(Import.objects.values_list("new", flat=True))
    assert Submission.objects.filter(imported__isnull=False).count() == brought
    assert Submission.objects.filter(imported__isnull=False).values("registration").distinct().count() == brought


@racing.on_postgresql
def test_two_lists_with_the_same_people_in_another_order_never_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.make_campaign()
    both = threading.Barrier(2)
    known = newcomers.known

    def together(*arguments: Any) -> set[str]:
        found = known(*arguments)
        both.wait(10)
        return found

    monkeypatch.setattr(newcomers, "known", together)
    rows = people(*range(import_rows.CHUNK_ROWS))
    assert racing.at_once(partial(bring, campaign, rows), partial(bring, campaign, rows[::-1])) == []
    assert Registration.objects.count() == len(rows)


@racing.on_postgresql
def test_a_form_between_the_look_and_the_writing_is_left_to_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = factories.make_campaign()
    known = newcomers.known

    def overtaken(*arguments: Any) -> set[str]:
        found = known(*arguments)
        assert racing.at_once(partial(factories.make_person, campaign=campaign, email=address(1))) == []
        return found

    monkeypatch.setattr(newcomers, "known", overtaken)
    assert sums(bring(campaign, people(1, 2))) == (1, 1, 0, 0)
    person = Registration.objects.get(email=address(1))
    assert person.submissions.get().imported_id is None
    assert Seat.objects.get(address=address(1)).priority == Priority.NOW


# --- breaking off and going on ---


def broken_after(rows: list[Row], count: int) -> Iterator[Row]:
    yield from rows[:count]
    raise KeyboardInterrupt


def test_an_import_that_broke_off_goes_on_and_repeats_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_rows, "CHUNK_ROWS", 3)
    campaign = factories.make_campaign()
    factories.make_person(campaign=campaign, email=address(5))
    rows = [row(0, email="nobody"), *people(*range(1, 10))]
    with pytest.raises(KeyboardInterrupt):
        bring(campaign, broken_after(rows, 7))
    begun = Import.objects.get()
    assert (begun.ended_at, begun.new) == (None, 4)
    assert imports.unfinished(campaign_id=campaign.pk, name="spring.csv") == begun
    before = list(Submission.objects.order_by("pk").values_list("pk", flat=True))
    receipt = imports.resume(import_id=begun.pk, rows=rows)
    assert sums(receipt) == (4, 1, 1, 0)
    begun.refresh_from_db()
    assert (begun.new, begun.known, begun.refused) == (8, 1, 1)
    assert begun.ended_at is not None
    assert list(Submission.objects.order_by("pk").values_list("pk", flat=True))[: len(before)] == before
    assert Registration.objects.count() == Submission.objects.count() == Seat.objects.count() == 9
    assert imports.unfinished(campaign_id=campaign.pk, name="spring.csv") is None


def test_going_on_twice_changes_nothing_more() -> None:
    campaign = factories.make_campaign()
    receipt = bring(campaign, people(1, 2))
    before = everything()
    assert sums(imports.resume(import_id=receipt.import_id, rows=people(1, 2))) == (0, 0, 0, 0)
    assert everything() == before
    assert Import.objects.get().new == 2


# --- whether the campaign takes anybody ---


@pytest.mark.parametrize("changes", [{"closes_at": timedelta(hours=-1)}, {"opens_at": timedelta(hours=1)}])
def test_when_the_form_opens_and_closes_is_nothing_to_a_list(changes: dict[str, timedelta]) -> None:
    campaign = factories.make_campaign(**{name: db_now() + length for name, length in changes.items()})
    assert sums(bring(campaign, people(1))) == (1, 0, 0, 0)


@pytest.mark.parametrize(("status", "why"), [("cancelled", Availability.CANCELLED), ("finished", Availability.OVER)])
def test_an_event_that_is_gone_takes_no_list(status: str, why: Availability) -> None:
    campaign = factories.make_campaign()
    type(campaign.session).objects.update(status=status)
    for attempt in (bring, _preview):
        with pytest.raises(NotOpen) as refusal:
            attempt(campaign, people(1))
        assert refusal.value.availability is why
    assert not Import.objects.exists()


def test_an_event_that_is_over_takes_no_list() -> None:
    campaign = factories.make_campaign()
    end_event(campaign, hours=1)
    with pytest.raises(NotOpen):
        bring(campaign, people(1))


def _preview(campaign: Campaign, rows: Iterable[Row]) -> imports.Preview:
    return imports.preview(campaign_id=campaign.pk, rows=rows)


@pytest.mark.parametrize("chunk", [2, 1000])
def test_a_list_that_does_not_fit_is_refused_as_a_whole(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(import_rows, "CHUNK_ROWS", chunk)
    campaign = factories.make_campaign(places=5)
    factories.make_person(campaign=campaign, email=address(1))
    for attempt in (bring, _preview):
        with pytest.raises(DoesNotFit) as refusal:
            attempt(campaign, people(*range(1, 7)))
        assert refusal.value.places_left == 4
    assert not Import.objects.exists()
    assert Registration.objects.count() == 1
    assert sums(bring(campaign, people(*range(1, 6)))) == (4, 1, 0, 0)


def test_known_people_need_no_place() -> None:
    campaign = factories.make_campaign(places=1)
    factories.make_person(campaign=campaign, email=address(1))
    assert sums(bring(campaign, people(1))) == (0, 1, 0, 0)


def test_the_last_places_go_to_a_list_or_to_forms_and_never_to_both() -> None:
    campaign = factories.make_campaign(places=30)
    raised = racing.at_once(
        partial(bring, campaign, people(*range(25))),
        *(partial(factories.make_person, campaign=campaign, email=f"form{number}@example.org") for number in range(10)),
    )
    assert all(isinstance(error, DoesNotFit) for error in raised)
    assert Enrollment.objects.filter(wish="in").count() <= 30
    listed = Submission.objects.filter(imported__isnull=False).count()
    assert listed in (0, 25)


# --- before it is done ---


def test_a_preview_counts_what_the_import_then_does_and_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_rows, "CHUNK_ROWS", 2)
    campaign = factories.make_campaign()
    factories.make_person(campaign=campaign, email=address(1))
    rows = [*people(1, 2, 3, 2, 4), row(5, email="nobody")]
    before = everything()
    preview = _preview(campaign, rows)
    assert everything() == before
    assert preview.counts == bring(campaign, rows).counts
    assert preview.forecast.people == 3


# --- long lists ---


def test_a_list_is_written_while_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_rows, "CHUNK_ROWS", 10)
    written: list[int] = []

    def read() -> Iterator[Row]:
        for number in range(40):
            written.append(Registration.objects.count())
            yield row(number)

    bring(factories.make_campaign(), read())
    assert written == [number // 10 * 10 for number in range(40)]


def test_a_long_list_takes_no_more_memory_than_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_rows, "CHUNK_ROWS", 50)

    def read(count: int) -> Iterator[Row]:
        for number in range(count):
            if number % 50 == 0:
                gc.collect()  # what is no longer needed is not what is kept
            yield row(number)

    def peak(count: int) -> int:
        campaign = factories.make_campaign()
        tracemalloc.start()
        try:
            bring(campaign, read(count))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(50)
    bytes_a_row = (peak(700) - peak(100)) / 600
    assert bytes_a_row < 200  # each row that was kept would take 400


def test_the_number_of_queries_does_not_grow_with_the_people_of_a_chunk() -> None:
    few, many = factories.make_campaign(), factories.make_campaign()
    with CaptureQueriesContext(connection) as for_few:
        bring(few, people(*range(10)))
    with CaptureQueriesContext(connection) as for_many:
        bring(many, people(*range(30)))
    assert len(for_many) == len(for_few)


@racing.on_postgresql
@pytest.mark.parametrize(("people_there", "told"), [(40, [40, 40, 40]), (50, [50, 50, 50]), (10, [0, 0, 0])])
def test_the_database_is_told_how_much_there_is_after_a_long_list(
    people_there: int, told: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imports, "ANALYZE_FROM", 20)
    monkeypatch.setattr(import_rows, "CHUNK_ROWS", 20)
    tables = [kind._meta.db_table for kind in (Registration, Seat, Submission)]
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")
        bring(factories.make_campaign(), people(*range(people_there)))
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = ANY(%s)", [tables])
        assert [int(row[0]) for row in cursor.fetchall()] == told


def test_known_people_cost_less_than_new_ones() -> None:
    campaign = factories.make_campaign()
    rows = people(*range(2000))

    def seconds() -> float:
        began = time.perf_counter()
        bring(campaign, rows)
        return time.perf_counter() - began

    first, second = seconds(), seconds()
    assert list(Import.objects.order_by("pk").values_list("new", "known")) == [(2000, 0), (0, 2000)]
    assert second < first  # measured: about a third
