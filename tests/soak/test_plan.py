"""The same seed is the same storm, and a storm has what was asked for."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.soak.kill_points import KILL_POINTS
from tests.soak.plan import KILL_POINTS as PLANNED_POINTS
from tests.soak.plan import draw, measure_for

STORM = measure_for(seconds=60, kills=80, faults=240)


def test_the_same_seed_is_the_same_storm() -> None:
    assert draw(random.Random(5), STORM) == draw(random.Random(5), STORM)
    assert draw(random.Random(5), STORM) != draw(random.Random(6), STORM)


def test_a_storm_has_its_measure_within_its_time() -> None:
    incidents = draw(random.Random(1), STORM)
    kinds = Counter(incident.kind for incident in incidents)
    assert kinds["kill"] + kinds["kill_point"] == 80
    assert kinds["database_crash"] >= 3
    assert 200 <= sum(incident.details["count"] for incident in incidents if incident.kind in ("platform", "smtp")) <= 280
    assert kinds["roll"] == kinds["no_schedule"] == 1
    assert sum(count for kind, count in kinds.items() if kind.startswith("redis")) >= 10
    assert all(0 <= incident.at < 60 for incident in incidents)
    assert [incident.at for incident in incidents] == sorted(incident.at for incident in incidents)


@pytest.mark.parametrize("neighbours", [True, False])
def test_neighbours_come_only_when_asked_for(neighbours: bool) -> None:
    incidents = draw(random.Random(1), measure_for(seconds=60, kills=200, faults=400, neighbours=neighbours))
    assert any(incident.details.get("kind") == "neighbour" for incident in incidents) is neighbours


def test_every_planned_kill_point_is_known() -> None:
    assert set(PLANNED_POINTS) == set(KILL_POINTS)


def test_the_database_and_redis_die_at_points_of_the_work_too() -> None:
    incidents = draw(random.Random(1), STORM)
    for kind in ("database_crash", "redis_kill", "erase_at_point", "erase_and_kill"):
        assert any(incident.whom in KILL_POINTS for incident in incidents if incident.kind == kind), kind
