"""What is personal in a mail is the person's own, however many mails are written at once."""

from __future__ import annotations

import secrets

from registrations.models import Campaign, OutgoingEmail, Registration, StepState
from tests.services.conftest import World

INTRO = "Dear {{first_name}} {{last_name}}, see you at {{event}}."


def somebody(world: World, campaign: Campaign, number: int) -> Registration:
    """Somebody with a name that nobody else has; some write in signs that a mail has to escape."""
    name = secrets.token_hex(6) + ("", " & Co", " <b>", ".", '"')[number % 5]
    person = world.sign_up(campaign, f"{secrets.token_hex(6)}@example.com", first_name=f"F{name}")
    language, zone = (("en", ""), ("ru", "Asia/Yekaterinburg"), ("en", "Europe/Moscow"))[number % 3]
    Registration.objects.filter(pk=person.pk).update(last_name=f"L{secrets.token_hex(6)}", language=language, time_zone=zone)
    person.refresh_from_db()
    return person


def personal(world: World, person: Registration) -> list[str]:
    """What must be in this person's mail alone."""
    return [person.email, person.first_name[:13], person.last_name, person.token, world.seat(person).link]


def everything_in(mail: dict[str, object]) -> str:
    """All that a reader could find in a mail."""
    calendars = "".join(item["content"] for item in mail["attachments"])  # type: ignore[attr-defined, index]
    return f"{mail['to']}\n{mail['subject']}\n{mail['text']}\n{mail['html']}\n{calendars}".replace("\r\n ", "")


def test_no_two_people_share_anything_personal_in_their_mails(world: World) -> None:
    series, single = world.campaign(series=True), world.campaign()
    Campaign.objects.filter(pk=single.pk).update(mail_intro=INTRO)
    people = [somebody(world, campaign, number) for number in range(30) for campaign in (single, series)]
    while OutgoingEmail.objects.count() < len(people):
        world.drain_seats()
    world.drain_mails()
    assert not OutgoingEmail.objects.exclude(state=StepState.SETTLED).exists()

    mails = {person.pk: everything_in(world.sandbox.messages(person.email)[0]) for person in people}
    own = {person.pk: personal(world, person) for person in people}
    for person in people:
        wanted = own[person.pk] if person.campaign_id == single.pk else [*own[person.pk][:2], *own[person.pk][3:]]
        assert [value for value in wanted if value not in mails[person.pk]] == []
        others = [value for pk, values in own.items() if pk != person.pk for value in values]
        assert [value for value in others if value in mails[person.pk]] == []
