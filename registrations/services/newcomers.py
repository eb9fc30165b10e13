"""Writing down the new people of a list in a few statements; callers hold one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from registrations.models import (
    Campaign,
    Erasure,
    Import,
    Registration,
    Submission,
    TimelineEntry,
    db_now,
    fingerprint,
)
from registrations.models.inserting import insert_alike
from registrations.services import answering, wishes_together
from registrations.services.due import NOTHING, Due, seats_due
from registrations.services.signup import Entry, content_hash, progress_token


def known(campaign: Campaign, entries: Sequence[Entry]) -> set[str]:
    """The addresses that a list must not touch: in the campaign already, even if they cancelled; left its target; erased."""
    addresses = [entry.email for entry in entries]
    here = Registration.objects.filter(campaign=campaign, email__in=addresses).values_list("email", flat=True)
    found = {*here, *wishes_together.left_before(campaign, addresses)}
    if Erasure.objects.exists():
        by_hash = {name: address for address in addresses for name in Erasure.hashes_of(address)}
        erased = Erasure.objects.filter(address_hash__in=list(by_hash)).values_list("address_hash", flat=True)
        found.update(by_hash[name] for name in erased)
    return found


def write(begun: Import, campaign: Campaign, entries: Sequence[Entry]) -> tuple[int, Due]:
    """Everything that follows from new people; returns how many they were, and what became due. Raises Overtaken.

    Whoever signs up by the form in the same instant is left to the form.
    """
    # In order of their addresses, so that two lists with the same people never wait for each other crosswise.
    entries = sorted(entries, key=lambda entry: entry.email)
    people = _write_registrations(campaign, entries)
    if not people:
        return 0, NOTHING
    taken = wishes_together.want_in_together(campaign, people)
    _write_submissions(begun, campaign, people, [entry for entry in entries if entry.email in people])
    due = seats_due(campaign.event.account_id)
    if taken:  # by another campaign: that needs no call, their mail goes at once
        due |= answering.answer(Registration.objects.select_related("campaign__sender").filter(pk__in=taken))
    return len(people), due


def _write_registrations(campaign: Campaign, entries: Sequence[Entry]) -> dict[str, int]:
    """Ids of the new people by address, without those whom somebody else has just written."""
    made: dict[str, str] = {}
    token_of = Registration()

    def rows() -> Iterator[list[Any]]:
        for entry in entries:
            token_of.set_new_token()
            made[token_of.token_hash] = entry.email
            person = [entry.email, entry.first_name, entry.last_name, dict(entry.answers)]
            yield [*person, token_of.token, token_of.token_hash]

    insert_alike(
        Registration,
        common={
            "campaign_id": campaign.pk,
            "language": campaign.language,
            "all_dates": campaign.by_session,
            "created_at": db_now(),
        },
        names=["email", "first_name", "last_name", "answers", "token", "token_hash"],
        rows=rows(),
        ignore_conflicts=True,
    )
    found = Registration.objects.filter(token_hash__in=list(made)).values_list("token_hash", "pk")
    return {made[token_hash]: pk for token_hash, pk in found}


def _write_submissions(begun: Import, campaign: Campaign, people: Mapping[str, int], entries: Sequence[Entry]) -> None:
    now = db_now()
    form_token = f"import:{begun.pk}"

    def rows() -> Iterator[list[Any]]:
        for entry in entries:
            content = content_hash(entry)
            token = progress_token(campaign_id=begun.campaign_id, form_token=form_token, content=content)
            person = [entry.email, entry.first_name, entry.last_name, dict(entry.answers)]
            yield [people[entry.email], content, fingerprint(token), *person]

    insert_alike(
        Submission,
        common={
            "campaign_id": begun.campaign_id,
            "form_token": form_token,
            "imported_id": begun.pk,
            "all_dates": campaign.by_session,
            "received_at": now,
            "late_notice_at": now,  # nobody waits at a form for this link, so nobody is told that it is late
        },
        names=["registration_id", "content_hash", "progress_hash", "email", "first_name", "last_name", "answers"],
        rows=rows(),
    )
    insert_alike(
        TimelineEntry,
        common={
            "at": now,
            "code": TimelineEntry.Code.IMPORTED,
            "actor_id": begun.imported_by_id,
            "data": {"import": begun.pk},
        },
        names=["registration_id"],
        rows=((people[entry.email],) for entry in entries),
    )
