"""Looking for what should have been forgotten, and letting erasures run."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import LazySettings

from registrations.models import Erasure, Registration, Seat, StepState
from registrations.services import erasing, privacy
from tests.services.conftest import World
from tests.services.timing import put_forward


def secrets_of(world: World, person: Registration) -> list[str]:
    """All by which somebody could be told from the database, the address first; to be called while they are still there."""
    links = [seat.link for seat in Seat.objects.filter(enrollments__registration=person) if seat.link]
    platform = [item["link"] for item in world.sandbox.participations(person.email)]
    names = [person.email, person.first_name, person.last_name]
    hashes = [text for form in person.submissions.all() for text in (form.content_hash, form.progress_hash)]
    return [*names, person.token, person.token_hash, *hashes, *links, *platform, *map(str, person.answers.values())]


def places_of(text: str) -> list[str]:
    """The columns, of all tables, in which a text can be read by whoever has the key."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        names = [column.attname for column in model._meta.concrete_fields]
        for row in model._default_manager.values_list(*names):
            found += [f"{model.__name__}.{name}" for name, value in zip(names, row, strict=True) if text in str(value)]
    return found


def nowhere(texts: list[str]) -> bool:
    """None of the texts is in the database."""
    left = {text: places for text in texts if (places := places_of(text))}
    assert not left, left
    return True


def is_forgotten(world: World, erasure: Erasure, person: Registration, texts: list[str]) -> bool:
    """The erasure is done, and nothing of `texts`, of which the first is the address, is left anywhere."""
    assert erasure.state == StepState.SETTLED
    assert not world.at_platform(texts[0])
    assert [seat.state for seat in Seat.objects.filter(enrollments__registration=person)] == [StepState.SETTLED]
    return nowhere([*texts, *[item["link"] for item in world.sandbox.participations(texts[0])]])


def calls(world: World, route: str) -> int:
    """How many calls the platform got at a route, whatever it answered."""
    return sum(world.sandbox.counters().get(route, {}).values())


def erase(person: Registration, user_id: int | None = None) -> Erasure:
    """Ask for a person's erasure."""
    [erasure_id] = privacy.erase(registration_id=person.pk, user_id=user_id).erasures
    return Erasure.objects.get(pk=erasure_id)


def work_on(erasure: Erasure) -> None:
    """One round of looks, if one is due."""
    if erasure.pk in privacy.go_on().erasures:
        erasing.go_on_erasing(erasure_id=erasure.pk)
    erasure.refresh_from_db()


def carry_out(erasure: Erasure, settings: LazySettings, *, rounds: int = 8, world: World | None = None) -> Erasure:
    """Let an erasure run as time passes, in a world whose other workers go on too."""
    for _ in range(rounds):
        work_on(erasure)
        if world is not None:
            world.drain_seats(2)
            world.drain_mails()
        if erasure.state == StepState.SETTLED:
            break
        put_forward(settings, seconds=31)
    return erasure


def receipt(erasure: Erasure, *names: str) -> tuple[Any, ...]:
    """Numbers of a receipt."""
    return tuple(erasure.receipt[name] for name in names)
