"""How many people of a campaign have places, and how many wait for what, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _

from registrations.services.places import Places


def place_lines(counted: Places) -> list[str]:
    """A few words for each number that says something; empty for a campaign in which nobody has to wait."""
    lines = []
    if counted.places is not None:
        lines.append(_("%(taken)s of %(places)s places taken") % {"taken": counted.taken, "places": counted.places})
    numbers = {
        _("on the waiting list: %(count)s"): counted.waiting,
        _("to approve: %(count)s"): counted.to_approve,
        _("address not confirmed: %(count)s"): counted.unconfirmed,
    }
    return lines + [words % {"count": count} for words, count in numbers.items() if count]
