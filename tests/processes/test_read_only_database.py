"""While the database takes no writes nothing is promised and nothing typed is lost."""

from __future__ import annotations

import psycopg
import pytest
import requests

from tests.processes import visitor
from tests.processes.stack import Stack
from tests.processes.visitor import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.postgres]


def make_read_only(stack: Stack, wanted: str) -> None:
    """For every session of the server, those that are open too, as on a standby or after an operator's switch."""
    assert stack.postgres is not None
    with psycopg.connect(stack.postgres.url, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {wanted}")
        connection.execute("SELECT pg_reload_conf()")


def said_of_database(stack: Stack) -> tuple[int, str]:
    answer = requests.get(f"{stack.url}/readyz", timeout=10)
    return answer.status_code, answer.json()["checks"]["database"]


def test_a_form_posted_to_a_read_only_database_is_given_back_and_taken_later(postgres_stack: Stack) -> None:
    stack = postgres_stack
    campaign = stack.make_campaign(extra_fields=["City"])
    form = stack.filled_form(campaign, stack.address(), city="Великий Новгород")
    waiting = stack.submit(campaign, stack.address(), city="Perm")
    make_read_only(stack, "on")
    try:
        wait_until(lambda: said_of_database(stack) == (503, "read-only"), "the site to say so")
        refused = visitor.post(form.action, form.values)
        pages = [visitor.get(url).status for url in (campaign.url, waiting.progress_url, f"{stack.url}/livez")]
    finally:
        make_read_only(stack, "off")

    assert (refused.status, pages) == (503, [200, 200, 200])
    assert refused.header("Retry-After")
    given_back = visitor.form_of(refused)
    assert {name: given_back.values.get(name) for name in form.values} == form.values
    wait_until(stack.is_ready, "the database to be written again")
    assert stack.person(form.values["email"])["registrations"] == 0
    stack.arrived(stack.send(given_back), seconds=60)
    stack.arrived(waiting, seconds=60)
