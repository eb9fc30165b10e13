"""What every group of rows shares: how much to measure, the stub, a stack for each database, and chance."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import TypeVar

from tests.bench.stack import BenchStack
from tests.bench.worlds import StubProcess
from tests.postgres import find_server
from tests.processes.database import StoppableCluster

SQLITE, POSTGRES = "SQLite", "PostgreSQL"
Item = TypeVar("Item")


@dataclass
class Bench:
    """One run. Stacks start when they are first needed and are frozen while something else is measured."""

    quick: bool = False
    seed: int = field(default_factory=lambda: random.randrange(1_000_000))
    databases: dict[str, str] = field(default_factory=dict)
    _stacks: dict[str, BenchStack] = field(default_factory=dict)
    _exits: ExitStack = field(default_factory=ExitStack)
    _stub: StubProcess | None = None

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._exits.close()

    def size(self, *, quick: Item, full: Item) -> Item:
        """The first for a quick run, the second for a whole one."""
        return quick if self.quick else full

    @property
    def stub(self) -> StubProcess:
        if self._stub is None:
            self._stub = self._exits.enter_context(StubProcess())
        return self._stub

    def cluster(self) -> StoppableCluster:
        """A PostgreSQL server of its own. Raises RuntimeError if there is none on this machine."""
        programs = find_server()
        if programs is None:
            raise RuntimeError("a PostgreSQL server is needed")
        cluster = StoppableCluster(programs)
        self._exits.callback(cluster.stop)
        return cluster

    def stack(self, database: str) -> BenchStack:
        """The product on one of both databases, frozen; use it in `with stack.alone()`."""
        if database not in self._stacks:
            stack = BenchStack(self.stub, postgres=self.cluster() if database == POSTGRES else None)
            self._stacks[database] = self._exits.enter_context(stack)
            self.databases[database] = stack.describe()
            stack.freeze()
        return self._stacks[database]

    def shuffled(self, items: Iterable[Item]) -> list[Item]:
        """The items in an order of chance."""
        order = list(items)
        self.chance.shuffle(order)
        return order

    def rounds(self, count: int, arms: dict[str, Callable[[], float]]) -> dict[str, list[float]]:
        """Measure each arm so many times, in rounds whose order is left to chance; what each measured, by arm."""
        measured: dict[str, list[float]] = {name: [] for name in arms}
        for number in range(count):
            for name in self.shuffled(arms):
                value = arms[name]()
                measured[name].append(value)
                say(f"  round {number + 1}, {name}: {value:,.4g}")
        return measured

    def forget_stacks(self) -> None:
        """After something went wrong nobody knows what still goes on: later rows begin with stacks of their own."""
        for stack in self._stacks.values():
            for title, words in stack.logs():
                say(f"{stack.name}: {title}\n{words}")
        self._exits.close()
        self._stacks, self._stub = {}, None


def say(words: str) -> None:
    """Progress, beside the table."""
    print(f"[{time.strftime('%H:%M:%S')}] {words}", file=sys.stderr, flush=True)
