"""Any bytes at all: an answer below 500, in words, and nothing saved."""

from __future__ import annotations

from urllib.parse import quote_from_bytes

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from registrations.forms import TYPES, QuestionSpec
from registrations.forms.spec import ConsentSpec
from registrations.models import BlockedTries, Campaign, PostCount, Submission
from registrations.services.campaigns import Availability, PublicCampaign
from registrations.views import form_tokens, posts, taking

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=xx"

BROKEN = {
    "plain text": ("text/plain", b"first_name=Anna"),
    "json": ("application/json", b'{"first_name": "Anna"}'),
    "no type": ("", b"first_name=Anna"),
    "raw bytes that are no UTF-8": (FORM, b"first_name=\xff\xfe"),
    "escaped bytes that are no UTF-8": (FORM, b"first_name=%ff%fe"),
    "escaped bytes in a name": (FORM, b"%ff=1"),
    "a null character": (FORM, b"first_name=An%00na"),
    "a null character where nobody looks": (FORM, b"anything=%00"),
    "another alphabet's bytes": ("application/x-www-form-urlencoded; charset=cp1251", b"first_name=%C0%ED%ED%E0"),
    "too many fields": (FORM, b"&".join(b"f%d=1" % number for number in range(1200))),
    "too large": (FORM, b"first_name=" + b"x" * posts.MAX_BODY_BYTES),
    "multipart without a boundary": ("multipart/form-data", b"--xx\r\n"),
    "multipart with a bad boundary": ("multipart/form-data; boundary=\xff", b"--xx\r\n"),
    "a file": (
        MULTIPART,
        b'--xx\r\nContent-Disposition: form-data; name="cv"; filename="cv.txt"\r\n\r\nhello\r\n--xx--\r\n',
    ),
}


@pytest.mark.parametrize("case", list(BROKEN))
def test_what_no_form_of_ours_sends_is_a_bad_request(client: Client, campaign: Campaign, case: str) -> None:
    content_type, body = BROKEN[case]
    response = client.generic("POST", f"/c/{campaign.slug}/", body, content_type)
    assert response.status_code == 400
    assert "webinars@example.org" in response.content.decode()
    assert not Submission.objects.exists()


def test_a_multipart_form_without_files_is_a_form(client: Client, campaign: Campaign) -> None:
    typed = {"first_name": "Anna", "last_name": "Petrova", "email": "anna@example.org"}
    parts = {**typed, "form_token": form_tokens.issue(campaign_id=campaign.pk)}
    body = "".join(f'--xx\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts.items())
    response = client.generic("POST", f"/c/{campaign.slug}/", body + "--xx--\r\n", MULTIPART)
    assert response.status_code == 303


CAMPAIGN = PublicCampaign(
    id=1,
    slug="any",
    title="Any",
    description="",
    organizer="",
    language="en",
    availability=Availability.OPEN,
    opens_at=None,
    closes_at=None,
    time_zone="Europe/Moscow",
    sessions=(),
    whole_series=False,
    questions=tuple(QuestionSpec(key, key, key, choices=("A",)) for key in TYPES),
    consents=(ConsentSpec("0" * 64, "I agree", "/consent/"),),
    contact="hello@north.example",
    accent="#2f5bea",
)

names = st.sampled_from(["first_name", "last_name", "email", "subject", "time_zone", *(f"q_{key}" for key in TYPES)]) | st.text(
    max_size=8
)
values = st.text(max_size=60) | st.binary(max_size=60).map(quote_from_bytes)


@pytest.fixture(scope="module")
def anybody() -> Client:
    """A client for a campaign that needs no database; whatever is accepted is forgotten."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(taking, "recent_campaign", lambda **_: CAMPAIGN)
        patch.setattr("registrations.views.taking.pipeline.sign_up", lambda **_: "progress")
        patch.setattr(PostCount, "add", lambda counts: {})
        patch.setattr(BlockedTries, "add", lambda counts: None)
        yield Client()


@settings(deadline=None)  # a busy machine is no fault
@given(fields=st.dictionaries(names, values, max_size=12), signed=st.booleans())
def test_no_form_content_is_a_fault(anybody: Client, fields: dict[str, str], signed: bool) -> None:
    if signed:
        fields = {**fields, "form_token": form_tokens.issue(campaign_id=1)}
    response = anybody.post("/c/any/", fields)
    assert response.status_code in ({303, 400, 422} if signed else {400})


@settings(deadline=None)  # a busy machine is no fault
@given(
    body=st.binary(max_size=400),
    content_type=st.sampled_from([FORM, MULTIPART, "multipart/form-data", f"{FORM}; charset=utf-16", "a/b", "", "\u00e9"]),
)
def test_no_bytes_are_a_fault(anybody: Client, body: bytes, content_type: str) -> None:
    response = anybody.generic("POST", "/c/any/", body, content_type)
    assert response.status_code == 400
