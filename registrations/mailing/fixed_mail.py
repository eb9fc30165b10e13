"""A mail that is the same bytes whenever it is written, and is written fast."""

from __future__ import annotations

import hashlib
import re
from email.mime.base import MIMEBase
from email.policy import compat32
from functools import lru_cache
from typing import Any

from django.core.mail import EmailMultiAlternatives, forbid_multi_line_headers

_LONGEST_LINE = 998
_LONGEST_HEADER = 76
_OF_ONE_PERSON = frozenset({"To", "Message-ID"})
_ONE_WORD = re.compile(r"[\x21-\x7e]+")
_SET_BY_FIELDS = frozenset({"from", "to", "cc", "reply-to", "subject"})


class FixedMail(EmailMultiAlternatives):
    """A mail whose MIME boundaries follow from its Message-ID instead of chance. Its headers hold `Date` and `Message-ID`."""

    def message(self, **options: Any) -> Any:
        """Return the MIME message."""
        message = super().message(**options)
        multiparts = (part for part in message.walk() if part.is_multipart())
        for number, part in enumerate(multiparts):
            part.set_boundary(self._boundary(number))
        return message

    def as_bytes(self) -> bytes:
        """Return what `message().as_bytes()` returns, lines ended by a bare LF, for a fraction of the work.

        Only mails as `compose` makes them are written out here; any other goes the long way.
        """
        html = [content for content, kind in self.alternatives if kind == "text/html"]
        texts = [str(self.body), *map(str, html)]
        files = [part for part in self.attachments if isinstance(part, MIMEBase) and not part.is_multipart()]
        expected = (len(self.alternatives), len(self.attachments)) == (1, len(files)) and len(texts) == 2
        if not expected or self.cc or self.bcc or self.encoding or not all(map(_goes_as_it_is, texts)):
            return bytes(self.message().as_bytes())
        if _SET_BY_FIELDS.intersection(name.lower() for name in self.extra_headers):
            return bytes(self.message().as_bytes())
        headers = self._header_lines()
        bodies = [_text_part(subtype, text) for subtype, text in zip(("plain", "html"), texts, strict=True)]
        if not files:
            return _multipart(b"multipart/alternative;\n boundary", self._boundary(0), bodies, headers)
        inner = _multipart(b"multipart/alternative;\n boundary", self._boundary(1), bodies)
        return _multipart(b"multipart/mixed; boundary", self._boundary(0), [inner, *map(_file_part, files)], headers)

    def _boundary(self, number: int) -> str:
        digest = hashlib.sha256(self.extra_headers["Message-ID"].encode()).hexdigest()[:32]
        return f"=_{digest}_{number}"

    def _header_lines(self) -> bytes:
        fields = {"Subject": self.subject, "From": self.from_email, "To": ", ".join(map(str, self.to))}
        if self.reply_to:
            fields["Reply-To"] = ", ".join(map(str, self.reply_to))
        lines = (fields | self.extra_headers).items()
        return b"".join((_personal_header if name in _OF_ONE_PERSON else _header)(name, str(value)) for name, value in lines)


@lru_cache(maxsize=256)
def _header(name: str, value: str) -> bytes:
    """One header as Django and the email package write it. Raises BadHeaderError if the value has a line break."""
    return _folded(*forbid_multi_line_headers(name, value, "utf-8"))


def _personal_header(name: str, value: str) -> bytes:
    """The same for a header that no other mail has, so that it is not worth keeping."""
    if len(name) + len(value) < _LONGEST_HEADER and _ONE_WORD.fullmatch(value):
        return f"{name}: {value}\n".encode("ascii")
    return compat32.fold_binary(*forbid_multi_line_headers(name, value, "utf-8"))


def _goes_as_it_is(text: str) -> bool:
    """Whether Django would send a text unencoded, with its lines as they are."""
    if "\r" in text or not text:
        return False
    longest = max(text.splitlines(), key=len)
    return len(longest) <= _LONGEST_LINE // 4 or all(len(line.encode()) <= _LONGEST_LINE for line in text.splitlines())


def _text_part(subtype: str, text: str) -> bytes:
    body = text.encode()
    encoding = b"7bit" if body.isascii() else b"8bit"
    start = b'Content-Type: text/%b; charset="utf-8"\nMIME-Version: 1.0\nContent-Transfer-Encoding: %b\n\n'
    return start % (subtype.encode(), encoding) + body


def _file_part(part: MIMEBase) -> bytes:
    headers = b"".join(_folded(name, value) for name, value in part.raw_items())
    return headers + b"\n" + str(part.get_payload()).encode("ascii")


@lru_cache(maxsize=64)
def _folded(name: str, value: str) -> bytes:
    return compat32.fold_binary(name, value)


def _multipart(kind: bytes, boundary: str, parts: list[bytes], headers: bytes = b"") -> bytes:
    mark = boundary.encode()
    start = b'Content-Type: %b="%b"\nMIME-Version: 1.0\n%b\n' % (kind, mark, headers)
    return start + b"".join(b"--%b\n%b\n" % (mark, part) for part in parts) + b"--%b--\n" % mark
