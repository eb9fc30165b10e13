"""A campaign's cover picture: made anew from what was uploaded, kept by its content, shown in a few widths.

Nothing of the uploaded bytes is ever served: the picture is decoded, cut to one shape, and encoded again without whatever came
along with it (places, cameras, profiles, comments, hidden payloads).
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from io import BytesIO
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from PIL import Image, ImageColor, ImageOps

from registrations.models import Campaign

MAX_BYTES = 8 * 1024 * 1024
MAX_PIXELS = 40_000_000
SHAPE = (16, 9)
WIDTHS = (320, 640, 1280)
LEAST_WIDTH = 640
_READ = ("PNG", "JPEG", "WEBP")
_FOLDER = "covers"
_QUALITY = 82
_PAPER = (255, 255, 255)

logger = logging.getLogger(__name__)


class Reason(StrEnum):
    """Why a picture cannot be taken."""

    TOO_HEAVY = "too_heavy"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    NO_PICTURE = "no_picture"


class Unfit(Exception):
    """What was uploaded cannot be a cover; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Prepared:
    """A cover that is ready to be kept: what it is called by, its greatest width, and its files by name."""

    digest: str
    width: int
    files: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class PublicCover:
    """A cover as pages show it, 16:9; `alt` is "" where it only decorates. Addresses are paths on this site."""

    digest: str
    width: int
    alt: str

    @property
    def height(self) -> int:
        return _height(self.width)

    @property
    def small(self) -> str:
        """For a browser that takes no choice of widths."""
        return self._path(LEAST_WIDTH, "webp")

    @property
    def choice(self) -> str:
        """All widths, as `srcset` lists them."""
        return ", ".join(f"{self._path(width, 'webp')} {width}w" for width in _widths(self.width))

    @property
    def jpeg(self) -> str:
        """The greatest width, for messengers and search engines."""
        return self._path(self.width, "jpg")

    def _path(self, width: int, kind: str) -> str:
        return reverse("public:cover", args=[_name(self.digest, width, kind)])


def prepare(upload: IO[bytes], *, size: int) -> Prepared:
    """Make a cover of an uploaded PNG, JPEG or WebP of `size` bytes. Raises Unfit, for whatever else it may be."""
    if size > MAX_BYTES:
        raise Unfit(Reason.TOO_HEAVY)
    try:
        return _encoded(_decoded(upload))
    except Unfit:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise Unfit(Reason.TOO_LARGE) from bomb
    except Exception as error:
        # Decoders raise nearly anything for bytes that were made to hurt them.
        raise Unfit(Reason.NO_PICTURE) from error


def gradient(colour: str) -> Prepared:
    """A calm picture in a colour `#rrggbb`, for a demo."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    light = tuple(channel + (255 - channel) * 3 // 5 for channel in (red, green, blue))
    dark = tuple(channel * 3 // 5 for channel in (red, green, blue))
    ramp = Image.linear_gradient("L").rotate(30, expand=True).crop((82, 122, 268, 227))
    width = WIDTHS[-1]
    smooth = ramp.resize((width, _height(width)), Image.Resampling.BICUBIC)
    return _encoded(ImageOps.colorize(smooth, black=dark, white=light))


def keep(cover: Prepared) -> None:
    """Write a cover's files. Raises OSError where there is no room for them."""
    for name, content in cover.files.items():
        if not default_storage.exists(f"{_FOLDER}/{name}"):
            default_storage.save(f"{_FOLDER}/{name}", ContentFile(content))


def put_on(campaign: Campaign, cover: Prepared | None) -> None:
    """Give a campaign another cover, or none; the caller saves it. The old one's files go once that is committed."""
    if campaign.cover:
        transaction.on_commit(partial(forget, digest=campaign.cover))
    campaign.cover, campaign.cover_width = (cover.digest, cover.width) if cover else ("", 0)


def forget(*, digest: str) -> None:
    """Remove a cover's files, unless a campaign shows it."""
    if not digest or Campaign.objects.filter(cover=digest).exists():
        return
    for width in WIDTHS:
        for kind in ("webp", "jpg"):
            try:
                default_storage.delete(f"{_FOLDER}/{_name(digest, width, kind)}")
            except OSError as error:
                logger.warning("a file of a cover that nobody shows could not be removed: %s", type(error).__name__)


def opened(*, name: str) -> IO[bytes] | None:
    """The file of a cover by its name, None if there is none. `name` must look like one of ours."""
    try:
        return default_storage.open(f"{_FOLDER}/{name}")
    except OSError:
        return None


def cover_of(campaign: Campaign) -> PublicCover | None:
    """A campaign's cover, None if it has none."""
    if not campaign.cover:
        return None
    alt = "" if campaign.cover_decorates else campaign.cover_alt
    return PublicCover(campaign.cover, campaign.cover_width, alt)


def _decoded(upload: IO[bytes]) -> Image.Image:
    """The upright picture, cut to our shape about its middle, on white where it lets through."""
    with Image.open(upload, formats=_READ) as picture:
        if picture.width * picture.height > MAX_PIXELS:
            raise Unfit(Reason.TOO_LARGE)
        ImageOps.exif_transpose(picture, in_place=True)
        across = min(picture.width, picture.height * SHAPE[0] // SHAPE[1])
        if across < LEAST_WIDTH:
            raise Unfit(Reason.TOO_SMALL)
        down = _height(across)
        left, top = (picture.width - across) // 2, (picture.height - down) // 2
        width = _widths(across)[-1]
        whole = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    box = (left, top, left + across, top + down)
    cut = whole.resize((width, _height(width)), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    bare = Image.new("RGB", cut.size, _PAPER)
    bare.paste(cut, mask=cut if cut.mode == "RGBA" else None)
    return bare


def _encoded(picture: Image.Image) -> Prepared:
    widths = _widths(picture.width)
    encoded: dict[tuple[int, str], bytes] = {}
    for width in widths:
        scaled = picture.resize((width, _height(width)), Image.Resampling.LANCZOS, reducing_gap=3.0)
        encoded[width, "webp"] = _bytes(scaled, "WEBP")
        if width == widths[-1]:
            encoded[width, "jpg"] = _bytes(scaled, "JPEG")
    digest = hashlib.sha256(b"".join(encoded.values())).hexdigest()[:32]
    return Prepared(digest, widths[-1], {_name(digest, *key): content for key, content in encoded.items()})


def _bytes(picture: Image.Image, kind: str) -> bytes:
    into = BytesIO()
    picture.save(into, kind, quality=_QUALITY, **({"optimize": True, "progressive": True} if kind == "JPEG" else {}))
    return into.getvalue()


def _widths(greatest: int) -> tuple[int, ...]:
    """Our widths up to that of the picture: none is ever blown up."""
    return tuple(width for width in WIDTHS if width <= greatest)


def _height(width: int) -> int:
    return width * SHAPE[1] // SHAPE[0]


def _name(digest: str, width: int, kind: str) -> str:
    return f"{digest}-{width}.{kind}"
