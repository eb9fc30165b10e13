"""Whatever is posted is answered as a problem or taken; nothing breaks."""

from __future__ import annotations

import json

import pytest
from django.conf import LazySettings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registrations.models import Registration
from tests.api.conftest import ANNA, Send

TEXTS = st.text(max_size=40) | st.sampled_from(
    ["\x00", "\ud800", "a@b.example", "=cmd()", "{{first_name}}", "\u202e", "a" * 9000]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*ANNA, "language", "extra"), ANYTHING) | {"answers": st.dictionaries(TEXTS, ANYTHING)}
)


@pytest.fixture(autouse=True)
def _no_limits(settings: LazySettings) -> None:
    settings.POST_LIMITS = {scope: (0, seconds) for scope, (_, seconds) in settings.POST_LIMITS.items()}


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200) | BODIES | BODIES.map(lambda body: {**ANNA, **body}) | ANYTHING)
def test_whatever_is_posted_has_an_answer(send: Send, body: object) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = send(content)
    assert response.status_code in {202, 400, 413, 415, 422}
    if response.status_code != 202:
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["status"] == response.status_code


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126), max_size=300))
def test_whatever_names_a_post_has_an_answer(send: Send, key: str) -> None:
    assert send(headers={"Idempotency-Key": key}).status_code == (202 if len(key.strip()) <= 255 else 400)
    assert Registration.objects.count() <= 1
