"""What every provider must do, whatever the platform: inherit `ProviderContract` and give it a `platform`.

A new platform brings a class that implements `tests.webinar.stand_in.Platform` over a real HTTP server that stands in for
it, and a test class:

    class TestMyPlatform(ProviderContract):
        @pytest.fixture
        def platform(self) -> Iterator[Platform]: ...
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from registrations.webinar.errors import (
    NotFound,
    Scope,
)
from registrations.webinar.provider import EventInfo, SessionInfo, Status, Target
from tests.webinar.contract_failing import FailingContract
from tests.webinar.contract_people import PeopleContract
from tests.webinar.contract_registering import InvitingContract, RegisteringContract
from tests.webinar.stand_in import (
    ID,
    STARTS_AT,
    UNKNOWN_ID,
    Platform,
)


class ReadingContract:
    """Whose key it is, and what there is."""

    def test_the_key_opens_somebodys_account(self, platform: Platform) -> None:
        owner = platform.open().owner()
        assert owner.name
        assert platform.requests() == 1

    def test_events_are_listed_with_their_sessions(self, platform: Platform) -> None:
        single, series = platform.make_event("Вводная"), platform.make_event("Course", sessions=3)
        found = {event.event_id: event for event in platform.open().events(since=STARTS_AT - timedelta(hours=1))}
        assert found[single.event_id].title == "Вводная"
        assert [one.session_id for one in found[single.event_id].sessions] == list(single.session_ids)
        assert {one.session_id for one in found[series.event_id].sessions} == set(series.session_ids)
        assert found[series.event_id].is_series
        assert not found[single.event_id].is_series
        for event in found.values():
            self.check_times(event)
            for session in event.sessions:
                self.check_times(session)
                assert session.event_id == event.event_id

    def test_many_events_are_all_listed(self, platform: Platform) -> None:
        made = {platform.make_event(f"Number {number}").event_id for number in range(12)}
        assert made <= {event.event_id for event in platform.open().events(since=STARTS_AT - timedelta(hours=1))}

    def test_an_event_in_full(self, platform: Platform) -> None:
        made = platform.make_event("Course", sessions=2, moderated=True, questions=["City", "Job"])
        event = platform.open().event(made.event_id)
        assert isinstance(event, EventInfo)
        assert (event.event_id, event.title, event.status) == (made.event_id, "Course", Status.PLANNED)
        assert (event.moderated, event.is_series) == (True, True)
        assert {one.label: one.key for one in event.extra_fields or ()} == made.fields
        assert {one.session_id for one in event.sessions} == set(made.session_ids)
        self.check_times(event)

    def test_a_session_in_full(self, platform: Platform) -> None:
        made = platform.make_event("Intro", questions=["City"])
        session = platform.open().session(made.session_ids[0])
        assert isinstance(session, SessionInfo)
        assert (session.session_id, session.event_id, session.title) == (made.session_ids[0], made.event_id, "Intro")
        assert (session.status, session.moderated) == (Status.PLANNED, False)
        assert [one.key for one in session.extra_fields or ()] == list(made.fields.values())
        assert session.starts_at == STARTS_AT
        self.check_times(session)

    def test_what_does_not_exist_is_not_found(self, platform: Platform) -> None:
        provider = platform.open()
        for read in (
            lambda: provider.event(UNKNOWN_ID),
            lambda: provider.session(UNKNOWN_ID),
            lambda: provider.session(""),
            lambda: list(provider.participations(Target(UNKNOWN_ID, UNKNOWN_ID))),
        ):
            with pytest.raises(NotFound) as caught:
                read()
            assert caught.value.scope is Scope.TARGET

    def test_time_zones_have_their_usual_names(self, platform: Platform) -> None:
        zones = platform.open().time_zones()
        assert "Europe/Moscow" in zones.values()
        assert all(ID.fullmatch(key) for key in zones)

    @staticmethod
    def check_times(what: EventInfo | SessionInfo) -> None:
        for moment in (what.starts_at, what.ends_at):
            assert moment is None or moment.utcoffset() == timedelta(0)


class BehaviourContract(ReadingContract, RegisteringContract, InvitingContract, PeopleContract):
    """What has to hold however the platform behaves where its maker leaves a choice."""


class ProviderContract(BehaviourContract, FailingContract):
    """Everything."""
