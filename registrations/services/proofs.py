"""Proof of work: a browser works for a second before its form is taken, and each work counts for one form.

The work is ALTCHA's, version 2, with the settings in `regsite/proof_of_work.py`. A challenge is signed and not remembered; one
that was used is, in the database, until it has expired: so nobody uses it twice, whichever process they come to.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from altcha_django import build_challenge, get_verifier
from altcha_django.verifiers.local import decode_payload
from django.utils import timezone

from registrations.forms.addresses import normalise
from registrations.models import SpentProof, fingerprint
from registrations.services.signup import Entry, content_hash, progress_token

LONGEST = 4096
"""Characters of a solution; a true one has some seven hundred."""

CLOCKS_DIFFER = timedelta(minutes=5)
"""A used challenge is kept for so much longer than it counts, for machines whose clocks do not agree."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Solved:
    """A challenge of ours that somebody has solved."""

    nonce: str
    expires_at: datetime


def new_challenge(*, campaign_id: int) -> dict[str, Any]:
    """A challenge for one form of this campaign, as the widget reads it."""
    return build_challenge(data={"campaign": campaign_id}).to_dict()


def counts(*, campaign_id: int, solution: str, form_token: str, entry: Entry) -> bool:
    """Whether a form comes with a solution that is right, of this campaign, in time, and not used for another form.

    The same form with the same content may use it again: that is a repeat, which changes nothing. Raises what the database
    raises when it is away.
    """
    solved = _solved(campaign_id, solution)
    if solved is None:
        return False
    content = content_hash(replace(entry, email=normalise(entry.email)))
    form = fingerprint(progress_token(campaign_id=campaign_id, form_token=form_token, content=content))
    return SpentProof.claim(nonce=solved.nonce, used_for=form, expires_at=solved.expires_at)


def prune() -> None:
    """Forget used challenges that count no more."""
    over = SpentProof.objects.filter(expires_at__lt=timezone.now() - CLOCKS_DIFFER)
    if over.exists():
        over.delete()


def _solved(campaign_id: int, solution: str) -> _Solved | None:
    if not 0 < len(solution) <= LONGEST:
        return None
    try:
        result = get_verifier("local").verify(solution)
        if not (result.verified and result.replay_id and result.expires_at):
            return None
        # Signed by us, as has just been checked.
        told = (decode_payload(solution) or {})["challenge"]["parameters"]["data"]
        if told != {"campaign": campaign_id}:
            return None
        return _Solved(result.replay_id, datetime.fromtimestamp(result.expires_at, UTC))
    except Exception as error:
        # Anybody may send anything: whatever it does to the library, it is no proof.
        logger.warning("a proof of work could not be read: %s", type(error).__name__)
        return None
