"""The contract of every provider: who is in, who may enter, and who goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from registrations.webinar.errors import (
    NotFound,
    Uncertain,
)
from registrations.webinar.provider import Target
from tests.webinar.stand_in import (
    UNKNOWN_ID,
    Platform,
    find,
    person,
)


class PeopleContract:
    """Who is in, who may enter, and who goes."""

    def test_everybody_is_listed_over_many_pages(self, platform: Platform) -> None:
        made, provider = platform.make_event(), platform.open()
        people = [person(number) for number in range(510)]
        for start in range(0, len(people), provider.capabilities.bulk_limit):
            provider.invite(made.session, people[start : start + provider.capabilities.bulk_limit])
        listed = list(provider.participations(made.session))
        assert sorted(one.email for one in listed) == sorted(one.email for one in people)
        assert len({one.participation_id for one in listed}) == len(people)

    def test_a_listed_person_says_enough_to_find_the_link_again(self, platform: Platform) -> None:
        made, provider = platform.make_event(), platform.open()
        sample = provider.register(made.session, person(2)).link
        got = provider.register(made.session, person(1))
        listed = find(provider, made.session, person(1))
        assert listed is not None
        assert (listed.link or provider.link_from(sample, listed.link_token)) == got.link
        assert listed.registered_at is not None
        assert abs(listed.registered_at - datetime.now(UTC)) < timedelta(minutes=5)
        assert listed.visited is False
        assert platform.admits(got.link)
        after = find(provider, made.session, person(1))
        assert after is not None
        assert after.visited is True

    def test_a_link_is_not_put_together_from_a_foreign_one(self, platform: Platform) -> None:
        made, provider = platform.make_event(), platform.open()
        provider.register(made.session, person(1))
        listed = find(provider, made.session, person(1))
        assert listed is not None
        with pytest.raises(Uncertain):
            provider.link_from("https://links.example.net/a/" + "0" * 32, listed.link_token)

    def test_a_moderated_event_lets_in_who_is_approved(self, platform: Platform) -> None:
        made, provider = platform.make_event(moderated=True), platform.open()
        approved = provider.register(made.session, person(1))
        waiting = provider.register(made.session, person(2, approved=False))
        assert not platform.admits(waiting.link)
        listed = find(provider, made.session, person(1))
        assert listed is not None
        if not listed.admitted:
            assert provider.moderate(made.session, [approved.participation_id], admit=True) == 1
        assert platform.admits(approved.link)
        listed = find(provider, made.session, person(2))
        assert listed is not None
        assert listed.admitted is False
        assert provider.moderate(made.session, [waiting.participation_id], admit=True) == 1
        assert platform.admits(waiting.link)

    def test_who_is_refused_stays_out(self, platform: Platform) -> None:
        made, provider = platform.make_event(), platform.open()
        got = provider.register(made.session, person(1))
        assert provider.moderate(made.session, [got.participation_id], admit=False) == 1
        listed = find(provider, made.session, person(1))
        assert listed is None or listed.admitted is False
        assert not platform.admits(got.link)

    def test_deleting_frees_the_address(self, platform: Platform) -> None:
        made, provider = platform.make_event(), platform.open()
        first, other = (provider.register(made.session, person(number)) for number in (1, 2))
        assert provider.delete([first.participation_id]) == 1
        assert find(provider, made.session, person(1)) is None
        assert not platform.admits(first.link)
        assert platform.admits(other.link)
        assert platform.admits(provider.register(made.session, person(1)).link)

    def test_ids_the_platform_does_not_know_do_not_count(self, platform: Platform) -> None:
        made, provider = platform.make_event(), platform.open()
        got = provider.register(made.session, person(1)).participation_id
        assert provider.moderate(made.session, [UNKNOWN_ID, got], admit=True) == 1
        assert provider.moderate(made.session, [UNKNOWN_ID], admit=True) == 0
        assert provider.delete([UNKNOWN_ID, got]) == 1
        assert provider.delete([UNKNOWN_ID, got]) == 0
        assert provider.delete([]) == 0

    def test_moderating_an_event_that_does_not_exist_is_not_found(self, platform: Platform) -> None:
        with pytest.raises(NotFound):
            platform.open().moderate(Target(UNKNOWN_ID), [UNKNOWN_ID], admit=True)
