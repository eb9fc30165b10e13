"""Forms that builders post to us: read in the campaign's words, checked as on its page, written down once.

What does not get through is counted with its reason, and without anything that people typed, for whoever set the hook up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db.models import F

from registrations.forms import field_maps
from registrations.models import FormHook, HookRefusal, Submission, db_now, fingerprint
from registrations.models.form_hook import MAX_FIELD_NAME
from registrations.services import guarding, signup
from registrations.services.attribution import attribution
from registrations.services.campaigns import Availability, CampaignNotFound, recent_campaign
from registrations.services.due import NOTHING, Due
from registrations.services.guarding import Next
from registrations.services.intake import Fault, Faulty, Given, Terms, checked
from registrations.services.signup import NotOpen

Reason = HookRefusal.Reason

MAX_COUNTS = 60
"""How many different refusals of one hook are told apart; a builder gone wild must not fill the table."""

SAME_POST = timedelta(hours=1)
"""How long the same content is a repeat where the builder gives its posts no number."""

_HOOK_OF_POST = re.compile(r"hook:(\d{1,18}):")

TERMS = Terms(needs_last_name=False, needs_ticks=False, needs_dates=False)
"""One field for the name is usual there; why we may write to people is on record with the hook; dates come and go, so that no
builder's form can offer them, and whoever sends it gets all."""


class UnknownHook(Exception):
    """No hook has this address, or it takes no forms any more."""


class Refused(Exception):
    """A form that cannot be taken, and that would be refused again if it came again."""

    def __init__(self, reason: HookRefusal.Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class TooMany(Exception):
    """More forms than are taken at once; it may come again after so many `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def receive(*, secret: str, posted: Mapping[str, str]) -> Due:
    """Take a form that a builder posts. Raises UnknownHook, Refused, TooMany, signup.NotOpen.

    A number of the builder's (Tilda: `tranid`) tells its repeats from new forms. A test of the address is no form.
    """
    hook = find(secret=secret)
    hook.was_used(db_now())
    if is_test(posted):
        return NOTHING
    try:
        campaign = recent_campaign(slug=hook.campaign.slug)
    except CampaignNotFound as error:
        count(hook, Reason.NOT_OPEN)
        raise NotOpen(Availability.CLOSED) from error
    reading = field_maps.read(posted, field_map=hook.field_map, questions=campaign.questions)
    verdict = guarding.judge_machine(campaign_id=campaign.id, address=reading.fixed.get("email", ""))
    if verdict.next is Next.WAIT:
        raise TooMany(verdict.seconds)
    for name in reading.unmapped:
        count(hook, Reason.UNMAPPED, name)
    try:
        entry = checked(campaign=campaign, given=_given(reading), terms=TERMS)
        receipt = signup.record(
            campaign_id=campaign.id,
            form_token=_name_of_post(hook, posted),
            entry=entry,
            basis=hook.basis,
            attribution=attribution(door="hook", told=posted),
        )
    except Faulty as faulty:
        raise _refusal(hook, faulty.faults) from faulty
    except NotOpen:
        count(hook, Reason.NOT_OPEN)
        raise
    return receipt.due


def find(*, secret: str) -> FormHook:
    """The hook at an address. Raises UnknownHook."""
    hook = FormHook.objects.select_related("campaign").filter(secret_hash=fingerprint(secret), active=True).first()
    if hook is None:
        raise UnknownHook
    return hook


def unreadable(*, secret: str) -> None:
    """Count a post to a hook that was no form. Raises UnknownHook."""
    count(find(secret=secret), Reason.UNREADABLE)


def is_test(posted: Mapping[str, str]) -> bool:
    """Whether a builder only looks whether there is somebody (Tilda, when the address is entered: `test=test`).

    It may send along a key of its own; where there is an address, there is a person.
    """
    return posted.get("test") == "test" and not any("@" in text for text in posted.values())


def count(hook: FormHook, reason: HookRefusal.Reason, field: str = "") -> None:
    """Count one refusal. Beyond so many different ones, fields are not told apart any more."""
    same = HookRefusal.objects.filter(hook=hook, reason=reason)
    name = _shown(field)
    if name and not same.filter(field=name).exists() and HookRefusal.objects.filter(hook=hook).count() >= MAX_COUNTS:
        name = ""
    now = db_now()
    if not same.filter(field=name).update(count=F("count") + 1, last_at=now):
        HookRefusal.objects.bulk_create([HookRefusal(hook=hook, reason=reason, field=name, last_at=now)], ignore_conflicts=True)
        same.filter(field=name).update(count=F("count") + 1)


def forget_refusals(*, hook_ids: Iterable[int]) -> int:
    """Begin counting anew, once what was wrong is mended; says how many lines went."""
    return HookRefusal.objects.filter(hook__in=list(hook_ids)).delete()[0]


def _given(reading: field_maps.Reading) -> Given:
    fixed = {name: reading.fixed.get(name, "") for name in ("email", "first_name", "last_name")}
    return Given(fixed["email"], fixed["first_name"], fixed["last_name"], reading.answers)


def _name_of_post(hook: FormHook, posted: Mapping[str, str]) -> str:
    """What this post is told from others by: the builder's number, or for an hour what stands in it."""
    number = next((posted[name] for name in ("tranid", "TRANID", "tran_id") if posted.get(name)), "")
    if number:
        told = f"{number}\n{posted.get('formid', '')}"
    else:
        period = int(db_now().timestamp() // SAME_POST.total_seconds())
        told = f"{period}\n{sorted(posted.items())}"
    return f"hook:{hook.pk}:{fingerprint(told)[:40]}"


def hooks_of(forms: Iterable[Submission]) -> dict[int, FormHook]:
    """The hooks that forms came by, by the ids of the forms, read at once for all; who set them up is at hand."""
    named = {form.pk: _HOOK_OF_POST.match(form.form_token) for form in forms}
    ids = {form_id: int(found[1]) for form_id, found in named.items() if found}
    hooks = FormHook.objects.select_related("created_by").in_bulk(set(ids.values())) if ids else {}
    return {form_id: hooks[hook_id] for form_id, hook_id in ids.items() if hook_id in hooks}


def _refusal(hook: FormHook, faults: Iterable[Fault]) -> Refused:
    reasons = []
    for fault in faults:
        reasons.append(Reason.MISSING if fault.code == "required" else Reason.FAULTY)
        count(hook, reasons[-1], fault.name)
    return Refused(reasons[0])


def _shown(field: str) -> str:
    """A field's name as it may be shown; what looks like something typed is not kept."""
    name = "".join(letter for letter in field if letter.isprintable())[:MAX_FIELD_NAME].strip()
    return "" if "@" in name or sum(letter.isdigit() for letter in name) > 6 else name
