"""What is planned is done in its order and at its time, whoever planned it."""

from __future__ import annotations

import threading

from tests.soak.timetable import Timetable


def test_everything_planned_is_done_in_the_order_of_time() -> None:
    done: list[str] = []
    timetable = Timetable()
    timetable.at(0.10, lambda: done.append("second"))
    timetable.at(0.05, lambda: done.append("first"))
    timetable.at(0.05, lambda: timetable.soon(0.10, lambda: done.append("third")))
    timetable.run()
    assert done == ["first", "second", "third"]
    assert 0.15 <= timetable.now < 5


def test_other_threads_may_plan_too() -> None:
    done: list[int] = []
    timetable = Timetable()
    threads = [threading.Thread(target=timetable.soon, args=(0.05, lambda: done.append(1))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    timetable.run()
    assert len(done) == 20


def test_waiting_ends_when_it_is_over_and_works_meanwhile() -> None:
    done: list[int] = []
    timetable = Timetable()
    timetable.at(0.2, lambda: done.append(1))
    timetable.run_until(lambda: done, seconds=30)
    assert timetable.now < 10


def test_waiting_ends_when_its_time_is_up() -> None:
    timetable = Timetable()
    timetable.run_for(0.1)
    assert 0.1 <= timetable.now < 5
