"""One call of the API as a handler sees it: decoded, allowed, with everything it may touch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from registrations.sandbox.platform import forms
from registrations.sandbox.platform.answers import Answer, ApiError, bad_field, error, not_found
from registrations.sandbox.platform.forms import Params
from registrations.sandbox.platform.model import DELETED, Event, Organization, Participation, Session
from registrations.sandbox.platform.switches import Switches
from registrations.sandbox.platform.world import World

Post = Callable[[list[str], str, str], None]
"""Puts one platform mail to each address into the mailbox: addresses, subject, text."""


@dataclass(slots=True)
class Call:
    """Handlers read `params` and the numeric ids of the path, change `world`, and return an Answer or raise ApiError."""

    world: World
    switches: Switches
    organization: Organization
    ids: tuple[int, ...]
    params: Params
    post: Post

    def event(self) -> Event:
        """The event in the path. Raises ApiError 404, also for another organisation's."""
        event = self.world.event(self.ids[0])
        if event is None or event.organization_id != self.organization.id:
            raise not_found()
        return event

    def session(self) -> Session:
        """The session in the path. Raises ApiError 404, also for another organisation's."""
        session = self.world.session(self.ids[0])
        if session is None or session.organization_id != self.organization.id:
            raise not_found()
        return session

    def participations(self) -> list[Participation]:
        """The people named by `participationIds`, unknown ids left out or refused as the switch says.

        Deleted people and those of another organisation are unknown. Raises ApiError.
        """
        ids = forms.numbers(self.params, "participationIds")
        if not ids:
            raise bad_field("participationIds", "ERROR_EMPTY")
        found = [self.world.participations.get(number) for number in dict.fromkeys(ids)]
        own = [p for p in found if p and p.organization_id == self.organization.id and p.state != DELETED]
        if len(own) < len(found) and self.switches["unknown_participation"] == "404":
            raise not_found()
        return own

    def conflict(self) -> ApiError:
        """409 in the body the switch asks for."""
        if self.switches["conflict_body"] == "empty":
            return ApiError(Answer(409))
        return error(409, "Conflict")
