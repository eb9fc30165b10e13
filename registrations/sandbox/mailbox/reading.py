"""Reading a raw message into plain values. Mails are hostile input: nothing here trusts what it finds."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage
from html import unescape

from registrations.sandbox.mailbox.store import Mail
from registrations.sandbox.platform.when import utc_text

_URL = re.compile(r"https?://[^\s<>\"'\\^`{|}]+", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""(?:href|src|action)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""", re.IGNORECASE)
_TRAILING = ".,;:!?)]»”’"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One attached file. `content` is its text for text types, empty for others; `data` the bytes."""

    filename: str
    content_type: str
    content: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as a person reads it."""

    to: str
    sender: str
    subject: str
    date: str
    message_id: str
    text: str
    html: str
    headers: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...]
    links: tuple[str, ...]
    received_at: str

    def as_json(self) -> dict[str, object]:
        """The shape of the mailbox API."""
        files = [{"filename": a.filename, "content_type": a.content_type, "content": a.content} for a in self.attachments]
        return {
            "to": self.to,
            "subject": self.subject,
            "text": self.text,
            "html": self.html,
            "links": list(self.links),
            "attachments": files,
            "message_id": self.message_id,
            "received_at": self.received_at,
        }


def read(mail: Mail) -> Letter:
    """Take a message apart; parts that cannot be decoded are shown as well as they can be."""
    message = email.message_from_bytes(mail.raw, policy=email.policy.default)
    texts: list[str] = []
    htmls: list[str] = []
    attachments: list[Attachment] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        inline = part.get_content_disposition() != "attachment" and not part.get_filename()
        if inline and kind == "text/plain":
            texts.append(_text(part))
        elif inline and kind == "text/html":
            htmls.append(_text(part))
        else:
            attachments.append(_attachment(part, len(attachments) + 1))
    text, html = "\n".join(texts), "\n".join(htmls)
    return Letter(
        to=", ".join(mail.recipients),
        sender=header(message, "From") or mail.sender,
        subject=header(message, "Subject"),
        date=header(message, "Date"),
        message_id=header(message, "Message-ID"),
        text=text,
        html=html,
        headers=tuple((name, _clean(str(value))) for name, value in message.raw_items()),
        attachments=tuple(attachments),
        links=find_links(text, html),
        received_at=utc_text(mail.received_at),
    )


def header(message: EmailMessage, name: str) -> str:
    """One header in readable form; empty when missing or beyond reading."""
    try:
        return _clean(str(message.get(name, "")))
    except (ValueError, LookupError, IndexError, AttributeError, TypeError):  # the parser's own slips on broken headers
        return next((_clean(str(value)) for key, value in message.raw_items() if key.lower() == name.lower()), "")


def subject_of(mail: Mail) -> str:
    """The subject alone, for lists: only the head is parsed."""
    head = re.split(rb"\r?\n\r?\n", mail.raw, maxsplit=1)[0]
    return header(email.message_from_bytes(head + b"\r\n\r\n", policy=email.policy.default), "Subject")


def _clean(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split())


def _bytes(part: EmailMessage) -> bytes:
    data = part.get_payload(decode=True)
    return data if isinstance(data, bytes) else b""


def _text(part: EmailMessage) -> str:
    data = _bytes(part)
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace").replace("\r\n", "\n")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace").replace("\r\n", "\n")


def _attachment(part: EmailMessage, position: int) -> Attachment:
    kind = part.get_content_type()
    name = _clean(part.get_filename() or "") or f"part-{position}{'.ics' if kind == 'text/calendar' else ''}"
    content = _text(part) if part.get_content_maintype() == "text" else ""
    return Attachment(filename=name, content_type=kind, content=content, data=_bytes(part))


def find_links(text: str, html: str) -> tuple[str, ...]:
    """All http(s) addresses of both bodies, each once, in the order they are met."""
    found = [match.group().rstrip(_TRAILING) for match in _URL.finditer(text)]
    for match in _ATTRIBUTE.finditer(html):
        value = unescape("".join(match.groups(""))).strip()
        if _URL.match(value):
            found.append(value)
    visible = unescape(re.sub(r"<[^>]*>", " ", html))
    found += [match.group().rstrip(_TRAILING) for match in _URL.finditer(visible)]
    return tuple(dict.fromkeys(found))
