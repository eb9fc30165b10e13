"""Uploading a cover: what is wrong is said on the form, and what is right is on the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.files.storage import FileSystemStorage
from django.test import Client

from registrations.models import Campaign
from tests import factories
from tests.admin.campaign_form import change, save, text_of, values
from tests.admin.conftest import Visit
from tests.pictures import bomb, picture, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("platform")]

DESCRIBED = {"cover_alt": "A bridge over a river"}


@pytest.fixture(autouse=True)
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "covers"


@pytest.fixture
def client(visit: Visit) -> Client:
    return visit("Marketing")


def sent(campaign: Campaign | None = None, **more: Any) -> dict[str, Any]:
    return {**values(campaign.event if campaign else factories.make_event()), **more}


def with_cover(client: Client) -> Campaign:
    save(client, sent(cover_file=upload(picture()), **DESCRIBED))
    return Campaign.objects.get()


def test_a_cover_is_on_the_page_once_it_is_saved(client: Client, folder: Path) -> None:
    campaign = with_cover(client)
    assert (campaign.cover_width, campaign.cover_alt) == (1280, "A bridge over a river")
    assert len(list(folder.iterdir())) == 4
    page = client.get(campaign.get_absolute_url()).content.decode()
    assert f"/covers/{campaign.cover}-1280.webp" in page
    assert f"/covers/{campaign.cover}-640.webp" in text_of(client.get(change(campaign)))


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"<script>alert(1)</script>", "cover.png", "This is no picture that can be read."),
        (picture("GIF", mode="P", colour=0), "cover.jpg", "This is no picture that can be read."),
        (picture("JPEG")[:900], "cover.jpg", "This is no picture that can be read."),
        (bomb(30_000, 30_000), "cover.png", "The picture has more than 40 million pixels."),
        (picture(size=(600, 400)), "cover.png", "at least 640 × 360 pixels"),
        (picture() + b"\0" * 8 * 1024**2, "cover.png", "The file is larger than 8 MB."),
        (b"", "cover.png", "The submitted file is empty."),
    ],
)
def test_what_is_no_cover_is_said_on_the_form(client: Client, folder: Path, content: bytes, name: str, words: str) -> None:
    assert words in save(client, sent(cover_file=upload(content, name), **DESCRIBED))
    assert not Campaign.objects.exists()
    assert not folder.exists()


def test_a_cover_is_described_or_said_to_decorate_only(client: Client, folder: Path) -> None:
    assert "Say in a few words what the cover shows" in save(client, sent(cover_file=upload(picture())))
    assert not folder.exists()
    save(client, sent(cover_file=upload(picture()), cover_decorates="on"))
    assert Campaign.objects.get().cover_decorates


def test_a_description_cannot_go_while_the_cover_stays(client: Client) -> None:
    campaign = with_cover(client)
    assert "Say in a few words what the cover shows" in save(client, sent(campaign, slug=campaign.slug), change(campaign))


def test_saving_anything_else_leaves_it(client: Client, folder: Path) -> None:
    campaign = with_cover(client)
    save(client, sent(campaign, slug=campaign.slug, title="Other", **DESCRIBED), change(campaign))
    assert Campaign.objects.get().title == "Other"
    assert Campaign.objects.get().cover == campaign.cover
    assert len(list(folder.iterdir())) == 4


@pytest.mark.parametrize("how", ["another", "none", "deleted"])
def test_files_that_nobody_shows_go(client: Client, folder: Path, how: str, django_capture_on_commit_callbacks: Any) -> None:
    campaign = with_cover(client)
    with django_capture_on_commit_callbacks(execute=True):
        if how == "another":
            other = upload(picture(colour="navy"))
            save(client, sent(campaign, slug=campaign.slug, cover_file=other, **DESCRIBED), change(campaign))
        elif how == "none":
            save(client, {**sent(campaign, slug=campaign.slug), "cover_file-clear": "on"}, change(campaign))
        else:
            client.post(change(campaign).replace("change", "delete"), {"post": "yes"})
    left = {path.name for path in folder.iterdir()}
    assert not any(name.startswith(campaign.cover) for name in left)
    assert len(left) == (4 if how == "another" else 0)
    assert [found.cover_width for found in Campaign.objects.all()] == {"another": [1280], "none": [0], "deleted": []}[how]


def test_a_full_disk_is_said_on_the_form(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", full)
    assert "The picture could not be stored." in save(client, sent(cover_file=upload(picture()), **DESCRIBED))
    assert not Campaign.objects.exists()


def test_who_may_only_look_sees_the_form_without_it(visit: Visit) -> None:
    campaign = factories.make_campaign()
    assert visit("Staff").get(change(campaign)).status_code == 200
