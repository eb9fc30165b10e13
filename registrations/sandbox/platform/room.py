"""The room behind a personal link, and the landing pages: what a participant of the real platform would meet."""

from __future__ import annotations

from aiohttp import web

from registrations.sandbox.platform.model import ACCEPTED, DELETED, KICKED, REFUSED, STOP, Meeting, Participation
from registrations.sandbox.platform.when import ZONES
from registrations.sandbox.platform.world import World
from registrations.sandbox.templating import page

MOST_NAME = 80
_AWAY = {
    "waiting": (
        403,
        "Not yet",
        "The organiser has not let you in yet. Please come back once you are approved.",
        "Организатор ещё не подтвердил ваше участие.",
    ),
    REFUSED: (403, "No entry", "The organiser declined this registration.", "Организатор отклонил эту регистрацию."),
    KICKED: (
        403,
        "No entry",
        "You were put out of this event. Only the organiser can let you back in.",
        "Вас удалили с мероприятия. Вернуть вас может только организатор.",
    ),
    DELETED: (
        404,
        "This link opens nothing",
        "The registration behind this link was deleted.",
        "Регистрация, к которой вела ссылка, удалена.",
    ),
    "gone": (404, "This event is gone", "The event behind this link was deleted.", "Мероприятие удалено."),
    "unknown": (404, "This link opens nothing", "Nobody was ever given this link.", "Такой ссылки никому не выдавали."),
}


class Room:
    """Serves `/{alias}/{event}/{token}` and the landing pages."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def enter(self, request: web.Request) -> web.Response:
        """Let the owner of a link in, after asking for a chat name when the registration says so."""
        person = self._world.by_token(request.match_info["token"].lower())
        if person is None or request.match_info["event"] != str(person.event_id):
            return _away("unknown")
        meeting = self._meeting(person)
        if meeting is None or person.state != ACCEPTED:
            return _away(person.state if person.state != ACCEPTED else "gone")
        values = self._values(meeting, person)
        if meeting.status == STOP:
            return page("room_over.html", values)
        if request.method == "POST":
            chosen = str((await request.post()).get("name", "")).strip()[:MOST_NAME]
            values["name"] = chosen or person.shown_name
        elif not person.is_auto_enter:
            return page("room_name.html", values)
        if request.method != "HEAD" and not person.visited:
            person.visited = True
            self._world.touch()
        return page("room.html", values)

    def _meeting(self, person: Participation) -> Meeting | None:
        event = self._world.event(person.event_id)
        if event is None or not person.session_id:
            return event
        return self._world.session(person.session_id)

    def _values(self, meeting: Meeting, person: Participation) -> dict[str, object]:
        sessions = [] if person.session_id else self._world.sessions_of(person.event_id)
        return {
            "title": meeting.name,
            "when": shown(meeting),
            "name": person.shown_name,
            "status": meeting.status,
            "whole_series": not person.session_id,
            "sessions": [{"name": session.name, "when": shown(session)} for session in sessions],
        }

    async def landing(self, request: web.Request) -> web.Response:
        """The public page of an event or a session, where the real platform would show its own form."""
        alias, number = request.match_info["alias"], request.match_info["event"]
        event = next(
            (
                event
                for event in self._world.events.values()
                if not event.deleted
                and number in (str(event.id), event.url_alias)
                and self._world.organizations[event.organization_id].alias == alias
            ),
            None,
        )
        meeting: Meeting | None = event
        wanted = request.match_info.get("session", "")
        if wanted:
            session = self._world.session(int(wanted))
            meeting = session if event is not None and session is not None and session.event_id == event.id else None
        if event is None or meeting is None:
            return page(
                "away.html",
                {"title": "Nothing here", "reason": "There is no such event.", "reason_ru": "Такого мероприятия нет."},
                status=404,
            )
        return page("landing.html", {"title": meeting.name, "when": shown(meeting), "description": meeting.description})


def shown(meeting: Meeting) -> str:
    """Start on the wall clock of the meeting's zone, for people."""
    zone = ZONES[meeting.timezone_id]
    return f"{zone.at(meeting.starts_at):%d %B %Y, %H:%M} {zone.name}"


def _away(reason: str) -> web.Response:
    status, title, text, text_ru = _AWAY[reason]
    return page("away.html", {"title": title, "reason": text, "reason_ru": text_ru}, status=status)


def add_routes(app: web.Application, world: World) -> None:
    """Mount room and landing pages. They come last: an alias is any first part of a path."""
    room = Room(world)
    link = "/{alias:[a-z0-9-]+}/{event:[0-9]+}/{token:[0-9a-fA-F]{32}}"
    app.router.add_get(link, room.enter)
    app.router.add_post(link, room.enter)
    app.router.add_get("/{alias:[a-z0-9-]+}/{event:[0-9]+}/session/{session:[0-9]{1,18}}", room.landing)
    app.router.add_get("/{alias:[a-z0-9-]+}/{event:[^/]+}", room.landing)
