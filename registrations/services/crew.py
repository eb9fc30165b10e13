"""The threads that talk to one platform for one drain; they never touch the database but for the pace of extra calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.db import connection

from registrations.models import Account
from registrations.services import pace
from registrations.webinar.provider import Provider
from registrations.webinar.registry import PROVIDERS

SIZE = 64
"""Calls under way at once. A platform at two calls a second needs them only when it answers slowly."""

ResultT = TypeVar("ResultT")


class Crew:
    """Up to `SIZE` threads, each with a connection of its own that it keeps."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._mine = threading.local()
        self._providers: list[Provider] = []
        self._pool = ThreadPoolExecutor(SIZE, thread_name_prefix=f"account-{account.pk}")

    def send(self, call: Callable[[Provider], ResultT], *, at: float) -> Future[ResultT]:
        """Make a call on a free thread; its first request starts at that time of the monotonic clock."""
        return self._pool.submit(self._make, call, at)

    def close(self, *, wait: bool) -> None:
        """Let go of the connections; without `wait` calls under way are left to end by themselves."""
        self._pool.shutdown(wait=wait, cancel_futures=True)
        if wait:
            for provider in self._providers:
                provider.close()

    def _make(self, call: Callable[[Provider], ResultT], at: float) -> ResultT:
        self._mine.at = at
        return call(self._provider())

    def _provider(self) -> Provider:
        if not hasattr(self._mine, "provider"):
            kind = PROVIDERS[self._account.provider]
            self._mine.provider = kind(self._account.credentials(), before_call=self._before_call)
            self._providers.append(self._mine.provider)
        provider: Provider = self._mine.provider
        return provider

    def _before_call(self) -> None:
        """The slot that came with the call is for its first request; whatever it needs besides waits for slots of its own."""
        at, self._mine.at = self._mine.at, None
        if at is not None:
            time.sleep(max(at - time.monotonic(), 0.0))
            return
        try:
            pace.wait_for_slot(account_id=self._account.pk)
        finally:
            connection.close()


@contextmanager
def crew_of(account: Account) -> Iterator[Crew]:
    """The threads for one account; calls under way are waited for, unless the block fails."""
    crew = Crew(account)
    try:
        yield crew
    except BaseException:
        crew.close(wait=False)
        raise
    crew.close(wait=True)
