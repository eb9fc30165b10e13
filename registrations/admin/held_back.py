"""What was held back at a campaign's form in the last week, in words for the marketer."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from registrations.models import BlockedTries, Campaign
from registrations.services import held_back

Reason = BlockedTries.Reason


def held_back_lines(campaign: Campaign) -> list[str]:
    """One line for each reason that there was; none if nothing was held back."""
    counts = held_back.last_week(campaign_id=campaign.pk)
    return [_line(reason, count) for reason, count in counts.items()]


def _line(reason: BlockedTries.Reason, count: int) -> str:
    """The number, what it counts, and what became of whoever it was."""
    tries = ngettext("%(count)d try", "%(count)d tries", count) % {"count": count}
    return f"{tries}: {_words(reason)}"


def _words(reason: BlockedTries.Reason) -> str:
    match reason:
        case Reason.TRAP:
            return _("a field that people never see was filled in, which programs do. Asked to press once more.")
        case Reason.FAST:
            return _("the form came back within an instant of its page. Asked to press once more.")
        case Reason.CLIENT:
            return _("too many forms from one place on the internet, as an office or a program has. Asked to wait.")
        case Reason.ADDRESS:
            return _("too many forms with one e-mail address. Asked to wait.")
        case Reason.CAMPAIGN:
            return _("too many forms for this campaign in ten minutes. Asked to wait; the limit can be raised.")
        case Reason.SITE:
            return _("too many forms for the whole site in ten minutes. Asked to wait; the limit can be raised.")
        case Reason.PROOF:
            return _("no proof of work, or a wrong one: a program, or a browser without JavaScript. Asked to press once more.")
