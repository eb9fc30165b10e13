"""A known person's second form: what their mail says of it, and what becomes of it."""

from __future__ import annotations

import itertools
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import LazySettings

from registrations.models import Choosing, OutgoingEmail, Registration, StepState, Submission, TimelineEntry
from registrations.services import form_verdicts, private_page, progress, second_forms, signup
from registrations.services.form_verdicts import Hindered, Hindrance, UnknownForm
from registrations.services.second_forms import Verdict
from registrations.services.signup import Entry
from registrations.services.tokens import UnknownToken
from tests import factories
from tests.services import racing
from tests.services.conftest import World
from tests.services.timing import put_forward

IVAN = "ivan@example.com"
TYPED_BY_SOMEBODY = {"first_name": "Strange", "last_name": "Words", "answers": {"company": "https://evil.example/"}}

_tokens = (f"second-{number}" for number in itertools.count(1))


def send_again(person: Registration, **typed: Any) -> Submission:
    """A second form of a known address; the same content but for what is typed."""
    same = {"first_name": person.first_name, "last_name": person.last_name, "answers": person.answers}
    entry = Entry(email=person.email, **{**same, **typed})
    signup.record(campaign_id=person.campaign_id, form_token=next(_tokens), entry=entry)
    return person.submissions.latest("pk")


def codes(person: Registration) -> list[str]:
    return list(person.timeline.order_by("pk").values_list("code", flat=True))


# What the mail says


@pytest.fixture
def ivan(world: World) -> Registration:
    """Somebody who is registered and has their link by mail."""
    person = world.sign_up(world.campaign(starts_in=100, questions=[{"key": "company", "label": "Company"}]), IVAN)
    world.settle()
    return person


def test_a_form_that_says_something_else_is_told_of_without_a_word_of_it(world: World, ivan: Registration) -> None:
    send_again(ivan, **TYPED_BY_SOMEBODY)
    world.drain_seats()
    _, mail = world.mails(IVAN, 2)
    assert "already registered as Ivan Petrov" in mail["text"]
    assert "does not say what we have on file" in " ".join(mail["text"].split())
    assert private_page_address(ivan) + "form/" in mail["links"]
    for word in ("Strange", "Words", "evil.example"):
        assert word not in mail["raw"] if "raw" in mail else word not in mail["text"] + mail.get("html", "")


def private_page_address(person: Registration) -> str:
    return f"http://testserver/r/{person.token}/"


def test_a_form_that_says_the_same_is_answered_as_ever(world: World, ivan: Registration) -> None:
    send_again(ivan, answers={"company": ""})
    world.drain_seats()
    _, mail = world.mails(IVAN, 2)
    assert "The form you have just sent is kept" in mail["text"]
    assert "form/" not in mail["text"]


def test_a_repeat_of_such_a_mail_is_the_same_mail(world: World, ivan: Registration) -> None:
    form = send_again(ivan, **TYPED_BY_SOMEBODY)
    world.drain_seats()
    world.drain_mails()
    form.refresh_from_db()
    assert form.mail is not None
    assert form.mail.facts == {"new_form": "form/"}
    assert '"new_form": "form/"' in form.mail.letter


# The day after "that was not me"


def test_after_not_me_no_further_form_is_told_of_for_a_day(world: World, ivan: Registration, settings: LazySettings) -> None:
    form = send_again(ivan, **TYPED_BY_SOMEBODY)
    world.drain_seats()
    world.drain_mails()
    form_verdicts.decide(token=ivan.token, form_id=form.pk, verdict=Verdict.NOT_MINE)
    put_forward(settings, minutes=11)

    receipt = signup.record(
        campaign_id=ivan.campaign_id, form_token=next(_tokens), entry=Entry(email=IVAN, first_name="Stranger still")
    )
    world.drain_seats()
    world.drain_mails()
    kept = ivan.submissions.latest("pk")
    assert (kept.first_name, kept.from_known_person) == ("Stranger still", True)
    assert progress.read(token=receipt.progress_token).handed_over
    assert [mail.silent for mail in ivan.mails.filter(kind="known").order_by("pk")] == [False, True]

    put_forward(settings, minutes=24 * 60)
    send_again(ivan, first_name="The day after")
    world.drain_seats()
    world.drain_mails()
    assert not ivan.mails.filter(kind="known").latest("pk").silent


def test_not_me_in_one_campaign_silences_no_other(world: World, ivan: Registration, settings: LazySettings) -> None:
    other = world.sign_up(world.campaign(starts_in=100), IVAN)
    world.settle()
    form = send_again(ivan, **TYPED_BY_SOMEBODY)
    form_verdicts.decide(token=ivan.token, form_id=form.pk, verdict=Verdict.NOT_MINE)
    put_forward(settings, minutes=11)
    send_again(other, first_name="Ivan the Second")
    world.settle()
    assert OutgoingEmail.objects.get(registration=other, kind="known").silent is False


# What the person decides


@pytest.fixture
def person(db: None) -> Registration:
    """Somebody whose link is there."""
    campaign = factories.make_campaign()
    factories.make_question(campaign, key="company", label="Company")
    made = factories.make_person(campaign=campaign, answers={"company": "Acme"})
    factories.let_in(made)
    return made


def test_the_answers_of_an_adopted_form_count_and_nothing_is_asked_of_the_platform(person: Registration) -> None:
    form = send_again(person, first_name="Анна", answers={"company": "Ромашка"})
    before = factories.seat_of(person)
    assert not form_verdicts.decide(token=person.token, form_id=form.pk, verdict=Verdict.ADOPTED)
    person.refresh_from_db()
    form.refresh_from_db()
    assert (person.first_name, person.answers) == ("Анна", {"company": "Ромашка"})
    assert form.verdict == Verdict.ADOPTED
    assert codes(person)[-1] == TimelineEntry.Code.FORM_ADOPTED
    assert person.timeline.latest("pk").data == {"submission": form.pk}
    after = factories.seat_of(person)
    assert (after.version, after.state, after.link_hash) == (before.version, before.state, before.link_hash)
    assert second_forms.waiting(person) is None


def test_a_seat_that_needs_attention_is_tried_again_with_the_new_answers(db: None) -> None:
    person = factories.make_person()
    factories.park_seat(person, reason="missing_answer")
    form = send_again(person, first_name="Анна")
    factories.park_seat(person, reason="missing_answer")
    assert form_verdicts.decide(token=person.token, form_id=form.pk, verdict=Verdict.ADOPTED).seats
    assert factories.seat_of(person).state == StepState.QUEUED


@pytest.mark.parametrize("verdict", list(Verdict))
def test_saying_it_twice_is_saying_it_once(person: Registration, verdict: Verdict) -> None:
    form = send_again(person, first_name="Анна")
    for _ in range(2):
        form_verdicts.decide(token=person.token, form_id=form.pk, verdict=verdict)
    assert len([code for code in codes(person) if code.startswith("form_")]) == 1


@pytest.mark.parametrize("first", [Verdict.ADOPTED, Verdict.NOT_MINE])
@pytest.mark.parametrize("then", list(Verdict))
def test_what_was_said_first_holds(person: Registration, first: Verdict, then: Verdict) -> None:
    form = send_again(person, first_name="Анна")
    form_verdicts.decide(token=person.token, form_id=form.pk, verdict=first)
    if then == first:
        return
    before = codes(person)
    with pytest.raises(Hindered) as raised:
        form_verdicts.decide(token=person.token, form_id=form.pk, verdict=then)
    assert raised.value.hindrance == Hindrance(first)
    assert codes(person) == before
    form.refresh_from_db()
    assert form.verdict == first


@pytest.mark.parametrize("then", [Verdict.ADOPTED, Verdict.NOT_MINE])
def test_what_was_left_may_still_be_decided(person: Registration, then: Verdict) -> None:
    form = send_again(person, first_name="Анна")
    form_verdicts.decide(token=person.token, form_id=form.pk, verdict=Verdict.LEFT)
    assert second_forms.waiting(person) is None
    form_verdicts.decide(token=person.token, form_id=form.pk, verdict=then)
    form.refresh_from_db()
    assert form.verdict == then


def test_of_two_choices_in_the_same_instant_one_holds(transactional_db: None) -> None:
    person = factories.make_person()
    factories.let_in(person)
    form = send_again(person, first_name="Анна")
    say = partial(form_verdicts.decide, token=person.token, form_id=form.pk)
    raised = racing.at_once(*(partial(say, verdict=verdict) for verdict in (Verdict.ADOPTED, Verdict.NOT_MINE) * 2))
    assert {type(error) for error in raised} == {Hindered}
    form.refresh_from_db()
    person.refresh_from_db()
    assert (person.first_name == "Анна") == (form.verdict == Verdict.ADOPTED)
    assert len([code for code in codes(person) if code.startswith("form_")]) == 1


def test_nobody_decides_about_the_form_of_another(person: Registration) -> None:
    other = factories.make_person()
    form = send_again(other, first_name="Анна")
    for token, form_id in [(person.token, form.pk), (person.token, 10**17), (person.token, person.submissions.get().pk)]:
        with pytest.raises(UnknownForm):
            form_verdicts.decide(token=token, form_id=form_id, verdict=Verdict.ADOPTED)
    with pytest.raises(UnknownToken):
        form_verdicts.decide(token="unknown", form_id=form.pk, verdict=Verdict.ADOPTED)
    form.refresh_from_db()
    assert form.verdict == ""


def test_a_form_that_a_newer_one_has_followed_is_not_adopted_but_may_be_disowned(person: Registration) -> None:
    older, newer = (send_again(person, first_name=name) for name in ("Анна", "Мария-Анна"))
    with pytest.raises(Hindered) as raised:
        form_verdicts.decide(token=person.token, form_id=older.pk, verdict=Verdict.ADOPTED)
    assert raised.value.hindrance == Hindrance.NEWER
    form_verdicts.decide(token=person.token, form_id=older.pk, verdict=Verdict.NOT_MINE)
    assert second_forms.waiting(person) == newer


def test_a_strangers_form_does_not_stand_before_the_persons_own(person: Registration) -> None:
    own, strangers = (send_again(person, first_name=name) for name in ("Анна", "Strange"))
    form_verdicts.decide(token=person.token, form_id=strangers.pk, verdict=Verdict.NOT_MINE)
    assert second_forms.waiting(person) == own
    form_verdicts.decide(token=person.token, form_id=own.pk, verdict=Verdict.ADOPTED)


def test_whoever_left_and_signed_up_anew_is_asked_about_nothing_older(person: Registration) -> None:
    send_again(person, first_name="Анна")
    person.enrollments.update(wish="out")
    send_again(person, first_name="Елена")
    person.refresh_from_db()
    assert person.first_name == "Елена"
    assert second_forms.newest(person) is None


@pytest.mark.parametrize("hindrance", [Hindrance.CANCELLED, Hindrance.OVER])
def test_nothing_is_adopted_where_nobody_comes_any_more(person: Registration, hindrance: Hindrance) -> None:
    form = send_again(person, first_name="Анна")
    if hindrance == Hindrance.CANCELLED:
        person.enrollments.update(wish="out")
    else:
        person.campaign.event.sessions.update(ends_at=factories.db_now() - timedelta(minutes=1))
    with pytest.raises(Hindered) as raised:
        form_verdicts.decide(token=person.token, form_id=form.pk, verdict=Verdict.ADOPTED)
    assert raised.value.hindrance == hindrance
    assert private_page.read(token=person.token).new_form_at is None


# What makes a form another one


def test_what_nobody_typed_makes_no_form_new_and_stays_as_it_is(db: None) -> None:
    campaign = factories.make_campaign()
    factories.make_question(campaign, key="source", label="Source", type="hidden")
    factories.make_question(campaign, key="company", label="Company")
    person = factories.make_person(campaign=campaign, answers={"source": "vk", "company": "Acme"})
    send_again(person, answers={"source": "telegram", "company": "Acme"})
    assert second_forms.waiting(person) is None
    form = send_again(person, answers={"source": "telegram", "company": "Ромашка"})
    assert second_forms.waiting(person) == form
    form_verdicts.decide(token=person.token, form_id=form.pk, verdict=Verdict.ADOPTED)
    person.refresh_from_db()
    assert person.answers == {"source": "vk", "company": "Ромашка"}


def test_an_answer_left_out_is_an_answer_left_empty(person: Registration) -> None:
    Registration.objects.filter(pk=person.pk).update(answers={"company": "", "other": "x"})
    person.refresh_from_db()
    send_again(person, answers={"other": "x"})
    assert second_forms.waiting(person) is None


def test_dates_are_only_ever_added(db: None) -> None:
    campaign = factories.make_campaign(event=factories.make_event(series=True))
    person = factories.make_person(campaign=campaign)
    first, second, third = campaign.event.sessions.order_by("starts_at")
    seat = factories.seat_of(person)
    seat.session = first
    seat.save()
    form = send_again(person)
    form.sessions = [first.pk, third.pk, factories.only_session(factories.make_event()).pk]
    assert second_forms.further_dates(person, form) == [third]
    form.sessions = [first.pk]
    assert not second_forms.differs(person, form)
    form.sessions, form.all_dates = [], True
    assert second_forms.further_dates(person, form) == [second, third]
    assert second_forms.differs(person, form)


def test_dates_of_an_adopted_form_are_added_and_mailed_with_all_links(world: World) -> None:
    campaign = world.campaign(choosing=Choosing.DATES)
    first, _, third = campaign.event.sessions.order_by("starts_at")
    person = world.sign_up(campaign, IVAN, sessions=(first.pk,))
    world.settle()
    form = send_again(person, sessions=(first.pk, third.pk), first_name="Johann")
    world.settle()
    assert len(world.at_platform(IVAN)) == 1
    assert private_page_address(person) + "form/" in world.mails(IVAN, 2)[1]["links"]

    assert form_verdicts.decide(token=person.token, form_id=form.pk, verdict=Verdict.ADOPTED).seats
    world.settle()
    there = world.at_platform(IVAN)
    assert {item["eventSessionId"] for item in there} == {int(first.external_id), int(third.external_id)}
    mails = world.mails(IVAN, 3)
    assert len(mails) == 3
    assert {item["link"] for item in there} <= set(mails[2]["links"])
    assert "Johann" in mails[2]["text"]
    assert person.timeline.get(code=TimelineEntry.Code.DATES_CHANGED).data["added"] == [third.pk]


def test_the_standing_choice_of_an_adopted_form_holds(db: None) -> None:
    campaign = factories.make_campaign(event=factories.make_event(series=True), choosing=Choosing.DATES)
    sessions = list(campaign.event.sessions.order_by("starts_at").values_list("pk", flat=True))
    person = factories.make_person(campaign=campaign, sessions=(sessions[0],))
    form = send_again(person, all_dates=True)
    form_verdicts.decide(token=person.token, form_id=form.pk, verdict=Verdict.ADOPTED)
    person.refresh_from_db()
    assert person.all_dates
    assert second_forms.dates_of(person) == set(sessions)
    assert second_forms.waiting(person) is None


def test_fewer_dates_take_none_away(db: None) -> None:
    campaign = factories.make_campaign(event=factories.make_event(series=True), choosing=Choosing.DATES)
    sessions = list(campaign.event.sessions.order_by("starts_at").values_list("pk", flat=True))
    person = factories.make_person(campaign=campaign, sessions=tuple(sessions[:2]))
    form = send_again(person, sessions=(sessions[0],), first_name="Анна")
    form_verdicts.decide(token=person.token, form_id=form.pk, verdict=Verdict.ADOPTED)
    assert second_forms.dates_of(person) == set(sessions[:2])
    assert not person.timeline.filter(code=TimelineEntry.Code.DATES_CHANGED).exists()
