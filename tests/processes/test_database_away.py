"""While the database is away nothing is promised and nothing typed is lost; once it is back everything goes on by itself."""

from __future__ import annotations

import pytest

from tests.processes import visitor
from tests.processes.stack import Stack
from tests.processes.visitor import wait_until

pytestmark = [pytest.mark.processes, pytest.mark.postgres]


def test_a_form_posted_while_the_database_is_away_is_given_back_and_taken_later(postgres_stack: Stack) -> None:
    assert postgres_stack.postgres is not None
    campaign = postgres_stack.make_campaign(extra_fields=["City"])
    form = postgres_stack.filled_form(campaign, postgres_stack.address(), city="Великий Новгород")
    waiting = postgres_stack.submit(campaign, postgres_stack.address(), city="Perm")
    postgres_stack.postgres.interrupt()
    try:
        refused = visitor.post(form.action, form.values)
        progress = visitor.get(waiting.progress_url)
        health = [visitor.get(f"{postgres_stack.url}/{name}").status for name in ("livez", "readyz")]
    finally:
        postgres_stack.postgres.resume()

    assert (refused.status, progress.status, health) == (503, 503, [200, 503])
    assert refused.header("Retry-After")
    given_back = visitor.form_of(refused)
    assert {name: given_back.values.get(name) for name in form.values} == form.values
    wait_until(postgres_stack.is_ready, "the site to find its database again")
    assert postgres_stack.participations(form.values["email"]) == []
    postgres_stack.arrived(postgres_stack.send(given_back))
    postgres_stack.arrived(waiting)


def test_an_answer_that_could_not_be_written_down_is_looked_into_before_the_call_is_repeated(postgres_stack: Stack) -> None:
    assert postgres_stack.postgres is not None
    account_id = postgres_stack.make_account(postgres_stack.sandbox.api_key, unique_by_email=False)
    campaign, address = postgres_stack.make_campaign(account_id=account_id), postgres_stack.address()
    postgres_stack.arrived(postgres_stack.submit(campaign, postgres_stack.address()))
    postgres_stack.sandbox.switches(register_duplicate="second")
    fault = postgres_stack.sandbox.fault("register", "latency", seconds=1.0, count=2, match_email=address)
    sign_up = postgres_stack.submit(campaign, address)
    wait_until(lambda: postgres_stack.hits(fault["id"]), "the call to be under way")
    postgres_stack.postgres.interrupt()
    try:
        wait_until(lambda: postgres_stack.participations(address), "the platform to finish the call")
    finally:
        postgres_stack.postgres.resume()
    postgres_stack.sandbox.clear_faults()

    wait_until(postgres_stack.is_ready, "the site to find its database again")
    postgres_stack.arrived(sign_up, seconds=40)
    assert len(postgres_stack.sandbox.participations(address)) == 1
