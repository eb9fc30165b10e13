"""The thread that takes a form opens no connection and asks for no address; the ring leaves from another thread.

Python tells of every socket that its own code connects, which is how the platform (requests), the mail server (smtplib) and
Redis are reached. The database's driver may connect below Python; it is the one that a post needs.
"""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from django.core.mail import get_connection
from django.test import Client

from registrations import pipeline
from registrations.models import Campaign, Registration
from registrations.webinar.errors import Unavailable
from registrations.webinar.registry import PROVIDERS
from tests import factories
from tests.views import attendee

OUTSIDE = frozenset({"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"})
RING_SECONDS = 10.0

Event = tuple[int, str]


class Watch:
    """Takes down which thread does what of `OUTSIDE` while it is on. There is one, because such a hook stays for good."""

    def __init__(self) -> None:
        self.is_on = False
        self.events: list[Event] = []
        sys.addaudithook(self._hear)

    def _hear(self, name: str, _arguments: object) -> None:
        if self.is_on and name in OUTSIDE:
            self.events.append((threading.get_ident(), name))

    def of_this_thread(self) -> list[str]:
        return [name for thread, name in self.events if thread == threading.get_ident()]


_watch = Watch()


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr("registrations.pipeline._bell", pipeline.Bell())
    _watch.events.clear()
    yield _watch
    _watch.is_on = False


@pytest.fixture
def campaign(transactional_db: None) -> Campaign:
    return factories.make_campaign()


def test_a_post_is_taken_without_a_connection_of_its_thread(watch: Watch, campaign: Campaign, client: Client) -> None:
    token = attendee.form_token(client, campaign)
    watch.is_on = True
    answer = client.post(attendee.address(campaign), {**attendee.ANNA, "form_token": token})
    of_this_thread = watch.of_this_thread()

    assert answer.status_code == 303
    assert Registration.objects.filter(campaign=campaign, email=attendee.ANNA["email"]).count() == 1
    assert of_this_thread == []
    # The post did ring: whoever rings is another thread, and the watch hears threads.
    end = time.monotonic() + RING_SECONDS
    while not watch.events and time.monotonic() < end:
        time.sleep(0.01)
    assert threading.get_ident() not in {thread for thread, _ in watch.events}
    assert watch.events


def test_the_page_and_its_progress_are_shown_without_one_either(watch: Watch, campaign: Campaign, client: Client) -> None:
    token = attendee.form_token(client, campaign)
    posted = client.post(attendee.address(campaign), {**attendee.ANNA, "form_token": token})
    watch.is_on = True

    assert client.get(attendee.address(campaign)).status_code == 200
    assert client.get(posted["Location"]).status_code == 200
    assert watch.of_this_thread() == []


def _call_the_platform() -> None:
    account = factories.make_account()
    provider = PROVIDERS[account.provider](account.credentials())
    with pytest.raises(Unavailable):
        provider.owner()


def _open_the_mail_server() -> None:
    with pytest.raises(ConnectionRefusedError):
        get_connection("django.core.mail.backends.smtp.EmailBackend", host="127.0.0.1", port=1).open()


def _connect() -> None:
    with socket.socket() as made, pytest.raises(ConnectionRefusedError):
        made.connect(("127.0.0.1", 1))


@pytest.mark.django_db
@pytest.mark.parametrize("reach_out", [_call_the_platform, _open_the_mail_server, _connect])
def test_the_watch_hears_whoever_does_reach_out(watch: Watch, reach_out: Callable[[], None]) -> None:
    watch.is_on = True
    reach_out()

    assert "socket.connect" in watch.of_this_thread()
