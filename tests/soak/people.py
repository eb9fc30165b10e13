"""The people of a soak: who presses which button when, and what the site answered to each press."""

from __future__ import annotations

import http.client
import queue
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.processes import visitor
from tests.processes.stack import MadeCampaign
from tests.processes.visitor import HtmlForm

THREADS = 6
PAUSE_SECONDS = 0.4
HABITS = ("once", "double_click", "two_tabs", "changed", "capitals")


@dataclass(frozen=True)
class Visit:
    """One person at one campaign's page at a time: seconds from the start, and how they press the button."""

    at: float
    address: str
    campaign: MadeCampaign
    habit: str


@dataclass(frozen=True)
class Press:
    """One press of a button. `content` tells forms apart; `status` is 0 without an answer; `answered_at` is Unix time."""

    campaign: str
    address: str
    content: tuple[tuple[str, str], ...]
    status: int
    answered_at: float


@dataclass
class Ledger:
    """Every press, in the order of the answers."""

    presses: list[Press] = field(default_factory=list)
    given_up: int = 0
    """Visits that never got an answer to rely on."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, press: Press) -> None:
        with self._lock:
            self.presses.append(press)

    def note_given_up(self) -> None:
        with self._lock:
            self.given_up += 1


def plan_visits(
    chance: random.Random, *, people: int, forms: int, campaigns: list[MadeCampaign], seconds: float, seed: int
) -> list[Visit]:
    """Who comes when: each person to one campaign, `forms` times, spread over so many seconds."""
    visits = []
    for number in range(people):
        address = f"soak.{seed}.{number:05}@example.com"
        campaign = chance.choice(campaigns)
        for at in sorted(chance.uniform(0, seconds) for _ in range(forms)):
            visits.append(Visit(at, address, campaign, chance.choice(HABITS)))
    return sorted(visits, key=lambda visit: visit.at)


class Crowd:
    """Threads that carry out the visits, each at its time; a visitor who is told to try again does so until `patience` ends."""

    def __init__(self, visits: list[Visit], ledger: Ledger, *, patience: float) -> None:
        self._ledger = ledger
        self._visits: queue.SimpleQueue[Visit | None] = queue.SimpleQueue()
        for visit in [*visits, *[None] * THREADS]:
            self._visits.put(visit)
        self._patience = patience
        self._began = 0.0
        self._pool = ThreadPoolExecutor(2 * THREADS, thread_name_prefix="visitor")

    def start(self) -> None:
        self._began = time.monotonic()
        self._threads = [self._pool.submit(self._walk) for _ in range(THREADS)]

    def is_done(self) -> bool:
        return all(thread.done() for thread in self._threads)

    def wait(self) -> None:
        """Until the last visitor has left; raises what went wrong in any of them."""
        for thread in self._threads:
            thread.result()
        self._pool.shutdown()

    def _walk(self) -> None:
        while (visit := self._visits.get()) is not None:
            time.sleep(max(self._began + visit.at - time.monotonic(), 0))
            self._carry_out(visit)

    def _carry_out(self, visit: Visit) -> None:
        deadline = time.monotonic() + self._patience
        first = self._form(visit, deadline)
        if first is None:
            self._ledger.note_given_up()
            return
        forms = [first]
        if visit.habit == "double_click":
            forms.append(first)
        elif visit.habit == "two_tabs":
            forms.append(self._form(visit, deadline) or first)
        self._press_at_once(visit, forms, deadline)
        if visit.habit == "changed":
            corrected = HtmlForm(first.action, first.values | {"first_name": "Sergey"})
            self._press_at_once(visit, [corrected], deadline)

    def _press_at_once(self, visit: Visit, forms: list[HtmlForm], deadline: float) -> None:
        others = [self._pool.submit(self._press_until_taken, visit, form, deadline) for form in forms[1:]]
        self._press_until_taken(visit, forms[0], deadline)
        for other in others:
            other.result()

    def _form(self, visit: Visit, deadline: float) -> HtmlForm | None:
        """The page's form filled in; None if the page never came."""
        while time.monotonic() < deadline:
            page = _answer(lambda: visitor.get(visit.campaign.url))
            if page is not None and page.status == 200:
                form = visitor.form_of(page)
                address = visit.address.upper() if visit.habit == "capitals" else visit.address
                person = {"first_name": "Ivan", "last_name": "Petrov", "email": address}
                return HtmlForm(form.action, form.values | person)
            time.sleep(PAUSE_SECONDS)
        return None

    def _press_until_taken(self, visit: Visit, form: HtmlForm, deadline: float) -> None:
        """The same form again and again, as the page asks for when something is away."""
        content = tuple(sorted((form.values | {"email": form.values["email"].lower()}).items()))
        while time.monotonic() < deadline:
            answer = _answer(lambda: visitor.post(form.action, form.values))
            status = answer.status if answer is not None else 0
            self._ledger.note(Press(visit.campaign.slug, visit.address, content, status, time.time()))
            if status in (303, 400, 403, 409, 410, 422):
                return
            time.sleep(PAUSE_SECONDS)
        self._ledger.note_given_up()


def _answer(ask: Callable[[], visitor.Answer]) -> visitor.Answer | None:
    try:
        return ask()
    except (OSError, http.client.HTTPException):
        return None
