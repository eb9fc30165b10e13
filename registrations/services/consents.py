"""What a campaign asks people to agree to, and that they did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address

from django.urls import reverse

from registrations.forms.spec import ConsentSpec
from registrations.models import Consent, ConsentBox, ConsentText, Submission


class ConsentMissing(Exception):
    """A form came without an agreement that its campaign requires."""


class UnknownText(Exception):
    """There is no such version of a text."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """The fingerprints of the texts that somebody agreed to, from which IP address, on which page."""

    texts: tuple[str, ...] = ()
    ip: str = ""
    page: str = ""


def boxes_of(boxes: Iterable[ConsentBox]) -> tuple[ConsentSpec, ...]:
    """A campaign's boxes as the forms library knows them."""
    return tuple(
        ConsentSpec(
            key=box.text.fingerprint,
            statement=box.text.statement,
            url=reverse("public:consent", args=[box.text.fingerprint]),
            required=box.required,
        )
        for box in boxes
    )


def chosen(boxes: Iterable[ConsentBox], agreed: Agreed) -> list[ConsentText]:
    """The texts among a campaign's boxes that were agreed to. Raises ConsentMissing if a required one is not."""
    texts: Mapping[str, ConsentBox] = {box.text.fingerprint: box for box in boxes}
    if any(box.required and fingerprint not in agreed.texts for fingerprint, box in texts.items()):
        raise ConsentMissing
    return [box.text for fingerprint, box in texts.items() if fingerprint in agreed.texts]


def write_down(submission: Submission, texts: Iterable[ConsentText], agreed: Agreed, *, now: datetime) -> None:
    """Remember that the sender of a form agreed to these texts."""
    Consent.objects.bulk_create(
        Consent(
            submission=submission,
            text=text,
            fingerprint=text.fingerprint,
            given_at=now,
            ip=_known_ip(agreed.ip),
            page=agreed.page[: Consent._meta.get_field("page").max_length],
        )
        for text in texts
    )


def _known_ip(text: str) -> str | None:
    """What a proxy told may be no address at all."""
    try:
        return str(ip_address(text.partition("%")[0]))  # a zone means nothing on another machine
    except ValueError:
        return None


def text_of(*, fingerprint: str) -> ConsentText:
    """One version of a text, word for word as it was agreed to. Raises UnknownText."""
    try:
        return ConsentText.objects.get(fingerprint=fingerprint)
    except ConsentText.DoesNotExist as error:
        raise UnknownText from error
