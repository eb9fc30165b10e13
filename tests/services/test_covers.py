"""Covers: what may be one, what is made of it, and when its files go."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from django.conf import LazySettings
from PIL import Image

from registrations.services import covers
from registrations.services.covers import Prepared, Reason, Unfit
from tests import factories
from tests.pictures import bomb, picture


def prepared(content: bytes) -> Prepared:
    return covers.prepare(BytesIO(content), size=len(content))


def opened(cover: Prepared, kind: str = "webp", width: int = 0) -> Image.Image:
    return Image.open(BytesIO(cover.files[f"{cover.digest}-{width or cover.width}.{kind}"]))


@pytest.fixture
def folder(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path / "covers"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_becomes_a_few_widths_of_one_shape(kind: str) -> None:
    cover = prepared(picture(kind, size=(2000, 2000)))
    sizes = {name.removeprefix(f"{cover.digest}-"): Image.open(BytesIO(content)).size for name, content in cover.files.items()}
    assert sizes == {"320.webp": (320, 180), "640.webp": (640, 360), "1280.webp": (1280, 720), "1280.jpg": (1280, 720)}
    assert {opened(cover).format, opened(cover, "jpg").format} == {"WEBP", "JPEG"}


@pytest.mark.parametrize("size", [(640, 360), (640, 4000), (4000, 360), (1279, 720)])
def test_no_picture_is_blown_up(size: tuple[int, int]) -> None:
    cover = prepared(picture(size=size))
    assert cover.width == 640
    assert {opened(cover, width=width).size for width in (320, 640)} == {(320, 180), (640, 360)}


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_usual_kind_of_colour_is_read(mode: str) -> None:
    content = picture("JPEG" if mode == "CMYK" else "PNG", mode=mode, colour=0)
    assert opened(prepared(content)).mode == "RGB"


def test_what_lets_through_is_white_behind(capsys: pytest.CaptureFixture[str]) -> None:
    cover = prepared(picture(mode="RGBA", colour=(0, 0, 0, 0)))
    assert opened(cover, "jpg").getpixel((5, 5)) == (255, 255, 255)


def test_nothing_that_came_along_is_served() -> None:
    exif = Image.Exif()
    exif[0x010E] = "Canary street 17"
    exif[0x0112] = 1
    for kind in ("JPEG", "WEBP", "PNG"):
        content = picture(kind, exif=exif, icc_profile=b"Canary profile") + b"<script>Canary</script>"
        assert b"Canary" in content
        cover = prepared(content)
        assert not any(b"Canary" in made for made in cover.files.values())
        assert not {"exif", "icc_profile", "comment", "xmp"} & set(opened(cover).info) | set(opened(cover, "jpg").getexif())


def test_a_picture_that_lies_on_its_side_stands_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = Image.new("RGB", (900, 1600), "red")
    sideways.paste("blue", (0, 0, 450, 1600))
    into = BytesIO()
    sideways.save(into, "JPEG", exif=exif)
    cover = opened(prepared(into.getvalue()), "jpg")
    assert cover.size == (1280, 720)
    top, bottom = cover.getpixel((640, 50)), cover.getpixel((640, 670))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[2] > 200 > top[0]
    assert bottom[0] > 200 > bottom[2]


def test_the_same_picture_has_the_same_name_and_another_has_another() -> None:
    one, same, other = (prepared(picture(colour=colour)) for colour in ("teal", "teal", "navy"))
    assert one == same
    assert one.digest != other.digest


GIF = picture("GIF", mode="P", colour=0)
HOSTILE = {
    "nothing": (b"", Reason.NO_PICTURE),
    "text": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", Reason.NO_PICTURE),
    "page": (b"<!doctype html><script>alert(1)</script>", Reason.NO_PICTURE),
    "gif": (GIF, Reason.NO_PICTURE),
    "bmp": (picture("BMP", size=(700, 400)), Reason.NO_PICTURE),
    "tiff": (picture("TIFF", size=(700, 400)), Reason.NO_PICTURE),
    "head of a PNG": (b"\x89PNG\r\n\x1a\n" + b"\xff" * 100, Reason.NO_PICTURE),
    "gif that begins like a JPEG": (b"\xff\xd8\xff\xe0" + GIF, Reason.NO_PICTURE),
    "cut off": (picture("JPEG")[:2000], Reason.NO_PICTURE),
    "cut off WebP": (picture("WEBP")[:40], Reason.NO_PICTURE),
    "cut off PNG": (picture()[:100], Reason.NO_PICTURE),
    "small": (picture(size=(639, 360)), Reason.TOO_SMALL),
    "narrow": (picture(size=(200, 3000)), Reason.TOO_SMALL),
    "flat": (picture(size=(3000, 100)), Reason.TOO_SMALL),
    "40 megapixels and one row": (bomb(8000, 5001), Reason.TOO_LARGE),
    "90 megapixels": (bomb(9500, 9500), Reason.TOO_LARGE),
    "900 megapixels": (bomb(30_000, 30_000), Reason.TOO_LARGE),
    "endless": (bomb(2**31 - 1, 2**31 - 1), Reason.TOO_LARGE),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_no_cover_is_refused_with_a_reason(kind: str) -> None:
    content, reason = HOSTILE[kind]
    with pytest.raises(Unfit) as refusal:
        prepared(content)
    assert refusal.value.reason is reason


def test_a_file_that_is_too_heavy_is_not_even_opened() -> None:
    class Untouched(BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError

    with pytest.raises(Unfit) as refusal:
        covers.prepare(Untouched(), size=covers.MAX_BYTES + 1)
    assert refusal.value.reason is Reason.TOO_HEAVY


@pytest.mark.django_db
def test_files_go_when_the_last_campaign_has_another_cover(folder: Path, django_capture_on_commit_callbacks: object) -> None:
    one, other = prepared(picture(colour="teal")), prepared(picture(colour="navy"))
    for cover in (one, other):
        covers.keep(cover)
        covers.keep(cover)
    first, second = (factories.make_campaign(cover=one.digest, cover_width=1280) for _ in range(2))

    def replace(campaign: object, cover: Prepared | None) -> None:
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
            covers.put_on(campaign, cover)  # type: ignore[arg-type]
            campaign.save()  # type: ignore[attr-defined]

    replace(first, other)
    assert {path.name for path in folder.iterdir()} == {*one.files, *other.files}
    replace(second, one)
    assert {path.name for path in folder.iterdir()} == {*one.files, *other.files}
    replace(second, None)
    assert {path.name for path in folder.iterdir()} == set(other.files)
    replace(first, None)
    assert list(folder.iterdir()) == []


def test_a_demo_has_a_calm_one() -> None:
    cover = covers.gradient("#2f5bea")
    assert cover.width == 1280
    assert max(len(content) for content in cover.files.values()) < 60_000
