"""Pictures for tests, as files that somebody uploads."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image


def picture(
    kind: str = "PNG", size: tuple[int, int] = (1600, 900), colour: Any = "teal", mode: str = "RGB", **how: Any
) -> bytes:
    """A file of one colour."""
    into = BytesIO()
    Image.new(mode, size, colour).save(into, kind, **how)
    return into.getvalue()


def upload(content: bytes, name: str = "cover.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that claims to be as large as is said, and is: all of it black."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compressobj(9)
    line = b"\0" * min(1 + (width + 7) // 8, 4096)
    body = b"".join(rows.compress(line) for _ in range(min(height, 2000))) + rows.flush()
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
