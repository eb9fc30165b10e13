"""The way into the platform in memory, as `webinar/provider.py` promises it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from registrations.webinar.errors import Uncertain
from registrations.webinar.provider import (
    BeforeCall,
    Capabilities,
    Credentials,
    EventInfo,
    Owner,
    Participation,
    Person,
    Provider,
    SessionInfo,
    Status,
    Target,
)
from tests.services.engine.platform import PAGE, SETTLE_SECONDS, Duplicates, Place, Platform

NAME = "in_memory"


class InMemory:
    """One account at a platform in memory; a subclass for each test knows which."""

    name = NAME
    label = "In memory"
    default_base_url = "https://api.example.com"
    capabilities: Capabilities
    platform: Platform

    def __init__(self, credentials: Credentials, *, before_call: BeforeCall = lambda: None, **_: Any) -> None:
        self._before_call = before_call

    def owner(self) -> Owner:
        return self._call("owner", (), lambda: Owner("Ann", organization="Example"))

    def events(self, *, since: datetime) -> Iterator[EventInfo]:
        yield from ()

    def event(self, event_id: str) -> EventInfo:
        return self._call("details", (), lambda: EventInfo(event_id, f"Event {event_id}", Status.PLANNED, extra_fields=()))

    def session(self, session_id: str) -> SessionInfo:
        def details() -> SessionInfo:
            ends_at = self.platform.ends_at[session_id]
            return SessionInfo(
                session_id,
                session_id,
                f"Event {session_id}",
                Status.PLANNED,
                starts_at=ends_at - timedelta(hours=1),
                ends_at=ends_at,
                moderated=self.platform.moderated,
                extra_fields=(),
            )

        return self._call("details", (), details)

    def register(self, target: Target, person: Person) -> Participation:
        def work() -> Participation:
            before = len(self.platform.places)
            place = self.platform.register(target, person)
            known = len(self.platform.places) == before
            if known and self.platform.duplicates is Duplicates.CONFLICT:
                return Participation(place.number, place.email)
            place.ours = True
            return Participation(place.number, place.email, link=place.link)

        answer = self._call("register", (person.email,), work)
        return answer if answer.link else self._listed(target, person.email)

    def invite(self, target: Target, people: Sequence[Person]) -> tuple[Participation, ...]:
        """Whoever is known is left out of the answer, as at the real one."""

        def work() -> tuple[Participation, ...]:
            known = {place.email for place in self.platform.places if place.live and place.target == target}
            places = [self.platform.register(target, person) for person in people if person.email not in known]
            return tuple(Participation(place.number, place.email, link=place.link) for place in places)

        return self._call("invite", tuple(person.email for person in people), work)

    def participations(self, target: Target) -> Iterator[Participation]:
        """Each page is a call, and what happens between two pages is seen by none of them twice."""
        start, more = 0, True
        while more:

            def page(start: int = start) -> list[Place]:
                return [place for place in self.platform.places if place.target == target][start : start + PAGE]

            rows = self._call("list", (), page)
            yield from (_row(place) for place in rows if place.live)
            start, more = start + PAGE, len(rows) == PAGE

    def moderate(self, target: Target, participation_ids: Sequence[str], *, admit: bool) -> int:
        return self._call("moderate", (), lambda: self.platform.admit(participation_ids, admit=admit))

    def delete(self, participation_ids: Sequence[str]) -> int:
        whose = tuple(place.email for place in self.platform.places if place.number in participation_ids)
        return self._call("delete", whose, lambda: self.platform.delete(participation_ids))

    def link_from(self, sample_link: str, link_token: str) -> str:
        start, _, last = sample_link.rpartition("/")
        if len(last) != len(link_token):
            raise Uncertain("link_from")
        return f"{start}/{link_token}"

    def time_zones(self) -> Mapping[str, str]:
        return {}

    def close(self) -> None:
        pass

    def _listed(self, target: Target, email: str) -> Participation:
        """The participation of somebody of whom the platform only said that it knows them."""
        for participation in self.participations(target):
            if participation.email == email:
                return participation
        raise Uncertain("conflict_unlisted")

    def _call(self, name: str, addresses: tuple[str, ...], work: Any) -> Any:
        self._before_call()
        return self.platform.call(name, addresses, work)


def _row(place: Place) -> Participation:
    return Participation(
        place.number, place.email, link_token=place.token, admitted=place.admitted, registered_at=place.registered_at
    )


def provider_of(platform: Platform) -> type[Provider]:
    """The provider class that opens connections to this platform."""
    capabilities = Capabilities(
        calls_per_second=1000,
        bulk_limit=platform.bulk_limit,
        unique_by_email=platform.unique,
        settle_seconds=SETTLE_SECONDS,
    )
    return type("InMemoryProvider", (InMemory,), {"platform": platform, "capabilities": capabilities})
