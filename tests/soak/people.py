"""The people of a soak: who presses which button when, and what the site answered to each press."""

from __future__ import annotations

import http.client
import queue
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
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
    habit: str = "once"


@dataclass(frozen=True)
class Press:
    """One press of a button. `content` tells forms apart; `status` is 0 without an answer; `answered_at` is Unix time."""

    campaign: str
    address: str
    content: tuple[tuple[str, str], ...]
    status: int
    answered_at: float
    seconds: float = 0.0


@dataclass
class Ledger:
    """Every press, in the order of the answers, and who asked to be forgotten.

    `given_up` are visits that never got an answer to rely on; `erased` is by address when the erasure was asked for, and when
    the site had taken it on, as Unix times.
    """

    presses: list[Press] = field(default_factory=list)
    given_up: int = 0
    erased: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, press: Press) -> None:
        with self._lock:
            self.presses.append(press)

    def note_given_up(self) -> None:
        with self._lock:
            self.given_up += 1

    def note_erasure(self, address: str) -> None:
        """Somebody asks to be forgotten, and does not press again."""
        self.erased[address] = (time.time(), 0.0)

    def note_erased(self, address: str, *, is_known: bool) -> None:
        """The site has taken it on, or says that it knows nobody of that address."""
        if is_known:
            self.erased[address] = (self.erased[address][0], time.time())
        else:
            del self.erased[address]


def plan_visits(
    chance: random.Random, *, people: int, forms: Sequence[int], campaigns: list[MadeCampaign], seconds: float, seed: int
) -> list[Visit]:
    """Who comes when: each person to one campaign, as often as one of `forms` says, spread over so many seconds."""
    visits = []
    for number in range(people):
        address = f"soak.{seed}.{number:05}@example.com"
        campaign = chance.choice(campaigns)
        for at in sorted(chance.uniform(0, seconds) for _ in range(chance.choice(forms))):
            visits.append(Visit(at, address, campaign, chance.choice(HABITS)))
    return sorted(visits, key=lambda visit: visit.at)


class Crowd:
    """Threads that carry out visits; a visitor who is told to try again does so for as long as `patience` seconds."""

    def __init__(self, ledger: Ledger, *, patience: float, threads: int = THREADS) -> None:
        self._ledger = ledger
        self._patience = patience
        self._threads = threads
        self._visitors = ThreadPoolExecutor(threads, thread_name_prefix="visitor")
        self._second_tabs = ThreadPoolExecutor(2 * threads, thread_name_prefix="second_tab")
        self._walks: list[Future[None]] = []

    def start(self, visits: Sequence[Visit]) -> None:
        """Have visits carried out, each at its time from now; those that are late follow at once."""
        began = time.monotonic()
        waiting: queue.SimpleQueue[Visit | None] = queue.SimpleQueue()
        for visit in [*visits, *[None] * self._threads]:
            waiting.put(visit)

        def walk() -> None:
            while (visit := waiting.get()) is not None:
                time.sleep(max(began + visit.at - time.monotonic(), 0))
                self._carry_out(visit)

        self._walks += [self._visitors.submit(walk) for _ in range(self._threads)]

    def is_done(self) -> bool:
        return all(walk.done() for walk in self._walks)

    def wait(self) -> None:
        """Until the last visitor has left; raises what went wrong in any of them."""
        for walk in self._walks:
            walk.result()
        self._walks.clear()

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
        others = [self._second_tabs.submit(self._press_until_taken, visit, form, deadline) for form in forms[1:]]
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
            if visit.address in self._ledger.erased:
                return
            answer = _answer(lambda: visitor.post(form.action, form.values))
            status, seconds = (answer.status, answer.seconds) if answer is not None else (0, 0.0)
            self._ledger.note(Press(visit.campaign.slug, visit.address, content, status, time.time(), seconds))
            if status in (303, 400, 403, 409, 410, 422):
                return
            time.sleep(PAUSE_SECONDS)
        self._ledger.note_given_up()


def _answer(ask: Callable[[], visitor.Answer]) -> visitor.Answer | None:
    try:
        return ask()
    except (OSError, http.client.HTTPException):
        return None
