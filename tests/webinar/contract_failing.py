"""The contract of every provider: what each call does when it goes wrong."""

from __future__ import annotations

import pytest

from registrations.webinar.errors import (
    Misconfigured,
    Scope,
    Throttled,
    Unavailable,
    Uncertain,
)
from tests.webinar.stand_in import (
    ALL,
    PAUSE,
    READS,
    UNREADABLE,
    Call,
    Fault,
    Platform,
    check_words,
    patience,
    person,
)


class FailingContract:
    """What every call does when it goes wrong."""

    @pytest.mark.parametrize("call", ALL)
    def test_a_bad_key_stops_the_account(self, platform: Platform, call: Call) -> None:
        made = platform.make_event()
        for key in ("f" * 32, "short"):
            with pytest.raises(Misconfigured) as caught:
                ALL[call](platform.open(api_key=key), made)
            assert caught.value.scope is Scope.ACCOUNT
            assert key not in str(caught.value)

    @pytest.mark.parametrize("call", ALL)
    def test_too_many_requests_is_a_pause_of_the_length_asked_for(self, platform: Platform, call: Call) -> None:
        made = platform.make_event()
        platform.misbehave(Fault.THROTTLES, at=call)
        with pytest.raises(Throttled) as caught:
            ALL[call](platform.open(), made)
        assert caught.value.retry_after == PAUSE
        assert list(platform.open().participations(made.session)) == []

    @pytest.mark.parametrize("call", [call for call in ALL if call is not Call.OWNER])
    def test_a_refusal_while_the_key_still_reads_does_not_stop_the_account(self, platform: Platform, call: Call) -> None:
        made = platform.make_event()
        platform.misbehave(Fault.FORBIDS, at=call)
        with pytest.raises(Misconfigured) as caught:
            ALL[call](platform.open(), made)
        assert caught.value.scope in (Scope.TARGET, Scope.VERB)
        check_words(caught.value)

    @pytest.mark.parametrize("fault", [*UNREADABLE, Fault.EMPTY_AFTER])
    @pytest.mark.parametrize("call", READS)
    def test_a_failed_read_had_no_effect(self, platform: Platform, call: Call, fault: Fault) -> None:
        made = platform.make_event()
        if fault is Fault.HUGE_AFTER and call in (Call.EVENTS, Call.PARTICIPATIONS):
            pytest.skip("a list may be asked for again in smaller pages")
        platform.misbehave(fault, at=call)
        with pytest.raises(Unavailable) as caught:
            READS[call](platform.open(patience=patience(fault)), made)
        check_words(caught.value)
        READS[call](platform.open(), made)

    @pytest.mark.parametrize("fault", UNREADABLE)
    @pytest.mark.parametrize("call", [Call.MODERATE, Call.DELETE])
    def test_a_failed_change_is_uncertain(self, platform: Platform, call: Call, fault: Fault) -> None:
        made, provider = platform.make_event(), platform.open()
        ids = [provider.register(made.session, person(1)).participation_id]
        platform.misbehave(fault, at=call)
        hasty = platform.open(patience=patience(fault))
        with pytest.raises(Uncertain) as caught:
            hasty.delete(ids) if call is Call.DELETE else hasty.moderate(made.session, ids, admit=False)
        check_words(caught.value)

    @pytest.mark.parametrize("call", ALL)
    def test_every_request_asks_for_its_slot_and_may_be_stopped(self, platform: Platform, call: Call) -> None:
        class Stop(Exception):
            pass

        made, asked, before = platform.make_event(), [], platform.requests()
        ALL[call](platform.open(before_call=lambda: asked.append(1)), made)
        assert len(asked) == platform.requests() - before > 0

        def stop() -> None:
            raise Stop

        before = platform.requests()
        with pytest.raises(Stop):
            ALL[call](platform.open(before_call=stop), made)
        assert platform.requests() == before
