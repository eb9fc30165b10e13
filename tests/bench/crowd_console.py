"""The console of a database full of people: fills it, and times what claiming and the staff's screens cost there.

Commands and answers are those of `tests.processes.console`. Times are in milliseconds, one for each go.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from tests.processes.console import COMMANDS, main  # sets Django up, so it comes first

from django.contrib.auth import get_user_model  # isort: skip
from django.core.management import call_command  # isort: skip
from django.db import connection  # isort: skip
from django.test import Client  # isort: skip
from django.urls import reverse  # isort: skip
from registrations.models import Campaign, Seat, StepState  # isort: skip
from registrations.services import seating, steps  # isort: skip
from tests.bench import crowd  # isort: skip
from tests.bench.names import People  # isort: skip

CLAIMED_AT_ONCE = 50

Times = dict[str, list[float]]

_stranger = itertools.count(1)


def fill(*, people: int) -> None:
    """Make the tables and everybody in them."""
    call_command("migrate", verbosity=0)
    crowd.fill(people=people)
    get_user_model().objects.create_user("staff", is_staff=True, is_superuser=True)
    crowd.begin_rush()


def claims(*, times: int) -> Times:
    """Claim seats of the measured campaign's account; whoever is claimed is done afterwards."""
    account = _measured().event.account

    def claim() -> None:
        assert len(steps.claim(rows=seating.claimable(account), limit=CLAIMED_AT_ONCE)) == CLAIMED_AT_ONCE

    def settle() -> None:
        Seat.objects.filter(state=StepState.LEASED).update(state=StepState.SETTLED)

    return _timed(claim, times, afterwards=settle)


def lists(*, times: int) -> Times:
    """The first page of the measured campaign's people."""
    return _pages(times, 50, itertools.repeat({"campaign__id__exact": str(_measured().pk)}))


def finds_one(*, times: int) -> Times:
    """A search for somebody by a part of the address, among all; another person each time."""
    people = People()
    addresses = (people.person(number).email for number in itertools.count(next(_stranger) * 97, 7))
    # Whoever signed up for two campaigns is there twice.
    return _pages(times, 2, ({"q": address.partition("@")[0] + "@"} for address in addresses))


def finds_many(*, times: int) -> Times:
    """A search for a frequent surname, among all: a page full of people."""
    return _pages(times, 50, itertools.repeat({"q": "узнецов"}))


def _pages(times: int, found: int, queries: Iterator[dict[str, str]]) -> Times:
    """Open the list of people so many times, each with the next query; at least one and up to `found` people are on it."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(get_user_model().objects.get(username="staff"), "django.contrib.auth.backends.ModelBackend")
    address = reverse("admin:registrations_registration_changelist")

    def open_page() -> None:
        answer = client.get(address, next(queries))
        assert answer.status_code == 200
        assert 1 <= answer.content.count(b'name="_selected_action"') <= found, answer.content.decode()

    open_page()
    return _timed(open_page, times)


def _timed(go: Callable[[], None], times: int, *, afterwards: Callable[[], None] = lambda: None) -> Times:
    """What each go takes in all, and how much of that is spent in the database."""
    taken: Times = {"all": [], "database": []}
    in_database = 0.0

    def watch(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal in_database
        began = time.perf_counter()
        try:
            return execute(*arguments)
        finally:
            in_database += time.perf_counter() - began

    connection.ensure_connection()
    for _ in range(times):
        in_database = 0.0
        with connection.execute_wrapper(watch):
            began = time.perf_counter()
            go()
            taken["all"].append((time.perf_counter() - began) * 1000)
        taken["database"].append(in_database * 1000)
        afterwards()
    return taken


def _measured() -> Campaign:
    return Campaign.objects.select_related("event__account").earliest("pk")


COMMANDS.update({command.__name__: command for command in (fill, claims, lists, finds_one, finds_many)})


if __name__ == "__main__":
    main()
