"""Reading the mailbox, in the browser and as JSON."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import Any
from urllib.parse import quote

from aiohttp import web

from registrations.sandbox.mailbox.calendar import read_calendar
from registrations.sandbox.mailbox.reading import read, subject_of
from registrations.sandbox.mailbox.store import Mail, MailStore
from registrations.sandbox.platform.when import utc_text
from registrations.sandbox.state import Sandbox
from registrations.sandbox.templating import HEADERS, page

PAGE = 50
MOST_JSON = 1_000
_LABELS = {"DTSTART": "Starts", "DTEND": "Ends", "RRULE": "Repeats", "UID": "UID", "URL": "Link"}
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_MAIL_POLICY = f"sandbox {_SANDBOX}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


class MailboxPages:
    """Shows what the store keeps. Nothing in a mail is trusted."""

    def __init__(self, store: MailStore) -> None:
        self._store = store

    async def index(self, request: web.Request) -> web.Response:
        """All mails, or those to one address, newest first."""
        address = request.query.get("to", "").strip()
        start = _number(request.query.get("start", ""), 0)
        mails = reversed(self._store.to(address)) if address else self._store.newest()
        shown = list(islice(mails, start, start + PAGE + 1))
        rows = [
            {"id": m.id, "subject": subject_of(m) or "(no subject)", "to": ", ".join(m.recipients[:3]), "received": _clock(m)}
            for m in shown[:PAGE]
        ]
        older = f"?{f'to={quote(address)}&' if address else ''}start={start + PAGE}" if len(shown) > PAGE else ""
        return page(
            "mailbox.html",
            {"mails": rows, "to": address, "older": older, "kept": len(self._store), "received": self._store.received},
        )

    def _mail(self, request: web.Request) -> Mail:
        mail = self._store.get(int(request.match_info["id"]))
        if mail is None:
            raise web.HTTPNotFound
        return mail

    async def show(self, request: web.Request) -> web.Response:
        """One mail."""
        mail = self._mail(request)
        letter = read(mail)
        files = [
            {"position": position, "filename": a.filename, "content_type": a.content_type, "size": f"{len(a.data):,} bytes"}
            for position, a in enumerate(letter.attachments)
        ]
        calendars = [
            [(_LABELS.get(name, name.title()), value) for name, value in read_calendar(a.content)]
            for a in letter.attachments
            if a.content_type == "text/calendar"
        ]
        return page(
            "mail.html",
            {
                "id": mail.id,
                "letter": letter,
                "received": _clock(mail),
                "files": files,
                "calendars": calendars,
                "headers": letter.headers,
                "html": bool(letter.html.strip()),
                "frame": _SANDBOX,
            },
        )

    async def html(self, request: web.Request) -> web.Response:
        """The HTML body for the frame: no scripts, no remote content; links open in a new tab."""
        letter = read(self._mail(request))
        return web.Response(
            text=_with_base(letter.html), content_type="text/html", headers=HEADERS | {"Content-Security-Policy": _MAIL_POLICY}
        )

    async def raw(self, request: web.Request) -> web.Response:
        """The message as it came."""
        mail = self._mail(request)
        return _download(mail.raw, f"mail-{mail.id}.eml", "message/rfc822")

    async def attachment(self, request: web.Request) -> web.Response:
        """One attached file."""
        attachments = read(self._mail(request)).attachments
        position = int(request.match_info["position"])
        if position >= len(attachments):
            raise web.HTTPNotFound
        found = attachments[position]
        kind = "text/calendar" if found.content_type == "text/calendar" else "application/octet-stream"
        return _download(found.data, found.filename, kind)

    async def messages(self, request: web.Request) -> web.Response:
        """The mails as JSON, oldest first: to one address, or the last thousand of all."""
        address = request.query.get("to", "").strip()
        limit = _number(request.query.get("limit", ""), MOST_JSON)
        mails = self._store.to(address) if "to" in request.query else self._store.everything()
        return _json([read(mail).as_json() for mail in mails[-limit:]] if limit else [])

    async def clear(self, request: web.Request) -> web.Response:
        """Throw mails away."""
        return _json({"cleared": self._store.clear(request.query.get("to", "").strip())})

    async def count(self, _request: web.Request) -> web.Response:
        """Exact numbers, cheap to ask."""
        return _json({"received": self._store.received, "kept": len(self._store)})


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else default


def _clock(mail: Mail) -> str:
    return utc_text(mail.received_at).replace("T", " ").removesuffix("+00:00") + " UTC"


def _json(value: Any) -> web.Response:
    return web.json_response(value, dumps=lambda item: json.dumps(item, ensure_ascii=False))


def _with_base(html: str) -> str:
    base = '<base target="_blank">'
    head = re.search(r"<head[^>]*>", html, re.IGNORECASE)
    return html[: head.end()] + base + html[head.end() :] if head else base + html


def _download(data: bytes, name: str, kind: str) -> web.Response:
    headers = HEADERS | {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
    return web.Response(body=data, content_type=kind, headers=headers)


def add_routes(app: web.Application, sandbox: Sandbox) -> None:
    """Mount the mailbox."""
    pages = MailboxPages(sandbox.mails)
    app.router.add_get("/mailbox/", pages.index)
    app.router.add_get("/mailbox", pages.index)
    app.router.add_get("/mailbox/api/messages", pages.messages)
    app.router.add_delete("/mailbox/api/messages", pages.clear)
    app.router.add_get("/mailbox/api/count", pages.count)
    mail = "/mailbox/{id:[0-9]{1,18}}"
    app.router.add_get(f"{mail}/", pages.show)
    app.router.add_get(f"{mail}/html", pages.html)
    app.router.add_get(f"{mail}/raw", pages.raw)
    app.router.add_get(mail + "/files/{position:[0-9]{1,6}}", pages.attachment)
