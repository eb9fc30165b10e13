"""A mail server in memory behind our own SMTP backend, so that the mark between RCPT and DATA is the real one."""

from __future__ import annotations

import email
import email.policy
import re
import smtplib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings

from registrations.mailing.smtp import MarkingBackend
from tests.services.engine.mishaps import FINE, Mishap, Script
from tests.services.engine.platform import ROOM
from tests.services.engine.process import Clock, Process

Reply = tuple[int, bytes]

BACKEND = f"{__name__}.Backend"
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


@dataclass
class Copy:
    """One mail as it lies in somebody's inbox."""

    recipient: str
    message_id: str
    raw: bytes
    process: Process
    lost: bool
    """Nobody here can know that it was taken: the connection broke, or the process died before it could write it down."""

    @cached_property
    def text(self) -> str:
        message = email.message_from_bytes(self.raw, policy=email.policy.default)
        body = message.get_body(("plain",))
        return str(body.get_content()) if body is not None else ""

    @cached_property
    def links(self) -> set[str]:
        """The links to rooms that the mail carries."""
        return {link for link in _ADDRESS.findall(self.text) if link.startswith(ROOM)}


@dataclass
class MailServer:
    """The inboxes, whether the server answers, and the mishaps that wait for mails."""

    clock: Clock
    up: bool = True
    copies: list[Copy] = field(default_factory=list)
    script: Script = field(default_factory=Script)
    process: Process = field(default_factory=Process)
    meanwhile: Callable[[], None] | None = None
    met: list[str] = field(default_factory=list)

    def hang(self, mishap: Mishap) -> None:
        self.clock.let_pass(mishap.seconds)
        others, self.meanwhile = self.meanwhile, None
        if others is not None:
            self.process.stand_aside(others)

    def take(self, recipient: str, raw: bytes, *, lost: bool) -> None:
        message_id = str(email.message_from_bytes(raw)["Message-ID"])
        self.copies.append(Copy(recipient, message_id, raw, self.process, lost))


class Dialogue:
    """One SMTP connection, as far as the backend uses it."""

    sock = None

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._recipient = ""
        self._mishap = FINE
        self._raw = b""

    def ehlo_or_helo_if_needed(self) -> None:
        pass

    def has_extn(self, name: str) -> bool:
        return False

    def mail(self, sender: str, options: Any = ()) -> Reply:
        return 250, b"ok"

    def rcpt(self, recipient: str) -> Reply:
        self._alive()
        self._recipient = recipient
        self._mishap = self._server.script.take("mail")
        if self._mishap is not FINE:
            self._server.met.append(f"mail: {self._mishap.kind}")
        match self._mishap.kind:
            case "killed_before_mark":
                self._server.process.die()
            case "slow":
                self._server.hang(self._mishap)
            case "refused":
                return 550, b"no such user"
            case "deferred":
                return 451, b"later"
            case "closing":
                return 421, b"closing"
        return 250, b"ok"

    def docmd(self, command: str) -> Reply:
        match self._mishap.kind:
            case "killed_after_mark":
                self._server.process.die()
            case "data_deferred":
                return 451, b"later"
            case "data_lost":
                raise smtplib.SMTPServerDisconnected("gone")
        return 354, b"go on"

    def send(self, data: bytes) -> None:
        self._raw = data
        kind = self._mishap.kind
        if not kind.startswith("untaken") and kind not in ("dot_refused", "dot_deferred"):
            self._server.take(self._recipient, data, lost=kind == "taken_lost")
        if kind in ("taken_killed", "untaken_killed"):
            self._server.process.die()

    def getreply(self) -> Reply:
        match self._mishap.kind:
            case "taken_lost" | "untaken_lost":
                raise smtplib.SMTPServerDisconnected("gone")
            case "taken_killed_after_250":
                self._server.process.dead = True
            case "dot_refused":
                return 554, b"spam"
            case "dot_deferred":
                return 452, b"full"
            case "answers_slowly":
                self._hang_at_the_end()
        return 250, b"queued"

    def _hang_at_the_end(self) -> None:
        """Where the process stands still for longer than its lease, somebody else has to take its mail for lost."""
        copy, began_at = self._server.copies[-1], self._server.clock.now()
        self._server.hang(self._mishap)
        copy.lost = self._server.clock.now() - began_at >= timedelta(seconds=settings.STEP_LEASE_SECONDS)

    def rset(self) -> Reply:
        return 250, b"ok"

    def quit(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _alive(self) -> None:
        if self._server.process.dead:
            self._server.process.die()


class Backend(MarkingBackend):
    """Our SMTP backend, connected to the mail server of the present test."""

    server: ClassVar[MailServer]

    def open(self) -> bool:
        if self.connection is not None:
            return False
        if not self.server.up:
            raise ConnectionRefusedError
        self.connection = Dialogue(self.server)  # type: ignore[assignment]
        return True
