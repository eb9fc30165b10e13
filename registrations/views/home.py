"""The front page: what is coming, by words and dates.

The search is a plain form of GET, so that it needs no script and its result has an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.views.decorators.http import require_safe

from registrations.mailing.times import known_zone
from registrations.services.campaigns import Availability
from registrations.services.listing import Coming, upcoming
from registrations.views.pages import answers_outages, page
from registrations.views.schedule import When, when

PER_PAGE = 40
MAX_WORDS = 100


@dataclass(frozen=True, slots=True)
class _Search:
    """What somebody asked for; `mistakes` are sentences about what could not be read."""

    words: str
    since: date | None
    until: date | None
    mistakes: tuple[str, ...]

    @property
    def is_asked(self) -> bool:
        return bool(self.words or self.since or self.until)


@dataclass(frozen=True, slots=True)
class _Card:
    """One campaign as the list shows it: its next meeting, and the last one of a series."""

    coming: Coming
    day: str
    month: str
    weekday: str
    time: When
    last: When | None
    note: str


@require_safe
@answers_outages
def home(request: HttpRequest) -> HttpResponse:
    """List what is coming, the soonest first, month by month."""
    search = _read(request.GET)
    shown = Paginator(upcoming(words=search.words, since=search.since, until=search.until), PER_PAGE)
    part = shown.get_page(request.GET.get("page"))
    context = {
        "search": search,
        "months": [(month, [_card(one) for one in group]) for month, group in groupby(part, key=_month)],
        "part": part,
        "earlier": _address(request.GET, part, -1),
        "later": _address(request.GET, part, +1),
        "canonical": f"{settings.PUBLIC_URL}/",
    }
    return page(request, "registrations/home.html", context)


def _read(asked: QueryDict) -> _Search:
    mistakes: list[str] = []

    def day(name: str) -> date | None:
        text = asked.get(name, "").strip()
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            mistakes.append(
                gettext("“%(text)s” is not a date that we can read. Write it like 2026-11-30.") % {"text": text[:20]}
            )
            return None

    words = " ".join(asked.get("q", "").replace("\x00", " ").split())[:MAX_WORDS]
    since, until = day("from"), day("to")
    if since and until and until < since:
        mistakes.append(gettext("The last day is before the first one, so nothing can be found."))
    return _Search(words, since, until, tuple(mistakes))


def _address(asked: QueryDict, part: Page[Coming], step: int) -> str:
    """Where the next or the previous part of the list is; "" if there is none."""
    number = part.number + step
    if not 1 <= number <= part.paginator.num_pages:
        return ""
    kept = QueryDict(mutable=True)
    kept.update({name: str(asked[name]) for name in ("q", "from", "to") if asked.get(name)})
    if number > 1:
        kept["page"] = str(number)
    return f"?{kept.urlencode()}" if kept else "."


def _month(one: Coming) -> str:
    """«Ноябрь 2026», "November 2026", on the event's own calendar."""
    return capfirst(formats.date_format(_local(one), "F Y"))


def _local(one: Coming) -> date:
    zone = known_zone(one.campaign.time_zone) or ZoneInfo("UTC")
    return one.sessions[0].starts_at.astimezone(zone).date()


def _card(one: Coming) -> _Card:
    times = [when(session, zone=one.campaign.time_zone) for session in (one.sessions[0], one.sessions[-1])]
    local = _local(one)
    return _Card(
        coming=one,
        day=str(local.day),
        month=formats.date_format(local, "M"),
        weekday=formats.date_format(local, "D"),
        time=times[0],
        last=times[1] if len(one.sessions) > 1 else None,
        note=_note(one.campaign.availability),
    )


def _note(availability: Availability) -> str:
    """Why one cannot sign up just now; "" if one can."""
    notes = {
        Availability.NOT_YET: pgettext("event in a list", "Registration is not open yet"),
        Availability.CLOSED: pgettext("event in a list", "Registration is closed"),
    }
    return notes.get(availability, "")
