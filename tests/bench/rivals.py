"""The processes that the product's workers are measured against."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from celery import Celery

from registrations.management.localrun.ports import LOOPBACK, free_ports
from tests.bench.checks import WrongOutcome, wait
from tests.bench.stack import BenchStack
from tests.processes.running import ROOT, Running
from tests.processes.stack import _redis


class BareLoop:
    """`bare.loop` in a process that stays."""

    def __init__(self, stack: BenchStack) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.bare.loop"],
            cwd=ROOT,
            env=stack.rival_environment(),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def rate(self, mode: str, *, first: int, count: int) -> float:
        """People (or mails, by `mode`) a second."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"mode": mode, "people": [first, count]}) + "\n")
        self._process.stdin.flush()
        return float(json.loads(self._process.stdout.readline())["rate"])

    def close(self) -> None:
        """It ends when there is nothing more to read."""
        self._process.communicate(timeout=30)


class TaskPerPerson:
    """Celery as it comes: prefork, one process for each core; frozen but for `rate`."""

    def __init__(self, stack: BenchStack, folder: Path) -> None:
        [port] = free_ports(1)
        self._broker = f"redis://{LOOPBACK}:{port}/0"
        environment = stack.rival_environment() | {"BENCH_BROKER": self._broker}
        self._redis = Running("usual-redis", _redis(port), environment=environment, folder=folder)
        command = ["celery", "--quiet", "-A", "tests.bench.bare.tasks", "worker", "-l", "WARNING"]
        self._worker = Running("usual-worker", command, environment=environment, folder=folder)
        self._redis.start()
        self._app = Celery("asker", broker=self._broker)
        self._worker.start()

    def warm_up(self, stack: BenchStack) -> None:
        """Wait until the worker has done somebody."""
        stack.sandbox.reset()
        try:
            self._rate(stack, first=stack.numbers(8), count=8)
        except WrongOutcome as error:
            error.add_note(self._worker.last_lines())
            raise
        self._worker.suspend()

    def rate(self, stack: BenchStack, *, first: int, count: int) -> float:
        """People a second, all of them waiting in Redis when it begins."""
        try:
            return self._rate(stack, first=first, count=count)
        finally:
            self._worker.suspend()

    def _rate(self, stack: BenchStack, *, first: int, count: int) -> float:
        for number in range(first, first + count):
            self._app.send_task("usual.register_and_mail", args=[f"p{number}@example.com"])
        began = time.time()
        self._worker.resume()
        world = stack.sandbox
        wait(lambda: world.mails()["mails"] >= count, f"{count} mails of one task per person", seconds=120, every=0.1)
        return count / (world.mails()["last_mail_at"] - began)

    def close(self) -> None:
        self._worker.kill()
        self._redis.kill()
