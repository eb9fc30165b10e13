"""What the staff screens say of a restored database and of workers that are silent."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registrations.admin.labels import moment
from registrations.services import heartbeats

_SILENCES: Mapping[str, object] = {
    heartbeats.SEATS: gettext_lazy("Nobody has worked off registrations since %(since)s (UTC)."),
    heartbeats.MAILS: gettext_lazy("Nobody has worked off mails since %(since)s (UTC)."),
    heartbeats.REST: gettext_lazy("Nobody has read events since %(since)s (UTC)."),
    heartbeats.SCHEDULE: gettext_lazy(
        "Nobody has looked for what is due since %(since)s (UTC). Look whether the schedule, the workers and Redis run."
    ),
}


def silent_workers() -> list[str]:
    """One sentence for each kind of worker that is silent."""
    return [_sentence(silence.kind) % {"since": moment(silence.since, "UTC")} for silence in heartbeats.silences()]


def _sentence(kind: str) -> str:
    return str(_SILENCES.get(kind) or _("A worker has been silent since %(since)s (UTC)."))
