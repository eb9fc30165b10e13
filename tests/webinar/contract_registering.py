"""The contract of every provider: taking people in, one by one and many at once."""

from __future__ import annotations

import pytest

from registrations.webinar.errors import (
    Misconfigured,
    NotFound,
    Rejected,
    Scope,
    Unavailable,
    Uncertain,
)
from registrations.webinar.provider import Target
from tests.webinar.stand_in import (
    ID,
    LINKLESS,
    UNKNOWN_ID,
    UNREADABLE,
    Call,
    Fault,
    Platform,
    check_words,
    find,
    patience,
    person,
)


class RegisteringContract:
    """One person at a time."""

    def test_a_new_person_gets_a_link_that_works_and_no_mail(self, platform: Platform) -> None:
        made, provider = platform.make_event(questions=["City"]), platform.open()
        who = person(1, made)
        got = provider.register(made.session, who)
        assert ID.fullmatch(got.participation_id)
        assert got.email == who.email
        assert platform.admits(got.link)
        listed = find(provider, made.session, who)
        assert listed is not None
        assert listed.participation_id == got.participation_id
        assert platform.mails() == 0

    def test_two_people_get_two_links(self, platform: Platform) -> None:
        made, provider = platform.make_event(), platform.open()
        first, second = (provider.register(made.session, person(number)) for number in (1, 2))
        assert first.link != second.link
        assert first.participation_id != second.participation_id

    def test_a_whole_series(self, platform: Platform) -> None:
        made, provider = platform.make_event(sessions=2, whole_series=True), platform.open()
        got = provider.register(made.whole, person(1))
        assert platform.admits(got.link)
        listed = find(provider, made.whole, person(1))
        assert listed is not None
        assert listed.participation_id == got.participation_id

    def test_a_known_person_keeps_participation_and_link(self, platform: Platform) -> None:
        made, provider = platform.make_event(), platform.open()
        sample = provider.register(made.session, person(2)).link
        first = provider.register(made.session, person(1))
        again = provider.register(made.session, person(1, first_name="Иванна9"))
        assert (again.participation_id, again.email) == (first.participation_id, first.email)
        assert (again.link or provider.link_from(sample, again.link_token)) == first.link
        assert len(list(provider.participations(made.session))) == 2

    def test_a_target_that_does_not_exist_is_not_found(self, platform: Platform) -> None:
        provider = platform.open()
        for target in (Target(UNKNOWN_ID, UNKNOWN_ID), Target(UNKNOWN_ID), Target("")):
            with pytest.raises(NotFound) as caught:
                provider.register(target, person(1))
            assert caught.value.scope is Scope.TARGET
            check_words(caught.value)

    def test_a_bad_address_is_for_a_person_to_look_at(self, platform: Platform) -> None:
        made = platform.make_event()
        with pytest.raises(Rejected) as caught:
            platform.open().register(made.session, person(1, email="no address"))
        assert "email" in caught.value.fields
        check_words(caught.value)

    def test_a_question_nobody_asks_stops_the_target(self, platform: Platform) -> None:
        made = platform.make_event(questions=["City"])
        with pytest.raises(Misconfigured) as caught:
            platform.open().register(made.session, person(1))
        assert (caught.value.code, caught.value.scope) == ("extra_field", Scope.TARGET)
        assert set(caught.value.fields) == set(made.fields.values())
        check_words(caught.value)

    def test_a_blank_answer_is_for_a_person_to_look_at(self, platform: Platform) -> None:
        made = platform.make_event(questions=["City", "Job"])
        city, job = made.fields.values()
        with pytest.raises(Rejected) as caught:
            platform.open().register(made.session, person(1, extra={city: "Perm", job: ""}))
        assert set(caught.value.fields) == {job}

    @pytest.mark.parametrize("fault", [*UNREADABLE, *LINKLESS])
    def test_whatever_happens_to_the_answer_the_truth_can_be_found(self, platform: Platform, fault: Fault) -> None:
        made = platform.make_event()
        sample = platform.open().register(made.session, person(2)).link
        platform.misbehave(fault, at=Call.REGISTER)
        with pytest.raises(Uncertain) as caught:
            platform.open(patience=patience(fault)).register(made.session, person(1))
        check_words(caught.value)
        provider = platform.open()
        listed = find(provider, made.session, person(1))
        assert (listed is not None) == fault.endswith("_after")
        again = provider.register(made.session, person(1))
        assert listed is None or again.participation_id == listed.participation_id
        assert platform.admits(again.link or provider.link_from(sample, again.link_token))

    @pytest.mark.parametrize("kind", ["refused", "unknown"])
    def test_no_connection_means_no_effect(self, platform: Platform, kind: str) -> None:
        made = platform.make_event()
        base_url = {"refused": "http://127.0.0.1:1/v3", "unknown": "http://no-such-host.invalid/v3"}[kind]
        with pytest.raises(Unavailable) as caught:
            platform.open(base_url=base_url).register(made.session, person(1))
        check_words(caught.value)


class InvitingContract:
    """Many people in one call."""

    def test_who_is_named_is_in_and_who_is_not_can_be_looked_up(self, platform: Platform) -> None:
        made, provider = platform.make_event(questions=["City"]), platform.open()
        known = provider.register(made.session, person(1, made))
        people = [person(number, made) for number in range(1, 5)]
        bad = [person(5, made, email="no address"), person(6)]
        got = {one.email: one for one in provider.invite(made.session, [*people, *bad])}
        assert set(got) <= {one.email for one in people}
        assert {one.email for one in people[1:]} <= set(got)
        assert all(platform.admits(one.link) for one in got.values())
        if people[0].email in got:
            assert got[people[0].email].participation_id == known.participation_id
        listed = {one.email: one.participation_id for one in provider.participations(made.session)}
        assert set(listed) == {one.email for one in people}
        assert all(listed[email] == one.participation_id for email, one in got.items())
        assert platform.mails() == 0

    def test_as_many_as_the_platform_takes(self, platform: Platform) -> None:
        made, provider = platform.make_event(sessions=2, whole_series=True), platform.open()
        people = [person(number) for number in range(provider.capabilities.bulk_limit)]
        before = platform.requests()
        got = provider.invite(made.whole, people)
        assert platform.requests() == before + 1
        assert {one.email for one in got} == {one.email for one in people}
        assert len({one.link for one in got}) == len({one.participation_id for one in got}) == len(people)
        assert all(platform.admits(one.link) for one in got[:2])

    def test_nobody_is_no_call(self, platform: Platform) -> None:
        made = platform.make_event()
        before = platform.requests()
        assert platform.open().invite(made.session, []) == ()
        assert platform.requests() == before

    @pytest.mark.parametrize("fault", UNREADABLE)
    def test_a_lost_answer_is_uncertain(self, platform: Platform, fault: Fault) -> None:
        made = platform.make_event()
        platform.misbehave(fault, at=Call.INVITE)
        with pytest.raises(Uncertain) as caught:
            platform.open(patience=patience(fault)).invite(made.session, [person(1), person(2)])
        check_words(caught.value)
        assert len(list(platform.open().participations(made.session))) == (2 if fault.endswith("_after") else 0)

    @pytest.mark.parametrize("fault", [Fault.NO_LINK_AFTER, Fault.BAD_LINK_AFTER, Fault.FOREIGN_LINK_AFTER])
    def test_nobody_is_named_with_a_link_that_must_not_be_mailed(self, platform: Platform, fault: Fault) -> None:
        made = platform.make_event()
        platform.misbehave(fault, at=Call.INVITE)
        assert platform.open().invite(made.session, [person(1)]) == ()
