"""Webinar.ru / MTS Link by its UserAPI v3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, TypeVar

from pydantic import ValidationError

from registrations.webinar.errors import NotFound, Scope, Unavailable, Uncertain
from registrations.webinar.form_encoding import Form
from registrations.webinar.provider import (
    BeforeCall,
    Capabilities,
    Credentials,
    EventInfo,
    Owner,
    Participation,
    Person,
    SessionInfo,
    Target,
)
from registrations.webinar.providers.webinar_ru import translation, unconfirmed
from registrations.webinar.providers.webinar_ru.client import Client
from registrations.webinar.providers.webinar_ru.failures import Conflict
from registrations.webinar.providers.webinar_ru.links import LinkCheck
from registrations.webinar.providers.webinar_ru.payloads import (
    CountRow,
    EventRow,
    ParticipationRow,
    Payload,
    RegisteredRow,
    SessionRow,
    ZoneRow,
    rows,
)
from registrations.webinar.providers.webinar_ru.values import mapping
from registrations.webinar.transport import Limits

# The platform takes 10, 50, 100, 250 and, for people, 500 (articles 19680, 19666). Each size divides the one before.
_EVENT_PAGES = (250, 50, 10)
_PEOPLE_PAGES = (500, 50, 10)
_ID = re.compile(r"[0-9]{1,20}")

Row = TypeVar("Row", bound=Payload)
Send = Callable[[Sequence[str]], int]


def _at_once() -> None:
    """Let a call go without waiting."""


class WebinarRu:
    """One account at Webinar.ru / MTS Link; `registrations.webinar.provider.Provider` has each method's promise."""

    name: ClassVar[str] = "webinar_ru"
    label: ClassVar[str] = "Webinar.ru / MTS Link"
    default_base_url: ClassVar[str] = "https://userapi.mts-link.ru/v3"
    capabilities: ClassVar[Capabilities] = Capabilities(
        calls_per_second=2.0,  # article 25720
        bulk_limit=50,  # articles 19670, 19668
        unique_by_email=True,  # articles 19671, 19617
        settle_seconds=unconfirmed.SETTLE_SECONDS,
    )

    def __init__(self, credentials: Credentials, *, before_call: BeforeCall = _at_once, limits: Limits | None = None) -> None:
        self._client = Client(credentials, before_call=before_call, limits=limits)
        self._links = LinkCheck(credentials)

    def owner(self) -> Owner:
        return translation.owner(self._client.administrators())

    def events(self, *, since: datetime) -> Iterator[EventInfo]:
        """Asks for all three states: a sync has to see that a meeting began and ended; the default is planned only."""
        start = (since - unconfirmed.QUERY_MARGIN).astimezone(UTC)
        query: Form = {"from": f"{start:%Y-%m-%d %H:%M:%S}", "status": ["ACTIVE", "START", "STOP"]}
        pages = self._client.pages(
            "/organization/events/schedule", query, sizes=_EVENT_PAGES, refused=Scope.VERB, missing=Scope.ACCOUNT
        )
        for page in pages:
            yield from map(translation.event_info, _usable(EventRow, page))

    def event(self, event_id: str) -> EventInfo:
        answer = self._client.read(_path("/organization/events/{}", event_id), refused=Scope.TARGET)
        row = _only(EventRow, answer, Unavailable)
        if row.id != event_id:
            raise Unavailable("foreign_record")
        return translation.event_info(row)

    def session(self, session_id: str) -> SessionInfo:
        answer = self._client.read(_path("/eventsessions/{}", session_id), refused=Scope.TARGET)
        row = _only(SessionRow, answer, Unavailable)
        if row.id != session_id:
            raise Unavailable("foreign_record")
        return translation.session_info(row)

    def register(self, target: Target, person: Person) -> Participation:
        form: Form = {
            "email": person.email,
            "name": person.first_name,
            "secondName": person.last_name,
            "additionalFields": dict(person.extra),
            "isAutoEnter": True,
            "isAccepted": person.approved,
            "sendEmail": False,
        }
        path = _target_path(target, "register")
        try:
            answer = self._client.write("POST", path, form, refused=Scope.TARGET, people=[person])
        except Conflict:
            return self._known(target, person)
        return translation.registered(_only(RegisteredRow, answer, Uncertain), person, self._links)

    def invite(self, target: Target, people: Sequence[Person]) -> tuple[Participation, ...]:
        """Raises ValueError for more people than `capabilities.bulk_limit`."""
        if len(people) > self.capabilities.bulk_limit:
            raise ValueError(f"more than {self.capabilities.bulk_limit} people in one call")
        if not people:
            return ()
        form: Form = {"users": [_user(person) for person in people], "isAutoEnter": True, "sendEmail": False}
        path = _target_path(target, "invite")
        answer = self._client.write("POST", path, form, refused=Scope.TARGET, people=people)
        return translation.invited(rows(RegisteredRow, _records(answer)), people, self._links)

    def participations(self, target: Target) -> Iterator[Participation]:
        path = _target_path(target, "participations")
        for page in self._client.pages(path, {}, sizes=_PEOPLE_PAGES, refused=Scope.TARGET):
            yield from translation.listed(_usable(ParticipationRow, page), target, self._links)

    def moderate(self, target: Target, participation_ids: Sequence[str], *, admit: bool) -> int:
        path = _path("/events/{}/moderate", target.event_id)

        def send(ids: Sequence[str]) -> int:
            form: Form = {"participationIds": ids, "isAccepted": admit}
            return _count(self._client.write("PUT", path, form, refused=Scope.TARGET, empty_ok=True), ids)

        # A 404 may mean the event or a participation: reading the event raises NotFound if it is the event.
        return _processed(participation_ids, send, on_missing=lambda: self.event(target.event_id))

    def delete(self, participation_ids: Sequence[str]) -> int:
        def send(ids: Sequence[str]) -> int:
            form: Form = {"participationIds": ids}
            answer = self._client.write("POST", "/participations/delete", form, refused=Scope.VERB, empty_ok=True)
            return _count(answer, ids)

        return _processed(participation_ids, send, on_missing=_at_once)

    def link_from(self, sample_link: str, link_token: str) -> str:
        return self._links.from_token(sample_link, link_token)

    def time_zones(self) -> Mapping[str, str]:
        answer = self._client.read("/timezones", refused=Scope.VERB, missing=Scope.ACCOUNT)
        if not isinstance(answer, list):
            raise Unavailable("unreadable")
        return {row.id: row.name for row in _usable(ZoneRow, answer) if row.name}

    def close(self) -> None:
        self._client.close()

    def _known(self, target: Target, person: Person) -> Participation:
        """The participation of a person of whom the platform only said that it knows them."""
        address = person.email.strip().lower()
        for participation in self.participations(target):
            if participation.email == address:
                return participation
        raise Uncertain("conflict_unlisted")


def _user(person: Person) -> Form:
    return {
        "email": person.email,
        "name": person.first_name,
        "secondName": person.last_name,
        "additionalFields": dict(person.extra),
        "isAutoEnter": True,
        "isAccepted": person.approved,
    }


def _path(pattern: str, platform_id: str) -> str:
    """An address with an id in it. What is no id cannot be found, and is never sent: it would be another address."""
    if not _ID.fullmatch(platform_id):
        raise NotFound("bad_id", scope=Scope.TARGET)
    return pattern.format(platform_id)


def _target_path(target: Target, call: str) -> str:
    if target.session_id:
        return _path(f"/eventsessions/{{}}/{call}", target.session_id)
    return _path(f"/events/{{}}/{call}", target.event_id)


def _only(model: type[Row], answer: Any, unreadable: type[Unavailable] | type[Uncertain]) -> Row:
    try:
        return model.model_validate(answer)
    except ValidationError:
        raise unreadable("unreadable") from None


def _usable(model: type[Row], page: list[Any]) -> list[Row]:
    """The rows of a page that can be used. Raises Unavailable if not one of several can: the shape has changed."""
    usable = list(rows(model, page))
    if page and not usable:
        raise Unavailable("unreadable")
    return usable


def _records(answer: Any) -> list[Any]:
    """The elements of a bulk answer; PHP may write none as `{}`, and a single one without its list."""
    if isinstance(answer, list):
        return answer
    if answer == {}:
        return []
    if "participationId" in mapping(answer):
        return [answer]
    raise Uncertain("unreadable")


def _count(answer: Any, ids: Sequence[str]) -> int:
    """How many were processed; all of them when the platform only said that it worked."""
    count = _only(CountRow, mapping(answer) if answer == [] else answer, Uncertain).count
    return len(ids) if count is None else count


def _processed(ids: Sequence[str], send: Send, *, on_missing: Callable[[], object]) -> int:
    size = unconfirmed.IDS_PER_CALL
    return sum(_known_of(ids[start : start + size], send, on_missing) for start in range(0, len(ids), size))


def _known_of(ids: Sequence[str], send: Send, on_missing: Callable[[], object]) -> int:
    """Send ids; should the platform refuse all for one it does not know, halves, until only that is left out."""
    try:
        return send(ids)
    except NotFound:
        on_missing()
    if len(ids) == 1:
        return 0
    middle = len(ids) // 2
    return _known_of(ids[:middle], send, _at_once) + _known_of(ids[middle:], send, _at_once)
