"""A forecast in words: the same for every screen and command."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from registrations.services.backlog import Unknown
from registrations.services.forecast import Forecast

LONGEST_IN_SECONDS = 90
HOUR_MINUTES = 60
LONGEST_WITH_MINUTES = 10 * HOUR_MINUTES

_WHY: Mapping[Unknown, str | Promise] = {
    Unknown.EVERYTHING_PAUSED: gettext_lazy("delivery is stopped"),
    Unknown.WORKERS_SILENT: gettext_lazy("the workers do not answer"),
    Unknown.ACCOUNT_PAUSED: gettext_lazy("the account is paused"),
    Unknown.TARGET_PAUSED: gettext_lazy("the event is paused"),
    Unknown.MAIL_TROUBLE: gettext_lazy("the mail server is in trouble"),
    Unknown.LATER_TRY: gettext_lazy("the next try comes later"),
}


def about(seconds: float) -> str:
    """A length of time as one says it: "about 12 s", "about 3 min", "about 1 h 20 min"."""
    whole = max(round(seconds), 1)
    if whole < LONGEST_IN_SECONDS:
        return _("about %(seconds)s s") % {"seconds": whole}
    minutes = round(seconds / 60)
    if minutes < HOUR_MINUTES:
        return _("about %(minutes)s min") % {"minutes": minutes}
    hours, minutes = divmod(5 * round(minutes / 5), HOUR_MINUTES)
    if minutes and hours * HOUR_MINUTES < LONGEST_WITH_MINUTES:
        return _("about %(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
    return _("about %(hours)s h") % {"hours": number_format(round(seconds / 3600), force_grouping=True)}


def sentence(forecast: Forecast) -> str:
    """Who waits, and how long or why: "1,200 people are waiting, about 12 s"; empty if nobody does."""
    if not forecast.people:
        return ""
    waiting = ngettext("%(people)s person is waiting", "%(people)s people are waiting", forecast.people)
    words = waiting % {"people": _number(forecast.people)}
    if forecast.seconds is None:
        return f"{words}: {why(forecast)}" if forecast.reason else words
    words = f"{words}, {about(forecast.seconds)}"
    if not forecast.later:
        return words
    rest = ngettext("%(people)s of them waits for a later try", "%(people)s of them wait for a later try", forecast.later)
    return f"{words}; {rest % {'people': _number(forecast.later)}}"


def why(forecast: Forecast) -> str:
    """Why nobody can tell how long it takes; empty where it is known."""
    return str(_WHY[forecast.reason]) if forecast.reason else ""


def _number(count: int) -> str:
    return number_format(count, use_l10n=True, force_grouping=True)
