"""Webinar.ru against the sandbox, in every way in which the real platform may turn out to behave."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.webinar.contract import BehaviourContract, ProviderContract
from tests.webinar.sandbox_platform import SandboxPlatform, running
from tests.webinar.stand_in import Platform

OTHER_BEHAVIOURS = {
    "known_people_are_conflicts": {"register_duplicate": "conflict", "contact_id": "absent", "invite_code": "200"},
    "bare_answers": {
        "register_duplicate": "conflict",
        "conflict_body": "empty",
        "invite_known": "listed",
        "unknown_key": "401",
        "unknown_participation": "404",
    },
    "the_rest": {
        "register_duplicate": "existing_200",
        "invite_repeated": "twice",
        "is_accepted_flag": "ignored",
        "optional_field": "optional",
        "outsider_user_id": "null",
        "reregister": "same_link",
        "per_page_outside": "400",
        "date_spellings": "strict",
        "retry_after": "absent",
    },
}


@pytest.fixture(scope="module")
def sandbox_url() -> Iterator[str]:
    with running() as url:
        yield url


class TestAsDocumented(ProviderContract):
    @pytest.fixture
    def platform(self, sandbox_url: str) -> Iterator[Platform]:
        with closing(SandboxPlatform(sandbox_url)) as stand_in:
            yield stand_in


class TestOtherwise(BehaviourContract):
    @pytest.fixture(params=OTHER_BEHAVIOURS.values(), ids=OTHER_BEHAVIOURS.keys())
    def platform(self, request: pytest.FixtureRequest, sandbox_url: str) -> Iterator[Platform]:
        with closing(SandboxPlatform(sandbox_url, request.param)) as stand_in:
            yield stand_in
