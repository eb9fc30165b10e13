"""Which address mails come from."""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings

from registrations.models import Campaign, Sender


def default_sender() -> Sender:
    """The installation's sender, made from `DEFAULT_FROM_EMAIL` the first time it is needed."""
    sender = Sender.objects.order_by("pk").first()
    if sender is not None:
        return sender
    name, address = parseaddr(settings.DEFAULT_FROM_EMAIL)
    return Sender.objects.create(name=name or "regsite", address=address)


def organizer_of(campaign: Campaign) -> str:
    """The bare address that calendars name as the organiser: the same as in the campaign's mails, so that a calendar takes
    both for one entry. Only reads."""
    sender = campaign.sender or Sender.objects.order_by("pk").first()
    _, address = parseaddr(sender.address if sender else settings.DEFAULT_FROM_EMAIL)
    return str(settings.CALENDAR_ORGANIZER_EMAIL or address)


def sender_of(campaign: Campaign) -> Sender:
    """The sender of a campaign's mails."""
    return campaign.sender or default_sender()
